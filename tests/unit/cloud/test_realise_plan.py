"""What is planned, without a server: rows that are there and rows that are wanted in, operations out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cloud.ovn.rows import Contribution, Row
from crossconnect.cloud.realise import Unit
from crossconnect.cloud.realise.desired import Desired, Scope, between, whole
from crossconnect.cloud.realise.facts import facts_of
from crossconnect.cloud.realise.plan import Plan, differing, plan, strays
from crossconnect.transport.ovsdb import Uuid, parse_schema
from crossconnect.transport.ovsdb.types import Row as FoundRow
from crossconnect.transport.ovsdb.types import Value
from northbound_units import at, expected, group, history, port, row, switch, world
from ovsdb_server import NORTHBOUND

pytestmark = pytest.mark.skipif(not NORTHBOUND.exists(), reason="no OVN on this machine: install ovn-central")


class Database:
    """Rows as a replica has them."""

    def __init__(self, units: Mapping[str, Unit] | None = None) -> None:
        schema = parse_schema(b"".join(NORTHBOUND.read_bytes().splitlines()))
        self.facts = facts_of(schema)
        self.tables: dict[str, dict[Uuid, FoundRow]] = {}
        for table, rows in expected(units or {}).items():
            for uuid, columns in rows.items():
                self.put(table, uuid, **columns)

    def put(self, table: str, uuid: str, **columns: Value) -> None:
        self.tables.setdefault(table, {})[Uuid(uuid)] = {**self.facts[table].blank, **columns}

    def rows(self, table: str) -> Mapping[Uuid, FoundRow]:
        return self.tables.get(table, {})

    def plan(self, desired: Desired, scopes: Mapping[str, Scope] | None = None, **options: object) -> Plan:
        scopes = scopes or {key: whole(unit) for key, unit in desired.units.items()}
        return plan(desired, self, self.facts, scopes.items(), **options)  # pyright: ignore[reportArgumentType]


def wanting(units: Mapping[str, Unit]) -> Desired:
    desired = Desired()
    desired.apply(units)
    return desired


def differing_of(database: Database, desired: Desired) -> set[str] | None:
    return asyncio.run(differing(desired, database, database.facts, lambda _: False, 1000))


def words(made: Plan) -> list[tuple[object, object]]:
    return sorted((operation["op"], operation["table"]) for operation in made.operations)


def test_nothing_is_done_where_all_is_there() -> None:
    made = Database(world(50)).plan(wanting(world(50)))
    assert made.operations == []
    assert made.problems == {}


def test_a_member_more_is_one_mutate_and_nothing_of_the_others() -> None:
    database = Database(world(50))
    desired = wanting(world(50))
    new = port("new", "switch1", ["group1"])
    desired.apply({"new": new})
    made = database.plan(desired, {"new": whole(new)})
    assert words(made) == [
        ("insert", "Logical_Switch_Port"),
        ("mutate", "Logical_Switch"),
        ("mutate", "Port_Group"),
    ]
    [mutation] = [o for o in made.operations if o["op"] == "mutate" and o["table"] == "Logical_Switch"]
    assert mutation["mutations"] == [["ports", "insert", ["set", [["uuid", new.rows[0].uuid]]]]]
    assert set(made.units) == {"new"}


def test_what_a_unit_still_to_come_contributes_is_neither_added_nor_removed() -> None:
    units = {"s": switch("s"), "p": port("p", "s"), "q": port("q", "s")}
    desired = wanting(units)
    made = Database().plan(desired, {"s": whole(units["s"])}, waiting={"p", "q"})
    [insert] = made.operations
    assert isinstance(insert["row"], dict)
    assert insert["row"]["ports"] == ["set", []]
    there = {key: units[key] for key in ("s", "p")}
    made = Database(there).plan(desired, {"s": whole(units["s"])}, waiting={"p", "q"})
    assert made.operations == []


def test_contradictions_are_the_problem_of_who_brings_them() -> None:
    units = {"s": switch("s"), "again": switch("s", other_config={"a": "b"})}
    made = Database().plan(wanting(units), {"again": whole(units["again"])})
    assert made.problems == {"again": "Logical_Switch s is wanted by s too"}
    pairs = {"s": switch("s"), "p": port("p", "s", record="10.0.0.1")}
    pairs["x"] = Unit((), frozenset({Contribution("Logical_Switch", "s", "other_config", "p", "10.0.0.2")}))
    made = Database().plan(wanting(pairs), {"x": whole(pairs["x"])})
    assert made.problems == {"x": "Logical_Switch s: p has another value for p of other_config"}


def test_an_element_of_two_units_goes_with_the_second() -> None:
    one = frozenset({Contribution("Port_Group", "g", "ports", port("p", "s").rows[0].uuid)})
    units = {"g": group("g"), "s": switch("s"), "p": port("p", "s"), "a": Unit((), one), "b": Unit((), one)}
    database, desired = Database(units), wanting(units)
    desired.apply({"a": None})
    assert database.plan(desired, {"a": whole(units["a"])}).operations == []
    desired.apply({"b": None})
    assert words(database.plan(desired, {"b": whole(units["b"])})) == [("mutate", "Port_Group")]


def test_a_row_may_change_its_unit() -> None:
    units = {"a": switch("s"), "p": port("p", "s")}
    database, desired = Database(units), wanting(units)
    desired.apply({"a": None, "b": switch("s", other_config={"k": "v"})})
    made = database.plan(desired, {"a": whole(units["a"]), "b": whole(desired.units["b"])})
    assert words(made) == [("mutate", "Logical_Switch")]


def test_children_of_others_stay_and_their_references_to_other_things_go() -> None:
    units = {"s": switch("s"), "g": group("g"), "p": port("p", "s", ["g"])}
    database = Database(units)
    theirs = "00000000-0000-4000-8000-000000000001"
    database.put("Logical_Switch_Port", theirs, name="theirs")
    for table, key in (("Logical_Switch", "s"), ("Port_Group", "g")):
        uuid = row(table, key).uuid
        there = database.rows(table)[uuid]
        ports = there["ports"]
        assert isinstance(ports, frozenset)
        database.put(table, uuid, **{**there, "ports": ports | {theirs}})
    made = database.plan(wanting(units))
    assert words(made) == [("mutate", "Port_Group")]
    assert made.operations[0]["mutations"] == [["ports", "delete", ["set", [["uuid", theirs]]]]]


def test_only_what_is_ours_is_a_stray() -> None:
    database = Database({"s": switch("s"), "t": switch("t")})
    database.put("Logical_Switch", "00000000-0000-4000-8000-000000000001", name="theirs")
    database.put("Logical_Switch", row("Logical_Switch", "unmarked").uuid, name="not marked")
    database.put("Load_Balancer_Group", Row("Load_Balancer_Group", "old", {}).uuid, name="has no external_ids")
    database.put("Load_Balancer_Group", "00000000-0000-4000-8000-000000000002", name="theirs")
    found = strays(wanting({"s": switch("s")}), database, database.facts, lambda _: False)
    assert sorted(found) == sorted(
        [
            ("Logical_Switch", row("Logical_Switch", "t").uuid),
            ("Load_Balancer_Group", Row("Load_Balancer_Group", "old", {}).uuid),
        ]
    )


def test_columns_of_northds_are_left_alone_and_columns_not_given_have_their_default() -> None:
    units = {"s": switch("s"), "p": port("p", "s")}
    database = Database(units)
    uuid = units["p"].rows[0].uuid
    database.put("Logical_Switch_Port", uuid, **{**database.rows("Logical_Switch_Port")[uuid], "up": True, "type": "x"})
    [operation] = database.plan(wanting(units)).operations
    assert (operation["op"], operation["row"]) == ("update", {"type": ""})


def test_a_map_keeps_one_pair_of_a_key() -> None:
    units = {"s": switch("s"), "p": port("p", "s", record="10.0.0.1")}
    database, desired = Database(units), wanting(units)
    new = port("p", "s", record="10.0.0.2")
    desired.apply({"p": new})
    [operation] = database.plan(desired, {"p": between(units["p"], new)}).operations
    assert operation["mutations"] == [
        ["other_config", "delete", ["set", ["p"]]],
        ["other_config", "insert", ["map", [["p", "10.0.0.2"]]]],
    ]


def test_a_set_that_is_never_empty_is_written_as_a_whole() -> None:
    def band(n: int) -> Unit:
        made = row("Meter_Band", f"b{n}", action="drop", rate=n)
        return Unit((made,), frozenset({Contribution("Meter", "m", "bands", made.uuid)}))

    first, second = (band(n).rows[0].uuid for n in (1, 2))
    units = {"m": Unit((row("Meter", "m", name="m", unit="pktps"),)), "1": band(1)}
    desired = wanting(units)
    [meter] = [o for o in Database().plan(desired).operations if o["table"] == "Meter"]
    assert isinstance(meter["row"], dict)
    assert meter["row"]["bands"] == ["set", [["uuid", first]]]
    database = Database(units)
    assert database.plan(desired).operations == []
    desired.apply({"2": band(2), "1": None})
    made = database.plan(desired, {"1": whole(units["1"]), "2": whole(band(2))})
    [meter] = [o for o in made.operations if o["table"] == "Meter"]
    assert (meter["op"], meter["row"]) == ("update", {"bands": ["set", [["uuid", second]]]})


@given(st.integers(0, 1 << 16))
def test_changes_one_by_one_want_what_all_at_once_wants(seed: int) -> None:
    batches = history(seed, 25)
    step_by_step = Desired()
    for batch in batches:
        step_by_step.apply(batch.units)
    units = at(batches, 24)
    assert step_by_step.units == units
    made = Database(units).plan(step_by_step)
    assert made.operations == []
    assert not made.problems
    assert set(step_by_step.uuids()) == {one.uuid for unit in units.values() for one in unit.rows}
    step_by_step.apply(dict.fromkeys(units))
    assert not [*step_by_step.uuids()]
    for unit in units.values():
        for one in unit.contributions:
            assert not step_by_step.elements(row(one.table, one.key).uuid, one.column)


@given(st.integers(0, 1 << 16), st.integers(0, 24), st.integers(0, 1 << 16))
def test_a_quick_look_finds_the_units_for_which_something_is_to_be_done(seed: int, back: int, spoilt: int) -> None:
    """The rows of some changes ago, and one of them with a set or a column that somebody has changed."""
    batches = history(seed, 25)
    desired = wanting(at(batches, 24))
    database = Database(at(batches, 24 - back))
    rows = [(table, uuid) for table, of_it in database.tables.items() for uuid in of_it]
    if spoilt % 2 and rows:
        table, uuid = rows[spoilt % len(rows)]
        there = database.tables[table][uuid]
        names = [name for name, value in there.items() if isinstance(value, (frozenset, str))]
        name = names[spoilt % len(names)]
        value = there[name]
        other = Uuid("0" * 8 + "-0000-4000-8000-" + "0" * 12)
        changed = value ^ {other} if isinstance(value, frozenset) else "spoilt"
        database.put(table, uuid, **{**there, name: changed})
    few = differing_of(database, desired)
    assert few is not None
    made = database.plan(desired)
    assert not made.problems
    assert {unit for unit in made.units if unit} <= few
    some = database.plan(desired, {key: whole(unit) for key, unit in desired.units.items() if key in few})
    assert words(some) == words(made), "it is the same to plan those alone"
    assert bool(few) == bool(made.operations)


def test_a_quick_look_leaves_contradictions_to_the_plan() -> None:
    units = {"s": switch("s"), "p": port("p", "s", record="10.0.0.1")}
    assert differing_of(Database(units), wanting(units)) == set()
    for spoilt in (
        {"again": switch("s")},
        {"x": Unit((), frozenset({Contribution("Logical_Switch", "s", "other_config", "p", "10.0.0.2")}))},
        {"x": Unit((), frozenset({Contribution("Logical_Switch", "other", "other_config", "p", "10.0.0.2")}))},
        {"x": Unit((), frozenset({Contribution("Logical_Switch", "s", "no such column", "p", "10.0.0.2")}))},
        {"x": Unit((row("No_Such_Table", "k"),))},
    ):
        wanted = wanting({**units, **spoilt})
        assert differing_of(Database(units), wanted) is None, spoilt
        assert Database(units).plan(wanted).problems
