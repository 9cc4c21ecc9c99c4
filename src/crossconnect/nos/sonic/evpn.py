"""VXLAN tunnel, VNIs, VRFs and Ethernet segments.

Sources: "EVPN VXLAN" HLD of SONiC (3.2.1 Config DB: `VXLAN_TUNNEL`, `VXLAN_EVPN_NVO`, `VXLAN_TUNNEL_MAP` with keys
`map_<vni>_<vlan>`, `VRF|vni`; 4.3.8 symmetric IRB), sonic-vxlan.yang, sonic-vrf.yang, sonic-evpn.yang
(`EVPN_ETHERNET_SEGMENT`, `EVPN_MH_GLOBAL`).

A VRF's L3VNI stands twice: in `VRF|NAME` for the switch, and in `frr.conf` as `vrf NAME` / `vni N` for zebra. The
templates from which the container's FRR configuration is made at start leave the second out (sonic-buildimage issue
21177), so that type-5 routes are lost with a restart; with `split-unified` those templates are not used.
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.frr.system import SEGMENT_STARTUP_S
from crossconnect.nos.sonic.names import NVO, TUNNEL, transit_vlan, vlan_name, vrf_name
from crossconnect.nos.sonic.tables import Table, Tables, fields


def vrf_table(device: DeviceConfiguration) -> Table:
    """IP-VRFs with their L3VNIs."""
    return {vrf_name(i.name): fields(vni=i.vni) for i in device.network_instances if i.kind == "l3vrf"}


def transit_tables(device: DeviceConfiguration) -> Tables:
    """The VLANs that stand for L3VNIs, and their interfaces."""
    vlans: Table = {}
    interfaces: Table = {}
    for instance in device.network_instances:
        if device.vtep and instance.kind == "l3vrf" and instance.vni:
            vlan = transit_vlan(instance)
            vlans[vlan_name(vlan)] = fields(
                vlanid=vlan, description=f"L3VNI of {instance.name}", admin_status="up", mtu=instance.mtu or None
            )
            interfaces[vlan_name(vlan)] = fields(vrf_name=vrf_name(instance.name))
    return {"VLAN": vlans, "VLAN_INTERFACE": interfaces}


def tunnel_tables(device: DeviceConfiguration) -> Tables:
    """The VXLAN tunnel and what it carries, L2VNIs before L3VNIs; empty on devices that are no VTEP."""
    if not device.vtep:
        return {}
    maps: Table = {}
    for instance in device.network_instances:
        if instance.kind == "mac-vrf" and instance.vni and instance.vlan:
            vlan = vlan_name(instance.vlan)
        elif instance.kind == "l3vrf" and instance.vni:
            vlan = vlan_name(transit_vlan(instance))
        else:
            continue
        maps[f"{TUNNEL}|map_{instance.vni}_{vlan}"] = fields(vlan=vlan, vni=instance.vni)
    return {
        "VXLAN_TUNNEL": {TUNNEL: fields(src_ip=device.vtep)},
        "VXLAN_EVPN_NVO": {NVO: fields(source_vtep=TUNNEL)},
        "VXLAN_TUNNEL_MAP": maps,
    }


def segment_tables(device: DeviceConfiguration) -> Tables:
    """Ethernet segments of type 3: the ESI follows from the bond's `system_mac`, as in `frr.conf`."""
    segments: Table = {
        i.name: fields(esi="AUTO", type="TYPE_3_MAC_BASED") for i in device.interfaces if i.kind == "lag" and i.esi
    }
    if not segments:
        return {}
    return {
        "EVPN_MH_GLOBAL": {"default": fields(startup_delay=SEGMENT_STARTUP_S)},
        "EVPN_ETHERNET_SEGMENT": segments,
    }
