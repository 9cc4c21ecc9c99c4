"""A mesh changed by a failure equals the mesh of what is left."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulate_arrays import reduced
from test_simulate_propagation import Case, cases

from crossconnect.simulate.arrays import Arrays, Levels, arrays, search, without_edges
from crossconnect.simulate.mesh import Change, Mesh, changed, mesh
from crossconnect.simulate.propagation import graph


def full(whole: Arrays, compiled: bool = False) -> Mesh:
    """A class for every speaker."""
    everyone = np.arange(len(whole.shared))
    return mesh(whole, range(len(everyone)), search(whole, everyone, everyone), compiled)


def applied(before: Mesh, change: Change) -> tuple[Levels, Levels]:
    """Levels and widths after a change."""
    level, width = before.level.copy(), before.width.copy()
    level[change.classes, change.speakers] = change.level
    width[change.classes, change.speakers] = change.width
    return level, width


@settings(max_examples=500, deadline=None)
@given(cases(), st.booleans())
def test_the_difference_leads_to_the_mesh_of_what_is_left(case: Case, compiled: bool) -> None:
    """Input: random graphs with shared ASNs, random cuts; both programs. Output: levels and widths as anew."""
    size = len(case.asns)
    whole = arrays(graph(case.asns, [False] * size, case.edges))
    _, gone = reduced(case)
    before = full(whole, compiled)
    level, width = applied(before, changed(before, gone))
    after = full(without_edges(whole, gone))
    assert np.array_equal(level, after.level)
    assert np.array_equal(width, after.width)


@settings(max_examples=300, deadline=None)
@given(cases(), st.data(), st.booleans())
def test_a_dead_speaker_takes_its_edges_with_it(case: Case, data: st.DataObject, compiled: bool) -> None:
    """Input: random graphs, a speaker that dies. Output: the same levels and widths at all others as starting anew."""
    size = len(case.asns)
    dead = data.draw(st.integers(0, size - 1))
    whole = arrays(graph(case.asns, [False] * size, case.edges))
    gone = [
        (speaker, position)
        for speaker, sources in enumerate(case.edges)
        for position, source in enumerate(sources)
        if dead in (speaker, source)
    ]
    before, after = full(whole, compiled), full(without_edges(whole, gone))
    level, width = applied(before, changed(before, gone, {dead}))
    others = [speaker for speaker in range(size) if speaker != dead]
    assert np.array_equal(level[:, others], after.level[:, others])
    assert np.array_equal(width[:, others], after.width[:, others])
