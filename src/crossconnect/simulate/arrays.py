"""The fabric's sessions as arrays, and shortest AS paths over them.

What most routes of a Clos are: originated with the same attributes wherever, no policy on the way, no switch in
graceful shutdown. For those the decision process comes down to "shortest AS path without the receiver's own ASN, then
the lowest rank of the peer", which is a breadth-first search by levels. `plain` says whether a graph is of that kind;
classes of any other kind are settled by `propagation`, and tests hold both to the same answers.

The AS-loop rule is kept, this is no shortest-path search: a switch refuses a path that holds its own ASN (RFC 4271
9.1.2), so a spine that lost its link to a leaf does not reach it over another leaf and a spine of the same ASN.

    in-edges, in the order of (receiver, rank):   source, target, position      (rank: `Graph`)
    out-edges, in the order of the sender:        out_edge -> in-edge

Three programs for one search: compiled (numba, where installed and worth its start), numpy, and `propagation.spread`.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crossconnect.simulate.propagation import ABSENT, ORIGINATED, Graph

Ints = NDArray[np.int32]
Indexes = NDArray[np.intp]
Levels = NDArray[np.int16]
Flags = NDArray[np.bool_]

UNREACHED = -1
"""In place of a level and of a position."""

COMPILED_FROM = 100_000_000
"""Classes times sessions from which loading numba's compiled code (0.7 s of CPU) pays for one search of all classes."""

COMPILED_FROM_IN_SWEEPS = 5_000_000
"""The same for searching some of them again and again."""

PAIRS_AT_ONCE = 1_000_000
"""Pairs of class and session that numpy's program looks at in one go: some ten arrays of that length."""


class Arrays(NamedTuple):
    """A graph's in- and out-edges. `shared` numbers the ASNs that several speakers have, -1 where the ASN is unique:
    a loop can only be met over a shared one, since a speaker that has its own unique ASN in a path is on that path."""

    first: Ints
    """In-edges of speaker s are first[s] to first[s + 1]."""
    source: Ints
    target: Ints
    position: Ints
    out_first: Ints
    out_edge: Ints
    shared: Ints
    alive: Flags
    """By in-edge."""


class Paths(NamedTuple):
    """Where classes of routes got to: AS-path length and the position of the best path's in-edge, by (class, speaker),
    or by speaker where there is one class."""

    level: Levels
    via: Levels


def arrays(graph: Graph) -> Arrays:
    """A graph as arrays."""
    degrees = [len(sources) for sources in graph.sources]
    first = np.zeros(len(degrees) + 1, np.int32)
    np.cumsum(degrees, out=first[1:])
    source = np.fromiter((s for sources in graph.sources for s in sources), np.int32, int(first[-1]))
    target = np.repeat(np.arange(len(degrees), dtype=np.int32), degrees)
    position = np.arange(len(source), dtype=np.int32) - first[target]
    alive = source != ABSENT
    out_edge = np.argsort(source, kind="stable").astype(np.int32)
    out_first = np.searchsorted(source[out_edge], np.arange(len(degrees) + 1)).astype(np.int32)
    _, number, count = np.unique(np.array(graph.asns, np.int64), return_inverse=True, return_counts=True)
    shared = np.where(count[number] > 1, number, -1).astype(np.int32)
    return Arrays(first, source, target, position.astype(np.int32), out_first, out_edge, shared, alive)


def without_edges(whole: Arrays, gone: Sequence[tuple[int, int]]) -> Arrays:
    """The same sessions with some in-edges, given as (speaker, position), down."""
    if not gone:
        return whole
    alive = whole.alive.copy()
    alive[[whole.first[speaker] + position for speaker, position in gone]] = False
    return whole._replace(alive=alive)


def plain(graph: Graph) -> bool:
    """Whether AS-path length and rank alone decide for routes without communities."""
    return not any(graph.shutdown)


def shortest(whole: Arrays, origins: Sequence[int], valid: Flags | None = None, compiled: bool = False) -> Paths:
    """Best paths of a class that `origins` originate alike. `valid` says who can use it at all (next hop resolves)."""
    found = search(whole, np.zeros(len(origins), np.intp), np.array(origins, np.intp), valid, compiled)
    return Paths(found.level[0], found.via[0])


def search(
    whole: Arrays, classes: Indexes, origins: Indexes, valid: Flags | None = None, compiled: bool = False
) -> Paths:
    """Best paths of several classes, numbered from 0: a class and one of its originators at the same place of the two
    arrays. Levels and positions are indexed by (class, speaker)."""
    size = (int(classes.max()) + 1 if len(classes) else 0, len(whole.shared))
    paths = Paths(np.full(size, UNREACHED, np.int16), np.full(size, UNREACHED, np.int16))
    paths.level[classes, origins] = 0
    paths.via[classes, origins] = ORIGINATED
    accepts = np.ones(size[1], np.bool_) if valid is None else valid
    kernel = compiled_kernels() if compiled else None
    if kernel is not None:
        kernel.search(whole, accepts, paths.level, paths.via)
        return paths
    room = max(1, PAIRS_AT_ONCE // max(1, len(whole.source)))
    for start in range(0, size[0], room):
        _search(whole, accepts, Paths(paths.level[start : start + room], paths.via[start : start + room]))
    return paths


def _search(whole: Arrays, accepts: Flags, paths: Paths) -> None:
    """By levels: what those reached last offer to those that have nothing yet."""
    classes, senders = np.nonzero(paths.level == 0)
    level = 0
    while len(senders):
        starts, counts = whole.out_first[senders], whole.out_first[senders + 1] - whole.out_first[senders]
        ends = np.cumsum(counts)
        offers = whole.out_edge[np.arange(ends[-1]) + np.repeat(starts - ends + counts, counts)].astype(np.intp)
        to = np.repeat(classes, counts)
        receivers = whole.target[offers]
        usable = whole.alive[offers] & accepts[receivers] & (paths.level[to, receivers] == UNREACHED)
        offers, to = offers[usable], to[usable]
        fine = ~loops(whole, paths, to, offers)
        offers, to = offers[fine], to[fine]
        # In-edges are numbered by receiver and rank, so the first offer to a receiver is the best one.
        order = np.argsort(to * len(whole.source) + offers)
        offers, to = offers[order], to[order]
        receivers = whole.target[offers]
        best = np.ones(len(offers), np.bool_)
        best[1:] = (receivers[1:] != receivers[:-1]) | (to[1:] != to[:-1])
        classes, senders = to[best], receivers[best].astype(np.intp)
        level += 1
        paths.level[classes, senders] = level
        paths.via[classes, senders] = whole.position[offers[best]]


def loops(whole: Arrays, paths: Paths, classes: Indexes, edges: Indexes) -> Flags:
    """For pairs of class and in-edge whether the sender's best path holds the receiver's ASN."""
    own = whole.shared[whole.target[edges]]
    found = np.zeros(len(edges), np.bool_)
    open_ = np.flatnonzero(own >= 0)
    at, row, own = whole.source[edges[open_]], classes[open_], own[open_]
    while len(open_):
        met = whole.shared[at] == own
        found[open_] = met
        via = paths.via[row, at]
        on = (via >= 0) & ~met
        open_, row, own, at, via = open_[on], row[on], own[on], at[on], via[on]
        at = whole.source[whole.first[at] + via]
    return found


def widths(whole: Arrays, paths: Paths, compiled: bool = False) -> Levels:
    """How many equal-cost paths each speaker has by class, before `maximum_paths`; 0 where it originates or has
    none. `paths` is that of `search`."""
    kernel = compiled_kernels() if compiled else None
    count = np.zeros(paths.level.shape, np.int16)
    if kernel is not None:
        kernel.width(whole, paths.level, paths.via, count)
        return count
    room = max(1, PAIRS_AT_ONCE // max(1, len(whole.source)))
    for start in range(0, len(count), room):
        part = Paths(paths.level[start : start + room], paths.via[start : start + room])
        below = part.level[:, whole.source]
        classes, edges = np.nonzero(whole.alive & (below >= 0) & (part.level[:, whole.target] == below + 1))
        fine = ~loops(whole, part, classes, edges)
        flat = classes[fine] * len(whole.shared) + whole.target[edges[fine]]
        counted = np.bincount(flat, minlength=part.level.size)
        count[start : start + room] = counted.reshape(part.level.shape)
    return count


class Kernels(NamedTuple):
    """Compiled programs; they fill the arrays given last."""

    search: Callable[[Arrays, Flags, Levels, Levels], None]
    width: Callable[[Arrays, Levels, Levels, Levels], None]


@functools.cache
def compiled_kernels() -> Kernels | None:
    """The compiled programs, None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    module = importlib.import_module("crossconnect.simulate.kernels")
    return Kernels(module.search, module.width)


class Gone(NamedTuple):
    """In-edges that are gone: those of receiver k are edges[bounds[k]:bounds[k + 1]]."""

    receivers: Indexes
    bounds: Indexes
    edges: Indexes


class Entries(NamedTuple):
    """What has changed of levels and widths, an entry for each class and speaker."""

    classes: Ints
    speakers: Ints
    level: Levels
    width: Levels


Repair = Callable[[Arrays, Paths, Paths, Levels, Flags, Gone], Entries]
"""`repair.repair`."""


@functools.cache
def compiled_repair() -> Repair | None:
    """The compiled program that finds what a failure changes, None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    return importlib.import_module("crossconnect.simulate.repair").repair
