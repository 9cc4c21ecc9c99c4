"""Peerings of VPCs: their routers joined by a link."""

from __future__ import annotations

from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.queries import Queries, Unrealisable


def peering_port(peering_id: str, vpc_id: str) -> str:
    """The name of a VPC's router's port to the other VPC of a peering."""
    return f"{peering_id}-{vpc_id}"


def ends_of(q: Queries, peering: VpcPeering) -> tuple[str, str] | None:
    """The two VPCs whose routers a peering joins; None while it joins none."""
    if peering.status != "active":
        return None
    return q.need(Vpc, peering.vpc_id).id, q.need(Vpc, peering.peer_vpc_id).id


def other_side(q: Queries, peering_id: str, vpc_id: str) -> str:
    """The other VPC of a peering that works."""
    peering = q.need(VpcPeering, peering_id)
    sides = [peering.vpc_id, peering.peer_vpc_id]
    if vpc_id not in sides or peering.status != "active":
        raise Unrealisable(f"{peering_id} does not lead out of {vpc_id}")
    sides.remove(vpc_id)
    return q.need(Vpc, sides[0]).id
