"""Input: any path and any value. Output: the same after they were text, octets, and octets by the published files."""

from __future__ import annotations

import contextlib

import pytest
from gnmi_pb import gnmi_pb2
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.errors import BadInput
from crossconnect.nos.document import keyed_path
from crossconnect.transport.gnmi.errors import NotUnderstood
from crossconnect.transport.gnmi.message import (
    CommitFor,
    Confirm,
    SetOperations,
    get_request,
    operations_of,
    set_request,
)
from crossconnect.transport.gnmi.path import Element, Path, parse_path, path_text
from crossconnect.transport.gnmi.value import plain_value, typed_json, typed_scalar
from crossconnect.transport.gnmi.wire import messages_pb2

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ELEMENTS = st.builds(
    lambda name, keys: Element(name, tuple(sorted(keys.items()))), TEXT, st.dictionaries(TEXT, TEXT, max_size=3)
)
PATHS = st.builds(
    lambda elements, origin: Path(tuple(elements), origin),
    st.lists(ELEMENTS, max_size=5),
    st.sampled_from(["", "cli", "srl_nokia", "openconfig"]),
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=9),
)
JSON = st.recursive(
    st.one_of(st.none(), SCALARS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=9,
)


@given(PATHS)
def test_a_path_is_the_same_after_it_was_text(path: Path) -> None:
    assert parse_path(path_text(path)) == path


@given(st.text(st.sampled_from("/[]=\\ab:"), max_size=20))
def test_any_text_is_a_path_or_refused_with_a_place(text: str) -> None:
    try:
        path = parse_path(text)
    except BadInput:
        with pytest.raises(BadInput, match="character"):
            parse_path(text)
    else:
        assert parse_path(path_text(path)) == path


@given(st.lists(st.tuples(TEXT.filter(str.isalnum), TEXT.filter(lambda t: "\\" not in t)), min_size=1, max_size=3))
def test_what_a_difference_writes_is_read(steps: list[tuple[str, str]]) -> None:
    parts = [part for name, key in steps for part in (name, (("name", key),))]
    path = parse_path(keyed_path(tuple(parts)))
    assert path == Path(tuple(Element(name, (("name", key),)) for name, key in steps))


@given(JSON)
def test_a_value_is_the_same_after_it_was_json(value: object) -> None:
    assert plain_value(typed_json(value)) == value  # type: ignore[arg-type]
    assert plain_value(typed_json(value, ietf=False)) == value  # type: ignore[arg-type]


@given(st.one_of(SCALARS, st.lists(SCALARS, max_size=4)))
def test_a_leaf_is_the_same_in_protobufs_own_types(value: object) -> None:
    assert plain_value(typed_scalar(value)) == value  # type: ignore[arg-type]


@given(st.binary(max_size=40))
def test_octets_that_are_no_json_are_refused(octets: bytes) -> None:
    with contextlib.suppress(NotUnderstood):
        plain_value(messages_pb2.TypedValue(json_ietf_val=octets))


@given(st.lists(PATHS, max_size=3), st.lists(st.tuples(PATHS, JSON), max_size=3), st.text(min_size=1, max_size=8))
def test_the_published_files_say_the_same(deletes: list[Path], updates: list[tuple[Path, object]], name: str) -> None:
    operations = SetOperations(delete=tuple(deletes), replace=tuple(updates), update=tuple(updates))  # type: ignore[arg-type]
    octets = set_request(operations, name, CommitFor(seconds=210)).SerializeToString()
    theirs = gnmi_pb2.SetRequest.FromString(octets)
    assert messages_pb2.SetRequest.FromString(theirs.SerializeToString()).SerializeToString() == octets or any(
        len(element.keys) > 1 for path in [*deletes, *(path for path, _ in updates)] for element in path.elements
    )  # a map has no order in octets
    assert [[e.name for e in path.elem] for path in theirs.delete] == [[e.name for e in p.elements] for p in deletes]
    assert (len(theirs.replace), len(theirs.update)) == (len(updates), len(updates))
    (extension,) = theirs.extension
    assert extension.commit.id == name
    assert extension.commit.commit.rollback_duration.seconds == 210


def test_parts_and_encodings_have_the_published_numbers() -> None:
    octets = get_request([parse_path("/a")], "operational", "json_ietf").SerializeToString()
    theirs = gnmi_pb2.GetRequest.FromString(octets)
    assert (theirs.type, theirs.encoding) == (gnmi_pb2.GetRequest.OPERATIONAL, gnmi_pb2.JSON_IETF)


def test_commands_of_a_difference_are_a_set() -> None:
    text = '{"delete": ["/a[b=c]"], "replace": [{"path": "/d", "val": {"e": [1, "2"]}}], "update": []}'
    found = operations_of(text)
    assert found.delete == (parse_path("/a[b=c]"),)
    assert found.replace == ((parse_path("/d"), {"e": [1, "2"]}),)
    for wrong in ('{"remove": []}', "[]", '{"delete": [1]}'):
        with pytest.raises(ValueError):
            operations_of(wrong)


def test_a_commit_has_an_id_and_time() -> None:
    with pytest.raises(ValueError, match="id"):
        set_request(SetOperations(), "", Confirm())
    with pytest.raises(ValueError, match="second"):
        set_request(SetOperations(), "c1", CommitFor(seconds=0))
