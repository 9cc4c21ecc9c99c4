"""A plan's actions on the devices themselves, and its gates on what they say.

    runner's threads --> one event loop --> limits: one session per device, 32 in all --> driver --> device

What only reads is done again where a device gives no answer; what changes it never is: nobody would know how often.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from crossconnect.cli.access import read_access, target_of
from crossconnect.cli.draining_moments import Moments, ready
from crossconnect.cli.holding import Subject
from crossconnect.cli.live_gate import UNTOLD, Answers, LiveGate
from crossconnect.cli.network_state import NetworkState
from crossconnect.cli.output import say
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, CrossconnectError, Rejected, Unreachable, Unsupported
from crossconnect.nos.network_os import Commands, Query
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.commands import while_drained_in
from crossconnect.rollout.execution import Action, DeviceState
from crossconnect.rollout.looks import AGAIN_S, Key
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.runner import gate_seconds_max
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan, WhileDrained
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
GATE_MARGIN_S = 60
"""Beyond its deadline a gate may be in the middle of a look; after this it hangs."""

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
        self._devices = {device.name: device for device in plan.devices}
        self._loaded: dict[str, float] = {}
        """When each device's timer was started, by our monotonic clock: a little before it was."""
        self._gates = LiveGate(self._asked, plan, old, new)
        self._moments = Moments(plan, new, self.expected)
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
                return self._read(name, lambda d: d.look(change))
            case "prepare":
                self._with(name, lambda d: d.prepare(change))
            case "drain":
                drain = self._draining(name)
                self._with(name, lambda d: d.give(drain))
            case "commit":
                self._loaded[name] = time.monotonic()
                self._with(name, lambda d: d.load(change, self._plan.timers.device_s))
            case "verify":
                self._read(name, lambda d: d.verify(change))
            case "confirm":
                self._with(name, lambda d: d.confirm(change))
            case "undrain":
                undrain = self._undraining(name, device.touched)
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
        device = self._devices[name]
        if drained:
            given = self._given(name)
            return self._change(name, given.commands, given.rollback, given.old, given.new, start=device)
        return self._change(name, device.commands, device.rollback, device.old, device.new)

    def _draining(self, name: str) -> Change:
        given = self._given(name)
        return self._change(name, given.drain, given.undo_drain, self._devices[name].old, given.old)

    def _undraining(self, name: str, changed: bool) -> Change:
        given, device = self._given(name), self._devices[name]
        if changed:
            return self._change(name, given.undrain, given.undo_undrain, given.new, device.new)
        return self._change(name, given.undo_drain, given.drain, given.old, device.old)

    def _given(self, name: str) -> WhileDrained:
        """By the plan; one of an earlier version does not say it, and may have to be gone on with."""
        return self._devices[name].while_drained or while_drained_in(self._old, self._new, name)

    def _change(
        self,
        name: str,
        commands: Collection[Commands],
        undo: Collection[Commands],
        old: Mapping[str, str],
        new: Mapping[str, str],
        start: SavedDevice | None = None,
    ) -> Change:
        return Change(
            name=self._change_name(name),
            commands=self._revealed(commands),
            undo=self._revealed(undo),
            old=self._texts(old),
            new=self._texts(new),
            start_old=self._texts(start.old) if start else {},
            start_new=self._texts(start.new) if start else {},
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

    def _read(self, name: str, work: Callable[[Driver], Awaitable[_T]]) -> _T:
        """As `_with`, for what changes nothing: asked again, where there was no answer, for as long as the plan bears
        that."""
        until = time.monotonic() + self._plan.timers.silence_s
        while True:
            try:
                return self._with(name, work)
            except Unreachable as error:
                if time.monotonic() > until:
                    raise
                say(f"{name} did not answer, and is asked again: {error}")
                time.sleep(AGAIN_S)

    async def _reach(self, name: str, work: Callable[[Driver], Awaitable[_T]], seconds: float) -> _T:
        return await reach(self._targets[name], self._vault, work, seconds, self._limits.slot(name))

    # What the network says

    def look_before(self) -> frozenset[Key]:
        """See `PlanHands`. BadInput where the access file, its keys or credentials do not lead to a device, Unreachable
        where one of the plan's does not answer: nothing is begun then, so that the plan can be carried out later."""
        return self._gates.look_before(self.expected(0), self._planned)

    def recall(self, known: frozenset[Key]) -> None:
        """See `PlanHands`."""
        self._gates.already = known

    def expected(self, wave: int, drained: Collection[str] = ()) -> Blueprint:
        """The network as it is to be after a wave, while some devices are drained."""
        pending = frozenset(device.name for device in self._plan.devices if device.wave > wave)
        blueprint = mixed(self._old, self._new, self._planned, pending)
        return without_traffic(blueprint, drained) if drained else blueprint

    def _network(self, action: Action) -> str:
        if action.verb == "quiet":
            return self._gates.hold(self._moments.quiet(action.wave))
        if action.verb == "ready":
            return ready(self._gates.hold, self._moments.ready(action.wave), self._gates.already, UNTOLD)
        if action.verb != "gate":
            number = action.wave if action.verb == "settle" else action.wave - 1
            return self._gates.hold(Subject(expected=self.expected(number), wave=number))
        wave = next(w for w in self._plan.waves if w.number == action.wave)
        timers = self._plan.timers
        known = [self._loaded[name] for name in wave.devices if name in self._loaded]
        latest = min(known) + timers.device_s - timers.margin_s if known else math.inf
        # Drained devices are put back after they are confirmed.
        said = self._gates.hold(
            Subject(
                expected=self.expected(action.wave, wave.drain),
                soak_s=timers.soak_s,
                latest=latest,
                wave=action.wave,
                devices=wave.devices,
            )
        )
        for name in wave.devices:
            change = self.change(name, name in wave.drain)
            if not self._read(name, lambda d, change=change: d.is_pending(change)):
                raise Rejected(f"{name} has taken its change back while the gate was waited for")
        return said

    def _asked(self, questions: Mapping[str, Sequence[Query]]) -> Mapping[str, Answers]:
        waiting = {
            name: asyncio.run_coroutine_threadsafe(self._answers(name, queries), self._loop)
            for name, queries in questions.items()
        }
        return {name: future.result() for name, future in waiting.items()}

    async def _answers(self, name: str, queries: Sequence[Query]) -> Answers:
        async def work(reached: Driver) -> dict[int, bytes | Rejected]:
            answers: dict[int, bytes | Rejected] = {}
            for place, query in enumerate(queries):
                try:
                    answers[place] = await reached.ask(query)
                except Rejected as error:
                    answers[place] = error
            return answers

        try:
            return await self._reach(name, work, LOOK_S)
        except CrossconnectError as error:
            return error


class LiveNetwork:
    """The devices themselves, as the network that plans are carried out on."""

    def __init__(self, file: Path, state: NetworkState) -> None:
        """`file`: access.yaml. BadInput."""
        self._access, self._directory, self.state = read_access(file), file.parent, state
        self.name, self.option = "the network", f" --access {file}{state.option}"

    def held(self, file: Path, digest: str, anew: bool) -> AbstractContextManager[Path]:
        """The plan is kept in the network's state, with its journal."""
        return self.state.held(file, digest, anew)

    def refusal(self, plan: SavedPlan, new: Blueprint) -> str:
        """By the plans that were carried out before."""
        return self.state.stale(plan)

    def overtaken(self, kept: Path) -> str:
        """By the plans that were begun after it."""
        return self.state.overtaken(kept)

    def record(self, blueprint: Blueprint) -> None:
        """Nothing more is kept: the journal says what was done."""

    def hands(self, plan: SavedPlan, old: Blueprint, new: Blueprint) -> LiveHands:
        """Hands on the devices of both networks."""
        devices = {device.name: device for device in (*old.devices, *new.devices)}
        targets = {name: target_of(self._access, self._directory, device) for name, device in devices.items()}
        return LiveHands(plan, old, new, targets)
