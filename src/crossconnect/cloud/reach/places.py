"""Where things of the cloud are: who holds a public address, on which gateway node a router is, on which hypervisor an
interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway, InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.private_link import EndpointService
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains, parse, version_of

R = TypeVar("R", bound=Resource)
PUBLIC4 = "public/4"
"""Scope in which elastic IPs claim their addresses."""
BLOCKS6 = range(44, 61)
"""Lengths of VPCs' public IPv6 blocks, each a scope of its own."""


class Finder(Protocol):
    """What is looked up: a project's view, with who claims a number."""

    def get(self, kind: type[R], id: str) -> R | None:
        """A resource of the project, or one that it sees."""
        ...

    def shared(self, kind: type[R], id: str) -> R | None:
        """A resource of any project."""
        ...

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """Resources of a kind, of any project, that refer to another one."""
        ...

    def claimant(self, scope: str, value: int) -> str | None:
        """Id of who has a number, of any project."""
        ...


def public_owner(address: str, finder: Finder) -> ElasticIp | Vpc | None:
    """The elastic IP that an address is, or the VPC whose public IPv6 block has it."""
    value = parse(address).value
    if version_of(address) == 4:
        id = finder.claimant(PUBLIC4, value)
        return finder.shared(ElasticIp, id) if id else None
    for length in BLOCKS6:
        if id := finder.claimant(f"public/{length}", value >> (128 - length)):
            return finder.shared(Vpc, id)
    return None


def router_of(owner: ElasticIp | Vpc, finder: Finder) -> Vpc | NatGateway | None:
    """The router on which an elastic IP is translated, or a VPC's own; none where the elastic IP is not in use, or the
    VPC has no gateway to the internet."""
    if isinstance(owner, Vpc):
        kinds = (InternetGateway, EgressOnlyInternetGateway)
        return owner if any(finder.shared_referring(kind, owner.id, "vpc_id") for kind in kinds) else None
    return _translating(owner, finder)


def _translating(elastic: ElasticIp, finder: Finder) -> Vpc | NatGateway | None:
    for gateway in finder.shared_referring(NatGateway, elastic.id, "elastic_ip_id"):
        return gateway if finder.shared_referring(InternetGateway, gateway.vpc_id, "vpc_id") else None
    vpcs = [b.vpc_id for b in finder.shared_referring(LoadBalancer, elastic.id, "elastic_ip_id")]
    vpcs += [s.vpc_id for s in finder.shared_referring(Subnet, elastic.id, "egress_elastic_ip_id")]
    if elastic.network_interface_id:
        vpcs.append(elastic.vpc_id)
    for vpc_id in vpcs:
        if finder.shared_referring(InternetGateway, vpc_id, "vpc_id"):
            return finder.shared(Vpc, vpc_id)
    return None


def internet_router(target: str, finder: Finder) -> Vpc | NatGateway | None:
    """The router by which what an internet, egress-only or NAT gateway sends out leaves."""
    if target.startswith("nat-"):
        return finder.shared(NatGateway, target)
    kind = EgressOnlyInternetGateway if target.startswith("eigw-") else InternetGateway
    gateway = finder.shared(kind, target)
    return finder.shared(Vpc, gateway.vpc_id) if gateway is not None and gateway.vpc_id else None


def network_of(gateway: PrivateGateway | EndpointService, region: CloudRegion) -> ProviderNetwork | None:
    """The provider network of a private gateway's VRF, or a service's."""
    return next((network for network in region.networks if network.vrf == gateway.vrf), None)


def private_gateway_for(vpc_id: str, network: ProviderNetwork, finder: Finder) -> PrivateGateway | None:
    """The private gateway by which a VRF's packets come to a VPC: its own, or a transit router's."""
    for gateway in finder.shared_referring(PrivateGateway, vpc_id, "vpc_id"):
        if gateway.vrf == network.vrf:
            return gateway
    for attached in finder.shared_referring(TransitRouterAttachment, vpc_id, "vpc_id"):
        others = finder.shared_referring(TransitRouterAttachment, attached.transit_router_id, "transit_router_id")
        for other in others:
            gateway = finder.shared(PrivateGateway, other.private_gateway_id) if other.private_gateway_id else None
            if gateway is not None and gateway.vrf == network.vrf and other.status == "active":
                return gateway
    return None


def block_of(vpc_id: str, address: str, finder: Finder) -> str:
    """The CIDR block of a VPC that has an address; empty for none."""
    vpc = finder.shared(Vpc, vpc_id)
    blocks = () if vpc is None else vpc.cidr_blocks + vpc.ipv6_cidr_blocks
    return next((b for b in blocks if version_of(b) == version_of(address) and contains(b, address)), "")


def hypervisor_of(interface: NetworkInterface, region: CloudRegion, finder: Finder) -> str:
    """The hypervisor that an interface's machine is asked for on; the zone's only one; empty where several may be."""
    if interface.host:
        return interface.host
    subnet = finder.shared(Subnet, interface.subnet_id)
    zone = subnet.availability_zone if subnet is not None else ""
    chassis = next((z.chassis for z in region.zones if z.name == zone), ())
    return chassis[0] if len(chassis) == 1 else ""
