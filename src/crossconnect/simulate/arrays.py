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

COMPILED_FROM = 2_000_000
"""Classes times sessions from which loading numba's compiled code (0.3 s of CPU) pays."""


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
    """Where a class of routes got to, by speaker: AS-path length and the position of the best path's in-edge."""

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
    size = len(whole.shared)
    paths = Paths(np.full(size, UNREACHED, np.int16), np.full(size, UNREACHED, np.int16))
    paths.level[list(origins)] = 0
    paths.via[list(origins)] = ORIGINATED
    accepts = np.ones(size, np.bool_) if valid is None else valid
    if compiled:
        kernel = compiled_kernels()
        if kernel is not None:
            kernel.search(whole, np.array(origins, np.int32), accepts, paths.level, paths.via)
            return paths
    _search(whole, accepts, paths)
    return paths


def _search(whole: Arrays, accepts: Flags, paths: Paths) -> None:
    """By levels; in-edges are in rank order, so the first offer of a level is the best one."""
    usable = np.flatnonzero(whole.alive & accepts[whole.target])
    level = 0
    while len(usable):
        usable = usable[paths.level[whole.target[usable]] == UNREACHED]
        offers = usable[paths.level[whole.source[usable]] == level]
        if not len(offers):
            return
        offers = offers[~loops(whole, paths, offers)]
        receivers = whole.target[offers]
        best = np.ones(len(offers), np.bool_)
        best[1:] = receivers[1:] != receivers[:-1]
        level += 1
        paths.level[receivers[best]] = level
        paths.via[receivers[best]] = whole.position[offers[best]]
        if not best.any():
            return


def loops(whole: Arrays, paths: Paths, edges: Indexes) -> Flags:
    """For in-edges whether the sender's best path holds the receiver's ASN."""
    own = whole.shared[whole.target[edges]]
    at = whole.source[edges].copy()
    found = np.zeros(len(edges), np.bool_)
    open_ = np.flatnonzero(own >= 0)
    while len(open_):
        here = at[open_]
        found[open_] |= whole.shared[here] == own[open_]
        via = paths.via[here]
        going = (via >= 0) & ~found[open_]
        open_, here, via = open_[going], here[going], via[going]
        at[open_] = whole.source[whole.first[here] + via]
    return found


def widths(whole: Arrays, paths: Paths, compiled: bool = False) -> Levels:
    """How many equal-cost paths each speaker has, before `maximum_paths`; 0 where it originates or has none."""
    if compiled:
        kernel = compiled_kernels()
        if kernel is not None:
            count = np.zeros(len(whole.shared), np.int16)
            kernel.width(whole, paths.level, paths.via, count)
            return count
    below = paths.level[whole.source]
    edges = np.flatnonzero(whole.alive & (below >= 0) & (paths.level[whole.target] == below + 1))
    edges = edges[~loops(whole, paths, edges)]
    return np.bincount(whole.target[edges], minlength=len(whole.shared)).astype(np.int16)


class Kernels(NamedTuple):
    """Compiled programs; they fill the arrays given last."""

    search: Callable[[Arrays, Ints, Flags, Levels, Levels], None]
    width: Callable[[Arrays, Levels, Levels, Levels], None]


@functools.cache
def compiled_kernels() -> Kernels | None:
    """The compiled programs, None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    module = importlib.import_module("crossconnect.simulate.kernels")
    return Kernels(module.search, module.width)
