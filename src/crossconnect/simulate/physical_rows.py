"""Rows of what is plugged in and spoken to: devices, interfaces, LLDP neighbours, BGP sessions."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.interface import Interface
from crossconnect.simulate.network import Settled
from crossconnect.state.tables import BgpSessionRow, DeviceRow, InterfaceRow, LldpRow


def device_rows(settled: Settled) -> Iterator[DeviceRow]:
    """All switches, external routers and hosts."""
    live = settled.live
    blueprint = live.topology.blueprint
    for device in blueprint.devices:
        up = live.device_up(device.name)
        yield DeviceRow(device.name, device.role, device.site, device.pod, device.nos, up)
    for peer in blueprint.peers:
        yield DeviceRow(peer.name, "peer", "", "", peer.daemon, live.device_up(peer.name))
    for host in blueprint.hosts:
        yield DeviceRow(host.name, "host", "", "", "", live.device_up(host.name))


def interface_rows(settled: Settled) -> Iterator[InterfaceRow]:
    """All configured interfaces of switches that are up, but for the management port."""
    live = settled.live
    for device in live.topology.blueprint.devices:
        if not live.device_up(device.name):
            continue
        for interface in device.interfaces:
            if interface.kind != "management":
                yield interface_row(settled, device.name, interface)


def interface_row(settled: Settled, device: str, interface: Interface) -> InterfaceRow:
    """One interface of a switch that is up."""
    return InterfaceRow(
        device=device,
        interface=interface.name,
        vrf=interface.network_instance,
        kind=interface.kind,
        up=settled.live.interface_up(device, interface.name),
        mtu=interface.mtu,
        mac=interface.mac,
        addresses=tuple(sorted(interface.addresses)),
    )


def lldp_rows(settled: Settled) -> Iterator[LldpRow]:
    """What both ends of each fabric cable hear of each other."""
    live = settled.live
    devices = live.topology.devices
    for wire in live.topology.blueprint.wires:
        if wire.kind != "fabric" or not live.wire_up(wire):
            continue
        if devices[wire.a_device].system.lldp and devices[wire.b_device].system.lldp:
            yield LldpRow(wire.a_device, wire.a_port, wire.b_device, wire.b_port)
            yield LldpRow(wire.b_device, wire.b_port, wire.a_device, wire.a_port)


def session_rows(settled: Settled) -> Iterator[BgpSessionRow]:
    """All address families of all configured sessions of switches that are up."""
    for session in settled.network.sessions:
        if not settled.live.device_up(session.key.device):
            continue
        for family in session.neighbor.families:
            yield BgpSessionRow(
                device=session.key.device,
                vrf=session.key.vrf,
                peer=session.key.peer,
                family=family.family,
                remote_asn=session.neighbor.remote_asn,
                remote_device=session.neighbor.device,
                established=settled.up[session.index] and family.family in session.families,
            )
