"""Endpoint services in a VRF of the region: from the service's router by one more, on the VRF's provider network.

    endpoint's router -- switch -- service's router ------- outer router ----------- provider switch -- VRF
                         private-  load balancer:           source: endpoint's ->    of the VRF
                         link      service address ->       the service's source
                                   backend                  address

Two routers, so that each has one gateway port, as all do that translate or balance. Both are on one gateway node.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.private_link import EndpointService
from crossconnect.cloud.ovn.hops import Hop
from crossconnect.cloud.ovn.load_balancers import BALANCER
from crossconnect.cloud.ovn.names import link_addresses
from crossconnect.cloud.ovn.parts import Fault, Part, adds, row, within
from crossconnect.cloud.ovn.provider import link, network_of_vrf, plug, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS
from crossconnect.net import contains


def outer_router(id: str) -> str:
    """Name of the router between a service's and the VRF."""
    return f"outer-{id}"


def in_vrf(q: Queries, service: EndpointService, address: str, sources: tuple[str, ...]) -> Iterator[Part]:
    """What a service in a VRF has behind its router: `Load_Balancer`s on that, and the outer router with `NAT` `snat`.
    `address` is where the service is reached on the private-link switch, `sources` are its endpoints there."""
    id = service.id
    network = network_of_vrf(q, service.vrf)
    outer, inside, outside = outer_router(id), f"inner-{id}", f"vrf-{id}"
    near, far = f"outer-inner-{id}", f"{network.name}-{id}"
    yield row(ROUTER, outer, id, name=outer, options=ROUTER_OPTIONS)
    yield from link(q, service, (outer, near), (id, inside))
    yield from plug(q, network, (outer, far), service)
    if network.prefixes and not any(contains(prefix, service.source_address) for prefix in network.prefixes):
        yield Fault(f"{service.source_address} is in no prefix of {network.name}: gateway nodes do not announce it")
    nat = row(
        "NAT",
        f"{id}/source",
        id,
        type="snat",
        external_ip=service.source_address,
        logical_ip="0.0.0.0/0",
        external_mac=None,
        logical_port=None,
        gateway_port=uuid_of("Logical_Router_Port", far),
    )
    yield from within(ROUTER, outer, "nat", nat)
    onwards = Hop(link_addresses(q.region, service, outer)[0], inside)
    backends = sorted({backend.address for listener in service.listeners for backend in listener.backends})
    for backend in backends:
        yield from route(id, f"{id}/{backend}", id, f"{backend}/32", onwards)
        yield from route(outer, f"{outside}/{backend}", id, f"{backend}/32", Hop(network.next_hop, far))
    back = Hop(link_addresses(q.region, service, id)[0], near)
    for source in sources:
        yield from route(outer, f"{outside}/{source}", id, source, back)
    for listener in service.listeners:
        key = f"{id}/{listener.protocol}/{listener.port}"
        found = ",".join(sorted(f"{one.address}:{one.port}" for one in listener.backends))
        yield row(
            BALANCER,
            key,
            id,
            name=key.replace("/", "-"),
            protocol=listener.protocol,
            vips={f"{address}:{listener.port}": found},
            ip_port_mappings={},
            options={},
        )
        yield adds(ROUTER, id, "load_balancer", uuid_of(BALANCER, key))
