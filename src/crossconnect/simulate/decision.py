"""The decision process (RFC 4271 9.1.2) as FRR carries it out (bgp_path_info_cmp, bgp_best_selection).

Weight, local_pref, locally originated, AS-path length, ORIGIN, MED among paths of one neighbouring AS
(`bgp deterministic-med`), eBGP before iBGP, then router id and address of the peer (`bgp bestpath compare-routerid`,
so that the result does not depend on which path came first): `STEPS`. Multipath takes what is equal up to the peer's
type, with another next hop, `maximum-paths` at most.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from crossconnect.net import parse
from crossconnect.net.address import address_text
from crossconnect.nos.frr.facts import VALID_LABEL_BIT
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
    labels: tuple[int, ...] = ()
    """VNIs of the EVPN route that it was imported from. See `_labels_apart`."""
    leaked_from: str = ""
    """VRF that it was leaked from; empty for a path of this VRF's own. See `_same_hop`."""


class Selection(NamedTuple):
    """Positions in the list of candidates; `multipath` includes the best one and is in next-hop order after it."""

    best: int
    multipath: tuple[int, ...]


NO_SELECTION = Selection(-1, ())


class Step(msgspec.Struct, frozen=True):
    """One comparison of the decision process."""

    name: str
    shown: Callable[[Candidate], str]
    """What is compared, as an operator reads it."""


Worth = tuple[int, int, bool, int, int, int, bool, tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def worth(candidate: Candidate, with_med: bool) -> Worth:
    """What `STEPS` compare, one element each in their order; the smaller wins. `with_med` says whether MED counts."""
    attributes = candidate.attributes
    return (
        -attributes.weight,
        -attributes.local_pref,
        not candidate.local,
        len(attributes.as_path),
        attributes.origin,
        attributes.med if with_med else 0,
        candidate.internal,
        candidate.rank[:1],
        candidate.rank[1:],
        _numeric(candidate.next_hop),
    )


ORIGINS = ("IGP", "EGP", "incomplete")

NOTHING_LEFT = "nothing left to compare"
"""FRR then keeps the path that came first, which nobody can foretell; the lower next hop stands in for it."""

STEPS: tuple[Step, ...] = (
    Step("weight", lambda c: str(c.attributes.weight)),
    Step("local_pref", lambda c: str(c.attributes.local_pref)),
    Step("locally originated", lambda c: "yes" if c.local else "no"),
    Step("AS-path length", lambda c: str(len(c.attributes.as_path))),
    Step("ORIGIN", lambda c: ORIGINS[c.attributes.origin]),
    Step("MED", lambda c: str(c.attributes.med)),
    Step("eBGP before iBGP", lambda c: "iBGP" if c.internal else "eBGP"),
    Step("router id", lambda c: address_text(4, c.rank[0]) if c.rank else ""),
    Step("peer address", lambda c: _peer_address(c.rank)),
    Step(NOTHING_LEFT, lambda c: c.next_hop),
)
"""The decision process in order. `worth` has the values, by which `select` decides and `losses` explains."""


def _peer_address(rank: tuple[int, ...]) -> str:
    """An address where the rank holds one, else the numbers of the peer's port (see `fabric.peer_rank`)."""
    rest = rank[1:]
    if len(rest) == 1 and rest[0] >= 1 << 24:
        return address_text(4 if rest[0] < 1 << 32 else 6, rest[0])
    return "port " + ".".join(map(str, rest))


def select(candidates: Sequence[Candidate], maximum_paths: int, relax: bool) -> Selection:
    """The best path and the set used for forwarding. `relax` is `bgp bestpath as-path multipath-relax`."""
    if not candidates:
        return NO_SELECTION
    if len(candidates) == 1:
        return Selection(0, (0,))
    best = _final(candidates, _champions(candidates))
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
        if worth(candidate, False)[:-1] == worth(best, False)[:-1] and not _worse_med(candidates, index):
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


def _neighbor_of(candidates: Sequence[Candidate], index: int) -> object:
    """Paths with the same one are compared by MED: the neighbouring AS; a path of the own AS stands for itself."""
    path = candidates[index].attributes.as_path
    return path[0] if path else ("own", index)


def _champions(candidates: Sequence[Candidate]) -> dict[object, int]:
    """The best path from each neighbouring AS (`bgp deterministic-med`)."""
    found: dict[object, int] = {}
    keys = [worth(candidate, True) for candidate in candidates]
    for index, key in enumerate(keys):
        group = _neighbor_of(candidates, index)
        other = found.get(group)
        if other is None or key < keys[other]:
            found[group] = index
    return found


def _final(candidates: Sequence[Candidate], champions: Mapping[object, int]) -> int:
    """The best of the best, MED left out."""
    if len(champions) == 1:
        return next(iter(champions.values()))
    return min(champions.values(), key=lambda i: worth(candidates[i], _counts_med(candidates[i])))


def _counts_med(candidate: Candidate) -> bool:
    """Whether the MED counts among paths of different neighbouring ASes: only that of the own AS's paths."""
    return not candidate.attributes.as_path


class Loss(NamedTuple):
    """Why a candidate is not the best path."""

    step: str
    """Name of the first of `STEPS` at which the two differ; empty where nothing is left to compare."""
    against: int
    """Who won: the best path; or the one of the same neighbouring AS without which this would be the best path
    (deterministic MED)."""
    own: str
    other: str


def losses(candidates: Sequence[Candidate]) -> dict[int, Loss]:
    """At which step every candidate but the best one lost, by position."""
    champions = _champions(candidates)
    found: dict[int, Loss] = {}
    if not champions:
        return found
    best = _final(candidates, champions)
    for index, candidate in enumerate(candidates):
        if index == best:
            continue
        against, winner = champions[_neighbor_of(candidates, index)], candidates[best]
        if against == best:
            found[index] = _loss(candidate, winner, best, (True, True))
            continue
        with_med = (_counts_med(candidate), _counts_med(winner))
        if against == index or worth(candidate, with_med[0]) >= worth(winner, with_med[1]):
            found[index] = _loss(candidate, winner, best, with_med)
        else:
            # It would beat the best path, had its MED not put it behind another from the same AS.
            found[index] = _loss(candidate, candidates[against], against, (True, True))
    return found


def _loss(candidate: Candidate, winner: Candidate, against: int, with_med: tuple[bool, bool]) -> Loss:
    for step, mine, theirs in zip(STEPS, worth(candidate, with_med[0]), worth(winner, with_med[1]), strict=True):
        if mine != theirs:
            return Loss(step.name, against, step.shown(candidate), step.shown(winner))
    return Loss("", against, "", "")


def _multipath(candidates: Sequence[Candidate], best: int, maximum_paths: int, relax: bool) -> tuple[int, ...]:
    chosen = candidates[best]
    equal: dict[tuple[str, str], int] = {}
    for index, candidate in enumerate(candidates):
        if _same_hop(candidate, chosen) or unequal(candidate, chosen, relax):
            continue
        hop = (candidate.next_hop, candidate.leaked_from)
        other = equal.get(hop)
        if other is None or candidate.rank < candidates[other].rank:
            equal[hop] = index
    # An own path comes first in FRR's list, and leaked ones are compared with it.
    hops = [hop for hop in equal if not hop[1] or (hop[0], "") not in equal]
    hops = sorted(hops) if len(hops) < maximum_paths else sorted(hops, key=_hop_order)[: maximum_paths - 1]
    return (best, *(equal[hop] for hop in hops))


def _same_hop(a: Candidate, b: Candidate) -> bool:
    """Whether multipath takes only one of two paths: the next hops are the same address, unless both are leaked, from
    different VRFs (bgp_path_info_nexthop_cmp). External IPv6 peers have one link-local address in all VRFs."""
    if a.next_hop != b.next_hop:
        return False
    return not (a.leaked_from and b.leaked_from) or a.leaked_from == b.leaked_from


def _hop_order(hop: tuple[str, str]) -> tuple[tuple[int, ...], str]:
    return _numeric(hop[0]), hop[1]


@functools.lru_cache(maxsize=1 << 16)
def _numeric(next_hop: str) -> tuple[int, ...]:
    """FRR's order of next hops, which decides who stays when there are more than `maximum-paths`."""
    try:
        parsed = parse(next_hop)
    except ValueError:
        return (7, *next_hop.encode())
    return (parsed.version, parsed.value)


def unequal(a: Candidate, b: Candidate, relax: bool) -> str:
    """What keeps two paths from being multipath together; empty where they tie up to the comparison of peers."""
    left, right = a.attributes, b.attributes
    if preference(left) != preference(right) or a.local != b.local or a.internal != b.internal:
        pairs = zip(STEPS, worth(a, False), worth(b, False), strict=True)
        return next(step.name for step, mine, theirs in pairs if mine != theirs)
    apart = _labels_apart(a.labels, b.labels)
    if apart:
        return apart
    first_left, first_right = left.as_path[:1], right.as_path[:1]
    if first_left == first_right and left.med != right.med:
        return "MED"
    same = left.as_path == right.as_path if a.internal else first_left == first_right
    return "" if relax or same else "neighbouring AS"


def _labels_apart(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    """What keeps paths with these labels from being multipath together (bgp_path_info_cmp, "Maximum path check"): the
    number of labels, or what FRR takes the first one for. Matters between VRFs: all of one VRF have its own VNI."""
    if not a or not b:
        return "one is from EVPN, the other is not" if a or b else ""
    if len(a) != len(b):
        return "one is of a host, the other is not"
    if (a[0] ^ b[0]) & VALID_LABEL_BIT:
        return f"FRR does not use VNIs {min(a[0], b[0])} and {max(a[0], b[0])} together"
    return ""


def left_out(
    candidates: Sequence[Candidate], best: int, multipath: Sequence[int], maximum_paths: int, relax: bool
) -> dict[int, str]:
    """What keeps every path that is not in the multipath set out of it, by position."""
    found: dict[int, str] = {}
    for index, candidate in enumerate(candidates):
        if index in multipath or best < 0:
            continue
        why = unequal(candidate, candidates[best], relax)
        if not why:
            why = (
                "same next hop as another path in use"
                if any(_same_hop(candidate, candidates[used]) for used in multipath)
                else f"maximum-paths {maximum_paths}"
            )
        found[index] = why
    return found
