"""Security groups: stateful filters at network interfaces; what no rule allows is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

Direction = Literal["ingress", "egress"]


class SecurityGroup(Resource, frozen=True, kw_only=True):
    """A security group. Its rules are resources of their own, so that one more costs one row."""

    vpc_id: str
    default: bool = False
    """Whether interfaces that name none are in it. The default group goes with its VPC."""


class SecurityGroupBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one. A new group has one rule per IP version: everything may leave."""

    vpc_id: str


class SecurityGroupPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one."""


class SecurityGroupRule(Resource, frozen=True, kw_only=True):
    """What one rule allows. `peer` is where packets come from (`ingress`) or go to (`egress`)."""

    security_group_id: str
    direction: Direction
    protocol: str
    """`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or an IP protocol number."""
    from_port: int | None = None
    """First port, or ICMP type; none: all."""
    to_port: int | None = None
    """Last port, or ICMP code; none: all."""
    peer: str
    """A CIDR block, the id of a security group or of a prefix list."""
    ip_version: Literal[4, 6] | None = None
    """Of a peer that is a group: only its addresses of this version. None: both, or what the peer is of."""
    default: bool = False
    """Whether it came with the group."""
    number: int = 0
    """One of the region's own: flow records name the rule by it."""


class SecurityGroupRuleBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one. The same rule twice is refused."""

    security_group_id: str
    direction: Direction
    protocol: str = "all"
    from_port: int | None = None
    to_port: int | None = None
    peer: str
    ip_version: Literal[4, 6] | None = None


class SecurityGroupRulePatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: name, description and tags only. A rule is what it allows."""


def references(group: SecurityGroup) -> Iterator[Reference]:
    """Its VPC."""
    yield Reference("vpc_id", group.vpc_id, owned=group.default)


def rule_references(rule: SecurityGroupRule) -> Iterator[Reference]:
    """Its group, with which it goes, and the group or prefix list that it names."""
    yield Reference("security_group_id", rule.security_group_id, owned=True)
    if rule.peer.startswith(("sg-", "pl-")):
        yield Reference("peer", rule.peer, owned=rule.peer == rule.security_group_id)
