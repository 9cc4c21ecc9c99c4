"""Security groups: stateful, at the interface; what no rule allows is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.matches import address, both, family, packets
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import Part, row, unit, within
from crossconnect.cloud.ovn.queries import Queries, Unrealisable

EVERYBODY = "xc_everybody"
"""The port group of all interfaces of the region, which drops what their groups do not allow."""
RULE_PRIORITY = 1002
DROP_PRIORITY = 1001


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
        )
        yield from within("Port_Group", EVERYBODY, "acls", drop)


def group_of(q: Queries, id: str) -> SecurityGroup:
    """A group whose VPC is there."""
    group = q.need(SecurityGroup, id)
    q.need(Vpc, group.vpc_id)
    return group


@unit
def group(q: Queries, id: str) -> Iterator[Part]:
    """`Port_Group`, of which OVN makes the address sets that rules of other groups name."""
    q.ask(group_of, id)
    yield row("Port_Group", word(id), id, name=word(id))


@unit
def rule(q: Queries, id: str) -> Iterator[Part]:
    """`ACL` (`allow-related`) in the group's `Port_Group`; one, however many members the group or its peer has."""
    rule = q.need(SecurityGroupRule, id)
    q.ask(group_of, rule.security_group_id)
    ingress = rule.direction == "ingress"
    group = word(rule.security_group_id)
    made = row(
        "ACL",
        id,
        id,
        direction="to-lport" if ingress else "from-lport",
        priority=RULE_PRIORITY,
        match=both(f"{'outport' if ingress else 'inport'} == @{group}", _match(q, rule, "src" if ingress else "dst")),
        action="allow-related",
        name=id,
    )
    yield from within("Port_Group", group, "acls", made)


def _match(q: Queries, rule: SecurityGroupRule, field: str) -> str:
    if rule.peer.startswith("sg-"):
        q.need(SecurityGroup, rule.peer)
        versions = (rule.ip_version,) if rule.ip_version else (4, 6)
        peers = {version: f"ip{version}.{field} == ${word(rule.peer)}_ip{version}" for version in versions}
    elif rule.peer.startswith("pl-"):
        version = 4 if q.need(PrefixList, rule.peer).address_family == "ipv4" else 6
        peers = {version: f"ip{version}.{field} == ${word(rule.peer)}"}
    else:
        peers = {family(rule.peer): address(field, rule.peer)}
    terms = [
        both(what, peer)
        for version, peer in peers.items()
        if (what := packets(version, rule.protocol, rule.from_port, rule.to_port)) is not None
    ]
    if not terms:
        raise Unrealisable(f"no packet of {rule.protocol} can come from or go to {rule.peer}")
    return terms[0] if len(terms) == 1 else f"(({') || ('.join(terms)}))"
