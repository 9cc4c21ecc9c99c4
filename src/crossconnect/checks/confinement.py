"""Isolation that no failure can change: what a VRF or MAC-VRF may ever import, by its route targets.

A packet in a VRF meets only that VRF's tables, at every switch. These hold what is attached there, what its external
routers announce, what it imports by declaration, and EVPN routes that carry one of its import route targets: whichever
links and switches are left. Where route targets and declarations keep two networks apart, they are apart under every
failure, and no packet needs to be followed to know it. What is imported by declaration is followed (`impact`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import ROUTE_LEAK
from crossconnect.checks.grouping import names_text
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Place, found

_OWN_KINDS = ("default", "management")


def confinement(blueprint: Blueprint) -> Iterator[Finding]:
    """A finding for each two networks of which one imports what the other exports, or takes it on a device, without a
    declaration."""
    realm_of = {segment.mac_vrf: segment.vrf or segment.path for segment in blueprint.segments}
    declared = {vrf.name: frozenset((vrf.name, *vrf.imports)) for vrf in blueprint.vrfs}
    exporters: dict[str, set[str]] = {}
    for device in blueprint.devices:
        for instance in device.network_instances:
            if instance.kind not in _OWN_KINDS:
                for target in instance.export_rts:
                    exporters.setdefault(target, set()).add(realm_of.get(instance.name, instance.name))
    foreign: dict[tuple[str, str], set[str]] = {}
    for device in blueprint.devices:
        for instance in device.network_instances:
            if instance.kind in _OWN_KINDS:
                continue
            name = realm_of.get(instance.name, instance.name)
            # By route target nobody imports but from itself: leaks are made on the device (`imports`).
            others = {owner for target in instance.import_rts for owner in exporters.get(target, ())} - {name}
            others |= set(instance.imports) - declared.get(name, frozenset((name,)))
            for other in others:
                foreign.setdefault((name, other), set()).add(device.name)
    paths = {vrf.name: vrf.path for vrf in blueprint.vrfs}
    for (name, other), devices in sorted(foreign.items()):
        words = f"{name} takes routes of {other} on {names_text(sorted(devices))}, which nobody has declared"
        yield found(ROUTE_LEAK, Place(path=paths.get(name, name)), words)
