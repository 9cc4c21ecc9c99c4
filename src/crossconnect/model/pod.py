"""Pods: the regular part of a fabric, written compactly."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.model.server import ServerGroup


class NodeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Like switches that do the same job, numbered from 1."""

    count: int
    platform: str = "generic-64"
    nos: str = "frr"
    name: str = ""
    """Name pattern with `{pod}` and `{n}`; by default `{pod}-spine{n}`, `{pod}-border{n}`."""


class RackGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rack, or `count` like racks numbered on from the racks before it in the pod."""

    count: int = 1
    name: str = ""
    """Name pattern with `{pod}` and `{n}`, `n` counting racks over the pod; by default `{pod}-rack{n}`."""
    leaves: Literal[1, 2] = 1
    leaf_name: str = ""
    """Name pattern with `{pod}`, `{rack}` and `{n}`, `n` counting leaves over the pod; by default `{pod}-leaf{n}`."""
    platform: str = "generic-64"
    nos: str = "frr"
    servers: tuple[ServerGroup, ...] = ()


class Pod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A leaf-spine cluster: every leaf has a link to every spine (RFC 7938 4)."""

    name: str
    site: str
    spines: NodeGroup
    racks: tuple[RackGroup, ...]
    border_leaves: NodeGroup | None = None
    links_per_spine: int = 1


class SuperSpineGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The tier above the pods (5-stage Clos). With `planes` n, spine i of a pod links only to plane i modulo n."""

    name: str
    site: str
    count: int
    planes: int = 1
    platform: str = "generic-64"
    nos: str = "frr"
    device_name: str = ""
    """Name pattern with `{name}` and `{n}`; by default `{name}{n}`."""
    pods: tuple[str, ...] = ()
    """Pods that link to it; none given: all."""
