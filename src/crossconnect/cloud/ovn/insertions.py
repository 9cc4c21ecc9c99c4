"""Service insertion: chosen connections through an appliance, by policies of the VPC's router.

    client -- its subnet -- VPC's router --(policy)--> appliance -- its subnet -- VPC's router --> destination
                                         <--(the same policy, turned round)

What comes from the subnet of any appliance of the VPC is not steered again, so appliances need subnets of their own,
and nothing goes through those of two insertions, but where one names the other as its next (`chains`). Only what the
router routes is steered: nothing inside one subnet is.

Policies have no connection state: a reply is what comes back between the same addresses and ports. Appliances that are
`inline` are another page (`inline`), and so is what goes to the targets of a load balancer (`inspection`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.cloud.addresses import nth
from crossconnect.cloud.kinds.load_balancer import HealthCheck
from crossconnect.cloud.kinds.service_insertion import RULES_MAX, ServiceInsertion, SteeringRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.insertions import Pair, is_chained, living_of, members, next_hops, pairs_of
from crossconnect.cloud.logical.interfaces import port_name, port_of
from crossconnect.cloud.logical.load_balancers import CHECKER
from crossconnect.cloud.logical.network_acls import acl_of, leaving
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.logical.sides import sides
from crossconnect.cloud.logical.subnets import router_port
from crossconnect.cloud.ovn.chains import PASSED_ON, back, onwards
from crossconnect.cloud.ovn.inline import check_options, inline_rows, obstacle
from crossconnect.cloud.ovn.load_balancers import BALANCER
from crossconnect.cloud.ovn.network_acls import POLICY_TOP
from crossconnect.cloud.ovn.parts import Fault, Part, adds, bare, row, unit, within
from crossconnect.cloud.ovn.ports import PORT
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import RESOURCE, uuid_of
from crossconnect.cloud.ovn.sides import answering, chosen
from crossconnect.cloud.ovn.vpcs import ROUTER

CHECKING_VIP = "169.254.254.3"
"""Of the load balancer that asks appliances: on no switch, so nobody's packets ever meet it."""
RULES_TOP = POLICY_TOP - RULES_MAX - 2
"""A rule's priority is this less its number. Above are what comes from appliances (`chains`: the first hundred, and
`PASSED_ON`), and what target groups send through some."""


def policies_are_free(q: Queries, vpc_id: str) -> bool:
    """Whether no network ACL has policies on a VPC's router. It has one list: where one of them allows, none that
    steers is looked at."""
    for id in q.referring(Subnet, "vpc_id", vpc_id):
        if q.ask(leaving, q.ask(acl_of, id)):
            raise Unrealisable(f"subnet {id} is behind a network ACL that filters what leaves it: both need policies")
    return True


class Standing(NamedTuple):
    """What a routed insertion can do now."""

    living: Pair | None
    """The first of its appliances that lives."""
    obstacle: str = ""
    """Why nothing can be steered at all."""


class Way(NamedTuple):
    """Through which appliances the rules of a routed insertion lead now."""

    stages: tuple[Pair, ...] = ()
    """One of it, and of each insertion behind it that has one that lives."""
    is_past: bool = False
    """Where there are none: whether what the rules choose passes by."""


def standing(q: Queries, id: str) -> Standing:
    """How it is with the appliances of a routed insertion."""
    insertion = q.need(ServiceInsertion, id)
    try:
        q.ask(policies_are_free, insertion.vpc_id)
        return Standing(living_of(q, insertion))
    except Unrealisable as e:
        return Standing(None, str(e))


def way(q: Queries, id: str) -> Way:
    """Where the rules of a routed insertion lead now. One that fails closed stops all, wherever in the chain it is."""
    stages: list[Pair] = []
    for member in q.ask(members, id):
        now = q.ask(standing, member)
        if now.living is not None:
            stages.append(now.living)
        elif q.need(ServiceInsertion, member).on_failure == "closed":
            return Way()
    return Way(tuple(stages), is_past=not stages)


@unit
def steering(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Policy` (`reroute`) per rule and direction to the first appliance whose interfaces are up
    (`Logical_Switch_Port.up`) and that its health check finds alive, `allow` per rule that bypasses and for what
    comes from the appliances' subnets; security groups and prefix lists are `Address_Set`s in their matches. With none
    up, those of the rules allow (`open`) or drop (`closed`); with none possible there are none, or they drop. Of
    several insertions of a VPC, the policy of the lowest number decides. Of a chain, one more per rule, direction and
    appliance for what comes from its subnet. Health checks: `Logical_Switch_Port_Health_Check`, or before 26.03 a
    `Load_Balancer` on no switch with a `Load_Balancer_Health_Check`. Inline appliances: `Network_Function` each with a
    `Network_Function_Health_Check`, one `Network_Function_Group`, a `Port_Group` with `ACL`s that name it, in the last
    tier."""
    insertion = q.need(ServiceInsertion, id)
    vpc = q.need(Vpc, insertion.vpc_id)
    if insertion.mode == "inline":
        yield from _inline(q, insertion)
        return
    now = q.ask(standing, id)
    if now.obstacle:
        yield Fault(now.obstacle)
    else:
        priority = PASSED_ON if is_chained(q, id) else POLICY_TOP
        for subnet in sorted({interface.subnet_id for pair in pairs_of(q, insertion) for interface in pair}):
            match = f'inport == "{router_port(subnet)}"'
            yield from policy(vpc.id, f"{id}/from/{subnet}", id, priority, match, "allow")
    yield from _checks(q, insertion)
    through = q.ask(way, id)
    if now.obstacle and through.is_past:
        return
    for rank, rule in enumerate(insertion.rules):
        yield from _steered(q, insertion, rule, through, rank, is_alone=not now.obstacle)


def _inline(q: Queries, insertion: ServiceInsertion) -> Iterator[Part]:
    """Network functions; where there can be none, the rules drop (`closed`), or nothing is done (`open`)."""
    reason = obstacle(q, insertion)
    if not reason:
        yield from inline_rows(q, insertion)
        return
    yield Fault(reason)
    if insertion.on_failure == "closed":
        for rank, rule in enumerate(insertion.rules):
            yield from _steered(q, insertion, rule, Way(), rank, is_alone=False)


def _checks(q: Queries, insertion: ServiceInsertion) -> Iterator[Part]:
    """What makes OVN ask the appliances whether they live: a `Logical_Switch_Port_Health_Check` each, or the
    `Load_Balancer_Health_Check` of a load balancer on no switch, whose targets they are."""
    check = insertion.health_check
    if check is None:
        return
    if not q.features.port_health_check and not q.features.southbound:
        reason = "health checks are not heard of without the southbound database (xc serve --southbound)"
        yield Fault(f"{reason}: an appliance is taken to live while its interfaces are up")
        return
    if not q.features.port_health_check and check.port is None:
        yield Fault("this OVN asks appliances on a TCP port only (ping came with 26.03): the health check names none")
        return
    targets: dict[str, str] = {}
    for appliance in insertion.appliances:
        interface = q.ask(port_of, appliance.network_interface_id)
        subnet = q.need(Subnet, interface.subnet_id)
        if not interface.private_addresses:
            yield Fault(f"{interface.id} has no IPv4 address to be asked at")
        elif q.features.port_health_check:
            yield bare(
                "Logical_Switch_Port_Health_Check",
                interface.id,
                protocol="icmp" if check.port is None else "tcp",
                src_ip=nth(subnet.cidr_block, CHECKER),
                port=check.port or 0,
                address=interface.private_addresses[0],
                options={**check_options(check), RESOURCE: interface.id},
            )
            health = uuid_of("Logical_Switch_Port_Health_Check", interface.id)
            yield adds(PORT, interface.id, "health_checks", health)
        else:
            targets[interface.private_addresses[0]] = f"{port_name(interface)}:{nth(subnet.cidr_block, CHECKER)}"
    if targets:
        yield from _checking_balancer(insertion, check, targets)


def _checking_balancer(insertion: ServiceInsertion, check: HealthCheck, targets: dict[str, str]) -> Iterator[Part]:
    vip = f"{CHECKING_VIP}:{check.port}"
    key = f"{insertion.id}/checks"
    yield row(
        BALANCER,
        key,
        insertion.id,
        name=f"checks-{insertion.id}",
        protocol="tcp",
        vips={vip: ",".join(f"{address}:{check.port}" for address in sorted(targets))},
        ip_port_mappings={**targets},
    )
    made = row("Load_Balancer_Health_Check", key, insertion.id, vip=vip, options=check_options(check))
    yield from within(BALANCER, key, "health_check", made)


def _steered(
    q: Queries, insertion: ServiceInsertion, rule: SteeringRule, through: Way, rank: int, *, is_alone: bool
) -> Iterator[Part]:
    """The policies of a rule, in both directions. What a rule of an insertion that fails open chooses passes by all
    others of the VPC, too. `rank`: how many rules of the insertion come before. `is_alone`: whether no network ACL's
    policies are there, which could let pass what is to be dropped."""
    vpc = q.need(Vpc, insertion.vpc_id)
    onward = POLICY_TOP - rank
    priority = max(RULES_TOP - rule.number, 1) if is_alone else onward
    is_past = rule.action == "bypass" or through.is_past
    stages = () if is_past else through.stages
    try:
        pairs = [*sides(q, vpc, rule)]
    except Unrealisable as e:
        yield Fault(f"rule {rule.number}: {e}")
        return
    for source, destination in pairs:
        key = f"{insertion.id}/{rule.number}/ip{source.version}"
        hops = [next_hops(stage, source.version) for stage in stages]
        able = all(all(hop) for hop in hops)
        if not able:
            yield Fault(f"rule {rule.number}: the appliance has no IPv{source.version} address")
        ends = (hops[0][0], hops[-1][1]) if hops and (able or len(hops) == 1) else ("", "")
        answers = back if len(hops) > 1 else answering
        matches = chosen(rule, source, destination), answers(rule, source, destination)
        for direction, hop, match in zip(("forth", "back"), ends, matches, strict=True):
            if match is not None:
                action = "allow" if is_past else "reroute" if hop else "drop"
                yield from policy(insertion.vpc_id, f"{key}/{direction}", insertion.id, priority, match, action, hop)
        for one in onwards(stages, rule, source, destination) if len(hops) > 1 and able else ():
            action = "reroute" if one.hop else "allow"
            yield from policy(vpc.id, f"{key}/{one.key}", insertion.id, onward, one.match, action, one.hop)


def policy(vpc_id: str, key: str, id: str, priority: int, match: str, action: str, hop: str = "") -> Iterator[Part]:
    """A `Logical_Router_Policy` of a VPC's router; `reroute` goes to `hop`."""
    made = row(
        "Logical_Router_Policy",
        key,
        id,
        priority=priority,
        match=match,
        action=action,
        nexthops=frozenset((hop,) if action == "reroute" else ()),
    )
    yield from within(ROUTER, vpc_id, "policies", made)
