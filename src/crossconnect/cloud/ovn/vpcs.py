"""VPCs: a router each."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.transport.ovsdb.types import Atom

ROUTER = "Logical_Router"
ROUTER_OPTIONS: dict[Atom, Atom] = {"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}
"""Neighbours are learned from requests that concern the router only, and looked up when needed: the flows of routers on
a provider network would grow with the square of their number."""


@unit
def router(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` named by the VPC's id."""
    vpc = q.need(Vpc, id)
    yield row(
        ROUTER,
        vpc.id,
        vpc.id,
        name=vpc.id,
        options=ROUTER_OPTIONS,
    )
