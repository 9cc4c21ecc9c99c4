"""What a device's Linux must be able to do, by name; a lab chooses its backend by this."""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration

FEATURES: dict[str, str] = {
    "bfd": "bfdd",
    "bond": "LACP bonds",
    "ethernet-segment": "EVPN multihoming, with next-hop groups in the kernel",
    "tagged-port": "802.1Q tags on bridged ports",
    "tcp-md5": "TCP MD5 signatures (RFC 2385)",
    "vlan-aware-bridge": "one bridge that filters VLANs",
    "vlan-subinterface": "802.1Q subinterfaces",
    "vrf": "VRFs, as devices or as network namespaces",
    "vrf-leak": "routes whose next hop is in another VRF",
    "vxlan": "VXLAN devices",
}


def required_features(device: DeviceConfiguration) -> frozenset[str]:
    """Names out of `FEATURES`."""
    needed: set[str] = set()
    for interface in device.interfaces:
        if interface.kind == "subinterface":
            needed.add("vlan-subinterface")
        elif interface.kind == "lag":
            needed.add("bond")
        if interface.esi:
            # zebra looks up the VNIs behind a segment by access VLAN, which only such a bridge has (zebra_evpn_mh.c).
            needed |= {"ethernet-segment", "vlan-aware-bridge"}
        if any(m.tagged for m in interface.members):
            needed.add("tagged-port")
    for instance in device.network_instances:
        if instance.kind in ("l3vrf", "management"):
            needed.add("vrf")
        if instance.vni:
            needed.add("vxlan")
        if instance.imports:
            needed.add("vrf-leak")
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            if neighbor.bfd:
                needed.add("bfd")
            if neighbor.password:
                needed.add("tcp-md5")
    return frozenset(needed)
