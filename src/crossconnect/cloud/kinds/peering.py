"""VPC peering: two VPCs route to each other; not on through each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class VpcPeering(Resource, frozen=True, kw_only=True):
    """A peering, asked for by one VPC's project and accepted by the other's. Their CIDR blocks do not overlap."""

    vpc_id: str
    """Who asked."""
    peer_vpc_id: str
    peer_project_id: str
    """Whose the other VPC is: it sees the peering, and may accept, reject or delete it."""
    status: Literal["pending-acceptance", "active", "rejected"] = "pending-acceptance"


class VpcPeeringBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To ask for one. With both VPCs in one project it is active at once."""

    vpc_id: str
    peer_vpc_id: str
    peer_project_id: str = ""
    """None: the own one."""


class VpcPeeringPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To answer, as the other VPC's project."""

    status: Literal["active", "rejected"] | msgspec.UnsetType = msgspec.UNSET


def references(peering: VpcPeering) -> Iterator[Reference]:
    """Both VPCs, as long as it is not rejected."""
    if peering.status != "rejected":
        yield Reference("vpc_id", peering.vpc_id)
        yield Reference("peer_vpc_id", peering.peer_vpc_id)
