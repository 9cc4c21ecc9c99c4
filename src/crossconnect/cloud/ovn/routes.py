"""Route tables: static routes in a table of the VPC's router that subnets' ports name (`options:route_table`)."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.routes import hop, routes_of, subnet_blocks
from crossconnect.cloud.ovn.parts import Fault, Part, unit
from crossconnect.cloud.ovn.provider import route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.net import parse


@unit
def table(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Static_Route` per route, and one that discards per CIDR block of the VPC: or a default route
    would take what no subnet has. A route to a target that is gone discards, too. Every table has all it needs:
    whatever ovn-nb(5) says, ports with a route table do not see routes without one."""
    table = q.need(RouteTable, id)
    vpc = q.need(Vpc, table.vpc_id)
    routes = routes_of(q, table)
    for prefix, to in routes.given.items():
        yield from route(vpc.id, f"{id}/{prefix}", id, prefix, to, id)
    connected = q.ask(subnet_blocks, vpc.id)
    for prefix, target in routes.wanted.items():
        if prefix in connected:
            yield Fault(f"{prefix} is a subnet: OVN's connected routes go before static ones of the same length")
            continue
        where = hop(q, vpc.id, target, parse(prefix).version)
        yield from route(vpc.id, f"{id}/{prefix}", id, prefix, where, id)
