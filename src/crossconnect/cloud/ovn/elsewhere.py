"""Load balancers as others reach them than their VPC: balanced where the client comes from, too.

Of other VPCs, over a peering or a transit router: on the client's switch.

    client -- switch -- VPC's router -- peering, or transit router -- load balancer's VPC's router -- switch -- target
              load balancer: address -> target

A connection is translated before it leaves its VPC, and its answers are as they come back: OVN does not balance on
routers' ports to each other, and where it did, the answers would have to come by the same hypervisor. So the client's
route table must lead to the targets by the way by which it leads to the address.

From the VRF of a private gateway: on the gateway's router, at the gateway node that has it.

    VRF -- gateway's router -- VPC's router, or a transit router and that -- switch -- target
             load balancer: address -> target
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.load_balancers import BALANCER, Face, faces
from crossconnect.cloud.ovn.matches import any_address
from crossconnect.cloud.ovn.parts import Part, adds, row, unit, within
from crossconnect.cloud.ovn.peerings import other_side
from crossconnect.cloud.ovn.private_link import private_routes
from crossconnect.cloud.ovn.provider import network_of
from crossconnect.cloud.ovn.queries import Queries, Unrealisable
from crossconnect.cloud.ovn.routes import destinations, subnet_blocks
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH, switch_of, table_of
from crossconnect.cloud.ovn.transit import attached_router, propagated
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.net import contains, parse

CLOSED_PRIORITY = 100
"""Of the only policy that a private gateway's router may have."""


@unit
def subnet_reach(q: Queries, id: str) -> Iterator[Part]:
    """At the subnet's switch, each `Load_Balancer` of another VPC to whose addresses and targets, all of them, the
    subnet's route table leads over one peering or transit router. None in a VPC with inline appliances."""
    subnet = q.ask(switch_of, id)
    insertions = [q.need(ServiceInsertion, one) for one in q.referring(ServiceInsertion, "vpc_id", subnet.vpc_id)]
    if any(insertion.mode == "inline" for insertion in insertions):
        return
    for key in q.ask(reached, q.ask(table_of, id)):
        yield adds(SWITCH, id, "load_balancer", uuid_of(BALANCER, key))


def reached(q: Queries, table_id: str) -> tuple[str, ...]:
    """Keys of the rows of load balancers that a route table leads to in other VPCs."""
    found: list[str] = []
    for vpc_id in sorted(_neighbours(q, table_id)):
        for face in _faces_of(q, vpc_id):
            if all(_vpc_at(q, table_id, address) == vpc_id for address in _addresses(face)):
                found.append(face.key)
    return tuple(found)


@unit
def gateway_reach(q: Queries, id: str) -> Iterator[Part]:
    """At a private gateway's router, each `Load_Balancer` of its VPC; where it is attached to a transit router, of the
    VPCs to whose addresses and targets, all of them, its attachment's table leads. IPv6 addresses that it leads to
    without all targets are closed there (one `Logical_Router_Policy`): the VPC's router would balance what it gets on
    the gateway node that has its own port, and the answers not."""
    gateway = q.need(PrivateGateway, id)
    q.ask(network_of, id)
    keys = {face.key for face in _faces_of(q, gateway.vpc_id)} if gateway.vpc_id else set[str]()
    closed: set[str] = set()
    for attachment_id in q.referring(TransitRouterAttachment, "private_gateway_id", id):
        attachment = q.need(TransitRouterAttachment, attachment_id)
        if attachment.status == "active":
            for face, whole in q.ask(led_by_transit, attachment.route_table_id):
                if whole:
                    keys.add(face.key)
                elif face.version == 6:
                    closed.update(address for address, _ in face.vips)
    for key in sorted(keys):
        yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))
    if closed:
        match = any_address("dst", sorted(closed))
        policy = row(
            "Logical_Router_Policy",
            f"{id}/balanced",
            id,
            priority=CLOSED_PRIORITY,
            match=match,
            action="drop",
            nexthops=frozenset(),
        )
        yield from within(ROUTER, id, "policies", policy)


def led_by_transit(q: Queries, table_id: str) -> tuple[tuple[Face, bool], ...]:
    """The rows of load balancers of the VPCs that a transit router's table leads to, and whether it leads to all
    addresses and targets of each."""
    table = q.get(TransitRouteTable, table_id)
    if table is None:
        return ()
    ways = q.ask(_transit_ways, table_id)

    def vpc_at(address: str) -> str:
        return _attached_vpc(q, _longest(ways, address), table.transit_router_id)

    vpcs = {_attached_vpc(q, id, table.transit_router_id) for id in ways.values()} - {""}
    return tuple(
        (face, all(vpc_at(address) == vpc_id for address in _addresses(face)))
        for vpc_id in sorted(vpcs)
        for face in _faces_of(q, vpc_id)
    )


def _faces_of(q: Queries, vpc_id: str) -> Iterator[Face]:
    """The rows of all load balancers of a VPC."""
    for id in q.referring(LoadBalancer, "vpc_id", vpc_id):
        try:
            yield from q.ask(faces, id)
        except Unrealisable:
            continue


def _addresses(row: Face) -> Iterator[str]:
    """All addresses that a client needs a way to."""
    for address, targets in row.vips:
        yield address
        yield from (target.address for target in targets)


def _neighbours(q: Queries, table_id: str) -> set[str]:
    """The VPCs that a table leads to at all."""
    vpc_id = q.need(RouteTable, table_id).vpc_id
    found: set[str] = set()
    for target in {*q.ask(_ways, table_id).values()}:
        if attachment := _attachment(q, vpc_id, target):
            ends = {*q.ask(_transit_ways, attachment.route_table_id).values()}
            found |= {_attached_vpc(q, id, attachment.transit_router_id) for id in ends}
        else:
            found.add(_peer(q, vpc_id, target))
    return found - {"", vpc_id}


def _vpc_at(q: Queries, table_id: str, address: str) -> str:
    """The VPC that a table leads an address to; empty for its own, and what is no VPC."""
    vpc_id = q.need(RouteTable, table_id).vpc_id
    target = _longest(q.ask(_ways, table_id), address)
    if attachment := _attachment(q, vpc_id, target):
        end = _longest(q.ask(_transit_ways, attachment.route_table_id), address)
        found = _attached_vpc(q, end, attachment.transit_router_id)
        return "" if found == vpc_id else found
    return _peer(q, vpc_id, target)


def _ways(q: Queries, table_id: str) -> dict[str, str]:
    """The prefixes of a table and their targets, empty for what stays in the VPC."""
    table = q.need(RouteTable, table_id)
    vpc = q.need(Vpc, table.vpc_id)
    own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks, *q.ask(private_routes, vpc.id))
    return dict.fromkeys(own, "") | destinations(q, table) | dict.fromkeys(q.ask(subnet_blocks, vpc.id), "")


def _transit_ways(q: Queries, id: str) -> dict[str, str]:
    """The same of a transit router's table: prefixes and attachments."""
    table = q.get(TransitRouteTable, id)
    if table is None:
        return {}
    return q.ask(propagated, id) | {route.destination: route.attachment_id for route in table.routes}


def _longest(ways: Mapping[str, str], address: str) -> str:
    """Where the longest prefix that has an address leads."""
    matching = [prefix for prefix in ways if contains(prefix, address)]
    return ways[max(matching, key=lambda prefix: parse(prefix).length)] if matching else ""


def _attachment(q: Queries, vpc_id: str, target: str) -> TransitRouterAttachment | None:
    """The attachment by which a VPC enters a transit router that a route names."""
    if q.get(TransitRouter, target) is None:
        return None
    for id in q.referring(TransitRouterAttachment, "vpc_id", vpc_id):
        attachment = q.get(TransitRouterAttachment, id)
        if attachment and attachment.status == "active" and attachment.transit_router_id == target:
            return attachment
    return None


def _attached_vpc(q: Queries, id: str, transit_router_id: str) -> str:
    """The VPC behind an attachment of a transit router."""
    attachment = q.get(TransitRouterAttachment, id)
    if attachment is None or attachment.transit_router_id != transit_router_id or not attachment.vpc_id:
        return ""
    try:
        return q.ask(attached_router, id)
    except Unrealisable:
        return ""


def _peer(q: Queries, vpc_id: str, target: str) -> str:
    """The VPC at the other end of a peering that a route names."""
    if q.get(VpcPeering, target) is None:
        return ""
    try:
        return other_side(q, target, vpc_id)
    except Unrealisable:
        return ""
