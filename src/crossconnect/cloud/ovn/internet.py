"""Internet gateways, egress-only gateways, elastic IPs, NAT gateways."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.hops import BLACKHOLE, Hop
from crossconnect.cloud.ovn.names import link_addresses
from crossconnect.cloud.ovn.parts import Part, row, unit, within
from crossconnect.cloud.ovn.ports import port_name, port_of
from crossconnect.cloud.ovn.provider import link, plug, route
from crossconnect.cloud.ovn.queries import Queries, Unrealisable
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import switch_of
from crossconnect.cloud.ovn.vpcs import ROUTER, announcing


def outside_port(vpc_id: str) -> str:
    """The VPC's router's port to the internet."""
    return f"internet-{vpc_id}"


def has_internet(q: Queries, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to a VPC."""
    return bool(q.referring(InternetGateway, "vpc_id", vpc_id))


@unit
def gateway_port(q: Queries, id: str) -> Iterator[Part]:
    """A VPC with an internet gateway or an egress-only one, or both: its router's port to the provider's internet
    network, on an `HA_Chassis_Group`. It has a route table of its own, by which the router answers senders outside
    whose packets are too large; nothing of the cloud's own is sent back out by it."""
    if not q.ask(has_internet, id) and not q.referring(EgressOnlyInternetGateway, "vpc_id", id):
        return
    vpc, network, port = q.need(Vpc, id), q.region.internet, outside_port(id)
    yield from plug(q, network, (id, port), vpc, vpc.ipv6_cidr_blocks)
    hops = {"0.0.0.0/0": Hop(network.next_hop, port)}
    if network.next_hop6:
        hops["::/0"] = Hop(network.next_hop6, port)
    own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks, *q.region.public_prefixes, *q.region.public_prefixes6)
    for prefix, hop in (hops | dict.fromkeys(own, BLACKHOLE)).items():
        yield from route(id, f"{port}/{prefix}", id, prefix, hop, port)


@unit
def elastic_ip(q: Queries, id: str) -> Iterator[Part]:
    """`NAT` `dnat_and_snat` at the gateway port; where the hypervisors have the provider network, with `external_mac`
    and `logical_port`: translated where the machine runs, and no gateway node in the way. Not in a VPC with
    service insertion: what an appliance sends on leaves from another hypervisor than the machine's."""
    elastic = q.need(ElasticIp, id)
    if not elastic.network_interface_id:
        return
    interface = q.ask(port_of, elastic.network_interface_id)
    if not q.ask(has_internet, interface.vpc_id):
        raise Unrealisable(f"VPC {interface.vpc_id} has no internet gateway")
    private = elastic.private_address or next(iter(interface.private_addresses), "")
    if private not in interface.private_addresses:
        raise Unrealisable(f"interface {interface.id} does not have the address {private or 'of IPv4'}")
    near = q.region.internet.on_hypervisors and not q.referring(ServiceInsertion, "vpc_id", interface.vpc_id)
    nat = row(
        "NAT",
        id,
        id,
        type="dnat_and_snat",
        external_ip=elastic.address,
        logical_ip=private,
        external_mac=interface.mac if near else None,
        logical_port=port_name(interface) if near else None,
        gateway_port=uuid_of("Logical_Router_Port", outside_port(interface.vpc_id)),
    )
    yield from within(ROUTER, interface.vpc_id, "nat", nat)


@unit
def subnet_source(q: Queries, id: str) -> Iterator[Part]:
    """`NAT` `snat` of a subnet's IPv4 block to its `egress_elastic_ip_id` at the gateway port, while an internet
    gateway is attached. An interface's own elastic IP wins, for OVN takes the longest prefix."""
    subnet = q.ask(switch_of, id)
    if not subnet.egress_elastic_ip_id or not subnet.cidr_block or not q.ask(has_internet, subnet.vpc_id):
        return
    nat = row(
        "NAT",
        f"{id}/source",
        id,
        type="snat",
        external_ip=q.need(ElasticIp, subnet.egress_elastic_ip_id).address,
        logical_ip=subnet.cidr_block,
        external_mac=None,
        logical_port=None,
        gateway_port=uuid_of("Logical_Router_Port", outside_port(subnet.vpc_id)),
    )
    yield from within(ROUTER, subnet.vpc_id, "nat", nat)


def nat_address(q: Queries, id: str) -> str:
    """The public address of a NAT gateway that can work."""
    gateway = q.need(NatGateway, id)
    q.ask(switch_of, gateway.subnet_id)
    if gateway.connectivity == "private":
        raise Unrealisable("OVN translates sources only where a gateway node stands between: no private NAT gateways")
    if not q.ask(has_internet, gateway.vpc_id):
        raise Unrealisable(f"VPC {gateway.vpc_id} has no internet gateway")
    return q.need(ElasticIp, gateway.elastic_ip_id).address


def nat_ports(id: str) -> tuple[str, str]:
    """Names of the ports between the VPC's router and the NAT gateway's: the VPC's, the gateway's."""
    return f"vpc-{id}", f"inner-{id}"


@unit
def nat_gateway(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router` of its own between the VPC's and the provider's network, with `NAT` `snat` of all sources: on
    the VPC's router an interface's own elastic IP would win over the gateway, and AWS has it the other way round."""
    address = q.ask(nat_address, id)
    gateway = q.need(NatGateway, id)
    vpc = q.need(Vpc, gateway.vpc_id)
    network = q.region.internet
    near, far = nat_ports(id)
    outer = f"internet-{id}"
    yield row(ROUTER, id, id, name=id, options=announcing(q, gateway, "nat"))
    yield from link(q, id, (vpc.id, near), (id, far), id)
    yield from plug(q, network, (id, outer), gateway)
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
    yield from route(id, f"{id}/default", id, "0.0.0.0/0", Hop(network.next_hop, outer))
    back, _ = link_addresses(q.region, id, vpc.id)
    for block in vpc.cidr_blocks:
        yield from route(id, f"{id}/{block}", id, block, Hop(back, far))


def interface_of(q: Queries, id: str) -> NetworkInterface | None:
    """An interface, where it can be."""
    try:
        return q.ask(port_of, id)
    except Unrealisable:
        return None
