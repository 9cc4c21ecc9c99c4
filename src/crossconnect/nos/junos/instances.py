"""Routing instances: MAC-VRFs, IP-VRFs and the management instance.

Junos "EVPN User Guide": "MAC-VRF with EVPN-VXLAN" (`instance-type mac-vrf`, `service-type vlan-based`, one VLAN each;
`forwarding-options evpn-vxlan shared-tunnels` on QFX5000), "EVPN Type-5 Route with VXLAN Encapsulation"
(`ip-prefix-routes`, `advertise direct-nexthop`), "Symmetric IRB with EVPN Type 2 Routes" (`irb-symmetric-routing`),
"Anycast Gateways" (same address and MAC on every IRB, `default-gateway no-gateway-community`); "Management Interface in
a Nondefault Instance" (`mgmt_junos`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import version_of
from crossconnect.nos.junos.bgp import bgp_block, routing_options
from crossconnect.nos.junos.names import MANAGEMENT, bridged_units
from crossconnect.nos.lines import Entry, entry


def render_instances(device: DeviceConfiguration) -> list[Entry]:
    """`routing-instances`, the management one first."""
    body: list[Entry] = []
    for instance in device.network_instances:
        if instance.kind == "management":
            body.append(entry(MANAGEMENT, _management(device, instance)))
        elif instance.kind == "l3vrf":
            body.append(entry(instance.name, _vrf(device, instance)))
        elif instance.kind == "mac-vrf":
            body.append(entry(instance.name, _mac_vrf(device, instance)))
    return [entry("routing-instances", body)] if body else []


def _management(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Entry]:
    yield f"description {instance.name}"
    routes: dict[int, list[Entry]] = {4: [], 6: []}
    for gateway in device.system.management_gateways:
        version = version_of(gateway)
        default = "0.0.0.0/0" if version == 4 else "::/0"
        routes[version].append(entry(f"route {default}", [f"next-hop {gateway}"]))
    body: list[Entry] = []
    if routes[6]:
        body.append(entry(f"rib {MANAGEMENT}.inet6.0", [entry("static", routes[6])]))
    if routes[4]:
        body.append(entry("static", routes[4]))
    if body:
        yield entry("routing-options", body)


def _targets(instance: NetworkInstance) -> Iterator[Entry]:
    """Route targets: one statement where in and out are one, else one for each direction."""
    imports, exports = instance.import_rts, instance.export_rts
    if imports == exports and len(imports) == 1:
        yield entry("vrf-target", [f"target:{imports[0]}"])
    else:
        body = [f"import target:{rt}" for rt in imports[:1]] + [f"export target:{rt}" for rt in exports[:1]]
        if body:
            yield entry("vrf-target", body)


def _vrf(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Entry]:
    yield "instance-type vrf"
    protocols: list[Entry] = []
    bgp = instance.bgp
    if bgp is not None:
        yield routing_options(device, instance, bgp)
        if bgp.neighbors:
            protocols.append(bgp_block(device, bgp))
    if instance.vni:
        evpn: list[Entry] = []
        if instance.host_routes and any(i.l3vrf == instance.name and i.irb for i in device.network_instances):
            evpn.append(entry("irb-symmetric-routing", [f"vni {instance.vni}"]))
        if bgp is not None and bgp.evpn_advertise:
            prefixes = ["advertise direct-nexthop", "encapsulation vxlan", f"vni {instance.vni}"]
            evpn.append(entry("ip-prefix-routes", [*prefixes, f"export xc-type5-{instance.name}"]))
        if evpn:
            protocols.append(entry("evpn", evpn))
    if protocols:
        yield entry("protocols", protocols)
    for interface in device.interfaces:
        if interface.network_instance == instance.name:
            name = interface.name if "." in interface.name else f"{interface.name}.0"
            yield f"interface {name}"
    if instance.rd:
        yield f"route-distinguisher {instance.rd}"
    yield from _targets(instance)
    if instance.rd:
        yield "vrf-table-label"


def _mac_vrf(device: DeviceConfiguration, instance: NetworkInstance) -> Iterator[Entry]:
    yield "instance-type mac-vrf"
    yield entry("protocols", [entry("evpn", ["encapsulation vxlan", "default-gateway no-gateway-community"])])
    yield "vtep-source-interface lo0.0"
    yield "service-type vlan-based"
    for interface in device.interfaces:
        for vlan, unit in bridged_units(interface).items():
            if vlan == instance.vlan:
                yield f"interface {unit}"
    yield f"route-distinguisher {instance.rd}"
    yield from _targets(instance)
    vlan_body: list[Entry] = [f"vlan-id {instance.vlan}"]
    if instance.irb:
        vlan_body.append(f"l3-interface {instance.irb}")
    vlan_body.append(entry("vxlan", [f"vni {instance.vni}"]))
    yield entry("vlans", [entry(f"vlan{instance.vlan}", vlan_body)])
