"""Peerings of VPCs: their routers joined by a link."""

from __future__ import annotations

from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.queries import Queries, Unrealisable


def peering_port(peering_id: str, vpc_id: str) -> str:
    """The name of a VPC's router's port to the other VPC of a peering."""
    return f"{peering_id}-{vpc_id}"


def other_side(q: Queries, peering_id: str, vpc_id: str) -> str:
    """The other VPC of a peering that works."""
    peering = q.need(VpcPeering, peering_id)
    sides = [peering.vpc_id, peering.peer_vpc_id]
    if vpc_id not in sides or peering.status != "active":
        raise Unrealisable(f"{peering_id} does not lead out of {vpc_id}")
    sides.remove(vpc_id)
    return q.need(Vpc, sides[0]).id
