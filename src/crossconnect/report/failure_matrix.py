"""Every single failure against everyone who could be hurt: a matrix that stays readable at a hundred failures.

One column per failure, one row per VRF; almost all cells are calm, and that is the message. Like failures with like
effects are summed up in a table above, and every loss is listed below with its numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from crossconnect.checks.effects import FailureReport, ScopeEffect
from crossconnect.checks.failure_summary import FailureGroup, grouped
from crossconnect.checks.under_failure import UnderFailure
from crossconnect.finding import Severity
from crossconnect.net.order import natural_key
from crossconnect.report.claim import counted
from crossconnect.report.finding_list import draw_findings
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, folded, mark, note, table

CELL_MIN, CELL_MAX = 15.0, 22.0
WIDTH = 1130.0
ROWS_MAX = 200
SCOPES_MAX = 60
"""More VRFs than this and the picture shows only those that lose something."""

COLUMNS_MAX = 300
"""More failures than this and the picture shows the worst of them, in their usual order."""

CELLS_MAX = 2_000
"""More cells than this in a band, and those in which nobody is hurt are drawn as one stripe a row: a page of megabytes
is no picture."""

Weight = Literal["calm", "fewer", "attached", "lost"]
_WORST: dict[Weight, int] = {"lost": 0, "attached": 1, "fewer": 2, "calm": 3}
_MARK = {Severity.ERROR: "fails", Severity.WARNING: "warns", Severity.NOTE: "holds"}
_SERVER_CABLE = "server cable"


def draw_failures(under_failure: UnderFailure, scopes: Iterable[str] = ()) -> Markup:
    """The section's content; `scopes` are VRFs and segments that get a row even when nothing hurts them."""
    reports = under_failure.reports
    if not reports:
        return note("No failure was simulated.")
    rows = tuple(dict.fromkeys([*scopes, *(e.scope for r in reports for e in r.scopes)]))
    worth = [r for r in reports if _is_drawn(r)]
    drawn = sorted(_worst(worth), key=lambda r: (_order(r), natural_key(column_name(r))))
    shown = _worth_a_row(rows, drawn)
    left = 12.0 + 6.9 * max((len(s) for s in shown), default=4)
    fit = max(1, int((WIDTH - left) / CELL_MIN))
    bands = [drawn[i : i + fit] for i in range(0, len(drawn), fit)]
    cell = min(CELL_MAX, max(CELL_MIN, (WIDTH - left) / max((len(band) for band in bands), default=1)))
    undrawn, less = len(reports) - len(worth), len(worth) - len(drawn)
    hidden = len(rows) - len(shown)
    return fragment(
        _summary(reports),
        element("p", "In the picture, a number is the share of a VRF's endpoint pairs that are lost, in percent."),
        element("div", [_band(band, shown, left, cell) for band in bands], class_="scroll") if bands else None,
        _legend(),
        note(f"{counted(undrawn, 'cable')} of servers not drawn: each cuts its own server.") if undrawn else None,
        note(
            f"{counted(less, 'failure')} that hurt nobody, or less than these, not drawn; the table above counts them."
        )
        if less
        else None,
        note(f"{counted(hidden, 'VRF')} that no failure in the picture hurts not drawn.") if hidden else None,
        _losses(reports),
        folded(counted(len(under_failure.findings), "finding"), draw_findings(under_failure.findings))
        if under_failure.findings
        else None,
    )


def column_name(report: FailureReport) -> str:
    """What failed, as short as it can be said: a device, or a cable's key."""
    f = report.failures
    names = [*sorted(f.devices), *sorted(f.links), *(f"{s.device} {s.peer}" for s in sorted(f.sessions))]
    return ", ".join(names) or report.name


def weight(report: FailureReport, effect: ScopeEffect | None) -> Weight:
    """How bad a cell is. `lost`: connected hosts lose each other, or a promise that was to survive breaks. `attached`:
    only what hangs on the failed element, or the way outside. `fewer`: only fewer borders are left."""
    if effect is None:
        return "calm"
    if effect.lost > effect.attached or set(effect.promises) & set(report.promises_due):
        return "lost"
    if effect.lost or effect.external_lost or effect.promises or effect.hosts_cut:
        return "attached"
    return "fewer" if effect.borders[1] < effect.borders[0] else "calm"


def _is_drawn(report: FailureReport) -> bool:
    """Server cables are many and cut their server, which says nothing; unless it breaks a promise."""
    return report.element != _SERVER_CABLE or bool(report.promises_due)


def _worst(reports: Sequence[FailureReport]) -> Sequence[FailureReport]:
    """All of them if they fit, else those that hurt somebody, the worst first."""
    if len(reports) <= COLUMNS_MAX:
        return reports

    def cost(report: FailureReport) -> tuple[int, int]:
        worst = min((_WORST[weight(report, e)] for e in report.scopes), default=_WORST["calm"])
        return worst, -sum(e.lost for e in report.scopes)

    hurting = [r for r in reports if any(weight(r, e) != "calm" for e in r.scopes)]
    return sorted(hurting, key=cost)[:COLUMNS_MAX]


def _order(report: FailureReport) -> int:
    """Devices, then cables between them, then cables of servers."""
    return 0 if report.failures.devices else 2 if report.element == _SERVER_CABLE else 1


def _worth_a_row(scopes: Sequence[str], reports: Sequence[FailureReport]) -> tuple[str, ...]:
    if len(scopes) <= SCOPES_MAX:
        return tuple(scopes)
    hurt = {e.scope for r in reports for e in r.scopes if weight(r, e) != "calm"}
    return tuple(s for s in scopes if s in hurt)


def _summary(reports: Sequence[FailureReport]) -> Markup:
    groups = grouped(reports)
    rows: list[list[Node]] = [
        [fragment(mark(_group_mark(g)), " ", g.text.removesuffix(f": {g.effect}")), g.effect] for g in groups
    ]
    return table(f"{counted(len(reports), 'failure')}, each alone, by what they cost", ("Failure", "Effect"), rows)


def _group_mark(group: FailureGroup) -> str:
    """A hook only where nobody loses anything: a leaf that takes its servers along is as designed, and no good news."""
    if group.severity is Severity.NOTE and not all(r.harmless for r in group.reports):
        return "absent"
    return _MARK[group.severity]


def _band(reports: Sequence[FailureReport], scopes: Sequence[str], left: float, cell: float) -> Markup:
    names = [column_name(r) for r in reports]
    head = 14.0 + 5.8 * max(len(_short(name)) for name in names)
    columns: list[float] = []
    x = left
    for i, report in enumerate(reports):
        x += cell if i else 0.0
        x += 8.0 if i and _order(report) != _order(reports[i - 1]) else 0.0
        columns.append(x)
    marks: list[Markup] = [
        element(
            "text",
            element("title", r.name),
            _short(name),
            transform=f"translate({x + cell / 2 + 2.5:.1f} {head - 6:.1f}) rotate(-90)",
            class_="column hurt" if any(weight(r, e) == "lost" for e in r.scopes) else "column",
        )
        for r, name, x in zip(reports, names, columns, strict=True)
    ]
    effects = [{e.scope: e for e in r.scopes} for r in reports]
    striped = len(reports) * len(scopes) > CELLS_MAX
    for row, scope in enumerate(scopes):
        y = head + row * cell
        marks.append(element("text", scope, x=left - 8, y=y + cell / 2 + 3, class_="row"))
        if striped:
            width = columns[-1] + cell - 1.5 - left
            marks.append(element("rect", x=left, y=y, width=width, height=cell - 1.5, rx=1.5, class_="calm"))
        marks += [
            _cell(r, e.get(scope), (x, y, cell))
            for r, e, x in zip(reports, effects, columns, strict=True)
            if not striped or weight(r, e.get(scope)) != "calm"
        ]
    width, height = columns[-1] + cell + 4, head + len(scopes) * cell + 4
    return element(
        "svg",
        element("title", f"{len(reports)} failures by {len(scopes)} VRFs"),
        marks,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        class_="sweep",
        role="img",
        aria_label="Which failure hurts which VRF; the tables have the same in words",
    )


def _cell(report: FailureReport, effect: ScopeEffect | None, square: tuple[float, float, float]) -> Markup:
    x, y, size = square
    kind = weight(report, effect)
    box = element("rect", x=x, y=y, width=size - 1.5, height=size - 1.5, rx=1.5, class_=kind)
    if effect is None or kind == "calm":
        return box
    middle = size / 2 - 0.75
    tip = element("title", f"without {report.name}, {effect.scope}: {'; '.join(_costs(effect))}")
    if kind == "fewer":
        return element("g", tip, box, element("circle", cx=x + middle, cy=y + middle, r=2.2, class_="fewer"))
    sign = 100 * effect.lost // effect.pairs if effect.lost and effect.pairs else "↗" if effect.external_lost else "!"
    text = element("text", sign, x=x + middle, y=y + middle + 0.17 * size, class_=f"{kind} count")
    return element("g", tip, box, text)


def _costs(effect: ScopeEffect) -> list[str]:
    parts: list[str] = []
    if effect.lost:
        parts.append(f"{effect.lost:,} of {effect.pairs:,} pairs lost")
    if effect.external_lost:
        parts.append(f"outside lost: {', '.join(effect.external_lost)}")
    if effect.promises:
        parts.append(f"promises broken: {', '.join(effect.promises)}")
    if effect.borders[1] < effect.borders[0]:
        parts.append(f"borders {effect.borders[0]} to {effect.borders[1]}")
    return parts or ["nothing is lost"]


def _short(name: str) -> str:
    name = name.removeprefix("server:").removeprefix("peer:")
    return name if len(name) <= 34 else f"{name[:32]}…"


def _legend() -> Markup:
    items: tuple[tuple[Weight, str], ...] = (
        ("calm", "nobody is hurt"),
        ("fewer", "fewer borders are left"),
        ("attached", "only hosts that hang on the failed element alone (number), or the way outside (↗)"),
        ("lost", "connected hosts lose each other, or a promise breaks that was to survive"),
    )
    return element("ul", [_key(kind, text) for kind, text in items], class_="legend")


def _key(kind: Weight, text: str) -> Markup:
    dot = element("circle", cx=6.5, cy=5.5, r=2.2, class_="fewer") if kind == "fewer" else None
    box = element("rect", x=1, y=0, width=11, height=11, rx=1.5, class_=kind)
    swatch = element("svg", box, dot, width=13, height=12, class_="sweep swatch", aria_hidden="true")
    return element("li", swatch, text)


def _losses(reports: Sequence[FailureReport]) -> Markup:
    """Every loss of every failure, worst first."""
    hits = [(r, e) for r in reports for e in r.scopes if weight(r, e) in ("lost", "attached")]
    hits.sort(key=lambda hit: (_WORST[weight(*hit)], -hit[1].lost, natural_key(column_name(hit[0]))))
    if not hits:
        return note(mark("holds"), " No single failure costs anyone anything.")
    rows: list[list[Node]] = [
        [
            fragment(mark("fails" if weight(r, e) == "lost" else "warns"), " ", r.name),
            code(e.scope),
            f"{e.lost:,} of {e.pairs:,}",
            f"{e.attached:,}",
            ", ".join(e.hosts_cut),
            ", ".join(e.external_lost),
            ", ".join(e.promises),
        ]
        for r, e in hits[:ROWS_MAX]
    ]
    headers = (
        "Without",
        "VRF",
        "Pairs lost",
        "of hosts on it alone",
        "Hosts cut off",
        "Outside lost",
        "Promises broken",
    )
    listing = table("What failures cost", headers, rows, numeric=(2, 3), more=len(hits) - ROWS_MAX)
    return folded(f"{counted(len(hits), 'loss', 'losses')}, worst first", listing)
