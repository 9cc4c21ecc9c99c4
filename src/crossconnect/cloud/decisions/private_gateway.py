"""What becomes of private gateways."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.foresight import With
from crossconnect.cloud.decisions.meeting import blocks_of, in_vrf, others, refuse_overlap
from crossconnect.cloud.decisions.patching import black_holes, diverted, is_used, no_vrf, the_vpc
from crossconnect.cloud.decisions.transit import learnt
from crossconnect.cloud.decisions.vrf_service import refuse_sources_of
from crossconnect.cloud.kinds.private_gateway import (
    PREFIXES_MAX,
    PrivateGateway,
    PrivateGatewayBody,
    PrivateGatewayPatch,
)
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.transit import TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.resource import Change, Effect, Resource, conflict, invalid
from crossconnect.cloud.view import Context, View, born


def create(body: PrivateGatewayBody, view: View, context: Context) -> Change:
    """A private gateway into a VRF that the project has, attached at once where a VPC is named."""
    if body.vrf not in context.vrfs:
        # The same for a VRF that does not exist: the region's VRFs are nothing that a project looks up.
        raise invalid("private-gateway.vrf", no_vrf(body.vrf, context), "/vrf")
    id = context.new_id("pgw")
    if body.vpc_id:
        _refuse_attachment(id, body.vrf, body.vpc_id, view)
    (number,) = numbers(view, "transfer", id)
    gateway = born(
        PrivateGateway,
        id,
        context,
        body,
        vrf=body.vrf,
        vpc_id=body.vpc_id,
        prefixes=prefixes_said(body.prefixes),
        number=number.value,
    )
    return Change(put=(gateway,), claims=(number,))


def update(gateway: PrivateGateway, patch: PrivateGatewayPatch, view: View, context: Context) -> Change:
    """The gateway attached to a VPC or to none, or with other prefixes behind it."""
    changed = gateway
    effects: list[Effect] = []
    if patch.prefixes is not msgspec.UNSET:
        changed = msgspec.structs.replace(changed, prefixes=prefixes_said(patch.prefixes))
        left = effective.behind_gateway(gateway.id, With(changed, view))
        gone = [prefix for prefix in gateway.prefixes if prefix not in left]
        if gone and is_learnt(gateway, view):
            message = f"{', '.join(gone)} is not reached through {gateway.id} by propagated routes any more"
            effects.append(Effect(message, cuts=True, resource_id=gateway.id))
        effects += taken_over(gateway.id, changed, view)
    if patch.vpc_id is not msgspec.UNSET and patch.vpc_id != gateway.vpc_id:
        if patch.vpc_id and gateway.vpc_id:
            message = f"{gateway.id} is attached to {gateway.vpc_id}: detach it first"
            raise conflict("private-gateway.attached", message, "/vpc_id")
        if patch.vpc_id:
            if view.count_referring(TransitRouterAttachment, gateway.id, "private_gateway_id"):
                raise conflict("private-gateway.attached", f"{gateway.id} is attached to a transit router", "/vpc_id")
            _refuse_attachment(gateway.id, gateway.vrf, patch.vpc_id, view)
        else:
            _refuse_propagating(gateway, view)
            effects += black_holes((gateway.vpc_id,), gateway.id, view)
            message = f"{gateway.vpc_id} and VRF {gateway.vrf} do not reach each other any more"
            effects.append(Effect(message, cuts=True, resource_id=gateway.id))
        changed = msgspec.structs.replace(changed, vpc_id=patch.vpc_id)
    return Change(put=(changed,), effects=tuple(effects))


def delete(gateway: PrivateGateway, view: View, context: Context) -> Change:
    """The gateway, which is not attached any more."""
    if gateway.vpc_id:
        raise conflict("private-gateway.attached", f"{gateway.id} is attached to {gateway.vpc_id}: detach it first")
    return Change(delete=(gateway.id,))


def _refuse_attachment(id: str, vrf: str, vpc_id: str, view: View) -> None:
    """Refused where the VPC has a gateway, or overlaps with what is announced into the same VRF."""
    vpc = the_vpc(vpc_id, view)
    for other in view.referring(PrivateGateway, vpc_id, "vpc_id"):
        if other.id != id:
            raise conflict("private-gateway.second", f"VPC {vpc_id} has {other.id} attached", "/vpc_id")
    refuse_overlap(blocks_of(vpc), others(in_vrf(vrf, view), vpc_id), "/vpc_id")
    refuse_sources_of(vrf, blocks_of(vpc), view, "/vpc_id")


def _refuse_propagating(gateway: PrivateGateway, view: View) -> None:
    for table in view.referring(RouteTable, gateway.id, "propagating_gateway_ids"):
        message = f"route table {table.id} learns from {gateway.id}: take it from there first"
        raise conflict("private-gateway.propagating", message, "/vpc_id")


def is_learnt(gateway: PrivateGateway, view: View) -> bool:
    """Whether packets are routed by its prefixes."""
    tables = view.referring(RouteTable, gateway.id, "propagating_gateway_ids")
    attachments = view.referring(TransitRouterAttachment, gateway.id, "private_gateway_id")
    by_router = any(a.status == "active" and a.propagated_route_table_ids for a in attachments)
    return by_router or any(is_used(table, view) for table in tables)


def taken_over(gateway_id: str, changed: Resource, view: View) -> list[Effect]:
    """What prefixes behind a gateway take from wider routes, once one resource is as it will be: in the tables that
    learn them, of its VPC, or of the transit router that it is attached to, as far as the project sees these."""
    found: list[Effect] = []
    facts = With(changed, view)
    for table in view.referring(RouteTable, gateway_id, "propagating_gateway_ids"):
        if is_used(table, view):
            before, after = effective.table_routes(table, view), effective.table_routes(table, facts)
            found += diverted(before, after, table.id)
    for attachment in view.referring(TransitRouterAttachment, gateway_id, "private_gateway_id"):
        for id in attachment.propagated_route_table_ids if attachment.status == "active" else ():
            table = view.get(TransitRouteTable, id)
            if table is not None:
                found += learnt(table, changed, view)
    return found


def prefixes_said(texts: Iterable[str]) -> tuple[str, ...]:
    """Prefixes behind a gateway in canonical form, each once, and not too many."""
    found: list[str] = []
    for n, text in enumerate(texts):
        block = cidr(text, 6 if ":" in text else 4, f"/prefixes/{n}")
        if block in found:
            raise invalid("private-gateway.prefix-twice", f"{block} is there twice", f"/prefixes/{n}")
        found.append(block)
    if len(found) > PREFIXES_MAX:
        message = f"{len(found)} prefixes; at most {PREFIXES_MAX}"
        raise invalid("private-gateway.prefixes-too-many", message, "/prefixes")
    return tuple(found)
