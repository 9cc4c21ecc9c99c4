"""AS-path expressions: what they match, what is refused, and that none takes long."""

from __future__ import annotations

import ctypes
import ctypes.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.net.as_path import REPEATS_MAX, AsPathExpression

EXTENDED_WITHOUT_PLACES = 1 | 8
"""REG_EXTENDED | REG_NOSUB of glibc: how FRR compiles AS-path expressions."""


def posix(expression: str, path: str) -> bool | None:
    """What the C library's POSIX matcher says; None where it refuses the expression."""
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    compiled = ctypes.create_string_buffer(512)
    # FRR's bgp_regcomp replaces each `_` by this.
    text = expression.replace("_", "(^|[,{}() ]|$)").encode()
    if library.regcomp(compiled, text, EXTENDED_WITHOUT_PLACES):
        return None
    found = library.regexec(compiled, path.encode(), 0, None, 0) == 0
    library.regfree(compiled)
    return found


@pytest.mark.parametrize(
    "expression",
    ["^$", "_64500_", "^64500_", "_7$", "^(64500|65010)_", "^[0-9]+$", "^(6+)*$", "6{2,3}", "6+?0", "6*+5", "(1|1)*7"],
)
@pytest.mark.parametrize("path", ["", "64500", "64500 7", "164500 7", "65010 64500 {7,8}", "66 6", "600", "65"])
def test_expressions_match_as_routers_do(expression: str, path: str) -> None:
    assert AsPathExpression(expression).matches(path) == posix(expression, path)


@given(
    st.text(alphabet="67_^$.*+?|()[]", min_size=1, max_size=8),
    st.lists(st.sampled_from(["6", "7", "67", "677"]), max_size=4).map(" ".join),
)
def test_any_expression_that_is_taken_matches_as_routers_do(expression: str, path: str) -> None:
    try:
        ours = AsPathExpression(expression)
    except ValueError:
        return
    assert ours.matches(path) == posix(expression, path)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("^6{1,1000000}", "more than 255 times"),
        (f"6{{{REPEATS_MAX + 1}}}", "more than 255 times"),
        ("((6{255}){255}){255}", "multiply"),
        ("6{3,2}", "counts downwards"),
        ("6{", "does not begin a repetition"),
        ("*6", "nothing to repeat"),
        ("^*6", "repeats a"),
        ("(6", "not closed"),
        ("6)", "closes nothing"),
        ("[6", "not closed"),
        ("[7-6]", "counts downwards"),
        ("[_6]", "not a border"),
        ("[[.]", "collating symbol"),
        ("[6[.]7", "collating symbol"),
        ("a", "characters"),
        ("", "characters"),
        ("6" * 501, "501 characters"),
        ("(" * 40 + ")" * 40, "30 brackets"),
    ],
)
def test_what_a_router_would_refuse_or_choke_on_is_refused(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        AsPathExpression(expression)


@pytest.mark.parametrize("expression", ["^(6*)*$", "^((6|6)*)*$", "^(6|66)*7$", ".*.*.*.*.*.*.*.*7$", "^(6+6+)+$"])
def test_nested_repetitions_end(expression: str) -> None:
    assert not AsPathExpression(expression).matches("6" * 2000 + " 8")


def test_repetitions_up_to_the_limit_are_taken() -> None:
    expression = AsPathExpression("^(_6){1,255}$")
    assert expression.matches(" ".join(["6"] * 255))
    assert not expression.matches(" ".join(["6"] * 256))
