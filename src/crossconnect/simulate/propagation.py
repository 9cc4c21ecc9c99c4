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
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from crossconnect.simulate.attributes import NOTHING, AttributeTable

ORIGINATED = -2
"""In place of an in-edge: the best path is the speaker's own."""

ABSENT = -1
"""In place of a neighbour: the session at this position is down."""

CHANGES_PER_SPEAKER_MAX = 64
"""A class in which speakers change their mind this often on average does not settle: shortest paths settle in as
many changes as a path is long (under ten in a Clos)."""

CYCLE_STEPS_MAX = 20_000
"""Changes in which a class that does not settle is looked at for a period. Small cycles have a few."""

EdgeFilter = Callable[[int, int, int, int], int]
"""(source, target, position, attribute number as sent) -> number after export and import policy, or NOTHING."""


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Established sessions of one family. In-edges of a speaker are in the order of the tie-break (router id, then
    address of the peer), so an edge's position is its rank. Positions stay when sessions fail."""

    asns: tuple[int, ...]
    shutdown: tuple[bool, ...]
    """Speakers in graceful shutdown (RFC 8326)."""
    prepended: tuple[int, ...]
    """How often each puts its own ASN in front besides."""
    sources: tuple[tuple[int, ...], ...]
    """In-edges by speaker: the neighbour at the other end, or ABSENT."""
    targets: tuple[tuple[tuple[int, int], ...], ...]
    """Out-edges by speaker: (neighbour, position among its in-edges)."""


class Spread(NamedTuple):
    """Where a route class got to: by speaker, the number of the best path's attributes and the in-edge it came by."""

    attributes: list[int]
    via: list[int]

    def reached(self) -> list[bool]:
        """By speaker, whether it has a path."""
        return [number != NOTHING for number in self.attributes]


class Settlement(Protocol):
    """Where a route class got to, however it was worked out."""

    @property
    def attributes(self) -> Numbers:
        """By speaker, the number of the best path's attributes, or NOTHING."""
        ...

    @property
    def via(self) -> Numbers:
        """By speaker, the position of the in-edge that the best path came by, ORIGINATED, or NOTHING."""
        ...

    def reached(self) -> list[bool]:
        """By speaker, whether it has a path."""
        ...


class Numbers(Protocol):
    """A number per speaker."""

    def __getitem__(self, speaker: int, /) -> int: ...


class Unsettled(NamedTuple):
    """A class that does not settle, with the speakers that go on changing, and one period of their changes in order;
    empty where none was found within `CYCLE_STEPS_MAX`."""

    speakers: tuple[int, ...]
    cycle: tuple[Change, ...] = ()


class Change(NamedTuple):
    """A speaker's new best path, which it tells its neighbours: the in-edge it came by, and its attributes."""

    speaker: int
    via: int
    number: int


def graph(
    asns: Sequence[int],
    shutdown: Sequence[bool],
    sources: Sequence[Sequence[int]],
    prepended: Sequence[int] = (),
) -> Graph:
    """A graph of in-edges by speaker, each list in rank order. `prepended`: none where it is empty."""
    targets: list[list[tuple[int, int]]] = [[] for _ in asns]
    for speaker, neighbors in enumerate(sources):
        for position, source in enumerate(neighbors):
            if source != ABSENT:
                targets[source].append((speaker, position))
    return Graph(
        asns=tuple(asns),
        shutdown=tuple(shutdown),
        prepended=tuple(prepended) or (0,) * len(asns),
        sources=tuple(tuple(neighbors) for neighbors in sources),
        targets=tuple(tuple(target) for target in targets),
    )


class _Work:
    """One class while it settles."""

    def __init__(
        self, graph: Graph, table: AttributeTable, valid: Sequence[bool] | None, edge: EdgeFilter | None
    ) -> None:
        size = len(graph.asns)
        self.graph = graph
        self.table = table
        self.valid = valid
        self.edge = edge
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
        originated, prepended = self.via[source] == ORIGINATED, graph.prepended[source]
        return self.table.sent(number, graph.asns[source], originated, graph.shutdown[source], prepended)

    def evaluate(self, speaker: int) -> None:
        """Choose the best of what the neighbours have sent."""
        best, via, lowest = NOTHING, NOTHING, 0
        if self.valid is None or self.valid[speaker]:
            costs = self.table.costs
            for position, source in enumerate(self.graph.sources[speaker]):
                if source == ABSENT or self.sent[source] == NOTHING:
                    continue
                number = accepted(self.graph, self.table, self.edge, source, speaker, position, self.sent[source])
                if number != NOTHING and (best == NOTHING or costs[number] < lowest):
                    best, via, lowest = number, position, costs[number]
        if best != self.attributes[speaker]:
            self.enqueue(speaker)
        self.attributes[speaker], self.via[speaker] = best, via

    def announce(self, source: int, number: int) -> None:
        """Hand a speaker's new update to its neighbours."""
        graph, table, edge = self.graph, self.table, self.edge
        asns, costs, via, attributes, valid = graph.asns, table.costs, self.via, self.attributes, self.valid
        path = table.paths[number] if number != NOTHING else ()
        for target, position in graph.targets[source]:
            current = via[target]
            if current == ORIGINATED or (valid is not None and not valid[target]):
                continue
            if current == position:
                self.evaluate(target)
                continue
            if number == NOTHING or asns[target] in path:
                continue
            if edge is None:
                offered = table.received(number, graph.shutdown[target])
            else:
                offered = accepted(graph, table, edge, source, target, position, number)
                if offered == NOTHING:
                    continue
            if current != NOTHING:
                have = costs[attributes[target]]
                if have < costs[offered] or (have == costs[offered] and current < position):
                    continue
            if attributes[target] != offered:
                attributes[target] = offered
                self.enqueue(target)
            via[target] = position

    def settle(self) -> Spread | Unsettled:
        """Process changes until there are none, or the bound is reached."""
        budget = CHANGES_PER_SPEAKER_MAX * (len(self.via) + 1)
        while self.queue:
            budget -= self.step() is not None
            if budget < 0:
                return self.unsettled()
        return Spread(self.attributes, self.via)

    def step(self) -> Change | None:
        """Process the first of the queue; its change, None where its neighbours know already."""
        source = self.queue.popleft()
        self.queued[source] = False
        number = self.offer(source)
        if number == self.sent[source]:
            return None
        self.sent[source] = number
        change = Change(source, self.via[source], self.attributes[source])
        self.announce(source, number)
        return change

    def unsettled(self) -> Unsettled:
        """Go on until a state comes again (Brent's search: one state is remembered, at powers of two), and then through
        the period once more. The queue makes the process deterministic, so one state fixes all that follow."""
        speakers = tuple(sorted(self.queue))
        remembered, power, period = self.state(), 1, 0
        for _ in range(CYCLE_STEPS_MAX):
            if not self.queue:
                return Unsettled(speakers)
            self.step()
            period += 1
            if self.state() == remembered:
                break
            if period == power:
                remembered, power, period = self.state(), power * 2, 0
        else:
            return Unsettled(speakers)
        cycle = tuple(change for change in (self.step() for _ in range(period)) if change is not None)
        return Unsettled(tuple(sorted({change.speaker for change in cycle})) or speakers, cycle)

    def state(self) -> tuple[tuple[int, ...], ...]:
        """All that decides what comes next."""
        return tuple(self.attributes), tuple(self.via), tuple(self.sent), tuple(self.queue)


def accepted(
    graph: Graph, table: AttributeTable, edge: EdgeFilter | None, source: int, target: int, position: int, number: int
) -> int:
    """What an update becomes at its receiver: NOTHING for a loop (RFC 4271 9.1.2) or a policy that rejects it."""
    if loops(graph, table, target, number):
        return NOTHING
    if edge is not None:
        number = edge(source, target, position, number)
        if number == NOTHING:
            return NOTHING
    return table.received(number, graph.shutdown[target])


def loops(graph: Graph, table: AttributeTable, target: int, number: int) -> bool:
    """Whether a receiver finds its own ASN in the AS path (RFC 4271 9.1.2)."""
    return graph.asns[target] in table.paths[number]


def sent_by(graph: Graph, table: AttributeTable, settled: Settlement, source: int) -> int:
    """What a speaker that has a path puts into its updates; NOTHING where a community confines the path."""
    originated = settled.via[source] == ORIGINATED
    shutdown, prepended = graph.shutdown[source], graph.prepended[source]
    return table.sent(settled.attributes[source], graph.asns[source], originated, shutdown, prepended)


def spread(
    graph: Graph,
    table: AttributeTable,
    origins: Mapping[int, int],
    valid: Sequence[bool] | None = None,
    edge: EdgeFilter | None = None,
) -> Spread | Unsettled:
    """Settle a class from nothing. `origins` gives attribute numbers by originating speaker; `valid` says where the
    next hop resolves, for routes whose next hop stays the originator's (EVPN). A speaker's own route always wins
    there, since FRR gives it weight 32768."""
    work = _Work(graph, table, valid, edge)
    for speaker, number in origins.items():
        work.attributes[speaker] = number
        work.via[speaker] = ORIGINATED
        work.enqueue(speaker)
    return work.settle()


def respread(
    graph: Graph, table: AttributeTable, before: Spread, gone: Sequence[tuple[int, int]], valid: Sequence[bool] | None
) -> Spread | Unsettled:
    """Settle a class again after sessions went down. `graph` is without them, `gone` names them as (speaker,
    position). Unchanged classes return the very same spread. Not for classes with policies on the way, which may have
    several stable states."""
    lost = [speaker for speaker, position in gone if before.via[speaker] == position]
    if not lost:
        return before
    work = _Work(graph, table, valid, None)
    work.attributes, work.via = before.attributes.copy(), before.via.copy()
    work.sent = [work.offer(speaker) for speaker in range(len(work.via))]
    for speaker in dict.fromkeys(lost):
        work.evaluate(speaker)
    return work.settle()


def offers(
    graph: Graph, table: AttributeTable, settled: Settlement, speaker: int, edge: EdgeFilter | None = None
) -> list[tuple[int, int]]:
    """All paths of a class that a speaker has from its neighbours, as (position, attribute number)."""
    found: list[tuple[int, int]] = []
    for position, source in enumerate(graph.sources[speaker]):
        if source == ABSENT or settled.attributes[source] == NOTHING:
            continue
        number = sent_by(graph, table, settled, source)
        if number != NOTHING:
            number = accepted(graph, table, edge, source, speaker, position, number)
        if number != NOTHING:
            found.append((position, number))
    return found
