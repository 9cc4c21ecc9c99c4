"""The way to the internet: gateways of VPCs, elastic IPs, NAT gateways."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import BLACKHOLE, Hop
from crossconnect.cloud.logical.interfaces import port_of
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.logical.subnets import switch_of


def outside_port(vpc_id: str) -> str:
    """The VPC's router's port to the internet."""
    return f"internet-{vpc_id}"


def has_internet(q: Queries, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to a VPC."""
    return bool(q.referring(InternetGateway, "vpc_id", vpc_id))


def leads_outside(q: Queries, vpc_id: str) -> bool:
    """Whether a VPC's router has a port to the internet: for an internet gateway, an egress-only one, or both."""
    return q.ask(has_internet, vpc_id) or bool(q.referring(EgressOnlyInternetGateway, "vpc_id", vpc_id))


def outside_routes(q: Queries, vpc: Vpc) -> dict[str, Hop]:
    """By what a VPC's router routes what comes in from the internet and is not for a subnet: its own answers to senders
    outside. Nothing of the cloud's own is sent back out."""
    network, port = q.region.internet, outside_port(vpc.id)
    routes = {"0.0.0.0/0": Hop(network.next_hop, port)}
    if network.next_hop6:
        routes["::/0"] = Hop(network.next_hop6, port)
    own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks, *q.region.public_prefixes, *q.region.public_prefixes6)
    return routes | dict.fromkeys(own, BLACKHOLE)


class OneToOne(NamedTuple):
    """An elastic IP at an interface."""

    public: str
    private: str
    interface: NetworkInterface
    near: bool
    """Whether it may be translated where the machine runs: not in a VPC with service insertion, for what an appliance
    sends on leaves from another hypervisor than the machine's."""


def one_to_one(q: Queries, id: str) -> OneToOne | None:
    """How an elastic IP is translated; None where no interface has it."""
    elastic = q.need(ElasticIp, id)
    if not elastic.network_interface_id:
        return None
    interface = q.ask(port_of, elastic.network_interface_id)
    if not q.ask(has_internet, interface.vpc_id):
        raise Unrealisable(f"VPC {interface.vpc_id} has no internet gateway")
    private = elastic.private_address or next(iter(interface.private_addresses), "")
    if private not in interface.private_addresses:
        raise Unrealisable(f"interface {interface.id} does not have the address {private or 'of IPv4'}")
    near = q.region.internet.on_hypervisors and not q.referring(ServiceInsertion, "vpc_id", interface.vpc_id)
    return OneToOne(elastic.address, private, interface, near)


def source_of(q: Queries, subnet: Subnet) -> str:
    """The public address by which a subnet's machines that have none go out; empty where they do not."""
    if not subnet.egress_elastic_ip_id or not subnet.cidr_block or not q.ask(has_internet, subnet.vpc_id):
        return ""
    return q.need(ElasticIp, subnet.egress_elastic_ip_id).address


def nat_address(q: Queries, id: str) -> str:
    """The public address of a NAT gateway that can work."""
    gateway = q.need(NatGateway, id)
    q.ask(switch_of, gateway.subnet_id)
    # What OVN cannot do, known here for once: routes to such a gateway are black holes, and its owner is told why.
    if gateway.connectivity == "private":
        raise Unrealisable("OVN translates sources only where a gateway node stands between: no private NAT gateways")
    if not q.ask(has_internet, gateway.vpc_id):
        raise Unrealisable(f"VPC {gateway.vpc_id} has no internet gateway")
    return q.need(ElasticIp, gateway.elastic_ip_id).address


def nat_ports(id: str) -> tuple[str, str]:
    """Names of the ports between the VPC's router and the NAT gateway's: the VPC's, the gateway's."""
    return f"vpc-{id}", f"inner-{id}"


def nat_outside_port(id: str) -> str:
    """Name of a NAT gateway's router's port to the internet."""
    return f"internet-{id}"


def nat_routes(q: Queries, gateway: NatGateway, vpc: Vpc) -> dict[str, Hop]:
    """The routes of a NAT gateway's router: everything out, the VPC's blocks back."""
    back, _ = link_addresses(q.region, gateway, vpc.id)
    outside = {"0.0.0.0/0": Hop(q.region.internet.next_hop, nat_outside_port(gateway.id))}
    return outside | dict.fromkeys(vpc.cidr_blocks, Hop(back, nat_ports(gateway.id)[1]))
