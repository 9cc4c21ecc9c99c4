"""Egress-only internet gateways: IPv6 connections begin inside, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.logical.egress_only import outside_of
from crossconnect.cloud.logical.subnets import switch_of, table_of
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import GROUPS_TIER, Part, row, tier, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.subnets import SWITCH

PRIORITY = 2000
"""Above the rules of security groups."""


@unit
def sources(q: Queries, id: str) -> Iterator[Part]:
    """`Address_Set` of what a route table leads to by an egress-only gateway: matches with `!=` of several blocks would
    multiply flows, so the set is what remains when other routes are taken out."""
    if outside := q.ask(outside_of, id):
        yield row("Address_Set", f"{word(id)}_outside", id, name=f"{word(id)}_outside", addresses=outside)


@unit
def subnet_inside(q: Queries, id: str) -> Iterator[Part]:
    """`ACL` on the subnet's switch that drops new connections from there; replies pass, for OVN lets them pass before
    it looks at ACLs."""
    q.ask(switch_of, id)
    table = q.ask(table_of, id)
    if q.ask(outside_of, table):
        drop = row(
            "ACL",
            f"{id}/egress-only",
            id,
            direction="to-lport",
            priority=PRIORITY,
            match=f"ip6.src == ${word(table)}_outside",
            action="drop",
            **tier(q, GROUPS_TIER),
        )
        yield from within(SWITCH, id, "acls", drop)
