"""Input: values of columns. Output: OVSDB's JSON, and the same values again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.transport.ovsdb import (
    BadValue,
    NamedUuid,
    Table,
    UnknownName,
    by_uuid,
    insert,
    mutate,
    named,
    parse_schema,
    require,
    select,
    update,
)
from crossconnect.transport.ovsdb.types import Atom, Kind, Scalar, Type, Uuid, Value
from crossconnect.transport.ovsdb.values import apply_difference, decoder, default, encoder

ATOMS: dict[str, st.SearchStrategy[object]] = {
    "integer": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "string": st.text(max_size=20),
    "uuid": st.uuids().map(str),
}
SCHEMA = {
    "name": "Example",
    "version": "1.2.3",
    "tables": {
        "Thing": {
            "isRoot": True,
            "maxRows": 5,
            "indexes": [["name"]],
            "columns": {
                "name": {"type": "string", "mutable": False},
                "kind": {"type": {"key": {"type": "string", "enum": ["set", ["a", "b"]]}}},
                "number": {"type": {"key": {"type": "integer", "minInteger": 0, "maxInteger": 9}, "min": 0, "max": 1}},
                "tags": {"type": {"key": "string", "min": 0, "max": "unlimited"}},
                "ids": {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}},
                "counts": {"type": {"key": "string", "value": "integer", "min": 0, "max": "unlimited"}},
                "part": {"type": {"key": {"type": "uuid", "refTable": "Part"}, "min": 0, "max": 1}},
                "parts": {
                    "type": {
                        "key": {"type": "uuid", "refTable": "Part", "refType": "weak"},
                        "min": 0,
                        "max": "unlimited",
                    }
                },
            },
        },
        "Part": {"columns": {"weight": {"type": "real"}}},
    },
}


def thing() -> Table:
    return parse_schema(json.dumps(SCHEMA).encode()).table("Thing")


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[Type, Value]:
    """A column's type and a value of it."""
    names = st.sampled_from(sorted(ATOMS))
    key = draw(names)
    kind = draw(st.sampled_from(list(Kind)))
    atoms = ATOMS[key]
    if kind is Kind.SCALAR:
        return Type(Scalar(key)), draw(atoms)  # type: ignore[return-value]
    if kind is Kind.OPTIONAL:
        return Type(Scalar(key), None, 0, 1), draw(st.none() | atoms)  # type: ignore[return-value]
    if kind is Kind.SET:
        limit = draw(st.sampled_from([None, 2, 8]))
        return Type(Scalar(key), None, 0, limit), draw(st.frozensets(atoms, max_size=limit or 8))  # type: ignore[return-value]
    value = draw(names)
    drawn = draw(st.dictionaries(atoms, ATOMS[value], max_size=5))
    return Type(Scalar(key), Scalar(value), 0, None), drawn  # type: ignore[return-value]


@given(typed_values())
def test_what_is_encoded_decodes_to_itself(drawn: tuple[Type, Value]) -> None:
    type_, value = drawn
    wire = json.loads(json.dumps(encoder(type_)(value)))
    found = decoder(type_)(wire)
    assert found == value
    assert type(found) is type(value)


@given(st.frozensets(st.integers(0, 9)), st.frozensets(st.integers(0, 9)))
def test_the_difference_of_sets_leads_from_one_to_the_other(old: frozenset[int], new: frozenset[int]) -> None:
    type_ = Type(Scalar("integer"), None, 0, None)
    assert apply_difference(type_, frozenset(old), frozenset(old ^ new)) == new


@given(
    st.frozensets(st.integers(0, 60)),
    st.lists(st.frozensets(st.integers(0, 700), max_size=4), max_size=30),
    st.frozensets(st.integers(0, 700)),
)
def test_a_large_set_is_as_any_other_after_each_difference(
    holes: frozenset[int], differences: list[frozenset[int]], other: frozenset[int]
) -> None:
    """Input: a set of hundreds, and small differences. Output: the set that they make, in all that is asked of it."""
    type_ = Type(Scalar("integer"), None, 0, None)
    model = frozenset(range(600)) - holes
    found: Value = model
    for difference in differences:
        before, model = (found, frozenset(model)), model ^ difference
        found = apply_difference(type_, found, difference)
        assert before[0] == before[1]  # what was told before stays as it was
        assert isinstance(found, Set)
        assert (len(found), set(found), hash(found)) == (len(model), set(model), hash(model))
        assert found == model
        assert model == found
        assert (found != other) == (model != other)
        assert [element in found for element in range(701)] == [element in model for element in range(701)]
        assert found - other == model - other
        assert other - found == other - model
        assert found | other == model | other
        assert set(encoder(type_)(found)[1]) == model  # type: ignore[index]


_PAIRS: st.SearchStrategy[dict[Atom, Atom]] = st.dictionaries(st.integers(0, 700), st.integers(0, 2), max_size=4)


@given(st.frozensets(st.integers(0, 599), max_size=8), st.lists(_PAIRS, max_size=12), _PAIRS)
def test_a_large_map_is_as_any_other_after_each_difference(
    holes: frozenset[int], differences: list[dict[Atom, Atom]], other: dict[Atom, Atom]
) -> None:
    """Input: a map of hundreds, and small differences. Output: the map that they make, in all that is asked of it."""
    type_ = Type(Scalar("integer"), Scalar("integer"), 0, None)
    model: dict[Atom, Atom] = {key: 0 for key in range(600) if key not in holes}
    found: Value = dict(model)
    for difference in differences:
        before = (found, dict(model))
        for key, value in difference.items():
            if model.get(key) == value:
                del model[key]
            else:
                model[key] = value
        found = apply_difference(type_, found, difference)
        assert before[0] == before[1]  # what was told before stays as it was
        assert isinstance(found, Mapping)
        assert (len(found), dict(found)) == (len(model), model)
        assert found == model
        assert model == found
        assert (found != other) == (model != other)
        assert [found.get(key) for key in range(701)] == [model.get(key) for key in range(701)]
        assert {**found, **other} == model | other
        assert dict(encoder(type_)(found)[1]) == model  # type: ignore[index]


def test_a_set_of_one_comes_without_set() -> None:
    table = thing()
    assert table.column("tags").decode("one") == frozenset({"one"})
    assert table.column("parts").decode(["uuid", "u1"]) == frozenset({"u1"})
    assert table.column("part").decode(["set", [["uuid", "u1"]]]) == "u1"
    assert table.column("part").decode(["set", []]) is None


def test_defaults() -> None:
    found = {name: default(column.type) for name, column in thing().columns.items() if name[0] != "_"}
    assert found == {
        "name": "",
        "kind": "",
        "number": None,
        "tags": frozenset(),
        "ids": {},
        "counts": {},
        "part": None,
        "parts": frozenset(),
    }


def test_the_schema_says_what_there_is() -> None:
    schema = parse_schema(json.dumps(SCHEMA).encode())
    assert schema.has("Thing")
    assert schema.has("Thing", "tags")
    assert not schema.has("Thing", "tier")
    assert not schema.has("Other")
    assert (schema.table("Thing").root, schema.table("Part").root) == (True, False)
    assert (schema.table("Thing").indexes, schema.table("Thing").rows_max) == ((("name",),), 5)
    assert schema.table("Thing").column("kind").type.key.enum == {"a", "b"}
    assert schema.table("Thing").column("parts").type.key == Scalar("uuid", frozenset(), "Part", True)
    with pytest.raises(UnknownName, match="has no table Other"):
        schema.table("Other")
    with pytest.raises(UnknownName, match="table Thing has no column tier"):
        insert(schema.table("Thing"), {"name": "x", "tier": 1})


@pytest.mark.parametrize("path", sorted(Path("/usr/share").glob("o*/*.ovsschema")), ids=lambda path: path.stem)
def test_real_schemas_parse(path: Path) -> None:
    schema = parse_schema(path.read_bytes())
    assert all(table.columns for table in schema.tables.values())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": 5}, "Thing.name: 5 is not of type string"),
        ({"number": True}, "Thing.number: True is not of type integer"),
        ({"number": "5"}, "Thing.number: '5' is not of type integer"),
        ({"tags": "abc"}, "Thing.tags: 'abc' is not a set"),
        ({"tags": [1]}, "Thing.tags: 1 is not of type string"),
        ({"ids": ["a"]}, r"Thing.ids: \['a'\] is not a map"),
        ({"ids": {"a": 1}}, "Thing.ids: 1 is not of type string"),
        ({"parts": [1]}, "Thing.parts: 1 is not a UUID"),
    ],
)
def test_a_value_that_does_not_fit_names_its_column(row: dict[str, object], message: str) -> None:
    with pytest.raises(BadValue, match=message):
        insert(thing(), row)  # type: ignore[arg-type]


def test_operations_in_json() -> None:
    table, part = thing(), named("part", 1)
    assert part == NamedUuid("part_1")
    assert insert(table, {"name": "x", "parts": [part, Uuid("u2")]}, name=named("row", 0)) == {
        "op": "insert",
        "table": "Thing",
        "row": {"name": "x", "parts": ["set", [["named-uuid", "part_1"], ["uuid", "u2"]]]},
        "uuid-name": "row_0",
    }
    assert update(table, [("number", "<", 5)], {"part": None})["where"] == [["number", "<", 5]]
    assert update(table, by_uuid(Uuid("u1")), {"part": None}) == {
        "op": "update",
        "table": "Thing",
        "where": [["_uuid", "==", ["uuid", "u1"]]],
        "row": {"part": ["set", []]},
    }
    changes = mutate(
        table,
        [("ids", "includes", {"a": "b"})],
        [("number", "+=", 2), ("ids", "delete", ["a"]), ("ids", "delete", {"c": "d"}), ("ids", "insert", {"e": "f"})],
    )
    assert changes["where"] == [["ids", "includes", ["map", [["a", "b"]]]]]
    assert changes["mutations"] == [
        ["number", "+=", 2],
        ["ids", "delete", ["set", ["a"]]],
        ["ids", "delete", ["map", [["c", "d"]]]],
        ["ids", "insert", ["map", [["e", "f"]]]],
    ]
    assert select(table, [], ["name"])["columns"] == ["name"]
    assert (require(table, [])["until"], require(table, [])["timeout"], require(table, [])["rows"]) == ("!=", 0, [])
    with pytest.raises(BadValue, match=r"Thing\.ids insert: 'x' is not a map"):
        mutate(table, [], [("ids", "insert", "x")])
    with pytest.raises(BadValue, match=r"Thing\.ids ==: 5 is not a map"):
        select(table, [("ids", "==", 5)])
