"""Route policy: sets and policies, in the words of OpenConfig's routing policy."""

from __future__ import annotations

from typing import Literal

import msgspec


class PrefixSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Prefixes, each `10.0.0.0/8` exactly, or with `ge`/`le` bounds: `10.0.0.0/8 ge 16 le 24`."""

    name: str
    """Unique among prefix sets."""
    prefixes: tuple[str, ...]
    """A route matches when any of them does."""


class CommunitySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Communities: standard (RFC 1997), large (RFC 8092), or well-known names such as `no-export`."""

    name: str
    """Unique among community sets."""
    communities: tuple[str, ...]
    """A route matches when it carries any of them."""


class AsPathSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """AS-path regular expressions in the POSIX form that routers use (`_64512_`, `^$`)."""

    name: str
    """Unique among AS path sets."""
    patterns: tuple[str, ...]
    """A route matches when any of them does."""


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Conditions, all of which must hold; an empty one matches every route."""

    prefix_set: str = ""
    """The route's prefix is in this set."""
    community_set: str = ""
    """The route carries one of these communities."""
    as_path_set: str = ""
    """The route's AS path matches one of these expressions."""
    family: Literal["", "ipv4", "ipv6"] = ""
    """Only routes of this family."""


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an accepting statement changes in the route."""

    local_pref: int | None = None
    """LOCAL_PREF to set (RFC 4271 5.1.5)."""
    med: int | None = None
    """MULTI_EXIT_DISC to set (RFC 4271 5.1.4)."""
    communities_add: tuple[str, ...] = ()
    """Communities to add."""
    communities_remove: str = ""
    """Name of a community set whose members are removed."""
    prepend: int = 0
    """How often the own ASN is put in front of the path."""


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first statement that matches decides."""

    name: str
    """Unique in its policy."""
    match: Match = Match()
    """Which routes it is about; every route, if left out."""
    action: Literal["accept", "reject"]
    """What happens to them."""
    set: Set = Set()
    """What changes in accepted ones."""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Statements in order; what none matches is rejected (RFC 8212's spirit: nothing passes unsaid)."""

    name: str
    """Unique among policies."""
    statements: tuple[Statement, ...]
    """Judged in this order."""
