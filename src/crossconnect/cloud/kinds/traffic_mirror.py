"""Traffic mirroring: a copy of an interface's packets to another interface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

SESSIONS_MAX = 3
"""Mirrors of one source, as in AWS."""


class TrafficMirror(Resource, frozen=True, kw_only=True):
    """A mirror session."""

    vpc_id: str
    """Of the source."""
    source_network_interface_id: str
    target_network_interface_id: str
    """Of the same VPC."""
    direction: Literal["ingress", "egress", "both"] = "both"
    """As the source sees it."""


class TrafficMirrorBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    source_network_interface_id: str
    target_network_interface_id: str
    direction: Literal["ingress", "egress", "both"] = "both"


class TrafficMirrorPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one."""

    target_network_interface_id: str | msgspec.UnsetType = msgspec.UNSET
    direction: Literal["ingress", "egress", "both"] | msgspec.UnsetType = msgspec.UNSET


def references(mirror: TrafficMirror) -> Iterator[Reference]:
    """Its VPC and both interfaces."""
    yield Reference("vpc_id", mirror.vpc_id)
    yield Reference("source_network_interface_id", mirror.source_network_interface_id)
    yield Reference("target_network_interface_id", mirror.target_network_interface_id)
