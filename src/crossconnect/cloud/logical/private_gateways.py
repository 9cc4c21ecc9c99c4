"""Private gateways: a router of its own each, between a VPC or transit router and a VRF of the region."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import Hop
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.provider import network_of
from crossconnect.cloud.logical.queries import Queries
from crossconnect.cloud.logical.transit import reached_from, to_transit
from crossconnect.cloud.logical.vpn_connections import behind_gateway
from crossconnect.cloud.region import ProviderNetwork
from crossconnect.net import version_of


def private_ports(id: str) -> tuple[str, str]:
    """Names of the ports between the VPC's router and the gateway's: the VPC's, the gateway's."""
    return f"vpc-{id}", f"inner-{id}"


def to_private_gateway(q: Queries, id: str, version: int) -> Hop:
    """Where a VPC's router sends what a private gateway is to have."""
    q.ask(network_of, id)
    return Hop(link_addresses(q.region, q.need(PrivateGateway, id), id)[version == 6], private_ports(id)[0])


class Sides(NamedTuple):
    """What a private gateway's router knows."""

    outside: dict[str, Hop]
    """Routes to its prefixes and those of its VPN connections, by the next hop in the VRF."""
    inside: dict[str, Hop]
    """Routes to the VPC's blocks, or to all that a transit router has."""
    announced: frozenset[str]
    """What the VRF is told of."""
    faults: tuple[str, ...]
    """Why some of its prefixes are not reached."""


def sides_of(q: Queries, id: str) -> Sides:
    """The routes of a private gateway, on both of its sides."""
    gateway = q.need(PrivateGateway, id)
    network = q.ask(network_of, id)
    inside: dict[str, Hop] = {}
    announced: set[str] = set()
    vpc = q.get(Vpc, gateway.vpc_id)
    if vpc is not None:
        addresses, port = link_addresses(q.region, gateway, vpc.id), private_ports(id)[1]
        for block in (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks):
            inside[block] = Hop(addresses[version_of(block) == 6], port)
        announced.update(inside)
    for attachment_id in q.referring(TransitRouterAttachment, "private_gateway_id", id):
        attachment = q.need(TransitRouterAttachment, attachment_id)
        if attachment.status == "active":
            announced.update(q.ask(reached_from, attachment_id))
            for version, everything in ((4, "0.0.0.0/0"), (6, "::/0")):
                inside[everything] = to_transit(q, id, attachment.transit_router_id, version)
    outside: dict[str, Hop] = {}
    faults: list[str] = []
    hops = {4: network.next_hop, 6: network.next_hop6}
    for prefix in q.ask(behind_gateway, id):
        if prefix in inside:
            faults.append(f"{prefix} is on both sides of the gateway")
        elif address := hops[version_of(prefix)]:
            outside[prefix] = Hop(address, vrf_port(network, id))
        elif prefix in gateway.prefixes:
            faults.append(f"{prefix}: the network of VRF {gateway.vrf} has no IPv6")
    return Sides(outside, inside, frozenset(announced), tuple(faults))


def vrf_port(network: ProviderNetwork, id: str) -> str:
    """Name of the gateway's port in the VRF."""
    return f"{network.name}-{id}"
