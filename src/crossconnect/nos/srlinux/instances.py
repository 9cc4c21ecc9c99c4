"""Network instances: the default one, management, IP-VRFs and MAC-VRFs.

Sources: Nokia SR Linux 25.3 Configuration Basics Guide, "Network instances" and "Static routes" (next-hop groups);
Routing Protocols Guide, "Route leaking between network instances"; learn.srlinux.dev, "L3 EVPN" tutorial.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.bgp import render_bgp
from crossconnect.nos.srlinux.evpn import evpn_protocols, leak_from, leak_into
from crossconnect.nos.srlinux.names import subinterface_name, vxlan_interface

_TYPES = {"default": "default", "management": "ip-vrf", "l3vrf": "ip-vrf", "mac-vrf": "mac-vrf"}
_DEFAULT_ROUTES = {4: "0.0.0.0/0", 6: "::/0"}


def render_instances(device: DeviceConfiguration) -> list[Value]:
    """The list `network-instance`."""
    return [_instance(device, instance) for instance in device.network_instances]


def _instance(device: DeviceConfiguration, instance: NetworkInstance) -> Value:
    out: dict[str, Value] = {
        "name": instance.name,
        "type": f"srl_nokia-network-instance:{_TYPES[instance.kind]}",
        "admin-state": "enable",
    }
    if instance.bgp is not None:
        out["router-id"] = instance.bgp.router_id
        if any(n.extended_next_hop for n in instance.bgp.neighbors):
            out["ip-forwarding"] = {"receive-ipv4-check": False}
    if names := interfaces_of(device, instance):
        out["interface"] = [{"name": name} for name in names]
    if instance.vni:
        out["vxlan-interface"] = [{"name": vxlan_interface(instance)}]
    protocols: dict[str, Value] = evpn_protocols(instance) if instance.vni else {}
    if instance.bgp is not None and (instance.bgp.neighbors or instance.kind == "default"):
        # A VRF without sessions needs none: EVPN takes its ASN from the default instance.
        protocols["bgp"] = render_bgp(instance.bgp)
    if instance.kind == "management":
        protocols["linux"] = {"import-routes": True, "export-routes": True, "export-neighbors": True}
    if protocols:
        out["protocols"] = protocols
    if instance.kind == "mac-vrf" and instance.irb:
        out["bridge-table"] = {"protect-anycast-gw-mac": True}
    if leaks := _leaks(device, instance):
        out["inter-instance-policies"] = {"apply-policy": leaks}
    if instance.kind == "management":
        out |= _static_routes(device.system.management_gateways)
    return out


def interfaces_of(device: DeviceConfiguration, instance: NetworkInstance) -> list[str]:
    """Names of the subinterfaces of a network instance; an IRB's is in its MAC-VRF and in its IP-VRF."""
    out: list[str] = []
    for interface in device.interfaces:
        if instance.kind == "mac-vrf":
            for member in interface.members:
                if member.vlan == instance.vlan:
                    out.append(f"{interface.name}.{member.vlan if member.tagged else 0}")
            if interface.kind == "irb" and interface.name == instance.irb:
                out.append(subinterface_name(interface))
        elif interface.network_instance == instance.name and not interface.members and not interface.parent:
            if interface.addresses or interface.unnumbered or interface.kind == "irb":
                out.append(subinterface_name(interface))
        elif interface.network_instance == instance.name and interface.kind == "subinterface":
            out.append(subinterface_name(interface))
    return out


def _leaks(device: DeviceConfiguration, instance: NetworkInstance) -> dict[str, Value]:
    out: dict[str, Value] = {}
    if instance.imports:
        out["import-policy"] = leak_into(instance)
    if any(instance.name in other.imports for other in device.network_instances):
        out["export-policy"] = leak_from(instance)
    return out


def _static_routes(gateways: tuple[str, ...]) -> dict[str, Value]:
    routes: list[Value] = []
    groups: list[Value] = []
    for version in (4, 6):
        of = [g for g in gateways if (":" in g) == (version == 6)]
        if not of:
            continue
        name = f"default-ipv{version}"
        routes.append({"prefix": _DEFAULT_ROUTES[version], "admin-state": "enable", "next-hop-group": name})
        hops: list[Value] = [
            {"index": n, "ip-address": gateway, "admin-state": "enable"} for n, gateway in enumerate(of, 1)
        ]
        groups.append({"name": name, "admin-state": "enable", "nexthop": hops})
    return {"static-routes": {"route": routes}, "next-hop-groups": {"group": groups}} if routes else {}
