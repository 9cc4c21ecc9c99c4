"""Chains of service insertions: what fits together, so that a packet finds the next appliance, and its answer back.

Which appliance a packet goes to next is told by the subnet that it comes from, and its direction by addresses and
ports. So each insertion of a chain has subnets of its own, and is in one chain at one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crossconnect.cloud.decisions.inspection import appliance_subnets
from crossconnect.cloud.kinds.load_balancer import TargetGroup
from crossconnect.cloud.kinds.service_insertion import CHAIN_MAX, ServiceInsertion
from crossconnect.cloud.resource import conflict, invalid, missing
from crossconnect.cloud.view import View

_AT = "/next_insertion_id"


def refuse_chain(changed: ServiceInsertion, others: Iterable[ServiceInsertion], view: View) -> None:
    """Refused where an insertion as it is to be, with the others of its VPC, makes a chain that cannot be."""
    known = {one.id: one for one in (*others, changed)}
    before: dict[str, str] = {}
    for one in known.values():
        if not one.next_insertion_id:
            continue
        if one.next_insertion_id in before:
            message = f"{one.next_insertion_id} comes behind {before[one.next_insertion_id]} already"
            raise conflict("service-insertion.next-twice", message, _AT)
        before[one.next_insertion_id] = one.id
        _refuse_next(one, known, view)
    for one in known.values():
        if one.next_insertion_id and one.id not in before:
            _refuse_members(one, [*_members(one, known)], known, view)


def effect_of(before: ServiceInsertion | None, after: ServiceInsertion) -> str:
    """What another next insertion does to what rules choose; empty where it does nothing."""
    old = before.next_insertion_id if before is not None else ""
    if old == after.next_insertion_id or not after.rules:
        return ""
    way = f"on through {after.next_insertion_id}" if after.next_insertion_id else f"no more through {old}"
    return f"what the rules choose goes {way}, connections in their middle too"


def _members(first: ServiceInsertion, known: Mapping[str, ServiceInsertion]) -> Iterator[ServiceInsertion]:
    member: ServiceInsertion | None = first
    while member is not None:
        yield member
        member = known.get(member.next_insertion_id)


def _refuse_next(one: ServiceInsertion, known: Mapping[str, ServiceInsertion], view: View) -> None:
    id = one.next_insertion_id
    following = known.get(id) or view.get(ServiceInsertion, id)
    if following is None:
        raise missing("service-insertion", id, _AT)
    if following.vpc_id != one.vpc_id:
        message = f"{id} is of VPC {following.vpc_id}, not {one.vpc_id}"
        raise invalid("service-insertion.next-other-vpc", message, _AT)
    if one.mode == "inline":
        raise conflict("service-insertion.next-inline", f"{one.id} is inline: only routed ones make a chain", _AT)
    if following.rules:
        message = f"{id} has rules of its own: it cannot be told what came by those, and what by {one.id}'s"
        raise conflict("service-insertion.next-rules", message, _AT)
    seen = [one.id]
    while following is not None:
        if following.id in seen:
            raise invalid("service-insertion.next-loop", f"{id} leads back to {following.id}", _AT)
        seen.append(following.id)
        following = known.get(following.next_insertion_id)
    if len(seen) > CHAIN_MAX:
        message = f"{len(seen)} insertions behind one another; at most {CHAIN_MAX}"
        raise conflict("service-insertion.chain-long", message, _AT)


def _refuse_members(
    first: ServiceInsertion, members: list[ServiceInsertion], known: Mapping[str, ServiceInsertion], view: View
) -> None:
    for n, rule in enumerate(first.rules):
        for field, side in (("source", rule.source), ("destination", rule.destination)):
            if side.startswith(("sg-", "pl-")):
                message = f"{side} is no CIDR block, by which alone a chain tells the way there from the way back"
                raise invalid("service-insertion.chain-sides", message, f"/rules/{n}/{field}")
    for member in members:
        rest = [one for one in known.values() if one.id != member.id]
        if shared := appliance_subnets((member,), view) & appliance_subnets(rest, view):
            message = f"{sorted(shared)[0]} has appliances of {member.id} and of others: a chain's need subnets apart"
            raise conflict("service-insertion.chain-subnet", message, _AT)
        for group in view.referring(TargetGroup, member.id, "service_insertion_id"):
            message = f"{group.id} sends what goes to its targets through {member.id} alone"
            raise conflict("service-insertion.chain-targets", message, _AT)
