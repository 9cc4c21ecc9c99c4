"""Private link: services, their endpoints, and the ways between them: by a switch of the region's that no VPC is on, or
from there on into a VRF.

    VPC's router -- endpoint's router -- private-link switch -- service's router -- service's VPC's router
                                                                        `-- outer router -- VRF
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, Protocol
from crossconnect.cloud.kinds.private_link import (
    EndpointService,
    ServiceEndpoint,
    endpoint_addresses,
    linked_versions,
    source_of,
    supported_versions,
)
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import Hop
from crossconnect.cloud.logical.numbers import link_addresses, transfer_addresses
from crossconnect.cloud.logical.provider import network_of_vrf
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains, host_prefix, version_of


def private_link(region: CloudRegion, versions: Collection[int] = (4,)) -> ProviderNetwork:
    """The switch between endpoints and services: like a provider network, but without a way out. Routers that have
    nothing to do with IPv6 (`versions`) have no address of it there."""
    return ProviderNetwork(
        name="private-link",
        vrf="",
        physnet="",
        transfer_prefix=region.private_link_prefix,
        next_hop="",
        transfer_prefix6=region.private_link_prefix6 if 6 in versions else "",
        mtu=region.mtu,
    )


def service_of(q: Queries, id: str) -> EndpointService:
    """A service whose VPC and load balancer are there, or the network of its VRF with addresses of its IP versions."""
    service = q.need(EndpointService, id)
    if service.vrf:
        network = network_of_vrf(q, service.vrf)
        for version in supported_versions(service):
            if not _next_hop(network, version):
                raise Unrealisable(f"{network.name} has no IPv{version} addresses")
        return service
    q.need(Vpc, service.vpc_id)
    q.need(LoadBalancer, service.load_balancer_id)
    return service


def inner_port(id: str) -> str:
    """Name of the port of an endpoint's or a service's router to what is behind it: the VPC's, or the outer one."""
    return f"inner-{id}"


def link_port(id: str) -> str:
    """Name of its port on the private-link switch."""
    return f"link-{id}"


def vpc_port(id: str) -> str:
    """Name of the port of a VPC's router to an endpoint's or a service's."""
    return f"vpc-{id}"


def service_addresses(q: Queries, id: str) -> dict[int, str]:
    """The addresses of a service on the private-link switch, by the IP versions that it supports."""
    service = q.ask(service_of, id)
    return {version: own_address(q, service, version) for version in supported_versions(service)}


def own_address(q: Queries, resource: Resource, version: int) -> str:
    """The address of a service or endpoint on the private-link switch."""
    addresses = transfer_addresses(private_link(q.region, (4, 6)), resource)
    return addresses[version == 6].partition("/")[0]


def listeners_of(q: Queries, id: str) -> tuple[Listener, ...]:
    """What a service behind a load balancer answers on."""
    return q.need(LoadBalancer, q.need(EndpointService, id).load_balancer_id).listeners


def ports_of(q: Queries, id: str) -> tuple[tuple[Protocol, int], ...]:
    """Protocols and ports that a service answers on."""
    found = q.need(EndpointService, id).listeners or q.ask(listeners_of, id)
    return tuple((listener.protocol, listener.port) for listener in found)


def sources_of(q: Queries, id: str) -> tuple[str, ...]:
    """What the targets of a service see as sources: its endpoints' addresses on the private-link switch, or the blocks
    of their VPCs. Never the whole switch: another service of the same VPC has endpoints there, too, and other projects'
    services are reached at it."""
    service = q.ask(service_of, id)
    found: set[str] = set()
    for one in q.referring(ServiceEndpoint, "service_id", id):
        endpoint = q.need(ServiceEndpoint, one)
        if endpoint.status != "active":
            continue
        versions = linked_versions(endpoint, service)
        if service.source == "translated":
            found |= {prefix for prefix in q.ask(_hosts_of, one) if version_of(prefix) in versions}
        elif vpc := q.get(Vpc, endpoint.vpc_id):
            found |= {*blocks_of(vpc, versions)}
    return tuple(sorted(found))


def _hosts_of(q: Queries, id: str) -> frozenset[str]:
    """An endpoint's addresses on the private-link switch as prefixes; none where there is no address left."""
    try:
        endpoint = q.need(ServiceEndpoint, id)
        return frozenset(host_prefix(own_address(q, endpoint, version)) for version in (4, 6))
    except Unrealisable:
        return frozenset()


def blocks_of(vpc: Vpc, versions: Collection[int]) -> tuple[str, ...]:
    """The CIDR blocks of a VPC, of some IP versions."""
    return tuple(block for block in (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks) if version_of(block) in versions)


def private_routes(q: Queries, vpc_id: str) -> dict[str, Hop]:
    """What each route table of a VPC needs for its endpoints and services: the way to the services, and back."""
    found: dict[str, Hop] = {}
    for id in q.referring(ServiceEndpoint, "vpc_id", vpc_id):
        try:
            endpoint = q.need(ServiceEndpoint, id)
            if endpoint.status == "active":
                hops = link_addresses(q.region, endpoint, id)
                for version, address in q.ask(service_addresses, endpoint.service_id).items():
                    if endpoint_addresses(endpoint, version):
                        found[host_prefix(address)] = Hop(hops[version == 6], vpc_port(id))
        except Unrealisable:
            continue
    for id in q.referring(EndpointService, "vpc_id", vpc_id):
        try:
            for prefix in q.ask(sources_of, id):
                service = q.need(EndpointService, id)
                hops = link_addresses(q.region, service, id)
                found[prefix] = Hop(hops[version_of(prefix) == 6], vpc_port(id))
        except Unrealisable:
            continue
    return found


def vpc_routes(
    q: Queries, resource: EndpointService | ServiceEndpoint, vpc: Vpc, versions: Collection[int]
) -> dict[str, Hop]:
    """The routes of an endpoint's or a service's router to its VPC."""
    hops = link_addresses(q.region, resource, vpc.id)
    port = inner_port(resource.id)
    return {block: Hop(hops[version_of(block) == 6], port) for block in blocks_of(vpc, versions)}


def kept_routes(q: Queries, endpoint: ServiceEndpoint, vpc: Vpc, versions: Collection[int]) -> dict[str, Hop]:
    """The routes of a service's router back to the clients of an endpoint, where their addresses are kept."""
    port = link_port(endpoint.service_id)
    return {block: Hop(own_address(q, endpoint, version_of(block)), port) for block in blocks_of(vpc, versions)}


def outer_router(id: str) -> str:
    """Name of the router between a service's and the VRF."""
    return f"outer-{id}"


class IntoVrf(NamedTuple):
    """The ways of an IP version between a service's router and its VRF, by the outer one."""

    version: int
    backends: tuple[str, ...]
    """The only addresses that are led to."""
    onwards: Hop
    """To them, from the service's router."""
    outwards: Hop
    """To them, from the outer one."""
    back: Hop
    """To the service's endpoints, from there."""
    fault: str
    """Why what comes back does not find the way; empty where it does."""


def into_vrf(q: Queries, service: EndpointService, version: int) -> IntoVrf:
    """The ways of a service in a VRF, of an IP version."""
    id, network = service.id, network_of_vrf(q, service.vrf)
    outer, source = outer_router(id), source_of(service, version)
    backends = {backend.address for listener in service.listeners for backend in listener.backends}
    is_told = not network.prefixes or any(contains(prefix, source) for prefix in network.prefixes)
    fault = f"{source} is in no prefix of {network.name}: gateway nodes do not announce it"
    return IntoVrf(
        version=version,
        backends=tuple(sorted(address for address in backends if version_of(address) == version)),
        onwards=Hop(link_addresses(q.region, service, outer)[version == 6], inner_port(id)),
        outwards=Hop(_next_hop(network, version), f"{network.name}-{id}"),
        back=Hop(link_addresses(q.region, service, id)[version == 6], outer_port(id)),
        fault="" if is_told else fault,
    )


def _next_hop(network: ProviderNetwork, version: int) -> str:
    return network.next_hop if version == 4 else network.next_hop6


def outer_port(id: str) -> str:
    """Name of the outer router's port to the service's."""
    return f"outer-inner-{id}"
