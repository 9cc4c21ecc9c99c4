"""What the report claims, each with its count: the summary at its top and the verdict over all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from crossconnect.checks.failure_summary import grouped
from crossconnect.checks.under_failure import UnderFailure
from crossconnect.drills.result import Ping
from crossconnect.drills.text import duration_text
from crossconnect.finding import Finding, Severity
from crossconnect.report.cloud import CloudRun
from crossconnect.report.inputs import Comparison, ReportInputs
from crossconnect.report.rollout import RolloutRun

Status = Literal["holds", "fails", "absent"]
Verdict = Literal["proven", "simulated", "not-proven"]
"""`simulated`: everything that was done holds, but no real daemons have confirmed it."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the summary. `anchor` is the section with the evidence."""

    anchor: str
    title: str
    status: Status
    text: str


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict with its claims."""

    verdict: Verdict
    headline: str
    text: str
    claims: tuple[Claim, ...]


def conclude(inputs: ReportInputs) -> Conclusion:
    """Proven is only what a lab of real daemons has confirmed and what no claim contradicts."""
    claims = (
        _findings_claim(inputs.findings),
        _failure_claim(inputs.under_failure),
        _comparison_claim(inputs.comparisons),
        _ping_claim(inputs.pings),
        _drill_claim(inputs),
        *((_rollout_claim(inputs.rollout),) if inputs.rollout is not None else ()),
        *((_cloud_claim(inputs.cloud),) if inputs.cloud is not None else ()),
    )
    fails = [c for c in claims if c.status == "fails"]
    absent = [c for c in claims if c.status == "absent"]
    if fails:
        text = f"{len(fails)} of {len(claims)} claims fail: {', '.join(c.title.lower() for c in fails)}."
        return Conclusion(verdict="not-proven", headline="Not proven", text=text, claims=claims)
    if {"findings", "failures"} & {c.anchor for c in absent}:
        text = f"Not done: {', '.join(c.title.lower() for c in absent)}."
        return Conclusion(verdict="not-proven", headline="Not proven", text=text, claims=claims)
    if absent:
        text = (
            f"{len(claims) - len(absent)} of {len(claims)} claims hold; not confirmed by real daemons:"
            f" {', '.join(c.title.lower() for c in absent)}."
        )
        return Conclusion(verdict="simulated", headline="Holds in simulation", text=text, claims=claims)
    return Conclusion(verdict="proven", headline="Proven", text=f"All {len(claims)} claims hold.", claims=claims)


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 link`, `2,345 rows`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def _findings_claim(findings: Sequence[Finding] | None) -> Claim:
    title = "Checks"
    if findings is None:
        return Claim(anchor="findings", title=title, status="absent", text="not run")
    errors = sum(f.severity is Severity.ERROR for f in findings)
    warnings = sum(f.severity is Severity.WARNING for f in findings)
    text = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
    return Claim(anchor="findings", title=title, status="fails" if errors else "holds", text=text)


def _failure_claim(under_failure: UnderFailure | None) -> Claim:
    title = "Every single failure, simulated"
    if under_failure is None:
        return Claim(anchor="failures", title=title, status="absent", text="not simulated")
    reports = under_failure.reports
    if not reports:
        return Claim(anchor="failures", title=title, status="fails", text="no failure was simulated: proves nothing")
    bad = sum(len(g.reports) for g in grouped(reports) if g.severity is Severity.ERROR)
    bad = bad or sum(f.severity is Severity.ERROR for f in under_failure.findings)
    calm = sum(r.harmless for r in reports)
    text = f"{counted(len(reports), 'failure')}: {calm} hurt nobody, {bad} break what was promised to survive"
    return Claim(anchor="failures", title=title, status="fails" if bad else "holds", text=text)


def _comparison_claim(comparisons: Sequence[Comparison] | None) -> Claim:
    title = "Simulation equals real daemons"
    if comparisons is None:
        return Claim(anchor="comparison", title=title, status="absent", text="no lab")
    rows = sum(t.rows_lab for c in comparisons for t in c.tables)
    different = sum(t.rows_different for c in comparisons for t in c.tables)
    if not rows:
        return Claim(anchor="comparison", title=title, status="fails", text="no row was compared: proves nothing")
    tables = len({t.table for c in comparisons for t in c.tables})
    text = (
        f"{counted(rows, 'row')} in {counted(tables, 'table')}, {counted(len(comparisons), 'case')}:"
        f" {counted(different, 'difference')}"
    )
    return Claim(anchor="comparison", title=title, status="fails" if different else "holds", text=text)


def _ping_claim(pings: Sequence[Ping] | None) -> Claim:
    title = "Reachable and isolated, by ping"
    if pings is None:
        return Claim(anchor="reachability", title=title, status="absent", text="no lab")
    answers = sum(p.expected for p in pings)
    right = sum(p.expected == p.seen for p in pings)
    if not answers:
        return Claim(anchor="reachability", title=title, status="fails", text="no ping was to succeed: proves nothing")
    text = f"{right:,} of {len(pings):,} as promised: {answers:,} to be answered, {len(pings) - answers:,} to be silent"
    return Claim(anchor="reachability", title=title, status="holds" if right == len(pings) else "fails", text=text)


def _rollout_claim(run: RolloutRun) -> Claim:
    title = "Changed while it runs"
    count = len(run.changes)
    ends = "; ".join(f"{change.title}: {change.outcome} in {change.seconds:.0f} s" for change in run.changes)
    text = f"{run.right} of {counted(count, 'change')} as they must end: {ends}" if count else "none was carried out"
    status: Status = "holds" if count and run.right == count else "fails"
    return Claim(anchor="rollout", title=title, status=status, text=text)


def _cloud_claim(run: CloudRun) -> Claim:
    title = "Tenants on OVN over the fabric"
    count = len(run.flows)
    passing = sum(flow.wanted for flow in run.flows)
    text = f"{run.right} of {counted(count, 'flow')} as they must be: {passing} to pass, {count - passing} not to"
    if run.names:
        text += f"; {run.right_names} of {counted(len(run.names), 'name')} answered as they must be"
    right = run.flows and run.right == count and run.right_names == len(run.names)
    status: Status = "holds" if right else "fails"
    return Claim(anchor="cloud", title=title, status=status, text=text)


def _drill_claim(inputs: ReportInputs) -> Claim:
    title = "Failures under traffic"
    drills = inputs.drills
    if drills is None:
        return Claim(anchor="drills", title=title, status="absent", text="no lab")
    right = sum(d.verdict == "as-predicted" for d in drills)
    worst = max((d.longest_gap_ms for d in drills), default=0.0)
    text = f"{right} of {counted(len(drills), 'drill')} as predicted; longest gap of survivors {duration_text(worst)}"
    status: Status = "holds" if drills and right == len(drills) else "fails"
    return Claim(anchor="drills", title=title, status=status, text=text)
