"""A mesh changed by a failure equals the mesh of what is left."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulate_arrays import reduced
from test_simulate_propagation import Case, cases

from crossconnect.simulate.arrays import Arrays, arrays, search, without_edges
from crossconnect.simulate.mesh import Mesh, changed, mesh
from crossconnect.simulate.propagation import graph


def full(whole: Arrays) -> Mesh:
    """A class for every speaker."""
    everyone = np.arange(len(whole.shared))
    return mesh(whole, range(len(everyone)), search(whole, everyone, everyone))


@settings(max_examples=500, deadline=None)
@given(cases())
def test_the_difference_leads_to_the_mesh_of_what_is_left(case: Case) -> None:
    """Input: random graphs with shared ASNs, random cuts. Output: the same levels and widths as starting anew."""
    size = len(case.asns)
    whole = arrays(graph(case.asns, [False] * size, case.edges))
    _, gone = reduced(case)
    before = full(whole)
    change = changed(before, gone)
    level, width = before.level.copy(), before.width.copy()
    for speaker, classes, narrower in change.narrowed:
        width[classes, speaker] = narrower
    level[change.classes], width[change.classes] = change.level, change.width
    after = full(without_edges(whole, gone))
    assert np.array_equal(level, after.level)
    assert np.array_equal(width, after.width)


@settings(max_examples=300, deadline=None)
@given(cases(), st.data())
def test_a_dead_speaker_takes_its_edges_with_it(case: Case, data: st.DataObject) -> None:
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
    before, after = full(whole), full(without_edges(whole, gone))
    change = changed(before, gone, {dead})
    level, width = before.level.copy(), before.width.copy()
    for speaker, classes, narrower in change.narrowed:
        width[classes, speaker] = narrower
    level[change.classes], width[change.classes] = change.level, change.width
    others = [speaker for speaker in range(size) if speaker != dead]
    assert np.array_equal(level[:, others], after.level[:, others])
    assert np.array_equal(width[:, others], after.width[:, others])
