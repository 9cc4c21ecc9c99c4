"""Where hosts are attached: which leaf sees which host on which port, in which segment, alive or not."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from crossconnect.design.blueprint import Endpoint, HostPlan
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.simulate.topology import Liveness, Topology


class Attachment(NamedTuple):
    """One host's endpoint at one leaf."""

    host: HostPlan
    endpoint: Endpoint
    leaf: str
    port: str
    """Bridged interface of the leaf: a port, or the bond of an Ethernet segment."""
    esi: str
    wires: tuple[str, ...]
    """Cables behind the port, of which one is enough; none where the host is only on the other leaf of an MLAG pair."""
    beside: tuple[str, str, tuple[str, ...]] | None = None
    """On a leaf of an MLAG pair, the host's attachment to the other leaf: leaf, port, cables."""


def attachments(topology: Topology, among: Collection[str] | None = None) -> tuple[Attachment, ...]:
    """All endpoints that the leaf's configuration lets into their segment, by host order; with `among`, those of some
    realms."""

    @functools.cache
    def bridged_at(device: str) -> Mapping[str, Interface]:
        return _bridged_interfaces(topology, device)

    found: list[Attachment] = []
    for host in topology.blueprint.hosts:
        endpoints = [e for e in host.endpoints if among is None or (e.vrf or e.segment) in among]
        if not endpoints:
            continue
        behind: dict[tuple[str, str], list[str]] = {}
        for port in host.ports:
            wire = topology.wire_at.get((host.name, port))
            if wire is None:
                continue
            interface = bridged_at(wire.b_device).get(wire.b_port)
            if interface is not None:
                behind.setdefault((wire.b_device, interface.name), []).append(wire.key)
        places = [
            Attachment(host, endpoint, leaf, name, topology.interfaces[(leaf, name)].esi, tuple(wires))
            for (leaf, name), wires in behind.items()
            for endpoint in endpoints
            if SegmentMember(endpoint.vlan, endpoint.tagged) in topology.interfaces[(leaf, name)].members
            and (leaf, endpoint.mac_vrf) in topology.instances
        ]
        found += places if all(topology.devices[p.leaf].mlag is None for p in places) else _paired(topology, places)
    return tuple(found)


def _paired(topology: Topology, places: Sequence[Attachment]) -> Iterator[Attachment]:
    """A host's places with those behind the peer links of MLAG pairs: each leaf learns what the other one hears."""
    at = {(place.leaf, place.endpoint.interface): place for place in places}
    for place in places:
        mlag = topology.devices[place.leaf].mlag
        if mlag is None:
            yield place
            continue
        other = at.get((mlag.peer, place.endpoint.interface))
        yield place if other is None else place._replace(beside=(other.leaf, other.port, other.wires))
        half = topology.devices[mlag.peer].mlag
        if other is None and half is not None and (mlag.peer, place.endpoint.mac_vrf) in topology.instances:
            here = (place.leaf, place.port, place.wires)
            yield Attachment(place.host, place.endpoint, mlag.peer, half.peer_link, "", (), here)


def _bridged_interfaces(topology: Topology, name: str) -> Mapping[str, Interface]:
    """A device's port -> the interface that is in the bridge: itself, or its bond."""
    device = topology.devices.get(name)
    if device is None:
        return {}
    found: dict[str, Interface] = {}
    by_name = {interface.name: interface for interface in device.interfaces}
    for interface in device.interfaces:
        if interface.kind == "ethernet":
            bond = by_name.get(interface.parent)
            if bond is not None:
                found[interface.name] = bond
            elif interface.members:
                found[interface.name] = interface
    return found


def attached(attachment: Attachment, live: Liveness) -> bool:
    """Whether the host can be heard there now, over a leaf's own port or over the peer link of an MLAG pair."""
    return bool(heard_at(attachment, live))


def heard_at(attachment: Attachment, live: Liveness) -> str:
    """The interface by which a leaf hears the host now: its own port, else the peer link; empty for none."""
    leaf = attachment.leaf
    if not live.device_up(leaf) or not live.device_up(attachment.host.name):
        return ""
    if attachment.wires and _works(leaf, attachment.port, attachment.wires, live):
        return attachment.port
    mlag = live.topology.devices[leaf].mlag
    if attachment.beside is None or mlag is None or not live.peer_link_up(leaf):
        return ""
    return mlag.peer_link if _works(*attachment.beside, live) else ""


def _works(leaf: str, port: str, wires: Iterable[str], live: Liveness) -> bool:
    return live.interface_up(leaf, port) and any(live.wire_up(live.topology.wires[wire]) for wire in wires)
