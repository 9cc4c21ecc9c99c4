"""How a route spreads over eBGP sessions between the default instances of switches.

    origins --(attributes)--> speaker --sent()--> in-edge of the neighbour --received()--> best path --> onwards

The unit of work is a route class: destinations with the same originators and attributes (all loopback addresses of a
switch, all EVPN routes of a VTEP) spread in the same way and are computed once. A class's result, the `Spread`, holds
two integers per speaker. Graphs of address families with equal sessions are equal values and share spreads.

A class is settled by a queue of speakers whose best path changed. A failure starts from the healthy spread and queues
only speakers that lost the session their best path came from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from crossconnect.simulate.attributes import NOTHING, AttributeTable

ORIGINATED = -2
"""In place of an in-edge: the best path is the speaker's own."""

CHANGES_PER_SPEAKER_MAX = 64
"""A class in which some speaker changes its mind this often on average does not settle: shortest paths settle in as
many changes as a path is long (under ten in a Clos)."""


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Established sessions of one family. In-edges of a speaker are in the order of the tie-break (router id, then
    address of the peer), so an edge's position is its rank."""

    asns: tuple[int, ...]
    shutdown: tuple[bool, ...]
    """Speakers in graceful shutdown (RFC 8326)."""
    sources: tuple[tuple[int, ...], ...]
    """In-edges by speaker: the neighbour at the other end."""
    targets: tuple[tuple[tuple[int, int], ...], ...]
    """Out-edges by speaker: (neighbour, position among its in-edges)."""


class Spread(NamedTuple):
    """Where a route class got to: by speaker, the number of the best path's attributes and the in-edge it came by."""

    attributes: list[int]
    via: list[int]


class Unsettled(NamedTuple):
    """A class that does not settle, with the speakers that go on changing."""

    speakers: tuple[int, ...]


def graph(
    asns: Sequence[int], shutdown: Sequence[bool], edges: Sequence[Sequence[int]]
) -> Graph:
    """A graph of in-edges by speaker, each list in rank order."""
    targets: list[list[tuple[int, int]]] = [[] for _ in asns]
    for speaker, sources in enumerate(edges):
        for position, source in enumerate(sources):
            targets[source].append((speaker, position))
    return Graph(
        asns=tuple(asns),
        shutdown=tuple(shutdown),
        sources=tuple(tuple(sources) for sources in edges),
        targets=tuple(tuple(target) for target in targets),
    )


class _Work:
    """One class while it settles."""

    def __init__(self, graph: Graph, table: AttributeTable, valid: Sequence[bool] | None) -> None:
        size = len(graph.asns)
        self.graph = graph
        self.table = table
        self.valid = valid
        self.attributes = [NOTHING] * size
        self.via = [NOTHING] * size
        self.sent = [NOTHING] * size
        self.queue: deque[int] = deque()
        self.queued = [False] * size

    def enqueue(self, speaker: int) -> None:
        if not self.queued[speaker]:
            self.queued[speaker] = True
            self.queue.append(speaker)

    def offer(self, source: int) -> int:
        """What a speaker puts into its updates now."""
        number = self.attributes[source]
        if number == NOTHING:
            return NOTHING
        graph = self.graph
        return self.table.sent(number, graph.asns[source], self.via[source] == ORIGINATED, graph.shutdown[source])

    def evaluate(self, speaker: int) -> None:
        """Choose the best of what the neighbours have sent."""
        table, asn, shutdown = self.table, self.graph.asns[speaker], self.graph.shutdown[speaker]
        best, via, lowest = NOTHING, NOTHING, 0
        if self.valid is None or self.valid[speaker]:
            for position, source in enumerate(self.graph.sources[speaker]):
                number = self.sent[source]
                if number == NOTHING or asn in table.paths[number]:
                    continue
                number = table.received(number, shutdown)
                if best == NOTHING or table.costs[number] < lowest:
                    best, via, lowest = number, position, table.costs[number]
        if best != self.attributes[speaker]:
            self.enqueue(speaker)
        self.attributes[speaker], self.via[speaker] = best, via

    def run(self) -> bool:
        """Process changes until there are none; False when the bound is reached first."""
        table, graph, queue = self.table, self.graph, self.queue
        asns, shutdown, paths, costs = graph.asns, graph.shutdown, table.paths, table.costs
        attributes, via, valid = self.attributes, self.via, self.valid
        budget = CHANGES_PER_SPEAKER_MAX * (len(asns) + 1)
        while queue:
            source = queue.popleft()
            self.queued[source] = False
            number = self.offer(source)
            if number == self.sent[source]:
                continue
            self.sent[source] = number
            budget -= 1
            if budget < 0:
                self.enqueue(source)
                return False
            path = paths[number] if number != NOTHING else ()
            for target, position in graph.targets[source]:
                current = via[target]
                if current == ORIGINATED or (valid is not None and not valid[target]):
                    continue
                if current == position:
                    self.evaluate(target)
                    continue
                if number == NOTHING or asns[target] in path:
                    continue
                offered = table.received(number, shutdown[target])
                if current != NOTHING:
                    have = costs[attributes[target]]
                    if have < costs[offered] or (have == costs[offered] and current < position):
                        continue
                if attributes[target] != offered:
                    attributes[target] = offered
                    self.enqueue(target)
                via[target] = position
        return True


def spread(
    graph: Graph, table: AttributeTable, origins: Mapping[int, int], valid: Sequence[bool] | None = None
) -> Spread | Unsettled:
    """Settle a class from nothing. `origins` gives attribute numbers by originating speaker; `valid` says where the
    next hop resolves, for routes whose next hop stays the originator's (EVPN). A speaker's own route always wins
    there, since FRR gives it weight 32768."""
    work = _Work(graph, table, valid)
    for speaker, number in origins.items():
        work.attributes[speaker] = number
        work.via[speaker] = ORIGINATED
        work.enqueue(speaker)
    if not work.run():
        return Unsettled(tuple(sorted(work.queue)))
    return Spread(work.attributes, work.via)
