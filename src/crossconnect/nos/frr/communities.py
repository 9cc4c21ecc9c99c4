"""Communities as FRR shows them: well-known ones by name, and those of one `set` in numerical order."""

from __future__ import annotations

from collections.abc import Iterable

# RFC 1997, 3765, 7999, 8326, 9494 and the registry "BGP Well-known Communities"; the words are FRR's (bgp_community.c).
WELL_KNOWN: dict[str, str] = {
    "65535:0": "graceful-shutdown",
    "65535:1": "accept-own",
    "65535:2": "route-filter-translated-v4",
    "65535:3": "route-filter-v4",
    "65535:4": "route-filter-translated-v6",
    "65535:5": "route-filter-v6",
    "65535:6": "llgr-stale",
    "65535:7": "no-llgr",
    "65535:8": "accept-own-nexthop",
    "65535:666": "blackhole",
    "65535:65281": "no-export",
    "65535:65282": "no-advertise",
    "65535:65283": "local-AS",
    "65535:65284": "no-peer",
}
_NUMBERS = {name: number for number, name in WELL_KNOWN.items()}

MATCHES_EVERYTHING = "0:0"
"""FRR 8.4 takes it for `internet`, which every route carries (community_list_match in bgp_clist.c)."""


def community_word(community: str) -> str:
    """A standard community as FRR writes it."""
    return WELL_KNOWN.get(community, community)


def ordered(communities: Iterable[str]) -> list[str]:
    """Standard communities as the words of one `set community` line, in FRR's order."""
    return [community_word(c) for c in sorted({_NUMBERS.get(c, c) for c in communities}, key=_value)]


def _value(community: str) -> tuple[int, int]:
    high, _, low = community.partition(":")
    return int(high), int(low)
