"""Transit routers, their attachments and route tables.

VPC's router --- link --- transit router --- link --- private gateway's router --- provider network
                                |
                 each attachment's port is in the table with which it is associated
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.hops import BLACKHOLE, Hop
from crossconnect.cloud.ovn.names import link_addresses
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.provider import link, network_of, route
from crossconnect.cloud.ovn.queries import Queries, Unrealisable
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.cloud.ovn.vpn_connections import behind_gateway
from crossconnect.net import parse


def attached_router(q: Queries, id: str) -> str:
    """The router of what an active attachment attaches: a VPC's, or a private gateway's."""
    attachment = q.need(TransitRouterAttachment, id)
    if attachment.status != "active":
        raise Unrealisable(f"{id} is not active")
    q.need(TransitRouter, attachment.transit_router_id)
    if attachment.vpc_id:
        return q.need(Vpc, attachment.vpc_id).id
    q.ask(network_of, attachment.private_gateway_id)
    return attachment.private_gateway_id


def transit_ports(attachment_id: str) -> tuple[str, str]:
    """Names of the ports of a link: of what is attached, of the transit router."""
    return f"attached-{attachment_id}", f"transit-{attachment_id}"


@unit
def router(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` named by the transit router's id."""
    q.need(TransitRouter, id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)


@unit
def attachment(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router_Port` on either router, each other's `peer`; the transit router's is in the associated table,
    or in one of its own, which is empty."""
    attachment = q.need(TransitRouterAttachment, id)
    if attachment.status != "active":
        return
    router = q.ask(attached_router, id)
    outer, inner = transit_ports(id)
    table = {inner: attachment.route_table_id or f"{id}-none"}
    yield from link(q, attachment, (router, outer), (attachment.transit_router_id, inner), tables=table)


def reached_from(q: Queries, id: str) -> tuple[str, ...]:
    """The prefixes to which an attachment's table leads by other attachments."""
    attachment = q.need(TransitRouterAttachment, id)
    table = q.get(TransitRouteTable, attachment.route_table_id)
    if table is None:
        return ()
    wanted = q.ask(propagated, table.id) | {route.destination: route.attachment_id for route in table.routes}
    return tuple(sorted(prefix for prefix, to in wanted.items() if to not in ("", id)))


def to_transit(q: Queries, owner: str, transit_router_id: str, version: int) -> Hop:
    """Where a VPC's router, or a private gateway's, sends what a transit router is to have."""
    field = "vpc_id" if q.get(Vpc, owner) is not None else "private_gateway_id"
    for id in q.referring(TransitRouterAttachment, field, owner):
        attachment = q.get(TransitRouterAttachment, id)
        if attachment and attachment.status == "active" and attachment.transit_router_id == transit_router_id:
            q.ask(attached_router, id)
            return Hop(link_addresses(q.region, attachment, transit_router_id)[version == 6], transit_ports(id)[0])
    return BLACKHOLE


def propagated(q: Queries, table_id: str) -> dict[str, str]:
    """Prefixes that attachments put into a table, and which attachment; the first by id where several do."""
    found: dict[str, str] = {}
    for id in q.referring(TransitRouterAttachment, "propagated_route_table_ids", table_id):
        attachment = q.need(TransitRouterAttachment, id)
        if attachment.status != "active":
            continue
        vpc = q.get(Vpc, attachment.vpc_id)
        own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks) if vpc else q.ask(behind_gateway, attachment.private_gateway_id)
        for prefix in own:
            found.setdefault(prefix, id)
    return found


@unit
def table(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Static_Route` per route, static before propagated; one to an attachment that is gone discards."""
    table = q.need(TransitRouteTable, id)
    q.need(TransitRouter, table.transit_router_id)
    wanted = q.ask(propagated, id) | {route.destination: route.attachment_id for route in table.routes}
    for prefix, attachment_id in wanted.items():
        hop = _to_attachment(q, table.transit_router_id, attachment_id, parse(prefix).version)
        yield from route(table.transit_router_id, f"{id}/{prefix}", id, prefix, hop, id)


def _to_attachment(q: Queries, transit_router_id: str, id: str, version: int) -> Hop:
    attachment = q.get(TransitRouterAttachment, id)
    if attachment is None or attachment.transit_router_id != transit_router_id:
        return BLACKHOLE
    try:
        router = q.ask(attached_router, id)
    except Unrealisable:
        return BLACKHOLE
    return Hop(link_addresses(q.region, attachment, router)[version == 6], transit_ports(id)[1])
