"""Numbers that name things in BGP, EVPN and Ethernet: ASN, VNI, VLAN, RD, RT, ESI, MAC, community.

Text forms follow the RFCs and what every NOS prints, so that they compare equal to device output.
"""

from __future__ import annotations

from typing import NewType

Asn = NewType("Asn", int)
"""Autonomous system number, 1 to 4294967294 (RFC 6793), written asplain (RFC 5396)."""

Vni = NewType("Vni", int)
"""VXLAN network identifier, 1 to 2**24 - 1 (RFC 7348)."""

Vlan = NewType("Vlan", int)
"""IEEE 802.1Q VLAN identifier, 1 to 4094."""

RouteDistinguisher = NewType("RouteDistinguisher", str)
"""Type 1, `ipv4-address:number` (RFC 4364 4.2)."""

RouteTarget = NewType("RouteTarget", str)
"""Type 0, `2-octet-asn:number` (RFC 4360 4), the number being the VNI (RFC 8365 5.1.2.1 has the same layout)."""

Esi = NewType("Esi", str)
"""Ethernet segment identifier, ten octets, `03:44:38:39:ff:00:01:00:00:01` (RFC 7432 5)."""

Mac = NewType("Mac", str)
"""MAC address, lower case with colons."""

Community = NewType("Community", str)
"""Standard (`65000:1`, RFC 1997) or large (`65000:1:2`, RFC 8092) community."""

VNI_MAX = (1 << 24) - 1
VLAN_MAX = 4094
ASN_MAX = (1 << 32) - 2
AS_TRANS = 23456  # RFC 6793: stands in for 4-octet ASNs, never an AS of its own


def asn_text(asn: int) -> str:
    """ASN in asplain (RFC 5396)."""
    return str(asn)


def mac_text(value: int) -> Mac:
    """Canonical text of a 48-bit MAC address."""
    return Mac(value.to_bytes(6, "big").hex(":"))


def parse_mac(text: str) -> int:
    """The 48 bits of a MAC address written with colons. Raises ValueError when it is none."""
    octets = text.split(":")
    if len(octets) != 6 or any(len(o) != 2 for o in octets):
        raise ValueError(f"{text!r} is not a MAC address like 02:00:00:00:00:01")
    return int("".join(octets), 16)


def esi_type3(system_mac: str, discriminator: int) -> Esi:
    """ESI of type 3, system MAC and a 24-bit local discriminator (RFC 7432 5)."""
    tail = ":".join(f"{octet:02x}" for octet in discriminator.to_bytes(3, "big"))
    return Esi(f"03:{system_mac}:{tail}")
