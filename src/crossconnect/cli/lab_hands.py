"""A plan's actions on the switches of a running lab, and its gates on what their daemons say."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping

from crossconnect.checks import run_checks
from crossconnect.cli.secrets import references_of, resolve
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Rejected, Unsupported
from crossconnect.finding import Finding, Severity
from crossconnect.lab import Lab, collect_state, confirmed_change
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.execution import Action, DeviceState
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan
from crossconnect.simulate import simulate
from crossconnect.simulate.maintenance import drained as without_traffic

FILE = "frr.conf"
GATE_MARGIN_S = 15
"""Beyond its deadline a gate may be in the middle of a look; after this it hangs."""
POLL_S = 1.0
"""Between two looks of a gate. A look at 20 routers takes half a second."""


class LabNetwork:
    """A running lab, as the network that plans are carried out on."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    @property
    def name(self) -> str:
        """The lab's name."""
        return self.lab.name

    def recorded(self) -> Blueprint:
        """What the lab was made from, or has become."""
        return self.lab.blueprint

    def record(self, blueprint: Blueprint) -> None:
        """Write down what the lab is now."""
        self.lab.keep_blueprint(blueprint)

    def hands(self, plan: SavedPlan, old: Blueprint, new: Blueprint) -> LabHands:
        """Hands on the lab's switches."""
        return LabHands(self.lab, plan, old, new, resolve(references_of(old) | references_of(new)))


class LabHands:
    """Does a plan's actions in a lab."""

    def __init__(self, lab: Lab, plan: SavedPlan, old: Blueprint, new: Blueprint, secrets: Mapping[str, str]) -> None:
        """BadInput or Unsupported where the plan asks for what a running lab cannot become."""
        self._lab, self._plan, self._old, self._new = lab, plan, old, new
        self._devices = {device.name: device for device in plan.devices}
        self._checks = plan.waves[0].gate.checks if plan.waves else ()
        self._changes: dict[str, confirmed_change.Change] = {}
        for device in plan.devices:
            _refuse(device)
            self._changes[device.name] = confirmed_change.Change(
                commands=revealed("".join(part.text for part in device.commands), secrets),
                undo=revealed("".join(part.text for part in device.rollback), secrets),
                old=revealed(device.old[FILE], secrets),
                new=revealed(device.new[FILE], secrets),
            )
        self._loaded: dict[str, float] = {}
        """When each switch's timer was started, by our monotonic clock: a little before it was."""
        self._allowed: dict[str, frozenset[tuple[str, str]]] = {}
        self.already: frozenset[tuple[str, str]] = frozenset()
        """Findings, by code and path, that the network had before the plan was begun: no gate fails by them."""

    def perform(self, action: Action, device: DeviceState | None) -> str:
        """See `Hands`."""
        timers = self._plan.timers
        if device is None:
            return self._network(action)
        lab, name, change = self._lab, action.device, self._changes[action.device]
        now = change
        if device.drained:
            # Commands are differences: what is drained stays so over them.
            drained = confirmed_change.drained_text
            now = change._replace(old=drained(change.old), new=drained(change.new))
        match action.verb:
            case "inspect":
                return confirmed_change.look(lab, name, now.old, now.new)
            case "prepare":
                confirmed_change.prepare(lab, name, now.old)
            case "drain":
                confirmed_change.drain(lab, name, change.old)
            case "commit":
                self._loaded[name] = time.monotonic()
                confirmed_change.load(lab, name, now, timers.device_s)
            case "verify":
                confirmed_change.verify(lab, name, now.new)
            case "confirm":
                confirmed_change.confirm(lab, name, change.new)
            case "undrain":
                confirmed_change.undrain(lab, name, change.new if device.touched else change.old)
            case "undo" if action.way == "cancel":
                confirmed_change.cancel(lab, name, now)
            case "undo" if action.way == "inverse":
                confirmed_change.invert(lab, name, now)
            case "undo":
                confirmed_change.restore(lab, name, now.old)
            case _:
                raise BadInput(f"a lab's switch cannot {action.verb}")
        return action.way

    def seconds_max(self, action: Action) -> float:
        """See `Hands`."""
        timers = self._plan.timers
        if action.verb == "gate":
            return timers.gate_s + timers.soak_s + GATE_MARGIN_S
        return timers.gate_s + GATE_MARGIN_S if action.verb in ("settle", "proof") else math.inf

    def _network(self, action: Action) -> str:
        match action.verb:
            case "gate":
                return self._gate(action.wave)
            case "settle":
                return self._hold(self.expected(action.wave), 0)
            case _:
                return self._hold(self.expected(action.wave - 1), 0)

    def look_before(self) -> None:
        """See what is found in the network as it is now."""
        self.already = frozenset((f.code, f.place.path) for f in self._problems(self.expected(0)))

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
        latest = min(known) + timers.device_s - timers.margin_s if known else math.inf
        # Drained switches are put back after they are confirmed.
        said = self._hold(self.expected(number, wave.drain), timers.soak_s, latest)
        for name in wave.devices:
            if not confirmed_change.is_pending(self._lab, name):
                raise Rejected(f"{name} has taken its change back while the gate was waited for")
        return said

    def _hold(self, expected: Blueprint, soak_s: int, latest: float = math.inf) -> str:
        """Wait until the network is as expected, then see it stay so; not beyond `latest`."""
        deadline = min(time.monotonic() + self._plan.timers.gate_s, latest)
        held_since = 0.0
        while True:
            problems = self._problems(expected)
            now = time.monotonic()
            if problems and (held_since or now > deadline):
                more = f" and {len(problems) - 1} more findings" if problems[1:] else ""
                raise Rejected(f"{problems[0].code}: {problems[0].message}{more}")
            if now > latest:
                raise Rejected("it holds too late to be confirmed in time")
            if not problems:
                held_since = held_since or now
                if now - held_since >= soak_s:
                    return f"held for {now - held_since:.0f} s"
            time.sleep(POLL_S)

    def _problems(self, expected: Blueprint) -> list[Finding]:
        """What the gate's checks find, but for what was there before, or is found in the simulation of the same network
        as well."""
        key = expected.content_hash()
        if key not in self._allowed:
            foreseen = run_checks(simulate(expected), expected, self._checks)
            self._allowed[key] = frozenset((f.code, f.place.path) for f in foreseen)
        known = self._allowed[key] | self.already
        found = run_checks(collect_state(self._lab), expected, self._checks)
        return [f for f in found if f.severity is not Severity.NOTE and (f.code, f.place.path) not in known]


def _refuse(device: SavedDevice) -> None:
    """A running lab's switches get another FRR configuration, and nothing else."""
    if device.nos != "frr" or device.kind != "changed":
        raise Unsupported(f"{device.name} is {device.kind} ({device.nos}): a running lab cannot do that, start it anew")
    others = sorted(n for n in device.old.keys() | device.new.keys() if device.old.get(n) != device.new.get(n))
    if others != [FILE]:
        names = ", ".join(name for name in others if name != FILE)
        raise Unsupported(
            f"{device.name} changes in {names}: interfaces of a running lab are as they were made, start it anew"
        )
