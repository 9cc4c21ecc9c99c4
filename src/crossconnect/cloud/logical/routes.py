"""Route tables: prefixes, their targets, and the hops that these are."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface, own_addresses
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouter
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import BLACKHOLE, Hop
from crossconnect.cloud.logical.interfaces import port_of
from crossconnect.cloud.logical.internet import nat_address, nat_ports, outside_port
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.peerings import other_side, peering_port
from crossconnect.cloud.logical.private_gateways import to_private_gateway
from crossconnect.cloud.logical.private_link import private_routes
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.logical.subnets import router_port
from crossconnect.cloud.logical.transit import to_transit
from crossconnect.cloud.logical.vpn_connections import behind_gateway
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains


def destinations(q: Queries, table: RouteTable) -> dict[str, str]:
    """Prefixes of a table's routes and their targets. Of equal prefixes, a route's own wins over one of a list, and
    that over a propagated one, which never takes a part of the VPC (AWS VPC User Guide, "Route priority")."""
    found: dict[str, str] = {}
    for one in table.routes:
        if not one.destination.startswith("pl-"):
            found[one.destination] = one.target
    for one in table.routes:
        if one.destination.startswith("pl-"):
            for entry in q.need(PrefixList, one.destination).entries:
                found.setdefault(entry.cidr, one.target)
    vpc = q.need(Vpc, table.vpc_id)
    own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks)
    for id in table.propagating_gateway_ids:
        for prefix in q.ask(behind_gateway, id):
            if not any(contains(block, prefix) for block in own):
                found.setdefault(prefix, id)
    return {prefix: target for prefix, target in found.items() if target != "local"}


def hop(q: Queries, vpc_id: str, target: str, version: int) -> Hop:
    """Where a target is reached; `BLACKHOLE` where it is gone, or cannot carry the IP version."""
    network = q.region.internet
    try:
        match q.get(Resource, target):
            case InternetGateway(vpc_id=at) if at == vpc_id:
                address = network.next_hop if version == 4 else network.next_hop6
                return Hop(address, outside_port(vpc_id)) if address else BLACKHOLE
            case EgressOnlyInternetGateway(vpc_id=at) if at == vpc_id and version == 6 and network.next_hop6:
                return Hop(network.next_hop6, outside_port(vpc_id))
            case NatGateway(vpc_id=at) as gateway if at == vpc_id and version == 4:
                q.ask(nat_address, target)
                return Hop(link_addresses(q.region, gateway, target)[0], nat_ports(target)[0])
            case NetworkInterface(vpc_id=at) if at == vpc_id:
                interface = q.ask(port_of, target)
                addresses = own_addresses(interface, version)
                return Hop(addresses[0], router_port(interface.subnet_id)) if addresses else BLACKHOLE
            case VpcPeering() as peering:
                other = other_side(q, target, vpc_id)
                return Hop(link_addresses(q.region, peering, other)[version == 6], peering_port(target, vpc_id))
            case TransitRouter():
                return to_transit(q, vpc_id, target, version)
            case PrivateGateway(vpc_id=at) if at == vpc_id:
                return to_private_gateway(q, target, version)
            case _:
                return BLACKHOLE
    except Unrealisable:
        return BLACKHOLE


def subnet_blocks(q: Queries, vpc_id: str) -> frozenset[str]:
    """The blocks of all subnets of a VPC."""
    subnets = [q.need(Subnet, id) for id in q.referring(Subnet, "vpc_id", vpc_id)]
    return frozenset(block for s in subnets for block in (s.cidr_block, s.ipv6_cidr_block) if block)


class Routes(NamedTuple):
    """The routes of a table, by prefix."""

    given: dict[str, Hop]
    """What every table has, where it does not say otherwise: the ways to endpoints and services, and nowhere for what
    of the VPC's blocks no subnet has: or a default route would take it."""
    wanted: dict[str, str]
    """The table's own, and their targets, of which `hop` says where they are reached."""


def routes_of(q: Queries, table: RouteTable) -> Routes:
    """The routes of a table."""
    vpc = q.need(Vpc, table.vpc_id)
    wanted = destinations(q, table)
    given = {prefix: to for prefix, to in q.ask(private_routes, vpc.id).items() if prefix not in wanted}
    for block in (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks):
        if block not in wanted:
            given.setdefault(block, BLACKHOLE)
    return Routes(given, wanted)
