"""Names of labs, and what the machine's limits allow."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import BadInput, Busy
from crossconnect.lab import limits
from crossconnect.lab.handle import open_lab
from crossconnect.lab.lifecycle import down, list_labs, up
from crossconnect.lab.limits import LIMITS, Raised, give_back, neighbours_needed
from crossconnect.lab.options import LabOptions, checked_name
from regions import compiled, small


@pytest.mark.parametrize("name", ["", "../etc", "a/b", "A", "-x", "x" * 33, "a b", "."])
def test_names_that_cannot_name_a_lab(name: str) -> None:
    with pytest.raises(BadInput):
        checked_name(name)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert list_labs(str(tmp_path / "none")) == ()
    assert not down("absent", str(tmp_path))
    with pytest.raises(BadInput, match="absent"):
        open_lab("absent", str(tmp_path))


def test_a_run_directory_left_behind_is_said_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "keep").touch()
    blueprint = compiled(small()).blueprint
    assert blueprint is not None
    with pytest.raises(Busy, match="xc lab down --name old"):
        up(blueprint, LabOptions(name="old", run_root=str(tmp_path), backend="namespace"))
    assert (tmp_path / "old" / "keep").exists()


def test_a_bigger_region_needs_more_neighbours() -> None:
    few, many = compiled(small()).blueprint, compiled(small(leaves=8, spines=4)).blueprint
    assert few is not None
    assert many is not None
    assert neighbours_needed(few) < neighbours_needed(many)


def test_a_raised_limit_is_given_back_by_the_last_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = tmp_path / "gc_thresh3"
    setting.write_text("1024\n")
    for name in ("gc_thresh1", "gc_thresh2"):
        (tmp_path / name).write_text("128\n")
    monkeypatch.setattr(limits, "_SETTINGS", {4: tmp_path})
    big = compiled(small(leaves=16, spines=8, servers=4)).blueprint
    assert big is not None
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    notes = limits.make_room(big, first, root=True)
    assert "1024" in notes[0]
    assert int(setting.read_text()) > 1024
    assert limits.make_room(big, second, root=True) == ()
    give_back(first, [second])
    assert int(setting.read_text()) > 1024
    give_back(second, [])
    assert setting.read_text() == "1024"


def test_a_limit_that_somebody_else_has_set_since_is_left(tmp_path: Path) -> None:
    setting = tmp_path / "gc_thresh3"
    setting.write_text("5000\n")
    (tmp_path / LIMITS).write_bytes(msgspec.json.encode([Raised(str(setting), "1024", "4096")]))
    give_back(tmp_path, [])
    assert setting.read_text() == "5000\n"
