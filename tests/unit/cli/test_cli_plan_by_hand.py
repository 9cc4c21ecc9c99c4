"""`xc apply` of plans that somebody has written anew by hand, and of such as nobody has begun.

The switches of the access file answer nobody: what would be begun is told from what is refused by what is said.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossconnect.cli.group import run
from planned_change import applied, planned

RULES = """\
change_rules:
  - {name: four-eyes, approvals: 1, description: nobody changes the network alone}
"""
Plan = dict[str, Any]


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return planned(tmp_path, RULES)


def rewritten(file: Path, change: Callable[[Plan], object]) -> None:
    """A plan changed by hand, under a hash that is right again."""
    plan = json.loads(file.read_bytes())["plan"]
    change(plan)
    octets = json.dumps(plan).encode()
    head = f'{{"format":"crossconnect-plan","version":1,"sha256":"{hashlib.sha256(octets).hexdigest()}","plan":'
    file.write_bytes(head.encode() + octets + b"}\n")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda plan: plan["rules"].update(rules=[]), "rules"),
        (lambda plan: plan["rules"]["rules"][0].update(approvals=0), "rules"),
        (lambda plan: plan["size"].update(authors=[]), "authors"),
        (lambda plan: plan["size"].update(devices=0), "numbers"),
        (lambda plan: plan["size"].update(roles=["spine"]), "numbers"),
    ],
)
def test_rules_are_those_of_the_commits(
    region: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Plan], object], what: str
) -> None:
    """Input: a plan without its rules, its authors or its size, under a right hash. Output: refused, exit code 2."""
    rewritten(region.parent / "a.plan", change)
    code, said = applied(region, capsys)
    assert code == 2
    assert f"names {what} that do not follow from its commits" in said


def test_probes_of_who_is_no_device_are_refused(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a plan with pings of a device that none of its commits has. Output: refused by name, exit code 2."""
    names = ("source", "interface", "source_address", "destination", "destination_address", "network", "tenant")
    probe = dict.fromkeys((*names, "objective"), "192.0.2.1") | {"source": "ghost"}
    rewritten(region.parent / "a.plan", lambda plan: plan.update(device_probes=[probe]))
    code, said = applied(region, capsys)
    assert code == 2
    assert "ghost, which is to send probes, is no device" in said


def test_another_change_under_the_same_rules_needs_its_own_approval(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input: an approved plan, then other commands in it under a right hash. Output: the approval counts no more."""
    file = region.parent / "a.plan"
    assert run(["approve", str(file), "--as", "bob@example.net"]) == 0
    rewritten(file, lambda plan: plan["devices"][0]["commands"][0].update(text="no router bgp\n"))
    code, said = applied(region, capsys)
    assert code == 1
    assert "rollout.approval-missing" in said


def test_what_was_not_begun_is_neither_gone_on_with_nor_undone(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input: `--resume`, `--abort` and both, of an approved plan that nobody has begun. Output: exit code 2, nothing is
    begun."""
    assert run(["approve", str(region.parent / "a.plan"), "--as", "bob@example.net"]) == 0
    for option, what in (("--resume", "go on with"), ("--abort", "undo")):
        code, said = applied(region, capsys, option)
        assert code == 2
        assert f"there is nothing to {what}" in said
    code, said = applied(region, capsys, "--resume", "--abort")
    assert code == 2
    assert "one of both" in said
    assert not list((region / ".xc" / "plans").iterdir())


def test_on_the_first_day_the_history_is_empty(
    region: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Input: no plan was ever carried out, nor is there a directory of plans; then one that is named and not there.
    Output: said, exit code 0; a mistake, 2."""
    monkeypatch.chdir(region)
    capsys.readouterr()
    assert run(["history"]) == 0
    assert "no plan of plans has been carried out" in capsys.readouterr().err
    assert run(["history", "1"]) == 2
    assert run(["history", "--plans", "nowhere"]) == 2
