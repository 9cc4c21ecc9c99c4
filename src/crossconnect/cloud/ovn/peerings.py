"""Peerings of VPCs."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.logical.peerings import ends_of, peering_port
from crossconnect.cloud.ovn.parts import Part, unit
from crossconnect.cloud.ovn.provider import link
from crossconnect.cloud.ovn.queries import Queries


@unit
def peering(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router_Port` on each VPC's router, each other's `peer`. What arrives sees connected networks only, for
    these ports name no route table: peerings lead no further."""
    peering = q.need(VpcPeering, id)
    if ends := ends_of(q, peering):
        left, right = ((vpc_id, peering_port(id, vpc_id)) for vpc_id in ends)
        yield from link(q, peering, left, right)
