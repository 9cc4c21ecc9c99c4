"""EVPN: MAC-VRFs and IP-VRFs as network instances with their BGP VPN and EVPN instances, and Ethernet segments.

IP-VRFs announce what is in their routing table as type-5 routes (interface-less model, RFC 9136 4.4.1). Hosts behind
an IRB interface are announced with both labels (symmetric IRB, RFC 9135) by `interface-less-routing` of `interfaces`.
Where a policy decides what is announced it also has to add the route targets.

Sources: Nokia SR Linux 25.3 EVPN-VXLAN Guide ("EVPN for VXLAN tunnels (layer 2)", "EVPN for VXLAN tunnels (layer 3)",
"EVPN layer 2 multihoming", "Symmetric IRB"), VPN Services Guide; learn.srlinux.dev, "L2 EVPN", "L3 EVPN" and "EVPN
Multihoming" tutorials; srl_nokia-bgp-vpn and srl_nokia-system-network-instance-bgp-evpn-ethernet-segments.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.names import evi, vxlan_interface

ES_INSTANCE = 1
MAC_VRF_ECMP_MAX = 8
"""srl_nokia-bgp-evpn: paths to the leaves of an Ethernet segment in a MAC-VRF."""


def leak_from(instance: NetworkInstance) -> str:
    """Policy of what other VRFs may import of this one."""
    return f"xc-leak-from-{instance.name}"


def leak_into(instance: NetworkInstance) -> str:
    """Policy of what a VRF imports of others."""
    return f"xc-leak-into-{instance.name}"


def evpn_out(instance: NetworkInstance) -> str:
    """Policy of what a VRF announces in EVPN."""
    return f"xc-evpn-out-{instance.name}"


def evpn_in(instance: NetworkInstance) -> str:
    """Policy of what a VRF takes from EVPN, where it has several route targets."""
    return f"xc-evpn-in-{instance.name}"


def target_set(instance: NetworkInstance) -> str:
    """Community set of the route targets that an instance imports."""
    return f"xc-targets-{instance.name}"


def target(route_target: str) -> str:
    """`65000:5000` as an extended community."""
    return f"target:{route_target}"


def advertised_versions(instance: NetworkInstance) -> frozenset[int]:
    """IP versions that a VRF announces as type-5 routes."""
    families = instance.bgp.evpn_advertise if instance.bgp else ()
    return frozenset(4 if family == "ipv4-unicast" else 6 for family in families)


def connected_versions(instance: NetworkInstance) -> frozenset[int]:
    """IP versions whose connected routes a VRF announces."""
    given = instance.bgp.originate if instance.bgp else ()
    return frozenset(4 if o.family == "ipv4-unicast" else 6 for o in given if o.connected)


def needs_out(instance: NetworkInstance) -> bool:
    """Whether an export policy is needed: the design has one, not all that is in the routing table is announced, or
    there are several route targets.
    """
    policy = instance.bgp.evpn_advertise_policy if instance.bgp else ""
    everything = instance.kind != "l3vrf" or len(advertised_versions(instance) & connected_versions(instance)) == 2
    return bool(instance.vni) and (bool(policy) or not everything or len(instance.export_rts) > 1)


def needs_in(instance: NetworkInstance) -> bool:
    """Whether an import policy is needed: `import-rt` is one target."""
    return bool(instance.vni) and len(instance.import_rts) > 1


def evpn_protocols(instance: NetworkInstance) -> dict[str, Value]:
    """`bgp-evpn` and `bgp-vpn` of a network instance with a VNI."""
    entry: dict[str, Value] = {
        "id": 1,
        "admin-state": "enable",
        "encapsulation-type": "vxlan",
        "vxlan-interface": vxlan_interface(instance),
        "evi": evi(instance),
    }
    if instance.kind == "mac-vrf":
        entry["ecmp"] = MAC_VRF_ECMP_MAX
        entry["routes"] = {"bridge-table": {"mac-ip": {"advertise": True}, "inclusive-mcast": {"advertise": True}}}
    else:
        entry["ecmp"] = instance.bgp.maximum_paths if instance.bgp else 1
        entry["routes"] = {"route-table": {"mac-ip": {"advertise-gateway-mac": True}}}
    return {"bgp-evpn": {"bgp-instance": [entry]}, "bgp-vpn": {"bgp-instance": [_vpn(instance)]}}


def _vpn(instance: NetworkInstance) -> Value:
    out: dict[str, Value] = {"id": 1}
    if instance.rd:
        out["route-distinguisher"] = {"rd": instance.rd}
    targets: dict[str, Value] = {}
    if len(instance.export_rts) == 1:
        targets["export-rt"] = target(instance.export_rts[0])
    if len(instance.import_rts) == 1:
        targets["import-rt"] = target(instance.import_rts[0])
    if targets:
        out["route-target"] = targets
    if needs_out(instance):
        out["export-policy"] = [evpn_out(instance)]
    if needs_in(instance):
        out["import-policy"] = [evpn_in(instance)]
    return out


def render_segments(device: DeviceConfiguration) -> dict[str, Value]:
    """`system/network-instance`: the Ethernet segments of bonds; empty where there are none."""
    segments: list[Value] = [
        {
            "name": interface.name,
            "admin-state": "enable",
            "esi": interface.esi.upper(),
            "multi-homing-mode": "all-active",
            "interface": [{"ethernet-interface": interface.name}],
        }
        for interface in device.interfaces
        if interface.esi
    ]
    if not segments:
        return {}
    instances: list[Value] = [{"id": ES_INSTANCE, "ethernet-segment": segments}]
    return {
        "protocols": {
            "evpn": {"ethernet-segments": {"bgp-instance": instances}},
            "bgp-vpn": {"bgp-instance": [{"id": ES_INSTANCE}]},
        }
    }
