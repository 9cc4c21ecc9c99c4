"""Whole rollouts over EOS, SR Linux and NX-OS: the state machine, the runner with a real journal, the drivers, HTTPS,
and models of devices that fail.

Input: three devices in two waves, and what goes wrong. Output: the network that the outcome names, on every device, and
after its reboot as well."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import Rejected
from crossconnect.rollout.execution import Action, Course, DeviceState, Outcome
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.runner import carry_out
from crossconnect.transport.drivers import guarded
from device_worlds import PASSWORD, SECRET, World

COURSE = Course(waves=(("a",), ("b", "c")), drain=frozenset(), undo_all=False)
STEPS = 14
"""Of a rollout in which nothing fails: four for each device and two gates."""
LOAD_S = 210


class Death(BaseException):
    """The process is gone."""


class Hands:
    """Does actions by drivers. `gate` is what happens while a gate is waited for."""

    def __init__(self, worlds: dict[str, World], gate: Callable[[int], None] = lambda _: None) -> None:
        self.worlds, self.gate = worlds, gate
        self.dies_at, self.after_it = -1, False
        self._count, self._lock = 0, threading.Lock()
        self._dead, self._under_way = False, 0

    def perform(self, action: Action, device: DeviceState | None) -> str:
        with self._lock:
            mine, self._count = self._count, self._count + 1
            self._dead |= mine == self.dies_at and not self.after_it
            if self._dead:
                raise Death
            self._under_way += 1
        try:
            said = asyncio.run(self._device(action)) if device is not None else self._network(action)
        finally:
            with self._lock:
                self._under_way -= 1
                self._dead |= mine == self.dies_at
        if mine == self.dies_at:
            raise Death
        return said

    def is_still(self) -> bool:
        """Whether nothing is under way: threads outlive a death that is only an exception, as no thread does a kill."""
        with self._lock:
            return not self._under_way

    def seconds_max(self, action: Action) -> float:
        return math.inf

    def _network(self, action: Action) -> str:
        if action.verb == "gate":
            self.gate(action.wave)
        return ""

    async def _device(self, action: Action) -> str:
        world = self.worlds[action.device]
        change = world.change
        async with world.driver() as driver:
            match action.verb, action.way:
                case "inspect", _:
                    return await driver.look(change)
                case "prepare", _:
                    await driver.prepare(change)
                case "commit", _:
                    await driver.load(change, LOAD_S)
                case "verify", _:
                    await driver.verify(change)
                case "confirm", _:
                    await driver.confirm(change)
                case "undo", "cancel":
                    await driver.cancel(change)
                case "undo", "inverse":
                    await driver.invert(change)
                case "undo", _:
                    await driver.restore(change)
                case _:
                    raise AssertionError(action)
        return action.way


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, World]]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    monkeypatch.setattr(guarded, "LOOK_AGAIN_S", 0.0)
    systems = {"a": "eos", "b": "srlinux", "c": "nxos"}
    made = {name: World(which, tmp_path, name) for name, which in systems.items()}
    yield made
    for world in made.values():
        world.close()


def carried(directory: Path, hands: Hands, *, who: str = "first", undo_all: bool = False) -> Outcome:
    course = msgspec.structs.replace(COURSE, undo_all=undo_all)
    directory.mkdir(exist_ok=True)
    with Journal(directory, "x", "ab" * 32, lambda: "now") as journal:
        outcome, _ = carry_out(course, journal, hands, who=who)
    written = "".join(path.read_text(errors="replace") for path in directory.rglob("*") if path.is_file())
    assert SECRET not in written
    return outcome


def stands(worlds: dict[str, World]) -> dict[str, str]:
    """What each device runs, and would run after a reboot."""
    sides: dict[str, str] = {}
    for name, world in worlds.items():
        both = {world.running, world.boots}
        sides[name] = "old" if both == {world.old} else "new" if both == {world.new} else "neither"
    return sides


def test_a_good_change(worlds: dict[str, World], tmp_path: Path) -> None:
    assert carried(tmp_path / "journal", Hands(worlds)) == "done"
    assert stands(worlds) == dict.fromkeys("abc", "new")


@pytest.mark.parametrize("undo_all", [False, True])
def test_a_gate_that_fails(worlds: dict[str, World], tmp_path: Path, undo_all: bool) -> None:
    def gate(wave: int) -> None:
        if wave == 2:
            raise Rejected("sessions are down")

    outcome = carried(tmp_path / "journal", Hands(worlds, gate), undo_all=undo_all)
    assert outcome == ("undone" if undo_all else "stopped")
    assert stands(worlds) == {"a": "old" if undo_all else "new", "b": "old", "c": "old"}


@pytest.mark.parametrize("what", ["reboot", "timer"])
def test_a_device_that_goes_back_by_itself_during_the_gate(worlds: dict[str, World], tmp_path: Path, what: str) -> None:
    def gate(wave: int) -> None:
        if wave == 2 and what == "reboot":
            worlds["c"].model.reboot()
        elif wave == 2:
            worlds["b"].model.advance(LOAD_S + 61)

    assert carried(tmp_path / "journal", Hands(worlds, gate)) == "stopped"
    assert stands(worlds) == {"a": "new", "b": "old", "c": "old"}


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_candidate_that_the_device_refuses(worlds: dict[str, World], tmp_path: Path, name: str) -> None:
    world = worlds[name]

    def spoilt(text: str) -> str:
        return text.replace("enable", "refused").replace("name green", "name refused")

    commands = tuple(msgspec.structs.replace(part, text=spoilt(part.text)) for part in world.change.commands)
    world.change = msgspec.structs.replace(world.change, commands=commands)
    outcome = carried(tmp_path / "journal", Hands(worlds))
    assert outcome == ("undone" if name == "a" else "stopped")
    assert stands(worlds) == {"a": "old" if name == "a" else "new", "b": "old", "c": "old"}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "word"), [("a", "commit timer"), ("b", '"confirm-timeout"'), ("c", "vlan 200")])
def test_a_commit_whose_answer_is_lost(
    worlds: dict[str, World], tmp_path: Path, when: str, name: str, word: str
) -> None:
    worlds[name].model.drop = {word: when}
    outcome = carried(tmp_path / "journal", Hands(worlds))
    assert outcome == ("undone" if name == "a" else "stopped")
    assert stands(worlds) == {"a": "old" if name == "a" else "new", "b": "old", "c": "old"}


def test_drift_between_plan_and_apply(worlds: dict[str, World], tmp_path: Path) -> None:
    old = next(iter(worlds["c"].change.old.values()))
    worlds["c"].model.running = type(worlds["c"].model)(old.replace("to spine1", "by hand")).running
    before = worlds["c"].running
    assert carried(tmp_path / "journal", Hands(worlds)) == "stopped"
    assert (stands(worlds)["a"], stands(worlds)["b"], worlds["c"].running) == ("new", "old", before)


@pytest.mark.parametrize("dies_at", range(STEPS))
def test_whoever_goes_on_after_a_death_ends_in_a_stated_network(
    worlds: dict[str, World], tmp_path: Path, dies_at: int
) -> None:
    first = Hands(worlds)
    first.dies_at, first.after_it = dies_at, dies_at % 2 == 0
    with pytest.raises(Death):
        carried(tmp_path / "journal", first)
    while not first.is_still():
        time.sleep(0.01)
    if dies_at % 3 == 0:
        for world in worlds.values():
            world.model.advance(LOAD_S + 61)
    outcome = carried(tmp_path / "journal", Hands(worlds), who="second")
    expected = {
        "done": [dict.fromkeys("abc", "new")],
        "undone": [dict.fromkeys("abc", "old")],
        "stopped": [{"a": "new", "b": "old", "c": "old"}],
    }
    assert stands(worlds) in expected[outcome]
