"""What becomes of private gateways."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.cloud.addresses import cidr
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.meeting import blocks_of, in_vrf, others, refuse_overlap
from crossconnect.cloud.decisions.patching import black_holes, the_vpc
from crossconnect.cloud.decisions.vrf_service import refuse_sources_of
from crossconnect.cloud.kinds.private_gateway import (
    PREFIXES_MAX,
    PrivateGateway,
    PrivateGatewayBody,
    PrivateGatewayPatch,
)
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.resource import Change, Effect, conflict, invalid
from crossconnect.cloud.view import Context, View, born


def create(body: PrivateGatewayBody, view: View, context: Context) -> Change:
    """A private gateway into a VRF that the project has, attached at once where a VPC is named."""
    if body.vrf not in context.vrfs:
        # The same for a VRF that does not exist: the region's VRFs are nothing that a project looks up.
        raise invalid("private-gateway.vrf", f"the project has no VRF {body.vrf!r}", "/vrf")
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
        prefixes=_prefixes(body.prefixes),
        number=number.value,
    )
    return Change(put=(gateway,), claims=(number,))


def update(gateway: PrivateGateway, patch: PrivateGatewayPatch, view: View, context: Context) -> Change:
    """The gateway attached to a VPC or to none, or with other prefixes behind it."""
    changed = gateway
    effects: list[Effect] = []
    if patch.prefixes is not msgspec.UNSET:
        changed = msgspec.structs.replace(changed, prefixes=_prefixes(patch.prefixes))
        gone = [prefix for prefix in gateway.prefixes if prefix not in changed.prefixes]
        if gone:
            message = f"{', '.join(gone)} is not reached through {gateway.id} by propagated routes any more"
            effects.append(Effect(message, cuts=True, resource_id=gateway.id))
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
    refuse_sources_of(vrf, blocks_of(vpc), view)


def _refuse_propagating(gateway: PrivateGateway, view: View) -> None:
    for table in view.referring(RouteTable, gateway.id, "propagating_gateway_ids"):
        message = f"route table {table.id} learns from {gateway.id}: take it from there first"
        raise conflict("private-gateway.propagating", message, "/vpc_id")


def _prefixes(texts: Iterable[str]) -> tuple[str, ...]:
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
