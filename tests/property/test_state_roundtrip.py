"""Laws of states: a trip to disk changes nothing; a difference applied to one state gives the other."""

from __future__ import annotations

import operator
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.state.difference import difference, difference_text
from crossconnect.state.store import read_state, write_state
from crossconnect.state.tables import TABLES, State

_words = st.text(max_size=4)
_numbers = st.integers(min_value=0, max_value=2**32)
_values: dict[Any, st.SearchStrategy[Any]] = {
    str: _words,
    int: _numbers,
    bool: st.booleans(),
    tuple[str, ...]: st.lists(_words, max_size=3).map(tuple),
    tuple[int, ...]: st.lists(_numbers, max_size=3).map(tuple),
}


def _rows(row_type: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    row = st.builds(row_type, *(_values[f.type] for f in msgspec.structs.fields(row_type)))
    key = operator.attrgetter(*row_type.KEY)
    return st.lists(row, max_size=5, unique_by=key).map(lambda rows: tuple(sorted(rows, key=key)))


states = st.builds(State, world=st.just("sim"), **{name: _rows(row_type) for name, row_type in TABLES.items()})


@settings(max_examples=25, deadline=None)
@given(states)
def test_disk_changes_nothing(state: State) -> None:
    with tempfile.TemporaryDirectory(prefix="xc-checks-") as directory:
        write_state(state, Path(directory) / "s")
        assert read_state(Path(directory) / "s") == state


@settings(max_examples=50, deadline=None)
@given(states, states)
def test_a_difference_leads_from_one_state_to_the_other(a: State, b: State) -> None:
    differences = difference(a, b)
    tables = {name: set(getattr(a, name)) for name in TABLES}
    for d in differences:
        tables[d.table] -= {*d.only_a, *(c.a for c in d.changed)}
        tables[d.table] |= {*d.only_b, *(c.b for c in d.changed)}
    assert tables == {name: set(getattr(b, name)) for name in TABLES}
    assert bool(differences) == (a != b)
    assert difference_text(differences)


@settings(max_examples=50, deadline=None)
@given(states)
def test_a_state_does_not_differ_from_itself(state: State) -> None:
    assert difference(state, state) == ()
