"""A plan's actions on the devices themselves, and its gates on what they say.

    runner's threads --> one event loop --> limits: one session per device, 32 in all --> driver --> device

A gate asks every device of the region what its system can be asked (`NetworkOs.queries`), and compares it with what the
simulation of the same network says, as the conformance suite does.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

from crossconnect.cli.access import read_access, target_of
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import (
    BadInput,
    CrossconnectError,
    Rejected,
    Unauthorised,
    Unreachable,
    Unsupported,
    Untrusted,
)
from crossconnect.evaluate.answers import judged
from crossconnect.evaluate.test_plan import COMPARED, Test, rows_of
from crossconnect.nos.network_os import Commands
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.execution import Action, DeviceState
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.runner import gate_seconds_max
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.simulate import simulate
from crossconnect.simulate.maintenance import drained as without_traffic
from crossconnect.transport.change import Change, Driver
from crossconnect.transport.drivers.registry import reach
from crossconnect.transport.limits import Limits
from crossconnect.transport.target import Target
from crossconnect.transport.vault import vault_of_environment

ACTION_S = 900.0
"""For one action on one device, connecting and waiting for a turn included: SONiC may sort its patch for minutes."""
LOOK_S = 60.0
"""For asking one device all questions of a gate."""
POLL_S = 3.0
"""Between two looks of a gate: each is a session with every device."""
GATE_MARGIN_S = 60
"""Beyond its deadline a gate may be in the middle of a look; after this it hangs."""

_WRONG_ACCESS = (BadInput, Unauthorised, Untrusted)
"""What no waiting cures: somebody has to look at the access file, or at the device that says it is another one."""

_SILENT = "it does not say how it is"

Known = frozenset[tuple[str, str]]
Answers = dict[int, bytes] | CrossconnectError
"""Of a device to the questions of a gate, by their place; or why there are none."""
_T = TypeVar("_T")


class LiveHands:
    """Does a plan's actions on devices."""

    def __init__(self, plan: SavedPlan, old: Blueprint, new: Blueprint, targets: Mapping[str, Target]) -> None:
        """BadInput or Unsupported where the plan asks for what devices cannot be made by this."""
        self._plan, self._old, self._new, self._targets = plan, old, new, targets
        self._secrets = resolve(references_of(old) | references_of(new))
        self._planned = frozenset(device.name for device in plan.devices)
        for device in plan.devices:
            if device.kind != "changed":
                raise Unsupported(
                    f"{device.name} is {device.kind}: devices come and go by hand, not by a running change"
                )
        self._before = {device.name: device for device in old.devices}
        self._after = {device.name: device for device in new.devices}
        self._loaded: dict[str, float] = {}
        """When each device's timer was started, by our monotonic clock: a little before it was."""
        self._already: Known = frozenset()
        self._loop = asyncio.new_event_loop()
        self._limits = Limits()
        self._vault = vault_of_environment()
        threading.Thread(target=self._loop.run_forever, name="devices", daemon=True).start()

    # What is done to a device

    def perform(self, action: Action, device: DeviceState | None) -> str:
        """See `Hands`."""
        if device is None:
            return self._network(action)
        name = action.device
        change = self.change(name, device.drained)
        match action.verb:
            case "inspect":
                return self._with(name, lambda d: d.look(change))
            case "prepare":
                self._with(name, lambda d: d.prepare(change))
            case "drain":
                drain = self._between(name, self._before[name], _drained(self._before[name], self._old))
                self._with(name, lambda d: d.give(drain))
            case "commit":
                self._loaded[name] = time.monotonic()
                self._with(name, lambda d: d.load(change, self._plan.timers.device_s))
            case "verify":
                self._with(name, lambda d: d.verify(change))
            case "confirm":
                self._with(name, lambda d: d.confirm(change))
            case "undrain":
                side, network = (self._after[name], self._new) if device.touched else (self._before[name], self._old)
                undrain = self._between(name, _drained(side, network), side)
                self._with(name, lambda d: d.give(undrain))
            case "undo" if action.way == "cancel":
                self._with(name, lambda d: d.cancel(change))
            case "undo" if action.way == "inverse":
                self._with(name, lambda d: d.invert(change))
            case "undo":
                self._with(name, lambda d: d.restore(change))
            case _:
                raise BadInput(f"a device cannot {action.verb}")
        return action.way

    def seconds_max(self, action: Action) -> float:
        """See `Hands`."""
        return gate_seconds_max(action, self._plan.timers, GATE_MARGIN_S)

    def change(self, name: str, drained: bool = False) -> Change:
        """What a device is given by the plan; while it is drained it stays so."""
        if drained:
            old, new = _drained(self._before[name], self._old), _drained(self._after[name], self._new)
            return self._between(name, old, new, start=(self._before[name], self._after[name]))
        device = next(d for d in self._plan.devices if d.name == name)
        return Change(
            name=self._change_name(name),
            commands=self._revealed(device.commands),
            undo=self._revealed(device.rollback),
            old=self._texts(device.old),
            new=self._texts(device.new),
        )

    def _between(
        self,
        name: str,
        old: DeviceConfiguration,
        new: DeviceConfiguration,
        start: tuple[DeviceConfiguration, DeviceConfiguration] | None = None,
    ) -> Change:
        return Change(
            name=self._change_name(name),
            commands=self._revealed(device_commands(old, new)),
            undo=self._revealed(device_commands(new, old)),
            old=self._texts(render_files(old)),
            new=self._texts(render_files(new)),
            start_old=self._texts(render_files(start[0])) if start else {},
            start_new=self._texts(render_files(start[1])) if start else {},
        )

    def _change_name(self, name: str) -> str:
        """The same for whoever goes on after a crash, another for every other plan."""
        return "xc-" + hashlib.sha256(f"{self._plan.parent} {self._plan.new} {name}".encode()).hexdigest()[:16]

    def _revealed(self, commands: Collection[Commands]) -> tuple[Commands, ...]:
        return tuple(Commands(file=c.file, how=c.how, text=revealed(c.text, self._secrets)) for c in commands)

    def _texts(self, files: Mapping[str, str]) -> dict[str, str]:
        return {file: revealed(text, self._secrets) for file, text in files.items()}

    def _with(self, name: str, work: Callable[[Driver], Awaitable[_T]], seconds: float = ACTION_S) -> _T:
        return asyncio.run_coroutine_threadsafe(self._reach(name, work, seconds), self._loop).result()

    async def _reach(self, name: str, work: Callable[[Driver], Awaitable[_T]], seconds: float) -> _T:
        return await reach(self._targets[name], self._vault, work, seconds, self._limits.slot(name))

    # What the network says

    def look_before(self) -> Known:
        """See `PlanHands`. BadInput where the access file, its keys or credentials do not lead to a device, Unreachable
        where one of the plan's does not answer: nothing is begun then, so that the plan can be carried out later."""
        self._already = frozenset(self._problems(self.expected(0), before=True))
        return self._already

    def recall(self, known: Known) -> None:
        """See `PlanHands`."""
        self._already = known

    def expected(self, wave: int, drained: Collection[str] = ()) -> Blueprint:
        """The network as it is to be after a wave, while some devices are drained."""
        pending = frozenset(device.name for device in self._plan.devices if device.wave > wave)
        blueprint = mixed(self._old, self._new, self._planned, pending)
        return without_traffic(blueprint, drained) if drained else blueprint

    def _network(self, action: Action) -> str:
        if action.verb != "gate":
            return self._hold(self.expected(action.wave if action.verb == "settle" else action.wave - 1), 0)
        wave = next(w for w in self._plan.waves if w.number == action.wave)
        timers = self._plan.timers
        known = [self._loaded[name] for name in wave.devices if name in self._loaded]
        latest = min(known) + timers.device_s - timers.margin_s if known else math.inf
        # Drained devices are put back after they are confirmed.
        said = self._hold(self.expected(action.wave, wave.drain), timers.soak_s, latest)
        for name in wave.devices:
            change = self.change(name, name in wave.drain)
            if not self._with(name, lambda d, change=change: d.is_pending(change)):
                raise Rejected(f"{name} has taken its change back while the gate was waited for")
        return said

    def _hold(self, expected: Blueprint, soak_s: int, latest: float = math.inf) -> str:
        """Wait until the network is as expected, then see it stay so; not beyond `latest`."""
        deadline = min(time.monotonic() + self._plan.timers.gate_s, latest)
        held_since = 0.0
        while True:
            problems = sorted(self._unforeseen(self._problems(expected)))
            now = time.monotonic()
            if problems and (held_since or now > deadline):
                more = f" and {len(problems) - 1} more" if problems[1:] else ""
                raise Rejected(f"{problems[0][1]}: {problems[0][0]}{more}")
            if now > latest:
                raise Rejected("it holds too late to be confirmed in time")
            if not problems:
                held_since = held_since or now
                if now - held_since >= soak_s:
                    return f"held for {now - held_since:.0f} s"
            time.sleep(POLL_S)

    def _unforeseen(self, problems: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Without what was so before. Who was silent then may be so for another reason now."""
        silent = {name for word, name in self._already if word.startswith(_SILENT)}
        return {p for p in problems - self._already if not (p[1] in silent and p[0].startswith(_SILENT))}

    def _problems(self, expected: Blueprint, before: bool = False) -> set[tuple[str, str]]:
        """(What is not as simulated, device). `before`: raises where nothing should be begun."""
        state = simulate(expected, tables=COMPARED)
        waiting = {
            device.name: asyncio.run_coroutine_threadsafe(self._asked(device), self._loop)
            for device in expected.devices
        }
        answers = {name: future.result() for name, future in waiting.items()}
        if before:
            _see_that_all_answer(answers, self._planned)
        return {
            (word, device.name)
            for device in expected.devices
            for word in _words(_test(device.name, tuple(rows_of(state, device.name))), device, answers[device.name])
        }

    async def _asked(self, device: DeviceConfiguration) -> Answers:
        async def work(reached: Driver) -> dict[int, bytes]:
            return {place: await reached.ask(query) for place, query in enumerate(system(device.nos).queries(device))}

        try:
            return await self._reach(device.name, work, LOOK_S)
        except CrossconnectError as error:
            return error


class LiveNetwork:
    """The devices themselves, as the network that plans are carried out on."""

    def __init__(self, file: Path) -> None:
        """`file`: access.yaml. BadInput."""
        self._access, self._directory = read_access(file), file.parent
        self.name, self.option = "the network", f" --access {file}"

    def recorded(self) -> None:
        """Nobody keeps what the network is: each device is compared with the plan when it is prepared."""
        return

    def record(self, blueprint: Blueprint) -> None:
        """Nothing is kept: the journal says what was done."""

    def hands(self, plan: SavedPlan, old: Blueprint, new: Blueprint) -> LiveHands:
        """Hands on the devices of both networks."""
        devices = {device.name: device for device in (*old.devices, *new.devices)}
        targets = {name: target_of(self._access, self._directory, device) for name, device in devices.items()}
        return LiveHands(plan, old, new, targets)


def _see_that_all_answer(answers: Mapping[str, Answers], planned: Collection[str]) -> None:
    """BadInput where somebody has to look at the access file, Unreachable where a device of the plan is silent."""
    failed = {name: error for name, error in answers.items() if isinstance(error, CrossconnectError)}
    wrong = [error for error in failed.values() if isinstance(error, _WRONG_ACCESS)]
    silent = [error for name, error in failed.items() if name in planned and isinstance(error, Unreachable)]
    for errors, kind in ((wrong, BadInput), (silent, Unreachable)):
        if errors:
            more = f", and {len(errors) - 1} more" if errors[1:] else ""
            raise kind(f"nothing was begun: {errors[0]}{more}")


def _words(test: Test, device: DeviceConfiguration, answers: Answers) -> tuple[str, ...]:
    if isinstance(answers, CrossconnectError):
        return (f"{_SILENT}: {answers}",)
    verdict = judged(test, device, answers)
    return (
        *(f"missing: {word}" for word in verdict.missing),
        *(f"not expected: {word}" for word in verdict.surplus),
        *(f"not understood: {word}" for word in verdict.unreadable),
    )


def _test(device: str, expected: tuple[str, ...]) -> Test:
    return Test(situation="", device=device, asks=(), how=(), expected=expected)


def _drained(device: DeviceConfiguration, network: Blueprint) -> DeviceConfiguration:
    """The device as it is while it is drained."""
    return next(d for d in without_traffic(network, {device.name}).devices if d.name == device.name)
