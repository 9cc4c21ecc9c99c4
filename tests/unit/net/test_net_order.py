"""Natural order of names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crossconnect.net.order import natural_key


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["leaf10", "leaf2", "leaf1", "a", "leaf1-b", "swp10.2", "swp2.10", "1a", "leaf01"]
    assert sorted(names, key=natural_key) == [
        "1a",
        "a",
        "leaf01",
        "leaf1",
        "leaf1-b",
        "leaf2",
        "leaf10",
        "swp2.10",
        "swp10.2",
    ]


@given(st.lists(st.text(max_size=12), unique=True))
def test_any_names_have_one_order(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)
