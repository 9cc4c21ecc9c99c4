"""A class's spread kept as two arrays; attributes are worked out for the speakers that are asked about."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.simulate.arrays import Paths
from crossconnect.simulate.attributes import NOTHING, AttributeTable
from crossconnect.simulate.propagation import Graph


def _numbers(paths: Paths) -> Sequence[int]:
    """Positions whose items are Python's integers, without a list of them."""
    return memoryview(paths.via.data)


class PathAttributes:
    """Attribute numbers by speaker. What is sent along a path follows from the path."""

    def __init__(self, graph: Graph, table: AttributeTable, paths: Paths, number: int) -> None:
        self._graph = graph
        self._table = table
        self._via = _numbers(paths)
        self._origin = number
        self._known: dict[int, int] = {}

    def __getitem__(self, speaker: int) -> int:
        number = self._known.get(speaker)
        if number is None:
            via = self._via[speaker]
            if via == NOTHING:
                number = NOTHING
            elif via < 0:
                number = self._origin
            else:
                source = self._graph.sources[speaker][via]
                before = self[source]
                originated = self._via[source] < 0
                number = self._table.sent(before, self._graph.asns[source], originated, False)
            self._known[speaker] = number
        return number

    def __len__(self) -> int:
        return len(self._via)


class ShortestSpread:
    """Like `Spread`, of a class for which AS-path length and rank alone decide."""

    def __init__(self, graph: Graph, table: AttributeTable, paths: Paths, number: int) -> None:
        self.paths = paths
        self.attributes = PathAttributes(graph, table, paths, number)
        self.via: Sequence[int] = _numbers(paths)

    def reached(self) -> list[bool]:
        """By speaker, whether it has a path."""
        return (self.paths.level >= 0).tolist()
