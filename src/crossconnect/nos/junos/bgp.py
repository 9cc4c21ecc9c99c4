"""`protocols bgp` of the default instance and of VRFs, `routing-options`, `routing-instances`.

Sources: Junos OS "BGP User Guide" (`group`, `multipath multiple-as`, `accepted-prefix-limit` with `teardown`,
`bfd-liveness-detection`, "BGP Auto-Discovered Neighbors" for unnumbered links: `peer-auto-discovery family inet6
ipv6-nd`, `extended-nexthop`), "EVPN User Guide" ("MAC-VRF Routing Instance Type", "Symmetric IRB", "Pure EVPN Type 5
Routes", eBGP spines: `multihop no-nexthop-change`), "VPNs" (`instance-import` between instances).

Spines keep next hops by `multihop no-nexthop-change`; their export policy sets its own on unicast routes, and BFD stays
that of a single hop by `session-mode`.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import Bgp, Family, Neighbor, NeighborFamily
from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.junos.names import (
    DENY_ALL,
    ECMP,
    FABRIC_IN,
    FABRIC_OUT,
    MANAGEMENT,
    quoted,
    unit_name,
)
from crossconnect.nos.junos.policy import leak_name, type_5_name
from crossconnect.nos.lines import Block, Entry, entry
from crossconnect.nos.secrets import secret_token

RESTART_S = 15
"""How long neighbours keep the routes of a router whose BGP restarts."""
_FAMILY: dict[Family, str] = {"ipv4-unicast": "inet", "ipv6-unicast": "inet6", "l2vpn-evpn": "evpn"}


def render_bgp(device: DeviceConfiguration, bgp: Bgp) -> Entry:
    """The statement `bgp`."""
    groups: dict[str, list[Neighbor]] = {}
    for neighbor in bgp.neighbors:
        groups.setdefault(_group_name(neighbor), []).append(neighbor)
    body: list[Entry] = [_group(device, bgp, name, neighbors) for name, neighbors in groups.items()]
    if bgp.graceful_restart:
        body.append(Block("graceful-restart", (f"restart-time {RESTART_S}",)))
    return Block("bgp", (*body, "log-updown"))


def _group_name(neighbor: Neighbor) -> str:
    if neighbor.kind == "external":
        return f"{neighbor.device}-{'v6' if ':' in neighbor.address else 'v4'}"
    families = "-".join(_FAMILY[f.family] for f in neighbor.families)
    return f"fabric-{families}" + (f"-{neighbor.remote_asn}" if neighbor.interface else "")


def _group(device: DeviceConfiguration, bgp: Bgp, name: str, neighbors: list[Neighbor]) -> Entry:
    first = neighbors[0]
    body: list[Entry] = ["type external"]
    unchanged = any(f.next_hop_unchanged for f in first.families)
    if unchanged:
        body.append(Block("multihop", ("ttl 1", "no-nexthop-change")))
        body.append("keep all")
    body.append(f"hold-time {first.hold_time_s}")
    if first.kind == "fabric":
        if bgp.graceful_shutdown:
            body.append(f"import {FABRIC_IN}")
            # Without it the export policy, and the mark in it, is not for EVPN routes (EVPN User Guide, "Routing
            # Policies for EVPN").
            body.append("vpn-apply-export")
        body.append(f"export {FABRIC_OUT}")
    body += [_family(f, first) for f in first.families]
    body.append("multipath multiple-as" if bgp.multipath_relax else "multipath")
    if first.bfd and device.bfd is not None:
        body.append(_bfd(device.bfd))
    for neighbor in neighbors:
        if neighbor.interface:
            continue
        body.append(_neighbor(neighbor))
    unnumbered = [n for n in neighbors if n.interface]
    if unnumbered:
        discovery = Block(
            "peer-auto-discovery",
            (Block("family inet6", ("ipv6-nd",)), *(f"interface {n.interface}.0" for n in unnumbered)),
        )
        body.append(Block(f"dynamic-neighbor {name}", (discovery,)))
        body.append(f"peer-as-list {as_list(first.remote_asn)}")
    return Block(f"group {name}", tuple(body))


def as_list(asn: int) -> str:
    """What the list of one ASN is called that auto-discovered neighbours may have."""
    return f"as-{asn}"


def _bfd(bfd: BfdProfile) -> Entry:
    return Block(
        "bfd-liveness-detection",
        (f"minimum-interval {bfd.interval_ms}", f"multiplier {bfd.multiplier}", "session-mode single-hop"),
    )


def _family(family: NeighborFamily, neighbor: Neighbor) -> Entry:
    lines: list[Entry] = []
    if family.max_prefixes:
        limit = Block("accepted-prefix-limit", (f"maximum {family.max_prefixes}", "teardown"))
        lines.append(limit)
    if neighbor.extended_next_hop and family.family == "ipv4-unicast":
        lines.append("extended-nexthop")
    word = "signaling" if family.family == "l2vpn-evpn" else "unicast"
    return Block(f"family {_FAMILY[family.family]}", (entry(word, lines),))


def _neighbor(neighbor: Neighbor) -> Entry:
    body: list[Entry] = []
    if neighbor.description:
        body.append(f"description {quoted(neighbor.description)}")
    if neighbor.local_address:
        body.append(f"local-address {neighbor.local_address}")
    if neighbor.kind == "external":
        family = neighbor.families[0]
        body.append(f"import {family.import_policy or DENY_ALL}")
        if neighbor.password:
            body.append(f"authentication-key {quoted(secret_token(neighbor.password))}")
        body.append(f"export {family.export_policy or DENY_ALL}")
        body.append("enforce-first-as")
    body.append(f"peer-as {neighbor.remote_asn}")
    return Block(f"neighbor {neighbor.address}", tuple(body))


def render_routing_options(bgp: Bgp) -> Entry:
    """The statement `routing-options`."""
    table = Block("forwarding-table", (f"export {ECMP}",))
    body: list[Entry] = [f"router-id {bgp.router_id}", f"autonomous-system {bgp.asn}", table]
    if bgp.graceful_restart:
        body.append("graceful-restart")
    return Block("routing-options", tuple(body))


def render_instances(device: DeviceConfiguration) -> list[Entry]:
    """The statement `routing-instances`."""
    out: list[Entry] = []
    gateways = device.system.management_gateways
    if gateways:
        routes = [f"route {'::/0' if ':' in g else '0.0.0.0/0'} next-hop {g}" for g in gateways]
        v4 = [r for r in routes if "::/0" not in r]
        v6 = [r for r in routes if "::/0" in r]
        options: list[Entry] = [Block("static", tuple(v4))] if v4 else []
        if v6:
            options.append(Block(f"rib {MANAGEMENT}.inet6.0", (Block("static", tuple(v6)),)))
        out.append(Block(MANAGEMENT, (Block("routing-options", tuple(options)),)))
    for instance in device.network_instances:
        if instance.kind == "mac-vrf" and instance.vni:
            out.append(_mac_vrf(device, instance))
        if instance.kind == "l3vrf":
            out.append(_vrf(device, instance))
    return [Block("routing-instances", tuple(out))] if out else []


def _bridged(device: DeviceConfiguration, vlan: int | None) -> list[str]:
    return [f"{i.name}.{vlan}" for i in device.interfaces if any(m.vlan == vlan for m in i.members)]


def _targets(instance: NetworkInstance) -> Iterator[Entry]:
    if instance.import_rts == instance.export_rts and len(instance.import_rts) == 1:
        yield f"vrf-target target:{instance.import_rts[0]}"
        return
    lines = [f"import target:{target}" for target in instance.import_rts]
    lines += [f"export target:{target}" for target in instance.export_rts]
    if lines:
        yield Block("vrf-target", tuple(lines))


def _mac_vrf(device: DeviceConfiguration, instance: NetworkInstance) -> Entry:
    ports = _bridged(device, instance.vlan)
    loopback = next((i for i in device.interfaces if f"{device.vtep}/32" in i.addresses), None)
    vlan: list[Entry] = [f"vlan-id {instance.vlan}"]
    vlan += [f"interface {port}" for port in ports]
    if instance.irb:
        irb = next((i for i in device.interfaces if i.name == instance.irb), None)
        vlan.append(f"l3-interface {unit_name(irb) if irb else instance.irb}")
    vlan.append(Block("vxlan", (f"vni {instance.vni}",)))
    evpn: list[Entry] = ["encapsulation vxlan"]
    if instance.irb:
        evpn.append("default-gateway no-gateway-community")
    body: list[Entry] = [
        "instance-type mac-vrf",
        Block("protocols", (Block("evpn", tuple(evpn)),)),
        f"vtep-source-interface {unit_name(loopback) if loopback else 'lo0.0'}",
        "service-type vlan-based",
        *(f"interface {port}" for port in ports),
        f"route-distinguisher {instance.rd}",
        *_targets(instance),
        Block("vlans", (Block(instance.name, tuple(vlan)),)),
    ]
    return Block(instance.name, tuple(body))


def _vrf(device: DeviceConfiguration, instance: NetworkInstance) -> Entry:
    bgp = instance.bgp
    options: list[Entry] = [f"router-id {bgp.router_id}"] if bgp else []
    if instance.imports:
        options.append(f"instance-import {leak_name(instance.name)}")
    if instance.route_limit:
        options.append(f"maximum-prefixes {instance.route_limit}")
    if bgp is not None:
        options.append("multipath")
    protocols: list[Entry] = []
    if bgp is not None and bgp.neighbors:
        protocols.append(render_bgp(device, bgp))
    if instance.vni:
        protocols.append(_evpn(instance))
    body: list[Entry] = ["instance-type vrf"]
    if options:
        body.append(Block("routing-options", tuple(options)))
    if protocols:
        body.append(Block("protocols", tuple(protocols)))
    body += [f"interface {unit_name(i)}" for i in device.interfaces if _routed_in(i, instance.name)]
    if instance.rd:
        body.append(f"route-distinguisher {instance.rd}")
    body += _targets(instance)
    if instance.rd:
        body.append("vrf-table-label")
    return Block(instance.name, tuple(body))


def _routed_in(interface: Interface, vrf: str) -> bool:
    return interface.network_instance == vrf and (bool(interface.addresses) or interface.kind == "irb")


def _evpn(instance: NetworkInstance) -> Entry:
    body: list[Entry] = []
    if instance.host_routes:
        body.append(Block("irb-symmetric-routing", (f"vni {instance.vni}",)))
    if instance.bgp is not None and instance.bgp.evpn_advertise:
        body.append(
            Block(
                "ip-prefix-routes",
                (
                    "advertise direct-nexthop",
                    "encapsulation vxlan",
                    f"vni {instance.vni}",
                    f"export {type_5_name(instance.name)}",
                ),
            )
        )
    return entry("evpn", body)
