"""The YAML loader: values of the core schema, positions of everything, refusals with their place."""

from __future__ import annotations

import math

import pytest

from crossconnect.intent.loader import load


def value_of(text: str) -> object:
    document, findings = load("x.yaml", text)
    assert findings == ()
    return document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("-7", -7),
        ("+7", 7),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("65000:1", "65000:1"),
        ("2024-01-01", "2024-01-01"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("10.1", 10.1),
        ("10.1.1.1", "10.1.1.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("02:00:00:00:00:01", "02:00:00:00:00:01"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'012'", "012"),
        ('"no"', "no"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        ("--", "--"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert value_of(f"a: {text}") == {"a": value}


def test_nan_is_a_number() -> None:
    read = value_of("a: .nan")
    assert isinstance(read, dict)
    assert math.isnan(read["a"])


def test_an_empty_file_has_no_value_and_no_finding() -> None:
    assert value_of("") is None
    assert value_of("# nothing yet\n") is None


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert value_of("\ufeffname: x") == {"name": "x"}


def test_positions_lead_to_scalars_and_to_the_keys_of_containers() -> None:
    document, _ = load("f.yaml", "a:\n  - {name: x, list: [1, 22]}\n  - name: y\n    b: z\n")
    assert str(document.place(("a",))) == "f.yaml:1:1"
    assert str(document.place(("a", 0, "list", 1))) == "f.yaml:2:25"
    assert str(document.place(("a", 1, "b"))) == "f.yaml:4:8"
    assert str(document.place(("a", 1, "b"), at_key=True)) == "f.yaml:4:5"
    assert document.place(("a", 1, "b")).path == "a/y/b"
    # What is not there is placed at what is around it.
    assert str(document.place(("a", 1, "missing"))) == "f.yaml:3:5"
    assert str(document.place(("nowhere",))) == "f.yaml:1:1"


def test_a_second_value_of_a_key_is_refused_with_the_place_of_the_first() -> None:
    document, findings = load("f.yaml", "a:\n  b: [1, {x: 1}]\n  c: 2\n  b: 3\n")
    (finding,) = findings
    assert (str(finding.place), finding.place.path) == ("f.yaml:4:3", "a/b")
    assert str(finding.related[0]) == "f.yaml:2:3"
    assert not document.broken


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: &x 1", 1, "anchor"),
        ("a: *x", 1, "alias"),
        ("a: &x {}\nb:\n  <<: *x", 3, "merge key"),
        ("a: !secret x", 1, "tag"),
        ("a: !!str 1", 1, "tag"),
        ("a: 1\n---\nb: 2", 2, "second YAML document"),
        ("%YAML 1.1\n---\na: 1", 1, "directive"),
        ("1: a", 1, "must be text"),
        ("true: a", 1, "`true`"),
        ("? [a]\n: b", 1, "name of a field"),
        ("[" * 100, 1, "nested more than 32 levels"),
    ],
)
def test_features_that_hide_values_are_refused(text: str, line: int, words: str) -> None:
    _, findings = load("f.yaml", text)
    assert any(finding.place.line == line and words in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a:\n\tb: 1", "f.yaml:2:1", "tab"),
        ("a: [1, 2\nb: 3", "f.yaml:1:4", "is not closed"),
        ("a: {b: 1\nc: 3", "f.yaml:1:4", "is not closed"),
        ('a: 1\nb: "x\nc: 3\n', "f.yaml:2:4", "quote"),
        ("a: b: c", "f.yaml:1:5", "`:`"),
        ("a: 1\n  b: 2", "f.yaml:2:4", "`:`"),
        ("a:\n    b: 1\n  c: 2", "f.yaml:3:3", "does not continue"),
        ("a: x\x07y", "f.yaml:1:5", "control character"),
        ("ä: x\nb: ö\x07y", "f.yaml:2:5", "control character"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "f.yaml:2:1", "merge conflict"),
    ],
)
def test_a_broken_file_is_reported_where_to_look(text: str, place: str, words: str) -> None:
    document, (finding,) = load("f.yaml", text)
    assert document.broken
    assert str(finding.place) == place
    assert words in finding.message
    assert finding.hint


def test_every_scalar_is_text_when_asked() -> None:
    document, _ = load("f.yaml", "a: 1\nb: [no, ~]\n", text_only=True)
    assert document.value == {"a": "1", "b": ["no", "~"]}
