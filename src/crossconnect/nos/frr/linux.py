"""The Linux side of an FRR device as one typed description; the lab (or ifupdown, or a netlink agent) applies it.

What a description means, and not how it is done: whether a VRF is a kernel VRF device or a network namespace of its
own, and whether bridge domains are VLANs of one VLAN-aware bridge or a bridge each, is the choice of whoever applies
it. Names of the interfaces that FRR sees are the same either way:

    swp1          a port, `swp1.100` its 802.1Q subinterface, `bond1` a bond
    vlan100       IRB interface (SVI) of the bridge domain with VLAN 100
    vni10100      VXLAN device of an L2VNI or an L3VNI
    l3vni5001     bridge that carries the L3VNI's VXLAN device, `vlan4001` style reserved VLANs being an artefact
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """A physical port. Routed when it has addresses or `link_local`; a bond member when `bond` is set."""

    name: str
    vrf: str
    """`default`, or name of a VRF."""
    mtu: int
    enabled: bool = True
    addresses: tuple[str, ...] = ()
    link_local: bool = False
    """IPv6 link-local address wanted (unnumbered links)."""
    bond: str = ""
    description: str = ""


class Subinterface(msgspec.Struct, frozen=True, kw_only=True):
    """An 802.1Q subinterface of a port, routed."""

    name: str
    parent: str
    vlan: int
    vrf: str
    mtu: int
    addresses: tuple[str, ...] = ()
    enabled: bool = True


class Bond(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An LACP bond (IEEE 802.1AX); with an Ethernet segment both leaves show `system_mac`."""

    name: str
    members: tuple[str, ...]
    mtu: int
    system_mac: str
    es_id: int
    """Discriminator of the type 3 ESI, 0 for none."""
    lacp_rate: Literal["fast", "slow"] = "fast"


class BridgePort(msgspec.Struct, frozen=True, order=True):
    """A port or bond in a bridge domain."""

    name: str
    tagged: bool


class BridgeDomain(msgspec.Struct, frozen=True, kw_only=True):
    """One broadcast domain: VLAN, its L2VNI, its ports, and its IRB interface if it is routed."""

    vlan: int
    vni: int
    vxlan: str
    svi: str
    vrf: str
    """VRF of the IRB interface; `default` where there is none."""
    mtu: int
    svi_mac: str = ""
    svi_addresses: tuple[str, ...] = ()
    """Empty: no IRB interface is made."""
    ports: tuple[BridgePort, ...] = ()


class VrfDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A VRF; with an L3VNI also the bridge and VXLAN device that carry it."""

    name: str
    table: int
    vni: int = 0
    vxlan: str = ""
    bridge: str = ""
    router_mac: str = ""
    mtu: int = 1500


class LinuxDevice(msgspec.Struct, frozen=True, kw_only=True):
    """Everything below FRR on one device. `lo_addresses` live on `lo` of the default VRF."""

    name: str
    vtep: str
    sysctls: tuple[tuple[str, str], ...]
    lo_addresses: tuple[str, ...]
    vrfs: tuple[VrfDevice, ...]
    ports: tuple[Port, ...]
    subinterfaces: tuple[Subinterface, ...]
    bonds: tuple[Bond, ...]
    bridge_domains: tuple[BridgeDomain, ...]
    files: tuple[tuple[str, str], ...] = ()
    """Further files by path: chrony, rsyslog, lldpd configuration."""
