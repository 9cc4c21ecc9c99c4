"""Sources and destinations of the rules of service insertions: CIDR blocks, security groups, prefix lists.

Groups and lists are address sets (of a `Port_Group` OVN makes them), so that a member more is no change of a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from crossconnect.cloud.kinds.prefix_list import PrefixList
from crossconnect.cloud.kinds.service_insertion import SteeringRule
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.matches import Field, address, both, family, packets
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.ports import group_of
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.net import contains, overlaps

Where = Literal["in", "out", "both"]


class Side(NamedTuple):
    """Addresses of an IP version."""

    version: int
    set_name: str = ""
    """Of an `Address_Set`; empty for a block."""
    block: str = ""
    where: Where = "both"
    """Whether all of them, none, or some are of the VPC."""

    def match(self, field: Field) -> str | None:
        """That a packet's address is one of them; None where every one is."""
        return f"ip{self.version}.{field} == ${self.set_name}" if self.set_name else address(field, self.block)


def sides(q: Queries, vpc: Vpc, rule: SteeringRule) -> Iterator[tuple[Side, Side]]:
    """A rule's source and destination, per IP version that both have."""
    sources, destinations = ({side.version: side for side in _sides(q, vpc, text)} for text in _texts(rule))
    for version in sorted(sources.keys() & destinations.keys()):
        yield sources[version], destinations[version]


def chosen(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for packets as a rule says; None where there can be none, as of ICMP in IPv6."""
    what = packets(source.version, rule.protocol, rule.from_port, rule.to_port)
    return what and both(what, source.match("src"), destination.match("dst"))


def answering(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for their answers. ICMP's have types of their own, so all of them do."""
    if rule.protocol in ("icmp", "icmpv6", "1", "58"):
        what = packets(source.version, rule.protocol, None, None)
    else:
        what = packets(source.version, rule.protocol, rule.from_port, rule.to_port, "src")
    return what and both(what, destination.match("src"), source.match("dst"))


def _texts(rule: SteeringRule) -> tuple[str, str]:
    return rule.source, rule.destination


def _sides(q: Queries, vpc: Vpc, text: str) -> Iterator[Side]:
    if text.startswith("sg-"):
        group = q.ask(group_of, text)
        for version in (4, 6) if vpc.ipv6_cidr_blocks else (4,):
            yield Side(version, f"{word(text)}_ip{version}", where="in" if group.vpc_id == vpc.id else "out")
    elif text.startswith("pl-"):
        prefixes = q.need(PrefixList, text)
        version = 4 if prefixes.address_family == "ipv4" else 6
        where = _where(vpc, version, [entry.cidr for entry in prefixes.entries])
        yield Side(version, word(text), where=where)
    else:
        yield Side(family(text), block=text, where=_where(vpc, family(text), [text]))


def _where(vpc: Vpc, version: int, blocks: list[str]) -> Where:
    own = vpc.cidr_blocks if version == 4 else vpc.ipv6_cidr_blocks
    if all(any(contains(block, one) for block in own) for one in blocks):
        return "in"
    return "both" if any(overlaps(one, block) for one in blocks for block in own) else "out"
