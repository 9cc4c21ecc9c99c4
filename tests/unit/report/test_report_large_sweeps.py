"""The failure picture of a large sweep: what hurts is drawn, what does not is counted, and the page stays small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossconnect.checks import check_under_failure
from crossconnect.cli.group import run
from crossconnect.report import failure_matrix
from crossconnect.report.failure_matrix import draw_failures
from regions import compiled, small

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"


def test_of_many_failures_those_that_hurt_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    blueprint = compiled(small(leaves=6, tenants=2)).blueprint
    assert blueprint is not None
    under = check_under_failure(blueprint, only=())
    every = str(draw_failures(under))
    monkeypatch.setattr(failure_matrix, "COLUMNS_MAX", 10)
    monkeypatch.setattr(failure_matrix, "CELLS_MAX", 5)
    some = str(draw_failures(under))
    columns = re.findall(r'class="column[^"]*">(?:<title>[^<]*</title>)?([^<]+)<', some)
    assert columns == [f"a-leaf{n}" for n in range(1, 7)]
    assert "a-spine1" in "".join(re.findall(r'class="column[^"]*">(?:<title>[^<]*</title>)?([^<]+)<', every))
    assert "failures that hurt nobody, or less than these, not drawn" in some
    # A stripe a row in place of a cell for each failure that hurts nobody there.
    assert some.count('class="calm"') < every.count('class="calm"') / 3
    assert some.count('class="attached"') == every.count('class="attached"')


def test_a_page_is_written_without_a_lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    assert run(["simulate", "-C", str(METRO), "--failures", "single,racks", "--no-check", "--report", str(page)]) == 0
    text = page.read_text()
    assert "external router transit1" in text
    assert "6 racks" in text
    assert "not confirmed by real daemons" in text
    capsys.readouterr()
    assert run(["simulate", "-C", str(METRO), "--report", str(tmp_path / "no" / "report.html")]) == 2
    assert "the report cannot be written to" in capsys.readouterr().err
