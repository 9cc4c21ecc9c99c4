"""The default instance: classes of what switches originate there, and where VTEP addresses resolve."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from crossconnect.device.bgp import Family
from crossconnect.net import contains, version_of
from crossconnect.simulate.attributes import IGP, AttributeTable
from crossconnect.simulate.fabric import Class, FamilyGraph, Spreads
from crossconnect.simulate.policy import Policies
from crossconnect.simulate.topology import DEFAULT, Liveness, Topology
from crossconnect.simulate.vrf import connected, originated


def family_of(prefix: str) -> Family:
    """The unicast family of a prefix."""
    return "ipv6-unicast" if version_of(prefix) == 6 else "ipv4-unicast"


def underlay_classes(
    topology: Topology,
    live: Liveness,
    graphs: Mapping[Family, FamilyGraph],
    policies: Mapping[str, Policies],
    table: AttributeTable,
) -> dict[str, Class]:
    """Every prefix that default instances originate, with its class."""
    origins: dict[str, list[tuple[int, int]]] = {}
    for speaker in topology.speakers:
        if speaker.vrf != DEFAULT or not live.device_up(speaker.device):
            continue
        attached = connected(topology, live, speaker.device, DEFAULT)
        here = policies[speaker.device]
        for family in ("ipv4-unicast", "ipv6-unicast"):
            for prefix, attributes in originated(speaker.bgp, attached, here, family).items():
                origins.setdefault(prefix, []).append((speaker.index, table.intern(attributes)))
    found: dict[str, Class] = {}
    for prefix, sources in origins.items():
        if len({table.values[number].origin for _, number in sources}) == 1:
            # ORIGIN decides only between originators that differ in it; without it more prefixes are alike.
            sources = [(s, table.intern(msgspec.structs.replace(table.values[n], origin=IGP))) for s, n in sources]
        filtered = graphs[family_of(prefix)].filtered
        found[prefix] = Class(tuple(sorted(sources)), None, prefix if filtered else "")
    return found


def resolver(
    topology: Topology,
    live: Liveness,
    underlay: Mapping[str, Class],
    spreads: Spreads,
) -> Callable[[str], tuple[bool, ...]]:
    """A function that says for a VTEP address at which speakers it resolves: by a BGP route that covers it, other than
    a default route, or by being the speaker's own. `spreads` are those of IPv4."""
    wide = [prefix for prefix in underlay if version_of(prefix) == 4 and not prefix.endswith(("/32", "/0"))]
    size = len(spreads.graph.asns)
    known: dict[str, tuple[bool, ...]] = {}

    def resolves(address: str) -> tuple[bool, ...]:
        answer = known.get(address)
        if answer is None:
            mask = [False] * size
            covering = [f"{address}/32", *(prefix for prefix in wide if contains(prefix, address))]
            for prefix in covering:
                key = underlay.get(prefix)
                if key is not None:
                    reached = spreads.of(key).reached()
                    mask = [have or got for have, got in zip(mask, reached, strict=True)]
            for device in topology.vteps.get(address, ()):
                own = topology.speaker_at.get((device, DEFAULT), -1)
                if own >= 0 and live.device_up(device):
                    mask[own] = True
            answer = known[address] = tuple(mask)
        return answer

    return resolves


def shared_classes(
    topology: Topology, graphs: Mapping[Family, FamilyGraph], underlay: Mapping[str, Class]
) -> dict[tuple[int, int], str]:
    """(speaker, attributes) of VTEP addresses whose class spreads over the same sessions as EVPN routes do."""
    evpn, unicast = graphs["l2vpn-evpn"], graphs["ipv4-unicast"]
    if evpn.graph is not unicast.graph or evpn.filtered or unicast.filtered:
        return {}
    found: dict[tuple[int, int], str] = {}
    for address, devices in topology.vteps.items():
        key = underlay.get(f"{address}/32")
        speaker = topology.speaker_at.get((devices[0], DEFAULT), -1) if len(devices) == 1 else -1
        if key is not None and len(key.origins) == 1 and key.origins[0][0] == speaker:
            found[key.origins[0]] = address
    return found
