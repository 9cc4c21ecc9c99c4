"""The rules of service insertions: numbers, and whose packets they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from crossconnect.cloud.decisions import matching
from crossconnect.cloud.decisions.patching import refuse_more
from crossconnect.cloud.decisions.security_group import peered
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.service_insertion import NUMBER_MAX, RULES_MAX, ServiceInsertion, SteeringRule
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View
from crossconnect.net import version_of


def checked(
    rules: Sequence[SteeringRule], vpc_id: str, others: Iterable[ServiceInsertion], view: View, context: Context
) -> tuple[SteeringRule, ...]:
    """Rules in the order of their numbers, in canonical form. `others` are the VPC's other insertions."""
    if len(rules) > RULES_MAX:
        raise invalid("service-insertion.rules-too-many", f"{len(rules)} rules; at most {RULES_MAX}", "/rules")
    taken = {rule.number: other.id for other in others for rule in other.rules}
    found: dict[int, SteeringRule] = {}
    for n, rule in enumerate(rules):
        at = f"/rules/{n}"
        if not 1 <= rule.number <= NUMBER_MAX:
            message = f"number {rule.number} is not in 1 to {NUMBER_MAX}"
            raise invalid("service-insertion.number", message, f"{at}/number")
        if rule.number in found:
            raise invalid("service-insertion.number-twice", f"number {rule.number} is there twice", f"{at}/number")
        if rule.number in taken:
            message = f"{taken[rule.number]} of the VPC has a rule {rule.number}: the lowest number decides over all"
            raise conflict("service-insertion.number-in-use", message, f"{at}/number")
        found[rule.number] = _checked(rule, vpc_id, at, view)
    most = limit(context, "prefixes_per_service_insertion")
    refuse_more(weight(found.values(), view), most, "entries of prefix lists in the rules", "/rules")
    return tuple(found[number] for number in sorted(found))


def weight(rules: Iterable[SteeringRule], view: View) -> int:
    """How many blocks rules may come to be by their prefix lists."""
    lists = (view.get(PrefixList, side) for rule in rules for side in _sides(rule) if side.startswith("pl-"))
    return sum(prefixes.max_entries for prefixes in lists if prefixes is not None)


def refuse_growth(list_id: str, more: int, view: View, context: Context) -> None:
    """Refused where an insertion that names a prefix list has no room for more entries of it."""
    most = limit(context, "prefixes_per_service_insertion")
    for insertion in view.referring(ServiceInsertion, list_id, "rules"):
        times = sum(side == list_id for rule in insertion.rules for side in _sides(rule))
        total = weight(insertion.rules, view) + more * times
        refuse_more(total, most, f"entries of prefix lists in {insertion.id}", "/max_entries")


def effects_of_list(prefixes: PrefixList, view: View) -> Iterator[Effect]:
    """What other entries of a prefix list do to what insertions choose."""
    for insertion in view.referring(ServiceInsertion, prefixes.id, "rules"):
        message = f"connections that {insertion.id} chooses anew, or no more, take another way in their middle"
        yield Effect(message, cuts=True, resource_id=insertion.id)


def _checked(rule: SteeringRule, vpc_id: str, at: str, view: View) -> SteeringRule:
    protocol = matching.protocol(rule.protocol, f"{at}/protocol")
    source, of_source = _side(rule.source, protocol, vpc_id, f"{at}/source", view)
    destination, of_destination = _side(rule.destination, protocol, vpc_id, f"{at}/destination", view)
    if not of_source & of_destination:
        message = f"{source} and {destination} are of different IP versions"
        raise invalid("service-insertion.versions", message, f"{at}/destination")
    from_port, to_port = matching.ports(protocol, rule.from_port, rule.to_port, at)
    return msgspec.structs.replace(
        rule, protocol=protocol, source=source, destination=destination, from_port=from_port, to_port=to_port
    )


def _side(text: str, protocol: str, vpc_id: str, at: str, view: View) -> tuple[str, set[int]]:
    """A rule's source or destination in canonical form, and the IP versions of its addresses."""
    if text.startswith("sg-"):
        group = view.get(SecurityGroup, text)
        if group is None:
            raise missing("security-group", text, at)
        if group.vpc_id != vpc_id and not peered(vpc_id, group.vpc_id, view):
            message = f"{text} is of VPC {group.vpc_id}, which is neither {vpc_id} nor peered with it"
            raise invalid("service-insertion.group-other-vpc", message, at)
        version = matching.ICMP_VERSIONS.get(protocol)
        return text, {version} if version else {4, 6}
    if text.startswith("pl-"):
        prefixes = view.get(PrefixList, text)
        if prefixes is None:
            raise missing("prefix-list", text, at)
        everywhere = "0.0.0.0/0" if prefixes.address_family == "ipv4" else "::/0"
        matching.refuse_other_version(everywhere, protocol, at)
        return text, {version_of(everywhere)}
    block = matching.block(text, protocol, at)
    return block, {version_of(block)}


def _sides(rule: SteeringRule) -> tuple[str, str]:
    return rule.source, rule.destination
