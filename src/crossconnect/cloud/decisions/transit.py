"""What becomes of transit routers, their attachments and route tables."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.foresight import With
from crossconnect.cloud.decisions.load_balancer import zone_subnets
from crossconnect.cloud.decisions.meeting import blocks_of, on_router, others, refuse_overlap
from crossconnect.cloud.decisions.patching import (
    black_holes,
    diverted,
    patched,
    refuse_more,
    refuse_naming,
    the_vpc,
)
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.transit import (
    TransitRoute,
    TransitRouter,
    TransitRouterAttachment,
    TransitRouterAttachmentBody,
    TransitRouterAttachmentPatch,
    TransitRouterBody,
    TransitRouterPatch,
    TransitRouteTable,
    TransitRouteTableBody,
    TransitRouteTablePatch,
)
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Effect, Resource, conflict, forbidden, invalid, missing
from crossconnect.cloud.view import Context, View, born

_SHARING = ("default_association", "default_propagation", "shared_with")
_ROUTING = ("status", "route_table_id", "propagated_route_table_ids")
"""Fields of an attachment that are the router's project's to set."""


def create(body: TransitRouterBody, view: View, context: Context) -> Change:
    """A transit router with its default route table."""
    id, table = context.new_id("tr"), context.new_id("trt")
    (number,) = numbers(view, "transfer", id)
    router = born(
        TransitRouter,
        id,
        context,
        body,
        default_route_table_id=table,
        default_association=body.default_association,
        default_propagation=body.default_propagation,
        shared_with=_projects(body.shared_with),
        number=number.value,
    )
    default = born(TransitRouteTable, table, context, name="default", transit_router_id=id, default=True)
    return Change(put=(router, default), claims=(number,))


def update(router: TransitRouter, patch: TransitRouterPatch, view: View, context: Context) -> Change:
    """The router with what the patch says of later attachments."""
    refuse_naming(router, patch, context)
    touched = any(
        getattr(patch, f) is not msgspec.UNSET for f in ("default_association", "default_propagation", "shared_with")
    )
    if touched:
        _refuse_guest(router.project_id, router.id, context, "")
    changed = patched(router, patch, "default_association", "default_propagation", "shared_with")
    return Change(put=(msgspec.structs.replace(changed, shared_with=_projects(changed.shared_with)),))


def delete(router: TransitRouter, view: View, context: Context) -> Change:
    """The router with its default table; nothing is attached any more."""
    _refuse_guest(router.project_id, router.id, context, "")
    return Change(delete=(router.id, router.default_route_table_id))


def create_attachment(body: TransitRouterAttachmentBody, view: View, context: Context) -> Change:
    """An attachment: active at once with the own router, asked for with another project's."""
    router = view.shared(TransitRouter, body.transit_router_id)
    if router is None or context.project_id not in (router.project_id, *router.shared_with):
        raise missing("transit-router", body.transit_router_id, "/transit_router_id")
    if bool(body.vpc_id) == bool(body.private_gateway_id):
        message = "an attachment is of a VPC or of a private gateway"
        raise invalid("transit-router-attachment.of", message, "/vpc_id")
    attached = view.shared_referring(TransitRouterAttachment, router.id, "transit_router_id")
    refuse_more(
        len(attached) + 1, limit(context, "attachments_per_transit_router"), "attachments", "/transit_router_id"
    )
    of = body.vpc_id or body.private_gateway_id
    if any(of in (a.vpc_id, a.private_gateway_id) for a in attached):
        raise conflict("transit-router-attachment.duplicate", f"{of} is attached to {router.id}", "/transit_router_id")
    if body.vpc_id:
        vpc = the_vpc(body.vpc_id, view)
        _refuse_subnets(body.subnet_ids, vpc.id, view)
        refuse_overlap(blocks_of(vpc), on_router(router.id, view), "/vpc_id")
    else:
        if body.subnet_ids:
            raise invalid("transit-router-attachment.of", "a private gateway has no subnets", "/subnet_ids")
        _refuse_gateway(body.private_gateway_id, view)
    own = router.project_id == context.project_id
    id = context.new_id("tra")
    (number,) = numbers(view, "link", id)
    attachment = born(
        TransitRouterAttachment,
        id,
        context,
        body,
        transit_router_id=router.id,
        transit_router_project_id=router.project_id,
        vpc_id=body.vpc_id,
        subnet_ids=body.subnet_ids,
        private_gateway_id=body.private_gateway_id,
        number=number.value,
    )
    made = _accepted(attachment, router) if own else attachment
    return Change(put=(made,), claims=(number,), effects=_meeting(None, made, view))


def update_attachment(
    attachment: TransitRouterAttachment, patch: TransitRouterAttachmentPatch, view: View, context: Context
) -> Change:
    """The attachment with what the patch says, each field by the project whose it is."""
    refuse_naming(attachment, patch, context)
    asked = [field for field in _ROUTING if getattr(patch, field) is not msgspec.UNSET]
    if asked:
        _refuse_guest(attachment.transit_router_project_id, attachment.id, context, f"/{asked[0]}")
    changed = attachment
    if patch.subnet_ids is not msgspec.UNSET:
        _refuse_guest(attachment.project_id, attachment.id, context, "/subnet_ids")
        if not attachment.vpc_id:
            raise invalid("transit-router-attachment.of", "a private gateway has no subnets", "/subnet_ids")
        _refuse_subnets(patch.subnet_ids, attachment.vpc_id, view)
        changed = msgspec.structs.replace(changed, subnet_ids=patch.subnet_ids)
    if patch.status is not msgspec.UNSET and patch.status != attachment.status:
        changed = _answered(changed, patch.status == "active", view)
    changed = patched(changed, patch, "route_table_id", "propagated_route_table_ids")
    named = [("route_table_id", changed.route_table_id)] if changed.route_table_id else []
    named += [(f"propagated_route_table_ids/{n}", id) for n, id in enumerate(changed.propagated_route_table_ids)]
    for field, id in named if asked else ():
        table = view.get(TransitRouteTable, id)
        if table is None or table.transit_router_id != attachment.transit_router_id:
            raise missing("transit-route-table", id, f"/{field}")
    if named and changed.status != "active":
        message = f"{attachment.id} is {changed.status}: only what is active is routed"
        raise conflict("transit-router-attachment.not-active", message, "/status")
    changed = msgspec.structs.replace(
        changed, propagated_route_table_ids=tuple(dict.fromkeys(changed.propagated_route_table_ids))
    )
    effects = (*_attachment_effects(attachment, changed), *_meeting(attachment, changed, view))
    return Change(put=(changed,), effects=effects)


def delete_attachment(attachment: TransitRouterAttachment, view: View, context: Context) -> Change:
    """The attachment, by either project. Static routes to it drop what they match."""
    effects: tuple[Effect, ...] = ()
    if attachment.status == "active":
        what = attachment.vpc_id or attachment.private_gateway_id
        message = f"{what} is not reached through {attachment.transit_router_id} any more, and reaches nothing there"
        holes = black_holes((attachment.vpc_id,), attachment.transit_router_id, view) if attachment.vpc_id else ()
        effects = (Effect(message, cuts=True, resource_id=attachment.id), *holes, *_dropped(attachment, view))
    return Change(delete=(attachment.id,), effects=effects)


def create_table(body: TransitRouteTableBody, view: View, context: Context) -> Change:
    """A route table of the project's own router."""
    router = view.get(TransitRouter, body.transit_router_id)
    if router is None:
        raise missing("transit-router", body.transit_router_id, "/transit_router_id")
    _refuse_guest(router.project_id, router.id, context, "/transit_router_id")
    table = born(
        TransitRouteTable,
        context.new_id("trt"),
        context,
        body,
        transit_router_id=router.id,
        routes=_routes(body.routes, (), router.id, view, context),
    )
    return Change(put=(table,))


def update_table(table: TransitRouteTable, patch: TransitRouteTablePatch, view: View, context: Context) -> Change:
    """The table with other static routes. A route that was there stays, also where its attachment is gone."""
    if patch.routes is msgspec.UNSET:
        return Change(put=(table,))
    routes = _routes(patch.routes, table.routes, table.transit_router_id, view, context)
    now = {route.destination: route.attachment_id for route in routes}
    had = {route.destination: route.attachment_id for route in table.routes}
    effects = [
        Effect(f"{destination} is not routed to {to or 'nowhere'} any more", cuts=bool(to), resource_id=table.id)
        for destination, to in had.items()
        if now.get(destination) != to
    ]
    effects += [
        Effect(f"{destination} is routed to {to or 'nowhere'}", cuts=True, resource_id=table.id)
        for destination, to in now.items()
        if destination not in had
    ]
    return Change(put=(msgspec.structs.replace(table, routes=routes),), effects=tuple(effects))


def delete_table(table: TransitRouteTable, view: View, context: Context) -> Change:
    """The table, by which nothing is routed any more. The default one goes with its router only."""
    if table.default:
        message = f"{table.id} is the default table of {table.transit_router_id}, and goes with it"
        raise conflict("transit-route-table.default", message)
    return Change(delete=(table.id,))


def _accepted(attachment: TransitRouterAttachment, router: TransitRouter) -> TransitRouterAttachment:
    """An attachment as the router's defaults have it."""
    default = router.default_route_table_id
    return msgspec.structs.replace(
        attachment,
        status="active",
        route_table_id=default if router.default_association else "",
        propagated_route_table_ids=(default,) if router.default_propagation else (),
    )


def _answered(attachment: TransitRouterAttachment, accept: bool, view: View) -> TransitRouterAttachment:
    if attachment.status != "pending-acceptance":
        message = f"{attachment.id} is {attachment.status}, and waits for no answer"
        raise conflict("transit-router-attachment.answered", message, "/status")
    if not accept:
        return msgspec.structs.replace(attachment, status="rejected")
    router = view.get(TransitRouter, attachment.transit_router_id)
    assert router is not None
    if attachment.vpc_id:
        vpc = view.shared(Vpc, attachment.vpc_id)
        assert vpc is not None
        refuse_overlap(blocks_of(vpc), others(on_router(router.id, view), vpc.id), "/status")
    return _accepted(attachment, router)


def _attachment_effects(before: TransitRouterAttachment, after: TransitRouterAttachment) -> tuple[Effect, ...]:
    found: list[str] = []
    if before.route_table_id and before.route_table_id != after.route_table_id:
        by = f"by {after.route_table_id}" if after.route_table_id else "no more"
        found.append(f"what enters at {before.id} is routed {by}")
    if left := [id for id in before.propagated_route_table_ids if id not in after.propagated_route_table_ids]:
        found.append(f"{', '.join(left)} does not learn from {before.id} any more")
    return tuple(Effect(message, cuts=True, resource_id=after.id) for message in found)


def _meeting(before: TransitRouterAttachment | None, after: TransitRouterAttachment, view: View) -> tuple[Effect, ...]:
    """What becomes of traffic where a network meets those on a transit router, or more of its tables learn what is
    reached there: a longer prefix takes what a wider one led elsewhere."""
    if after.status != "active":
        return ()
    had = before is not None and before.status == "active"
    found: list[Effect] = []
    if not had:
        what = after.vpc_id or after.private_gateway_id
        message = f"{what} is attached to {after.transit_router_id}, and is reached where its tables say so"
        found.append(Effect(message, resource_id=after.id))
    known = before.propagated_route_table_ids if before is not None and had else ()
    for id in after.propagated_route_table_ids:
        table = view.get(TransitRouteTable, id) if id not in known else None
        if table is not None:
            found += learnt(table, after, view)
    return tuple(found)


def learnt(table: TransitRouteTable, changed: Resource, view: View) -> tuple[Effect, ...]:
    """What a table that packets are routed by takes from wider routes, once one resource is as it will be."""
    attached = view.shared_referring(TransitRouterAttachment, table.id, "route_table_id")
    if not any(attachment.status == "active" for attachment in attached):
        return ()
    after = effective.transit_routes(table, With(changed, view))
    return diverted(effective.transit_routes(table, view), after, table.id)


def _dropped(attachment: TransitRouterAttachment, view: View) -> tuple[Effect, ...]:
    """Static routes of tables that the project sees, by which nothing is reached any more."""
    return tuple(
        Effect(f"{route.destination} of {table.id} is dropped", cuts=True, resource_id=table.id)
        for table in view.referring(TransitRouteTable, attachment.transit_router_id, "transit_router_id")
        for route in table.routes
        if route.attachment_id == attachment.id
    )


def _routes(
    routes: tuple[TransitRoute, ...],
    had: tuple[TransitRoute, ...],
    router_id: str,
    view: View,
    context: Context,
) -> tuple[TransitRoute, ...]:
    refuse_more(len(routes), limit(context, "routes_per_transit_route_table"), "routes", "/routes")
    attached: set[str] | None = None
    known = set(had)
    found: dict[str, TransitRoute] = {}
    for n, route in enumerate(routes):
        at = f"/routes/{n}"
        block = cidr(route.destination, 6 if ":" in route.destination else 4, f"{at}/destination")
        if block in found:
            raise invalid("route.duplicate", f"{block} is there twice", f"{at}/destination")
        one = TransitRoute(destination=block, attachment_id=route.attachment_id)
        if route.attachment_id and one not in known:
            if attached is None:
                attached = _active(router_id, view)
            if route.attachment_id not in attached:
                raise missing("transit-router-attachment", route.attachment_id, f"{at}/attachment_id")
        found[block] = one
    return tuple(found.values())


def _active(router_id: str, view: View) -> set[str]:
    attachments = view.referring(TransitRouterAttachment, router_id, "transit_router_id")
    return {a.id for a in attachments if a.status == "active"}


def _refuse_subnets(ids: tuple[str, ...], vpc_id: str, view: View) -> None:
    for n, subnet in enumerate(zone_subnets(ids, view)):
        if subnet.vpc_id != vpc_id:
            raise invalid(
                "subnets.other-vpc", f"{subnet.id} is of VPC {subnet.vpc_id}, not {vpc_id}", f"/subnet_ids/{n}"
            )


def _refuse_gateway(id: str, view: View) -> None:
    gateway = view.get(PrivateGateway, id)
    if gateway is None:
        raise missing("private-gateway", id, "/private_gateway_id")
    if gateway.vpc_id:
        raise conflict("private-gateway.attached", f"{id} is attached to {gateway.vpc_id}", "/private_gateway_id")
    if view.count_referring(TransitRouterAttachment, id, "private_gateway_id"):
        raise conflict("private-gateway.attached", f"{id} is attached to a transit router", "/private_gateway_id")


def _refuse_guest(owner: str, id: str, context: Context, field: str) -> None:
    """Refused where the caller only sees what it would change."""
    if context.project_id != owner:
        raise forbidden("transit-router.not-yours", f"that is for project {owner} to say of {id}", field)


def _projects(ids: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids))
    for n, id in enumerate(found):
        if not id or len(id) > 63 or not id.isprintable():
            raise invalid("project.malformed", f"{id!r} is no project", f"/shared_with/{n}")
    return found
