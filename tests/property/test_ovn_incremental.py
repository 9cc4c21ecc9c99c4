"""However documents came to be what they are, the units are those of a compile from nothing.

Input: changes of documents of all kinds, in any order, also such that name what is not there. Output: the same units
and failures as those of a new compiler that is given the last state at once; rows that refer to rows that are there.
"""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_documents import REGION
from cloud_universe import UNIVERSE
from crossconnect.cloud.logical.queries import BROKEN
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.ovn.features import Features, features_of
from crossconnect.cloud.ovn.rows import is_own
from crossconnect.cloud.resource import Resource
from ovn_contents import Contents

OLD = Features()
NEW = features_of(lambda table, column: True)
HEARING = msgspec.structs.replace(OLD, southbound=True)
"""An old one whose health checks are heard of."""


CHANGE = st.sampled_from(sorted(UNIVERSE)).flatmap(
    lambda id: st.tuples(st.just(id), st.sampled_from([*UNIVERSE[id], UNIVERSE[id][0], None]))
)
DOWN = st.sets(st.sampled_from(["eni-blue-fw", "eni-red-fw", "eni-blue-p1"]))
HISTORY = st.lists(st.tuples(DOWN, st.lists(CHANGE, max_size=12)), max_size=8)


def _everything() -> list[tuple[str, Resource | None]]:
    return [(id, variants[0]) for id, variants in UNIVERSE.items()]


@pytest.mark.parametrize("features", [OLD, NEW, HEARING], ids=["old", "new", "hearing"])
@settings(max_examples=60, deadline=None)
@given(begin_full=st.booleans(), history=HISTORY)
def test_incremental_is_from_scratch(features: Features, begin_full: bool, history: list) -> None:
    """Any changes, one after the other, are the last state at once; and what the deltas tell adds up to the units."""
    compiler, contents = Compiler(REGION, features), Contents()
    state: dict[str, Resource] = {}
    told: dict[str, str] = {}
    for down, changes in [(set(), _everything() if begin_full else []), *history]:
        contents.apply((observed := compiler.observe(down)).units)
        told |= observed.failed
        for id, document in changes:
            state.pop(id, None)
            if document is not None:
                state[id] = document
        delta = compiler.apply(changes)
        contents.apply(delta.units)
        told = {id: reason for id, reason in (told | delta.failed).items() if reason}
    fresh, at_once = Compiler(REGION, features), Contents()
    fresh.observe(history[-1][0] if history else ())
    at_once.apply(fresh.apply(sorted(state.items())).units)
    assert compiler.units() == fresh.units()
    assert compiler.failed() == fresh.failed() == told
    assert not [reason for reason in told.values() if BROKEN in reason]
    assert contents.full() == at_once.full()
    _hold_together(contents)


def _hold_together(contents: Contents) -> None:
    """Every row of ours that is referred to is there, and nothing is added to a row that is not."""
    rows = contents.full()
    there = {row.uuid for row in rows}
    for row in rows:
        for column, value in row.columns.items():
            for element in value if isinstance(value, frozenset) else (value,):
                if isinstance(element, str) and len(element) == 36 and is_own(element):
                    assert element in there, f"{row.table} {row.key}.{column} refers to nothing"
    assert not contents.homeless(), contents.homeless()


@pytest.mark.parametrize("features", [OLD, NEW, HEARING], ids=["old", "new", "hearing"])
def test_all_of_it_compiles(features: Features) -> None:
    """Input: all documents. Output: the failures that are meant, and no others."""
    compiler = Compiler(REGION, features)
    compiler.apply(_everything())
    failed = set(compiler.failed())
    inline: set[str] = set() if features.network_function else {"ins-2", "ins-3"}
    assert failed <= {"pgw-2", "att-pgw", "vpn-2", "tm-1", "fl-1", "ins-1", *inline}, compiler.failed()
