"""The checks again under every single failure: what a failure costs, and what it should not have cost.

A failed device's own silence is expected. What is looked for is (a) whom it hurts, by name, and (b) anything in the
rest of the network that is not as the design has it with that element away.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.checks.codes import PROMISE_NOT_RESILIENT
from crossconnect.checks.effects import FailureReport, Healthy, borders_of, healthy_of, report_of
from crossconnect.checks.expectation import Expectation
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import Layout, layout_of
from crossconnect.checks.outside import accepted_prefixes
from crossconnect.checks.promises import broken_promises
from crossconnect.checks.registry import CHECKS, check_subject
from crossconnect.checks.subject import Subject, subject_of
from crossconnect.checks.wholeness import wholeness
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Place, found
from crossconnect.simulate.failures import NO_FAILURES, Failures, single_failures
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.simulation import state_of
from crossconnect.simulate.sweep import Outcome, sweep
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


def check_under_failure(
    blueprint: Blueprint, failures: Iterable[Failures] | None = None, only: Iterable[str] | None = None
) -> UnderFailure:
    """Simulate each failure (every single one by default), run the checks (those named, where given) and compare.

    `only=()` computes effects alone: packets are then followed, and tables made, only where a failure may change what
    becomes of them, which is what makes thousands of failures of large regions affordable.
    """
    layout = layout_of(blueprint)
    names = [name for name in (CHECKS if only is None else only) if name not in _ELSEWHERE]
    chosen = tuple(single_failures(blueprint) if failures is None else failures)
    impacts = Impacts(blueprint)
    subject = _subject(impacts, layout, NO_FAILURES)
    healthy = healthy_of(subject, impacts, broken_promises(subject))
    runs = sweep(blueprint, (NO_FAILURES, *chosen), tuple(TABLES)) if names else None
    known = set[tuple[str, str, str]]()
    whole = () if names else wholeness(impacts, accepted_prefixes(subject))
    if runs is not None:
        _, outcome = next(runs)
        known = {_identity(f) for f in check_subject(_checked(outcome, layout, NO_FAILURES), names)}
    reports: list[FailureReport] = []
    for failure in chosen:
        report = _report(impacts, healthy, subject, failure)
        if runs is not None:
            _, outcome = next(runs)
            now = (*check_subject(_checked(outcome, layout, failure), names), *outcome.findings)
            more = (f for f in now if _identity(f) not in known)
            report = msgspec.structs.replace(report, findings=(*report.findings, *more))
        reports.append(report)
    return UnderFailure(
        reports=tuple(reports),
        findings=tuple(sorted((*whole, *_merged(reports), *_promises(reports)), key=Finding.sort_key)),
        networks=len(impacts.realms),
    )


def effects_of(impacts: Impacts, failures: Iterable[Failures]) -> tuple[Healthy, tuple[FailureReport, ...]]:
    """What failures do to the realms that `impacts` looks at, promises left aside, and what it is compared with."""
    layout = layout_of(impacts.blueprint)
    subject = _subject(impacts, layout, NO_FAILURES)
    without_promises = msgspec.structs.replace(layout.blueprint, promises=())
    subject = msgspec.structs.replace(subject, layout=msgspec.structs.replace(layout, blueprint=without_promises))
    healthy = healthy_of(subject, impacts, ())
    return healthy, tuple(_report(impacts, healthy, subject, failure) for failure in failures)


def _report(impacts: Impacts, healthy: Healthy, whole: Subject, failure: Failures) -> FailureReport:
    """The report of one failure. Promises are looked at again only where it touches a realm."""
    impact = impacts.of(failure)
    if not impact.touched:
        return report_of(healthy, impact, healthy.borders, {})
    here = _subject(impacts, healthy.layout, failure) if whole.blueprint.promises else None
    broken = broken_promises(here) if here is not None else {}
    borders = borders_of(msgspec.structs.replace(whole, expectation=Expectation(failure), **_gone(whole, failure)))
    return report_of(healthy, impact, borders, broken)


def _gone(whole: Subject, failure: Failures) -> dict[str, frozenset[str]]:
    """What a subject says of devices and wires when these are known to be out of service."""
    wires = {w.key for w in whole.blueprint.wires if not failure.devices.isdisjoint((w.a_device, w.b_device))}
    return {"gone_devices": failure.devices, "gone_wires": frozenset(failure.links | wires)}


def _subject(impacts: Impacts, layout: Layout, failure: Failures) -> Subject:
    """A subject for following packets: its tables are made on demand, of its state there is no more than is up."""
    settled = impacts.network.settle(failure)
    state = state_of(settled, ("devices", "interfaces"))
    return subject_of(state, layout, Expectation(failure), impacts.tables(failure))


def _checked(outcome: Outcome, layout: Layout, failure: Failures) -> Subject:
    return subject_of(outcome.state, layout, Expectation(failure), outcome.tables)


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
