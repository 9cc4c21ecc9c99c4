"""Matches for who rules speak of: groups and prefix lists are address sets (of a `Port_Group` OVN makes them)."""

from __future__ import annotations

from crossconnect.cloud.kinds.service_insertion import SteeringRule
from crossconnect.cloud.logical.sides import Side
from crossconnect.cloud.ovn.matches import Field, address, both, packets
from crossconnect.cloud.ovn.names import word


def is_one_of(side: Side, field: Field) -> str | None:
    """A match for packets with an address of a side; None where every one is."""
    if side.group:
        return f"ip{side.version}.{field} == ${word(side.group)}_ip{side.version}"
    if side.prefix_list:
        return f"ip{side.version}.{field} == ${word(side.prefix_list)}"
    return address(field, side.block)


def chosen(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for packets as a rule says; None where there can be none, as of ICMP in IPv6."""
    what = packets(source.version, rule.protocol, rule.from_port, rule.to_port)
    return what and both(what, is_one_of(source, "src"), is_one_of(destination, "dst"))


def answering(rule: SteeringRule, source: Side, destination: Side) -> str | None:
    """A match for their answers. ICMP's have types of their own, so all of them do."""
    if rule.protocol in ("icmp", "icmpv6", "1", "58"):
        what = packets(source.version, rule.protocol, None, None)
    else:
        what = packets(source.version, rule.protocol, rule.from_port, rule.to_port, "src")
    return what and both(what, is_one_of(destination, "src"), is_one_of(source, "dst"))
