"""A sweep for a reader: like failures with like effects on one line, so that hundreds read as ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from crossconnect.checks.effects import FailureReport
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.finding import Severity

_PLURALS = {"leaf": "leaves", "border-leaf": "border-leaves"}


class FailureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of one sort of element with the same kinds of effect."""

    element: str
    reports: tuple[FailureReport, ...]
    effect: str
    severity: Severity
    """Error: a promise that is to survive breaks, or the rest of the network is not as designed. Warning: connected
    hosts lose something. Note: else."""

    @property
    def text(self) -> str:
        """`8 leaf - spine links: nobody loses anything; equal paths 2 -> 1`."""
        count = len(self.reports)
        who = self.reports[0].name if count == 1 else f"{count} {_PLURALS.get(self.element, self.element + 's')}"
        return f"{who}: {self.effect}"


def grouped(reports: Iterable[FailureReport]) -> tuple[FailureGroup, ...]:
    """Groups, the worst first."""
    groups: dict[tuple[object, ...], list[FailureReport]] = {}
    for report in reports:
        groups.setdefault(_kind(report), []).append(report)
    made = [
        FailureGroup(
            element=members[0].element,
            reports=tuple(members),
            effect=_effect_text(members),
            severity=_severity(members[0]),
        )
        for members in groups.values()
    ]
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    return tuple(sorted(made, key=lambda g: (order[g.severity], g.reports[0].harmless, g.element, g.effect)))


def _severity(report: FailureReport) -> Severity:
    if report.promises_due:
        return Severity.ERROR
    severities = {finding.severity for finding in report.findings}
    return next((s for s in (Severity.ERROR, Severity.WARNING) if s in severities), Severity.NOTE)


def _kind(report: FailureReport) -> tuple[object, ...]:
    """What makes failures alike: the sort of element and which effects there are, not how many."""
    return (
        report.element,
        _severity(report),
        bool(report.hosts_cut),
        bool(report.hosts_degraded),
        any(scope.lost > scope.attached for scope in report.scopes),
        any(scope.external_lost for scope in report.scopes),
        bool(report.overloaded),
        any(scope.borders[1] < scope.borders[0] for scope in report.scopes),
        tuple(name for name, _ in report.promises),
        report.paths if report.paths[0] != report.paths[1] else (),
        tuple(sorted({f.code for f in report.findings if f.severity is Severity.ERROR})),
    )


def _span(counts: Sequence[int], noun: str) -> str:
    """`3 hosts`, `1 to 4 hosts`, with `each` where several failures are meant."""
    low, high = min(counts), max(counts)
    each = " each" if len(counts) > 1 else ""
    return count_text(high, noun) + each if low == high else f"{low} to {count_text(high, noun)}{each}"


def _effect_text(members: Sequence[FailureReport]) -> str:
    first = members[0]
    parts: list[str] = []
    scopes = [scope for report in members for scope in report.scopes]
    if first.hosts_cut:
        tenants = names_text(sorted({scope.tenant for scope in scopes if scope.hosts_cut}))
        parts.append(f"{_span([len(r.hosts_cut) for r in members], 'host')} cut off ({tenants})")
    torn = sorted({scope.scope for scope in scopes if scope.lost > scope.attached})
    if torn:
        parts.append(f"connected hosts lose each other in {names_text(torn)}")
    closed = sorted({scope.scope for scope in scopes if scope.external_lost})
    if closed:
        parts.append(f"hosts of {names_text(closed)} lose the outside")
    if first.overloaded:
        worst = max((row for report in members for row in report.overloaded), key=lambda row: row.utilisation)
        tenants = names_text(sorted({t for report in members for row in report.overloaded for t in row.tenants}))
        span = _span([len({row.link for row in r.overloaded}) for r in members], "link")
        parts.append(f"{span} over capacity, up to {100 * worst.utilisation:.0f} % ({tenants})")
    if first.promises:
        parts.append(f"broken promises: {names_text([name for name, _ in first.promises])}")
    codes = sorted({f.code for r in members for f in r.findings if f.severity is Severity.ERROR})
    if codes:
        parts.append(f"findings that should not be: {names_text(codes)}")
    if not parts:
        parts.append("nobody loses anything")
    if first.hosts_degraded:
        parts.append(f"{_span([len(r.hosts_degraded) for r in members], 'host')} on one leg")
    fewer = sorted({scope.scope for scope in scopes if scope.borders[0] > scope.borders[1] > 0})
    if fewer:
        parts.append(f"{names_text(fewer)} on fewer borders")
    # With ways lost altogether, the fewest of those that are left may be more.
    if first.paths[0] > first.paths[1]:
        parts.append(f"equal paths {first.paths[0]} -> {first.paths[1]}")
    return "; ".join(parts)
