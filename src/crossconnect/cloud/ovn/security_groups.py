"""Security groups: stateful, at the interface; what no rule allows is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.security_group import SecurityGroupRule
from crossconnect.cloud.logical.interfaces import group_of
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.logical.sides import peers_of
from crossconnect.cloud.ovn.flow_logs import PACKETS_COLLECTOR, accepts_recorded, packets_recorded, sample
from crossconnect.cloud.ovn.inline import links
from crossconnect.cloud.ovn.matches import Field, both, packets
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import GROUPS_TIER, Part, row, tier, unit, within
from crossconnect.cloud.ovn.ports import EVERYBODY
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.sides import is_one_of
from crossconnect.transport.ovsdb.types import Value

RULE_PRIORITY = 1002
DROP_PRIORITY = 1000


@unit
def everybody(q: Queries, id: str) -> Iterator[Part]:
    """`Port_Group` `xc_everybody`, with one `ACL` per direction that drops."""
    yield row("Port_Group", EVERYBODY, id, name=EVERYBODY)
    for direction, port in (("from-lport", "inport"), ("to-lport", "outport")):
        drop = row(
            "ACL",
            f"{EVERYBODY}/{direction}",
            id,
            direction=direction,
            priority=DROP_PRIORITY,
            match=f"{port} == @{EVERYBODY} && ip",
            action="drop",
            **tier(q, GROUPS_TIER),
        )
        yield from within("Port_Group", EVERYBODY, "acls", drop)


@unit
def group(q: Queries, id: str) -> Iterator[Part]:
    """`Port_Group`, of which OVN makes the address sets that rules of other groups name."""
    q.ask(group_of, id)
    yield row("Port_Group", word(id), id, name=word(id))


@unit
def rule(q: Queries, id: str) -> Iterator[Part]:
    """`ACL` (`allow-related`) in the group's `Port_Group`; one, however many members the group or its peer has. With
    `Sample`s of the rule's number while a flow log records what is accepted: of what begins, and of some of the packets
    that follow. In a VPC with inline appliances the action is `pass`: the next tier sends the chosen ones through them,
    and lets the rest through."""
    rule = q.need(SecurityGroupRule, id)
    group = q.ask(group_of, rule.security_group_id)
    ingress = rule.direction == "ingress"
    members = word(group.id)
    columns: dict[str, Value] = {}
    if q.features.acl_sample:
        is_sampled, packets_key = q.ask(accepts_recorded, group.vpc_id), f"{id}/packets"
        columns["sample_new"] = uuid_of("Sample", id) if is_sampled else None
        columns["sample_est"] = uuid_of("Sample", packets_key) if q.ask(packets_recorded, group.vpc_id) else None
        if is_sampled:
            yield from sample(id, rule.number)
        if columns["sample_est"]:
            yield from sample(packets_key, rule.number, PACKETS_COLLECTOR)
    made = row(
        "ACL",
        id,
        id,
        direction="to-lport" if ingress else "from-lport",
        priority=RULE_PRIORITY,
        match=both(f"{'outport' if ingress else 'inport'} == @{members}", _match(q, rule, "src" if ingress else "dst")),
        action="pass" if q.ask(links, group.vpc_id) else "allow-related",
        name=id,
        **tier(q, GROUPS_TIER),
        **columns,
    )
    yield from within("Port_Group", members, "acls", made)


def _match(q: Queries, rule: SecurityGroupRule, field: Field) -> str:
    terms = [
        both(what, is_one_of(peer, field))
        for peer in peers_of(q, rule)
        if (what := packets(peer.version, rule.protocol, rule.from_port, rule.to_port)) is not None
    ]
    if not terms:
        raise Unrealisable(f"no packet of {rule.protocol} can come from or go to {rule.peer}")
    return terms[0] if len(terms) == 1 else f"(({') || ('.join(terms)}))"
