"""Egress-only internet gateways: where no connection may begin."""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.cloud.kinds.gateways import EgressOnlyInternetGateway
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.private_link import private_routes
from crossconnect.cloud.logical.queries import Queries
from crossconnect.cloud.logical.routes import destinations
from crossconnect.net import address_text, contains, overlaps, parse

_NEVER = ("fe80::/10", "ff00::/8")
"""Neighbours of the same link are not outside."""


def without(blocks: Iterable[str], holes: list[str]) -> list[str]:
    """Blocks less what lies in the holes."""
    left: list[str] = []
    for block in blocks:
        inside = [hole for hole in holes if overlaps(block, hole)]
        if not inside:
            left.append(block)
        elif not any(contains(hole, block) for hole in inside):
            parsed = parse(block)
            half = parsed.length + 1
            bits = 32 if parsed.version == 4 else 128
            for value in (parsed.value, parsed.value | 1 << bits - half):
                left += without([f"{address_text(parsed.version, value)}/{half}"], inside)
    return left


def outside_of(q: Queries, table_id: str) -> frozenset[str]:
    """The IPv6 addresses to which a route table leads by an egress-only gateway; they are where nothing may begin."""
    table = q.get(RouteTable, table_id)
    if table is None:
        return frozenset()
    vpc = q.need(Vpc, table.vpc_id)
    routes = {prefix: target for prefix, target in destinations(q, table).items() if ":" in prefix}
    ours = [p for p, target in routes.items() if _is_egress_only(q, target, vpc.id)]
    elsewhere = (*routes, *vpc.ipv6_cidr_blocks, *(p for p in q.ask(private_routes, vpc.id) if ":" in p))
    found: list[str] = []
    for prefix in ours:
        longer = [p for p in elsewhere if p != prefix and contains(prefix, p)]
        found += without([prefix], [*longer, *_NEVER])
    return frozenset(found)


def _is_egress_only(q: Queries, target: str, vpc_id: str) -> bool:
    gateway = q.get(EgressOnlyInternetGateway, target)
    return gateway is not None and gateway.vpc_id == vpc_id
