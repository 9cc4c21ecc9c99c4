"""Redundancy groups: switches that stand in for each other, of which one must be there at any time.

Found in the blueprint, not declared: a group is whatever somebody has more than one of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.net.order import natural_key

Kind = Literal["mlag", "ethernet-segment", "uplinks", "borders", "handoffs"]

TIERS: Mapping[str, int] = {"leaf": 0, "border-leaf": 0, "spine": 1, "super-spine": 2}
"""Of roles; a switch's uplinks lead to a higher tier."""


class Group(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Two or more switches that are never changed together."""

    devices: tuple[str, ...]
    """Sorted by name."""
    kind: Kind
    """`uplinks`: the spines of a leaf, the super-spines of a spine. `borders`: of a VRF. `handoffs`: of an external
    router."""
    of: str
    """Whose they are: a switch, a VRF, an external router; of several with the same members, the first."""


def redundancy_groups(blueprint: Blueprint) -> tuple[Group, ...]:
    """All groups, each set of switches once: the kind that comes first in `Kind` gives it its name."""
    found: dict[tuple[str, ...], Group] = {}
    for group in _all(blueprint):
        if len(group.devices) > 1:
            found.setdefault(group.devices, group)
    return tuple(sorted(found.values()))


def _all(blueprint: Blueprint) -> Iterable[Group]:
    yield from _pairs(blueprint)
    yield from _segments(blueprint)
    yield from _uplinks(blueprint)
    yield from _outside(blueprint)


def _pairs(blueprint: Blueprint) -> Iterable[Group]:
    for device in blueprint.devices:
        if device.mlag is not None:
            yield Group(
                devices=tuple(sorted((device.name, device.mlag.peer), key=natural_key)), kind="mlag", of=device.rack
            )


def _segments(blueprint: Blueprint) -> Iterable[Group]:
    at: dict[str, set[str]] = {}
    for device in blueprint.devices:
        for interface in device.interfaces:
            if interface.esi:
                at.setdefault(interface.esi, set()).add(device.name)
    for esi, names in sorted(at.items()):
        yield Group(devices=tuple(sorted(names, key=natural_key)), kind="ethernet-segment", of=esi)
    for host in blueprint.hosts:
        yield Group(devices=tuple(sorted(set(host.leaves), key=natural_key)), kind="ethernet-segment", of=host.name)


def _uplinks(blueprint: Blueprint) -> Iterable[Group]:
    roles = {device.name: device.role for device in blueprint.devices}
    above: dict[str, set[str]] = {}
    for wire in blueprint.wires:
        if wire.kind != "fabric":
            continue
        for lower, upper in ((wire.a_device, wire.b_device), (wire.b_device, wire.a_device)):
            if TIERS.get(roles.get(upper, ""), 0) > TIERS.get(roles.get(lower, ""), 0):
                above.setdefault(lower, set()).add(upper)
    for name, uppers in sorted(above.items()):
        yield Group(devices=tuple(sorted(uppers, key=natural_key)), kind="uplinks", of=name)


def _outside(blueprint: Blueprint) -> Iterable[Group]:
    borders: dict[str, set[str]] = {}
    for peer in blueprint.peers:
        for session in peer.sessions:
            borders.setdefault(session.vrf, set()).add(session.device)
    for vrf, names in sorted(borders.items()):
        yield Group(devices=tuple(sorted(names, key=natural_key)), kind="borders", of=vrf)
    for peer in blueprint.peers:
        yield Group(
            devices=tuple(sorted({s.device for s in peer.sessions}, key=natural_key)), kind="handoffs", of=peer.name
        )
