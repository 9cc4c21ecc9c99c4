"""The checks again under every single failure: what a failure costs, and what it should not have cost.

A failed device's own silence is expected. What is looked for is (a) whom it hurts, by name, and (b) anything in the
rest of the network that is not as the design has it with that element away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from crossconnect.checks.codes import PROMISE_NOT_RESILIENT, PROMISE_UNTESTED
from crossconnect.checks.confinement import confinement
from crossconnect.checks.effects import FailureReport, Healthy, borders_apart, borders_of, healthy_of, report_of
from crossconnect.checks.expectation import Expectation
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import Layout, layout_of
from crossconnect.checks.link_load import LinkLoad
from crossconnect.checks.outside import accepted_prefixes
from crossconnect.checks.promises import broken_promises
from crossconnect.checks.registry import CHECKS, check_subject
from crossconnect.checks.subject import Subject, subject_of
from crossconnect.checks.traffic import Traffic, load_findings, overload_findings, overloaded
from crossconnect.checks.wholeness import wholeness
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Place, found
from crossconnect.model.promise import PATH_KINDS, ROUTE_KINDS, Promise
from crossconnect.model.traffic import Demand
from crossconnect.simulate.failures import NO_FAILURES, Failures, single_failures
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.load import NO_LOADS
from crossconnect.simulate.simulation import state_of
from crossconnect.simulate.sweep import Left, Outcomes
from crossconnect.state.tables import TABLES

_ELSEWHERE = ("single-points", "promises")
"""Checks of the drawing, which no failure changes, and promises, which are looked at in a way of their own."""


class UnderFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a sweep."""

    reports: tuple[FailureReport, ...]
    """One per failure, in the order of the failures."""
    findings: tuple[Finding, ...]
    """Of all failures together, each said once with the failures under which it comes. Where effects alone were asked
    for, also what hosts do not reach while nothing has failed."""
    networks: int = 0
    """VRFs, and layer-2 segments without one."""
    loads: tuple[LinkLoad, ...] = ()
    """What each link carries of the expected traffic while nothing (more) has failed."""


class Sweep:
    """A network made ready for being asked about failures, one after the other.

    `only` names the checks that are run under each (all of them by default). With `only=()` effects alone are computed:
    packets are then followed, and tables made, only where a failure may change what becomes of them, which is what
    makes thousands of failures of large regions affordable. `demands` is traffic whose loads are computed, besides what
    the region itself expects.
    """

    def __init__(self, blueprint: Blueprint, only: Iterable[str] | None = None, demands: Sequence[Demand] = ()) -> None:
        self.blueprint = blueprint
        self._names = [name for name in (CHECKS if only is None else only) if name not in _ELSEWHERE]
        self._layout = layout_of(blueprint)
        self._impacts = Impacts(blueprint)
        self._subject = _subject(self._impacts, self._layout, NO_FAILURES)
        self._healthy = healthy_of(self._subject, self._impacts, _broken_already(self._impacts, self._subject))
        self._outcomes = Outcomes(self._impacts.network, tuple(TABLES)) if self._names else None
        self._traffic = Traffic(self._layout, (*blueprint.traffic, *demands))
        self._loads: tuple[LinkLoad, ...] = ()
        self._carried = NO_LOADS
        if self._traffic.flows:
            self._loads, self._carried = self._traffic.on(self._impacts.before)
        self._load_at = {(row.link, row.device): row for row in self._loads}
        self._known: set[tuple[str, str, str]] = set()
        if self._outcomes is not None:
            here = _checked(self._outcomes.left(self._impacts.healthy), self._layout, NO_FAILURES)
            self._known = {_identity(f) for f in check_subject(here, self._names)}

    @property
    def loads(self) -> tuple[LinkLoad, ...]:
        """What each link carries of the expected traffic while nothing has failed."""
        return self._loads

    def report(self, failure: Failures) -> FailureReport:
        """What follows from one failure."""
        report = self._effects(failure)
        if not self._traffic.flows or not failure:
            return report
        rows = self._loads_under(failure, report)
        more = overload_findings(self._layout, report.name, self._load_at, rows)
        return msgspec.structs.replace(
            report, overloaded=overloaded(self._load_at, rows), findings=(*report.findings, *more)
        )

    def _loads_under(self, failure: Failures, report: FailureReport) -> tuple[LinkLoad, ...]:
        rows, _ = self._traffic.on(Forwarder(self._impacts.tables(failure)), frozenset(report.hosts_cut))
        return rows

    def _effects(self, failure: Failures) -> FailureReport:
        if self._outcomes is None:
            return _report(self._impacts, self._healthy, self._subject, failure)
        left = self._outcomes.left(self._impacts.settled(failure))
        here = _checked(left, self._layout, failure)
        broken = broken_promises(here, _about_routes(self.blueprint))
        report = _report(self._impacts, self._healthy, self._subject, failure, broken)
        now = (*check_subject(here, self._names), *left.findings)
        more = (f for f in now if _identity(f) not in self._known)
        return msgspec.structs.replace(report, findings=(*report.findings, *more))

    def outcome(self, reports: Iterable[FailureReport], already: Failures = NO_FAILURES) -> UnderFailure:
        """All reports together. Loads are those with what has failed `already`, if something has."""
        found = tuple(reports)
        whole: tuple[Finding, ...] = ()
        if not self._names:
            reached = wholeness(self._impacts, accepted_prefixes(self._subject))
            whole = (*reached, *confinement(self.blueprint), *_untested(self.blueprint))
        busy = load_findings(self._traffic, self._loads, self._carried, self.blueprint.link_load_max)
        whole = (*whole, *busy)
        return UnderFailure(
            reports=found,
            findings=tuple(sorted((*whole, *_merged(found), *_promises(found)), key=Finding.sort_key)),
            networks=len(self._impacts.realms),
            loads=self._loads_under(already, self._effects(already)) if already and self._loads else self._loads,
        )


def check_under_failure(
    blueprint: Blueprint, failures: Iterable[Failures] | None = None, only: Iterable[str] | None = None
) -> UnderFailure:
    """Simulate each failure (every single link and device by default), run the checks `only` and compare: `Sweep`."""
    sweep = Sweep(blueprint, only)
    return sweep.outcome(map(sweep.report, single_failures(blueprint) if failures is None else failures))


def effects_of(impacts: Impacts, failures: Iterable[Failures]) -> tuple[Healthy, tuple[FailureReport, ...]]:
    """What failures do to the realms that `impacts` looks at, promises left aside, and what it is compared with."""
    layout = layout_of(impacts.blueprint)
    subject = _subject(impacts, layout, NO_FAILURES)
    without_promises = msgspec.structs.replace(layout.blueprint, promises=())
    subject = msgspec.structs.replace(subject, layout=msgspec.structs.replace(layout, blueprint=without_promises))
    healthy = healthy_of(subject, impacts, ())
    return healthy, tuple(_report(impacts, healthy, subject, failure) for failure in failures)


def promises_broken(impacts: Impacts, names: Collection[str]) -> dict[str, str]:
    """Promises, of those of some names, that a whole network breaks while nothing has failed: name -> reason."""
    if not any(promise.name in names for promise in impacts.blueprint.promises):
        return {}
    return _broken_already(impacts, _subject(impacts, layout_of(impacts.blueprint), NO_FAILURES), names)


def _about_routes(blueprint: Blueprint) -> list[Promise]:
    return [promise for promise in blueprint.promises if promise.kind in ROUTE_KINDS]


def _broken_already(impacts: Impacts, subject: Subject, names: Collection[str] | None = None) -> dict[str, str]:
    """Promises, or those of some names, that do not hold while nothing has failed. Tables are made where some are about
    routes."""
    asked = [promise for promise in subject.blueprint.promises if names is None or promise.name in names]
    broken = broken_promises(subject, (promise for promise in asked if promise.kind not in ROUTE_KINDS))
    if about_routes := [promise for promise in asked if promise.kind in ROUTE_KINDS]:
        state = state_of(impacts.healthy, ("devices", "interfaces", "routes", "bgp_routes"))
        broken |= broken_promises(subject_of(state, subject.layout, tables=impacts.tables(NO_FAILURES)), about_routes)
    return broken


def _untested(blueprint: Blueprint) -> Iterator[Finding]:
    """Promises that are to survive failures, and are not looked at under any where effects alone are computed."""
    for promise in _about_routes(blueprint):
        if promise.survives:
            place = Place(path=f"promises/{promise.name}")
            yield found(
                PROMISE_UNTESTED, place, f"promise {promise.name} is about routes: not tried under failures here"
            )


def _report(
    impacts: Impacts, healthy: Healthy, whole: Subject, failure: Failures, broken: Mapping[str, str] | None = None
) -> FailureReport:
    """The report of one failure, under which some promises are known to be `broken`. Others are tried again where it
    may have to do with them: those about paths wherever it touches a realm, all others where packets may be lost."""
    impact = impacts.of(failure)
    lossy = impact.followed or not impacts.cut_off.issuperset(impact.cut_off)
    kinds = PATH_KINDS if not lossy else tuple({promise.kind for promise in whole.blueprint.promises})
    tried = [p for p in whole.blueprint.promises if p.kind in kinds and p.kind not in ROUTE_KINDS]
    broken = dict(broken or {})
    if tried and (lossy or impact.touched or impact.narrower):
        broken |= broken_promises(_subject(impacts, healthy.layout, failure), tried)
    if not impact.touched:
        return report_of(healthy, impact, healthy.borders, broken)
    wires = frozenset(impacts.wires_down(failure))
    apart = borders_apart(impacts, failure, impact.followed)
    if not apart and not failure.sessions and healthy.outward.isdisjoint(failure.devices | wires):
        return report_of(healthy, impact, healthy.borders, broken)
    away = msgspec.structs.replace(
        whole, expectation=Expectation(failure), gone_devices=failure.devices, gone_wires=wires
    )
    return report_of(healthy, impact, borders_of(away, apart), broken)


def _subject(impacts: Impacts, layout: Layout, failure: Failures) -> Subject:
    """A subject for following packets: its tables are made on demand, of its state there is no more than is up."""
    state = state_of(impacts.settled(failure), ("devices", "interfaces"))
    return subject_of(state, layout, Expectation(failure), impacts.tables(failure))


def _checked(left: Left, layout: Layout, failure: Failures) -> Subject:
    return subject_of(left.state, layout, Expectation(failure), left.tables)


def _identity(finding: Finding) -> tuple[str, str, str]:
    """What makes a finding the same under another failure: its message names more or fewer rows then. Effects are
    each their own, and name their failure."""
    effect = finding.message if finding.code.startswith("checks.effect-") else ""
    return finding.code, finding.place.path, effect


def _merged(reports: Iterable[FailureReport]) -> list[Finding]:
    """Each finding once. Those of effects name their failure themselves; others get the names of theirs."""
    failures: dict[tuple[str, str, str], list[str]] = {}
    first: dict[tuple[str, str, str], Finding] = {}
    for report in reports:
        for finding in report.findings:
            identity = _identity(finding)
            first.setdefault(identity, finding)
            failures.setdefault(identity, []).append(report.name)
    return [
        finding
        if identity[2]
        else msgspec.structs.replace(finding, message=f"without {names_text(failures[identity])}: {finding.message}")
        for identity, finding in first.items()
    ]


def _promises(reports: Iterable[FailureReport]) -> list[Finding]:
    """Promises that break under a failure that they are to survive."""
    broken: dict[str, list[tuple[str, str]]] = {}
    for report in reports:
        for name, reason in report.promises:
            if name in report.promises_due:
                broken.setdefault(name, []).append((report.name, reason))
    return [
        found(
            PROMISE_NOT_RESILIENT,
            Place(path=f"promises/{name}"),
            f"promise {name} does not survive the loss of {names_text([failure for failure, _ in cases])}: "
            f"{cases[0][1]}",
        )
        for name, cases in sorted(broken.items())
    ]
