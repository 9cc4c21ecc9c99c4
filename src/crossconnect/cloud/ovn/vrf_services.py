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
from crossconnect.cloud.logical.private_link import inner_port, into_vrf, outer_port, outer_router
from crossconnect.cloud.logical.provider import network_of_vrf
from crossconnect.cloud.ovn.load_balancers import BALANCER
from crossconnect.cloud.ovn.parts import Fault, Part, adds, row, within
from crossconnect.cloud.ovn.provider import link, plug, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS


def in_vrf(q: Queries, service: EndpointService, address: str, sources: tuple[str, ...]) -> Iterator[Part]:
    """What a service in a VRF has behind its router: `Load_Balancer`s on that, and the outer router with `NAT` `snat`.
    `address` is where the service is reached on the private-link switch, `sources` are its endpoints there."""
    id = service.id
    network = network_of_vrf(q, service.vrf)
    ways = into_vrf(q, service)
    outer, inside, outside = outer_router(id), inner_port(id), f"vrf-{id}"
    near, far = outer_port(id), ways.outwards.port
    yield row(ROUTER, outer, id, name=outer, options=ROUTER_OPTIONS)
    yield from link(q, service, (outer, near), (id, inside))
    yield from plug(q, network, (outer, far), service)
    if ways.fault:
        yield Fault(ways.fault)
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
    for backend in ways.backends:
        yield from route(id, f"{id}/{backend}", id, f"{backend}/32", ways.onwards)
        yield from route(outer, f"{outside}/{backend}", id, f"{backend}/32", ways.outwards)
    for source in sources:
        yield from route(outer, f"{outside}/{source}", id, source, ways.back)
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
