"""Names and small values of NX-OS.

Sources: Cisco Nexus 9000 Series NX-OS configuration guides 10.3(x): Interfaces ("Configuring Basic Interface
Parameters", the management port is in the VRF `management`), VXLAN ("Configuring VXLAN BGP EVPN": a VLAN and an SVI
stand for each L3VNI), Unicast Routing ("Configuring Route Policy Manager"), Security ("Configuring IP ACLs": a name is
one list's, of one version).
"""

from __future__ import annotations

from crossconnect.device.bgp import Family
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance

MAIN = "running-config.nxos"
VERSION: dict[Family, int] = {"ipv4-unicast": 4, "ipv6-unicast": 6, "l2vpn-evpn": 0}
MANAGEMENT = "management"
"""The management port's VRF; there is no other name for it."""
DENY_ALL = "xc-deny-all"
CONNECTED = "xc-connected"
UNCHANGED = "xc-unchanged"
L3_VLANS = (3000, 3899)
"""VLANs that stand for L3VNIs, one each."""

_WELL_KNOWN = {
    "65535:65281": "no-export",
    "65535:65282": "no-advertise",
    "65535:65283": "local-AS",
}


def vrf_name(device: DeviceConfiguration, name: str) -> str:
    """A VRF as NX-OS calls it."""
    return MANAGEMENT if name == device.system.management_vrf else name


def route_map(policy: str, version: int) -> str:
    """A policy as a route map of one IP version; 0 for one that matches nothing of either."""
    return f"{policy}-v{version}" if version else policy


def versioned(name: str, version: int) -> str:
    """A prefix list or ACL of one IP version."""
    return f"{name}-v{version}"


def community(word: str) -> str:
    """A standard community as NX-OS shows it."""
    return _WELL_KNOWN.get(word, word)


def l3_vlan(instance: NetworkInstance) -> int:
    """The VLAN that stands for an L3VNI: from the VNI, so that all switches agree and none is renumbered. Two VNIs
    that fall on one VLAN are a finding."""
    first, last = L3_VLANS
    return first + (instance.vni or 0) % (last - first + 1)


def dotted_mac(mac: str) -> str:
    """`02:aa:bb:00:00:01` as `02aa.bb00.0001`."""
    digits = mac.replace(":", "")
    return ".".join(digits[n : n + 4] for n in range(0, 12, 4))


def one_line(text: str) -> str:
    """Text that stands in one line."""
    return " ".join(text.split())


def number_of(name: str) -> str:
    """The digits at the end of a name: `7` of `port-channel7`."""
    return name[len(name.rstrip("0123456789")) :]
