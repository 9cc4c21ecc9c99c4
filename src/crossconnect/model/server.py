"""Servers: what tenants' machines run on, and where they are plugged in."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.model.cloud import ChassisRole


class SegmentPort(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A segment on a server's port. A server has at most one untagged segment."""

    segment: str
    """`tenant/vrf/segment`, or `tenant/segment` for a segment without VRF."""
    tagged: bool = False
    """Whether frames carry an 802.1Q tag."""
    addresses: tuple[str, ...] = ()
    """The server's own addresses in it (`10.1.1.10/24`); the lab and the simulation use them as endpoints."""


class Attachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One cable of a server: `leaf:port` or `leaf` (a port is then allocated)."""

    port: str
    """The switch's end of the cable."""


class Uplink(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A routed cable of a gateway node."""

    port: str
    """The leaf's end of the cable: `leaf:port`, or `leaf` (a port is then allocated)."""


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server with one cable, or two to different leaves forming one Ethernet segment (RFC 7432 8)."""

    name: str
    """Unique among everything that has a host name."""
    attachments: tuple[Attachment, ...]
    """One cable, or two to different leaves."""
    segments: tuple[SegmentPort, ...] = ()
    """Segments on its port or bond."""
    mac: str = ""
    """MAC address of its first port; none given: one is derived."""
    chassis: ChassisRole = "none"
    """What it is to the cloud: a hypervisor runs tenants' machines, a gateway node is where their traffic leaves and
    enters. Either has its tunnels' address in the segment `design.cloud.tunnels`."""
    uplinks: tuple[Uplink, ...] = ()
    """Of a gateway node: cables besides `attachments`, at most one to a leaf, over which it speaks eBGP in the VRF of
    every provider network."""


class ServerGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Like servers of a rack, numbered from 1."""

    count: int = 1
    """How many like servers in each rack."""
    name: str = ""
    """Name pattern with `{pod}`, `{rack}` and `{n}`; by default `{rack}-server{n}`."""
    homing: Literal["single", "dual"] = "single"
    """`dual` cables each server to both leaves of the rack as one Ethernet segment. `single` takes the leaves in
    turn."""
    chassis: Literal["none", "hypervisor"] = "none"
    """Whether they run tenants' machines of the cloud."""
    segments: tuple[SegmentPort, ...] = ()
    """Segments of each; `addresses` here are base addresses, and server n gets base + (n - 1)."""
