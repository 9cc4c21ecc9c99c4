"""The blueprint, indexed once: whatever the checks ask of it again and again."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from crossconnect.design.blueprint import Blueprint, HostPlan, SegmentPlan, VrfPlan, Wire
from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of, interface_prefix
from crossconnect.simulate.failures import SessionKey


class Port(NamedTuple):
    """A port of a device, host or external router."""

    device: str
    name: str

    def __str__(self) -> str:
        return f"{self.device}:{self.name}"


class PlannedSession(NamedTuple):
    """A BGP session as one switch is configured for it; `wires` are the keys of the cables that it runs over: several
    where that is a bond, of which one is enough."""

    device: str
    vrf: str
    neighbor: Neighbor
    interface: str
    port: str
    wires: tuple[str, ...]
    twin: SessionKey | None
    """The other end's session, where that end is a switch of the region."""

    @property
    def wire(self) -> str:
        """The first of its cables; empty where it has none."""
        return self.wires[0] if self.wires else ""

    @property
    def key(self) -> SessionKey:
        """What names the session at this end."""
        return SessionKey(self.device, self.vrf, self.neighbor.key)


class RdOwner(NamedTuple):
    """The network instance that a route distinguisher belongs to."""

    device: str
    instance: NetworkInstance


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Indexes over a blueprint. Names are those of the blueprint; a VRF is named as on devices."""

    blueprint: Blueprint
    devices: dict[str, DeviceConfiguration]
    wires: dict[str, Wire]
    wire_at: dict[Port, Wire]
    """The wire in a port, at both ends."""
    interfaces: dict[tuple[str, str], Interface]
    instances: dict[tuple[str, str], NetworkInstance]
    sessions: tuple[PlannedSession, ...]
    rds: dict[str, RdOwner]
    vteps: dict[str, str]
    """Device -> VTEP address, of those that are VTEPs."""
    vtep_devices: dict[str, tuple[str, ...]]
    """VTEP address -> the device that has it, or both leaves of an MLAG pair."""
    pairs: dict[str, str]
    """Leaf of an MLAG pair -> the other one."""
    peer_links: dict[str, tuple[str, ...]]
    """Secondary of an MLAG pair -> keys of the cables of its peer link."""
    vrfs: dict[str, VrfPlan]
    segments: dict[str, SegmentPlan]
    """By path."""
    hosts: dict[str, HostPlan]
    origins: dict[tuple[str, str], tuple[tuple[str, str], ...]]
    """(VRF, prefix) -> (device, interface) in that prefix, by which it enters the VRF."""
    own_addresses: dict[str, frozenset[str]]
    """VRF -> prefixes of all interfaces in it."""

    def mate(self, port: Port) -> Port | None:
        """The other end of the cable in a port."""
        wire = self.wire_at.get(port)
        if wire is None:
            return None
        a, b = ends(wire)
        return b if port == a else a


def ends(wire: Wire) -> tuple[Port, Port]:
    """Both ends of a wire."""
    return Port(wire.a_device, wire.a_port), Port(wire.b_device, wire.b_port)


def physical_port(interfaces: dict[tuple[str, str], Interface], device: str, name: str) -> str:
    """The port under an interface: a subinterface's parent, else itself."""
    interface = interfaces.get((device, name))
    return interface.parent if interface is not None and interface.kind == "subinterface" else name


def layout_of(blueprint: Blueprint) -> Layout:
    """Index a blueprint; linear in its size."""
    interfaces = {(d.name, i.name): i for d in blueprint.devices for i in d.interfaces}
    instances = {(d.name, n.name): n for d in blueprint.devices for n in d.network_instances}
    wire_at: dict[Port, Wire] = {}
    for wire in blueprint.wires:
        for end in ends(wire):
            wire_at[end] = wire
    vteps = {d.name: d.vtep for d in blueprint.devices if d.vtep}
    origins, own = _origins(blueprint)
    members = _members(blueprint)
    return Layout(
        blueprint=blueprint,
        devices={d.name: d for d in blueprint.devices},
        wires={w.key: w for w in blueprint.wires},
        wire_at=wire_at,
        interfaces=interfaces,
        instances=instances,
        sessions=_sessions(blueprint, interfaces, wire_at, members),
        rds={n.rd: RdOwner(d.name, n) for d in blueprint.devices for n in d.network_instances if n.rd},
        vteps=vteps,
        vtep_devices=_owners(vteps),
        pairs={d.name: d.mlag.peer for d in blueprint.devices if d.mlag is not None},
        peer_links={
            d.name: wires_behind(wire_at, members, d.name, d.mlag.peer_link)
            for d in blueprint.devices
            if d.mlag is not None and not d.mlag.primary
        },
        vrfs={v.name: v for v in blueprint.vrfs},
        segments={s.path: s for s in blueprint.segments},
        hosts={h.name: h for h in blueprint.hosts},
        origins=origins,
        own_addresses=own,
    )


def _owners(vteps: dict[str, str]) -> dict[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for device, address in vteps.items():
        owners[address] = (*owners.get(address, ()), device)
    return owners


def _members(blueprint: Blueprint) -> dict[tuple[str, str], tuple[str, ...]]:
    """Bond -> its ports."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for device in blueprint.devices:
        for i in device.interfaces:
            if i.kind == "ethernet" and i.parent:
                found[(device.name, i.parent)] = (*found.get((device.name, i.parent), ()), i.name)
    return found


def wires_behind(
    wire_at: dict[Port, Wire], members: dict[tuple[str, str], tuple[str, ...]], device: str, port: str
) -> tuple[str, ...]:
    """Keys of the cables in a port, or in the ports of a bond."""
    ports = members.get((device, port), (port,))
    return tuple(wire.key for name in ports if (wire := wire_at.get(Port(device, name))) is not None)


def _sessions(
    blueprint: Blueprint,
    interfaces: dict[tuple[str, str], Interface],
    wire_at: dict[Port, Wire],
    members: dict[tuple[str, str], tuple[str, ...]],
) -> tuple[PlannedSession, ...]:
    sessions: list[PlannedSession] = []
    for device in blueprint.devices:
        at = {address_of(a): i.name for i in device.interfaces for a in i.addresses if i.kind != "irb"}
        for instance in device.network_instances:
            for neighbor in instance.bgp.neighbors if instance.bgp else ():
                interface = neighbor.interface or at.get(address_of(neighbor.local_address), "")
                port = Port(device.name, physical_port(interfaces, device.name, interface))
                wires = wires_behind(wire_at, members, device.name, port.name)
                twin = None
                if neighbor.kind == "fabric" and wires:
                    # An unnumbered session is named by the interface, else by the address of the other end.
                    far = neighbor.local_address
                    if not far and (wire := wire_at.get(port)) is not None:
                        a, b = ends(wire)
                        far = b.name if port == a else a.name
                    twin = SessionKey(neighbor.device, instance.name, far)
                sessions.append(PlannedSession(device.name, instance.name, neighbor, interface, port.name, wires, twin))
    return tuple(sessions)


def _origins(
    blueprint: Blueprint,
) -> tuple[dict[tuple[str, str], tuple[tuple[str, str], ...]], dict[str, frozenset[str]]]:
    """Which interfaces bring a prefix into a VRF, and all such prefixes of each VRF."""
    origins: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for device in blueprint.devices:
        for interface in device.interfaces:
            if interface.enabled and not interface.members:
                for address in interface.addresses:
                    key = (interface.network_instance, interface_prefix(address))
                    origins.setdefault(key, []).append((device.name, interface.name))
    own: dict[str, set[str]] = {}
    for vrf, prefix in origins:
        own.setdefault(vrf, set()).add(prefix)
    return {k: tuple(v) for k, v in origins.items()}, {k: frozenset(v) for k, v in own.items()}
