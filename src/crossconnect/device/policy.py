"""Route policy as a device needs it: sets resolved, policies in order, default reject at the end of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from crossconnect.net import parse


class PrefixRule(msgspec.Struct, frozen=True, order=True):
    """A prefix and the inclusive range of lengths that match under it."""

    prefix: str
    length_min: int
    length_max: int


def takes(rules: Iterable[PrefixRule], prefix: str) -> bool:
    """Whether any of the rules matches a prefix."""
    inner = parse(prefix)
    for rule in rules:
        if rule.length_min <= inner.length <= rule.length_max:
            outer = parse(rule.prefix)
            if outer.length <= inner.length and (outer.value ^ inner.value) & ~outer.host_mask == 0:
                return True
    return False


class PrefixSet(msgspec.Struct, frozen=True, kw_only=True):
    """Prefix rules of one IP version; a set of both versions in the model becomes two here, same name."""

    name: str
    version: Literal[4, 6]
    rules: tuple[PrefixRule, ...]


class CommunitySet(msgspec.Struct, frozen=True, kw_only=True):
    """Communities of one kind; a route matches when it carries any of them."""

    name: str
    kind: Literal["standard", "large"]
    members: tuple[str, ...]


class AsPathSet(msgspec.Struct, frozen=True, kw_only=True):
    """AS-path expressions; a route matches when any does."""

    name: str
    patterns: tuple[str, ...]


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """All given ones must hold."""

    prefix_set: str = ""
    community_set: str = ""
    as_path_set: str = ""
    version: Literal[0, 4, 6] = 0
    """0 for both."""
    tag: int = 0
    """Mark that another policy of the same device has set; 0 for any. It is never sent to a neighbour."""


class Actions(msgspec.Struct, frozen=True, kw_only=True):
    """Changes made by an accepting statement."""

    local_pref: int | None = None
    med: int | None = None
    communities_add: tuple[str, ...] = ()
    communities_remove: str = ""
    prepend: int = 0
    tag: int = 0
    """Mark for other policies of this device, 0 to set none."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """First match decides. `path` says where the intent has it."""

    name: str
    conditions: Conditions
    accept: bool
    actions: Actions = Actions()
    path: str = ""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Statements in order, then reject."""

    name: str
    statements: tuple[Statement, ...]


class RoutingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that policies of this device use, and nothing that they do not."""

    prefix_sets: tuple[PrefixSet, ...] = ()
    community_sets: tuple[CommunitySet, ...] = ()
    as_path_sets: tuple[AsPathSet, ...] = ()
    policies: tuple[Policy, ...] = ()
