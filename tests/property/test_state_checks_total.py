"""Laws of checks: whatever rows a state lacks, repeats or has wrong, they answer; and in the same way in any order."""

from __future__ import annotations

import functools
import operator
import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.checks import Expectation, run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures, simulate
from crossconnect.state.tables import TABLES, State
from regions import compiled, small


@functools.cache
def region() -> tuple[Blueprint, State]:
    blueprint = compiled(small(leaves=4, dual_homed=True, border=True, l2_only=True, tenants=2)).blueprint
    assert blueprint is not None
    return blueprint, simulate(blueprint)


def damaged(state: State, seed: int, share: float) -> State:
    """Rows taken away, given twice, or with a value from another row of their table."""
    chance = random.Random(seed)
    kinds = ["gone"] if chance.random() < 0.3 else ["gone", "twice", "wrong"]
    tables: dict[str, tuple[msgspec.Struct, ...]] = {}
    for name in TABLES:
        rows: list[msgspec.Struct] = []
        whole = getattr(state, name)
        for row in whole:
            if chance.random() > share:
                rows.append(row)
                continue
            what = chance.choice(kinds)
            if what == "twice":
                rows += [row, row]
            elif what == "wrong":
                column = chance.choice(row.__struct_fields__)
                rows.append(msgspec.structs.replace(row, **{column: getattr(chance.choice(whole), column)}))
        tables[name] = tuple(rows)
    return msgspec.structs.replace(state, **tables)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.001, 0.02, 0.3, 1.0]), st.booleans())
def test_any_state_gets_an_answer_whatever_the_order_of_its_rows(seed: int, share: float, failed: bool) -> None:
    blueprint, healthy = region()
    state = damaged(healthy, seed, share)
    expectation = Expectation(Failures(devices=frozenset({"a-spine1"}))) if failed else Expectation()
    findings = run_checks(state, blueprint, expectation=expectation)
    assert all(f.message and f.place.path for f in findings)
    backwards = msgspec.structs.replace(state, **{name: getattr(state, name)[::-1] for name in TABLES})
    if all(_keys_are_unique(name, getattr(state, name)) for name in TABLES):
        assert run_checks(backwards, blueprint, expectation=expectation) == findings


def _keys_are_unique(table: str, rows: tuple[Any, ...]) -> bool:
    row_type: Any = TABLES[table]
    return len(set(map(operator.attrgetter(*row_type.KEY), rows))) == len(rows)
