"""The MTU plan. All MTUs are IP MTUs in octets: what an IP packet may measure, without Ethernet header and tag."""

from __future__ import annotations

VXLAN_OVERHEAD = 50
"""Octets that a tenant's packet grows by in an underlay packet: inner Ethernet 14, VXLAN 8, UDP 8, IPv4 20 (RFC 7348
5). The inner frame carries no VLAN tag in the VLAN-based service (RFC 7432 6.1, RFC 8365 5.1.2)."""

HANDOFF_MTU = 1500
"""Towards external routers: what every carrier and internet exchange hands over (RFC 894)."""

MANAGEMENT_MTU = 1500

LOOPBACK_MTU = 65536
"""Linux's own for `lo`; routers ignore it."""


def overlay_mtu(fabric_mtu: int) -> int:
    """The greatest tenant packet that a fabric of this MTU carries without fragmentation."""
    return fabric_mtu - VXLAN_OVERHEAD
