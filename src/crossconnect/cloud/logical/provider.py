"""Networks of the provider's, and which gateway node serves which router."""

from __future__ import annotations

from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.logical.numbers import (
    digest,
    number_of,
)
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource


def gateway_group(region: CloudRegion, resource: Resource) -> str:
    """Name of the group of gateway nodes that serves a router. There are as many as nodes, each with another one first,
    so that routers are spread."""
    if not region.gateways:
        raise Unrealisable("the region has no gateway node")
    return f"gateways-{gateway_order(region, resource)[0]}"


def gateway_order(region: CloudRegion, resource: Resource) -> tuple[str, ...]:
    """Gateway nodes by name, in the order in which they serve a router: the first one that lives has it."""
    names = tuple(node.name for node in region.gateways)
    first = (number_of(resource) or digest(resource.id)) % len(names) if names else 0
    return names[first:] + names[:first]


def network_of(q: Queries, id: str) -> ProviderNetwork:
    """The provider network of a private gateway's VRF."""
    return network_of_vrf(q, q.need(PrivateGateway, id).vrf)


def network_of_vrf(q: Queries, vrf: str) -> ProviderNetwork:
    """The provider network of a VRF."""
    for network in q.region.networks:
        if network.vrf == vrf:
            return network
    raise Unrealisable(f"the region gives the cloud no network of VRF {vrf}")
