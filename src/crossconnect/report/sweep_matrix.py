"""Every single failure against everyone who could be hurt: a matrix that stays readable at a hundred failures.

One column per failure, one row per VRF; almost all cells are calm, and that is the message. Those that are not are
listed below the picture with their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.net.order import natural_key
from crossconnect.report.claim import counted
from crossconnect.report.inputs import Failure, FailureEffect, FailureSweep
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, folded, mark, note, table

CELL_MIN, CELL_MAX = 15.0, 22.0
WIDTH = 1130.0
ROWS_MAX = 200
SCOPES_MAX = 60
"""More VRFs than this and the picture shows only those that lose something."""


def draw_sweep(sweep: FailureSweep) -> Markup:
    """The section's content."""
    if not sweep.failures:
        return note("No failure was simulated.")
    failures = sorted(sweep.failures, key=lambda f: (f.kind, natural_key(f.name)))
    scopes = _scopes(sweep)
    left = 12.0 + 6.9 * max((len(s) for s in scopes), default=4)
    fit = max(1, int((WIDTH - left) / CELL_MIN))
    bands = [failures[i : i + fit] for i in range(0, len(failures), fit)]
    cell = min(CELL_MAX, max(CELL_MIN, (WIDTH - left) / max(len(band) for band in bands)))
    devices = sum(f.kind == "device" for f in failures)
    lead = element(
        "p",
        f"{counted(devices, 'device')} and {counted(len(failures) - devices, 'link')}, each failed alone. ",
        "A number is the share of the VRF's endpoint pairs that are lost, in percent.",
    )
    hidden = len(sweep.scopes) - len(scopes)
    return fragment(
        lead,
        element("div", [_band(band, scopes, left, cell) for band in bands], class_="scroll"),
        _legend(),
        note(f"{counted(hidden, 'VRF')} that no failure hurts not drawn.") if hidden else None,
        _hurtful(failures),
        _calm(failures),
    )


def _scopes(sweep: FailureSweep) -> tuple[str, ...]:
    if len(sweep.scopes) <= SCOPES_MAX:
        return sweep.scopes
    hurt = {e.scope for f in sweep.failures for e in f.effects if e.lost or e.promises}
    return tuple(s for s in sweep.scopes if s in hurt)


def severity(effect: FailureEffect | None) -> str:
    """How bad a cell is: `calm`, `attached` (only what hangs on the failed element), `lost`."""
    if effect is None or not (effect.lost or effect.promises):
        return "calm"
    return "lost" if effect.promises or effect.lost > effect.attached else "attached"


def _band(failures: Sequence[Failure], scopes: Sequence[str], left: float, cell: float) -> Markup:
    head = 14.0 + 5.8 * max(len(_short(f.name)) for f in failures)
    turn = next((i for i in range(1, len(failures)) if failures[i].kind != failures[i - 1].kind), len(failures))
    columns = [left + i * cell + (8.0 if i >= turn else 0.0) for i in range(len(failures))]
    marks: list[Markup] = [
        element(
            "text",
            element("title", f.name),
            _short(f.name),
            transform=f"translate({x + cell / 2 + 2.5:.1f} {head - 6:.1f}) rotate(-90)",
            class_="column hurt" if any(severity(e) == "lost" for e in f.effects) else "column",
        )
        for f, x in zip(failures, columns, strict=True)
    ]
    effects = [{e.scope: e for e in f.effects} for f in failures]
    for row, scope in enumerate(scopes):
        y = head + row * cell
        marks.append(element("text", scope, x=left - 8, y=y + cell / 2 + 3, class_="row"))
        marks += [
            _cell(f, scope, e.get(scope), (x, y, cell)) for f, e, x in zip(failures, effects, columns, strict=True)
        ]
    width, height = columns[-1] + cell + 4, head + len(scopes) * cell + 4
    return element(
        "svg",
        element("title", f"{len(failures)} failures by {len(scopes)} VRFs"),
        marks,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        class_="sweep",
        role="img",
        aria_label="Which failure hurts which VRF; the table below has the same in words",
    )


def _cell(failure: Failure, scope: str, effect: FailureEffect | None, square: tuple[float, float, float]) -> Markup:
    x, y, size = square
    kind = severity(effect)
    box = element("rect", x=x, y=y, width=size - 1.5, height=size - 1.5, rx=1.5, class_=kind)
    if effect is None or kind == "calm":
        return box
    percent = 100 * effect.lost // effect.pairs if effect.pairs else 0
    tip = f"{failure.name} down, {scope}: {effect.lost} of {effect.pairs} pairs lost"
    if effect.promises:
        tip += f"; broken: {', '.join(effect.promises)}"
    middle = size / 2 - 0.75
    number = element("text", percent, x=x + middle, y=y + middle + 0.17 * size, class_=f"{kind} count")
    return element("g", element("title", tip), box, number)


def _short(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:32]}…"


def _legend() -> Markup:
    items = [
        ("calm", "nobody is hurt"),
        ("attached", "only hosts that hang on the failed element alone"),
        ("lost", "more is lost than that, or a promise broken"),
    ]
    swatches = [
        element(
            "li",
            element(
                "svg",
                element("rect", x=1, y=0, width=11, height=11, rx=1.5, class_=kind),
                width=13,
                height=12,
                class_="sweep swatch",
                aria_hidden="true",
            ),
            text,
        )
        for kind, text in items
    ]
    return element("ul", swatches, class_="legend")


def _hurtful(failures: Sequence[Failure]) -> Markup:
    """Failures that lose something, worst first."""
    worst = {"lost": 0, "attached": 1, "calm": 2}
    hits = [(f, e) for f in failures for e in f.effects if severity(e) != "calm"]
    hits.sort(key=lambda hit: (worst[severity(hit[1])], -hit[1].lost, hit[0].name))
    if not hits:
        return note(mark("holds"), " No single failure costs anyone anything.")
    rows: list[list[Node]] = [
        [
            fragment(mark("fails" if severity(e) == "lost" else "warns"), " ", code(f.name)),
            f.kind,
            code(e.scope),
            f"{e.lost:,} of {e.pairs:,}",
            f"{e.attached:,}",
            ", ".join(e.promises) or "none",
        ]
        for f, e in hits[:ROWS_MAX]
    ]
    headers = ("Failure", "Kind", "VRF", "Pairs lost", "of hosts on it alone", "Promises broken")
    listing = table("What failures cost", headers, rows, numeric=(3, 4), more=len(hits) - ROWS_MAX)
    grave = any(severity(e) == "lost" for _, e in hits)
    return folded(f"{counted(len(hits), 'loss', 'losses')}, worst first", listing, open_=grave or len(hits) <= 12)


def _calm(failures: Sequence[Failure]) -> Markup | None:
    calm = [f for f in failures if all(severity(e) == "calm" for e in f.effects)]
    if not calm:
        return None
    names = [fragment(code(f.name), " ") for f in calm]
    return folded(f"{counted(len(calm), 'failure')} that hurt nobody", element("p", names, class_="names"))
