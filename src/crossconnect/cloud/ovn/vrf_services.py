"""Endpoint services in a VRF of the region: from the service's router by one more, on the VRF's provider network.

    endpoint's router -- switch -- service's router ------- outer router ----------- provider switch -- VRF
                         private-  load balancer:           source: endpoint's ->    of the VRF
                         link      service address ->       the service's source
                                   backend                  address

Two routers, so that each has one gateway port, as all do that translate or balance. Both are on one gateway node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossconnect.cloud.kinds.private_link import EndpointService, source_of
from crossconnect.cloud.logical.private_link import IntoVrf, inner_port, into_vrf, outer_port, outer_router
from crossconnect.cloud.logical.provider import network_of_vrf
from crossconnect.cloud.ovn.load_balancers import BALANCER, bracketed, listener_key
from crossconnect.cloud.ovn.parts import Fault, Part, adds, row
from crossconnect.cloud.ovn.provider import link, plug, route, source_translated
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.net import host_prefix, version_of


def in_vrf(
    q: Queries, service: EndpointService, addresses: Mapping[int, str], sources: tuple[str, ...]
) -> Iterator[Part]:
    """What a service in a VRF has behind its router: `Load_Balancer`s on that, and the outer router with `NAT` `snat`.
    `addresses` are where the service is reached on the private-link switch, by IP version, `sources` are its endpoints
    there."""
    id = service.id
    network = network_of_vrf(q, service.vrf)
    outer = outer_router(id)
    far = f"{network.name}-{id}"
    yield row(ROUTER, outer, id, name=outer, options=ROUTER_OPTIONS)
    yield from link(q, service, (outer, outer_port(id)), (id, inner_port(id)))
    # OVN tells of IPv4 translations only what gateway nodes are to announce.
    told = (host_prefix(service.ipv6_source_address),) if 6 in addresses else ()
    yield from plug(q, network, (outer, far), service, told)
    for version, address in addresses.items():
        ways = into_vrf(q, service, version)
        if ways.fault:
            yield Fault(ways.fault)
        yield from source_translated(outer, f"{id}/source", source_of(service, version), far, id)
        yield from _led(service, ways, sources)
        yield from _balanced(service, address)


def _led(service: EndpointService, ways: IntoVrf, sources: tuple[str, ...]) -> Iterator[Part]:
    """Routes of an IP version, to the backends and back to the endpoints."""
    id, outer, outside = service.id, outer_router(service.id), f"vrf-{service.id}"
    for backend in ways.backends:
        yield from route(id, f"{id}/{backend}", id, host_prefix(backend), ways.onwards)
        yield from route(outer, f"{outside}/{backend}", id, host_prefix(backend), ways.outwards)
    for source in sources:
        if version_of(source) == ways.version:
            yield from route(outer, f"{outside}/{source}", id, source, ways.back)


def _balanced(service: EndpointService, address: str) -> Iterator[Part]:
    """The listeners at an address of the service."""
    id, version = service.id, version_of(address)
    for listener in service.listeners:
        key = listener_key(id, listener.protocol, listener.port, version)
        found = ",".join(
            sorted(f"{bracketed(b.address)}:{b.port}" for b in listener.backends if version_of(b.address) == version)
        )
        yield row(
            BALANCER,
            key,
            id,
            name=key.replace("/", "-"),
            protocol=listener.protocol,
            vips={f"{bracketed(address)}:{listener.port}": found},
            ip_port_mappings={},
            options={},
        )
        yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))
