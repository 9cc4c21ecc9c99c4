"""Interfaces: ports, bonds, subinterfaces, loopback, management port, SVIs, and `nve1`.

Sources: Cisco Nexus 9000 Series NX-OS Interfaces Configuration Guide 10.3(x) ("Layer 3 Interfaces", "Port Channels",
"Bidirectional Forwarding Detection": redirects are off where it runs), VXLAN Configuration Guide 10.3(x) ("Configuring
VXLAN BGP EVPN": `member vni`, `associate-vrf`, `ingress-replication protocol bgp`, `fabric forwarding mode
anycast-gateway`, SVI of an L3VNI with `ip forward`), Unicast Routing Configuration Guide ("BGP Interface Peering via
IPv6 Link-Local": `ip forward` and `ipv6 address use-link-local-only`; "Configuring IPv6": `ipv6 nd suppress-ra`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.bfd import bfd_interfaces
from crossconnect.nos.lines import Block, Entry, entry
from crossconnect.nos.nxos.names import dotted_mac, l3_vlan, number_of, one_line, versioned, vrf_name
from crossconnect.nos.nxos.vpc import (
    is_peer_link,
    is_routed_vlan,
    member_lines,
    own_first,
    pair_vlans,
    peer_link_first,
    peer_link_switching,
    vpc_lines,
)

_ORDER = ("irb", "lag", "ethernet", "subinterface", "management", "loopback")
VLAN_NAME_MAX = 32
JUMBO = 9216
"""MTU of switched ports: 1500 or the system's jumbo MTU, nothing in between."""


def render_vlans(device: DeviceConfiguration) -> list[Entry]:
    """VLANs of MAC-VRFs and of L3VNIs, and a vPC pair's own."""
    found: list[tuple[int, str, int]] = []
    for instance in device.network_instances:
        if instance.kind == "mac-vrf" and instance.vlan and instance.vni:
            found.append((instance.vlan, instance.name, instance.vni))
        if instance.kind == "l3vrf" and instance.vni:
            found.append((l3_vlan(instance), f"l3vni-{instance.name}", instance.vni))
    blocks: list[tuple[int, Entry]] = [
        (vlan, Block(f"vlan {vlan}", (f"name {_vlan_name(name, vlan)}", f"vn-segment {vni}")))
        for vlan, name, vni in sorted(found)
    ]
    return [block for _, block in sorted((*blocks, *pair_vlans(device)), key=lambda of: of[0])]


def _vlan_name(name: str, vlan: int) -> str:
    """At most 32 characters, and no two VLANs of one name: a long one is cut and ends with its VLAN."""
    return name if len(name) <= VLAN_NAME_MAX else f"{name[: VLAN_NAME_MAX - 5]}-{vlan}"


def render_vrfs(device: DeviceConfiguration) -> list[Entry]:
    """`vrf context` of each VRF; what it imports of others is imported by their route targets."""
    out: list[Entry] = []
    known = {i.name: i for i in device.network_instances}
    for instance in device.network_instances:
        if instance.kind == "management":
            lines = [
                f"ip{'v6' if ':' in gateway else ''} route {'::/0' if ':' in gateway else '0.0.0.0/0'} {gateway}"
                for gateway in device.system.management_gateways
            ]
            out.append(entry(f"vrf context {vrf_name(device, instance.name)}", lines))
        if instance.kind == "l3vrf":
            out.append(_vrf(instance, [known[name] for name in instance.imports if name in known]))
    return out


def _vrf(instance: NetworkInstance, leaked: list[NetworkInstance]) -> Entry:
    body: list[Entry] = []
    if instance.vni:
        body.append(f"vni {instance.vni}")
    if instance.rd:
        body.append(f"rd {instance.rd}")
    targets: list[str] = []
    of_others = [target for other in leaked for target in other.export_rts]
    for target in dict.fromkeys((*of_others, *instance.import_rts)):
        targets += [f"route-target import {target}", f"route-target import {target} evpn"]
    for target in instance.export_rts:
        targets += [f"route-target export {target}", f"route-target export {target} evpn"]
    if instance.route_limit:
        targets.append(f"maximum routes {instance.route_limit}")
    body += [entry(f"address-family {version} unicast", targets) for version in ("ipv4", "ipv6")]
    return entry(f"vrf context {instance.name}", body)


def render_interfaces(device: DeviceConfiguration) -> list[Entry]:
    """Every interface, bonds before their members."""
    out: list[Entry] = [_l3vni(i) for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    for kind in _ORDER:
        of_kind = peer_link_first(device, [i for i in device.interfaces if i.kind == kind])
        out += [entry(f"interface {i.name}", tuple(_lines(device, i))) for i in of_kind]
    return [*out, *_nve(device)]


def _l3vni(instance: NetworkInstance) -> Entry:
    return Block(
        f"interface Vlan{l3_vlan(instance)}",
        (
            f"description L3VNI of {instance.name}",
            "no shutdown",
            f"mtu {instance.mtu}",
            f"vrf member {instance.name}",
            "no ip redirects",
            "ip forward",
            "ipv6 address use-link-local-only",
            "no ipv6 redirects",
        ),
    )


def _lines(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    routed = bool(interface.addresses) or interface.unnumbered
    carrier = interface.kind == "ethernet" and any(i.parent == interface.name for i in device.interfaces)
    if interface.description:
        yield f"description {one_line(interface.description)}"
    if interface.kind in ("ethernet", "lag"):
        yield from _port(device, interface, routed or carrier)
    if interface.kind == "subinterface" and not is_routed_vlan(device, interface):
        yield f"encapsulation dot1q {interface.vlan}"
    if interface.kind in ("subinterface", "irb"):
        yield f"mtu {interface.mtu}"
    if interface.network_instance != "default" and (routed or interface.kind in ("irb", "management")):
        yield f"vrf member {vrf_name(device, interface.network_instance)}"
    yield from _addresses(interface, own_first(device, interface))
    yield from _filters(device, interface)
    if device.bfd is not None and interface.name in bfd_interfaces(device):
        bfd = device.bfd
        yield f"bfd interval {bfd.interval_ms} min_rx {bfd.interval_ms} multiplier {bfd.multiplier}"
    if interface.kind not in ("loopback", "management"):
        yield "no shutdown" if interface.enabled else "shutdown"


def _port(device: DeviceConfiguration, interface: Interface, routed: bool) -> Iterator[str]:
    bond = next((i for i in device.interfaces if i.name == interface.parent), None)
    holder = bond or interface
    pair = device.mlag if is_peer_link(device, holder) else None
    if pair is not None or holder.members:
        yield "switchport"
        yield from peer_link_switching(pair) if pair is not None else _switched(holder)
        yield from member_lines(device, interface)
        yield f"mtu {JUMBO}"
    else:
        yield "no switchport"
        if routed:
            yield f"mtu {max([interface.mtu, *(i.mtu for i in device.interfaces if i.parent == interface.name)])}"
    if bond is not None:
        if bond.lacp_rate == "fast":
            yield "lacp rate fast"
        yield f"channel-group {number_of(bond.name)} mode active"
    if interface.kind == "lag" and interface.min_links > 1:
        yield f"lacp min-links {interface.min_links}"
    yield from vpc_lines(device, interface)


def _switched(interface: Interface) -> Iterator[str]:
    tagged = sorted(m.vlan for m in interface.members if m.tagged)
    untagged = [m.vlan for m in interface.members if not m.tagged]
    if not tagged:
        yield "switchport mode access"
        yield f"switchport access vlan {untagged[0]}"
        return
    yield "switchport mode trunk"
    if untagged:
        yield f"switchport trunk native vlan {untagged[0]}"
    yield f"switchport trunk allowed vlan {','.join(map(str, sorted({*tagged, *untagged})))}"


def _addresses(interface: Interface, addresses: tuple[str, ...]) -> Iterator[str]:
    v4 = [a for a in addresses if ":" not in a]
    v6 = [a for a in addresses if ":" in a]
    if interface.kind in ("ethernet", "subinterface", "irb") and (v4 or interface.unnumbered):
        yield "no ip redirects"
    if interface.unnumbered:
        yield "ip forward"
    for n, address in enumerate(v4):
        yield f"ip address {address}{' secondary' if n else ''}"
    if interface.unnumbered:
        yield "ipv6 address use-link-local-only"
    for address in v6:
        yield f"ipv6 address {address}"
    if interface.kind in ("ethernet", "subinterface", "irb") and (v6 or interface.unnumbered):
        yield "no ipv6 redirects"
    if interface.kind == "irb" and v6:
        # Servers have static addresses. Whether a system advertises by itself differs.
        yield "ipv6 nd suppress-ra"
    if interface.kind == "irb" and interface.mac:
        yield "fabric forwarding mode anycast-gateway"


def _filters(device: DeviceConfiguration, interface: Interface) -> Iterator[str]:
    sets = {(acl.name, acl.version) for acl in device.acls}
    inward = interface.acl_in or (device.system.acl if interface.kind == "management" else "")
    for name, direction in ((inward, "in"), (interface.acl_out, "out")):
        for version, words in ((4, "ip access-group"), (6, "ipv6 traffic-filter")):
            if (name, version) in sets:
                yield f"{words} {versioned(name, version)} {direction}"


def _nve(device: DeviceConfiguration) -> list[Entry]:
    if not device.vtep:
        return []
    loopback = next((i.name for i in device.interfaces if f"{device.vtep}/32" in i.addresses), "loopback0")
    members: list[Entry] = []
    for instance in sorted(device.network_instances, key=lambda i: i.vni or 0):
        if instance.kind == "l3vrf" and instance.vni:
            members.append(f"member vni {instance.vni} associate-vrf")
        if instance.kind == "mac-vrf" and instance.vni:
            members.append(Block(f"member vni {instance.vni}", ("ingress-replication protocol bgp",)))
    body = ("no shutdown", "host-reachability protocol bgp", f"source-interface {loopback}", *members)
    return [Block("interface nve1", body)]


def render_gateway_mac(device: DeviceConfiguration) -> list[Entry]:
    """The anycast gateway's MAC, one for all SVIs."""
    macs = sorted({i.mac for i in device.interfaces if i.kind == "irb" and i.mac})
    return [f"fabric forwarding anycast-gateway-mac {dotted_mac(mac)}" for mac in macs]
