"""Where hosts are attached: which leaf sees which host on which port, in which segment, alive or not."""

from __future__ import annotations

from collections.abc import Mapping
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


def attachments(topology: Topology) -> tuple[Attachment, ...]:
    """All endpoints that the leaf's configuration lets into their segment, by host order."""
    bridged = _bridged_interfaces(topology)
    found: list[Attachment] = []
    for host in topology.blueprint.hosts:
        behind: dict[tuple[str, str], list[str]] = {}
        for port in host.ports:
            wire = topology.wire_at.get((host.name, port))
            if wire is None:
                continue
            interface = bridged.get((wire.b_device, wire.b_port))
            if interface is not None:
                behind.setdefault((wire.b_device, interface.name), []).append(wire.key)
        for (leaf, name), wires in behind.items():
            interface = topology.interfaces[(leaf, name)]
            found += [
                Attachment(host, endpoint, leaf, name, interface.esi, tuple(wires))
                for endpoint in host.endpoints
                if SegmentMember(endpoint.vlan, endpoint.tagged) in interface.members
                and (leaf, endpoint.mac_vrf) in topology.instances
            ]
    return tuple(found)


def _bridged_interfaces(topology: Topology) -> Mapping[tuple[str, str], Interface]:
    """Port -> the interface that is in the bridge: itself, or its bond."""
    found: dict[tuple[str, str], Interface] = {}
    for device in topology.blueprint.devices:
        by_name = {interface.name: interface for interface in device.interfaces}
        for interface in device.interfaces:
            if interface.kind == "ethernet":
                bond = by_name.get(interface.parent)
                if bond is not None:
                    found[(device.name, interface.name)] = bond
                elif interface.members:
                    found[(device.name, interface.name)] = interface
    return found


def attached(attachment: Attachment, live: Liveness) -> bool:
    """Whether the host can be heard there now."""
    return (
        live.device_up(attachment.leaf)
        and live.device_up(attachment.host.name)
        and live.interface_up(attachment.leaf, attachment.port)
        and any(live.wire_up(live.topology.wires[wire]) for wire in attachment.wires)
    )
