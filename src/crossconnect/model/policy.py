"""Route policy: sets and policies, in the words of OpenConfig's routing policy."""

from __future__ import annotations

from typing import Literal

import msgspec


class PrefixSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Prefixes, each `10.0.0.0/8` exactly, or with `ge`/`le` bounds: `10.0.0.0/8 ge 16 le 24`."""

    name: str
    prefixes: tuple[str, ...]


class CommunitySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Communities: standard (RFC 1997), large (RFC 8092), or well-known names such as `no-export`."""

    name: str
    communities: tuple[str, ...]


class AsPathSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """AS-path regular expressions in the POSIX form that routers use (`_64512_`, `^$`)."""

    name: str
    patterns: tuple[str, ...]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Conditions, all of which must hold; an empty one matches every route."""

    prefix_set: str = ""
    community_set: str = ""
    as_path_set: str = ""
    family: Literal["", "ipv4", "ipv6"] = ""


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an accepting statement changes in the route."""

    local_pref: int | None = None
    med: int | None = None
    communities_add: tuple[str, ...] = ()
    communities_remove: str = ""
    """Name of a community set whose members are removed."""
    prepend: int = 0
    """How often the own ASN is put in front of the path."""


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first statement that matches decides."""

    name: str
    match: Match = Match()
    action: Literal["accept", "reject"]
    set: Set = Set()


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Statements in order; what none matches is rejected (RFC 8212's spirit: nothing passes unsaid)."""

    name: str
    statements: tuple[Statement, ...]
