"""BGP (RFC 4271) of one network instance: the speaker, its neighbours, what it originates."""

from __future__ import annotations

from typing import Literal

import msgspec

Family = Literal["ipv4-unicast", "ipv6-unicast", "l2vpn-evpn"]
FAMILIES: tuple[Family, ...] = ("ipv4-unicast", "ipv6-unicast", "l2vpn-evpn")


class NeighborFamily(msgspec.Struct, frozen=True, kw_only=True):
    """An address family of a session. An empty policy name means that none is attached (inside the fabric only)."""

    family: Family
    import_policy: str = ""
    export_policy: str = ""
    max_prefixes: int = 0
    """Session goes down above this, 0 for no limit."""
    next_hop_unchanged: bool = False
    """RFC 4271 5.1.3 third-party next hop kept over eBGP: EVPN at spines, so that tunnels end at leaves."""


class Neighbor(msgspec.Struct, frozen=True, kw_only=True):
    """A session. Exactly one of `address` and `interface` (unnumbered) is set."""

    address: str = ""
    interface: str = ""
    local_address: str = ""
    """The own address of the session, empty for unnumbered."""
    remote_asn: int
    kind: Literal["fabric", "external"]
    device: str
    """Name of the device, or of the external peer, at the other end."""
    description: str = ""
    families: tuple[NeighborFamily, ...]
    extended_next_hop: bool = False
    """RFC 8950: IPv4 routes with IPv6 next hops."""
    bfd: bool = False
    keepalive_s: int = 3
    hold_time_s: int = 9
    connect_retry_s: int = 3
    password: str = ""
    """Secret reference (`env:`, `file:`), TCP MD5 (RFC 2385)."""

    @property
    def key(self) -> str:
        """What names the session on its device: the peer's address, or the interface."""
        return self.address or self.interface


class Originate(msgspec.Struct, frozen=True, kw_only=True):
    """Routes that enter BGP here: `network` statements, or redistribution of connected routes."""

    family: Literal["ipv4-unicast", "ipv6-unicast"]
    networks: tuple[str, ...] = ()
    connected: bool = False
    connected_policy: str = ""


class Bgp(msgspec.Struct, frozen=True, kw_only=True):
    """A BGP speaker. `evpn_advertise` lists the families that an IP-VRF announces as type-5 routes (RFC 9136)."""

    asn: int
    router_id: str
    neighbors: tuple[Neighbor, ...] = ()
    originate: tuple[Originate, ...] = ()
    maximum_paths: int = 1
    multipath_relax: bool = True
    """Paths of equal length over different neighbour ASNs are multipath."""
    graceful_restart: bool = True
    graceful_shutdown: bool = False
    """RFC 8326: announce everything with GRACEFUL_SHUTDOWN, accept everything with local_pref 0."""
    evpn_advertise: tuple[Literal["ipv4-unicast", "ipv6-unicast"], ...] = ()
    evpn_advertise_policy: str = ""
    advertise_all_vni: bool = False
    """Default instance of a VTEP: its MAC-VRFs are announced (type 2 and 3)."""
