"""Pods: the regular part of a fabric, written compactly."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.model.server import ServerGroup


class NodeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Like switches that do the same job, numbered from 1."""

    count: int
    """How many there are."""
    platform: str = "generic-64"
    """A built-in platform, or one of `platforms`."""
    nos: str = "frr"
    """Name of their network operating system."""
    name: str = ""
    """Name pattern with `{pod}` and `{n}`; by default `{pod}-spine{n}`, `{pod}-border{n}`."""


class RackGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rack, or `count` like racks numbered over the pod. What has a number in region.lock keeps it."""

    count: int = 1
    """How many like racks."""
    name: str = ""
    """Name pattern with `{pod}` and `{n}`, `n` counting racks over the pod; by default `{pod}-rack{n}`."""
    leaves: Literal[1, 2] = 1
    """Leaves per rack; two for dual-homed servers."""
    leaf_name: str = ""
    """Name pattern with `{pod}`, `{rack}` and `{n}`, `n` counting leaves over the pod; by default `{pod}-leaf{n}`."""
    platform: str = "generic-64"
    """A built-in platform, or one of `platforms`."""
    nos: str = "frr"
    """Name of the leaves' network operating system."""
    multihoming: Literal["ethernet-segments", "mlag"] | None = None
    """What its two leaves are to dual-homed servers; none given: what the region's `design` says."""
    peer_links: int = 2
    """Cables between the two leaves of a rack with `multihoming: mlag`."""
    servers: tuple[ServerGroup, ...] = ()
    """Servers in each rack."""


class Pod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A leaf-spine cluster: every leaf has a link to every spine (RFC 7938 4)."""

    name: str
    """Unique among pods; devices' names begin with it."""
    site: str
    """Where it stands."""
    spines: NodeGroup
    """Its spines."""
    racks: tuple[RackGroup, ...]
    """Its racks with their leaves and servers."""
    border_leaves: NodeGroup | None = None
    """Leaves towards the outside; none given: the pod has none."""
    links_per_spine: int = 1
    """Parallel links from each leaf to each spine."""


class SuperSpineGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tier above the pods (5-stage Clos). With `planes` n, spine i of a pod links only to plane i modulo n."""

    name: str
    """Unique among super-spine groups."""
    site: str
    """Where it stands."""
    count: int
    """How many there are."""
    planes: int = 1
    """Planes that divide it; must divide `count` and the spines of every pod."""
    platform: str = "generic-64"
    """A built-in platform, or one of `platforms`."""
    nos: str = "frr"
    """Name of their network operating system."""
    device_name: str = ""
    """Name pattern with `{name}` and `{n}`; by default `{name}{n}`."""
    pods: tuple[str, ...] = ()
    """Pods that link to it; none given: all."""
