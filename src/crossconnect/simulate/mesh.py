"""Which VTEP reaches which, over how many equal-cost paths: all of it at once, and again after every failure.

    rows: classes, one per VTEP      columns: speakers      entries: AS-path length, best in-edge, width

A failure takes in-edges away. For most classes nothing but a width changes: the receiver has another path of the same
length that holds the same shared ASNs, so nobody further on sees a difference. Only classes in which some receiver has
no such path are searched again: whole, or (`repair`, compiled) only where they change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from crossconnect.simulate.arrays import (
    COMPILED_FROM,
    COMPILED_FROM_IN_SWEEPS,
    Arrays,
    Flags,
    Gone,
    Indexes,
    Levels,
    Paths,
    compiled_repair,
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
    columns: Paths | None = None
    """`level` and `via` once more, in Fortran's order, where compiled code is worth loading: failures are first looked
    at speaker by speaker."""


class Change(NamedTuple):
    """What a failure does to a mesh: an entry for each class and speaker that has another level or width than before.
    Dead speakers have none."""

    classes: NDArray[np.intp]
    speakers: NDArray[np.intp]
    level: Levels
    width: Levels


def mesh(whole: Arrays, origins: Sequence[int], found: Paths, compiled: bool | None = None) -> Mesh:
    """The mesh of classes that have been searched; `found` is indexed by (class, speaker). Compiled code is used where
    it is installed and pays, unless `compiled` says otherwise; the answers are the same."""
    work = len(origins) * len(whole.source)
    width = widths(whole, found, work >= COMPILED_FROM)
    if compiled is None:
        compiled = work >= COMPILED_FROM_IN_SWEEPS
    if not compiled or compiled_repair() is None:
        return Mesh(whole, tuple(origins), found.level, found.via, width)
    columns = Paths(np.asfortranarray(found.level), np.asfortranarray(found.via))
    return Mesh(whole, tuple(origins), found.level, found.via, np.asfortranarray(width), columns)


def changed(before: Mesh, gone: Sequence[tuple[int, int]], dead: Collection[int] = ()) -> Change:
    """The mesh without some in-edges, given as (speaker, position), as a difference. Speakers that are `dead` have none
    of their edges left, and what they would have is not looked at."""
    by_receiver: dict[int, list[int]] = {}
    for speaker, position in gone:
        if speaker not in dead:
            by_receiver.setdefault(speaker, []).append(position)
    whole = without_edges(before.whole, gone)
    if before.columns is None:
        return _searched_again(before, whole, by_receiver, dead)
    return _repaired(before, whole, by_receiver, dead)


def _repaired(before: Mesh, whole: Arrays, by_receiver: Mapping[int, list[int]], dead: Collection[int]) -> Change:
    repair = compiled_repair()
    assert repair is not None
    assert before.columns is not None
    off = np.zeros(len(whole.shared), np.bool_)
    off[list(dead)] = True
    edges = [whole.first[receiver] + position for receiver, at in by_receiver.items() for position in at]
    bounds = np.zeros(len(by_receiver) + 1, np.intp)
    np.cumsum([len(positions) for positions in by_receiver.values()], out=bounds[1:])
    gone = Gone(np.array(list(by_receiver), np.intp), bounds, np.array(edges, np.intp))
    found = repair(whole, Paths(before.level, before.via), before.columns, before.width, off, gone)
    return Change(found.classes.astype(np.intp), found.speakers.astype(np.intp), found.level, found.width)


def _searched_again(before: Mesh, whole: Arrays, by_receiver: Mapping[int, list[int]], dead: Collection[int]) -> Change:
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
    paths = search(whole, np.arange(len(classes)), origins)
    width = widths(whole, paths)
    other = (paths.level != before.level[classes]) | (width != before.width[classes])
    other[:, list(dead)] = False
    rows, speakers = np.nonzero(other)
    entries = [(classes[rows], speakers, paths.level[rows, speakers], width[rows, speakers])]
    for receiver, hit, left in narrowed:
        kept = ~broken[hit]
        there = np.full(np.count_nonzero(kept), receiver, np.intp)
        entries.append((hit[kept], there, before.level[hit[kept], receiver], left[kept]))
    return Change(*(np.concatenate(column) for column in zip(*entries, strict=True)))


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
