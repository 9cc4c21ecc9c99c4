"""Numbers that resources have for themselves: of the region, unique keys, MACs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from crossconnect.cloud.kinds.security_group import SecurityGroupRule
from crossconnect.cloud.resource import Claim, conflict
from crossconnect.cloud.view import View

LAST = {
    "transfer": (1 << 20) - 1,
    "link": (1 << 20) - 1,
    "sample": (1 << 30) - 1,
    "network-function": 255,
    "network-function-group": 255,
}
"""Scopes of numbers that count from 1 over the region, and the last number of each. `transfer` numbers are addresses on
the provider's networks, and with `link` numbers those of links between routers; the others are OVN's fields, `sample`
a quarter of one: the rest is for packets, and for what no rule allows (`ovn.flow_logs`)."""


def numbers(view: View, scope: str, owner: str, count: int = 1) -> tuple[Claim, ...]:
    """The lowest free numbers of a scope, claimed. Refused where there are no more of them in the region."""
    found: list[Claim] = []
    for _ in range(count):
        found.append(next_after(view, scope, [claim.value for claim in found], owner))
    return tuple(found)


def next_after(view: View, scope: str, taken: Sequence[int], owner: str) -> Claim:
    """The lowest free number of a scope above those that the same change takes."""
    value = view.next_free(scope, max(taken, default=0) + 1, LAST[scope])
    if value is None:
        raise conflict("region.numbers-exhausted", f"the region has no number of scope {scope} left")
    return Claim(scope, value, owner)


def place(view: View, scope: str, owner: str, most: int, what: str, field: str) -> Claim:
    """One of so many places that a resource has for its parts, claimed: so that nobody counts ten thousand of them."""
    value = view.next_free(scope, 1, most)
    if value is None:
        raise conflict("limit.exceeded", f"{most + 1} {what}; at most {most}", field)
    return Claim(scope, value, owner)


def key(*parts: str) -> int:
    """A number of 62 bits for some texts, the same in every process: so that a claim can say that something is there
    once, without a look at all the others."""
    text = "\0".join(parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 2


def rule_claim(rule: SecurityGroupRule, value: int | None = None) -> Claim:
    """What says that a group has a rule once: `value`, or else the key of what the rule allows."""
    if value is None:
        value = key(*(str(part) for part in allowed_by(rule)))
    return Claim(f"{rule.security_group_id}/rule", value, rule.id)


def allowed_by(rule: SecurityGroupRule) -> tuple[str | int | None, ...]:
    """What a rule allows, as values that are equal for equal rules."""
    return rule.direction, rule.protocol, rule.from_port, rule.to_port, rule.peer, rule.ip_version
