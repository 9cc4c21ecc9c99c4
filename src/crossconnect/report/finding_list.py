"""Findings: the counts by code, then each with place, hint and evidence; the grave ones first."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.finding import Finding, Severity
from crossconnect.report.claim import counted
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, folded, mark, note, table

FINDINGS_MAX = 200
"""Beyond this nobody reads; the counts say how many there are."""
EVIDENCE_MAX = 8

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_STATUS = {Severity.ERROR: "fails", Severity.WARNING: "warns", Severity.NOTE: "absent"}


def draw_findings(findings: Sequence[Finding]) -> Markup:
    """The section's content."""
    if not findings:
        return note("No check has anything to say.")
    ordered = sorted(findings, key=lambda f: (_ORDER[f.severity], f.sort_key()))
    shown = ordered[:FINDINGS_MAX]
    notes = [f for f in shown if f.severity is Severity.NOTE]
    grave = [f for f in shown if f.severity is not Severity.NOTE]
    return fragment(
        _list("Errors and warnings", grave, 0) if grave else note("No errors, no warnings."),
        folded(counted(len(notes), "note"), _list("Notes", notes, 0)) if notes else None,
        note(f"and {len(ordered) - len(shown):,} more findings, listed by 'xc validate'") if ordered != shown else None,
    )


def _list(caption: str, findings: Sequence[Finding], more: int) -> Markup:
    rows: list[list[Node]] = [
        [
            mark(_STATUS[f.severity], f.severity.value),
            code(f.code),
            _message(f),
            code(str(f.place)) if str(f.place) else "",
        ]
        for f in findings
    ]
    return table(caption, ("Severity", "Code", "Finding", "Place"), rows, more=more)


def _message(finding: Finding) -> Markup:
    parts: list[Node] = [element("div", finding.message)]
    if finding.expected:
        parts.append(element("div", "expected: ", finding.expected, class_="hint"))
    if finding.hint:
        parts.append(element("div", finding.hint, class_="hint"))
    if finding.evidence:
        rows = [element("li", code(name), " ", code(row)) for name, row in finding.evidence[:EVIDENCE_MAX]]
        rest = len(finding.evidence) - EVIDENCE_MAX
        rows += [element("li", f"and {rest} more rows")] * (rest > 0)
        parts.append(folded(f"evidence ({counted(len(finding.evidence), 'row')})", element("ul", rows, class_="rows")))
    return fragment(parts)
