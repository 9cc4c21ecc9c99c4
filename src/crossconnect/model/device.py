"""Platforms, devices and cables: explicit ones in `fabric/*.yaml`, and the same records after expansion."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["leaf", "spine", "super-spine", "border-leaf"]
Nos = str
"""Name of a network operating system, the name of its sub-room in `nos`."""


class Platform(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A switch model as far as the design cares: its ports and its limits."""

    name: str
    """Unique among platforms; one of a built-in name replaces that."""
    ports: tuple[str, ...]
    """Port names in order, ranges in brackets, with a step where needed: `swp[1-32]`, `Ethernet[0-124:4]`. The built-in
    platforms have the names that the switch's network operating system gives its ports."""
    uplinks: tuple[str, ...] = ()
    """Ports that leaves use towards spines, in order of use; none given: the last ports first."""
    mtu_max: int = 9216
    """Greatest IP MTU, octets."""
    port_gbps: int | None = None
    """Speed of its ports, gigabits per second; none given: not known, and neither is the load of its links."""
    vrfs_max: int = 1000
    """Greatest number of IP-VRFs."""
    vnis_max: int = 4000
    """Greatest number of VNIs."""
    description: str = ""
    """For people."""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A switch. Written by hand it adds a device, or, under the name of an expanded one, refines that one."""

    name: str
    """Unique among everything that has a host name."""
    role: Role | None = None
    """Its tier; needed for a new device."""
    site: str = ""
    """Needed for a new device that is in no pod."""
    pod: str = ""
    """The pod whose fabric it belongs to."""
    rack: str = ""
    """The rack it stands in; leaves of one rack share dual-homed servers."""
    platform: str = ""
    """A built-in platform, or one of `platforms`."""
    nos: str = ""
    """Name of its network operating system."""
    asn: int | None = None
    """Its ASN; none given: allocated."""
    drained: bool = False
    """Taken out of traffic but left configured: graceful shutdown (RFC 8326), longer AS paths to external routers."""


class ExtraFile(msgspec.Struct, frozen=True, kw_only=True):
    """`fabric/extra/<name>.<nos>`: configuration in a system's own words, for a device or for all of a role."""

    file: str
    name: str
    """Device or role."""
    nos: Nos
    text: str


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cable between two switch ports, each written `device:port` or `device` (a port is then allocated)."""

    a: str
    """One end."""
    b: str
    """The other end."""
    mtu: int | None = None
    """IP MTU, octets; none given: the fabric's."""
    gbps: int | None = None
    """Its capacity, gigabits per second; none given: that of the slower of its two ports."""
