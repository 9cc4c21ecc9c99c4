"""Transit routers, their attachments and route tables.

VPC's router --- link --- transit router --- link --- private gateway's router --- provider network
                                |
                 each attachment's port is in the table with which it is associated
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.logical.transit import attached_router, transit_ports, transit_routes
from crossconnect.cloud.ovn.parts import Part, row, unit
from crossconnect.cloud.ovn.provider import link, route
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.vpcs import ROUTER, ROUTER_OPTIONS


@unit
def router(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router` named by the transit router's id."""
    q.need(TransitRouter, id)
    yield row(ROUTER, id, id, name=id, options=ROUTER_OPTIONS)


@unit
def attachment(q: Queries, id: str) -> Iterator[Part]:
    """A `Logical_Router_Port` on either router, each other's `peer`; the transit router's is in the associated table,
    or in one of its own, which is empty."""
    attachment = q.need(TransitRouterAttachment, id)
    if attachment.status != "active":
        return
    router = q.ask(attached_router, id)
    outer, inner = transit_ports(id)
    table = {inner: attachment.route_table_id or f"{id}-none"}
    yield from link(q, attachment, (router, outer), (attachment.transit_router_id, inner), tables=table)


@unit
def table(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Static_Route` per route, static before propagated; one to an attachment that is gone discards."""
    router = q.need(TransitRouteTable, id).transit_router_id
    for prefix, hop in transit_routes(q, id).items():
        yield from route(router, f"{id}/{prefix}", id, prefix, hop, id)
