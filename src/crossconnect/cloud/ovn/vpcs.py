"""VPCs: a router each."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.queries import Queries

ROUTER = "Logical_Router"


@unit
def router(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` named by the VPC's id. Neighbours are learned from requests that concern the router only, and
    looked up when needed: a router in a provider network would learn all of it."""
    vpc = q.need(Vpc, id)
    yield row(
        ROUTER,
        vpc.id,
        vpc.id,
        name=vpc.id,
        options={"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"},
    )
