"""How things of a device are called in SONiC's CONFIG_DB, and back.

Sources: sonic-vrf.yang (`VRF_LIST/name`: `Vrf[a-zA-Z0-9_-]+`, and `interface_name` of sonic-types.yang: 15 characters),
sonic-vlan.yang (`VLAN_LIST/name`: `Vlan2` to `Vlan4094`), SONiC Configuration database manual ("Interface", "Loopback
Interface", "VLAN", "VXLAN").
"""

from __future__ import annotations

from crossconnect.device.network_instance import NetworkInstance

VRF_PREFIX = "Vrf"
VRF_NAME_LENGTH_MAX = 15 - len(VRF_PREFIX)
"""Characters that a VRF's name may have before the prefix: VRFs are Linux interfaces (IFNAMSIZ)."""

MANAGEMENT_VRF = "mgmt"
MANAGEMENT_PORT = "eth0"

TUNNEL = "vtep"
NVO = "nvo"

TRANSIT_VLAN_FIRST = 3095
TRANSIT_VLAN_LAST = 4094
"""VLANs that stand for L3VNIs: SONiC maps an L3VNI to a VRF by way of a VLAN of its own, whose interface is in the VRF
("EVPN VXLAN" HLD, 4.3.8). The design has no such number, so it is derived from the VNI alone, and never moves."""


def vrf_name(name: str) -> str:
    """An IP-VRF as SONiC calls it: `red` is `Vrfred`."""
    return VRF_PREFIX + name


def design_vrf(name: str) -> str:
    """The other way: `Vrfred` is `red`; other names stay."""
    return name.removeprefix(VRF_PREFIX) if len(name) > len(VRF_PREFIX) else name


def transit_vlan(instance: NetworkInstance) -> int:
    """The VLAN that stands for an IP-VRF's L3VNI."""
    size = TRANSIT_VLAN_LAST - TRANSIT_VLAN_FIRST + 1
    return instance.vlan or TRANSIT_VLAN_LAST - (instance.vni or 0) % size


def vlan_name(vlan: int) -> str:
    """A VLAN, and its interface."""
    return f"Vlan{vlan}"
