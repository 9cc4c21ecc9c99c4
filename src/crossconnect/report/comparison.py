"""Simulated state beside the lab's: counts per table and case, and every row that differs with both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossconnect.report.claim import counted
from crossconnect.report.inputs import Comparison, RowDifference, TableComparison
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, mark, note, table
from crossconnect.state.difference import Difference, difference, row_text
from crossconnect.state.tables import TABLES, State

DIFFERENCES_MAX = 50
"""Per table: enough to see the pattern."""


def compare(case: str, simulated: State, lab: State, tables: Iterable[str] | None = None) -> Comparison:
    """Compare two states table by table; `tables` leaves out what the lab cannot tell, and only that."""
    names = list(TABLES if tables is None else tables)
    found = {d.table: d for d in difference(simulated, lab, names)}
    return Comparison(
        case=case,
        tables=tuple(
            TableComparison(
                table=name,
                rows_simulated=len(getattr(simulated, name)),
                rows_lab=len(getattr(lab, name)),
                rows_different=found[name].count if name in found else 0,
                differences=_rows(found[name]) if name in found else (),
            )
            for name in names
        ),
    )


def _rows(d: Difference) -> tuple[RowDifference, ...]:
    rows = [RowDifference(key="only simulated", simulated=row_text(row), lab="") for row in d.only_a]
    rows += [RowDifference(key="only in the lab", simulated="", lab=row_text(row)) for row in d.only_b]
    rows += [RowDifference(key=", ".join(c.columns), simulated=row_text(c.a), lab=row_text(c.b)) for c in d.changed]
    return tuple(rows[:DIFFERENCES_MAX])


def draw_comparisons(comparisons: Sequence[Comparison]) -> Markup:
    """The section's content: a row per table, a column per case."""
    if not comparisons:
        return note("No case was compared.")
    names = list(dict.fromkeys(t.table for c in comparisons for t in c.tables))
    cells = {(c.case, t.table): t for c in comparisons for t in c.tables}
    rows: list[list[Node]] = [[code(name), *(_cell(cells.get((c.case, name))) for c in comparisons)] for name in names]
    rows.append(["all", *(_total(c) for c in comparisons)])
    headers = ("Table", *(c.case for c in comparisons))
    return fragment(
        note("Rows read from the daemons and the kernel, equal to the simulated ones or not."),
        table("Rows compared, by case", headers, rows, numeric=range(1, len(headers))),
        [_differences(c) for c in comparisons],
    )


def _cell(t: TableComparison | None) -> Node:
    if t is None:
        return mark("absent")
    if t.rows_different:
        return mark("fails", f"{t.rows_different:,} differ, {t.rows_simulated:,} simulated, {t.rows_lab:,} in the lab")
    return fragment(f"{t.rows_lab:,} ", mark("holds" if t.rows_lab else "absent"))


def _total(comparison: Comparison) -> Markup:
    different = sum(t.rows_different for t in comparison.tables)
    rows = sum(t.rows_lab for t in comparison.tables)
    return fragment(f"{rows:,} ", mark("fails", counted(different, "difference")) if different else mark("holds"))


def _differences(comparison: Comparison) -> list[Markup]:
    found: list[Markup] = []
    for t in comparison.tables:
        if not t.rows_different:
            continue
        rows: list[list[Node]] = [[d.key, _side(d.simulated), _side(d.lab)] for d in t.differences]
        caption = f"{t.table}, {comparison.case}: {counted(t.rows_different, 'difference')}"
        more = t.rows_different - len(t.differences)
        found.append(table(caption, ("Differs in", "Simulated", "Lab"), rows, more=more))
    return found


def _side(text: str) -> Markup:
    return code(text) if text else element("span", "no such row", class_="muted")
