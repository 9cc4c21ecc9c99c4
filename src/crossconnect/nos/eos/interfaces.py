"""Interfaces: ports, bonds, subinterfaces, loopback, management port, SVIs, and the VXLAN interface.

Sources: EOS User Manual 4.30, "Ethernet Ports" (`no switchport`, `mtu`, `encapsulation dot1q vlan`), "Port Channels and
LACP" (`channel-group`, `lacp timer`, `port-channel min-links`), "VLANs", "VXLAN" (`interface Vxlan1`, `vxlan vlan`,
`vxlan vrf`), "EVPN" (`evpn ethernet-segment`, `lacp system-id`, `ip address virtual`), "Bidirectional Forwarding
Detection" (`bfd interval` on an interface), "sFlow", "Flow Tracking". Switched ports have the L2 MTU of the platform,
9236 octets or more by default, so that only routed interfaces have `mtu`.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.bfd import bfd_interfaces
from crossconnect.nos.eos.mlag import (
    control_interface,
    is_peer_link,
    is_routed_vlan,
    pair_vlans,
    peer_link_lines,
    vtep_lines,
)
from crossconnect.nos.eos.names import dotted_mac, import_target, number_of, one_line, segment_identifier, versions
from crossconnect.nos.lines import Block, Entry, entry

VXLAN = "Vxlan1"
VXLAN_PORT = 4789
VLAN_NAME_MAX = 32
"""EOS User Manual, "VLANs", `name`."""
_ORDER = ("lag", "ethernet", "subinterface", "loopback", "management", "irb")


def render_vlans(device: DeviceConfiguration) -> list[Entry]:
    """`vlan N` of each MAC-VRF, and of an MLAG pair's own."""
    named = sorted((i.vlan, i.name) for i in device.network_instances if i.kind == "mac-vrf" and i.vlan)
    found: list[tuple[int, Entry]] = [
        (vlan, Block(f"vlan {vlan}", (f"name {_vlan_name(name, vlan)}",))) for vlan, name in named
    ]
    return [block for _, block in sorted((*found, *pair_vlans(device)), key=lambda of: of[0])]


def _vlan_name(name: str, vlan: int) -> str:
    """A long name is cut and ends with its VLAN, so that no two are the same."""
    return name if len(name) <= VLAN_NAME_MAX else f"{name[: VLAN_NAME_MAX - 5]}-{vlan}"


def render_interfaces(device: DeviceConfiguration) -> list[Entry]:
    """Every interface, bonds before their members."""
    out: list[Entry] = []
    for kind in _ORDER:
        out += [_interface(device, i) for i in device.interfaces if i.kind == kind]
    return [*out, *control_interface(device), *_vxlan(device)]


def _interface(device: DeviceConfiguration, interface: Interface) -> Entry:
    return entry(f"interface {interface.name}", tuple(_lines(device, interface)))


def _lines(device: DeviceConfiguration, interface: Interface) -> Iterator[Entry]:
    routed = bool(interface.addresses) or interface.unnumbered
    if interface.description:
        yield f"description {one_line(interface.description)}"
    if not interface.enabled:
        yield "shutdown"
    carrier = interface.kind == "ethernet" and any(i.parent == interface.name for i in device.interfaces)
    if interface.kind in ("ethernet", "lag", "subinterface", "irb") and (routed or carrier):
        yield f"mtu {_widest(device, interface)}"
    if interface.kind in ("ethernet", "lag") and not interface.parent:
        if is_peer_link(device, interface):
            yield from peer_link_lines()
        elif interface.members:
            yield from _switched(interface)
        else:
            yield "no switchport"
    if interface.kind == "subinterface" and not is_routed_vlan(device, interface):
        yield f"encapsulation dot1q vlan {interface.vlan}"
    if interface.network_instance != "default" and interface.kind in ("ethernet", "subinterface", "management", "irb"):
        yield f"vrf {interface.network_instance}"
    yield from _addresses(interface)
    if interface.acl_in or interface.acl_out:
        yield from _filters(device, interface)
    if interface.parent and interface.kind == "ethernet":
        yield f"channel-group {number_of(interface.parent)} mode active"
        bond = next((i for i in device.interfaces if i.name == interface.parent), None)
        if bond is not None and bond.lacp_rate == "fast":
            yield "lacp timer fast"
    if interface.kind == "lag":
        yield from _bond(interface)
    yield from _services(device, interface)


def _widest(device: DeviceConfiguration, interface: Interface) -> int:
    return max([interface.mtu, *(i.mtu for i in device.interfaces if i.parent == interface.name)])


def _switched(interface: Interface) -> Iterator[str]:
    tagged = sorted(m.vlan for m in interface.members if m.tagged)
    untagged = [m.vlan for m in interface.members if not m.tagged]
    if not tagged:
        yield f"switchport access vlan {untagged[0]}"
        return
    native = untagged[0] if untagged else None
    allowed = sorted({*tagged, *untagged})
    if native is not None:
        yield f"switchport trunk native vlan {native}"
    yield f"switchport trunk allowed vlan {','.join(map(str, allowed))}"
    yield "switchport mode trunk"


def _addresses(interface: Interface) -> Iterator[str]:
    virtual = "virtual " if interface.kind == "irb" and interface.mac else ""
    v4, v6 = versions(interface)
    for n, address in enumerate(v4):
        yield f"ip address {virtual}{address}{' secondary' if n else ''}"
    if v6 or interface.unnumbered:
        yield "ipv6 enable"
    for address in v6:
        yield f"ipv6 address {virtual}{address}"


def _filters(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    sets = {(acl.name, acl.version) for acl in device.acls}
    for name, direction in ((interface.acl_in, "in"), (interface.acl_out, "out")):
        for version, word in ((4, "ip"), (6, "ipv6")):
            if (name, version) in sets:
                yield f"{word} access-group {name} {direction}"


def _bond(interface: Interface) -> Iterator[Entry]:
    if interface.min_links > 1:
        yield f"port-channel min-links {interface.min_links}"
    if interface.mlag:
        yield f"mlag {interface.mlag}"
    if interface.esi:
        yield Block(
            "evpn ethernet-segment",
            (
                f"identifier {segment_identifier(interface.esi)}",
                f"route-target import {import_target(interface.esi)}",
            ),
        )
    if interface.lacp_system_mac:
        yield f"lacp system-id {dotted_mac(interface.lacp_system_mac)}"


def _services(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    if device.bfd is not None and interface.name in bfd_interfaces(device):
        bfd = device.bfd
        yield f"bfd interval {bfd.interval_ms} min-rx {bfd.interval_ms} multiplier {bfd.multiplier}"
    if interface.kind == "management" and device.system.acl:
        sets = {(acl.name, acl.version) for acl in device.acls}
        for version, word in ((4, "ip"), (6, "ipv6")):
            if (device.system.acl, version) in sets:
                yield f"{word} access-group {device.system.acl} in"
    if device.system.sflow is not None and interface.name in device.system.sflow.interfaces:
        yield "sflow enable"
    if device.system.ipfix is not None and interface.name in device.system.ipfix.interfaces:
        yield "flow tracker sampled xc-flows"


def _vxlan(device: DeviceConfiguration) -> list[Entry]:
    if not device.vtep:
        return []
    loopback = next((i.name for i in device.interfaces if f"{device.vtep}/32" in i.addresses), "Loopback0")
    body = [f"vxlan source-interface {loopback}", *vtep_lines(device), f"vxlan udp-port {VXLAN_PORT}"]

    def bridged(instance: NetworkInstance) -> bool:
        return instance.kind == "mac-vrf" and bool(instance.vlan and instance.vni)

    body += [
        f"vxlan vlan {i.vlan} vni {i.vni}"
        for i in sorted(filter(bridged, device.network_instances), key=lambda i: i.vlan or 0)
    ]
    body += [f"vxlan vrf {i.name} vni {i.vni}" for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    return [Block(f"interface {VXLAN}", tuple(body))]


def render_routing(device: DeviceConfiguration) -> list[Entry]:
    """VRFs, whether they route, the anycast gateway's MAC."""
    out: list[Entry] = []
    macs = {i.mac for i in device.interfaces if i.kind == "irb" and i.mac}
    out += [f"ip virtual-router mac-address {mac}" for mac in sorted(macs)]
    unnumbered = any(i.unnumbered for i in device.interfaces)
    out.append("ip routing ipv6 interfaces" if unnumbered else "ip routing")
    for instance in device.network_instances:
        if instance.kind == "l3vrf":
            out.append(f"ip routing vrf {instance.name}")
        if instance.kind == "management":
            out.append(f"no ip routing vrf {instance.name}")
    out.append("ipv6 unicast-routing")
    out += [f"ipv6 unicast-routing vrf {i.name}" for i in device.network_instances if i.kind == "l3vrf"]
    return out


def render_vrfs(device: DeviceConfiguration) -> list[Entry]:
    """`vrf instance` of each VRF."""
    return [f"vrf instance {i.name}" for i in device.network_instances if i.kind in ("l3vrf", "management")]
