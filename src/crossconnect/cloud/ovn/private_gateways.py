"""Private gateways: a router of its own each, between a VPC or transit router and a VRF of the region."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.hops import Hop
from crossconnect.cloud.ovn.names import link_addresses
from crossconnect.cloud.ovn.parts import Fault, Part, row, unit
from crossconnect.cloud.ovn.provider import link, network_of, plug, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.transit import reached_from, to_transit
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.cloud.ovn.vpn_connections import behind_gateway, ends_at
from crossconnect.cloud.tunnel import Tunnel
from crossconnect.net import parse


def private_ports(id: str) -> tuple[str, str]:
    """Names of the ports between the VPC's router and the gateway's: the VPC's, the gateway's."""
    return f"vpc-{id}", f"inner-{id}"


def to_private_gateway(q: Queries, id: str, version: int) -> Hop:
    """Where a VPC's router sends what a private gateway is to have."""
    q.ask(network_of, id)
    return Hop(link_addresses(q.region, q.need(PrivateGateway, id), id)[version == 6], private_ports(id)[0])


@unit
def gateway(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` with a port on the VRF's provider network (`HA_Chassis_Group`) and a link to the VPC's router;
    routes to its prefixes, and those of its VPN connections, by the next hop there, and to the VPC's blocks, or all
    that a transit router has, back. The gateway nodes are told to announce the VPC's blocks, or what the transit router
    leads to from here; VPN concentrators are told of their tunnels."""
    gateway = q.need(PrivateGateway, id)
    network = q.ask(network_of, id)
    outer = f"{network.name}-{id}"
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    vpc = q.get(Vpc, gateway.vpc_id)
    back: dict[str, Hop] = {}
    announce: set[str] = set()
    if vpc is not None:
        near, far = private_ports(id)
        yield from link(q, gateway, (vpc.id, near), (id, far))
        addresses = link_addresses(q.region, gateway, vpc.id)
        for block in (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks):
            back[block] = Hop(addresses[parse(block).version == 6], far)
        announce.update(back)
    for attachment_id in q.referring(TransitRouterAttachment, "private_gateway_id", id):
        attachment = q.need(TransitRouterAttachment, attachment_id)
        if attachment.status == "active":
            announce.update(q.ask(reached_from, attachment_id))
            for version, everything in ((4, "0.0.0.0/0"), (6, "::/0")):
                back[everything] = to_transit(q, id, attachment.transit_router_id, version)
    tunnels = {
        one: Tunnel(customer=customer, local=tuple(sorted(announce)), remote=remote)
        for one, customer, remote in q.ask(ends_at, id)
    }
    yield from plug(q, network, (id, outer), gateway, announce, tunnels=tunnels)
    hops = {4: network.next_hop, 6: network.next_hop6}
    for prefix in q.ask(behind_gateway, id):
        if prefix in back:
            yield Fault(f"{prefix} is on both sides of the gateway")
        elif hop := hops[parse(prefix).version]:
            yield from route(id, f"{id}/{prefix}", id, prefix, Hop(hop, outer))
        elif prefix in gateway.prefixes:
            yield Fault(f"{prefix}: the network of VRF {gateway.vrf} has no IPv6")
    for prefix, hop in back.items():
        yield from route(id, f"{id}/{prefix}", id, prefix, hop)
