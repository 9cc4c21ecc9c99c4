"""The gate of a wave on a running lab: what daemons say, what probes find, what ports count.

until the deadline:   checks over all tables + each probe answered   -- not yet --> again, unless nothing moves any more
                               | both well
through the soak:     the same, loss and times of probes counted     -- not any more, in two looks --> failed at once
                               | to its end
                      objectives met, no new errors on ports         --> held
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from crossconnect.checks import run_checks
from crossconnect.cli.holding import Subject, hold, weigh
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Rejected, Unreachable
from crossconnect.finding import Finding, Severity
from crossconnect.lab import Lab, Ping, collect_state, ping_matrix
from crossconnect.lab.port_errors import port_errors
from crossconnect.rollout.looks import AGAIN_S, Gate, Key, Look, both, keys, words
from crossconnect.rollout.out_of_traffic import incomplete, still_used
from crossconnect.rollout.probes import NOTHING, Probe, Tally, added, shortfalls, told
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.rollout.tolerance import as_simulated, borne, percents
from crossconnect.simulate import simulate
from crossconnect.state.tables import RouteRow, State

POLL_S = 0.5
"""Between two looks of a gate. A look at 20 routers takes half a second."""
PROBE_TIMEOUT_S = 0.5
PROBE_ATTEMPTS = 3
"""Until a probe has failed. One packet may be lost, that is what objectives are about."""

Known = frozenset[Key]


class LabGate:
    """Gates of one plan."""

    def __init__(self, lab: Lab, plan: SavedPlan) -> None:
        self._lab, self._plan = lab, plan
        self._checks = plan.waves[0].gate.checks if plan.waves else ()
        self._allowed: dict[str, Known] = {}
        self._simulated: dict[str, State] = {}
        self._predicted: dict[str, tuple[RouteRow, ...]] = {}
        self._objectives = {objective.name: objective for objective in reversed(plan.objectives)}
        self.already: Known = frozenset()
        """Findings, and probes without an answer, that the network had before the plan was begun: no gate fails by
        them."""

    def look_before(self, expected: Blueprint, moving: Collection[str] = ()) -> Known:
        """See what is found in the network as it is now, in two looks in a row; of devices that leave traffic, or come
        back, also what they have not."""
        subject = Subject(expected=expected, complete=frozenset(moving))
        found = self._looked_before(subject)
        if not found.well:
            time.sleep(AGAIN_S)
            found = both(found, self._looked_before(subject))
        if found.silent:
            raise Unreachable(words(found))
        self.already = keys(found)
        return self.already

    def _looked_before(self, subject: Subject) -> Look:
        look, _ = self._seen(self._lab, subject, self.already)
        asked = [probe for probe in self._plan.probes if not probe.first_wave]
        return Look(seen={**look.seen, **_silent(asked, self._ask(asked, PROBE_ATTEMPTS))}, silent=look.silent)

    def hold(self, subject: Subject, excused: Known | None = None) -> str:
        """Wait until the network is as expected, then see it stay so. Raises Rejected when it does not. What is
        `excused` does not count; without it what was so before the plan."""
        borne = self.already if excused is None else excused
        view = self._lab.seen_as(subject.expected)
        deadline = min(time.monotonic() + self._plan.timers.gate_s, subject.latest)
        gate = Gate(deadline, subject.soak_s, self._plan.timers.silence_s, subject.latest)
        probes = self._probes(subject.wave) if subject.probed else []
        sums = [NOTHING for _ in probes]
        still = _Stillness(self._plan.timers.stop_s)
        errors: dict[str, int] | None = None

        def look(_doubted: Look | None) -> Look:
            nonlocal sums, errors
            found, state = self._seen(view, subject, borne)
            asked = self._ask(probes, PROBE_ATTEMPTS) if found.well else []
            found = Look(seen={**found.seen, **_silent(probes, asked)}, silent=found.silent)
            if not gate.held and not found.well and still.since(state, found, time.monotonic()):
                raise Rejected(f"{words(found)}, and nothing moves any more")
            if errors is None and found.well:
                errors = self._errors(subject.devices)
            if errors is not None and asked:
                sums = [added(a, b) for a, b in zip(sums, asked, strict=True)]
            return found

        said = hold(gate, look, poll_s=POLL_S)
        weigh(shortfalls(probes, sums, self._objectives), errors or {}, self._errors(subject.devices))
        return said + told(sums)

    def _errors(self, devices: Collection[str]) -> dict[str, int]:
        return {f"{name}:{port}": n for name in devices for port, n in port_errors(self._lab, name).items()}

    def _probes(self, wave: int) -> list[Probe]:
        return [
            probe
            for probe in self._plan.probes
            if probe.first_wave <= wave and wave not in probe.lost_in and _key(probe) not in self.already
        ]

    def _ask(self, probes: Sequence[Probe], attempts: int) -> list[Tally]:
        """Each once, and again, up to `attempts` times, those that were not answered."""
        tallies = [NOTHING for _ in probes]
        left = list(range(len(probes)))
        for _ in range(attempts):
            pings = [_ping(probes[index]) for index in left]
            for index, result in zip(
                left, ping_matrix(self._lab, pings, attempts=1, timeout_s=PROBE_TIMEOUT_S) if pings else (), strict=True
            ):
                times = (result.round_trip_ms,) if result.round_trip_ms is not None else ()
                one = Tally(sent=1, answered=int(result.answered), round_trips_ms=times)
                tallies[index] = added(tallies[index], one)
            left = [index for index in left if not tallies[index].answered]
        return tallies

    def _seen(self, view: Lab, subject: Subject, excused: Known) -> tuple[Look, State | None]:
        """What is not well in the network, but for what is excused, and its state, where it can be read."""
        expected = subject.expected
        try:
            state = collect_state(view)
        except (Rejected, Unreachable) as error:
            return Look(seen={}, silent={self._lab.name: str(error)}).without(excused), None
        judged = self._with_borne(expected, state)
        found = {(f.code, f.place.path): f"{f.code}: {f.message}" for f in self._findings(expected, judged)}
        for row in self._routes_missing(expected, judged):
            found[_route_key(row)] = f"route: {row.device} has not {row.prefix} in {row.vrf} as predicted"
        found |= still_used(expected, state, self._simulation(expected), subject.quiet)
        found |= incomplete(judged, self._simulation(expected), subject.complete)
        return Look(seen=found, silent={}).without(excused), state

    def _with_borne(self, expected: Blueprint, state: State) -> State:
        """Routes from outside that objectives bear to be other ones are taken as simulated."""
        bearing = percents(expected, self._plan.objectives)
        if not bearing:
            return state
        simulated = self._simulation(expected)
        announced = {prefix for peer in expected.peers for prefix in peer.announces}
        return as_simulated(state, simulated, borne(state.routes, simulated.routes, announced, bearing))

    def _simulation(self, expected: Blueprint) -> State:
        key = expected.content_hash()
        if key not in self._simulated:
            self._simulated[key] = simulate(expected)
        return self._simulated[key]

    def _routes_missing(self, expected: Blueprint, state: State) -> list[RouteRow]:
        """Routes that external routers announce, where they are not there by the ways that are predicted. No check of
        the network itself knows that a default is to come from outside; the simulation of this state does."""
        announced = {prefix for peer in expected.peers for prefix in peer.announces}
        key = expected.content_hash()
        if key not in self._predicted:
            rows = self._simulation(expected).routes
            self._predicted[key] = tuple(row for row in rows if row.prefix in announced)
        real = set(state.routes)
        return [row for row in self._predicted[key] if row not in real]

    def _findings(self, expected: Blueprint, state: State) -> list[Finding]:
        """What the gate's checks find, but for what is found in the simulation of the same network as well."""
        key = expected.content_hash()
        if key not in self._allowed:
            foreseen = run_checks(self._simulation(expected), expected, self._checks)
            self._allowed[key] = frozenset((f.code, f.place.path) for f in foreseen)
        known = self._allowed[key]
        found = run_checks(state, expected, self._checks)
        return [f for f in found if f.severity is not Severity.NOTE and (f.code, f.place.path) not in known]


class _Stillness:
    """Whether waiting is of no use any more: all sessions are up, and nothing has moved for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: State | None = None
        self._began = 0.0

    def since(self, state: State | None, look: Look, now: float) -> bool:
        down = any(code.startswith(("checks.session", "checks.device")) for code, _ in look.seen)
        moving = state is None or state != self._last or down
        if moving:
            self._last, self._began = state, now
        return now - self._began >= self._seconds


def _route_key(row: RouteRow) -> tuple[str, str]:
    return "route", f"{row.device}/{row.vrf}/{row.prefix}"


def _key(probe: Probe) -> tuple[str, str]:
    return "probe", f"{probe.source}/{probe.interface}/{probe.source_address}>{probe.destination_address}"


def _ping(probe: Probe) -> Ping:
    return Ping(
        node=probe.source,
        interface=probe.interface,
        source=probe.source_address,
        destination=probe.destination_address,
        name=f"{probe.source} > {probe.destination}",
    )


def _silent(probes: Sequence[Probe], tallies: Sequence[Tally]) -> dict[Key, str]:
    return {
        _key(probe): f"probe: {probe.source} does not reach {probe.destination} ({probe.destination_address})"
        for probe, tally in zip(probes, tallies, strict=False)
        if not tally.answered
    }
