"""The decision process (RFC 4271 9.1.2) as FRR carries it out (bgp_path_info_cmp, bgp_best_selection).

Weight, local_pref, locally originated, AS-path length, ORIGIN, MED among paths of one neighbouring AS
(`bgp deterministic-med`), eBGP before iBGP, then router id and address of the peer (`bgp bestpath compare-routerid`,
so that the result does not depend on which path came first). Multipath takes what is equal up to the peer's type, with
another next hop, `maximum-paths` at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossconnect.net import parse
from crossconnect.simulate.attributes import Attributes, preference


class Candidate(NamedTuple):
    """A valid path to one destination."""

    attributes: Attributes
    next_hop: str
    rank: tuple[int, ...] = ()
    """Router id and address of the peer it came from, as integers: the last tie-break."""
    local: bool = False
    """Originated by this speaker (network statement or redistribution)."""
    internal: bool = False
    """Learned over iBGP."""
    labelled: bool = False
    """Has a label or VNI: imported from EVPN. Never multipath together with one that has none."""


class Selection(NamedTuple):
    """Positions in the list of candidates; `multipath` includes the best one and is in next-hop order after it."""

    best: int
    multipath: tuple[int, ...]


NO_SELECTION = Selection(-1, ())


def select(candidates: Sequence[Candidate], maximum_paths: int, relax: bool) -> Selection:
    """The best path and the set used for forwarding. `relax` is `bgp bestpath as-path multipath-relax`."""
    if not candidates:
        return NO_SELECTION
    if len(candidates) == 1:
        return Selection(0, (0,))
    by_neighbor: dict[object, int] = {}
    for index, candidate in enumerate(candidates):
        path = candidate.attributes.as_path
        group = path[0] if path else ("own", index)
        other = by_neighbor.get(group)
        if other is None or _key(candidate, True) < _key(candidates[other], True):
            by_neighbor[group] = index
    best = min(by_neighbor.values(), key=lambda i: _key(candidates[i], not candidates[i].attributes.as_path))
    if maximum_paths < 2:
        return Selection(best, (best,))
    return Selection(best, _multipath(candidates, best, maximum_paths, relax))


def possible(candidates: Sequence[Candidate], chosen: Selection, maximum_paths: int, relax: bool) -> list[Selection]:
    """What else could have been chosen instead of `chosen`: one selection for each path that FRR has nothing left to
    compare with ("Nothing left to compare": it keeps whichever of them came first), `chosen` included."""
    if chosen.best < 0:
        return []
    best = candidates[chosen.best]
    found: list[Selection] = []
    for index, candidate in enumerate(candidates):
        if _key(candidate, False)[:-1] == _key(best, False)[:-1] and not _worse_med(candidates, index):
            multipath = _multipath(candidates, index, maximum_paths, relax) if maximum_paths > 1 else (index,)
            found.append(Selection(index, multipath))
    return found


def _worse_med(candidates: Sequence[Candidate], index: int) -> bool:
    """Whether an otherwise equal path of the same neighbouring AS has a lower MED."""
    attributes = candidates[index].attributes
    return bool(attributes.as_path) and any(
        other.attributes.as_path[:1] == attributes.as_path[:1]
        and other.attributes.med < attributes.med
        and preference(other.attributes) == preference(attributes)
        for other in candidates
    )


def _key(candidate: Candidate, with_med: bool) -> tuple[int, bool, int, int, bool, tuple[int, ...], str]:
    cost = preference(candidate.attributes)
    return (
        cost >> 32,
        not candidate.local,
        cost & 0xFFFFFFFF,
        candidate.attributes.med if with_med else 0,
        candidate.internal,
        candidate.rank,
        candidate.next_hop,
    )


def _multipath(candidates: Sequence[Candidate], best: int, maximum_paths: int, relax: bool) -> tuple[int, ...]:
    chosen = candidates[best]
    equal: dict[str, int] = {}
    for index, candidate in enumerate(candidates):
        if candidate.next_hop == chosen.next_hop or not _equal(candidate, chosen, relax):
            continue
        other = equal.get(candidate.next_hop)
        if other is None or candidate.rank < candidates[other].rank:
            equal[candidate.next_hop] = index
    hops = sorted(equal) if len(equal) < maximum_paths else sorted(equal, key=_numeric)[: maximum_paths - 1]
    return (best, *(equal[hop] for hop in hops))


def _numeric(next_hop: str) -> tuple[int, int, str]:
    """FRR's order of next hops, which decides who stays when there are more than `maximum-paths`."""
    try:
        parsed = parse(next_hop)
    except ValueError:
        return (7, 0, next_hop)
    return (parsed.version, parsed.value, "")


def _equal(a: Candidate, b: Candidate, relax: bool) -> bool:
    """Whether two paths tie up to the comparison of peers."""
    left, right = a.attributes, b.attributes
    if preference(left) != preference(right) or a.local != b.local or a.internal != b.internal:
        return False
    if a.labelled != b.labelled:
        return False
    first_left, first_right = left.as_path[:1], right.as_path[:1]
    if first_left == first_right and left.med != right.med:
        return False
    return relax or (left.as_path == right.as_path if a.internal else first_left == first_right)
