"""Transit routers: what their tables lead to, and where VPCs and private gateways enter them."""

from __future__ import annotations

from crossconnect.cloud.kinds.transit import TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.hops import BLACKHOLE, Hop
from crossconnect.cloud.logical.numbers import link_addresses
from crossconnect.cloud.logical.provider import network_of
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.logical.vpn_connections import behind_gateway
from crossconnect.net import version_of


def attached_router(q: Queries, id: str) -> str:
    """The router of what an active attachment attaches: a VPC's, or a private gateway's."""
    attachment = q.need(TransitRouterAttachment, id)
    if attachment.status != "active":
        raise Unrealisable(f"{id} is not active")
    q.need(TransitRouter, attachment.transit_router_id)
    if attachment.vpc_id:
        return q.need(Vpc, attachment.vpc_id).id
    q.ask(network_of, attachment.private_gateway_id)
    return attachment.private_gateway_id


def transit_ports(attachment_id: str) -> tuple[str, str]:
    """Names of the ports of a link: of what is attached, of the transit router."""
    return f"attached-{attachment_id}", f"transit-{attachment_id}"


def reached_from(q: Queries, id: str) -> tuple[str, ...]:
    """The prefixes to which an attachment's table leads by other attachments."""
    attachment = q.need(TransitRouterAttachment, id)
    wanted = q.ask(led_to, attachment.route_table_id)
    return tuple(sorted(prefix for prefix, to in wanted.items() if to not in ("", id)))


def to_transit(q: Queries, owner: str, transit_router_id: str, version: int) -> Hop:
    """Where a VPC's router, or a private gateway's, sends what a transit router is to have."""
    field = "vpc_id" if q.get(Vpc, owner) is not None else "private_gateway_id"
    for id in q.referring(TransitRouterAttachment, field, owner):
        attachment = q.get(TransitRouterAttachment, id)
        if attachment and attachment.status == "active" and attachment.transit_router_id == transit_router_id:
            q.ask(attached_router, id)
            return Hop(link_addresses(q.region, attachment, transit_router_id)[version == 6], transit_ports(id)[0])
    return BLACKHOLE


def propagated(q: Queries, table_id: str) -> dict[str, str]:
    """Prefixes that attachments put into a table, and which attachment; the first by id where several do."""
    found: dict[str, str] = {}
    for id in q.referring(TransitRouterAttachment, "propagated_route_table_ids", table_id):
        attachment = q.need(TransitRouterAttachment, id)
        if attachment.status != "active":
            continue
        vpc = q.get(Vpc, attachment.vpc_id)
        own = (*vpc.cidr_blocks, *vpc.ipv6_cidr_blocks) if vpc else q.ask(behind_gateway, attachment.private_gateway_id)
        for prefix in own:
            found.setdefault(prefix, id)
    return found


def led_to(q: Queries, table_id: str) -> dict[str, str]:
    """Prefixes of a table's routes and the attachments that they lead to, empty where what matches is dropped: static
    ones before propagated. Nothing where there is no such table."""
    table = q.get(TransitRouteTable, table_id)
    if table is None:
        return {}
    return q.ask(propagated, table_id) | {route.destination: route.attachment_id for route in table.routes}


def transit_routes(q: Queries, table_id: str) -> dict[str, Hop]:
    """The routes of a transit router's table."""
    router = q.need(TransitRouter, q.need(TransitRouteTable, table_id).transit_router_id)
    wanted = q.ask(led_to, table_id)
    return {prefix: to_attachment(q, router.id, to, version_of(prefix)) for prefix, to in wanted.items()}


def to_attachment(q: Queries, transit_router_id: str, id: str, version: int) -> Hop:
    """Where a transit router sends what an attachment is to have; `BLACKHOLE` where that is gone."""
    attachment = q.get(TransitRouterAttachment, id)
    if attachment is None or attachment.transit_router_id != transit_router_id:
        return BLACKHOLE
    try:
        router = q.ask(attached_router, id)
    except Unrealisable:
        return BLACKHOLE
    return Hop(link_addresses(q.region, attachment, router)[version == 6], transit_ports(id)[1])
