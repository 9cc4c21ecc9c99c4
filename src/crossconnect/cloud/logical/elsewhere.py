"""Load balancers as others reach them than their VPC: over a peering or a transit router, from a VRF.

Whoever balances before a packet takes its way needs one way to all addresses and all targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.load_balancers import Face, faces
from crossconnect.cloud.logical.peerings import other_side
from crossconnect.cloud.logical.private_link import private_routes
from crossconnect.cloud.logical.provider import network_of
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.logical.routes import destinations, subnet_blocks
from crossconnect.cloud.logical.transit import attached_router, led_to
from crossconnect.net import contains, parse


def reached(q: Queries, table_id: str) -> tuple[str, ...]:
    """Keys of the faces of load balancers of other VPCs to whose addresses and targets, all of them, a route table
    leads over one peering or transit router."""
    found: list[str] = []
    for vpc_id in sorted(_neighbours(q, table_id)):
        for face in _faces_of(q, vpc_id):
            if all(_vpc_at(q, table_id, address) == vpc_id for address in _addresses(face)):
                found.append(face.key)
    return tuple(found)


def led_by_transit(q: Queries, table_id: str) -> tuple[tuple[Face, bool], ...]:
    """The faces of load balancers of the VPCs that a transit router's table leads to, and whether it leads to all
    addresses and targets of each."""
    table = q.get(TransitRouteTable, table_id)
    if table is None:
        return ()
    ways = q.ask(led_to, table_id)

    def vpc_at(address: str) -> str:
        return _attached_vpc(q, _longest(ways, address), table.transit_router_id)

    vpcs = {_attached_vpc(q, id, table.transit_router_id) for id in ways.values()} - {""}
    return tuple(
        (face, all(vpc_at(address) == vpc_id for address in _addresses(face)))
        for vpc_id in sorted(vpcs)
        for face in _faces_of(q, vpc_id)
    )


def _faces_of(q: Queries, vpc_id: str) -> Iterator[Face]:
    """The faces of all load balancers of a VPC."""
    for id in q.referring(LoadBalancer, "vpc_id", vpc_id):
        try:
            yield from q.ask(faces, id)
        except Unrealisable:
            continue


def _addresses(face: Face) -> Iterator[str]:
    """All addresses that a client needs a way to."""
    for address, targets in face.vips:
        yield address
        yield from (target.address for target in targets)


def _neighbours(q: Queries, table_id: str) -> set[str]:
    """The VPCs that a table leads to at all."""
    vpc_id = q.need(RouteTable, table_id).vpc_id
    found: set[str] = set()
    for target in {*q.ask(_ways, table_id).values()}:
        if attachment := _attachment(q, vpc_id, target):
            ends = {*q.ask(led_to, attachment.route_table_id).values()}
            found |= {_attached_vpc(q, id, attachment.transit_router_id) for id in ends}
        else:
            found.add(_peer(q, vpc_id, target))
    return found - {"", vpc_id}


def _vpc_at(q: Queries, table_id: str, address: str) -> str:
    """The VPC that a table leads an address to; empty for its own, and what is no VPC."""
    vpc_id = q.need(RouteTable, table_id).vpc_id
    target = _longest(q.ask(_ways, table_id), address)
    if attachment := _attachment(q, vpc_id, target):
        end = _longest(q.ask(led_to, attachment.route_table_id), address)
        found = _attached_vpc(q, end, attachment.transit_router_id)
        return "" if found == vpc_id else found
    return _peer(q, vpc_id, target)


def _ways(q: Queries, table_id: str) -> dict[str, str]:
    """The prefixes of a table and their targets, empty for what stays in the VPC."""
    table = q.need(RouteTable, table_id)
    vpc = q.need(Vpc, table.vpc_id)
    own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks, *q.ask(private_routes, vpc.id))
    return dict.fromkeys(own, "") | destinations(q, table) | dict.fromkeys(q.ask(subnet_blocks, vpc.id), "")


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


class GatewayReach(NamedTuple):
    """What a private gateway's VRF reaches of load balancers."""

    keys: tuple[str, ...]
    """Of the faces that are balanced at the gateway."""
    closed: tuple[str, ...]
    """IPv6 addresses that it leads to without all of their targets."""


def gateway_reached(q: Queries, id: str) -> GatewayReach:
    """All load balancers of a private gateway's VPC; where it is attached to a transit router, of the VPCs to whose
    addresses and targets, all of them, its attachment's table leads."""
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
    return GatewayReach(tuple(sorted(keys)), tuple(sorted(closed)))
