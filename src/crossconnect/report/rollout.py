"""Changes of the running network: each wave, device and step with its time, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, mark, note, table
from crossconnect.rollout.progress import Step


class RolloutStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step from its begin to its end, in seconds since the change began."""

    wave: int
    device: str
    """Empty for a look at the whole network."""
    step: str
    begin_s: float
    end_s: float
    done: bool
    """False: it has failed."""
    detail: str


class RolloutChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was carried out."""

    title: str
    waves: tuple[tuple[str, ...], ...]
    steps: tuple[RolloutStep, ...]
    outcome: str
    """`done`, `undone`, `stopped`, `stuck`."""
    wanted: str
    seconds: float
    failure: str = ""
    """Why it was taken back."""
    figures: tuple[tuple[str, str], ...] = ()
    """(what, what was measured)."""
    agreed: tuple[tuple[str, str], ...] = ()
    """(what, what of it): why it was refused before somebody else had agreed, and who then has."""


class RolloutRun(msgspec.Struct, frozen=True, kw_only=True):
    """All that were tried on one lab."""

    region: str
    changes: tuple[RolloutChange, ...]

    @property
    def right(self) -> int:
        """Changes that ended as they had to."""
        return sum(change.outcome == change.wanted for change in self.changes)


def steps_of(events: Iterable[Step]) -> tuple[RolloutStep, ...]:
    """Begins and ends, put together; what has not ended is left out."""
    begun: dict[tuple[int, str, str], float] = {}
    steps: list[RolloutStep] = []
    for event in events:
        key = event.wave, event.device, event.step
        if event.status == "begin":
            begun[key] = event.seconds
            continue
        steps.append(
            RolloutStep(
                wave=event.wave,
                device=event.device,
                step=event.step,
                begin_s=begun.pop(key, event.seconds),
                end_s=event.seconds,
                done=event.status == "done",
                detail=event.detail,
            )
        )
    return tuple(sorted(steps, key=lambda step: step.begin_s))


WIDTH = 1120.0
LEFT = 190.0
RIGHT = 24.0
LANE = 20.0
TOP = 8.0
AXIS = 26.0
TICKS = 12
BAR_MIN = 2.5
"""Pixels: steps of no time are still to be seen."""
NETWORK = "the network"
_KINDS = {
    "gate": "look",
    "quiet": "look",
    "ready": "look",
    "settle": "look",
    "proof": "look",
    "undo": "back",
    "undrain": "back",
}


def draw_rollout(run: RolloutRun) -> Markup:
    """The section's content."""
    if not run.changes:
        return note("No change was carried out.")
    rows: list[list[Node]] = [
        [
            change.title,
            len(change.waves),
            sum(map(len, change.waves)),
            change.outcome,
            change.wanted,
            f"{change.seconds:.1f} s",
            change.failure or "–",
            mark("holds" if change.outcome == change.wanted else "fails"),
        ]
        for change in run.changes
    ]
    headers = ("Change", "Waves", "Devices", "Ended", "Had to end", "Took", "Why it was taken back", "As it must be")
    return fragment(
        note(
            "Changes of the running lab, wave by wave: each device is confirmed only when the network is seen to be as "
            "predicted, and until then a timer on the device itself would take the change back."
        ),
        table("All changes", headers, rows, numeric=(1, 2, 5)),
        [_change(change) for change in run.changes],
    )


def _change(change: RolloutChange) -> Markup:
    figures: list[list[Node]] = [[what, figure] for what, figure in change.figures]
    agreed: list[list[Node]] = [[what, result] for what, result in change.agreed]
    return element(
        "article",
        element("h3", f"{change.title}: {change.outcome}"),
        table("Rules of the provider", ("What", "Result"), agreed) if agreed else None,
        element("div", _timeline(change), class_="scroll") if change.steps else None,
        _steps(change),
        table("Measured", ("What", "Figures"), figures) if figures else None,
        class_="drill",
    )


def _steps(change: RolloutChange) -> Markup:
    rows: list[list[Node]] = [
        [
            f"{step.wave} of {len(change.waves)}",
            code(step.device) if step.device else NETWORK,
            step.step,
            f"{step.begin_s:.1f} s",
            f"{step.end_s - step.begin_s:.1f} s",
            mark("holds" if step.done else "fails", "done" if step.done else "failed"),
            step.detail,
        ]
        for step in change.steps
    ]
    return table("Steps", ("Wave", "Where", "Step", "Begun", "Took", "Result", "What was found"), rows, numeric=(3, 4))


def _timeline(change: RolloutChange) -> Markup:
    """A lane per device in the order of waves, and one for looks at the network. Nobody's lane is left out: that a
    device was not touched is to be seen."""
    lanes = [(f"{n}  {name}", name) for n, wave in enumerate(change.waves, 1) for name in wave] + [(NETWORK, "")]
    end = max((step.end_s for step in change.steps), default=0.0) * 1.02 or 1.0
    scale = (WIDTH - LEFT - RIGHT) / end
    base = TOP + LANE * len(lanes)
    height = base + AXIS
    drawn: list[Node] = []
    for number, (label, name) in enumerate(lanes):
        y = TOP + number * LANE
        drawn.append(element("text", label, x=LEFT - 8, y=y + 13, class_="label"))
        drawn.append(element("rect", x=LEFT, y=y + 3, width=WIDTH - LEFT - RIGHT, height=LANE - 6, class_="lane"))
        mine = [step for step in change.steps if step.device == name]
        drawn += [_bar(step, LEFT + step.begin_s * scale, y, scale) for step in mine]
        if name and not mine:
            drawn.append(element("text", "not touched", x=LEFT + 8, y=y + 13, class_="untouched"))
    return element(
        "svg",
        element("title", f"{change.title}: steps over time"),
        drawn,
        _axis(end, scale, base),
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        width=round(WIDTH),
        height=round(height),
        class_="timeline",
        role="img",
        aria_label=f"{change.title}: {change.outcome} after {change.seconds:.1f} s",
    )


def _bar(step: RolloutStep, x: float, y: float, scale: float) -> Markup:
    kind = _KINDS.get(step.step, "ahead") if step.done else "failed"
    width = max((step.end_s - step.begin_s) * scale, BAR_MIN)
    tip = f"{step.step}: {step.begin_s:.1f} to {step.end_s:.1f} s{'' if step.done else ', failed'}"
    rect = element("rect", x=x, y=y + 3, width=width, height=LANE - 6, class_=f"step {kind}")
    words = f"{step.step}{'' if step.done else ' ✗'}"
    fits = width > 7.0 * len(words)
    return element(
        "g",
        element("title", f"{tip}. {step.detail}" if step.detail else tip),
        rect,
        element("text", words, x=x + 4, y=y + 13, class_="within") if fits else None,
    )


def _axis(end: float, scale: float, y: float) -> list[Markup]:
    step = next((s for s in (1, 2, 5, 10, 20, 30, 60, 300, 600, 1800) if end / s <= TICKS), 3600)
    marks = [element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="axis")]
    for second in range(0, int(end) + 1, step):
        x = LEFT + second * scale
        marks.append(element("line", x1=x, x2=x, y1=y, y2=y + 4, class_="axis"))
        marks.append(element("text", f"{second} s", x=x, y=y + 16, class_="tick"))
    return marks
