"""What becomes of route tables."""

from __future__ import annotations

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions.patching import diverted, is_used, refuse_more, the_vpc
from crossconnect.cloud.decisions.prefix_list import route_weight
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import Route, RouteEntry, RouteTable, RouteTableBody, RouteTablePatch
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import contains

NEVER_ROUTED = ("169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "127.0.0.0/8", "::1/128")
"""Link-local (RFC 3927 2.7, RFC 4291 2.5.6), multicast and loopback: no static route leads them anywhere."""


def create(body: RouteTableBody, view: View, context: Context) -> Change:
    """A route table, which no subnet uses yet."""
    vpc = the_vpc(body.vpc_id, view)
    count = view.count_referring(RouteTable, vpc.id, "vpc_id") + 1
    refuse_more(count, limit(context, "route_tables_per_vpc"), f"route tables in {vpc.id}", "/vpc_id")
    table = born(
        RouteTable,
        context.new_id("rtb"),
        context,
        body,
        vpc_id=vpc.id,
        routes=_routes(body.routes, (), vpc, view, context),
        propagating_gateway_ids=_gateways(body.propagating_gateway_ids, vpc, view),
    )
    return Change(put=(table,))


def update(table: RouteTable, patch: RouteTablePatch, view: View, context: Context) -> Change:
    """The table with other static routes. A route that was there stays, also where its target is gone."""
    vpc = view.get(Vpc, table.vpc_id)
    assert vpc is not None
    changed = table
    if patch.routes is not msgspec.UNSET:
        changed = msgspec.structs.replace(changed, routes=_routes(patch.routes, table.routes, vpc, view, context))
    if patch.propagating_gateway_ids is not msgspec.UNSET:
        gateways = _gateways(patch.propagating_gateway_ids, vpc, view)
        changed = msgspec.structs.replace(changed, propagating_gateway_ids=gateways)
    return Change(put=(changed,), effects=_effects(table, changed, view))


def delete(table: RouteTable, view: View, context: Context) -> Change:
    """The table, which no subnet uses any more. The main one goes with its VPC only."""
    if table.main:
        raise conflict("route-table.main", f"{table.id} is the main route table of {table.vpc_id}, and goes with it")
    return Change(delete=(table.id,))


def _effects(before: RouteTable, after: RouteTable, view: View) -> tuple[Effect, ...]:
    """Where routes are gone or lead elsewhere, flows of the subnets that use the table are cut or take another way."""
    new = {route.destination: route.target for route in after.routes}
    lost = [r for r in before.routes if r.destination not in new]
    moved = [r for r in before.routes if new.get(r.destination, r.target) != r.target]
    withdrawn = sorted(set(before.propagating_gateway_ids) - set(after.propagating_gateway_ids))
    if not is_used(before, view):
        return ()
    return (
        *(
            Effect(f"no route for {r.destination} by {r.target} any more", cuts=True, resource_id=after.id)
            for r in lost
        ),
        *(
            Effect(f"{r.destination} leads to {new[r.destination]} and not to {r.target}", True, after.id)
            for r in moved
        ),
        *(Effect(f"no routes of {id} any more", cuts=True, resource_id=after.id) for id in withdrawn),
        *diverted(effective.table_routes(before, view), effective.table_routes(after, view), after.id),
    )


def _routes(
    entries: tuple[RouteEntry, ...], had: tuple[Route, ...], vpc: Vpc, view: View, context: Context
) -> tuple[Route, ...]:
    kept = {(route.destination, route.target): route for route in had}
    found: dict[str, Route] = {}
    for n, entry in enumerate(entries):
        at = f"/routes/{n}"
        destination, versions = _destination(entry.destination, f"{at}/destination", view)
        if destination in found:
            raise invalid("route.duplicate", f"{destination} is there twice", f"{at}/destination")
        route = kept.get((destination, entry.target))
        if route is None:
            _refuse_local(destination, entry.target, vpc, view, at)
            _refuse_target(entry.target, versions, vpc, view, f"{at}/target")
            route = Route(destination=destination, target=entry.target)
        found[destination] = route
    routes = tuple(found.values())
    refuse_more(route_weight(routes, view), limit(context, "routes_per_route_table"), "routes", "/routes")
    return routes


def _destination(text: str, field: str, view: View) -> tuple[str, int]:
    """A destination in canonical form, and its IP version."""
    if text.startswith("pl-"):
        prefixes = view.get(PrefixList, text)
        if prefixes is None:
            raise missing("prefix-list", text, field)
        return text, 4 if prefixes.address_family == "ipv4" else 6
    version = 6 if ":" in text else 4
    block = cidr(text, version, field)
    special = next((p for p in NEVER_ROUTED if contains(p, block)), "")
    if special:
        raise invalid("route.destination", f"{block} is in {special}, which no route leads anywhere", field)
    return block, version


def _refuse_local(destination: str, target: str, vpc: Vpc, view: View, at: str) -> None:
    """Refused where a route would take the VPC's own traffic in a way that is not for appliances: the block as a whole
    is local, a part of it may lead to an interface or NAT gateway if it is a subnet (AWS VPC User Guide, "Middlebox
    routing")."""
    if target == "local":
        message = "local routes are in every table, for all of the VPC's blocks; no others are local"
        raise invalid("route.target-kind", message, f"{at}/target")
    if destination.startswith("pl-"):
        return
    outer = next((b for b in vpc.cidr_blocks + vpc.ipv6_cidr_blocks if contains(b, destination)), "")
    if not outer:
        return
    if destination == outer:
        raise conflict("route.local", f"{destination} is local", f"{at}/destination")
    subnets = view.referring(Subnet, vpc.id, "vpc_id")
    if destination not in {b for s in subnets for b in (s.cidr_block, s.ipv6_cidr_block)}:
        message = f"{destination} is a part of {outer}, which is local, and is no subnet's block"
        raise invalid("route.inside-local", message, f"{at}/destination")
    if not target.startswith(("eni-", "nat-")):
        message = f"{destination} is a subnet of {outer}: such a route leads to a network interface or NAT gateway"
        raise invalid("route.inside-local", message, f"{at}/target")


def _refuse_target(id: str, version: int, vpc: Vpc, view: View, field: str) -> None:
    """Refused where a target does not exist, is another VPC's, or does not carry the IP version."""
    only, why = effective.target_problem(id, vpc.id, view)
    if only < 0:
        raise invalid("route.target-kind", why, field)
    if why:
        raise invalid("route.target", why, field)
    if only and only != version:
        raise invalid("route.target-version", f"{id} carries IPv{only} only", field)


def _gateways(ids: tuple[str, ...], vpc: Vpc, view: View) -> tuple[str, ...]:
    for n, id in enumerate(ids):
        field = f"/propagating_gateway_ids/{n}"
        gateway = view.get(PrivateGateway, id)
        if gateway is None:
            raise missing("private-gateway", id, field)
        if gateway.vpc_id != vpc.id:
            raise invalid("route.target", f"{id} is not attached to {vpc.id}", field)
    return tuple(dict.fromkeys(ids))
