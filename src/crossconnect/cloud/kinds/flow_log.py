"""Flow logs: which connections of a VPC, a subnet or an interface are to be recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

Traffic = Literal["accept", "reject", "all"]


class FlowLog(Resource, frozen=True, kw_only=True):
    """A subscription."""

    resource_id: str
    """Of a VPC, subnet or network interface."""
    traffic: Traffic = "all"
    """What rules let through, what they drop, or both."""


class FlowLogBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    resource_id: str
    traffic: Traffic = "all"


class FlowLogPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one."""

    traffic: Traffic | msgspec.UnsetType = msgspec.UNSET


def references(flow_log: FlowLog) -> Iterator[Reference]:
    """What it records."""
    yield Reference("resource_id", flow_log.resource_id)
