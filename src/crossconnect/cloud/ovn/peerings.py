"""Peerings of VPCs."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.parts import Part, unit
from crossconnect.cloud.ovn.provider import link
from crossconnect.cloud.ovn.queries import Queries, Unrealisable


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


@unit
def peering(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router_Port` on each VPC's router, each other's `peer`. What arrives sees connected networks only, for
    these ports name no route table: peerings lead no further."""
    peering = q.need(VpcPeering, id)
    if peering.status != "active":
        return
    left, right = q.need(Vpc, peering.vpc_id).id, q.need(Vpc, peering.peer_vpc_id).id
    yield from link(q, peering, (left, peering_port(id, left)), (right, peering_port(id, right)))
