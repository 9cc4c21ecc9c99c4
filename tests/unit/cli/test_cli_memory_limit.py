"""What would take too much memory is refused before it is begun, with an estimate and what would fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.group import run
from crossconnect.simulate import simulate
from crossconnect.simulate.estimate import estimate
from crossconnect.state.tables import TABLES
from regions import compiled, small

METRO = str(Path(__file__).parents[3] / "examples" / "metro")


def test_the_estimate_is_near_the_rows_that_there_are() -> None:
    blueprint = compiled(small(pods=2, super_spines=2, leaves=4, tenants=3)).blueprint
    state = simulate(blueprint)
    foretold = estimate(blueprint)
    assert set(foretold.rows) == set(TABLES)
    for table in ("routes", "bgp_routes", "evpn_routes", "bgp_sessions", "vnis"):
        actual = len(getattr(state, table))
        assert 0.7 * actual <= foretold.rows[table] <= 2 * actual, table


@pytest.mark.parametrize("command", [["simulate"], ["state"], ["plan", "--parent", "none"]])
def test_too_large_a_question_is_refused_with_the_estimate(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*command, "-C", METRO, "--memory-max", "1"]) == 2
    said = capsys.readouterr().err
    assert "MiB of memory would be needed" in said
    assert "rows" in said
    assert "--memory-max" in said
    assert list(tmp_path.iterdir()) == []


def test_only_the_tables_asked_for_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = str(tmp_path / "state")
    assert run(["state", "-C", METRO, "-d", target, "--tables", "vteps, vnis", "-o", "json"]) == 0
    shown = capsys.readouterr().out
    assert '"routes": 0' in shown
    assert '"vteps": 0' not in shown
    assert run(["state", "-C", METRO, "-d", target, "--tables", "nothing"]) == 2
