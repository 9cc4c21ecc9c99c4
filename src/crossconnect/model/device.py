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
    ports: tuple[str, ...]
    """Port names in order, ranges in brackets: `swp[1-32]`, `Ethernet[1-48]`."""
    uplinks: tuple[str, ...] = ()
    """Ports that leaves use towards spines, in order of use; none given: the last ports first."""
    mtu_max: int = 9216
    vrfs_max: int = 1000
    vnis_max: int = 4000
    description: str = ""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A switch. Written by hand it adds a device, or, under the name of an expanded one, refines that one."""

    name: str
    role: Role | None = None
    site: str = ""
    pod: str = ""
    rack: str = ""
    platform: str = ""
    nos: str = ""
    asn: int | None = None
    drained: bool = False
    """Taken out of traffic by graceful shutdown (RFC 8326) but left configured."""


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cable between two switch ports, each written `device:port` or `device` (a port is then allocated)."""

    a: str
    b: str
    mtu: int | None = None
