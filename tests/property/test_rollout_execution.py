"""Carrying a plan out in a world in which anything may fail or die at any step.

Input: waves, and faults drawn by hypothesis: an action that fails before or after its effect, a commit that is half
loaded, the controller killed before or after an effect (then timers on devices may run out), a gate that never holds.
Output: with few faults the end is always one of three stated networks; at no time are two waves unconfirmed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.rollout.execution import (
    NEW,
    OLD,
    OTHER,
    PENDING,
    Action,
    Course,
    Happened,
    after,
    begun,
    due,
    outcome,
    state_after,
)

FAULTS = ("fail before", "fail after", "half", "killed before", "killed after", "killed, timers run out", "late")


@dataclass
class Device:
    config: str = "old"
    timer: bool = False
    drained: bool = False


@dataclass
class World:
    """Devices with timers of their own, and a network that is well when its gate says so."""

    course: Course
    bad_wave: int = 0
    devices: dict[str, Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.devices = {name: Device() for names in self.course.waves for name in names}

    def timers_run_out(self) -> None:
        for device in self.devices.values():
            if device.timer:
                device.config, device.timer = "old", False

    def do(self, action: Action, half: bool = False) -> tuple[bool, str]:
        if action.verb == "gate":
            return action.wave != self.bad_wave, "" if action.wave != self.bad_wave else "sessions are down"
        if action.verb == "quiet":
            wave = self.course.waves[action.wave - 1]
            assert not any(self.devices[n].timer for n in wave), "it is too late to wait"
            return all(self.devices[n].drained for n in wave if n in self.course.drain), "neighbours use it"
        if action.verb == "ready":
            return True, ""
        if action.verb == "settle":
            return all(self.devices[n].config == "new" for n in self.course.waves[action.wave - 1]), "not new"
        if action.verb == "proof":
            return all(self.devices[n].config == "old" for n in self.course.waves[action.wave - 1]), ""
        device = self.devices[action.device]
        match action.verb:
            case "prepare":
                return device.config == "old" and not device.timer, "drift"
            case "drain":
                device.drained = True
            case "undrain":
                device.drained = False
            case "commit":
                device.config, device.timer = ("other" if half else "new"), True
                return not half, "lost the connection"
            case "verify":
                return device.config == "new", "not what was loaded"
            case "confirm":
                if device.config != "new":
                    return False, "its timer has run out"
                device.timer = False
            case "undo":
                return self._undo(device, action.way), "it did not work"
            case "inspect":
                if device.config == "new":
                    return True, PENDING if device.timer else NEW
                return True, OLD if device.config == "old" else OTHER
            case _:
                raise AssertionError(action)
        return True, ""

    def _undo(self, device: Device, way: str) -> bool:
        works = {
            "cancel": device.timer or device.config == "old",
            "inverse": device.config != "other",
            "whole": True,
        }[way]
        if works:
            device.config, device.timer = "old", False
        return works


def carried_out(
    world: World, fault: Callable[[Action], str], abort_at: int = -1, watch: Callable[[World], None] | None = None
) -> list[Happened]:
    """Run to the end, over as many deaths as there are. What the runner of the product does, without its clocks."""
    course, journal = world.course, list[Happened]()
    state = begun(course)
    for step in range(2000):
        if step == abort_at:
            journal.append(Happened(kind="done", verb="abort", wave=0))
            state = after(course, state, journal[-1])
        actions = due(course, state)
        if not actions:
            break
        assert len({action.verb for action in actions}) == 1
        for action in actions:
            name = fault(action)
            if name == "late":
                world.timers_run_out()
            begin = Happened(kind="begin", verb=action.verb, wave=action.wave, device=action.device)
            journal.append(begin)
            died = name.startswith("killed")
            ok, detail = False, name
            if name not in ("fail before", "killed before"):
                ok, detail = world.do(action, name == "half")
            if watch is not None:
                watch(world)
            if died:
                if name.endswith("run out"):
                    world.timers_run_out()
                journal.append(Happened(kind="done", verb="resume", wave=0))
                break
            ok = ok and name != "fail after"
            journal.append(
                Happened(
                    kind="done" if ok else "failed",
                    verb=action.verb,
                    wave=action.wave,
                    device=action.device,
                    detail=detail,
                )
            )
        state = state_after(course, journal)
    else:
        raise AssertionError("it never ends")
    return journal


@st.composite
def courses(draw: st.DrawFn) -> Course:
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    names = [[f"d{w}{n}" for n in range(size)] for w, size in enumerate(sizes)]
    flat = [name for wave in names for name in wave]
    drain = draw(st.sets(st.sampled_from(flat)))
    others = [name for wave in names if drain.isdisjoint(wave) for name in wave]
    back = draw(st.sets(st.sampled_from(others))) if others else set[str]()
    return Course(
        waves=tuple(map(tuple, names)), drain=frozenset(drain), undo_all=draw(st.booleans()), put_back=frozenset(back)
    )


def standing(world: World) -> dict[str, str]:
    """What the network is in the end: stated, with no timer left and nothing drained."""
    assert not any(d.timer for d in world.devices.values()), "a timer runs on"
    assert not any(d.drained for d in world.devices.values()), "a device is left drained"
    return {name: device.config for name, device in world.devices.items()}


def only_one_wave_is_open(world: World) -> None:
    open_ = {world.course.wave_of(name) for name, device in world.devices.items() if device.timer}
    assert len(open_) < 2, f"waves {open_} are unconfirmed at once"


@given(course=courses())
def test_without_faults_everything_is_new(course: Course) -> None:
    world = World(course)
    journal = carried_out(world, lambda _: "", watch=only_one_wave_is_open)
    assert outcome(course, state_after(course, journal)) == "done"
    assert set(standing(world).values()) == {"new"}


@settings(max_examples=400, deadline=None)
@given(
    course=courses(),
    faults=st.dictionaries(st.integers(0, 60), st.sampled_from(FAULTS), max_size=2),
    bad_wave=st.integers(0, 4),
    abort_at=st.integers(-20, 30),
)
def test_with_few_faults_the_end_is_a_stated_network(
    course: Course, faults: dict[int, str], bad_wave: int, abort_at: int
) -> None:
    world = World(course, bad_wave)
    count = iter(range(10_000))
    journal = carried_out(world, lambda _: faults.get(next(count), ""), abort_at, only_one_wave_is_open)
    state = state_after(course, journal)
    how = outcome(course, state)
    configs = standing(world)
    if how == "done":
        assert set(configs.values()) == {"new"}
    elif how == "undone":
        assert set(configs.values()) == {"old"}
    else:
        assert how == "stopped", (how, state)
        assert not course.undo_all
        expected = {n: "new" if course.wave_of(n) < state.undo_from else "old" for n in configs}
        assert configs == expected
    if how != "done":
        assert state.failure


@settings(max_examples=200, deadline=None)
@given(course=courses(), faults=st.dictionaries(st.integers(0, 80), st.sampled_from(FAULTS), max_size=25))
def test_with_many_faults_it_ends_and_what_it_says_is_true(course: Course, faults: dict[int, str]) -> None:
    world = World(course)
    count = iter(range(10_000))
    journal = carried_out(world, lambda _: faults.get(next(count), ""), watch=only_one_wave_is_open)
    how = outcome(course, state_after(course, journal))
    if how != "stuck":
        configs = set(standing(world).values())
        assert configs <= {"new", "old"}
        assert how != "done" or configs == {"new"}
        assert how != "undone" or configs == {"old"}


@given(course=courses(), bad=st.integers(1, 4))
def test_a_bad_change_ends_at_its_wave_and_later_ones_are_never_touched(course: Course, bad: int) -> None:
    if bad > len(course.waves):
        return
    world = World(course, bad)
    journal = carried_out(world, lambda _: "")
    assert max(e.wave for e in journal if e.verb == "commit") == bad
    assert "sessions are down" in state_after(course, journal).failure
    assert any(e.verb == "proof" and e.kind == "done" for e in journal), "the way back is proven"


def test_a_device_that_never_goes_back_is_said_to_be_stuck() -> None:
    course = Course(waves=(("a", "b"), ("c",)), drain=frozenset(), undo_all=False)
    world = World(course, bad_wave=1)
    journal = carried_out(world, lambda action: "fail before" if (action.verb, action.device) == ("undo", "a") else "")
    state = state_after(course, journal)
    assert outcome(course, state) == "stuck"
    assert state.devices["a"].stage == "stuck"
    assert [e.detail for e in journal if e.verb == "undo" and e.kind == "failed"] == ["fail before"] * 4
    assert world.devices["b"].config == "old"
    assert world.devices["c"].config == "old"


def test_nothing_is_changed_while_a_drained_device_is_somebodys_way() -> None:
    course = Course(waves=(("a",), ("b",)), drain=frozenset({"a"}), undo_all=False)
    world = World(course)
    journal = carried_out(world, lambda action: "fail before" if action.verb == "quiet" else "")
    assert [e.verb for e in journal if e.kind == "done"] == ["prepare", "drain", "undrain"]
    state = state_after(course, journal)
    assert outcome(course, state) == "undone"
    assert state.failure == "quiet of wave 1: fail before"


def test_what_is_not_complete_does_not_come_back_changed() -> None:
    """Drained for its change: the change is taken back. Put back by its change: that is not begun."""
    for drain, back, done in (
        (
            {"a"},
            set[str](),
            ["prepare", "drain", "quiet", "commit", "verify", "gate", "confirm", "undo", "undrain", "proof"],
        ),
        (set[str](), {"a"}, ["prepare"]),
    ):
        course = Course(waves=(("a",),), drain=frozenset(drain), undo_all=False, put_back=frozenset(back))
        journal = carried_out(World(course), lambda action: "fail before" if action.verb == "ready" else "")
        assert [e.verb for e in journal if e.kind == "done"] == done
        state = state_after(course, journal)
        assert outcome(course, state) == "undone"
        assert state.failure == "ready of wave 1: fail before"


def test_whoever_goes_on_looks_again_whether_it_is_quiet() -> None:
    course = Course(waves=(("a",),), drain=frozenset({"a"}), undo_all=False)
    killed: list[str] = []

    def once(action: Action) -> str:
        if action.verb == "commit" and not killed:
            killed.append(action.device)
            return "killed before"
        return ""

    journal = carried_out(World(course), once)
    verbs = [e.verb for e in journal if e.kind == "done"]
    assert verbs.count("quiet") == 2
    assert verbs.index("resume") < len(verbs) - 1 - verbs[::-1].index("quiet") < verbs.index("commit")
    assert outcome(course, state_after(course, journal)) == "done"
