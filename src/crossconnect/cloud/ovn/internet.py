"""Internet gateways, egress-only gateways, elastic IPs, NAT gateways."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.gateways import NatGateway
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.interfaces import port_name
from crossconnect.cloud.logical.internet import (
    leads_outside,
    nat_address,
    nat_outside_port,
    nat_ports,
    nat_routes,
    one_to_one,
    outside_port,
    outside_routes,
    source_of,
)
from crossconnect.cloud.logical.subnets import switch_of
from crossconnect.cloud.ovn.parts import Part, row, unit, within
from crossconnect.cloud.ovn.provider import link, plug, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER, announcing


@unit
def gateway_port(q: Queries, id: str) -> Iterator[Part]:
    """A VPC with an internet gateway or an egress-only one, or both: its router's port to the provider's internet
    network, on an `HA_Chassis_Group`. It has a route table of its own, by which the router answers senders outside
    whose packets are too large; nothing of the cloud's own is sent back out by it."""
    if not leads_outside(q, id):
        return
    vpc, port = q.need(Vpc, id), outside_port(id)
    yield from plug(q, q.region.internet, (id, port), vpc, vpc.ipv6_cidr_blocks)
    for prefix, hop in outside_routes(q, vpc).items():
        yield from route(id, f"{port}/{prefix}", id, prefix, hop, port)


@unit
def elastic_ip(q: Queries, id: str) -> Iterator[Part]:
    """`NAT` `dnat_and_snat` at the gateway port; where the hypervisors have the provider network, with `external_mac`
    and `logical_port`: translated where the machine runs, and no gateway node in the way. Not in a VPC with
    service insertion: what an appliance sends on leaves from another hypervisor than the machine's."""
    found = one_to_one(q, id)
    if found is None:
        return
    interface = found.interface
    nat = row(
        "NAT",
        id,
        id,
        type="dnat_and_snat",
        external_ip=found.public,
        logical_ip=found.private,
        external_mac=interface.mac if found.near else None,
        logical_port=port_name(interface) if found.near else None,
        gateway_port=uuid_of("Logical_Router_Port", outside_port(interface.vpc_id)),
    )
    yield from within(ROUTER, interface.vpc_id, "nat", nat)


@unit
def subnet_source(q: Queries, id: str) -> Iterator[Part]:
    """`NAT` `snat` of a subnet's IPv4 block to its `egress_elastic_ip_id` at the gateway port, while an internet
    gateway is attached. An interface's own elastic IP wins, for OVN takes the longest prefix."""
    subnet = q.ask(switch_of, id)
    public = source_of(q, subnet)
    if not public:
        return
    nat = row(
        "NAT",
        f"{id}/source",
        id,
        type="snat",
        external_ip=public,
        logical_ip=subnet.cidr_block,
        external_mac=None,
        logical_port=None,
        gateway_port=uuid_of("Logical_Router_Port", outside_port(subnet.vpc_id)),
    )
    yield from within(ROUTER, subnet.vpc_id, "nat", nat)


@unit
def nat_gateway(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router` of its own between the VPC's and the provider's network, with `NAT` `snat` of all sources: on
    the VPC's router an interface's own elastic IP would win over the gateway, and AWS has it the other way round."""
    address = q.ask(nat_address, id)
    gateway = q.need(NatGateway, id)
    vpc = q.need(Vpc, gateway.vpc_id)
    near, far = nat_ports(id)
    outer = nat_outside_port(id)
    yield row(ROUTER, id, id, name=id, options=announcing(q, gateway, "nat"))
    yield from link(q, gateway, (vpc.id, near), (id, far))
    yield from plug(q, q.region.internet, (id, outer), gateway)
    nat = row(
        "NAT",
        id,
        id,
        type="snat",
        external_ip=address,
        logical_ip="0.0.0.0/0",
        external_mac=None,
        logical_port=None,
        gateway_port=uuid_of("Logical_Router_Port", outer),
    )
    yield from within(ROUTER, id, "nat", nat)
    for prefix, hop in nat_routes(q, gateway, vpc).items():
        yield from route(id, f"{id}/{'default' if prefix == '0.0.0.0/0' else prefix}", id, prefix, hop)
