"""Cables of the fabric: those that pods imply, and those written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes as codes
from crossconnect.intent.lock import Lock
from crossconnect.model.device import Link
from crossconnect.model.inventory import Cable, Inventory, MlagPair, Port, Switch
from crossconnect.model.region import Region
from crossconnect.net.order import natural_key

TIERS = {"leaf": 0, "border-leaf": 0, "spine": 1, "super-spine": 2}

Pair = tuple[str, str]
"""Names of two switches, the lower tier first."""


class Origin(NamedTuple):
    """What a switch was expanded from: path of the pod or super-spine group, and its place there, from 0."""

    path: str
    place: int


def cables_of(
    region: Region, switches: Mapping[str, Switch], origins: Mapping[str, Origin], pairs: Sequence[MlagPair] = ()
) -> tuple[list[Cable], list[Finding]]:
    """All cables between switches. The n-th link written between two devices refines the n-th that pods and MLAG pairs
    imply between them, or adds one; which is the n-th follows from the ports, not from the order in the file."""
    findings: list[Finding] = []
    implied = _implied(region, switches, origins)
    peer_links = {(pair.primary, pair.secondary): (pair.peer_links, pair.path) for pair in pairs}
    implied |= peer_links
    written: dict[Pair, list[tuple[Link, Port, Port, str]]] = {}
    for index, link in enumerate(region.links):
        path = f"links/{index}"
        a, b = _port(link.a), _port(link.b)
        if a.device not in switches or b.device not in switches:
            continue  # reported by validation
        tier_a, tier_b = TIERS[switches[a.device].role], TIERS[switches[b.device].role]
        if a.device == b.device:
            continue  # likewise
        beside = (a.device, b.device) in peer_links or (b.device, a.device) in peer_links
        if tier_a == tier_b and not beside:
            words = f"link {link.a} to {link.b} joins two switches of one tier"
            findings.append(found(codes.LINK_TIER, region.place(path), words))
            continue
        low, high = (a, b) if tier_a < tier_b or (a.device, b.device) in peer_links else (b, a)
        written.setdefault((low.device, high.device), []).append((link, low, high, path))
    for links in written.values():
        links.sort(key=lambda w: (natural_key(w[1].name), natural_key(w[2].name), w[0].mtu or 0))
    cables: list[Cable] = []
    for pair in sorted(implied.keys() | written.keys()):
        count, path = implied.get(pair, (0, ""))
        by_hand = written.get(pair, [])
        kind = "peer-link" if pair in peer_links else "fabric"
        for n in range(max(count, len(by_hand))):
            key = f"{pair[0]}--{pair[1]}" + (f"#{n + 1}" if n else "")
            if n < len(by_hand):
                link, low, high, link_path = by_hand[n]
                cables.append(Cable(key=key, kind=kind, a=low, b=high, mtu=link.mtu, path=link_path, gbps=link.gbps))
            else:
                cables.append(Cable(key=key, kind=kind, a=Port(pair[0]), b=Port(pair[1]), mtu=None, path=path))
    return cables, findings


def _port(text: str) -> Port:
    device, _, name = text.partition(":")
    return Port(device, name)


def _implied(
    region: Region, switches: Mapping[str, Switch], origins: Mapping[str, Origin]
) -> dict[Pair, tuple[int, str]]:
    """Number of cables between two switches and the path that says so: every leaf of a pod to every spine of it,
    every spine to the super-spines of its plane (RFC 7938 3.2)."""
    members: dict[str, list[Switch]] = {}
    for name, origin in origins.items():
        members.setdefault(origin.path, []).append(switches[name])
    implied: dict[Pair, tuple[int, str]] = {}
    spines: dict[str, list[Switch]] = {}
    for pod in region.pods:
        path = f"pods/{pod.name}"
        here = members.get(path, [])
        spines[pod.name] = [s for s in here if s.role == "spine"]
        for leaf in here:
            if TIERS[leaf.role] == 0:
                for spine in spines[pod.name]:
                    implied[leaf.name, spine.name] = (pod.links_per_spine, path)
    for group in region.super_spines:
        path, planes = f"super_spines/{group.name}", max(group.planes, 1)
        tops = [s for s in members.get(path, []) if s.role == "super-spine"]
        for pod in region.pods:
            if group.pods and pod.name not in group.pods:
                continue
            for spine in spines[pod.name]:
                for top in tops:
                    if origins[spine.name].place % planes == origins[top.name].place % planes:
                        implied[spine.name, top.name] = (1, path)
    return implied


def settled(inventory: Inventory, previous: Lock | None) -> Inventory:
    """The inventory with parallel cables under the keys that they held in the previous lock.

    Among cables between the same two switches the expansion can only count. When one is written in before others, the
    ports in the lock tell which of them was which, so that none takes over another's addresses.
    """
    if previous is None:
        return inventory
    groups: dict[Pair, list[Cable]] = {}
    for cable in inventory.cables:
        if cable.kind in ("fabric", "peer-link"):
            groups.setdefault((cable.a.device, cable.b.device), []).append(cable)
    keys: dict[str, str] = {}
    for pair, cables in groups.items():
        if len(cables) > 1 and any(c.a.name or c.b.name for c in cables):
            keys |= _settled_keys(pair, cables, previous)
    if all(key == new for key, new in keys.items()):
        return inventory
    cables = [msgspec.structs.replace(c, key=keys[c.key]) if c.key in keys else c for c in inventory.cables]
    return msgspec.structs.replace(inventory, cables=tuple(sorted(cables, key=lambda c: natural_key(c.key))))


def _settled_keys(pair: Pair, cables: Sequence[Cable], previous: Lock) -> dict[str, str]:
    """New key by present key for the cables between two switches."""
    ports = [previous.numbers.get(f"port/{device}", {}) for device in pair]
    left = sorted((c.key for c in cables), key=natural_key)
    keys: dict[str, str] = {}
    for cable in cables:
        written = [(held, end.name) for held, end in zip(ports, (cable.a, cable.b), strict=True) if end.name]
        match = next((k for k in left if written and all(held.get(k) == name for held, name in written)), None)
        if match is not None:
            keys[cable.key] = match
            left.remove(match)
    for cable in cables:
        if cable.key not in keys:
            keys[cable.key] = left.pop(0)
    return keys
