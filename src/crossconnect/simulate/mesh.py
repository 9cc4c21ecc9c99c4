"""Which VTEP reaches which, over how many equal-cost paths: all of it at once, and again after every failure.

    rows: classes, one per VTEP      columns: speakers      entries: AS-path length, best in-edge, width

A failure takes in-edges away. For most classes nothing but a width changes: the receiver has another path of the same
length that holds the same shared ASNs, so nobody further on sees a difference. Only classes in which some receiver has
no such path are searched again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from crossconnect.simulate.arrays import (
    COMPILED_FROM,
    COMPILED_FROM_IN_SWEEPS,
    UNREACHED,
    Arrays,
    Flags,
    Indexes,
    Levels,
    Paths,
    search,
    widths,
    without_edges,
)


class Mesh(msgspec.Struct, frozen=True):
    """All classes of one graph. `level`, `via` and `width` are indexed by (class, speaker)."""

    whole: Arrays
    origins: tuple[int, ...]
    """The speaker that originates each class."""
    level: Levels
    via: Levels
    width: Levels
    compiled: bool
    """Whether searching classes again and again is worth loading compiled code."""


class Change(NamedTuple):
    """What a failure does to a mesh: classes searched again, with their new rows, and widths that shrank elsewhere."""

    classes: NDArray[np.intp]
    level: Levels
    width: Levels
    narrowed: tuple[tuple[int, NDArray[np.intp], Levels], ...]
    """(speaker, classes, new widths) where only the width differs."""


def mesh(whole: Arrays, origins: Sequence[int], found: Paths) -> Mesh:
    """The mesh of classes that have been searched; `found` is indexed by (class, speaker)."""
    work = len(origins) * len(whole.source)
    width = widths(whole, found, work >= COMPILED_FROM)
    return Mesh(whole, tuple(origins), found.level, found.via, width, work >= COMPILED_FROM_IN_SWEEPS)


def changed(before: Mesh, gone: Sequence[tuple[int, int]], dead: Collection[int] = ()) -> Change:
    """The mesh without some in-edges, given as (speaker, position), as a difference. Speakers that are `dead` have none
    of their edges left, and what they would have is not looked at."""
    whole = without_edges(before.whole, gone)
    by_receiver: dict[int, list[int]] = {}
    for speaker, position in gone:
        if speaker in dead:
            continue
        by_receiver.setdefault(speaker, []).append(position)
    broken = np.zeros(len(before.origins), np.bool_)
    narrowed: list[tuple[int, NDArray[np.intp], Levels]] = []
    for receiver, positions in by_receiver.items():
        lost = np.zeros(len(before.origins), np.int16)
        for position in positions:
            lost += _used(before, receiver, position)
        hit = np.flatnonzero(lost)
        if not len(hit):
            continue
        broken[hit] |= ~_replaceable(before, whole, receiver, positions, hit)
        narrowed.append((receiver, hit, before.width[hit, receiver] - lost[hit]))
    classes = np.flatnonzero(broken)
    origins = np.array(before.origins, np.intp)[classes]
    paths = search(whole, np.arange(len(classes)), origins, None, before.compiled)
    kept = tuple((r, hit[~broken[hit]], width_[~broken[hit]]) for r, hit, width_ in narrowed)
    return Change(classes, paths.level, widths(whole, paths, before.compiled), kept)


def _used(before: Mesh, receiver: int, position: int) -> Flags:
    """By class, whether the receiver uses this in-edge: it is as short as the best one, and no loop."""
    sender = before.whole.source[before.whole.first[receiver] + position]
    level = before.level
    used = (level[:, sender] >= 0) & (level[:, receiver] == level[:, sender] + 1)
    own = before.whole.shared[receiver]
    if own >= 0:
        classes = np.flatnonzero(used)
        used[classes] = ~_holds(before, classes, np.full(len(classes), sender, np.int32), int(own))
    return used


def _holds(before: Mesh, classes: Indexes, at: NDArray[np.int32], own: int) -> Flags:
    """By class, whether the best path at a speaker holds an ASN."""
    whole = before.whole
    found = np.zeros(len(classes), np.bool_)
    going = np.arange(len(classes))
    at = at.copy()
    while len(going):
        found[going] = whole.shared[at[going]] == own
        via = before.via[classes[going], at[going]]
        left = (via >= 0) & ~found[going]
        going, via = going[left], via[left]
        at[going] = whole.source[whole.first[at[going]] + via]
    return found


def _replaceable(before: Mesh, whole: Arrays, receiver: int, gone: Sequence[int], classes: Indexes) -> Flags:
    """By class, whether what the receiver passes on stays the same: its best path is not among those gone, or another
    one of the same length with the same shared ASNs takes its place."""
    via = before.via[classes, receiver].astype(np.intp)
    fine = np.ones(len(classes), np.bool_)
    for position in gone:
        fine &= via != position
    open_ = np.flatnonzero(~fine)
    if not len(open_):
        return fine
    first, last = int(whole.first[receiver]), int(whole.first[receiver + 1])
    rows, senders = classes[open_], whole.source[first:last]
    below = before.level[rows, receiver] - 1
    usable = whole.alive[first:last] & (before.level[rows[:, None], senders] == below[:, None]) & (below >= 0)[:, None]
    own = int(whole.shared[receiver])
    if own >= 0:
        at, edge = np.nonzero(usable)
        usable[at, edge] = ~_holds(before, rows[at], senders[edge], own)
    # In-edges are in rank order: the first one that is left is the next best path.
    there = usable.any(axis=1)
    new = senders[usable.argmax(axis=1)[there]]
    old = whole.source[first + via[open_[there]]]
    fine[open_[there]] = _same_shared(before, rows[there], old, new)
    return fine


def _same_shared(before: Mesh, classes: Indexes, left: NDArray[np.int32], right: NDArray[np.int32]) -> Flags:
    """By class, whether two speakers' best paths hold the same shared ASNs at the same places."""
    whole = before.whole
    same = np.ones(len(classes), np.bool_)
    going = np.arange(len(classes))
    left, right = left.copy(), right.copy()
    while len(going):
        here = classes[going]
        a, b = left[going], right[going]
        same[going] = whole.shared[a] == whole.shared[b]
        via_a, via_b = before.via[here, a], before.via[here, b]
        # Paths of one length end together.
        on = same[going] & (via_a >= 0) & (via_b >= 0) & (a != b)
        going, a, b, via_a, via_b = going[on], a[on], b[on], via_a[on], via_b[on]
        left[going] = whole.source[whole.first[a] + via_a]
        right[going] = whole.source[whole.first[b] + via_b]
    return same


def unreached(change: Change, before: Mesh, speakers: NDArray[np.intp]) -> list[tuple[int, int]]:
    """(speaker, class) of what some speakers reached and do not any more."""
    old = before.level[change.classes][:, speakers]
    lost = (old != UNREACHED) & (change.level[:, speakers] == UNREACHED)
    return [(int(speakers[s]), int(change.classes[c])) for c, s in zip(*np.nonzero(lost), strict=True)]


def relocated(change: Change, before: Mesh, speakers: NDArray[np.intp]) -> list[tuple[int, int]]:
    """(speaker, class) of what some speakers reach over an AS path of another length."""
    old, new = before.level[change.classes][:, speakers], change.level[:, speakers]
    other = (old != new) & (old != UNREACHED) & (new != UNREACHED)
    return [(int(speakers[s]), int(change.classes[c])) for c, s in zip(*np.nonzero(other), strict=True)]
