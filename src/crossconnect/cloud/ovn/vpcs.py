"""VPCs: a router each."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.numbers import number_of
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.region import ROUTING_TABLE_BASE, ROUTING_TABLE_MAX
from crossconnect.cloud.resource import Resource
from crossconnect.transport.ovsdb.types import Atom

ROUTER = "Logical_Router"
ROUTER_OPTIONS: dict[Atom, Atom] = {"always_learn_from_arp_request": "false", "dynamic_neigh_routers": "true"}
"""Neighbours are learned from requests that concern the router only, and looked up when needed: the flows of routers on
a provider network would grow with the square of their number."""


def announcing(q: Queries, resource: Resource, kinds: str) -> dict[Atom, Atom]:
    """The options of a router with public addresses: where the region and OVN are so, it tells the gateway nodes'
    routing daemons of them."""
    number = number_of(resource)
    table = ROUTING_TABLE_BASE + number
    if not q.features.dynamic_routing or not q.region.dynamic_routing or not number or table > ROUTING_TABLE_MAX:
        return ROUTER_OPTIONS
    return ROUTER_OPTIONS | {
        "dynamic-routing": "true",
        "dynamic-routing-redistribute": kinds,
        "dynamic-routing-no-learning": "true",
        "dynamic-routing-vrf-id": str(table),
    }


@unit
def router(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` named by the VPC's id; with `dynamic-routing` where the region wants it."""
    vpc = q.need(Vpc, id)
    yield row(ROUTER, vpc.id, vpc.id, name=vpc.id, options=announcing(q, vpc, "nat,lb"))
