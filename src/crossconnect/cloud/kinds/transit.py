"""Transit routers: what several VPCs and private gateways are attached to, with route tables of its own.

A packet that enters by an attachment is routed by the table with which that attachment is associated. Tables hold
static routes, and what attachments propagate into them: a VPC its CIDR blocks, a private gateway its prefixes. The
longest prefix decides; among equal ones a static route (AWS Transit Gateways, "Route evaluation order").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class TransitRouter(Resource, frozen=True, kw_only=True):
    """A transit router. It comes and goes with its default route table."""

    default_route_table_id: str
    default_association: bool = True
    """Whether a new attachment is associated with the default table."""
    default_propagation: bool = True
    """Whether a new attachment propagates into the default table."""
    shared_with: tuple[str, ...] = ()
    """Projects that see it, and may ask to attach networks of theirs."""
    number: int = 0
    """One of the region's own, for addresses on the links between routers; never another resource's."""


class TransitRouterBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    default_association: bool = True
    default_propagation: bool = True
    shared_with: tuple[str, ...] = ()


class TransitRouterPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. What is attached stays attached when its project is no longer in `shared_with`."""

    default_association: bool | msgspec.UnsetType = msgspec.UNSET
    default_propagation: bool | msgspec.UnsetType = msgspec.UNSET
    shared_with: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class TransitRouterAttachment(Resource, frozen=True, kw_only=True):
    """A VPC, or a private gateway, attached to a transit router. It belongs to the project whose network it attaches;
    the router's project sees it, accepts it, and says how it is routed."""

    transit_router_id: str
    transit_router_project_id: str
    vpc_id: str = ""
    subnet_ids: tuple[str, ...] = ()
    """Of a VPC: one in each zone, as in AWS. Here all of the VPC reaches the router, whatever its zone."""
    private_gateway_id: str = ""
    status: Literal["pending-acceptance", "active", "rejected"] = "pending-acceptance"
    route_table_id: str = ""
    """The router's table by which packets that enter here are routed; none: they are dropped."""
    propagated_route_table_ids: tuple[str, ...] = ()
    """The router's tables that learn what is reached here."""
    number: int = 0
    """One of the region's own, for the addresses of its link; never another peering's or attachment's."""


class TransitRouterAttachmentBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To ask for one: of a VPC with subnets, or of a private gateway. With the own router it is active at once."""

    transit_router_id: str
    vpc_id: str = ""
    subnet_ids: tuple[str, ...] = ()
    private_gateway_id: str = ""


class TransitRouterAttachmentPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. `subnet_ids` is for the attached network's project, the rest for the router's."""

    subnet_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["active", "rejected"] | msgspec.UnsetType = msgspec.UNSET
    route_table_id: str | msgspec.UnsetType = msgspec.UNSET
    propagated_route_table_ids: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class TransitRoute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A static route of a transit router."""

    destination: str
    """A CIDR block."""
    attachment_id: str = ""
    """Where it leads; none: what it matches is dropped."""


class TransitRouteTable(Resource, frozen=True, kw_only=True):
    """A route table of a transit router."""

    transit_router_id: str
    default: bool = False
    """Whether it is the router's default one, and goes with it."""
    routes: tuple[TransitRoute, ...] = ()
    """Static routes."""


class TransitRouteTableBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    transit_router_id: str
    routes: tuple[TransitRoute, ...] = ()


class TransitRouteTablePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `routes` replaces all static routes."""

    routes: tuple[TransitRoute, ...] | msgspec.UnsetType = msgspec.UNSET


def router_references(router: TransitRouter) -> Iterator[Reference]:
    """None: its table refers to it."""
    return iter(())


def attachment_references(attachment: TransitRouterAttachment) -> Iterator[Reference]:
    """Its router, what it attaches, the tables it is routed by. A rejected one keeps nothing."""
    if attachment.status == "rejected":
        return
    yield Reference("transit_router_id", attachment.transit_router_id)
    if attachment.vpc_id:
        yield Reference("vpc_id", attachment.vpc_id)
    for n, id in enumerate(attachment.subnet_ids):
        yield Reference(f"subnet_ids/{n}", id)
    if attachment.private_gateway_id:
        yield Reference("private_gateway_id", attachment.private_gateway_id)
    if attachment.route_table_id:
        yield Reference("route_table_id", attachment.route_table_id)
    for n, id in enumerate(attachment.propagated_route_table_ids):
        yield Reference(f"propagated_route_table_ids/{n}", id)


def route_table_references(table: TransitRouteTable) -> Iterator[Reference]:
    """Its router. Attachments may go: their routes drop then."""
    yield Reference("transit_router_id", table.transit_router_id, owned=table.default)


def router_seen_by(router: TransitRouter) -> tuple[str, ...]:
    """Those whom it is shared with."""
    return router.shared_with


def attachment_seen_by(attachment: TransitRouterAttachment) -> tuple[str, ...]:
    """The router's project."""
    return (attachment.transit_router_project_id,)
