"""What becomes of security groups and their rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crossconnect.cloud.decisions import matching
from crossconnect.cloud.decisions.claimed import allowed_by, numbers, place, rule_claim
from crossconnect.cloud.decisions.patching import refuse_more, renamed, the_vpc
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.security_group import (
    Direction,
    SecurityGroup,
    SecurityGroupBody,
    SecurityGroupRule,
    SecurityGroupRuleBody,
)
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import version_of

update = renamed
update_rule = renamed
"""A rule is what it allows: nothing of that changes."""

EVERYWHERE = ("0.0.0.0/0", "::/0")


def create(body: SecurityGroupBody, view: View, context: Context) -> Change:
    """A group of which everything may leave, and into which nothing may come."""
    vpc = the_vpc(body.vpc_id, view)
    id = context.new_id("sg")
    rules, claims = initial_rules(id, [("egress", peer) for peer in EVERYWHERE], view, context)
    return Change(put=(born(SecurityGroup, id, context, body, vpc_id=vpc.id), *rules), claims=claims)


def initial_rules(
    group_id: str, allowed: Sequence[tuple[Direction, str]], view: View, context: Context
) -> tuple[tuple[SecurityGroupRule, ...], tuple[Claim, ...]]:
    """The rules that come with a group: of all protocols, from or to some peers; and what is claimed for them."""
    rules = tuple(
        born(
            SecurityGroupRule,
            context.new_id("sgr"),
            context,
            security_group_id=group_id,
            direction=direction,
            protocol="all",
            peer=peer,
            default=True,
            number=sample.value,
        )
        for (direction, peer), sample in zip(allowed, numbers(view, "sample", group_id, len(allowed)), strict=True)
    )
    samples = (Claim("sample", rule.number, rule.id) for rule in rules)
    places = (Claim(f"{group_id}/place", n, rule.id) for n, rule in enumerate(rules, 1))
    return rules, (*samples, *places, *(rule_claim(rule) for rule in rules))


def delete(group: SecurityGroup, view: View, context: Context) -> Change:
    """The group with its rules. The default one goes with its VPC only."""
    if group.default:
        raise conflict("security-group.default", f"{group.id} is the default group of {group.vpc_id}, and goes with it")
    rules = view.referring(SecurityGroupRule, group.id, "security_group_id")
    return Change(delete=(group.id, *(rule.id for rule in rules)))


def create_rule(body: SecurityGroupRuleBody, view: View, context: Context) -> Change:
    """A rule that its group does not have yet."""
    group = view.get(SecurityGroup, body.security_group_id)
    if group is None:
        raise missing("security-group", body.security_group_id, "/security_group_id")
    protocol = matching.protocol(body.protocol, "/protocol")
    from_port, to_port = matching.ports(protocol, body.from_port, body.to_port, "")
    peer = _peer(body.peer, protocol, group, view, context)
    id = context.new_id("sgr")
    most = limit(context, "rules_per_security_group")
    slot = place(view, f"{group.id}/place", id, most, f"rules in {group.id}", "/security_group_id")
    (sample,) = numbers(view, "sample", id)
    rule = born(
        SecurityGroupRule,
        id,
        context,
        body,
        security_group_id=group.id,
        direction=body.direction,
        protocol=protocol,
        from_port=from_port,
        to_port=to_port,
        peer=peer,
        ip_version=_version(body.ip_version, peer, protocol, view),
        number=sample.value,
    )
    claim = rule_claim(rule)
    while not view.is_free(claim.scope, claim.value):
        # The claim's number is a hash: who has it may allow something else, once in 2^31 groups of 2^15 rules.
        for other in view.referring(SecurityGroupRule, group.id, "security_group_id"):
            if allowed_by(other) == allowed_by(rule):
                raise conflict("security-group-rule.duplicate", f"{group.id} has the same rule: {other.id}")
        claim = rule_claim(rule, claim.value + 1)
    return Change(put=(rule,), claims=(sample, slot, claim))


def delete_rule(rule: SecurityGroupRule, view: View, context: Context) -> Change:
    """The rule; connections that only it lets through end."""
    effects: tuple[Effect, ...] = ()
    if view.count_referring(NetworkInterface, rule.security_group_id, "security_group_ids"):
        message = f"connections that only {rule.id} lets through end, those that are there too"
        effects = (Effect(message, cuts=True, resource_id=rule.security_group_id),)
    return Change(delete=(rule.id,), effects=effects)


def weight(rule: SecurityGroupRule, view: View) -> int:
    """How many blocks a rule may come to be by its prefix list."""
    prefixes = view.get(PrefixList, rule.peer) if rule.peer.startswith("pl-") else None
    return 0 if prefixes is None else prefixes.max_entries


def _peer(text: str, protocol: str, group: SecurityGroup, view: View, context: Context) -> str:
    if text.startswith("sg-"):
        other = view.get(SecurityGroup, text)
        if other is None:
            raise missing("security-group", text, "/peer")
        if other.vpc_id != group.vpc_id and not peered(group.vpc_id, other.vpc_id, view):
            message = f"{text} is of VPC {other.vpc_id}, which is neither that of {group.id} nor peered with it"
            raise invalid("security-group-rule.other-vpc", message, "/peer")
        return text
    if text.startswith("pl-"):
        prefixes = view.get(PrefixList, text)
        if prefixes is None:
            raise missing("prefix-list", text, "/peer")
        everywhere = EVERYWHERE[0] if prefixes.address_family == "ipv4" else EVERYWHERE[1]
        matching.refuse_other_version(everywhere, protocol, "/protocol")
        rules = view.referring(SecurityGroupRule, group.id, "security_group_id")
        total = prefixes.max_entries + sum(weight(rule, view) for rule in rules)
        refuse_more(
            total, limit(context, "prefixes_per_security_group"), f"entries of prefix lists in {group.id}", "/peer"
        )
        return text
    if not text or (":" not in text and "." not in text):
        message = f"{text!r} is neither a CIDR block nor the id of a security group or prefix list"
        raise invalid("security-group-rule.peer-malformed", message, "/peer")
    return matching.block(text, protocol, "/peer")


def _version(wanted: Literal[4, 6] | None, peer: str, protocol: str, view: View) -> Literal[4, 6] | None:
    """The IP version of a rule: said only where protocol and peer do not say it."""
    if wanted is None:
        return None
    prefixes = view.get(PrefixList, peer) if peer.startswith("pl-") else None
    if prefixes is not None:
        of_peer = 4 if prefixes.address_family == "ipv4" else 6
    else:
        of_peer = None if peer.startswith("sg-") else version_of(peer)
    for what, version in ((peer, of_peer), (protocol, matching.ICMP_VERSIONS.get(protocol))):
        if version not in (None, wanted):
            raise invalid("protocol.version", f"IPv{wanted} does not go with {what}", "/ip_version")
        if version == wanted:
            return None
    return wanted


def peered(a: str, b: str, view: View) -> bool:
    """Whether two VPCs have an active peering."""
    peerings = (*view.referring(VpcPeering, a, "vpc_id"), *view.referring(VpcPeering, a, "peer_vpc_id"))
    return any(p.status == "active" and b in (p.vpc_id, p.peer_vpc_id) for p in peerings)
