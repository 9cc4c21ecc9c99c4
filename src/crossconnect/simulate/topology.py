"""The blueprint indexed for simulation: who is cabled to whom, which addresses are where, who speaks BGP.

Everything here holds whatever fails; `Liveness` says what is left under given failures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint, HostPlan, PeerPlan, Wire
from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of
from crossconnect.simulate.failures import Failures
from crossconnect.simulate.portion import Portion

DEFAULT = "default"


class Speaker(msgspec.Struct, frozen=True, kw_only=True):
    """A BGP instance of a switch: the default one, or a VRF's."""

    index: int
    device: str
    vrf: str
    bgp: Bgp


class Topology(msgspec.Struct, frozen=True, kw_only=True):
    """Indexes over a blueprint. Interfaces and instances are keyed by (device, name)."""

    blueprint: Blueprint
    devices: Mapping[str, DeviceConfiguration]
    hosts: Mapping[str, HostPlan]
    peers: Mapping[str, PeerPlan]
    interfaces: Mapping[tuple[str, str], Interface]
    instances: Mapping[tuple[str, str], NetworkInstance]
    ports: Mapping[tuple[str, str], tuple[str, ...]]
    """Interface -> the physical ports it lives on: itself, its parent, or the members of a bond."""
    wires: Mapping[str, Wire]
    wire_at: Mapping[tuple[str, str], Wire]
    """Port -> its cable; ports of hosts and peers too."""
    owners: Mapping[str, tuple[tuple[str, str], ...]]
    """Address without length -> interfaces that have it."""
    speakers: tuple[Speaker, ...]
    """Those of default instances come first, so their indexes are the nodes of the fabric's graph."""
    speaker_at: Mapping[tuple[str, str], int]
    vteps: Mapping[str, tuple[str, ...]]
    """VTEP address -> the device that has it, or both leaves of an MLAG pair."""
    secondaries: Mapping[str, Mlag]
    """Leaves that are the secondary of an MLAG pair."""

    def wires_of(self, device: str, interface: str) -> tuple[Wire, ...]:
        """The cables behind an interface: its own, its port's, those of a bond's members."""
        ports = self.ports.get((device, interface), ())
        return tuple(wire for port in ports if (wire := self.wire_at.get((device, port))) is not None)


def topology(blueprint: Blueprint, among: Collection[str] | None = None) -> Topology:
    """Index a blueprint. With `among`, no other VRFs than those speak."""
    interfaces: dict[tuple[str, str], Interface] = {}
    instances: dict[tuple[str, str], NetworkInstance] = {}
    ports: dict[tuple[str, str], tuple[str, ...]] = {}
    owners: dict[str, tuple[tuple[str, str], ...]] = {}
    for device in blueprint.devices:
        for interface in device.interfaces:
            key = (device.name, interface.name)
            interfaces[key] = interface
            for text in interface.addresses:
                address = address_of(text)
                owners[address] = (*owners.get(address, ()), key)
        for instance in device.network_instances:
            instances[(device.name, instance.name)] = instance
        ports.update(_ports(device))
    speakers = _speakers(blueprint, among)
    return Topology(
        blueprint=blueprint,
        devices={device.name: device for device in blueprint.devices},
        hosts={host.name: host for host in blueprint.hosts},
        peers={peer.name: peer for peer in blueprint.peers},
        interfaces=interfaces,
        instances=instances,
        ports=ports,
        wires={wire.key: wire for wire in blueprint.wires},
        wire_at=_wire_at(blueprint),
        owners=owners,
        speakers=speakers,
        speaker_at={(speaker.device, speaker.vrf): speaker.index for speaker in speakers},
        vteps=_vteps(blueprint),
        secondaries={d.name: d.mlag for d in blueprint.devices if d.mlag is not None and not d.mlag.primary},
    )


def succeeding(old: Topology, new: Blueprint, changed: Collection[str], among: Portion) -> Topology:
    """`topology` of a blueprint with the same fabric as an old one, from whose devices only those `changed` differ: as
    good as anew, without looking at the others. Speakers of default instances keep their indexes."""
    interfaces, instances = dict(old.interfaces), dict(old.instances)
    ports, owners = dict(old.ports), dict(old.owners)
    devices = {device.name: device for device in new.devices}
    for name in changed:
        before, after = old.devices[name], devices[name]
        for interface in before.interfaces:
            key = (name, interface.name)
            del interfaces[key]
            ports.pop(key, None)
            for text in interface.addresses:
                address = address_of(text)
                owners[address] = tuple(owner for owner in owners.get(address, ()) if owner != key)
        for instance in before.network_instances:
            del instances[(name, instance.name)]
        for interface in after.interfaces:
            key = (name, interface.name)
            interfaces[key] = interface
            for text in interface.addresses:
                address = address_of(text)
                owners[address] = (*owners.get(address, ()), key)
        for instance in after.network_instances:
            instances[(name, instance.name)] = instance
        ports.update(_ports(after))
    fabric = [speaker for speaker in old.speakers if speaker.vrf == DEFAULT]
    tenants = [
        (name, instance.name, instance.bgp)
        for name in among.devices
        for instance in devices[name].network_instances
        if instance.bgp is not None and instance.name in among.realms
    ]
    drafts = enumerate(tenants, len(fabric))
    speakers = (*fabric, *(Speaker(index=index, device=d, vrf=vrf, bgp=bgp) for index, (d, vrf, bgp) in drafts))
    same = old.blueprint.wires == new.wires
    return Topology(
        blueprint=new,
        devices=devices,
        hosts={host.name: host for host in new.hosts},
        peers={peer.name: peer for peer in new.peers},
        interfaces=interfaces,
        instances=instances,
        ports=ports,
        wires=old.wires if same else {wire.key: wire for wire in new.wires},
        wire_at=old.wire_at if same else _wire_at(new),
        owners=owners,
        speakers=speakers,
        speaker_at={(speaker.device, speaker.vrf): speaker.index for speaker in speakers},
        vteps=old.vteps,
        secondaries=old.secondaries,
    )


def _vteps(blueprint: Blueprint) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for device in blueprint.devices:
        if device.vtep:
            found[device.vtep] = (*found.get(device.vtep, ()), device.name)
    return found


def _wire_at(blueprint: Blueprint) -> dict[tuple[str, str], Wire]:
    found: dict[tuple[str, str], Wire] = {}
    for wire in blueprint.wires:
        found[(wire.a_device, wire.a_port)] = wire
        found[(wire.b_device, wire.b_port)] = wire
    return found


def _ports(device: DeviceConfiguration) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    members: dict[str, list[str]] = {}
    for interface in device.interfaces:
        if interface.kind == "ethernet":
            found[(device.name, interface.name)] = (interface.name,)
            if interface.parent:
                members.setdefault(interface.parent, []).append(interface.name)
    for interface in device.interfaces:
        if interface.kind == "lag":
            found[(device.name, interface.name)] = tuple(members.get(interface.name, ()))
    for interface in device.interfaces:
        if interface.kind == "subinterface":
            found[(device.name, interface.name)] = found.get((device.name, interface.parent), ())
    return found


def _speakers(blueprint: Blueprint, among: Collection[str] | None) -> tuple[Speaker, ...]:
    fabric: list[tuple[str, str, Bgp]] = []
    tenants: list[tuple[str, str, Bgp]] = []
    for device in blueprint.devices:
        for instance in device.network_instances:
            if instance.bgp is None:
                continue
            if instance.kind == DEFAULT or among is None or instance.name in among:
                (fabric if instance.kind == DEFAULT else tenants).append((device.name, instance.name, instance.bgp))
    drafts = enumerate(fabric + tenants)
    return tuple(Speaker(index=index, device=device, vrf=vrf, bgp=bgp) for index, (device, vrf, bgp) in drafts)


def _serves(topology: Topology, device: str, interface: Interface) -> bool:
    """Whether a leaf of an MLAG pair has an interface for its servers, or its half of the shared VTEP address."""
    mlag = topology.devices[device].mlag
    carrier = topology.interfaces.get((device, interface.parent))
    return (
        bool(interface.members or (carrier is not None and carrier.members))
        or interface.kind == "irb"
        or (mlag is not None and interface.name == mlag.vtep_loopback)
    )


class Liveness(msgspec.Struct, frozen=True):
    """What works under given failures, as far as cables and interfaces go."""

    topology: Topology
    failures: Failures

    def device_up(self, name: str) -> bool:
        """Whether a switch, host or external router runs."""
        return name not in self.failures.devices

    def wire_up(self, wire: Wire) -> bool:
        """Whether a cable carries frames: neither cut, nor dark because an end is off or disabled."""
        if wire.key in self.failures.links or not self.failures.devices.isdisjoint((wire.a_device, wire.b_device)):
            return False
        return self._enabled(wire.a_device, wire.a_port) and self._enabled(wire.b_device, wire.b_port)

    def peer_link_up(self, device: str) -> bool:
        """Whether a leaf of an MLAG pair reaches the other one over the peer link."""
        mlag = self.topology.devices[device].mlag
        if mlag is None or not self.device_up(device) or not self.device_up(mlag.peer):
            return False
        return any(map(self.wire_up, self.topology.wires_of(device, mlag.peer_link)))

    def suspended(self, device: str) -> bool:
        """Whether a leaf has taken down its server ports, IRB interfaces and VTEP: the secondary of an MLAG pair does
        when the peer link is lost and it hears, over the management network, that the primary lives."""
        mlag = self.topology.secondaries.get(device)
        return mlag is not None and self.device_up(mlag.peer) and not self.peer_link_up(device)

    def _enabled(self, device: str, port: str) -> bool:
        interface = self.topology.interfaces.get((device, port))
        return interface is None or interface.enabled

    def interface_up(self, device: str, name: str) -> bool:
        """Operational state of a switch's interface. A bridge domain's VXLAN port keeps an IRB interface up even when
        all of its other ports are down; a bond is up while one of its members is."""
        interface = self.topology.interfaces.get((device, name))
        if interface is None or not interface.enabled or not self.device_up(device):
            return False
        if device in self.topology.secondaries and _serves(self.topology, device, interface) and self.suspended(device):
            return False
        if interface.kind in ("loopback", "irb", "management"):
            return True
        if interface.kind == "subinterface" and not self.interface_up(device, interface.parent):
            return False
        for port in self.topology.ports.get((device, name), ()):
            wire = self.topology.wire_at.get((device, port))
            if wire is not None and self.wire_up(wire):
                return True
        return False
