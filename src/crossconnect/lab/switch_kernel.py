"""A switch as hardware has it: VRF devices, one VLAN-aware bridge, 802.1Q subinterfaces, bonds (`kernel-vrf` backend).

br0 (VLAN-aware)  +- vni10100 (pvid 100)       vlan100 on br0, in VRF red-prod, gateway address and MAC
                  +- swp1 (untagged 100)       l3vni5001 (bridge of its own) +- vni5001, in VRF red-prod
                  +- bond7 (LACP, 100 tagged)  swp3.101, in VRF red-prod
"""

from __future__ import annotations

from crossconnect.lab.plan import MAIN, Batch
from crossconnect.lab.switch_namespace import (
    BRIDGE,
    Realisation,
    address_line,
    port_lines,
    slave_lines,
    state_line,
    vxlan_line,
)
from crossconnect.nos.frr.linux import Bond, BridgeDomain, LinuxDevice, VrfDevice

SWITCH_BRIDGE = "br0"

UNREACHABLE_METRIC = 4278198272
"""FRR takes a metric's first octet for the administrative distance: 255, so that any other route is preferred."""


def kernel_switch(linux: LinuxDevice) -> Realisation:
    """The switch in the `kernel-vrf` backend; everything is in the node's own namespace."""
    devices = ["link set lo up", *(address_line(address, "lo") for address in linux.lo_addresses)]
    for vrf in linux.vrfs:
        devices += _vrf_lines(vrf, linux.vtep)
    vlans: list[str] = []
    ports: list[str] = []
    bridged = {member.name for domain in linux.bridge_domains for member in domain.ports}
    for bond in linux.bonds:
        ports += _bond_lines(bond)
    plug: list[str] = []
    # Linux refuses to bring a subinterface up whose port is down: such ports do not wait.
    parents = {sub.parent for sub in linux.subinterfaces}
    for port in linux.ports:
        if not port.bond:
            master = [f"link set {port.name} master {port.vrf}"] if port.vrf != "default" else []
            routed = port.name not in bridged
            ports += [*master, *port_lines(port, routed)]
            (plug if routed and port.name not in parents else ports).append(state_line(port))
    for sub in linux.subinterfaces:
        ports.append(f"link add link {sub.parent} name {sub.name} type vlan id {sub.vlan}")
        ports += [f"link set {sub.name} master {sub.vrf}"] if sub.vrf != "default" else []
        ports.append(f"link set {sub.name} mtu {sub.mtu} {'up' if sub.enabled else 'down'}")
        ports += [address_line(address, sub.name) for address in sub.addresses]
    svis: list[str] = []
    if linux.bridge_domains:
        mtu = max(domain.mtu for domain in linux.bridge_domains)
        devices += [
            f"link add {SWITCH_BRIDGE} {BRIDGE} vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0",
            f"link set {SWITCH_BRIDGE} addrgenmode none",
        ]
        ports += [f"link set {name} master {SWITCH_BRIDGE}" for name in sorted(bridged)]
        for domain in linux.bridge_domains:
            devices += _domain_lines(domain, linux.vtep)
            vlans += [*_vlan_lines(domain), *_gateway_macs(domain)]
            svis += _svi_lines(domain)
        ports.append(f"link set {SWITCH_BRIDGE} mtu {mtu} up")
    return Realisation(
        namespaces=(),
        setup=(
            *_rules(linux),
            *_batches("ip", [*devices, *ports]),
            *_batches("bridge", vlans),
            *_batches("ip", svis),
        ),
        plug=_batches("ip", plug),
        clean=_batches("ip", _removal(linux)),
        ports={port.name: MAIN for port in linux.ports},
        tags={},
    )


def _batches(tool: str, lines: list[str]) -> tuple[Batch, ...]:
    if not lines:
        return ()
    return (Batch(tool="bridge" if tool == "bridge" else "ip", namespace=MAIN, lines=tuple(lines)),)


def _rules(linux: LinuxDevice) -> tuple[Batch, ...]:
    """The VRF's table is asked before the local one: otherwise a tenant's packet to an address of the switch itself
    would be delivered to it (Linux, Documentation/networking/vrf.rst)."""
    if not linux.vrfs:
        return ()
    lines = ("rule add pref 1000 l3mdev", "rule add pref 32765 table local", "rule del pref 0")
    return (
        Batch(namespace=MAIN, lines=lines, once=True),
        Batch(tool="ip -6", namespace=MAIN, lines=lines, once=True),
    )


def _vrf_lines(vrf: VrfDevice, vtep: str) -> list[str]:
    # Without an unreachable default a lookup that finds nothing goes on in the main table: a leak into the underlay.
    lines = [
        f"link add {vrf.name} type vrf table {vrf.table}",
        f"link set {vrf.name} up",
        f"route replace table {vrf.table} unreachable default metric {UNREACHABLE_METRIC}",
        f"route replace table {vrf.table} unreachable ::/0 metric {UNREACHABLE_METRIC}",
    ]
    if not vrf.vxlan:
        return lines
    return [
        *lines,
        vxlan_line(vrf.vxlan, vrf.vni, vtep),
        f"link add {vrf.bridge} {BRIDGE}",
        f"link set {vrf.bridge} address {vrf.router_mac} addrgenmode none",
        f"link set {vrf.bridge} master {vrf.name}",
        *slave_lines(vrf.vxlan, vrf.bridge, vrf.mtu, suppress=False),
        f"link set {vrf.bridge} mtu {vrf.mtu} up",
    ]


def _bond_lines(bond: Bond) -> list[str]:
    lines = [
        f"link add {bond.name} type bond mode 802.3ad lacp_rate {bond.lacp_rate} miimon 100 "
        "xmit_hash_policy layer3+4 min_links 1"
    ]
    if bond.system_mac:
        lines.append(f"link set {bond.name} type bond ad_actor_system {bond.system_mac}")
    lines.append(f"link set {bond.name} addrgenmode none")
    for member in bond.members:
        lines += [f"link set {member} addrgenmode none down", f"link set {member} master {bond.name}"]
    lines.append(f"link set {bond.name} mtu {bond.mtu} up")
    return [*lines, *(f"link set {member} up" for member in bond.members)]


def _domain_lines(domain: BridgeDomain, vtep: str) -> list[str]:
    if not domain.vxlan:
        return []
    return [
        vxlan_line(domain.vxlan, domain.vni, vtep),
        *slave_lines(domain.vxlan, SWITCH_BRIDGE, domain.mtu, suppress=True),
    ]


def _vlan_lines(domain: BridgeDomain) -> list[str]:
    lines = [f"vlan add dev {domain.vxlan} vid {domain.vlan} pvid untagged"] if domain.vxlan else []
    lines.append(f"vlan add dev {SWITCH_BRIDGE} vid {domain.vlan} self")
    for member in domain.ports:
        untagged = "" if member.tagged else " pvid untagged"
        lines.append(f"vlan add dev {member.name} vid {domain.vlan}{untagged}")
    return lines


def _svi_lines(domain: BridgeDomain) -> list[str]:
    """The IRB interface. A bridge domain without one has no upper device: nothing of the switch is in it."""
    if not domain.svi_addresses:
        return []
    routed_v6 = any(":" in address for address in domain.svi_addresses)
    lines = [
        f"link add link {SWITCH_BRIDGE} name {domain.svi} type vlan id {domain.vlan}",
        f"link set {domain.svi} mtu {domain.mtu} addrgenmode {'eui64' if routed_v6 else 'none'}",
    ]
    if domain.svi_mac:
        lines.append(f"link set {domain.svi} address {domain.svi_mac}")
    if domain.vrf != "default":
        lines.append(f"link set {domain.svi} master {domain.vrf}")
    lines.append(f"link set {domain.svi} up")
    return [*lines, *(address_line(address, domain.svi) for address in domain.svi_addresses)]


def _gateway_macs(domain: BridgeDomain) -> list[str]:
    """The gateway's MAC belongs to the switch itself. A VLAN-aware bridge does not know that of an upper device with a
    MAC of its own, and would flood what is sent to the gateway to every VTEP, each of which would route it."""
    if not domain.svi_addresses or not domain.svi_mac:
        return []
    return [f"fdb replace {domain.svi_mac} dev {SWITCH_BRIDGE} vlan {domain.vlan} self local"]


def _removal(linux: LinuxDevice) -> list[str]:
    lines = [f"link del {sub.name}" for sub in linux.subinterfaces]
    if linux.bridge_domains:
        lines.append(f"link del {SWITCH_BRIDGE}")
    lines += [f"link del {domain.vxlan}" for domain in linux.bridge_domains if domain.vxlan]
    for vrf in linux.vrfs:
        lines += [f"link del {name}" for name in (vrf.bridge, vrf.vxlan, vrf.name) if name]
    return [*lines, *(f"link del {bond.name}" for bond in linux.bonds)]
