"""Names and small values of SR Linux: subinterfaces of a design's interfaces, EVIs, built-in policies, MTUs.

Sources: Nokia SR Linux 25.3, Interfaces Guide ("Subinterface configuration", "Interface MTU") and EVPN-VXLAN Guide
("EVPN-VXLAN configuration"); Nokia's YANG models of the release: srl_nokia-interfaces (`mtu` includes the Ethernet
header and tags and excludes the FCS, `l2-mtu` too, `ip-mtu` neither), srl_nokia-common (`evi` 1 to 65535).
"""

from __future__ import annotations

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance

FABRIC_IN = "xc-fabric-in"
FABRIC_OUT = "xc-fabric-out"
LOOPBACKS = "xc-originated"
SHUTDOWN = "xc-add-65535-0"
GRACEFUL_SHUTDOWN = "65535:0"
VXLAN = "vxlan1"
SYSTEM_INTERFACE = "system0"

ETHERNET_HEADER = 14
TAG = 4
PORT_MTU_MIN = 1500
EVI_MAX = 65535


def subinterface(interface: Interface) -> tuple[str, int]:
    """Interface and index of the subinterface that a routed interface of the design is: `irb0.100` is 100 of `irb0`.

    A port that is routed itself is its subinterface 0, a tagged one the one with the number of its tag.
    """
    if interface.kind == "subinterface":
        return interface.parent, interface.vlan or 0
    if interface.kind == "irb":
        parent, _, index = interface.name.partition(".")
        return parent, int(index)
    return interface.name, 0


def subinterface_name(interface: Interface) -> str:
    """`ethernet-1/1.0`."""
    parent, index = subinterface(interface)
    return f"{parent}.{index}"


def tagged(interface: Interface, device: DeviceConfiguration) -> bool:
    """Whether a port takes tagged frames: it has tagged members, or tagged subinterfaces."""
    return any(m.tagged for m in interface.members) or any(
        other.kind == "subinterface" and other.parent == interface.name for other in device.interfaces
    )


def port_mtu(mtu: int, with_tag: bool) -> int:
    """Port or layer-2 MTU for an IP MTU."""
    return max(PORT_MTU_MIN, mtu + ETHERNET_HEADER + (TAG if with_tag else 0))


def evi(instance: NetworkInstance) -> int:
    """The EVI of an instance: its VNI where that is in the range, so that all leaves agree on it; else folded into it.

    Two instances that are folded onto one EVI are a finding.
    """
    vni = instance.vni or 0
    return vni if 0 < vni <= EVI_MAX else vni % EVI_MAX + 1


def vxlan_interface(instance: NetworkInstance) -> str:
    """`vxlan1.10100`: the index is the VNI."""
    return f"{VXLAN}.{instance.vni}"


def added_set(communities: tuple[str, ...]) -> str:
    """Name of the set that holds communities to be added."""
    return "xc-add-" + "_".join(c.replace(":", "-") for c in communities)


def tag_set(tag: int) -> str:
    """Name of the set that holds a tag."""
    return f"xc-tag-{tag}"


def every_set(version: int) -> str:
    """Name of the prefix set of all prefixes of an IP version."""
    return f"xc-every-ipv{version}"
