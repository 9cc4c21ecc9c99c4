"""A plan's actions on the switches of a running lab, and its gates on what their daemons say."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from crossconnect.cli.draining_moments import Moments, ready
from crossconnect.cli.holding import Subject
from crossconnect.cli.lab_gate import Known, LabGate
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.cli.sole import sole
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Rejected, Unsupported
from crossconnect.lab import Lab, confirmed_change
from crossconnect.lab.announce import let_speak
from crossconnect.lab.growing import growths, keep_plan
from crossconnect.lab.management_path import reach
from crossconnect.nos.network_os import Commands
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.commands import while_drained_in
from crossconnect.rollout.execution import UNDO_WAYS, Action, DeviceState
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.runner import gate_seconds_max
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan
from crossconnect.simulate.maintenance import drained as without_traffic

FILE = "frr.conf"
GATE_MARGIN_S = 15
"""Beyond its deadline a gate may be in the middle of a look; after this it hangs."""
OWN_UNDO_S = 3
"""What a switch takes to undo a change by itself once its timer is over."""
POLICY_S = 3
"""For which a gate holds at least where policies have changed: FRR works them off aside, and then tells others."""
_POLICY_WORDS = ("route-map ", "prefix-list ", "community-list ", "access-list ")


class LabNetwork:
    """A running lab, as the network that plans are carried out on."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.lab.name

    @property
    def option(self) -> str:
        """See `RunningNetwork`."""
        return f" -n {self.lab.name}"

    @contextmanager
    def held(self, file: Path, digest: str, anew: bool) -> Iterator[Path]:
        """The journal is beside the plan; the lab is one plan's at a time. Busy."""
        with sole(self.lab.directory / "plan.lease"):
            yield file

    def refusal(self, plan: SavedPlan, new: Blueprint) -> str:
        """By what the lab was made from, or has become."""
        running = self.lab.blueprint
        if running.content_hash() == plan.parent:
            return ""
        if running.content_hash() == new.content_hash():
            return f"{self.name} is already as the plan would have it"
        if drained := sorted(set(running.drained) - set(plan.parent_drained)):
            return f"{self.name} is not the network that the plan starts from: {', '.join(drained)} drained"
        return f"{self.name} is not the network that the plan starts from: make the plan anew"

    def overtaken(self, kept: Path) -> str:
        """Nobody counts a lab's plans; its switches are asked what they run."""
        return ""

    def record(self, blueprint: Blueprint) -> None:
        """Write down what the lab is now."""
        keep_plan(self.lab, blueprint, resolve(references_of(blueprint)))
        self.lab.keep_blueprint(blueprint)
        let_speak(self.lab, blueprint)

    def hands(self, plan: SavedPlan, old: Blueprint, new: Blueprint) -> LabHands:
        """Hands on the lab's switches."""
        return LabHands(self.lab, plan, old, new, resolve(references_of(old) | references_of(new)))


class LabHands:
    """Does a plan's actions in a lab."""

    def __init__(self, lab: Lab, plan: SavedPlan, old: Blueprint, new: Blueprint, secrets: Mapping[str, str]) -> None:
        """BadInput or Unsupported where the plan asks for what a running lab cannot become."""
        self._lab, self._plan, self._old, self._new = lab, plan, old, new
        self._devices = {device.name: device for device in plan.devices}
        self._gates = LabGate(lab, plan)
        self._moments = Moments(plan, new, self.expected)
        self._secrets = secrets
        self._changes: dict[str, confirmed_change.Change] = {}
        self._drained: dict[str, confirmed_change.Change] = {}
        """The same of those that are drained meanwhile."""
        growing = [device.name for device in plan.devices if _grows(device)]
        grown = growths(lab, old, new, growing, secrets) if growing else {}
        if grown:
            # A server that is silent in a segment that is new to it has no EVPN route there, and no gate would hold.
            let_speak(lab, old, new)
        for device in plan.devices:
            self._changes[device.name] = confirmed_change.Change(
                commands=self._text(device.commands),
                undo=self._text(device.rollback),
                old=revealed(device.old[FILE], secrets),
                new=revealed(device.new[FILE], secrets),
                growth=grown.get(device.name),
            )
            if device.drain:
                # A plan of an earlier version does not say it, and may have to be gone on with.
                given = device.while_drained or while_drained_in(old, new, device.name)
                self._drained[device.name] = self._changes[device.name]._replace(
                    commands=self._text(given.commands),
                    undo=self._text(given.rollback),
                    old=revealed(given.old[FILE], secrets),
                    new=revealed(given.new[FILE], secrets),
                )
        self._loaded: dict[str, float] = {}
        """When each switch's timer was started, by our monotonic clock: a little before it was."""

    def perform(self, action: Action, device: DeviceState | None) -> str:
        """See `Hands`."""
        timers = self._plan.timers
        if device is None:
            return self._network(action)
        lab, name, change = self._lab, action.device, self._changes[action.device]
        if action.verb == "undo" and device.undo_tries == len(UNDO_WAYS) - 1:
            self._wait_for_its_own(name)
        reach(lab, name)
        now = self._drained[name] if device.drained else change
        match action.verb:
            case "inspect":
                return confirmed_change.look(lab, name, now)
            case "prepare":
                confirmed_change.prepare(lab, name, now.old)
            case "drain":
                confirmed_change.become(lab, name, self._drained[name].old)
            case "commit":
                self._loaded[name] = time.monotonic()
                confirmed_change.load(lab, name, now, timers.device_s)
            case "verify":
                confirmed_change.verify(lab, name, now.new)
            case "confirm":
                confirmed_change.confirm(lab, name, change)
            case "undrain":
                confirmed_change.become(lab, name, change.new if device.touched else change.old)
            case "undo" if action.way == "cancel":
                confirmed_change.cancel(lab, name, now)
            case "undo" if action.way == "inverse":
                confirmed_change.invert(lab, name, now)
            case "undo":
                confirmed_change.restore(lab, name, now)
            case _:
                raise BadInput(f"a lab's switch cannot {action.verb}")
        return action.way

    def _text(self, commands: Iterable[Commands]) -> str:
        return revealed("".join(part.text for part in commands), self._secrets)

    def seconds_max(self, action: Action) -> float:
        """See `Hands`."""
        return gate_seconds_max(action, self._plan.timers, GATE_MARGIN_S)

    def _network(self, action: Action) -> str:
        match action.verb:
            case "gate":
                return self._gate(action.wave)
            case "quiet":
                return self._gates.hold(self._moments.quiet(action.wave))
            case "ready":
                return ready(self._gates.hold, self._moments.ready(action.wave), self._gates.already)
            case "settle":
                return self._gates.hold(Subject(expected=self.expected(action.wave), wave=action.wave))
            case _:
                before = action.wave - 1
                return self._gates.hold(Subject(expected=self.expected(before), wave=before))

    def look_before(self) -> Known:
        """See `PlanHands`."""
        return self._gates.look_before(self.expected(0), self._moments.moving)

    def recall(self, known: Known) -> None:
        """See `PlanHands`."""
        self._gates.already = known

    # What the network says

    def expected(self, wave: int, drained: Collection[str] = ()) -> Blueprint:
        """The network as it is to be after a wave, while some switches are drained."""
        pending = frozenset(device.name for device in self._plan.devices if device.wave > wave)
        blueprint = mixed(self._old, self._new, frozenset(self._devices), pending)
        return without_traffic(blueprint, drained) if drained else blueprint

    def _gate(self, number: int) -> str:
        """See the network be as it should after a wave, and stay so, while the switches' own timers still run."""
        wave = next(w for w in self._plan.waves if w.number == number)
        timers = self._plan.timers
        known = [self._loaded[name] for name in wave.devices if name in self._loaded]
        said = self._gates.hold(
            Subject(
                # Drained switches are put back after they are confirmed.
                expected=self.expected(number, wave.drain),
                wave=number,
                soak_s=max(timers.soak_s, self._policy_s(wave.devices)),
                latest=min(known) + timers.device_s - timers.margin_s if known else math.inf,
                devices=wave.devices,
                quiet=self._moments.out_after(number),
            )
        )
        for name in wave.devices:
            if not confirmed_change.is_pending(self._lab, name):
                raise Rejected(f"{name} has taken its change back while the gate was waited for")
            # A switch that was restarted meanwhile has its old configuration, and no timer.
            change = self._drained[name] if name in wave.drain else self._changes[name]
            confirmed_change.verify(self._lab, name, change.new)
        return said

    def _wait_for_its_own(self, name: str) -> None:
        """Before the last way back: until the switch has taken the change back by itself, if it lives."""
        if name in self._loaded:
            time.sleep(max(0.0, self._loaded[name] + self._plan.timers.device_s + OWN_UNDO_S - time.monotonic()))

    def _policy_s(self, names: Collection[str]) -> int:
        """For how long a gate must hold at least: until changed policies have been applied."""
        changed = any(word in self._changes[name].commands for name in names for word in _POLICY_WORDS)
        return POLICY_S if changed else 0


def _grows(device: SavedDevice) -> bool:
    """Whether more than FRR's configuration changes. Unsupported for what a running lab cannot do."""
    if device.nos != "frr" or device.kind != "changed":
        raise Unsupported(f"{device.name} is {device.kind} ({device.nos}): a running lab cannot do that, start it anew")
    return any(n != FILE for n in device.old.keys() | device.new.keys() if device.old.get(n) != device.new.get(n))
