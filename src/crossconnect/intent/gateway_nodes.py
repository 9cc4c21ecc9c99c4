"""Gateway nodes of the cloud as external routers: one for each, with a handoff per uplink and provider network.

    servers (chassis: gateway, uplinks)  --.
    provider_networks (vrf, prefixes)    --+--> peers: GatewayRouter `<server>-router`, eBGP per leaf, VRF, version

So a leaf has towards a gateway node what it has towards any router: a tagged subinterface per VRF, a session with a
limit and with policies both ways (RFC 4364 10 a, RFC 8212). Nothing behind this module knows of a second kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from crossconnect.finding import Place
from crossconnect.model.cloud import GatewayRouter, ProviderNetwork
from crossconnect.model.peer import Handoff
from crossconnect.model.region import Region
from crossconnect.model.server import Server
from crossconnect.net import version_of

FAMILIES: tuple[Literal["ipv4", "ipv6"], ...] = ("ipv4", "ipv6")
EXPORT_POLICY = "xc-gateways"
"""Policy of what gateway nodes hear: all that their VRF has."""


def router_name(server: str) -> str:
    """What the routing half of a gateway node is called."""
    return f"{server}-router"


def import_policy(network: str) -> str:
    """Policy of what leaves accept from gateway nodes in a provider network; also the name of its prefix set."""
    return f"xc-public-{network}"


def with_gateway_nodes(region: Region) -> Region:
    """The region with its gateway nodes among its external routers; as it is where it has none.

    Networks whose VRF does not exist are left out, which validation reports.
    """
    nodes = [server for server in region.servers if server.chassis == "gateway" and server.uplinks]
    if not nodes or region.design.cloud is None:
        return region
    known = {f"{tenant.name}/{vrf.name}" for tenant in region.tenants for vrf in tenant.vrfs}
    networks = [network for network in region.provider_networks if network.vrf in known]
    routers = tuple(_router(region, node, networks) for node in nodes)
    written = {path: where for node in nodes for path, where in _places(node, len(networks))}
    return msgspec.structs.replace(
        region, peers=(*region.peers, *routers), places=_Derived(region.places, written) if written else region.places
    )


def _router(region: Region, node: Server, networks: list[ProviderNetwork]) -> GatewayRouter:
    return GatewayRouter(
        name=router_name(node.name),
        node=node.name,
        asn=region.asns.gateway_nodes,
        daemon="frr",
        handoffs=tuple(
            Handoff(
                border=uplink.port,
                vrf=network.vrf,
                families=families(network),
                import_policy=import_policy(network.name),
                export_policy=EXPORT_POLICY,
                max_prefixes=network.max_prefixes,
                password=network.password,
                bfd=region.design.bfd.enabled,
            )
            for uplink in node.uplinks
            for network in networks
        ),
        announces=tuple(dict.fromkeys(prefix for network in networks for prefix in network.aggregates)),
    )


def families(network: ProviderNetwork) -> tuple[Literal["ipv4", "ipv6"], ...]:
    """IP versions of a network: those that it has a transfer prefix of."""
    versions = {version_of(prefix) for prefix in network.transfer}
    return tuple(family for family in FAMILIES if int(family[-1]) in versions)


def _places(node: Server, networks: int) -> Iterator[tuple[str, str]]:
    """Where what is derived comes from: path of the router's -> path of the node's."""
    path = f"peers/{router_name(node.name)}"
    yield path, f"servers/{node.name}"
    yield f"{path}/asn", "asns/gateway_nodes"
    for number in range(len(node.uplinks) * networks):
        yield f"{path}/handoffs/{number}", f"servers/{node.name}/uplinks/{number // networks}"


class _Derived(Mapping[str, Place]):
    """Places of a region, and of what was derived from parts of it."""

    def __init__(self, places: Mapping[str, Place], written: Mapping[str, str]) -> None:
        self._places = places
        self._written = written

    def __getitem__(self, path: str) -> Place:
        found = self._places.get(path)
        while found is None and path in self._written:
            path = self._written[path]
            found = self._nearest(path)
        if found is None:
            raise KeyError(path)
        return found

    def _nearest(self, path: str) -> Place | None:
        while path:
            if (found := self._places.get(path)) is not None:
                return found
            path = path.rpartition("/")[0]
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
