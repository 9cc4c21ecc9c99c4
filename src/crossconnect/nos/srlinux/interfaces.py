"""Interfaces: ports, bonds, loopback, management port and IRB, each with its subinterfaces; VXLAN interfaces; BFD.

Sources: Nokia SR Linux 25.3 Interfaces Guide ("Basic interface configuration", "Subinterface configuration", "LAG",
"IRB interfaces"), EVPN-VXLAN Guide ("Anycast gateways", "Layer 3 host route mobility"), OAM and Diagnostics Guide
("BFD"); learn.srlinux.dev, "EVPN Multihoming" (LACP system id of a shared bond), "L3 EVPN: RT5-only" (IPv6
unnumbered links: router advertisements every 4 to 10 s).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.names import VXLAN, port_mtu, subinterface, subinterface_name, tagged

_BRIDGED = "srl_nokia-interfaces:bridged"
_ROUTED = "srl_nokia-interfaces:routed"
_ADVERTISE_S = (4, 10)
"""Least and greatest time between router advertisements on unnumbered links: the session starts with one."""


def render_interfaces(device: DeviceConfiguration) -> list[Value]:
    """The list `interface`."""
    roots: dict[str, dict[str, Value]] = {}
    subinterfaces: dict[str, list[Value]] = {}
    for interface in device.interfaces:
        if interface.kind != "subinterface" and interface.kind != "irb":
            roots[interface.name] = _port(device, interface)
    for interface in device.interfaces:
        parent, index = subinterface(interface)
        if interface.kind == "irb":
            roots.setdefault(parent, {"name": parent, "admin-state": "enable"})
        found = subinterfaces.setdefault(parent, [])
        if interface.members:
            found += _bridged(interface, tagged(interface, device))
        elif interface.addresses or interface.unnumbered or interface.kind in ("irb", "subinterface"):
            found.append(_routed(device, interface, index))
    out: list[Value] = []
    for name, root in roots.items():
        if subinterfaces.get(name):
            root["subinterface"] = subinterfaces[name]
        out.append(root)
    return out


def _port(device: DeviceConfiguration, interface: Interface) -> dict[str, Value]:
    out: dict[str, Value] = {"name": interface.name}
    if interface.description:
        out["description"] = interface.description
    out["admin-state"] = "enable" if interface.enabled else "disable"
    if interface.kind in ("ethernet", "lag"):
        bond = next((i for i in device.interfaces if i.name == interface.parent), None)
        with_tag = tagged(bond or interface, device)
        out["mtu"] = port_mtu(bond.mtu if bond else _widest(device, interface), with_tag)
        if not interface.parent:
            out["vlan-tagging"] = with_tag
    if interface.parent:
        out["ethernet"] = {"aggregate-id": interface.parent}
    if interface.kind == "lag":
        out["lag"] = _lag(interface)
    sflow = device.system.sflow
    if sflow is not None and interface.name in sflow.interfaces:
        out["sflow"] = {"admin-state": "enable"}
    return out


def _widest(device: DeviceConfiguration, interface: Interface) -> int:
    """The greatest IP MTU on a port: its own, or a subinterface's."""
    return max(
        [interface.mtu, *(i.mtu for i in device.interfaces if i.kind == "subinterface" and i.parent == interface.name)]
    )


def _lag(interface: Interface) -> Value:
    lacp: dict[str, Value] = {"interval": interface.lacp_rate.upper(), "lacp-mode": "ACTIVE"}
    number = interface.name.removeprefix("lag")
    if number.isdigit():
        lacp["admin-key"] = int(number)
    if interface.lacp_system_mac:
        lacp["system-id-mac"] = interface.lacp_system_mac.upper()
    return {"lag-type": "lacp", "min-links": interface.min_links, "lacp": lacp}


def _bridged(interface: Interface, with_tag: bool) -> Iterator[Value]:
    for member in interface.members:
        out: dict[str, Value] = {
            "index": member.vlan if member.tagged else 0,
            "type": _BRIDGED,
            "admin-state": "enable",
            "l2-mtu": port_mtu(interface.mtu, with_tag),
        }
        if member.tagged:
            out["vlan"] = {"encap": {"single-tagged": {"vlan-id": member.vlan}}}
        elif with_tag:
            out["vlan"] = {"encap": {"untagged": {}}}
        yield out


def _routed(device: DeviceConfiguration, interface: Interface, index: int) -> Value:
    out: dict[str, Value] = {"index": index}
    if interface.kind in ("ethernet", "subinterface"):
        out["type"] = _ROUTED
    if interface.description:
        out["description"] = interface.description
    out["admin-state"] = "enable" if interface.enabled else "disable"
    if interface.kind != "loopback":
        out["ip-mtu"] = interface.mtu
    host_routes = _host_routes(device, interface)
    v4 = [a for a in interface.addresses if ":" not in a]
    v6 = [a for a in interface.addresses if ":" in a]
    if v4:
        out["ipv4"] = _addresses(interface, v4, 4, host_routes)
    if v6 or interface.unnumbered:
        out["ipv6"] = _addresses(interface, v6, 6, host_routes)
    if interface.kind == "irb" and interface.mac:
        out["anycast-gw"] = {"virtual-router-id": 1, "anycast-gw-mac": interface.mac.upper()}
    if interface.kind == "subinterface":
        out["vlan"] = {"encap": {"single-tagged": {"vlan-id": interface.vlan}}}
    return out


def _host_routes(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether addresses of hosts are announced with the L3VNI, so that remote leaves make host routes of them."""
    vrf = next((i for i in device.network_instances if i.name == interface.network_instance), None)
    return vrf is not None and vrf.host_routes and bool(vrf.vni)


def _addresses(interface: Interface, addresses: list[str], version: int, host_routes: bool) -> Value:
    gateway = interface.kind == "irb" and bool(interface.mac)
    entries: list[Value] = []
    for n, address in enumerate(addresses):
        entry: dict[str, Value] = {"ip-prefix": address}
        if gateway:
            entry["anycast-gw"] = True
        if n == 0 and len(addresses) > 1:
            entry["primary"] = [None]
        entries.append(entry)
    out: dict[str, Value] = {"admin-state": "enable"}
    if entries:
        out["address"] = entries
    if interface.kind == "irb":
        advertise: dict[str, Value] = {"route-type": "dynamic"}
        if host_routes:
            advertise["interface-less-routing"] = {"bgp-evpn-instance": 1}
        learn: Value = True if version == 4 else "global"
        neighbors: dict[str, Value] = {"learn-unsolicited": learn, "evpn": {"advertise": [advertise]}}
        if gateway:
            neighbors = {"duplicate-address-detection": False, **neighbors}
        out["arp" if version == 4 else "neighbor-discovery"] = neighbors
    if version == 6 and interface.unnumbered:
        least, greatest = _ADVERTISE_S
        role: Value = {
            "admin-state": "enable",
            "max-advertisement-interval": greatest,
            "min-advertisement-interval": least,
        }
        out["router-advertisement"] = {"router-role": role}
    return out


def render_tunnels(device: DeviceConfiguration) -> list[Value]:
    """The list `tunnel-interface`: a VXLAN interface per VNI."""
    entries: list[Value] = [_tunnel(i) for i in device.network_instances if i.vni]
    return [{"name": VXLAN, "vxlan-interface": entries}] if entries else []


def _tunnel(instance: NetworkInstance) -> Value:
    return {
        "index": instance.vni,
        "type": _BRIDGED if instance.kind == "mac-vrf" else _ROUTED,
        "ingress": {"vni": instance.vni},
        "egress": {"source-ip": "use-system-ipv4-address"},
    }


def render_bfd(device: DeviceConfiguration) -> list[Value]:
    """The list `bfd/subinterface`: where a session with BFD is. Times are in microseconds."""
    if device.bfd is None:
        return []
    out: list[Value] = []
    for interface in sessions_with_bfd(device):
        out.append(
            {
                "id": subinterface_name(interface),
                "admin-state": "enable",
                "desired-minimum-transmit-interval": device.bfd.interval_ms * 1000,
                "required-minimum-receive": device.bfd.interval_ms * 1000,
                "detection-multiplier": device.bfd.multiplier,
            }
        )
    return out


def sessions_with_bfd(device: DeviceConfiguration) -> list[Interface]:
    """Interfaces over which sessions with BFD run."""
    local: set[str] = set()
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            if neighbor.bfd:
                local.add(neighbor.interface or neighbor.local_address)
    return [
        i
        for i in device.interfaces
        if (i.unnumbered and i.name in local) or any(a.partition("/")[0] in local for a in i.addresses)
    ]
