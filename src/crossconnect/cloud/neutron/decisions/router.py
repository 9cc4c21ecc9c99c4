"""What becomes of routers.

router = subnets that reach each other  -> one network ACL for all of them: from and to each other's blocks
       + a gateway to the internet      -> the ACL allows what is not the VPC's; a default route to the internet
       + source NAT                     -> an elastic IP as the subnets' source (`egress_elastic_ip_id`)
       + extra routes                   -> routes to the interfaces that have their next hops
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions import elastic_ip as elastic_ips
from crossconnect.cloud.decisions import gateways
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpBody
from crossconnect.cloud.kinds.gateways import InternetGateway, InternetGatewayBody
from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.route_table import Route, RouteTable
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.neutron.decisions.overlay import joined
from crossconnect.cloud.neutron.decisions.project import in_front, project_vpc, refuse, step
from crossconnect.cloud.neutron.kinds import NeutronRouter, NeutronRouterBody, NeutronRouterPatch, RouterRoute
from crossconnect.cloud.resource import Change, conflict, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import canonical_address

EVERYWHERE = ("0.0.0.0/0", "::/0")


def create(body: NeutronRouterBody, view: View, context: Context) -> Change:
    """A router without subnets."""
    vpc, change = project_vpc(view, context)
    id, table, acl = (context.new_id(prefix) for prefix in ("nrtr", "rtb", "acl"))
    router = born(NeutronRouter, id, context, body, vpc_id=vpc.id, route_table_id=table, network_acl_id=acl)

    def parts(on: View) -> Change:
        (sample,) = numbers(on, "sample", acl)
        return Change(
            put=(
                router,
                born(RouteTable, table, context, name=f"router {id}", vpc_id=vpc.id),
                born(NetworkAcl, acl, context, name=f"router {id}", vpc_id=vpc.id, number=sample.value),
            ),
            claims=(sample,),
        )

    change = step(view, change, parts)
    if body.external:
        wish = NeutronRouterPatch(external=True, source_nat=body.source_nat, address=body.address)
        change = step(view, change, lambda on: update(router, wish, on, context))
    return in_front(change, id)


def update(router: NeutronRouter, patch: NeutronRouterPatch, view: View, context: Context) -> Change:
    """The router with what the patch says, and all that follows from it."""
    change = Change()
    if patch.add_subnet_id:
        router = _with_subnet(router, patch.add_subnet_id, view)
    elif patch.remove_subnet_id:
        router, change = _without_subnet(router, patch.remove_subnet_id, view)
    router, gateway = _gateway(router, patch, view, context)
    change = joined(change, gateway)
    if patch.routes is not msgspec.UNSET:
        router = msgspec.structs.replace(router, routes=_routes(router, patch.routes, view))
    change = joined(Change(put=(router,)), change)
    return step(view, change, lambda on: realised(router, on))


def delete(router: NeutronRouter, view: View, context: Context) -> Change:
    """The router, which has no subnets any more, with its table, ACL and address."""
    if router.subnet_ids:
        raise conflict("neutron-router.in-use", f"router {router.id} still has {len(router.subnet_ids)} subnets")
    mine = (router.route_table_id, router.network_acl_id, router.elastic_ip_id)
    return Change(delete=(router.id, *(id for id in mine if id)))


def routers_of(subnet_id: str, view: View) -> Sequence[Change]:
    """What follows from a change of a subnet for its router."""
    return [realised(router, view) for router in view.referring(NeutronRouter, subnet_id, "subnet_ids")]


def routers_with_gateway(vpc_id: str, view: View) -> Sequence[Change]:
    """What follows from a change of a VPC's blocks for routers to the internet."""
    return [realised(router, view) for router in view.referring(NeutronRouter, vpc_id, "vpc_id") if router.external]


def realised(router: NeutronRouter, view: View) -> Change:
    """The documents that a router means."""
    vpc, table, acl = (
        view.get(kind, id)
        for kind, id in (
            (Vpc, router.vpc_id),
            (RouteTable, router.route_table_id),
            (NetworkAcl, router.network_acl_id),
        )
    )
    assert isinstance(vpc, Vpc)
    assert isinstance(table, RouteTable)
    assert isinstance(acl, NetworkAcl)
    subnets = [found for id in router.subnet_ids if (found := view.get(Subnet, id)) is not None]
    blocks = [block for s in subnets for block in (s.cidr_block, s.ipv6_cidr_block) if block]
    source = router.elastic_ip_id if router.external and router.source_nat else ""
    attached = tuple(
        msgspec.structs.replace(
            subnet,
            route_table_id=router.route_table_id,
            network_acl_id=router.network_acl_id,
            egress_elastic_ip_id=source if subnet.cidr_block else "",
        )
        for subnet in subnets
    )
    outside = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks) if router.external else ()
    return Change(
        put=(
            msgspec.structs.replace(table, routes=_table(router, view)),
            msgspec.structs.replace(acl, entries=entries(blocks, outside, open_=router.external)),
            *attached,
        )
    )


def entries(inside: Sequence[str], outside: Sequence[str], *, open_: bool) -> tuple[AclEntry, ...]:
    """The network ACL of a router: its own blocks pass; where it has a gateway, what is not the VPC's does, too."""
    wanted = [("allow", block) for block in inside]
    if open_:
        wanted += [("deny", block) for block in outside]
        wanted += [("allow", block) for block in EVERYWHERE]
    return tuple(
        AclEntry(number=n, direction=direction, action="allow" if action == "allow" else "deny", cidr=block)
        for direction in ("egress", "ingress")
        for n, (action, block) in enumerate(wanted, 1)
    )


def _table(router: NeutronRouter, view: View) -> tuple[Route, ...]:
    found = [
        Route(destination=route.destination, target=target)
        for route in router.routes
        if (target := _next_hop(router, route.nexthop, view))
    ]
    if router.external:
        (gateway,) = view.referring(InternetGateway, router.vpc_id, "vpc_id")[:1]
        extra = {route.destination for route in found}
        found += [Route(destination=block, target=gateway.id) for block in EVERYWHERE if block not in extra]
    return tuple(found)


def _with_subnet(router: NeutronRouter, id: str, view: View) -> NeutronRouter:
    subnet = view.get(Subnet, id)
    if subnet is None:
        raise missing("subnet", id, "/subnet_id")
    if subnet.vpc_id != router.vpc_id:
        message = f"{id} is in VPC {subnet.vpc_id}, whose own routes reach it; routers are for networks made here"
        raise refuse("router-other-vpc", message, "/subnet_id")
    if id in router.subnet_ids:
        raise conflict("neutron-router.subnet-there", f"router {router.id} has {id} already", "/subnet_id")
    if others := view.referring(NeutronRouter, id, "subnet_ids"):
        message = f"{id} has the router {others[0].id}; a network has one router"
        raise conflict("neutron-router.second", message, "/subnet_id")
    return msgspec.structs.replace(router, subnet_ids=(*router.subnet_ids, id))


def _without_subnet(router: NeutronRouter, id: str, view: View) -> tuple[NeutronRouter, Change]:
    if id not in router.subnet_ids:
        raise missing("router-interface", id)
    subnet = view.get(Subnet, id)
    assert subnet is not None
    for interface in view.referring(NetworkInterface, id, "subnet_id"):
        if view.count_referring(ElasticIp, interface.id, "network_interface_id"):
            message = f"router {router.id} still carries the floating IP of port {interface.id}"
            raise conflict("neutron-router.floating-ip", message)
    for route in router.routes:
        target = _next_hop(router, route.nexthop, view)
        found = view.get(NetworkInterface, target) if target else None
        if found is not None and found.subnet_id == id:
            raise conflict("neutron-router.route", f"the route to {route.destination} is over {route.nexthop}")
    alone = msgspec.structs.replace(subnet, route_table_id="", network_acl_id="", egress_elastic_ip_id="")
    left = tuple(other for other in router.subnet_ids if other != id)
    return msgspec.structs.replace(router, subnet_ids=left), Change(put=(alone,))


def _gateway(
    router: NeutronRouter, patch: NeutronRouterPatch, view: View, context: Context
) -> tuple[NeutronRouter, Change]:
    """The router with or without a gateway to the internet."""
    if patch.source_nat is not msgspec.UNSET:
        router = msgspec.structs.replace(router, source_nat=patch.source_nat)
    if patch.external is msgspec.UNSET or patch.external == router.external:
        return router, Change()
    if not patch.external:
        _refuse_floating(router, view)
        gone = Change(delete=(router.elastic_ip_id,)) if router.elastic_ip_id else Change()
        return msgspec.structs.replace(router, external=False, elastic_ip_id="", address=""), gone
    change = Change()
    if not view.count_referring(InternetGateway, router.vpc_id, "vpc_id"):
        change = gateways.create_internet(InternetGatewayBody(name="neutron", vpc_id=router.vpc_id), view, context)
    wanted = "" if patch.address is msgspec.UNSET else patch.address
    wish = ElasticIpBody(name=f"router {router.id}", address=wanted)
    address = elastic_ips.create(wish, view, context)
    made = address.put[0]
    assert isinstance(made, ElasticIp)
    router = msgspec.structs.replace(router, external=True, elastic_ip_id=made.id, address=made.address)
    return router, joined(change, address)


def _refuse_floating(router: NeutronRouter, view: View) -> None:
    for id in router.subnet_ids:
        for interface in view.referring(NetworkInterface, id, "subnet_id"):
            if view.count_referring(ElasticIp, interface.id, "network_interface_id"):
                message = f"the gateway of router {router.id} carries the floating IP of port {interface.id}"
                raise conflict("neutron-router.floating-ip", message)


def _routes(router: NeutronRouter, wanted: Sequence[RouterRoute], view: View) -> tuple[RouterRoute, ...]:
    found: list[RouterRoute] = []
    for n, route in enumerate(wanted):
        version = 6 if ":" in route.destination else 4
        destination = cidr(route.destination, version, f"/routes/{n}/destination")
        try:
            nexthop = canonical_address(route.nexthop)
        except ValueError as error:
            raise refuse("route-nexthop", f"{route.nexthop!r} is no address: {error}", f"/routes/{n}/nexthop") from None
        if not _next_hop(router, nexthop, view):
            message = f"{nexthop} is no port's address in a subnet of the router"
            raise refuse("route-nexthop", message, f"/routes/{n}/nexthop")
        if destination in (r.destination for r in found):
            raise refuse("route-duplicate", f"{destination} is there twice", f"/routes/{n}/destination")
        found.append(RouterRoute(destination=destination, nexthop=nexthop))
    return tuple(found)


def _next_hop(router: NeutronRouter, nexthop: str, view: View) -> str:
    """The interface that has an address; empty for none."""
    for id in router.subnet_ids:
        for interface in view.referring(NetworkInterface, id, "subnet_id"):
            if nexthop in interface.private_addresses or nexthop in interface.ipv6_addresses:
                return interface.id
    return ""
