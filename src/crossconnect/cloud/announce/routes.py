"""Routes of the kernel: what it has of ours, and the commands that make it what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crossconnect.cloud.announce.decision import AgentConfiguration, GatewayNetwork, Route
from crossconnect.net import version_of
from crossconnect.net.address import BITS

PROTOCOL = 201
"""Of routes that an agent made (rtnetlink(7), `rtm_protocol`): neither the kernel's nor a known routing daemon's. FRR
takes everything for a `kernel` route that is neither its own nor the kernel's."""

Commands = Mapping[str, tuple[str, ...]]
"""Lines for `ip -batch` by network namespace."""


class _KernelRoute(msgspec.Struct, frozen=True):
    """A line of `ip -json route show`."""

    dst: str = ""
    gateway: str = ""
    dev: str = ""


def show_words(network: GatewayNetwork, version: int) -> list[str]:
    """`ip` with the arguments that print our routes of a network in JSON."""
    namespace = ["-n", network.namespace] if network.namespace else []
    words = ["ip", *namespace, f"-{version}", "-json", "route", "show", "proto", str(PROTOCOL)]
    words += ["dev", network.interface]
    return [*words, "vrf", network.vrf] if network.vrf else words


def learned_words(network: GatewayNetwork, version: int) -> list[str]:
    """`ip` with the arguments that print, in JSON, what a network's VRF has by BGP."""
    namespace = ["-n", network.namespace] if network.namespace else []
    words = ["ip", *namespace, f"-{version}", "-json", "route", "show", "proto", "bgp"]
    return [*words, "vrf", network.vrf] if network.vrf else words


def kernel_routes(network: GatewayNetwork, version: int, text: str | bytes) -> frozenset[Route]:
    """Routes that `ip` has printed. ValueError where that is not what `ip` prints."""
    try:
        found = msgspec.json.decode(text or b"[]", type=list[_KernelRoute])
    except msgspec.DecodeError as error:
        raise ValueError(f"`ip route` printed what is no JSON: {error}") from error
    return frozenset(
        Route(network.name, each.dst if "/" in each.dst else f"{each.dst}/{BITS[version]}", each.gateway)
        for each in found
        if each.dst
    )


def changes(configuration: AgentConfiguration, have: Iterable[Route], want: Iterable[Route]) -> Commands:
    """Commands that lead from one set of routes to the other: first what is to be there, then what is to go. Doing them
    again changes nothing."""
    have, want = frozenset(have), frozenset(want)
    networks = {network.name: network for network in configuration.networks}
    wanted = {(route.network, route.prefix) for route in want}
    lines: dict[str, list[str]] = {}
    for route in sorted(want - have):
        network = networks[route.network]
        hop = f" via {route.next_hop}" if route.next_hop else ""
        # The router's address is on the link whether or not the node has an address beside it.
        onlink = " onlink" if route.next_hop else ""
        line = f"route replace {route.prefix}{hop} dev {network.interface}{onlink} proto {PROTOCOL}{_table(network)}"
        lines.setdefault(network.namespace, []).append(line)
    for route in sorted(have - want):
        if (route.network, route.prefix) not in wanted:  # what has only another next hop is replaced already
            network = networks[route.network]
            line = f"route del {route.prefix} dev {network.interface} proto {PROTOCOL}{_table(network)}"
            lines.setdefault(network.namespace, []).append(line)
    return {namespace: tuple(of) for namespace, of in lines.items()}


def _table(network: GatewayNetwork) -> str:
    return f" vrf {network.vrf}" if network.vrf else ""


def batch_words(namespace: str) -> list[str]:
    """`ip` that reads commands of one namespace, and goes on behind one that fails."""
    return ["ip", *(["-n", namespace] if namespace else []), "-force", "-batch", "-"]


def network_queries(configuration: AgentConfiguration) -> Sequence[tuple[GatewayNetwork, int]]:
    """(network, IP version) of all tables that may have routes of ours."""
    return [
        (network, version)
        for network in configuration.networks
        for version in sorted({version_of(prefix) for prefix in network.transfer})
    ]
