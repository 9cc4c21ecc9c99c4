"""What becomes of service insertions. What their rules say is `steering_rules`'s."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.cloud.decisions import chaining, steering_rules
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.inspection import refuse_beside_targets
from crossconnect.cloud.decisions.load_balancer import checked
from crossconnect.cloud.decisions.patching import patched, the_vpc
from crossconnect.cloud.kinds.load_balancer import HealthCheck
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import (
    APPLIANCES_MAX,
    Appliance,
    ServiceInsertion,
    ServiceInsertionBody,
    ServiceInsertionPatch,
    interfaces_of,
)
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born

_SCOPE = "network-function"


def create(body: ServiceInsertionBody, view: View, context: Context) -> Change:
    """Appliances before chosen traffic of a VPC, beside those that it has."""
    vpc = the_vpc(body.vpc_id, view)
    others = view.referring(ServiceInsertion, vpc.id, "vpc_id")
    _refuse_mode(body.mode, others)
    id = context.new_id("ins")
    _refuse_appliances(body.appliances, vpc.id, others, view)
    _refuse_inline(body.mode, body.appliances, body.health_check, view)
    (group,) = numbers(view, "network-function-group", id)
    functions = numbers(view, _SCOPE, id, len(body.appliances))
    insertion = born(
        ServiceInsertion,
        id,
        context,
        body,
        vpc_id=vpc.id,
        appliances=body.appliances,
        rules=steering_rules.checked(body.rules, vpc.id, others, view, context),
        mode=body.mode,
        on_failure=body.on_failure,
        health_check=checked(body.health_check),
        next_insertion_id=body.next_insertion_id,
        number=group.value,
        appliance_numbers=tuple(claim.value for claim in functions),
    )
    chaining.refuse_chain(insertion, others, view)
    message = f"what the rules choose goes through {', '.join(a.network_interface_id for a in body.appliances)}"
    effects = (Effect(message, cuts=True, resource_id=id),) if body.rules else ()
    return Change(put=(insertion,), claims=(group, *functions), effects=effects)


def update(insertion: ServiceInsertion, patch: ServiceInsertionPatch, view: View, context: Context) -> Change:
    """It with other appliances or rules, or another one behind it. What an appliance has seen of a connection, another
    one has not."""
    changed = patched(insertion, patch, "on_failure", "health_check", "next_insertion_id")
    checked(changed.health_check)
    others = [i for i in view.referring(ServiceInsertion, insertion.vpc_id, "vpc_id") if i.id != insertion.id]
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    if patch.appliances is not msgspec.UNSET:
        _refuse_appliances(patch.appliances, insertion.vpc_id, others, view)
        had = dict(zip(insertion.appliances, insertion.appliance_numbers, strict=True))
        new = [a for a in patch.appliances if a not in had]
        claims = numbers(view, _SCOPE, insertion.id, len(new))
        now = had | dict(zip(new, (claim.value for claim in claims), strict=True))
        gone = [a for a in insertion.appliances if a not in patch.appliances]
        releases = tuple(Claim(_SCOPE, had[a], insertion.id) for a in gone)
        changed = msgspec.structs.replace(
            changed, appliances=patch.appliances, appliance_numbers=tuple(now[a] for a in patch.appliances)
        )
    if patch.rules is not msgspec.UNSET:
        rules = steering_rules.checked(patch.rules, insertion.vpc_id, others, view, context)
        changed = msgspec.structs.replace(changed, rules=rules)
    _refuse_inline(changed.mode, changed.appliances, changed.health_check, view)
    chaining.refuse_chain(changed, others, view)
    return Change(put=(changed,), claims=claims, releases=releases, effects=_effects(insertion, changed))


def delete(insertion: ServiceInsertion, view: View, context: Context) -> Change:
    """It; what went through its appliances passes by them, and by those behind them."""
    message = f"nothing of {insertion.vpc_id} goes through the appliances of {insertion.id} any more"
    return Change(delete=(insertion.id,), effects=(Effect(message, resource_id=insertion.id),))


def _effects(before: ServiceInsertion, after: ServiceInsertion) -> tuple[Effect, ...]:
    found: list[str] = []
    if before.appliances != after.appliances:
        found.append("connections whose appliance changes begin in its middle: a stateful one drops them")
    if set(after.rules) != set(before.rules):
        found.append("connections that the rules choose anew, or no more, take another way in their middle")
    if before.on_failure == "open" and after.on_failure == "closed":
        found.append("what the rules choose is dropped while no appliance lives")
    if onwards := chaining.effect_of(before, after):
        found.append(onwards)
    return tuple(Effect(message, cuts=True, resource_id=after.id) for message in found)


def _refuse_mode(mode: str, others: Sequence[ServiceInsertion]) -> None:
    """An inline appliance would get what a routed one sends on once more: at that one's port."""
    for other in others:
        if other.mode != mode:
            message = f"{other.id} is {other.mode}: all insertions of a VPC are of one mode"
            raise conflict("service-insertion.mode", message, "/mode")


def _refuse_appliances(
    appliances: tuple[Appliance, ...], vpc_id: str, others: Sequence[ServiceInsertion], view: View
) -> None:
    if not 1 <= len(appliances) <= APPLIANCES_MAX:
        message = f"{len(appliances)} appliances; 1 to {APPLIANCES_MAX} are possible"
        raise invalid("service-insertion.appliances", message, "/appliances")
    taken = {interface: other.id for other in others for interface in interfaces_of(other)}
    seen: dict[str, tuple[str, NetworkInterface]] = {}
    for n, appliance in enumerate(appliances):
        for field in ("network_interface_id", "return_network_interface_id"):
            id: str = getattr(appliance, field)
            at = f"/appliances/{n}/{field}"
            if not id:
                if field == "network_interface_id":
                    raise missing("network-interface", id, at)
                continue
            if id in seen:
                raise invalid("service-insertion.interface-twice", f"{id} is there twice", at)
            if id in taken:
                message = f"{id} is an appliance's of {taken[id]}: add rules there"
                raise conflict("service-insertion.interface-in-use", message, at)
            interface = view.get(NetworkInterface, id)
            if interface is None:
                raise missing("network-interface", id, at)
            seen[id] = at, interface
            if interface.vpc_id != vpc_id:
                message = f"network interface {id} is of VPC {interface.vpc_id}, not {vpc_id}"
                raise invalid("service-insertion.other-vpc", message, at)
            if interface.source_dest_check:
                message = f"{id} checks sources and destinations, and would drop what it forwards"
                raise conflict("service-insertion.source-dest-check", message, at)
    refuse_beside_targets(vpc_id, seen.values(), view)


def _refuse_inline(mode: str, appliances: tuple[Appliance, ...], check: HealthCheck | None, view: View) -> None:
    """A bump in the wire has two ends, and no port that answers."""
    if mode != "inline":
        return
    if check is not None and check.port is not None:
        message = "an inline appliance is probed through, not asked on a port"
        raise invalid("service-insertion.inline-port", message, "/health_check/port")
    for n, appliance in enumerate(appliances):
        at = f"/appliances/{n}/return_network_interface_id"
        if not appliance.return_network_interface_id:
            message = f"{appliance.network_interface_id} is its only interface: an inline appliance has two"
            raise invalid("service-insertion.one-interface", message, at)
        own, other = (
            view.get(NetworkInterface, id)
            for id in (appliance.network_interface_id, appliance.return_network_interface_id)
        )
        if check is not None and own is not None and other is not None and own.subnet_id != other.subnet_id:
            message = (
                f"{own.id} is in {own.subnet_id}, {other.id} in {other.subnet_id}: no probe comes from one to the other"
            )
            raise invalid("service-insertion.two-subnets", message, at)
