"""Networks in the middle of a change: some devices have the new configuration, others still the old one.

cable that goes:   there until one of its ends is changed      cable that comes: there once no end is pending
server, external router that comes, goes or changes: the new one once none of its switches is pending
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from crossconnect.design.blueprint import Blueprint, HostPlan, PeerPlan, SegmentPlan, VrfPlan, Wire
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net.order import natural_key


def mixed(old: Blueprint, new: Blueprint, changed: frozenset[str], pending: frozenset[str]) -> Blueprint:
    """The network in which, of the switches `changed`, those `pending` are still as in `old`.

    A switch that comes is not there while it is pending; one that goes is there until then. Of what the region
    promises only that is kept which both networks promise.
    """
    devices = _devices(old, new, changed, pending)
    names = {device.name for device in devices}
    hosts = tuple(_hosts(old, new, pending))
    peers = tuple(_peers(old, new, pending))
    ends = names | {host.name for host in hosts} | {peer.name for peer in peers}
    wires = _wires(old, new, changed, pending, ends)
    keys = {wire.key for wire in wires}
    promised = {promise.name: promise for promise in old.promises}
    return msgspec.structs.replace(
        new,
        devices=devices,
        wires=wires,
        hosts=hosts,
        peers=peers,
        vrfs=_vrfs(old, new, devices),
        segments=_segments(old, new, devices),
        promises=tuple(p for p in new.promises if promised.get(p.name) == p),
        drained=tuple(d for d in new.drained if d in names),
        risks=tuple(
            msgspec.structs.replace(
                risk,
                devices=tuple(d for d in risk.devices if d in ends),
                wires=tuple(key for key in risk.wires if key in keys),
            )
            for risk in new.risks
        ),
    )


def _devices(
    old: Blueprint, new: Blueprint, changed: frozenset[str], pending: frozenset[str]
) -> tuple[DeviceConfiguration, ...]:
    before, after = ({d.name: d for d in side.devices} for side in (old, new))
    found: list[DeviceConfiguration] = []
    for name in sorted(before.keys() | after.keys(), key=natural_key):
        device = before.get(name) if name in pending else after.get(name)
        if device is not None:
            # The same object where nothing differs: comparing two networks then costs nothing.
            same = name not in changed and before.get(name) == device
            found.append(before[name] if same else device)
    return tuple(found)


def _hosts(old: Blueprint, new: Blueprint, pending: frozenset[str]) -> Iterable[HostPlan]:
    before, after = {h.name: h for h in old.hosts}, {h.name: h for h in new.hosts}
    for name in sorted(before.keys() | after.keys(), key=natural_key):
        was, will = before.get(name), after.get(name)
        if was is not None and (was is will or was == will):
            yield was
        elif will is not None and pending.isdisjoint(will.leaves):
            yield will
        elif was is not None and (will is not None or not pending.isdisjoint(was.leaves)):
            yield was


def _peers(old: Blueprint, new: Blueprint, pending: frozenset[str]) -> Iterable[PeerPlan]:
    """External routers; of each the sessions with a switch are those of the side that the switch is on."""
    before, after = {p.name: p for p in old.peers}, {p.name: p for p in new.peers}
    for name in sorted(before.keys() | after.keys(), key=natural_key):
        was, will = before.get(name), after.get(name)
        if was is not None and (was is will or was == will):
            yield was
            continue
        sessions = [s for s in (was.sessions if was else ()) if s.device in pending]
        sessions += [s for s in (will.sessions if will else ()) if s.device not in pending]
        everywhere = (*(was.sessions if was else ()), *(will.sessions if will else ()))
        settled = will is not None and not any(s.device in pending for s in everywhere)
        base = will if settled or was is None else was
        if sessions and base is not None:
            known = [s for s in base.sessions if s in sessions]
            yield msgspec.structs.replace(
                base,
                sessions=(*known, *(s for s in sessions if s not in known)),
                ports=tuple(sorted({*base.ports, *(s.port for s in sessions)})),
            )


def _wires(
    old: Blueprint, new: Blueprint, changed: frozenset[str], pending: frozenset[str], ends: Collection[str]
) -> tuple[Wire, ...]:
    before, after = set(old.wires), set(new.wires)
    chosen = [w for w in new.wires if w in before or pending.isdisjoint((w.a_device, w.b_device))]
    used = {end for w in chosen for end in ((w.a_device, w.a_port), (w.b_device, w.b_port))}
    for wire in old.wires:
        touched = changed.intersection((wire.a_device, wire.b_device))
        free = (wire.a_device, wire.a_port) not in used and (wire.b_device, wire.b_port) not in used
        if wire not in after and touched and touched <= pending and free:
            chosen.append(wire)
    return tuple(
        sorted((w for w in chosen if w.a_device in ends and w.b_device in ends), key=lambda w: natural_key(w.key))
    )


def _vrfs(old: Blueprint, new: Blueprint, devices: Iterable[DeviceConfiguration]) -> tuple[VrfPlan, ...]:
    at: dict[str, list[str]] = {}
    for device in devices:
        for instance in device.network_instances:
            if instance.kind == "l3vrf":
                at.setdefault(instance.name, []).append(device.name)
    before, after = {v.name: v for v in old.vrfs}, {v.name: v for v in new.vrfs}
    found: list[VrfPlan] = []
    for name in sorted(before.keys() | after.keys(), key=natural_key):
        was, will = before.get(name), after.get(name)
        base = will or was
        assert base is not None
        if name not in at and (was is None or will is None):
            continue
        # Both sides' prefixes and leaks: while it is being changed, either may be met.
        prefixes = dict.fromkeys((*base.prefixes, *(was.prefixes if was else ())))
        imports = dict.fromkeys((*base.imports, *(was.imports if was else ())))
        found.append(
            msgspec.structs.replace(
                base, devices=tuple(at.get(name, ())), prefixes=tuple(prefixes), imports=tuple(imports)
            )
        )
    return tuple(found)


def _segments(old: Blueprint, new: Blueprint, devices: Iterable[DeviceConfiguration]) -> tuple[SegmentPlan, ...]:
    at: dict[str, list[str]] = {}
    for device in devices:
        for instance in device.network_instances:
            if instance.kind == "mac-vrf":
                at.setdefault(instance.name, []).append(device.name)
    before, after = {s.path: s for s in old.segments}, {s.path: s for s in new.segments}
    found: list[SegmentPlan] = []
    for path in sorted(before.keys() | after.keys(), key=natural_key):
        base = after.get(path) or before[path]
        if base.mac_vrf in at or (path in before and path in after):
            found.append(msgspec.structs.replace(base, devices=tuple(at.get(base.mac_vrf, ()))))
    return tuple(found)
