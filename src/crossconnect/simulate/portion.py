"""Part of a network: some realms with all that they depend on; and which realms two blueprints differ in.

A realm depends on the fabric, on itself, and on realms that leak into it. What becomes of its packets can be found
without looking at any other, and where two blueprints have the same fabric, without looking at the fabric again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan, PeerPlan, SegmentPlan, VrfPlan, Wire
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.device.network_instance import NetworkInstance

T = TypeVar("T")

_OWN_KINDS = ("default", "management")


class Portion(msgspec.Struct, frozen=True, kw_only=True):
    """Realms that are looked at together."""

    realms: frozenset[str]
    """IP-VRFs, and segments without one."""
    mac_vrfs: frozenset[str]
    devices: tuple[str, ...]
    """Those that have one of the realms, in the blueprint's order."""


def portion_of(blueprint: Blueprint, among: Collection[str]) -> Portion:
    """Some realms, and those that they leak from or into, directly or over others."""
    linked: dict[str, set[str]] = {}
    for vrf in blueprint.vrfs:
        for other in vrf.imports:
            linked.setdefault(vrf.name, set()).add(other)
            linked.setdefault(other, set()).add(vrf.name)
    chosen, open_ = set(among), list(among)
    while open_:
        more = linked.get(open_.pop(), set()) - chosen
        chosen |= more
        open_ += more
    inside = [segment for segment in blueprint.segments if (segment.vrf or segment.path) in chosen]
    at = {device for vrf in blueprint.vrfs if vrf.name in chosen for device in vrf.devices}
    at |= {device for segment in inside for device in segment.devices}
    return Portion(
        realms=frozenset(chosen),
        mac_vrfs=frozenset(segment.mac_vrf for segment in inside),
        devices=tuple(device.name for device in blueprint.devices if device.name in at),
    )


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """In what a blueprint differs from another one with the same fabric."""

    devices: frozenset[str]
    realms: frozenset[str]
    """Those of either."""


def difference(old: Blueprint, new: Blueprint) -> Difference | None:
    """In what two blueprints differ; None where it may be more than realms on the same fabric."""
    if len(old.devices) != len(new.devices):
        return None
    named = [{s.mac_vrf: s.vrf or s.path for s in blueprint.segments} for blueprint in (old, new)]
    devices: set[str] = set()
    realms: set[str] = set()
    for a, b in zip(old.devices, new.devices, strict=True):
        if a is b or a == b:
            continue
        if _fabric(a) != _fabric(b):
            return None
        devices.add(a.name)
        for device, names in zip((a, b), named, strict=True):
            other = b if device is a else a
            realms |= set(realms_differing(device, other, names))
    for vrf_pair in _unequal(_by(old.vrfs, _vrf), _by(new.vrfs, _vrf)):
        realms.update(vrf.name for vrf in vrf_pair)
    for segment_pair in _unequal(_by(old.segments, _segment), _by(new.segments, _segment)):
        realms.update(segment.vrf or segment.path for segment in segment_pair)
    for host_pair in _unequal(_by(old.hosts, _host), _by(new.hosts, _host)):
        realms.update(endpoint.vrf or endpoint.segment for endpoint in _endpoints_differing(host_pair))
    for peer_pair in _unequal(_by(old.peers, _peer), _by(new.peers, _peer)):
        realms.update(session.vrf for peer in peer_pair for session in peer.sessions)
    if old.wires != new.wires:
        for wire_pair in _unequal(_by(old.wires, _wire), _by(new.wires, _wire)):
            if any(wire.kind == "fabric" for wire in wire_pair):
                return None
            realms.update(_behind(old, wire_pair), _behind(new, wire_pair))
    return Difference(devices=frozenset(devices), realms=frozenset(realms))


def _vrf(vrf: VrfPlan) -> str:
    return vrf.name


def _segment(segment: SegmentPlan) -> str:
    return segment.path


def _host(host: HostPlan) -> str:
    return host.name


def _peer(peer: PeerPlan) -> str:
    return peer.name


def _wire(wire: Wire) -> str:
    return wire.key


def _by(things: Iterable[T], name: Callable[[T], str]) -> dict[str, T]:
    return {name(thing): thing for thing in things}


def _unequal(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[T, ...]]:
    """What is not the same on both sides, as (old, new), or alone."""
    for key, thing in old.items():
        other = new.get(key)
        if other is None:
            yield (thing,)
        elif other is not thing and other != thing:
            yield (thing, other)
    yield from ((thing,) for key, thing in new.items() if key not in old)


def _endpoints_differing(hosts: tuple[HostPlan, ...]) -> Iterator[Endpoint]:
    """What of a host is not on both sides alike; all of it, where that is not a matter of single endpoints."""
    sides = [set(host.endpoints) for host in hosts]
    alike = {msgspec.structs.replace(host, endpoints=()) for host in hosts}
    yield from sides[0] ^ sides[1] if len(hosts) == 2 and len(alike) == 1 else set[Endpoint]().union(*sides)


def _behind(blueprint: Blueprint, wires: Iterable[Wire]) -> set[str]:
    """Realms of hosts and external routers at the end of cables."""
    ends = {wire.a_device for wire in wires}
    found = {e.vrf or e.segment for host in blueprint.hosts if host.name in ends for e in host.endpoints}
    return found | {s.vrf for peer in blueprint.peers if peer.name in ends for s in peer.sessions}


def _fabric(device: DeviceConfiguration) -> tuple[object, ...]:
    """Everything about a device that ways through the fabric may depend on."""
    own = tuple(instance for instance in device.network_instances if instance.kind in _OWN_KINDS)
    names = {instance.name for instance in own}
    interfaces = tuple(i for i in device.interfaces if i.network_instance in names and not _bridged(i))
    filtered = any(
        family.import_policy or family.export_policy
        for instance in own
        if instance.bgp is not None
        for neighbor in instance.bgp.neighbors
        for family in neighbor.families
    )
    originating = any(o.connected_policy for i in own if i.bgp is not None for o in i.bgp.originate)
    policy = device.routing_policy if filtered or originating else None
    return device.name, device.role, device.vtep, own, interfaces, policy


def _bridged(interface: Interface) -> bool:
    return bool(interface.members or interface.esi or interface.parent) or interface.kind in ("irb", "lag")


def realms_differing(
    device: DeviceConfiguration, other: DeviceConfiguration, names: Mapping[str, str]
) -> Iterator[str]:
    """Realms in which a device is not as it is on the other side; `names` are the realms of its MAC-VRFs."""
    there: dict[str, NetworkInstance] = {instance.name: instance for instance in other.network_instances}
    for instance in device.network_instances:
        if instance.kind in _OWN_KINDS:
            continue
        uses_policy = instance.bgp is not None and device.routing_policy != other.routing_policy
        if instance != there.get(instance.name) or uses_policy:
            yield names.get(instance.name, instance.name)
    by_vlan = {i.vlan: names.get(i.name, i.name) for i in device.network_instances if i.kind == "mac-vrf"}
    ports = {interface.name: interface for interface in other.interfaces}
    vrfs = {instance.name for instance in device.network_instances if instance.kind not in _OWN_KINDS}
    for interface in device.interfaces:
        if interface == ports.get(interface.name):
            continue
        if interface.network_instance in vrfs:
            yield interface.network_instance
        members = _members_differing(interface, ports.get(interface.name))
        yield from (by_vlan[member.vlan] for member in members if member.vlan in by_vlan)
        bond = ports.get(interface.parent) or next((i for i in device.interfaces if i.name == interface.parent), None)
        if bond is not None:
            yield from (by_vlan[member.vlan] for member in bond.members if member.vlan in by_vlan)
            if bond.network_instance in vrfs:
                yield bond.network_instance


def _members_differing(interface: Interface, other: Interface | None) -> Iterable[SegmentMember]:
    """Segments that a port or bond is not in alike on the other side; all of its own, where more than that differs."""
    if other is None or msgspec.structs.replace(other, members=interface.members) != interface:
        return interface.members
    return set(interface.members) - set(other.members)
