"""Input: assertions as text. Output: the promise each stands for, or the place where it stops being one."""

from __future__ import annotations

import pytest

from crossconnect.checks.assertion_text import EXAMPLES, Misread, assertion_text, misread_text, parse_assertion
from crossconnect.model.promise import Promise


def promise(**fields: object) -> Promise:
    return Promise(name="p", **fields)  # type: ignore[arg-type]


READ = [
    ("tenant red cannot reach tenant blue", {"source": "tenant red", "destination": "tenant blue", "kind": "isolated"}),
    ("a/b/c can reach a/b/d", {"source": "a/b/c", "destination": "a/b/d", "kind": "reachable"}),
    (
        "a/b can reach internet surviving 2 failures",
        {"source": "a/b", "destination": "internet", "kind": "reachable", "survives": 2},
    ),
    (
        "server web1 reaches 0.0.0.0/0 via border-leaf1",
        {"source": "server web1", "destination": "0.0.0.0/0", "kind": "via", "through": "border-leaf1"},
    ),
    (
        "a reaches b not via site north",
        {"source": "a", "destination": "b", "kind": "not-via", "through": "site north"},
    ),
    (
        "leaf x reaches leaf y with width 2 surviving 1 link or rack",
        {
            "source": "leaf x",
            "destination": "leaf y",
            "kind": "width",
            "paths": 2,
            "survives": 1,
            "of": ("link", "rack"),
        },
    ),
    (
        "x reaches y with 3 disjoint paths",
        {"source": "x", "destination": "y", "kind": "width", "paths": 3, "disjoint": True},
    ),
    ("x reaches y within 1 hop", {"source": "x", "destination": "y", "kind": "length", "hops": 1}),
    (
        "x reaches y in exactly 4 hops",
        {"source": "x", "destination": "y", "kind": "length", "hops": 4, "exactly": True},
    ),
    (
        "infrastructure never leaks to tenant red",
        {"source": "infrastructure", "destination": "tenant red", "kind": "no-leak"},
    ),
    (
        "2001:db8::/32 is never announced to peer transit1",
        {"source": "2001:db8::/32", "destination": "peer transit1", "kind": "not-announced"},
    ),
    ("server server can reach can", {"source": "server server", "destination": "can", "kind": "reachable"}),
    ("server can reach via", {"source": "server", "destination": "via", "kind": "reachable"}),
]


@pytest.mark.parametrize(("text", "fields"), READ)
def test_a_text_is_one_promise_and_the_promise_that_text(text: str, fields: dict[str, object]) -> None:
    assert parse_assertion(text, "p") == promise(**fields)
    assert assertion_text(promise(**fields)) == text


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_assertions(text: str) -> None:
    read = parse_assertion(text, "p")
    assert isinstance(read, Promise)
    assert assertion_text(read) == text


def test_other_spellings_mean_the_same() -> None:
    assert parse_assertion("  a   reaches b  ", "p") == parse_assertion("a can reach b", "p")
    assert parse_assertion("a can reach b via c", "p") == parse_assertion("a reaches b via c", "p")
    assert parse_assertion("2001:DB8:0::/32 can reach a", "p") == parse_assertion("2001:db8::/32 can reach a", "p")


MISREAD = [
    ("", 1, "", "a tenant, vrf, segment"),
    ("tenant red", 11, "", "`cannot reach`"),
    ("tenant red can raech blue", 16, "raech", "`reach`"),
    ("tenant red cannot reach", 24, "", "a tenant, vrf, segment"),
    ("a can reach b via", 18, "", "a tenant, vrf, segment"),
    ("a can reach b surviving 3 links", 25, "3", "a number from 1 to 2"),
    ("a can reach b surviving 1 spine", 27, "spine", "`links`"),
    ("a can reach b surviving 1 link or", 34, "", "`racks`"),
    ("a can reach b quickly", 15, "quickly", "the end of the text"),
    ("a reaches b with width 0", 24, "0", "a number from 1 to 256"),
    ("a never leaks b", 15, "b", "`to`"),
    ("10.0.0.1/8 can reach b", 1, "10.0.0.1/8", "the prefix is 10.0.0.0/8"),
    ("a/b/c/d can reach b", 1, "a/b/c/d", "a name or prefix"),
]


@pytest.mark.parametrize(("text", "column", "found", "expected"), MISREAD)
def test_a_text_that_is_none_is_told_where_and_what_was_expected(
    text: str, column: int, found: str, expected: str
) -> None:
    misread = parse_assertion(text, "p")
    assert isinstance(misread, Misread)
    assert (misread.column, misread.found) == (column, found)
    assert expected in " or ".join(misread.expected)
    shown = misread_text(misread)
    assert shown.splitlines()[2].index("^") == 4 + column - 1
    assert all(example in shown for example in EXAMPLES)
