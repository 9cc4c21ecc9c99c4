"""Private link: services, their endpoints, and the ways between them: by a switch of the region's that no VPC is on, or
from there on into a VRF.

    VPC's router -- endpoint's router -- private-link switch -- service's router -- service's VPC's router
                                                                        `-- outer router -- VRF
"""

from __future__ import annotations

from typing import NamedTuple

from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, Protocol
from crossconnect.cloud.kinds.private_link import EndpointService, ServiceEndpoint
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import Hop
from crossconnect.cloud.logical.numbers import link_addresses, transfer_addresses
from crossconnect.cloud.logical.provider import network_of_vrf
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.net import contains


def private_link(region: CloudRegion) -> ProviderNetwork:
    """The switch between endpoints and services: like a provider network, but without a way out."""
    prefix = region.private_link_prefix
    return ProviderNetwork(name="private-link", vrf="", physnet="", transfer_prefix=prefix, next_hop="", mtu=region.mtu)


def service_of(q: Queries, id: str) -> EndpointService:
    """A service whose VPC and load balancer are there, or the network of its VRF."""
    service = q.need(EndpointService, id)
    if service.vrf:
        network_of_vrf(q, service.vrf)
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


def service_address(q: Queries, id: str) -> str:
    """The address of a service on the private-link switch."""
    return own_address(q, q.ask(service_of, id))


def own_address(q: Queries, resource: Resource) -> str:
    """The address of a service or endpoint on the private-link switch."""
    return transfer_addresses(private_link(q.region), resource)[0].partition("/")[0]


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
        if service.source == "translated":
            found |= q.ask(_host_of, one)
        elif vpc := q.get(Vpc, endpoint.vpc_id):
            found |= {*vpc.cidr_blocks}
    return tuple(sorted(found))


def _host_of(q: Queries, id: str) -> frozenset[str]:
    """An endpoint's address on the private-link switch as a prefix; none where there is no address left."""
    try:
        return frozenset((f"{own_address(q, q.need(ServiceEndpoint, id))}/32",))
    except Unrealisable:
        return frozenset()


def private_routes(q: Queries, vpc_id: str) -> dict[str, Hop]:
    """What each route table of a VPC needs for its endpoints and services: the way to the services, and back."""
    found: dict[str, Hop] = {}
    for id in q.referring(ServiceEndpoint, "vpc_id", vpc_id):
        try:
            endpoint = q.need(ServiceEndpoint, id)
            if endpoint.status == "active":
                address = q.ask(service_address, endpoint.service_id)
                found[f"{address}/32"] = Hop(link_addresses(q.region, endpoint, id)[0], vpc_port(id))
        except Unrealisable:
            continue
    for id in q.referring(EndpointService, "vpc_id", vpc_id):
        try:
            for prefix in q.ask(sources_of, id):
                service = q.need(EndpointService, id)
                found[prefix] = Hop(link_addresses(q.region, service, id)[0], vpc_port(id))
        except Unrealisable:
            continue
    return found


def vpc_routes(q: Queries, resource: EndpointService | ServiceEndpoint, vpc: Vpc) -> dict[str, Hop]:
    """The routes of an endpoint's or a service's router to its VPC."""
    hop = Hop(link_addresses(q.region, resource, vpc.id)[0], inner_port(resource.id))
    return dict.fromkeys(vpc.cidr_blocks, hop)


def kept_routes(q: Queries, endpoint: ServiceEndpoint, vpc: Vpc) -> dict[str, Hop]:
    """The routes of a service's router back to the clients of an endpoint, where their addresses are kept."""
    return dict.fromkeys(vpc.cidr_blocks, Hop(own_address(q, endpoint), link_port(endpoint.service_id)))


def outer_router(id: str) -> str:
    """Name of the router between a service's and the VRF."""
    return f"outer-{id}"


class IntoVrf(NamedTuple):
    """The ways between a service's router and its VRF, by the outer one."""

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


def into_vrf(q: Queries, service: EndpointService) -> IntoVrf:
    """The ways of a service in a VRF."""
    id, network = service.id, network_of_vrf(q, service.vrf)
    outer = outer_router(id)
    is_told = not network.prefixes or any(contains(prefix, service.source_address) for prefix in network.prefixes)
    fault = f"{service.source_address} is in no prefix of {network.name}: gateway nodes do not announce it"
    return IntoVrf(
        backends=tuple(sorted({backend.address for listener in service.listeners for backend in listener.backends})),
        onwards=Hop(link_addresses(q.region, service, outer)[0], inner_port(id)),
        outwards=Hop(network.next_hop, f"{network.name}-{id}"),
        back=Hop(link_addresses(q.region, service, id)[0], outer_port(id)),
        fault="" if is_told else fault,
    )


def outer_port(id: str) -> str:
    """Name of the outer router's port to the service's."""
    return f"outer-inner-{id}"
