"""What a running router has otherwise than it should, said by what it is about.

frr-reload.py --test  -->  blocks: the lines that lead to a line, and the line   -->  part, missing or extra, line
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

_ROUTER = re.compile(r"router bgp \S+(?: vrf (\S+))?")
_NEIGHBOR = re.compile(r"(?:no )?neighbor (\S+)")
_NAMED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:no )?route-map (\S+)"), "policy {}"),
    (re.compile(r"(?:no )?(?:ip|ipv6) prefix-list (\S+)"), "prefix list {}"),
    (re.compile(r"(?:no )?bgp (?:large-|ext)?community-list (?:standard |expanded )?(\S+)"), "community list {}"),
    (re.compile(r"(?:no )?bgp as-path access-list (\S+)"), "AS path list {}"),
    (re.compile(r"(?:no )?interface (\S+)"), "interface {}"),
    (re.compile(r"(?:no )?vrf (\S+)"), "VRF {}"),
    (re.compile(r"(?:no )?(?:ip|ipv6) route (\S+)"), "static route {}"),
    (re.compile(r"(?:no )?bfd"), "BFD"),
)


class Deviation(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A line that is missing, or too many."""

    part: str
    """What it is about: `session swp1 of VRF default`, `policy to-transit`."""
    kind: Literal["missing", "extra"]
    line: str
    """In the router's own words, below the lines that lead to it."""


def deviations(blocks: Iterable[Sequence[str]]) -> tuple[Deviation, ...]:
    """Of blocks as they would have to be given to make the router what it should be."""
    found: set[Deviation] = set()
    for block in blocks:
        lines = [line.strip() for line in block]
        last = lines[-1]
        kind: Literal["missing", "extra"] = "extra" if last.startswith("no ") else "missing"
        said = " / ".join((*lines[:-1], last.removeprefix("no ") if kind == "extra" else last))
        found.add(Deviation(part=_part(lines), kind=kind, line=said))
    return tuple(sorted(found))


def _part(lines: Sequence[str]) -> str:
    router = _ROUTER.search(lines[0])
    if router is not None:
        vrf = router[1] or "default"
        neighbor = _NEIGHBOR.match(lines[-1])
        return f"session {neighbor[1]} of VRF {vrf}" if neighbor is not None else f"BGP of VRF {vrf}"
    for pattern, form in _NAMED:
        match = pattern.match(lines[0])
        if match is not None:
            return form.format(*match.groups())
    return "system"
