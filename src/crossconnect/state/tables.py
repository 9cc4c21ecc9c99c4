"""The tables. One frozen record per row; `KEY` says which columns name a row.

All text is canonical (see `net`). Lists inside a row are sorted tuples. Times and counters are left out on purpose:
a state is what the network has settled on, so that two states can be compared.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class DeviceRow(msgspec.Struct, frozen=True, order=True):
    """A switch, external router or host."""

    device: str
    kind: str
    """Role of a switch, `peer` or `host`."""
    site: str
    pod: str
    nos: str
    up: bool
    KEY: ClassVar[tuple[str, ...]] = ("device",)


class InterfaceRow(msgspec.Struct, frozen=True, order=True):
    """An interface of a switch that the blueprint configures (ports, subinterfaces, bonds, loopbacks, IRB)."""

    device: str
    interface: str
    vrf: str
    kind: str
    up: bool
    mtu: int
    mac: str
    """Only where the blueprint sets it, else empty."""
    addresses: tuple[str, ...]
    KEY: ClassVar[tuple[str, ...]] = ("device", "interface")


class LldpRow(msgspec.Struct, frozen=True, order=True):
    """A neighbour heard by LLDP (IEEE 802.1AB) on a fabric port."""

    device: str
    port: str
    neighbor: str
    neighbor_port: str
    KEY: ClassVar[tuple[str, ...]] = ("device", "port")


class BgpSessionRow(msgspec.Struct, frozen=True, order=True):
    """One address family of a BGP session of a switch."""

    device: str
    vrf: str
    peer: str
    """The peer's address, or the interface of an unnumbered session."""
    family: str
    remote_asn: int
    remote_device: str
    """As designed; not something a device reports."""
    established: bool
    KEY: ClassVar[tuple[str, ...]] = ("device", "vrf", "peer", "family")


class RouteRow(msgspec.Struct, frozen=True, order=True):
    """A selected route in a switch's routing table (RIB) of one VRF; /32 and /128 local ones are left out."""

    device: str
    vrf: str
    prefix: str
    protocol: str
    """`connected`, `bgp`, `static`."""
    next_hops: tuple[str, ...]
    """`interface` for connected; `address%interface` for numbered links; `neighbour-device%interface` for IPv6
    link-local next hops of fabric links (link-local addresses are not predictable); `vtep%vni` for routes over
    VXLAN."""
    KEY: ClassVar[tuple[str, ...]] = ("device", "vrf", "prefix")


class BgpRouteRow(msgspec.Struct, frozen=True, order=True):
    """A path in a switch's Loc-RIB of one unicast family, with the attributes that decide."""

    device: str
    vrf: str
    prefix: str
    peer: str
    """Who sent it: session key, `local` if originated here, `evpn:<rd>` if imported from EVPN."""
    next_hop: str
    """As in `RouteRow.next_hops` without interface; empty for local."""
    as_path: str
    local_pref: int
    med: int
    communities: tuple[str, ...]
    best: bool
    multipath: bool
    KEY: ClassVar[tuple[str, ...]] = ("device", "vrf", "prefix", "peer", "next_hop")


class EvpnRouteRow(msgspec.Struct, frozen=True, order=True):
    """An EVPN route known to a switch (best path), RFC 7432 and RFC 9136."""

    device: str
    rd: str
    route_type: int
    """1 auto-discovery, 2 MAC/IP, 3 inclusive multicast, 4 Ethernet segment, 5 IP prefix."""
    key: str
    """Type 1 `esi/ethernet-tag`; 2 `mac` or `mac/ip`; 3 originator; 4 `esi/originator`; 5 prefix."""
    next_hop: str
    route_targets: tuple[str, ...]
    """Import route targets only; other extended communities are left out, ES-import (type 4) included as
    `es-import:mac`."""
    labels: tuple[int, ...]
    """VNIs of types 2 and 5; empty for types 1, 3 and 4, whose labels FRR does not show."""
    router_mac: str
    esi: str
    as_path: str
    local: bool
    KEY: ClassVar[tuple[str, ...]] = ("device", "rd", "route_type", "key")


class VtepRow(msgspec.Struct, frozen=True, order=True):
    """A remote VTEP in the flood list of one L2VNI (type-3 route imported)."""

    device: str
    vni: int
    remote: str
    KEY: ClassVar[tuple[str, ...]] = ("device", "vni", "remote")


class VniRow(msgspec.Struct, frozen=True, order=True):
    """A VNI configured on a VTEP."""

    device: str
    vni: int
    kind: str
    """`l2` or `l3`."""
    vrf: str
    """IP-VRF it belongs to, `default` for layer-2 segments without one."""
    KEY: ClassVar[tuple[str, ...]] = ("device", "vni")


class MacRow(msgspec.Struct, frozen=True, order=True):
    """A host's MAC in an L2VNI as EVPN knows it."""

    device: str
    vni: int
    mac: str
    kind: str
    """`local` or `remote`."""
    where: str
    """Port (local), VTEP (remote), or ESI (`esi:...`) where the host is on an Ethernet segment."""
    KEY: ClassVar[tuple[str, ...]] = ("device", "vni", "mac")


class State(msgspec.Struct, frozen=True, kw_only=True):
    """All tables of one network at one moment; `world` is `sim`, `lab` or `live`."""

    world: str
    devices: tuple[DeviceRow, ...] = ()
    interfaces: tuple[InterfaceRow, ...] = ()
    lldp: tuple[LldpRow, ...] = ()
    bgp_sessions: tuple[BgpSessionRow, ...] = ()
    routes: tuple[RouteRow, ...] = ()
    bgp_routes: tuple[BgpRouteRow, ...] = ()
    evpn_routes: tuple[EvpnRouteRow, ...] = ()
    vteps: tuple[VtepRow, ...] = ()
    vnis: tuple[VniRow, ...] = ()
    macs: tuple[MacRow, ...] = ()


TABLES: dict[str, type[msgspec.Struct]] = {
    "devices": DeviceRow,
    "interfaces": InterfaceRow,
    "lldp": LldpRow,
    "bgp_sessions": BgpSessionRow,
    "routes": RouteRow,
    "bgp_routes": BgpRouteRow,
    "evpn_routes": EvpnRouteRow,
    "vteps": VtepRow,
    "vnis": VniRow,
    "macs": MacRow,
}
