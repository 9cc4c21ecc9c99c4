"""Subnets: a switch each, with a port of the VPC's router at the first address."""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.addresses import resolver
from crossconnect.cloud.kinds.dhcp_options import DhcpOptions
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.private_link import ServiceEndpoint
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.region import CloudRegion
from crossconnect.net import overlaps, version_of


def switch_of(q: Queries, id: str) -> Subnet:
    """A subnet that is there with its VPC."""
    subnet = q.need(Subnet, id)
    q.need(Vpc, subnet.vpc_id)
    own = [block for block in (subnet.cidr_block, subnet.ipv6_cidr_block) if block]
    for taken in reserved(q.region):
        if clash := next((block for block in own if overlaps(block, taken)), ""):
            raise Unrealisable(f"{clash} overlaps {taken}, which the region uses itself")
    if subnet.availability_zone not in {zone.name for zone in q.region.zones}:
        raise Unrealisable(f"the region has no availability zone {subnet.availability_zone}")
    return subnet


def reserved(region: CloudRegion) -> tuple[str, ...]:
    """Prefixes of the region's own that VPCs' routers have networks in."""
    networks = (region.internet, *region.networks)
    transfer = (prefix for network in networks for prefix in (network.transfer_prefix, network.transfer_prefix6))
    own = (region.link_prefix, region.link_prefix6, region.private_link_prefix, region.private_link_prefix6)
    return tuple(prefix for prefix in (*transfer, *own, "169.254.0.0/16", "fe80::/10") if prefix)


def table_of(q: Queries, id: str) -> str:
    """The id of a subnet's route table."""
    subnet = q.need(Subnet, id)
    return subnet.route_table_id or q.need(Vpc, subnet.vpc_id).main_route_table_id


def router_port(subnet_id: str) -> str:
    """Name of the VPC's router's port in a subnet."""
    return f"lrp-{subnet_id}"


def switch_port(subnet_id: str) -> str:
    """Name of the port that leads from a subnet's switch to the router."""
    return f"lsp-{subnet_id}"


def resolvers(region: CloudRegion, subnet: Subnet) -> list[str]:
    """Where machines in a subnet ask: with IPv4 its third address, with IPv6 the region's resolver, as in AWS."""
    found = [resolver(subnet.cidr_block), region.resolver] if subnet.cidr_block else []
    return [*found, region.resolver6] if subnet.ipv6_cidr_block else found


def answered_for(q: Queries, id: str) -> list[str]:
    """The IPv4 addresses in a subnet that no port has and the router answers for: the resolver's, and those of load
    balancers and endpoints."""
    subnet = q.ask(switch_of, id)
    found = [resolver(subnet.cidr_block)] if subnet.cidr_block else []
    for balancer_id in q.referring(LoadBalancer, "subnet_ids", id):
        balancer = q.need(LoadBalancer, balancer_id)
        found += [a for s, a in zip(balancer.subnet_ids, balancer.addresses, strict=False) if s == id]
    for endpoint_id in q.referring(ServiceEndpoint, "subnet_ids", id):
        endpoint = q.need(ServiceEndpoint, endpoint_id)
        found += [a for s, a in zip(endpoint.subnet_ids, endpoint.addresses, strict=False) if s == id]
    return found


def domain_of(q: Queries, vpc_id: str) -> str:
    """The domain of the names of a VPC's interfaces."""
    options = q.get(DhcpOptions, q.need(Vpc, vpc_id).dhcp_options_id)
    return (options and options.domain_name) or q.region.domain


def servers_of(q: Queries, vpc_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Servers of names and of time that a VPC's machines are told; no server of names: the subnet's resolver."""
    options = q.get(DhcpOptions, q.need(Vpc, vpc_id).dhcp_options_id)
    return (options.domain_name_servers, options.ntp_servers) if options else ((), q.region.ntp_servers)


class Lease(NamedTuple):
    """What machines in a subnet are told of the network, in one IP version."""

    version: int
    block: str
    """The subnet's."""
    domain: str
    names: tuple[str, ...]
    """Servers of names."""
    clocks: tuple[str, ...]
    """Servers of time."""


def leases(q: Queries, id: str) -> tuple[Lease, ...]:
    """What a subnet's machines are told, per IP version that it has: servers of its own before those of the VPC's DHCP
    options, and these before the resolver."""
    subnet = q.ask(switch_of, id)
    names, clocks = q.ask(servers_of, subnet.vpc_id)
    domain = q.ask(domain_of, subnet.vpc_id)
    found: list[Lease] = []
    for version, block in ((4, subnet.cidr_block), (6, subnet.ipv6_cidr_block)):
        if block:
            own = resolver(block) if version == 4 else q.region.resolver6
            servers = _of_version(version, subnet.domain_name_servers) or _of_version(version, names) or (own,)
            found.append(Lease(version, block, domain, servers, _of_version(version, clocks)))
    return tuple(found)


def _of_version(version: int, addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(address for address in addresses if version_of(address) == version)
