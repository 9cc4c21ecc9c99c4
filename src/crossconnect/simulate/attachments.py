"""Where hosts are attached: which leaf sees which host on which port, in which segment, alive or not."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
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
    """Cables behind the port, of which one is enough."""


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
        for (leaf, name), wires in behind.items():
            interface = topology.interfaces[(leaf, name)]
            found += [
                Attachment(host, endpoint, leaf, name, interface.esi, tuple(wires))
                for endpoint in endpoints
                if SegmentMember(endpoint.vlan, endpoint.tagged) in interface.members
                and (leaf, endpoint.mac_vrf) in topology.instances
            ]
    return tuple(found)


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
    """Whether the host can be heard there now."""
    return (
        live.device_up(attachment.leaf)
        and live.device_up(attachment.host.name)
        and live.interface_up(attachment.leaf, attachment.port)
        and any(live.wire_up(live.topology.wires[wire]) for wire in attachment.wires)
    )
