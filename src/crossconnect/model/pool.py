"""Pools: ranges from which numbers and addresses are allocated."""

from __future__ import annotations

from typing import Literal

import msgspec

Purpose = Literal[
    "loopback",  # router id and VTEP address of a device, one /32 or /128 each
    "link",  # point-to-point fabric links, one /31 or /127 each
    "management",  # management addresses, one per device
    "handoff",  # links to external routers, one /31 or /127 per session pair
    "l2vni",  # VNIs of segments
    "l3vni",  # VNIs of VRFs
    "vlan",  # VLAN ids of segments on leaves
    "handoff-vlan",  # VLAN ids of per-VRF subinterfaces to external routers
]


class Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A range with a purpose: a prefix for addresses, `first-last` for numbers. Several may share a purpose."""

    name: str
    """Unique among pools."""
    purpose: Purpose
    """What its numbers are for."""
    prefix: str = ""
    """For `loopback`, `link`, `management`, `handoff`: the prefix to carve from."""
    range: str = ""
    """For `l2vni`, `l3vni`, `vlan`, `handoff-vlan`: inclusive, as in `10000-19999`."""
    reserved: tuple[str, ...] = ()
    """Parts that are never given out: addresses, prefixes, numbers or number ranges."""
    site: str = ""
    """Only for devices of this site, where given."""
