"""Interfaces: ports, bonds, units, IRB, loopback and management port.

Sources: Junos OS "Ethernet Interfaces User Guide for Switching Devices" (`ether-options 802.3ad`, `aggregated-ether-
options lacp`, `flexible-vlan-tagging`, `native-vlan-id`, `encapsulation extended-vlan-bridge`), "EVPN User Guide"
(`esi` with `all-active`, the same IRB address and MAC on all leaves as anycast gateway), "Routing Policies, Firewall
Filters" (`filter input`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.nos.junos.names import ETHERNET_HEADER, TAG, quoted, unit
from crossconnect.nos.lines import Block, Entry, entry


def render_interfaces(device: DeviceConfiguration) -> list[Entry]:
    """The statement `interfaces`."""
    out: list[Entry] = []
    for interface in device.interfaces:
        if interface.kind not in ("subinterface", "irb"):
            out.append(entry(interface.name, tuple(_physical(device, interface))))
    gateways = [i for i in device.interfaces if i.kind == "irb"]
    if gateways:
        out.append(Block("irb", tuple(_unit(device, i) for i in gateways)))
    return [Block("interfaces", tuple(out))]


def _physical(device: DeviceConfiguration, interface: Interface) -> Iterator[Entry]:
    bond = next((i for i in device.interfaces if i.name == interface.parent), None)
    children = [i for i in device.interfaces if i.kind == "subinterface" and i.parent == interface.name]
    if interface.description:
        yield f"description {quoted(interface.description)}"
    if not interface.enabled:
        yield "disable"
    if bond is not None:
        yield Block("ether-options", (f"802.3ad {bond.name}",))
        return
    if interface.kind in ("ethernet", "lag"):
        tagged = bool(children or interface.members)
        if interface.members:
            yield "flexible-vlan-tagging"
            native = [m.vlan for m in interface.members if not m.tagged]
            if native:
                yield f"native-vlan-id {native[0]}"
        elif children:
            yield "vlan-tagging"
        widest = max([interface.mtu, *(i.mtu for i in children)])
        yield f"mtu {widest + ETHERNET_HEADER + (TAG if tagged else 0)}"
        if interface.members:
            yield "encapsulation extended-vlan-bridge"
    if interface.esi:
        yield Block("esi", (interface.esi, "all-active"))
    if interface.kind == "lag":
        yield _bond(interface)
    for member in sorted(interface.members):
        yield Block(f"unit {member.vlan}", (f"vlan-id {member.vlan}",))
    if interface.addresses or interface.unnumbered:
        yield _unit(device, interface)
    for child in children:
        yield _unit(device, child)


def _bond(interface: Interface) -> Entry:
    lacp = ["active", f"periodic {interface.lacp_rate}"]
    if interface.lacp_system_mac:
        lacp.append(f"system-id {interface.lacp_system_mac}")
    return Block("aggregated-ether-options", (f"minimum-links {interface.min_links}", Block("lacp", tuple(lacp))))


def _unit(device: DeviceConfiguration, interface: Interface) -> Entry:
    body: list[Entry] = []
    if interface.kind in ("subinterface", "irb") and interface.description:
        body.append(f"description {quoted(interface.description)}")
    if interface.kind == "subinterface":
        body.append(f"vlan-id {interface.vlan}")
    v4 = [a for a in interface.addresses if ":" not in a]
    v6 = [a for a in interface.addresses if ":" in a]
    if v4 or interface.unnumbered:
        body.append(_family(device, interface, 4, v4))
    if v6 or interface.unnumbered:
        body.append(_family(device, interface, 6, v6))
    if interface.kind == "irb" and interface.mac:
        body.append(f"mac {interface.mac}")
    return Block(f"unit {unit(interface)[1]}", tuple(body))


def _family(device: DeviceConfiguration, interface: Interface, version: int, addresses: list[str]) -> Entry:
    body: list[Entry] = []
    sets = {(acl.name, acl.version) for acl in device.acls}
    inward = interface.acl_in or (device.system.acl if interface.kind == "management" else "")
    filters = [
        f"{way} {name}" for name, way in ((inward, "input"), (interface.acl_out, "output")) if (name, version) in sets
    ]
    if filters:
        body.append(Block("filter", tuple(filters)))
    if interface.kind not in ("loopback", "management"):
        body.append(f"mtu {interface.mtu}")
    for n, address in enumerate(addresses):
        first = len(addresses) > 1 and n == 0
        body.append(Block(f"address {address}", ("primary",)) if first else f"address {address}")
    return entry(f"family {'inet' if version == 4 else 'inet6'}", body)
