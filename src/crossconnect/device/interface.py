"""Interfaces: physical ports, loopbacks, subinterfaces, bonds and IRB interfaces."""

from __future__ import annotations

from typing import Literal

import msgspec

InterfaceKind = Literal["ethernet", "loopback", "management", "subinterface", "lag", "irb"]


class Neighbor(msgspec.Struct, frozen=True):
    """What is expected at the other end of a cable: device (or server, or peer) and its port."""

    device: str
    port: str


class SegmentMember(msgspec.Struct, frozen=True, order=True):
    """A bridged port's membership of a MAC-VRF: VLAN id on the wire, tagged or not."""

    vlan: int
    tagged: bool


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """One interface.

    Routed ones have addresses (or `unnumbered`, IPv6 link-local only, RFC 8950) and live in `network_instance`;
    bridged ones have `members` instead. A subinterface or bond member names its `parent`.
    """

    name: str
    kind: InterfaceKind
    network_instance: str = "default"
    description: str = ""
    mtu: int = 1500
    enabled: bool = True
    addresses: tuple[str, ...] = ()
    unnumbered: bool = False
    parent: str = ""
    """Of a subinterface: its port. Of a bond member: its bond."""
    vlan: int | None = None
    """802.1Q tag of a subinterface, VLAN of an IRB interface."""
    members: tuple[SegmentMember, ...] = ()
    mac: str = ""
    """Of an IRB interface: the anycast gateway's MAC (RFC 9135 4.1)."""
    esi: str = ""
    """Of a bond: its Ethernet segment (RFC 7432 5), type 3."""
    mlag: int = 0
    """Of a bond: its number in the MLAG domain, the same on both leaves; 0 where the bond is on this leaf only."""
    lacp_system_mac: str = ""
    """Of a bond: the system MAC both leaves show in LACP, also the system MAC of the ESI."""
    lacp_rate: Literal["fast", "slow"] = "fast"
    """Of a bond: an LACP packet every second, or every 30 s (IEEE 802.1AX 6.4.4)."""
    min_links: int = 1
    """Of a bond: it is down with fewer members than that."""
    acl_in: str = ""
    """ACL on what arrives, by its name in `DeviceConfiguration.acls` (a set per IP version); empty for none."""
    acl_out: str = ""
    """ACL on what leaves."""
    neighbor: Neighbor | None = None
