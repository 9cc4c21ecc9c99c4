"""Shortest AS paths over arrays against the general path vector: numpy's program and the compiled one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulate_propagation import Case, cases

from crossconnect.simulate.arrays import Paths, arrays, compiled_kernels, shortest, widths, without_edges
from crossconnect.simulate.attributes import LOCAL_WEIGHT, Attributes, AttributeTable
from crossconnect.simulate.propagation import ABSENT, ORIGINATED, Spread, graph, offers, spread
from crossconnect.simulate.shortest_spread import ShortestSpread

PROGRAMS = (False, True)


def reduced(case: Case) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """In-edges without the cut links, and which those were."""
    edges: list[list[int]] = []
    gone: list[tuple[int, int]] = []
    for speaker, sources in enumerate(case.edges):
        kept: list[int] = []
        for position, source in enumerate(sources):
            down = (speaker, source) in case.cut or (source, speaker) in case.cut
            kept.append(ABSENT if down else source)
            if down:
                gone.append((speaker, position))
        edges.append(kept)
    return edges, gone


@settings(max_examples=400, deadline=None)
@given(cases(), st.sets(st.integers(0, 8), max_size=3))
def test_both_programs_find_what_the_path_vector_settles_on(case: Case, unresolved: set[int]) -> None:
    """Input: a random graph, cut links, speakers at which the next hop does not resolve. Output: the same best path,
    the same set of paths and the same attributes at every speaker, from three programs."""
    edges, gone = reduced(case)
    size = len(case.asns)
    whole = graph(case.asns, [False] * size, case.edges)
    shape = graph(case.asns, [False] * size, edges)
    valid = np.array([speaker not in unresolved for speaker in range(size)], np.bool_)
    table = AttributeTable()
    own = table.intern(Attributes(weight=LOCAL_WEIGHT))
    expected = spread(shape, table, dict.fromkeys(case.origins, own), valid.tolist())
    assert isinstance(expected, Spread)
    for compiled in PROGRAMS:
        found = shortest(without_edges(arrays(whole), gone), sorted(case.origins), valid, compiled)
        assert found.via.tolist() == expected.via
        lazy = ShortestSpread(shape, table, found, own)
        assert [lazy.attributes[speaker] for speaker in range(size)] == expected.attributes
        assert lazy.reached() == expected.reached()
        together = Paths(found.level[None], found.via[None])
        counted = widths(without_edges(arrays(whole), gone), together, compiled)[0]
        for speaker in range(size):
            paths = offers(shape, table, expected, speaker)
            lengths = [len(table.paths[number]) for _, number in paths]
            usable = expected.via[speaker] not in (-1, ORIGINATED)
            assert counted[speaker] == (lengths.count(min(lengths)) if usable else 0)


def test_a_spine_without_its_leaf_is_a_black_hole_and_not_a_detour() -> None:
    """Input: two leaves, two spines of one ASN, the cable leaf 0 - spine 2 cut. Output: spine 2 does not reach leaf 0,
    as a graph library would have it over leaf 1 and spine 3."""
    whole = graph([1, 2, 9, 9], [False] * 4, [[2, 3], [2, 3], [0, 1], [0, 1]])
    for compiled in PROGRAMS:
        found: Paths = shortest(without_edges(arrays(whole), [(0, 0), (2, 0)]), [0], None, compiled)
        assert found.level.tolist() == [0, 2, -1, 1]


def test_the_compiled_program_is_compared_here() -> None:
    if compiled_kernels() is None:
        pytest.skip("numba is not installed: only numpy's program was compared")
