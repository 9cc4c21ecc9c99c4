"""The runner with a real journal: it dies in the middle of a step, and another one goes on from what is written.

Input: a world as in `test_rollout_execution`, whose hands die at a drawn step. Output: the end is the one that the
state machine promises, and each step is in the journal before and after it was done.
"""

from __future__ import annotations

import math
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rollout_execution import World, standing

from crossconnect.cli.carrying_out import refuse_overtaken
from crossconnect.errors import Rejected, Stale
from crossconnect.rollout.execution import Action, Course, DeviceState
from crossconnect.rollout.journal_file import Journal, look
from crossconnect.rollout.runner import carry_out

PLAN = "ab" * 32
COURSE = Course(waves=(("a",), ("b", "c"), ("d",)), drain=frozenset({"b"}), undo_all=False)


class Death(BaseException):
    """The process is gone: nothing after it is written."""


class WorldHands:
    """Does actions in a world, and dies at a step."""

    def __init__(self, world: World, dies_at: int = -1, after_it: bool = False) -> None:
        self.world, self.dies_at, self.after_it = world, dies_at, after_it
        self.count = 0
        self.lock = threading.Lock()
        self.dead = False

    def perform(self, action: Action, device: DeviceState | None) -> str:
        with self.lock:
            mine, self.count = self.count, self.count + 1
            # Threads outlive a death that is only an exception, as none does a kill: they do nothing any more.
            self.dead |= mine == self.dies_at and not self.after_it
            if self.dead:
                raise Death
            ok, detail = self.world.do(action)
            self.dead |= mine == self.dies_at
            if self.dead:
                raise Death
            if not ok:
                raise Rejected(detail or action.verb)
            return detail

    def seconds_max(self, action: Action) -> float:
        return math.inf


@settings(max_examples=60, deadline=None)
@given(dies_at=st.integers(0, 30), after_it=st.booleans(), run_out=st.booleans(), bad=st.integers(0, 3))
def test_whoever_goes_on_ends_in_a_stated_network(
    tmp_path_factory: pytest.TempPathFactory, dies_at: int, after_it: bool, run_out: bool, bad: int
) -> None:
    directory, world = tmp_path_factory.mktemp("runner"), World(COURSE, bad)
    died = False
    with Journal(directory, "x", PLAN, lambda: "now") as journal:
        try:
            how, state = carry_out(COURSE, journal, WorldHands(world, dies_at, after_it), who="first")
        except Death:
            died = True
    if died:
        if run_out:
            world.timers_run_out()
        with Journal(directory, "x", PLAN, lambda: "now") as journal:
            how, state = carry_out(COURSE, journal, WorldHands(world), who="second")
    configs = set(standing(world).values())
    if not died:
        assert how == {0: "done", 1: "undone"}.get(bad, "stopped")
    assert configs == {"done": {"new"}, "undone": {"old"}}.get(how, configs)
    if how == "stopped":
        assert standing(world) == {n: "new" if COURSE.wave_of(n) < state.undo_from else "old" for n in "abcd"}
    records = look(directory, "x", PLAN).records
    begun = [(r.action, r.device, r.wave) for r in records if r.kind == "begin"]
    assert all((r.action, r.device, r.wave) in begun for r in records if r.kind in ("done", "failed") and r.wave)


def test_abort_undoes_what_was_done(tmp_path: Path) -> None:
    world = World(COURSE)
    with Journal(tmp_path, "x", PLAN, lambda: "now") as journal:
        assert carry_out(COURSE, journal, WorldHands(world), who="first")[0] == "done"
    with Journal(tmp_path, "x", PLAN, lambda: "now") as journal:
        how, state = carry_out(COURSE, journal, WorldHands(world), who="second", abort=True)
    assert how == "undone"
    assert set(standing(world).values()) == {"old"}
    assert state.failure == "aborted by second"


def test_what_has_ended_is_not_done_again(tmp_path: Path) -> None:
    world = World(COURSE)
    for _ in range(2):
        hands = WorldHands(world)
        with Journal(tmp_path, "x", PLAN, lambda: "now") as journal:
            assert carry_out(COURSE, journal, hands, who="again")[0] == "done"
    assert hands.count == 0


def test_an_ended_plan_is_not_gone_on_with_where_devices_were_changed_since(tmp_path: Path) -> None:
    """Input: a plan that was done, one that failed in its second wave; then a device gets another configuration.
    Output: as long as all are as the plan left them they may be taken for that, afterwards none of it."""
    for bad, device, elsewhere in ((0, "d", "old"), (0, "b", "other"), (2, "d", "new"), (2, "a", "old")):
        world, name = World(COURSE, bad), f"plan{bad}{device}"
        with Journal(tmp_path, name, PLAN, lambda: "now") as journal:
            _, state = carry_out(COURSE, journal, WorldHands(world), who="first")
        refuse_overtaken(COURSE, state, WorldHands(world))
        world.devices[device].config = elsewhere
        with pytest.raises(Stale, match=f"; {device} (is as before|is as the plan|runs something else)"):
            refuse_overtaken(COURSE, state, WorldHands(world))


class HangingHands(WorldHands):
    """Its gate of the first wave never answers."""

    def perform(self, action: Action, device: DeviceState | None) -> str:
        if action.verb == "gate":
            threading.Event().wait()
        return super().perform(action, device)

    def seconds_max(self, action: Action) -> float:
        return 0.05 if action.verb == "gate" else math.inf


def test_a_gate_that_hangs_has_failed(tmp_path: Path) -> None:
    world = World(COURSE)
    with Journal(tmp_path, "x", PLAN, lambda: "now") as journal:
        how, state = carry_out(COURSE, journal, HangingHands(world), who="somebody")
    assert how == "undone"
    assert state.failure == "gate of wave 1: it hangs: no answer in 0 s"
    assert set(standing(world).values()) == {"old"}
