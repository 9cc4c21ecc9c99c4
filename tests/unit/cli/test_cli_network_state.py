"""What the devices' network is, by what is kept of it.

Input: plans of one change there and back, carried out by hands that only answer, or that fail. Output: what runs, or
why nobody can say; files that are there.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from changes import EDITS, both
from crossconnect.cli.network_state import NetworkState
from crossconnect.cli.plan_saving import approvals_file, read_plan
from crossconnect.errors import BadInput, Rejected, Stale
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.execution import Action, DeviceState, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import plan
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import SavedPlan, encoded
from regions import small

OLD, NEW = both(small(leaves=2, spines=2, tenants=2), EDITS["fewer tenants"])
THERE, BACK = (assemble(a, b, plan(a, b), Context())[0] for a, b in ((OLD, NEW), (NEW, OLD)))


class Hands:
    """They say that all is well, but for what is to fail."""

    def __init__(self, failing: tuple[str, ...] = ()) -> None:
        self._failing = failing

    def perform(self, action: Action, device: DeviceState | None) -> str:
        del device
        if action.verb in self._failing:
            raise Rejected(f"{action.verb} is to fail")
        return ""

    def seconds_max(self, action: Action) -> float:
        del action
        return 10.0


@pytest.fixture
def state(tmp_path: Path) -> NetworkState:
    return NetworkState(tmp_path / "state")


def begun(state: NetworkState, made: SavedPlan, file: Path, failing: tuple[str, ...] = ()) -> str:
    """Carry a plan out, as far as it comes."""
    file.write_bytes(encoded(made))
    _, digest = read_plan(file)
    with (
        state.held(file, digest, anew=True) as kept,
        Journal(kept.parent, kept.name, digest, lambda: "2026-11-28T12:00:00+00:00") as journal,
    ):
        how, _ = carry_out(course_of(made), journal, Hands(failing), who="ann")
    file.unlink()
    return how


def test_nobody_knows_before_the_first_plan(state: NetworkState) -> None:
    assert not state.begun
    assert state.standing() is None
    assert state.stale(THERE) == ""


def test_what_runs_follows_from_the_plans_that_were_done(state: NetworkState, tmp_path: Path) -> None:
    """Input: there, back, and there again, all at one moment by the clock. Output: each counts in its order, under its
    number, though the file is gone."""
    for number, (made, other) in enumerate(((THERE, BACK), (BACK, THERE), (THERE, BACK)), 1):
        assert state.stale(made) == ""
        assert begun(state, made, tmp_path / f"{number}.plan") == "done"
        standing = state.standing()
        assert standing is not None
        assert standing.content_hash == made.new
        assert state.stale(other) == ""
        assert "already as the plan would have it" in state.stale(made)
    assert [past.number for past in state.past()] == [1, 2, 3]


def test_a_plan_that_was_undone_says_nothing(state: NetworkState, tmp_path: Path) -> None:
    assert begun(state, THERE, tmp_path / "a.plan", ("prepare",)) == "undone"
    assert state.standing() is None, "what it started from may have been believed wrongly"
    assert begun(state, THERE, tmp_path / "a.plan") == "done"
    assert begun(state, BACK, tmp_path / "b.plan", ("gate",)) == "undone"
    standing = state.standing()
    assert standing is not None
    assert standing.content_hash == THERE.new


def test_half_way_nobody_can_say(state: NetworkState, tmp_path: Path) -> None:
    assert begun(state, THERE, tmp_path / "a.plan", ("gate", "undo")) == "stuck"
    with pytest.raises(Stale, match="half-way"):
        state.standing()
    with pytest.raises(Stale, match="half-way"):
        state.adopt(OLD.blueprint.content_hash(), "c" * 40, "2026-11-28")


def test_a_journal_that_is_damaged_is_not_passed_over(state: NetworkState, tmp_path: Path) -> None:
    assert begun(state, THERE, tmp_path / "a.plan") == "done"
    (journal,) = state.plans.glob("*.journal")
    journal.write_bytes(journal.read_bytes().replace(b"confirm", b"CONFIRM", 1))
    with pytest.raises(BadInput, match="what runs cannot be told"):
        state.stale(BACK)


def test_another_regions_state(state: NetworkState, tmp_path: Path) -> None:
    assert begun(state, THERE, tmp_path / "a.plan") == "done"
    with pytest.raises(BadInput, match="is of small, the plan of elsewhere"):
        state.stale(msgspec.structs.replace(BACK, region="elsewhere"))


def test_what_was_not_begun_leaves_nothing_and_takes_no_number(state: NetworkState, tmp_path: Path) -> None:
    """Input: a plan that is refused; one whose controller died before the first step, with a note in the journal; then
    one that is done. Output: that one is number 1, with the approvals that it had."""
    for name, made in (("a.plan", THERE), ("b.plan", BACK)):
        (tmp_path / name).write_bytes(encoded(made))
    digest = read_plan(tmp_path / "a.plan")[1]
    with state.held(tmp_path / "a.plan", digest, anew=True):
        pass
    assert list(state.plans.iterdir()) == []
    assert not state.begun, "the history is that of the directory of plans"
    left = state.plans / f"0001-a-{digest[:16]}.plan"
    left.write_bytes((tmp_path / "a.plan").read_bytes())
    with Journal(left.parent, left.name, digest, lambda: "") as journal:
        journal.append(kind="note", action="network", detail="the network")
    approvals_file(tmp_path / "b.plan").write_text("")
    assert begun(state, BACK, tmp_path / "b.plan") == "done"
    kept = sorted(path.name.partition("-")[2].partition("-")[0] for path in state.plans.glob("*.plan"))
    assert kept == ["b"]
    (past,) = state.past()
    assert past.number == 1
    assert approvals_file(Path(past.file)).exists()


def test_a_kept_plan_is_the_same_plan(state: NetworkState, tmp_path: Path) -> None:
    """Input: the kept file is given, to go on with it. Output: itself; carried out again after others, its own name."""
    assert begun(state, THERE, tmp_path / "a.plan") == "done"
    kept = Path(state.past()[0].file)
    digest = read_plan(kept)[1]
    with state.held(kept, digest, anew=False) as again:
        assert again == kept
    assert begun(state, BACK, tmp_path / "b.plan") == "done"
    assert f"{state.past()[1].file} was carried out after it: `xc rollback 1`" in state.overtaken(kept)
    with state.held(kept, digest, anew=True) as third:
        assert third.name == f"0003-a-{digest[:16]}.plan"


def test_it_is_not_for_git(state: NetworkState, tmp_path: Path) -> None:
    assert begun(state, THERE, tmp_path / "a.plan") == "done"
    assert (state.directory / ".gitignore").read_text() == "*\n"
