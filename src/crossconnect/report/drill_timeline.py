"""Drills: what was broken, what that cost, what the simulation had said; losses over time, flow by flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from crossconnect.drills.result import BUCKET_MS, DrillResult, FlowResult
from crossconnect.drills.text import VERDICT_TEXT, duration_text, prediction_text
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, folded, mark, note, table

WIDTH = 1120.0
LEFT = 250.0
RIGHT = 24.0
BARS = 64.0
LANE = 13.0
TICKS = 8
BEFORE_MS = 100.0
SPAN_MIN_MS = 500.0

_Scale: TypeAlias = Callable[[float], float]
"""Milliseconds from the event -> x."""


def draw_drills(drills: Sequence[DrillResult]) -> Markup:
    """The section's content: one table over all, one picture for each."""
    if not drills:
        return note("No drill was run.")
    rows: list[list[Node]] = [
        [
            d.drill.text,
            len(d.flows),
            f"{d.sent:,}",
            f"{d.lost:,}",
            f"{d.survivors_lost:,}",
            duration_text(d.longest_gap_ms) if d.survivors else "–",
            duration_text(d.converged_ms) if d.survivors else "–",
            prediction_text(d),
            _broken(d),
            _healed(d),
            mark("holds" if d.verdict == "as-predicted" else "fails", VERDICT_TEXT[d.verdict].lower()),
        ]
        for d in drills
    ]
    headers = ("Event", "Flows", "Sent", "Lost", "of survivors", "Longest gap", "Converged", "Simulation said")
    return fragment(
        table("All drills", (*headers, "State while broken", "Healed", "Verdict"), rows, numeric=(1, 2, 3, 4, 5, 6)),
        note("Longest gap and convergence are those of flows that were to survive, counted from the event."),
        [_drill(d) for d in drills],
    )


def _broken(result: DrillResult) -> Node:
    if result.broken is None:
        return mark("absent")
    text = f"{result.broken.rows:,} rows as simulated" if result.broken.as_simulated else "not as simulated"
    return mark("holds" if result.broken.as_simulated else "fails", text)


def _healed(result: DrillResult) -> Node:
    if result.heal is None:
        return mark("absent")
    good = result.heal.state_restored and result.heal.flows_restored
    return mark("holds" if good else "fails", f"in {result.heal.seconds:.1f} s" if good else "state differs")


def _drill(result: DrillResult) -> Markup:
    reasons = [element("li", reason) for reason in result.reasons]
    broken = _rows("Rows that differ from the simulation", result.broken.differences if result.broken else ())
    after = _rows("Rows that differ after healing", result.heal.differences if result.heal else ())
    return element(
        "article",
        element("h3", result.drill.text),
        element("ul", reasons, class_="reasons") if reasons else None,
        element("div", _timeline(result), class_="scroll"),
        folded("Flows", _flows(result.flows)),
        broken,
        after,
        class_="drill",
    )


def _rows(title: str, rows: Sequence[str]) -> Markup | None:
    return folded(title, element("ul", [element("li", code(row)) for row in rows], class_="rows")) if rows else None


def _flows(flows: Sequence[FlowResult]) -> Markup:
    rows: list[list[Node]] = [
        [
            code(f.flow.text),
            code(f.flow.scope),
            "yes" if f.crosses else "no",
            f"{f.sent:,}",
            f"{f.lost:,}",
            duration_text(f.longest_gap_ms),
            duration_text(f.converged_ms),
            f"{f.duplicated:,}" if f.duplicated else "",
            f.prediction,
            mark("holds" if f.as_predicted else "fails", f.outcome.replace("-", " ")),
        ]
        for f in flows
    ]
    headers = ("Flow", "VRF", "Crosses", "Sent", "Lost", "Longest gap", "Converged", "Doubled", "Predicted", "Seen")
    return table("Flows", headers, rows, numeric=(3, 4, 5, 6, 7))


def _timeline(result: DrillResult) -> Markup:
    """Above: packets lost per bucket by surviving flows. Below: a lane per flow, dark where it lost packets."""
    end = _end_ms(result)
    scale = (WIDTH - LEFT - RIGHT) / (end + BEFORE_MS)

    def at(ms: float) -> float:
        return LEFT + (min(max(ms, -BEFORE_MS), end) + BEFORE_MS) * scale

    lanes_top = 22.0 + BARS + 26.0
    height = lanes_top + LANE * len(result.flows) + 8.0
    event = at(0.0)
    marks: list[Node] = [_axis(end, at, 22.0 + BARS), _bars(result, end, at)]
    marks += [_lane(flow, lanes_top + i * LANE, end, at) for i, flow in enumerate(result.flows)]
    moments = [("event", event, "event")]
    if (converged := result.converged_ms) is not None and converged > 0:
        moments.append(("converged", at(converged), f"converged after {duration_text(converged)}"))
    for kind, x, text in moments:
        marks.append(element("line", x1=x, x2=x, y1=14, y2=22.0 + BARS, class_=kind))
        marks.append(element("line", x1=x, x2=x, y1=lanes_top - 6, y2=height - 4, class_=kind))
        marks.append(element("text", text, x=x - 4 if kind == "event" else x + 4, y=12, class_=kind))
    return element(
        "svg",
        element("title", f"{result.drill.text}: packets lost over time"),
        marks,
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        width=round(WIDTH),
        height=round(height),
        class_="timeline",
        role="img",
        aria_label=_spoken(result),
    )


def _end_ms(result: DrillResult) -> float:
    """Right edge: a little after the last thing that happened to a survivor, and never beyond the measurement."""
    last = max((bucket for f in result.survivors for bucket, _ in f.lost_buckets), default=0)
    interesting = max(SPAN_MIN_MS, last * BUCKET_MS * 1.25)
    return max(SPAN_MIN_MS, min(interesting, result.window_ms[1] or interesting))


def _bars(result: DrillResult, end: float, at: _Scale) -> list[Markup]:
    totals: dict[int, int] = {}
    for flow in result.survivors:
        for bucket, lost in flow.lost_buckets:
            totals[bucket] = totals.get(bucket, 0) + lost
    visible = {b: n for b, n in totals.items() if -BEFORE_MS <= b * BUCKET_MS < end}
    base = 22.0 + BARS
    if not visible:
        text = "flows that were to survive lost nothing" if result.survivors else "no flow was to survive"
        return [element("text", text, x=at(0.0) + 12, y=base - 10, class_="quiet")]
    top = max(visible.values())
    bars: list[Markup] = []
    for bucket, lost in sorted(visible.items()):
        x, right = at(bucket * BUCKET_MS), at((bucket + 1) * BUCKET_MS)
        h = max(BARS * lost / top, 2.0)
        tip = f"{bucket * BUCKET_MS} to {(bucket + 1) * BUCKET_MS} ms: {lost} lost"
        rect = element("rect", x=x, y=base - h, width=max(right - x - 0.5, 1.2), height=h, class_="loss")
        bars.append(element("g", element("title", tip), rect))
    bars.append(element("text", f"{top} lost", x=LEFT - 8, y=30, class_="label"))
    bars.append(element("text", f"per {BUCKET_MS} ms", x=LEFT - 8, y=43, class_="label"))
    return bars


def _lane(flow: FlowResult, y: float, end: float, at: _Scale) -> Markup:
    name = flow.flow.text
    lost = [
        element(
            "rect",
            x=at(first * BUCKET_MS),
            y=y + 2,
            width=max(at((last + 1) * BUCKET_MS) - at(first * BUCKET_MS), 1.5),
            height=LANE - 5,
            class_="loss" if flow.prediction == "survive" else "cut",
        )
        for first, last in _runs([b for b, _ in flow.lost_buckets if -BEFORE_MS <= b * BUCKET_MS < end])
    ]
    sign = "" if flow.as_predicted else " ✗"
    return element(
        "g",
        element("title", f"{name}: {flow.lost} of {flow.sent} lost, predicted to {_said(flow)}"),
        element("text", name if len(name) <= 38 else f"{name[:37]}…", sign, x=LEFT - 8, y=y + 10, class_="label"),
        element("rect", x=LEFT, y=y + 2, width=WIDTH - LEFT - RIGHT, height=LANE - 5, class_="lane"),
        lost,
    )


def _said(flow: FlowResult) -> str:
    return "survive" if flow.prediction == "survive" else "be cut"


def _runs(buckets: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive buckets as (first, last)."""
    runs: list[tuple[int, int]] = []
    for bucket in buckets:
        if runs and bucket == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], bucket)
        else:
            runs.append((bucket, bucket))
    return runs


def _axis(end: float, at: _Scale, y: float) -> list[Markup]:
    step = next((s for s in (50, 100, 200, 500, 1000, 2000, 5000) if (end + BEFORE_MS) / s <= TICKS + 4), 10000)
    marks = [element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="axis")]
    ms = -(int(BEFORE_MS) // step) * step
    while ms <= end:
        x = at(ms)
        marks.append(element("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis"))
        marks.append(element("text", f"{ms} ms" if ms < 1000 else f"{ms / 1000:g} s", x=x, y=y + 15, class_="tick"))
        ms += step
    return marks


def _spoken(result: DrillResult) -> str:
    return (
        f"{result.drill.text}: {result.survivors_lost} packets lost by flows that were to survive,"
        f" longest gap {duration_text(result.longest_gap_ms)}"
    )
