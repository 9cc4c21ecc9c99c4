"""What becomes of service insertions."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions import matching
from crossconnect.cloud.decisions.claimed import numbers
from crossconnect.cloud.decisions.inspection import refuse_beside_targets
from crossconnect.cloud.decisions.load_balancer import checked
from crossconnect.cloud.decisions.patching import patched, the_vpc
from crossconnect.cloud.kinds.load_balancer import HealthCheck
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import (
    APPLIANCES_MAX,
    NUMBER_MAX,
    RULES_MAX,
    Appliance,
    ServiceInsertion,
    ServiceInsertionBody,
    ServiceInsertionPatch,
    SteeringRule,
)
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import version_of

_SCOPE = "network-function"


def create(body: ServiceInsertionBody, view: View, context: Context) -> Change:
    """Appliances before chosen traffic of a VPC, which has no other such chain."""
    vpc = the_vpc(body.vpc_id, view)
    for other in view.referring(ServiceInsertion, vpc.id, "vpc_id"):
        raise conflict("service-insertion.second", f"VPC {vpc.id} has {other.id}: add rules there", "/vpc_id")
    id = context.new_id("ins")
    _refuse_appliances(body.appliances, vpc.id, view)
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
        rules=_rules(body.rules),
        mode=body.mode,
        on_failure=body.on_failure,
        health_check=checked(body.health_check),
        number=group.value,
        appliance_numbers=tuple(claim.value for claim in functions),
    )
    message = f"what the rules choose goes through {', '.join(a.network_interface_id for a in body.appliances)}"
    effects = (Effect(message, cuts=True, resource_id=id),) if body.rules else ()
    return Change(put=(insertion,), claims=(group, *functions), effects=effects)


def update(insertion: ServiceInsertion, patch: ServiceInsertionPatch, view: View, context: Context) -> Change:
    """The chain with other appliances or rules. What an appliance has seen of a connection, another one has not."""
    changed = patched(insertion, patch, "on_failure", "health_check")
    checked(changed.health_check)
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    if patch.appliances is not msgspec.UNSET:
        _refuse_appliances(patch.appliances, insertion.vpc_id, view)
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
        changed = msgspec.structs.replace(changed, rules=_rules(patch.rules))
    _refuse_inline(changed.mode, changed.appliances, changed.health_check, view)
    return Change(put=(changed,), claims=claims, releases=releases, effects=_effects(insertion, changed))


def delete(insertion: ServiceInsertion, view: View, context: Context) -> Change:
    """The chain; what went through it passes by the appliances."""
    message = f"nothing of {insertion.vpc_id} goes through appliances any more"
    return Change(delete=(insertion.id,), effects=(Effect(message, resource_id=insertion.id),))


def _effects(before: ServiceInsertion, after: ServiceInsertion) -> tuple[Effect, ...]:
    found: list[str] = []
    if before.appliances != after.appliances:
        found.append("connections whose appliance changes begin in its middle: a stateful one drops them")
    if set(after.rules) != set(before.rules):
        found.append("connections that the rules choose anew, or no more, take another way in their middle")
    if before.on_failure == "open" and after.on_failure == "closed":
        found.append("what the rules choose is dropped while no appliance lives")
    return tuple(Effect(message, cuts=True, resource_id=after.id) for message in found)


def _refuse_appliances(appliances: tuple[Appliance, ...], vpc_id: str, view: View) -> None:
    if not 1 <= len(appliances) <= APPLIANCES_MAX:
        message = f"{len(appliances)} appliances; 1 to {APPLIANCES_MAX} are possible"
        raise invalid("service-insertion.appliances", message, "/appliances")
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


def _rules(rules: tuple[SteeringRule, ...]) -> tuple[SteeringRule, ...]:
    if len(rules) > RULES_MAX:
        raise invalid("service-insertion.rules-too-many", f"{len(rules)} rules; at most {RULES_MAX}", "/rules")
    found: dict[int, SteeringRule] = {}
    for n, rule in enumerate(rules):
        at = f"/rules/{n}"
        if not 1 <= rule.number <= NUMBER_MAX:
            message = f"number {rule.number} is not in 1 to {NUMBER_MAX}"
            raise invalid("service-insertion.number", message, f"{at}/number")
        if rule.number in found:
            raise invalid("service-insertion.number-twice", f"number {rule.number} is there twice", f"{at}/number")
        protocol = matching.protocol(rule.protocol, f"{at}/protocol")
        source = matching.block(rule.source, protocol, f"{at}/source")
        destination = matching.block(rule.destination, protocol, f"{at}/destination")
        if version_of(source) != version_of(destination):
            message = f"{source} and {destination} are of different IP versions"
            raise invalid("service-insertion.versions", message, f"{at}/destination")
        from_port, to_port = matching.ports(protocol, rule.from_port, rule.to_port, at)
        found[rule.number] = msgspec.structs.replace(
            rule, protocol=protocol, source=source, destination=destination, from_port=from_port, to_port=to_port
        )
    return tuple(found[number] for number in sorted(found))
