"""Private gateways: a router of its own each, between a VPC or transit router and a VRF of the region."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.private_gateways import private_ports, sides_of, vrf_port
from crossconnect.cloud.logical.provider import network_of
from crossconnect.cloud.logical.vpn_connections import ends_at
from crossconnect.cloud.ovn.parts import Fault, Part, row, unit
from crossconnect.cloud.ovn.provider import link, plug, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.cloud.tunnel import Tunnel


@unit
def gateway(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` with a port on the VRF's provider network (`HA_Chassis_Group`) and a link to the VPC's router;
    routes to its prefixes, and those of its VPN connections, by the next hop there, and to the VPC's blocks, or all
    that a transit router has, back. The gateway nodes are told to announce the VPC's blocks, or what the transit router
    leads to from here; VPN concentrators are told of their tunnels."""
    gateway = q.need(PrivateGateway, id)
    network = q.ask(network_of, id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)
    vpc = q.get(Vpc, gateway.vpc_id)
    if vpc is not None:
        near, far = private_ports(id)
        yield from link(q, gateway, (vpc.id, near), (id, far))
    sides = sides_of(q, id)
    tunnels = {
        one: Tunnel(customer=customer, local=tuple(sorted(sides.announced)), remote=remote)
        for one, customer, remote in q.ask(ends_at, id)
    }
    yield from plug(q, network, (id, vrf_port(network, id)), gateway, sides.announced, tunnels=tunnels)
    for reason in sides.faults:
        yield Fault(reason)
    for prefix, hop in (*sides.outside.items(), *sides.inside.items()):
        yield from route(id, f"{id}/{prefix}", id, prefix, hop)
