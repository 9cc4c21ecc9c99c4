"""The gate of a wave on the devices themselves: what they say of themselves, beside the simulation of the same network.

every device --its system's questions (`NetworkOs.queries`)--> answers --> tables --> the plan's checks
simulation of what the network is to be ---------------------> rows, EVPN routes --> what is missing or not expected
devices that can ping --probes--> answered or not, loss and time against the objectives
devices of the wave --error counters, when it first held and at its end--> new errors
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from crossconnect.cli.holding import Subject, hold, weigh
from crossconnect.cli.live_judgement import UNREADABLE, Expected, expected_of, judge
from crossconnect.cli.output import say
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput, CrossconnectError, Rejected, Unauthorised, Unreachable, Untrusted
from crossconnect.nos.network_os import Echo, Query
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EchoReport, ErrorsReport, Report
from crossconnect.rollout.device_probes import asked_in, device_probes, probe_key, sent_by
from crossconnect.rollout.looks import AGAIN_S, SILENT, Gate, Key, Look, both, keys
from crossconnect.rollout.probes import NOTHING, Probe, Tally, added, shortfalls, told
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.rollout.unseen import unseen

POLL_S = 3.0
"""Between two looks of a gate: each is a session with every device."""

REFUSED = "a question is refused: "
"""How the key of what a device does not tell begins."""
UNTOLD = (REFUSED, UNREADABLE, SILENT)
"""How keys begin of what a device does not tell, whatever it is like."""
_WRONG_ACCESS = (BadInput, Unauthorised, Untrusted)
"""What no waiting cures: somebody has to look at the access file, or at the device that says it is another one."""

Answers = Mapping[int, bytes | Rejected] | CrossconnectError
"""Of a device to the questions of a gate, by their place, some of them refused; or why there are none."""
Ask = Callable[[Mapping[str, Sequence[Query]]], Mapping[str, Answers]]
"""Asks some devices their questions, at the same time."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one look has found, and what of it is only counted."""

    look: Look
    answers: Mapping[str, Answers]
    tallies: Mapping[Probe, Tally] = {}
    errors: Mapping[str, int] = {}
    """By device and port."""
    borne: int = 0
    """Routes from outside that are other than simulated, and may be."""


class LiveGate:
    """Gates of one plan."""

    def __init__(self, ask: Ask, plan: SavedPlan, old: Blueprint, new: Blueprint) -> None:
        self._ask, self._plan, self._timers = ask, plan, plan.timers
        self._checks = plan.waves[0].gate.checks if plan.waves else ()
        self._expected: dict[str, Expected] = {}
        self._objectives = {objective.name: objective for objective in reversed(plan.objectives)}
        # A plan of an earlier version has none, and may have to be gone on with, or taken back.
        probes = plan.device_probes or device_probes(old, new, plan.probes, plan.objectives)
        self._probes = sent_by(new, probes)
        self.notes = plan.unseen or unseen(new, {device.name for device in plan.devices}, probes)
        """What is not looked at, since nothing is known of how a system is asked it."""
        self.already: frozenset[Key] = frozenset()
        """What was not well before the plan was begun: no gate fails by it."""

    def look_before(self, expected: Blueprint, planned: Collection[str]) -> frozenset[Key]:
        """What is not as simulated in the network as it is now, in two looks in a row. BadInput where somebody has to
        look at the access file, Unreachable where a device of the plan does not answer: nothing is to be begun then."""
        subject = Subject(expected=expected, devices=tuple(planned))
        first = self._seen(subject, None)
        found, answers = first.look, first.answers
        if not found.well:
            time.sleep(AGAIN_S)
            second = self._seen(subject, found)
            found, answers = both(found, second.look), {**answers, **second.answers}
        _see_that_all_answer(answers, planned)
        for note in self.notes:
            say(f"note: {note}")
        for note in _not_told(found):
            say(f"note: {note}")
        self.already = keys(found)
        return self.already

    def hold(self, subject: Subject, excused: frozenset[Key] | None = None) -> str:
        """Wait until the network is as expected, then see it stay so. Raises Rejected when it does not. What is
        `excused` does not count; without it what was so before the plan. Row by row all is compared, so that who is
        drained is nobody's way, and who comes back is complete, when it holds."""
        excusing = self.already if excused is None else excused
        deadline = min(time.monotonic() + self._timers.gate_s, subject.latest)
        gate = Gate(deadline, subject.soak_s, self._timers.silence_s, subject.latest)
        sums: dict[Probe, Tally] = {}
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        borne = 0

        def look(doubted: Look | None) -> Look:
            nonlocal borne
            seen = self._seen(subject, doubted)
            borne = seen.borne
            found = seen.look.without(excusing)
            if gate.held or found.well:
                for probe, tally in seen.tallies.items():
                    sums[probe] = added(sums.get(probe, NOTHING), tally)
                first.update({port: n for port, n in seen.errors.items() if port not in first})
                last.update(seen.errors)
            return found

        said = hold(gate, look, poll_s=POLL_S)
        weigh(shortfalls(list(sums), list(sums.values()), self._objectives), first, last)
        unanswered = sum(probe_key(probe) in self.already for probe in self._probes)
        notes = [f"{unanswered} probes had no answer before, and do not count"] if unanswered else []
        if borne:
            notes.append(f"{borne} routes from outside are other than simulated, as objectives bear")
        return said + told(list(sums.values())) + "".join(f"; {note}" for note in (*notes, *self.notes))

    def _seen(self, subject: Subject, doubted: Look | None) -> Seen:
        """One look at all devices, or at those that were not well in another one."""
        expected = self._of(subject.expected)
        names = _in_doubt(subject.expected, doubted)
        asked = [device for device in subject.expected.devices if names is None or device.name in names]
        questions = {device.name: self._questions(device, subject) for device in asked}
        answers = self._ask({name: of.queries for name, of in questions.items()})
        seen: dict[Key, str] = {}
        silent: dict[str, str] = {}
        tallies: dict[Probe, Tally] = {}
        errors: dict[str, int] = {}
        told: dict[str, Mapping[int, bytes]] = {}
        for device in asked:
            given, of = answers[device.name], questions[device.name]
            if isinstance(given, CrossconnectError):
                silent[device.name] = str(given)
                continue
            said = {place: answer for place, answer in given.items() if isinstance(answer, bytes)}
            told[device.name] = said
            found = [f"{REFUSED}{of.queries[place].ask}" for place in given if place not in said]
            tallies |= of.tallies(said, found)
            errors |= of.errors(said, found)
            seen |= {(word, device.name): f"{device.name}: {word}" for word in found}
        judged = judge(expected, told, self._checks if names is None else (), self._plan.objectives, self.already)
        seen |= judged.seen
        for probe, tally in tallies.items():
            if not tally.answered:
                to = f"{probe.destination} ({probe.destination_address}) in {probe.network}"
                seen[probe_key(probe)] = f"probe: {probe.source} does not reach {to}"
        look = Look(seen=seen, silent=silent)
        return Seen(look=look, answers=answers, tallies=tallies, errors=errors, borne=judged.borne)

    def _of(self, network: Blueprint) -> Expected:
        key = network.content_hash()
        if key not in self._expected:
            self._expected[key] = expected_of(network, self._checks)
        return self._expected[key]

    def _questions(self, device: DeviceConfiguration, subject: Subject) -> _Questions:
        asked = asked_in(self._probes, subject.wave, self.already) if subject.probed else ()
        probes = [p for p in asked if p.source == device.name]
        return _Questions(device, probes, counted=device.name in subject.devices)


class _Questions:
    """Of one device: those of the tables, its probes, its error counters."""

    def __init__(self, device: DeviceConfiguration, probes: Sequence[Probe], counted: bool) -> None:
        nos = system(device.nos)
        self._device, self._probes = device.name, probes
        self._of_tables = nos.queries(device)
        echoes = [Echo(vrf=p.network, source=p.source_address, destination=p.destination_address) for p in self._probes]
        self._echoes = nos.echoes(echoes) if echoes and nos.echoes is not None else ()
        self._errors = nos.errors(device) if counted and nos.errors is not None else None
        self.queries = (*self._of_tables, *self._echoes, *(() if self._errors is None else (self._errors,)))

    def tallies(self, answers: Mapping[int, bytes], found: list[str]) -> dict[Probe, Tally]:
        """What came of the probes; `found` gets what cannot be read."""
        return {
            self._probes[report.place]: Tally(
                sent=report.sent,
                answered=report.answered,
                round_trips_ms=() if report.round_trip_ms is None else (report.round_trip_ms,),
            )
            for query in self._echoes
            for report in self._reports(query, answers, found)
            if isinstance(report, EchoReport)
        }

    def errors(self, answers: Mapping[int, bytes], found: list[str]) -> dict[str, int]:
        """What its ports have counted."""
        reports = self._reports(self._errors, answers, found)
        return {f"{self._device}:{r.interface}": r.errors for r in reports if isinstance(r, ErrorsReport)}

    def _reports(self, query: Query | None, answers: Mapping[int, bytes], found: list[str]) -> tuple[Report, ...]:
        if query is None:
            return ()
        place = self.queries.index(query)
        if place not in answers:
            return ()
        try:
            return query.parse(answers[place])
        except ValueError as error:
            found.append(f"not understood: {error}")
            return ()


def _not_told(look: Look) -> list[str]:
    """What a device could not be asked before the plan, and no gate looks at therefore: first of each device."""
    said: dict[str, list[str]] = {who: ["it does not answer"] for who in look.silent}
    for what, where in sorted(look.seen):
        if what.startswith((UNREADABLE, REFUSED)):
            said.setdefault(where, []).append(what)
    return [
        f"{who}: gates do not look at it: {whats[0]}" + (f", and {len(whats) - 1} more" if whats[1:] else "")
        for who, whats in sorted(said.items())
    ]


def _in_doubt(network: Blueprint, doubted: Look | None) -> Collection[str] | None:
    """Devices that are looked at again; None for all of them: what a check has found is of several devices' answers."""
    if doubted is None:
        return None
    names = {*doubted.silent, *(where for _, where in doubted.seen)}
    return names if names <= {device.name for device in network.devices} else None


def _see_that_all_answer(answers: Mapping[str, Answers], planned: Collection[str]) -> None:
    """BadInput where somebody has to look at the access file, Unreachable where a device of the plan is silent."""
    failed = {name: error for name, error in answers.items() if isinstance(error, CrossconnectError)}
    wrong = [error for error in failed.values() if isinstance(error, _WRONG_ACCESS)]
    silent = [error for name, error in failed.items() if name in planned and isinstance(error, Unreachable)]
    for errors, kind in ((wrong, BadInput), (silent, Unreachable)):
        if errors:
            more = f", and {len(errors) - 1} more" if errors[1:] else ""
            raise kind(f"nothing was begun: {errors[0]}{more}")
