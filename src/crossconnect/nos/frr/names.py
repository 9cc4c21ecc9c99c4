"""How things of a device are called in FRR and in Linux."""

from __future__ import annotations

from crossconnect.device.bgp import Family

INTERFACE_LENGTH_MAX = 15
"""IFNAMSIZ of Linux less the terminating zero; VRFs are interfaces too."""

DENY_ALL = "xc-deny-all"
"""Route map that stands where a policy should be and is not. Rendered policies end in `-v4` or `-v6`: no clash."""

ALLOW_FABRIC = "xc-allow-fabric"
"""Route map of fabric sessions in an instance that also has external ones, where RFC 8212 asks for one."""

FAMILY_WORDS: dict[Family, str] = {
    "ipv4-unicast": "ipv4 unicast",
    "ipv6-unicast": "ipv6 unicast",
    "l2vpn-evpn": "l2vpn evpn",
}
FAMILY_VERSION: dict[Family, int] = {"ipv4-unicast": 4, "ipv6-unicast": 6, "l2vpn-evpn": 0}


def route_map_name(policy: str, version: int) -> str:
    """Route maps are per IP version: one entry cannot match an IPv4 and an IPv6 prefix list (both would have to)."""
    return f"{policy}-v{version}"


def vxlan_name(vni: int) -> str:
    """VXLAN device of a VNI."""
    return f"vni{vni}"


def l3_bridge_name(vni: int) -> str:
    """Bridge that carries the VXLAN device of an L3VNI."""
    return f"l3vni{vni}"


def svi_name(vlan: int) -> str:
    """IRB interface of a bridge domain."""
    return f"vlan{vlan}"


def one_line(free_text: str) -> str:
    """Free text as it may stand in a line: printable, single spaces, so that no description can become a command.

    `| ` would begin an output filter (handle_pipe_action in lib/command.c), in a file too.
    """
    if not (free_text.isascii() and free_text.isprintable()) or "  " in free_text:
        free_text = " ".join("".join(c if c.isprintable() else " " for c in free_text).split())
    return free_text.strip().replace("| ", "/ ")
