"""Reading never fails, whatever is in a file, and agrees with another YAML reader on what both accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.finding import has_errors
from crossconnect.intent.loader import load
from crossconnect.intent.lock import Lock
from crossconnect.intent.lock_text import lock_text, parse_lock
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.intent.validate import validate

BASE = Path(__file__).resolve().parents[1] / "errors" / "_base"
TEXTS = {path.relative_to(BASE).as_posix(): path.read_text() for path in sorted(BASE.rglob("*.yaml"))}

YAML_PIECES = st.sampled_from(
    [
        *"a1~[]{},'|>#%",
        *('"', "\\", "\n", "\t", "\x00", "\u00e9", "\u2028", "\ufeff", "\U0001f600"),
        *("b: ", "- ", "  ", "? ", ": ", "&x ", "*x", "!t ", "---\n", "...\n", "0x1", "<<: "),
    ]
)
YAML_TEXT = st.lists(YAML_PIECES, max_size=40).map("".join)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc",), exclude_characters="\x85\u2028\u2029\ufeff")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text("abcxyz-_", min_size=1), inner)),
    max_leaves=12,
)


@given(st.one_of(st.text(), YAML_TEXT))
@settings(max_examples=400, deadline=None)
def test_loading_never_fails(text: str) -> None:
    document, findings = load("f.yaml", text)
    assert document.broken <= has_errors(findings)
    lines = text.encode("utf-8", "replace").decode().splitlines() or [""]
    for finding in findings:
        assert finding.place.file == "f.yaml"
        assert 1 <= finding.place.line <= len(lines) + 1
        assert finding.message
        assert finding.hint


@given(VALUES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_loading_agrees_with_another_reader_on_what_it_dumps(value: Any, flow: bool) -> None:
    """PyYAML writes YAML 1.1; it quotes what 1.1 takes for something else, so what it leaves plain is common ground
    (but for `1e+20`-like floats and sexagesimals, which it quotes or writes with a point)."""
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True)
    document, findings = load("f.yaml", text)
    assert findings == ()
    assert document.value == yaml.safe_load(text) == value


@given(YAML_TEXT)
@settings(max_examples=400, deadline=None)
def test_what_both_readers_accept_has_one_structure(text: str) -> None:
    document, findings = load("f.yaml", text)
    if findings or "\ufeff" in text:
        return
    try:
        other = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    assert shape(document.value) == shape(other)


def shape(value: Any) -> Any:
    """Lists and mappings with their keys; scalars apart, since YAML 1.1 reads some differently."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): shape(child) for key, child in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "scalar"


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_every_part_of_a_value_has_its_place(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    document, _ = load("f.yaml", text)
    lines = text.split("\n")
    for keys, scalar in scalars(document.value):
        place = document.place(keys)
        written = lines[place.line - 1][place.column - 1 :]
        if isinstance(scalar, bool) or scalar is None:
            assert written.startswith({True: "true", False: "false", None: "null"}[scalar])
        elif isinstance(scalar, int):
            assert written.startswith(str(scalar))


def scalars(value: Any, at: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        return [found for key, child in value.items() for found in scalars(child, (*at, key))]
    if isinstance(value, list):
        return [found for index, child in enumerate(value) for found in scalars(child, (*at, index))]
    return [(at, value)]


@given(st.sampled_from(sorted(TEXTS)), st.data())
@settings(max_examples=150, deadline=None)
def test_reading_a_damaged_region_never_fails(name: str, data: st.DataObject) -> None:
    """A piece of a file is cut out and something else put there."""
    text = TEXTS[name]
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 30)))
    piece = data.draw(st.one_of(YAML_TEXT, st.text(max_size=10), st.integers().map(str)))
    region, findings = read_region_from_texts({**TEXTS, name: text[:begin] + piece + text[end:]})
    assert (region is None) == has_errors(findings)
    if region is not None:
        findings = validate(region)
    assert all(finding.message and finding.hint and finding.place.file for finding in findings)


@given(st.sampled_from(sorted(TEXTS)), VALUES, st.data())
@settings(max_examples=150, deadline=None)
def test_reading_values_of_any_type_never_fails(name: str, value: Any, data: st.DataObject) -> None:
    """One value anywhere in a file is replaced by any other."""
    root = load(name, TEXTS[name])[0].value
    holder = root
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or data.draw(st.booleans()):
            holder[key] = value
            break
        holder = holder[key]
    text = yaml.safe_dump(root, allow_unicode=True)
    region, findings = read_region_from_texts({**TEXTS, name: text})
    assert (region is None) == has_errors(findings)
    if region is not None:
        validate(region)


NUMBERS = st.dictionaries(st.text(), st.dictionaries(st.text(), st.text()))


@given(st.integers(0, 10**6), NUMBERS, st.dictionaries(st.text(), st.dictionaries(st.text(), st.integers(0, 10**6))))
@settings(max_examples=100, deadline=None)
def test_any_lock_survives_its_text(
    serial: int, numbers: dict[str, dict[str, str]], resting: dict[str, dict[str, int]]
) -> None:
    lock = Lock(serial=serial, numbers=numbers, resting=resting)
    assert parse_lock(lock_text(lock)) == (lock, ())


@given(st.one_of(st.text(), YAML_TEXT))
@settings(max_examples=100, deadline=None)
def test_no_text_passes_for_a_lock(text: str) -> None:
    lock, findings = parse_lock(text)
    assert lock is None
    assert findings
