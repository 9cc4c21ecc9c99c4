"""`xc apply` of a plan after which rules of the region have come: freezes, windows, approvals, refusals.

The switches of the access file answer nobody: what is begun is told from what is refused by what is said, and by the
journal.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from crossconnect.cli.carrying_out import now_text
from crossconnect.cli.group import run
from crossconnect.cli.live_hands import LiveNetwork
from crossconnect.cli.plan_saving import read_plan
from crossconnect.cli.state_option import state_of
from crossconnect.rollout.journal_file import Journal, look
from planned_change import applied, planned
from transit_region import git

RULES = "checks/change-rules.yaml"
FREEZE = """\
freezes:
  - {name: outage, begin: "2026-01-01 00:00", end: "2099-01-01 00:00", description: a customer's great day}
"""
ASKED = "nothing was begun: env:NONE: "
"""No rule is in the way: devices are asked, and their password is not there."""
PAST = FREEZE.replace("2099", "2026").replace('01-01 00:00", d', '01-02 00:00", d')


@pytest.fixture
def region(tmp_path: Path) -> Path:
    return planned(tmp_path)


def declare(root: Path, text: str) -> None:
    (root / RULES).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "rules")


def kept(root: Path, *, anew: bool = False) -> Path:
    """Beside what the plan's journal is."""
    file = root.parent / "a.plan"
    network = LiveNetwork(root.parent / "access.yaml", state_of(root, None))
    with network.held(file, read_plan(file)[1], anew) as path:
        return path


def killed(root: Path, waves: int, *, gate_held: bool = False, undoing: bool = False) -> None:
    """The journal of a run that was killed after so many whole waves; with `gate_held` before those of the last one
    were confirmed, with `undoing` when that one was to be taken back."""
    path = kept(root, anew=True)
    plan, digest = read_plan(root.parent / "a.plan")
    with Journal(path.parent, path.name, digest, now_text) as journal:
        journal.append(kind="owner", detail="somebody")
        for wave in plan.waves[:waves]:
            last = wave.number == waves
            verbs = ["prepare", "commit", "verify", *([] if last and gate_held else ["confirm"])]
            for verb in verbs:
                if verb == "confirm":
                    journal.append(kind="failed" if last and undoing else "done", action="gate", wave=wave.number)
                    if last and undoing:
                        break
                for name in wave.devices:
                    journal.append(kind="begin", action=verb, wave=wave.number, device=name)
                    journal.append(kind="done", action=verb, wave=wave.number, device=name)
            if last and gate_held:
                journal.append(kind="done", action="gate", wave=wave.number)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (FREEZE, "rollout.frozen", "nothing is changed during outage (a customer's great day)"),
        ("change_rules:\n  - {name: big, devices_over: 3, refuse: true}\n", "rollout.rule-refuses", "rule big"),
        ("change_rules:\n  - {name: two, approvals: 2}\n", "rollout.approval-missing", "needs 2 approvals"),
    ],
)
def test_rules_that_come_after_the_plan_stop_it(
    region: Path, capsys: pytest.CaptureFixture[str], text: str, code: str, said: str
) -> None:
    """Input: a plan, then a freeze, a refusal, a demand of approvals that is committed. Output: refused with file and
    line, exit code 1, nothing is begun; `xc show plan` says the same."""
    declare(region, text)
    status, err = applied(region, capsys)
    assert status == 1
    assert f"{RULES}:2:5: error {code}: " in err
    assert said in err
    assert f"(since the plan was made: HEAD {git(region, 'rev-parse', 'HEAD')[:12]})" in err
    assert not look_at(region)
    assert run(["show", "plan", str(region.parent / "a.plan"), "-C", str(region)]) == 1
    assert code in capsys.readouterr().err


def look_at(root: Path) -> list[str]:
    """Notes and actions in the plan's journal."""
    path = kept(root)
    if not path.with_name(f"{path.name}.journal").exists():
        return []
    return [f"{r.kind} {r.action} {r.detail}".strip() for r in look(path.parent, path.name, plan_hash(root)).records]


def plan_hash(root: Path) -> str:
    return read_plan(root.parent / "a.plan")[1]


def test_a_window_of_now_counts_beside_that_of_the_plan(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a plan under a window that is always open, then the same window on another day than today. Output:
    refused; and the other way round too: what is lifted after the plan does not make it easier."""
    always = "change_windows:\n  - {name: w}\nchange_rules:\n  - {name: r, windows: [w]}\n"
    day = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).strftime("%A").lower()
    closed = always.replace("{name: w}", f"{{name: w, days: [{day}]}}")
    plan = ("plan", "-C", str(region), "--parent", "main", "--no-effects", "-o", str(region.parent / "a.plan"))
    declare(region, always)
    assert run(list(plan)) == 0
    declare(region, closed)
    status, err = applied(region, capsys)
    assert status == 1
    assert f"{RULES}:4:5: error rollout.window-closed" in err
    assert run(list(plan)) == 0
    declare(region, always)
    status, err = applied(region, capsys)
    assert status == 1
    assert "rollout.window-closed" in err


@pytest.mark.parametrize("text", ["", PAST, FREEZE.replace("{name", "{sites: [site1], name").replace("2026", "2098")])
def test_what_does_not_hold_now_stops_nothing(region: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Input: no rule, a freeze that is over, one that is still to come. Output: devices are asked."""
    if text:
        declare(region, text)
    _, err = applied(region, capsys)
    assert "stands in the way" not in err
    assert ASKED in err


def test_what_is_not_committed_is_nobodys_rule(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a freeze in the working tree only. Output: devices are asked."""
    (region / RULES).write_text(FREEZE)
    _, err = applied(region, capsys)
    assert ASKED in err


@pytest.mark.parametrize("tracked", [True, False])
def test_freezes_that_others_have_pushed_count_once_they_are_fetched(
    region: Path, capsys: pytest.CaptureFixture[str], tracked: bool
) -> None:
    """Input: the region is a clone; others freeze the branch that it tracks, or the main branch while a branch of its
    own is checked out. Output: not known until `git fetch`, then refused, though HEAD is still the plan's."""
    ours = region.parent / "ours"
    git(region, "checkout", "-q", "main")
    git(region.parent, "clone", "-q", str(region), str(ours))
    git(ours, "checkout", "-q", "change")
    if tracked:
        git(region, "checkout", "-q", "change")
    declare(region, FREEZE)
    _, err = applied(ours, capsys)
    assert ASKED in err
    git(ours, "fetch", "-q")
    status, err = applied(ours, capsys)
    assert status == 1
    assert f"(since the plan was made: origin/{'change' if tracked else 'main'} " in err


def test_rules_that_cannot_be_read_stop_the_plan_and_mistakes_elsewhere_do_not(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input: a mistake in the rules; a mistake in another file beside a good freeze. Output: exit code 2 with its line;
    the freeze is seen."""
    declare(region, "freezes:\n  - {name: outage, begin: yesterday}\n")
    status, err = applied(region, capsys)
    assert status == 2
    assert f"{RULES}:2:" in err
    assert "cannot be read: mend them there" in err
    (region / "tenancy" / "broken.yaml").write_text("tenants: [\n")
    declare(region, FREEZE)
    status, err = applied(region, capsys)
    assert status == 1
    assert "rollout.frozen" in err


def test_a_freeze_that_comes_on_the_way_keeps_it_from_being_gone_on_with(
    region: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Input: killed after the first wave, then a freeze. Output: `--resume` is refused, names both ways out, and writes
    nothing; in spite of the freeze, by its name, it goes on, and the journal says who wanted that."""
    killed(region, 1)
    declare(region, FREEZE)
    before = look_at(region)
    status, err = applied(region, capsys, "--resume")
    assert status == 1
    assert f"{RULES}:2:5: error rollout.frozen" in err
    assert "--abort" in err
    assert "--despite-freeze NAME" in err
    assert look_at(region) == before
    status, err = applied(region, capsys, "--resume", "--despite-freeze", "other")
    assert status == 2
    assert "no freeze called other stands in the way" in err
    status, err = applied(region, capsys, "--resume", "--despite-freeze", "outage")
    assert "stands in the way" not in err
    notes = [line for line in look_at(region) if line.startswith("note despite freezes outage, by ")]
    assert len(notes) == 1
    assert any(line.startswith("begin prepare") for line in look_at(region)[len(before) :])


@pytest.mark.parametrize(
    "how",
    [
        lambda root: killed(root, 1, undoing=True),
        lambda root: killed(root, 4, gate_held=True),
    ],
)
def test_ways_that_begin_nothing_are_open_during_a_freeze(
    region: Path, capsys: pytest.CaptureFixture[str], how: Callable[[Path], None]
) -> None:
    """Input: a freeze, and a run that was killed while it took a wave back, or before it confirmed the last one.
    Output: `--resume` is not refused."""
    how(region)
    declare(region, FREEZE)
    before = look_at(region)
    _, err = applied(region, capsys, "--resume")
    assert "stands in the way" not in err
    assert len(look_at(region)) > len(before)


def test_a_plan_can_be_aborted_whatever_the_rules(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: killed after the first wave; a freeze, then rules that cannot be read. Output: `--abort` undoes."""
    killed(region, 1)
    declare(region, FREEZE)
    declare(region, "freezes: 1\n")
    before = look_at(region)
    _, err = applied(region, capsys, "--abort")
    assert "stands in the way" not in err
    assert any(line.startswith("begin undo") for line in look_at(region)[len(before) :])


def test_a_window_that_has_closed_on_the_way_does_not_keep_it(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: killed after the first wave, then a window that is closed. Output: `--resume` goes on."""
    killed(region, 1)
    day = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).strftime("%A").lower()
    declare(region, f"change_windows:\n  - {{name: w, days: [{day}]}}\nchange_rules:\n  - {{name: r, windows: [w]}}\n")
    before = look_at(region)
    _, err = applied(region, capsys, "--resume")
    assert "stands in the way" not in err
    assert len(look_at(region)) > len(before)


def test_no_plan_is_begun_during_a_freeze_by_naming_it(region: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: `--despite-freeze` without `--resume`. Output: a mistake, exit code 2."""
    declare(region, FREEZE)
    status, err = applied(region, capsys, "--despite-freeze", "outage")
    assert status == 2
    assert "no plan is begun during a freeze" in err
