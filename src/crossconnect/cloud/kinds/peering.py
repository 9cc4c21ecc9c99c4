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
    status: Literal["pending-acceptance", "active", "rejected", "expired"] = "pending-acceptance"
    expires_at: str = ""
    """RFC 3339: when a request that nobody has answered is void; empty once it is answered."""
    number: int = 0
    """One of the region's own, for the addresses of its link; never another peering's or attachment's."""


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
    """The VPC that asked, until the request is void; the other one once it has accepted, since nobody keeps another
    project's VPC by asking for it."""
    if peering.status in ("pending-acceptance", "active"):
        yield Reference("vpc_id", peering.vpc_id)
    if peering.status == "active":
        yield Reference("peer_vpc_id", peering.peer_vpc_id)


def seen_by(peering: VpcPeering) -> tuple[str, ...]:
    """The other VPC's project."""
    return (peering.peer_project_id,)
