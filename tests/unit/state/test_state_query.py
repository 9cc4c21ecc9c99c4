"""Input: states and SQL. Output: columns and rows; never more than the states."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.errors import BadInput
from crossconnect.state.query import query
from crossconnect.state.store import write_state
from crossconnect.state.tables import DeviceRow, RouteRow, State

SIM = State(
    world="sim",
    devices=(DeviceRow("leaf1", "leaf", "n", "a", "frr", True), DeviceRow("leaf2", "leaf", "n", "a", "frr", True)),
    routes=(
        RouteRow("leaf1", "default", "10.0.0.2/32", "bgp", ("a%swp1", "b%swp2")),
        RouteRow("leaf2", "default", "10.0.0.1/32", "bgp", ("a%swp1",)),
    ),
)
LAB = State(world="lab", devices=SIM.devices, routes=SIM.routes[:1])


def test_one_state_has_its_tables_by_name() -> None:
    columns, rows = query(SIM, "select device, len(next_hops) as width, next_hops from routes order by device")
    assert columns == ("device", "width", "next_hops")
    assert rows == (("leaf1", 2, ("a%swp1", "b%swp2")), ("leaf2", 1, ("a%swp1",)))


def test_a_state_on_disk_reads_the_same(tmp_path: Path) -> None:
    write_state(SIM, tmp_path / "s")
    sql = "select * from routes order by all"
    assert query(tmp_path / "s", sql) == query(SIM, sql)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_two_states_are_schemas(tmp_path: Path, where: str) -> None:
    source: dict[str, State | Path] = {"sim": SIM, "lab": LAB}
    if where == "disk":
        for name, state in (("sim", SIM), ("lab", LAB)):
            write_state(state, tmp_path / name)
            source[name] = tmp_path / name
    missing = query(source, "select device from sim.routes except select device from lab.routes")
    assert missing.rows == (("leaf2",),)


def test_tables_can_be_listed_and_described() -> None:
    assert ("routes",) in query(SIM, "show tables").rows
    assert query(SIM, "describe routes").rows[0][0] == "device"
    assert query(SIM, "with w as (from routes) select count(*) from w").rows == ((2,),)
    assert query(SIM, "pivot routes on device using count(*)").rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("selec 1", "syntax error"),
        ("select nope from routes", 'column "nope" not found'),
        ("select * from nope", "nope does not exist"),
        ("", "expected one SQL query, found 0"),
        ("select 1; select 2", "found 2 statements"),
        ("drop view routes", "DROP is not a query"),
        ("create table t (a int)", "CREATE is not a query"),
        ("copy routes to '/tmp/xc-checks-leak.csv'", "COPY is not a query"),
        ("attach '/tmp/x.db'", "ATTACH is not a query"),
        ("set enable_external_access = true", "SET is not a query"),
        ("install httpfs", "not a query"),
        ("load httpfs", "not a query"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from read_text('/etc/passwd')", "disabled by configuration"),
        ("select * from '/etc/passwd'", "does not exist"),
        ("select * from glob('/etc/*')", "disabled by configuration"),
        ("select * from SIM", "does not exist"),
        ("select * from read_csv('http://example.com/x.csv')", "disabled|httpfs"),
        ("select $1", "Values were not provided"),
    ],
)
def test_wrong_or_forbidden_sql_is_bad_input_with_duckdbs_message(sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        query(SIM, sql)
    assert not Path("/tmp/xc-checks-leak.csv").exists()


def test_names_of_states_must_be_usable_in_sql() -> None:
    for name in ("Lab 1", "", "main", 'a"; drop schema main; --'):
        with pytest.raises(BadInput, match="cannot name a state"):
            query({name: SIM}, "select 1")


def test_a_directory_that_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no state"):
        query(tmp_path, "select 1")
