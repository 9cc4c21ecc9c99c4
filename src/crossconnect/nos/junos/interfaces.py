"""Interfaces: ports, bonds, loopback, IRB and management.

Junos "Interfaces User Guide for Switches" (Configuring Aggregated Ethernet LACP; MTU: the media MTU counts the
Ethernet header of 14 octets, 18 with a tag, without FCS), "EVPN User Guide" (EVPN Multihoming: `esi`, `all-active`;
Service Provider style: `flexible-vlan-tagging`, `extended-vlan-bridge`), "Routing Policies, Firewall Filters" guide
(filters at `family inet filter`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.net import version_of
from crossconnect.nos.junos.names import policy_name, quoted
from crossconnect.nos.lines import Entry, entry

ETHERNET_HEADER = 14
TAG = 4
ECMP = (16, 32, 64, 96, 128)
"""Values of `chassis maximum-ecmp`; the first is the default."""
FAMILY = {4: "inet", 6: "inet6"}


def render_interfaces(device: DeviceConfiguration) -> list[Entry]:
    """`chassis` for bonds, then `interfaces`."""
    chassis = list(_chassis(device))
    out: list[Entry] = [entry("chassis", chassis)] if chassis else []
    body: list[Entry] = []
    units: dict[str, list[Interface]] = {}
    for interface in device.interfaces:
        if interface.kind == "subinterface":
            units.setdefault(interface.parent, []).append(interface)
    for interface in device.interfaces:
        if interface.kind not in ("subinterface", "irb"):
            body.append(entry(interface.name, _port(device, interface, units.get(interface.name, []))))
    irbs = [i for i in device.interfaces if i.kind == "irb"]
    if irbs:
        body.append(entry("irb", [_irb(device, i) for i in irbs]))
    out.append(entry("interfaces", body))
    return out


def _chassis(device: DeviceConfiguration) -> Iterator[Entry]:
    """How many bonds there may be (they count from ae0), and equal-cost paths beyond the 16 of the default."""
    lags = [int(i.name[2:]) for i in device.interfaces if i.kind == "lag" and i.name[2:].isdigit()]
    if lags:
        count = entry("ethernet", [f"device-count {max(lags) + 1}"])
        yield entry("aggregated-devices", [count])
    paths = max((i.bgp.maximum_paths for i in device.network_instances if i.bgp is not None), default=1)
    if paths > ECMP[0]:
        yield f"maximum-ecmp {next((n for n in ECMP if n >= paths), ECMP[-1])}"


def _port(device: DeviceConfiguration, interface: Interface, units: list[Interface]) -> Iterator[Entry]:
    if interface.description:
        yield f"description {quoted(interface.description)}"
    if not interface.enabled:
        yield "disable"
    if interface.parent:
        yield entry("ether-options", [entry("802.3ad", [interface.parent])])
        return
    trunk = any(m.tagged for m in interface.members)
    if trunk:
        yield "flexible-vlan-tagging"
        untagged = next((m.vlan for m in interface.members if not m.tagged), None)
        if untagged is not None:
            yield f"native-vlan-id {untagged}"
    elif units:
        yield "vlan-tagging"
    if interface.kind in ("ethernet", "lag"):
        widest = max((interface.mtu, *(u.mtu for u in units)))
        yield f"mtu {widest + ETHERNET_HEADER + (TAG if trunk or units else 0)}"
    if trunk:
        yield "encapsulation extended-vlan-bridge"
    if interface.kind == "lag":
        yield from _bond(interface)
    if trunk:
        yield from (entry(f"unit {m.vlan}", [f"vlan-id {m.vlan}"]) for m in interface.members)
    elif interface.members:
        switching = ["interface-mode access", entry("vlan", [f"members {interface.members[0].vlan}"])]
        yield entry("unit 0", [entry("family ethernet-switching", switching)])
    elif units:
        for unit in units:
            yield entry(f"unit {unit.vlan}", _unit(device, unit))
    elif interface.addresses or interface.unnumbered:
        yield entry("unit 0", _unit(device, interface))


def _bond(interface: Interface) -> Iterator[Entry]:
    if interface.esi:
        yield entry("esi", [interface.esi, "all-active"])
    lacp: list[Entry] = ["active", f"periodic {interface.lacp_rate}"]
    if interface.lacp_system_mac:
        lacp.append(f"system-id {interface.lacp_system_mac}")
    yield entry("aggregated-ether-options", [f"minimum-links {interface.min_links}", entry("lacp", lacp)])


def _unit(device: DeviceConfiguration, interface: Interface) -> Iterator[Entry]:
    if interface.kind == "subinterface":
        yield f"description {quoted(interface.description)}"
        yield f"vlan-id {interface.vlan}"
    yield from _families(device, interface)


def _families(device: DeviceConfiguration, interface: Interface) -> Iterator[Entry]:
    for version in (4, 6):
        addresses = [a for a in interface.addresses if version_of(a) == version]
        if not addresses and not interface.unnumbered:
            continue
        body: list[Entry] = []
        if interface.kind in ("ethernet", "subinterface", "irb"):
            body.append(f"mtu {interface.mtu}")
        acl_in = device.system.acl if interface.kind == "management" else interface.acl_in
        filters: list[Entry] = [f"input {policy_name(acl_in, version)}"] if acl_in else []
        filters += [f"output {policy_name(interface.acl_out, version)}"] if interface.acl_out else []
        if filters:
            body.append(entry("filter", filters))
        body += [f"address {a}" for a in addresses]
        yield entry(f"family {FAMILY[version]}", body)


def _irb(device: DeviceConfiguration, interface: Interface) -> Entry:
    body: list[Entry] = [f"description {quoted(interface.description)}"] if interface.description else []
    body += _families(device, interface)
    if interface.mac:
        body.append(f"mac {interface.mac}")
    return entry(f"unit {interface.vlan}", body)
