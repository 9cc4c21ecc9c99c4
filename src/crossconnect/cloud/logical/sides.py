"""Who rules speak of: CIDR blocks, security groups, prefix lists, in each IP version that they have.

Groups and lists stay names, so that a member more is no change of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.service_insertion import SteeringRule
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.interfaces import group_of
from crossconnect.cloud.logical.queries import Queries
from crossconnect.net import contains, overlaps, version_of

Where = Literal["in", "out", "both"]


class Side(NamedTuple):
    """Addresses of an IP version."""

    version: int
    group: str = ""
    """Id of the security group whose members have them; empty for none."""
    prefix_list: str = ""
    """Id of the prefix list that has them; empty for none."""
    block: str = ""
    """The CIDR block that they are; empty for none."""
    where: Where = "both"
    """Whether all of them, none, or some are of the VPC."""


def sides(q: Queries, vpc: Vpc, rule: SteeringRule) -> Iterator[tuple[Side, Side]]:
    """The source and destination of a service insertion's rule, per IP version that both have."""
    texts = rule.source, rule.destination
    sources, destinations = ({side.version: side for side in _sides(q, vpc, text)} for text in texts)
    for version in sorted(sources.keys() & destinations.keys()):
        yield sources[version], destinations[version]


def peers_of(q: Queries, rule: SecurityGroupRule) -> tuple[Side, ...]:
    """Whom a security group's rule speaks of, per IP version."""
    if rule.peer.startswith("sg-"):
        q.need(SecurityGroup, rule.peer)
        versions = (rule.ip_version,) if rule.ip_version else (4, 6)
        return tuple(Side(version, group=rule.peer) for version in versions)
    if rule.peer.startswith("pl-"):
        return (Side(_version(q.need(PrefixList, rule.peer)), prefix_list=rule.peer),)
    return (Side(version_of(rule.peer), block=rule.peer),)


def _sides(q: Queries, vpc: Vpc, text: str) -> Iterator[Side]:
    if text.startswith("sg-"):
        group = q.ask(group_of, text)
        for version in (4, 6) if vpc.ipv6_cidr_blocks else (4,):
            yield Side(version, group=text, where="in" if group.vpc_id == vpc.id else "out")
    elif text.startswith("pl-"):
        prefixes = q.need(PrefixList, text)
        version = _version(prefixes)
        where = _where(vpc, version, [entry.cidr for entry in prefixes.entries])
        yield Side(version, prefix_list=text, where=where)
    else:
        yield Side(version_of(text), block=text, where=_where(vpc, version_of(text), [text]))


def _version(prefixes: PrefixList) -> int:
    return 4 if prefixes.address_family == "ipv4" else 6


def _where(vpc: Vpc, version: int, blocks: list[str]) -> Where:
    own = vpc.cidr_blocks if version == 4 else vpc.ipv6_cidr_blocks
    if all(any(contains(block, one) for block in own) for one in blocks):
        return "in"
    return "both" if any(overlaps(one, block) for one in blocks for block in own) else "out"
