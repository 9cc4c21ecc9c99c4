"""Input: a state. Output: the same state after a trip to disk, or a clear refusal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crossconnect.errors import BadInput
from crossconnect.state.store import read_state, write_state
from crossconnect.state.tables import TABLES, BgpRouteRow, DeviceRow, EvpnRouteRow, RouteRow, State


def small_state(world: str = "sim", prefix: str = "10.0.0.2/32") -> State:
    return State(
        world=world,
        devices=(DeviceRow("a-leaf1", "leaf", "north", "a", "frr", True),),
        routes=(
            RouteRow("a-leaf1", "default", prefix, "bgp", ("10.1.0.0%swp31", "10.1.0.2%swp32")),
            RouteRow("a-leaf1", "red-prod", "10.9.0.0/24", "connected", ("vlan100",)),
        ),
        bgp_routes=(
            BgpRouteRow("a-leaf1", "default", prefix, "10.1.0.0", "10.1.0.0", "4200000001", 100, 0, (), True, True),
        ),
        evpn_routes=(
            EvpnRouteRow(
                "a-leaf1", "10.0.0.2:7", 5, "10.9.1.0/24", "10.0.0.2", ("65000:5001",), (5001,), "", "", "", False
            ),
        ),
    )


def test_state_survives_the_disk_with_lists_numbers_and_empty_tables(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    assert read_state(tmp_path / "s") == small_state()


def test_directory_holds_a_file_per_table_and_the_format_version(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert names == {"state.json", *(f"{name}.parquet" for name in TABLES)}
    head = json.loads((tmp_path / "s" / "state.json").read_text())
    assert head["format_version"] == 1
    assert head["world"] == "sim"
    assert head["rows"]["routes"] == 2


def test_same_state_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_state(small_state(), tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_state_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    write_state(small_state("lab", "10.0.0.9/32"), tmp_path / "s")
    assert read_state(tmp_path / "s") == small_state("lab", "10.0.0.9/32")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_replacing_works_where_the_file_system_cannot_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossconnect.state.store._RENAME_EXCHANGE", 1 << 20)  # a flag that no kernel knows
    write_state(small_state(), tmp_path / "s")
    write_state(small_state("lab"), tmp_path / "s")
    assert read_state(tmp_path / "s").world == "lab"
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_directory_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    with pytest.raises(BadInput, match="is no state"):
        write_state(small_state(), tmp_path / "photos")
    assert os.listdir(tmp_path / "photos") == ["cat.jpg"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is no state"):
        write_state(small_state(), tmp_path / "file")


def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot write a state"):
        write_state(small_state(), tmp_path / "file" / "s")


def test_reading_what_is_no_state_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no state\.json"):
        read_state(tmp_path)
    with pytest.raises(BadInput, match=r"has no state\.json"):
        read_state(tmp_path / "missing")


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    (tmp_path / "s" / "state.json").write_text('{"format_version": 2, "world": "sim", "rows": {}}')
    with pytest.raises(BadInput, match="format 2, this version reads format 1"):
        read_state(tmp_path / "s")


def test_a_damaged_or_missing_table_is_named(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    (tmp_path / "s" / "routes.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match=r"routes\.parquet cannot be read"):
        read_state(tmp_path / "s")
    (tmp_path / "s" / "routes.parquet").unlink()
    with pytest.raises(BadInput, match=r"routes\.parquet cannot be read"):
        read_state(tmp_path / "s")


def test_a_table_with_other_columns_names_the_column(tmp_path: Path) -> None:
    write_state(small_state(), tmp_path / "s")
    path = tmp_path / "s" / "routes.parquet"
    whole = pq.read_table(path)
    pq.write_table(whole.drop_columns(["protocol"]), path)
    with pytest.raises(BadInput, match="table 'routes' has no column 'protocol'"):
        read_state(tmp_path / "s")
    pq.write_table(whole.append_column("metric", whole["device"]), path)
    with pytest.raises(BadInput, match="has a column 'metric'"):
        read_state(tmp_path / "s")
    pq.write_table(whole.set_column(3, "protocol", whole["next_hops"]), path)
    with pytest.raises(BadInput, match="column 'protocol' of table 'routes' is list"):
        read_state(tmp_path / "s")
