"""Drills on a terminal: one compact table, plain text."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.drills.result import DrillResult, DrillVerdict

VERDICT_TEXT: dict[DrillVerdict, str] = {
    "as-predicted": "as predicted",
    "differs": "DIFFERS",
    "proves-nothing": "PROVES NOTHING",
}

_HEADER = ("EVENT", "FLOWS", "SENT", "LOST", "LONGEST GAP", "CONVERGED", "PREDICTED", "VERDICT")
_RIGHT = {1, 2, 3, 4, 5}


def drills_text(results: Sequence[DrillResult]) -> str:
    """The table, one line per drill, then a line per reason for what is not as predicted; ends with a newline.

    Lost packets are all that were lost; gap and convergence are those of the flows that were to survive.
    """
    rows = [_HEADER, *(_row(r) for r in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    lines = [_line(row, widths) for row in rows]
    for result in results:
        lines += [f"! {result.drill.text}: {reason}" for reason in result.reasons]
    return "\n".join(lines) + "\n"


def duration_text(ms: float | None) -> str:
    """`0 ms`, `87 ms`, `1.32 s`; `never` for None."""
    if ms is None:
        return "never"
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.2f} s"


def prediction_text(result: DrillResult) -> str:
    """`8 survive, 2 cut`; `-` without flows."""
    if not result.flows:
        return "-"
    survive = len(result.survivors)
    cut = len(result.flows) - survive
    parts = [f"{survive} survive"] if survive else []
    return ", ".join([*parts, f"{cut} cut"] if cut else parts)


def _row(result: DrillResult) -> tuple[str, ...]:
    return (
        result.drill.text,
        str(len(result.flows)),
        str(result.sent),
        str(result.lost),
        duration_text(result.longest_gap_ms) if result.survivors else "-",
        duration_text(result.converged_ms) if result.survivors else "-",
        prediction_text(result),
        VERDICT_TEXT[result.verdict],
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if i in _RIGHT else cell.ljust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
