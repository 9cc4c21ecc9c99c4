"""The MTU that is left for tenants' machines inside the cloud's tunnels. All MTUs are IP MTUs in octets, as in `mtu`.

tenant's IP packet                                     what this module computes
+ Ethernet header                  14                  the tenant's own, without 802.1Q tag
+ Geneve header                     8                  RFC 8926 3.4
+ OVN's option                      8                  ovn-architecture(7): class 0x0102, type 0x80, ports in and out
+ UDP                               8
+ IPv4 20, or IPv6 40                                  must fit into the chassis' underlay: nothing here fragments
= packet between two chassis  <=  MTU of the segment that carries it, which a VXLAN fabric in its turn wraps
                                  (`design.mtu.VXLAN_OVERHEAD`) and has already taken off
"""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.intent.placement import segment_path
from crossconnect.net import version_of

ETHERNET_HEADER = 14
GENEVE_HEADER = 8
OVN_OPTION = 8
UDP_HEADER = 8
IP_HEADER = {4: 20, 6: 40}


def geneve_overhead(version: int) -> int:
    """Octets by which a tenant's packet grows between two chassis whose tunnels run over that IP version."""
    return ETHERNET_HEADER + GENEVE_HEADER + OVN_OPTION + UDP_HEADER + IP_HEADER[version]


def tenant_mtu(underlay_mtu: int, version: int = 4) -> int:
    """The greatest packet of a tenant that passes between chassis over an underlay of that MTU."""
    return underlay_mtu - geneve_overhead(version)


def region_tenant_mtu(blueprint: Blueprint, tunnels: str, chassis: Iterable[str] = ()) -> int:
    """The greatest packet of a tenant that passes between any two chassis of a region, whose tunnels run in the segment
    `tenant/vrf/segment`, between the first addresses that servers have there; `chassis` are servers of the region (all
    servers in the segment where none are named).

    Raises BadInput where no server has an address in the segment.
    """
    names, path = set(chassis), segment_path(tunnels)
    left = [
        tenant_mtu(host.mtu, version_of(endpoint.addresses[0]))
        for host in blueprint.hosts
        if not names or host.name in names
        for endpoint in host.endpoints
        if endpoint.segment == path and endpoint.addresses
    ]
    if not left:
        raise BadInput(f"no server of region {blueprint.region} has an address in segment {tunnels!r}")
    return min(left)
