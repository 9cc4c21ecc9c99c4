"""Pings: host by host within a VRF, VRF by VRF across, expected beside seen. Silence where there must be silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossconnect.drills.result import Ping
from crossconnect.report.claim import counted
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, mark, note, table

ENDPOINTS_MAX = 20
"""More endpoints in a VRF than this and only the count and the wrong ones are shown."""
WRONG_MAX = 100


def draw_pings(pings: Sequence[Ping]) -> Markup:
    """The section's content."""
    if not pings:
        return note("No ping was sent.")
    inside: dict[str, list[Ping]] = {}
    for ping in pings:
        if ping.source_scope == ping.destination_scope:
            inside.setdefault(ping.source_scope, []).append(ping)
    wrong = [p for p in pings if p.expected != p.seen]
    return fragment(
        _wrong(wrong),
        element("h3", "Within a VRF"),
        element("div", [_matrix(scope, group) for scope, group in sorted(inside.items())], class_="matrices"),
        element("h3", "Between VRFs"),
        _across(pings),
        _legend(),
    )


def _wrong(wrong: Sequence[Ping]) -> Markup | None:
    if not wrong:
        return None
    rows: list[list[Node]] = [
        [
            code(f"{p.source} ({p.source_scope})"),
            code(f"{p.destination} ({p.destination_scope})"),
            f"IPv{p.version}",
            "an answer" if p.expected else "silence",
            mark("fails", "an answer" if p.seen else "silence"),
        ]
        for p in wrong[:WRONG_MAX]
    ]
    headers = ("From", "To", "Version", "Expected", "Seen")
    return table("Pings that did not do what they should", headers, rows, more=len(wrong) - WRONG_MAX)


def _matrix(scope: str, pings: Sequence[Ping]) -> Markup:
    names = sorted({p.source for p in pings} | {p.destination for p in pings})
    right = sum(p.expected == p.seen for p in pings)
    caption = f"{scope}: {right:,} of {len(pings):,}"
    if len(names) > ENDPOINTS_MAX:
        text = f"{counted(len(names), 'endpoint')}, too many to draw; wrong ones are listed above."
        return element("div", element("p", mark("holds" if right == len(pings) else "fails", caption)), note(text))
    cells: dict[tuple[str, str], list[Ping]] = {}
    for p in pings:
        cells.setdefault((p.source, p.destination), []).append(p)
    head = element(
        "tr", element("td"), [element("th", element("span", name), scope="col", class_="turned") for name in names]
    )
    body = [
        element(
            "tr",
            element("th", a, scope="row"),
            [element("td", class_="self") if a == b else _cell(cells.get((a, b), ())) for b in names],
        )
        for a in names
    ]
    return element(
        "table", element("caption", caption), element("thead", head), element("tbody", body), class_="matrix"
    )


def _cell(pings: Sequence[Ping]) -> Markup:
    """One cell for all IP versions of a pair; wrong if any of them is."""
    if not pings:
        return element("td", "?", class_="untried", title="not tried")
    p = pings[0]
    wrong = [q for q in pings if q.expected != q.seen]
    tip = f"{p.source} to {p.destination}: " + ", ".join(
        f"IPv{q.version} {'answered' if q.seen else 'silent'}{'' if q.expected == q.seen else ' (wrong)'}"
        for q in pings
    )
    if wrong:
        return element("td", "✗", title=tip, class_="wrong")
    return element("td", "✓" if p.expected else "∅", title=tip, class_="answered" if p.expected else "silent")


def _across(pings: Iterable[Ping]) -> Markup:
    counts: dict[tuple[str, str], list[Ping]] = {}
    for p in pings:
        if p.source_scope != p.destination_scope:
            counts.setdefault((p.source_scope, p.destination_scope), []).append(p)
    if not counts:
        return note(mark("fails"), " No ping between VRFs was tried: isolation is not proven.")
    names = sorted({a for a, _ in counts} | {b for _, b in counts})
    head = element(
        "tr", element("td"), [element("th", element("span", name), scope="col", class_="turned") for name in names]
    )
    body = [
        element(
            "tr",
            element("th", a, scope="row"),
            [element("td", class_="self") if a == b else _count(a, b, counts.get((a, b), ())) for b in names],
        )
        for a in names
    ]
    total = sum(len(v) for v in counts.values())
    silent = sum(not p.expected and not p.seen for v in counts.values() for p in v)
    answered = sum(p.expected and p.seen for v in counts.values() for p in v)
    text = f"{total:,} pings across: {silent:,} rightly silent, {answered:,} rightly answered"
    return element("table", element("caption", text), element("thead", head), element("tbody", body), class_="matrix")


def _count(a: str, b: str, pings: Sequence[Ping]) -> Markup:
    if not pings:
        return element("td", "?", class_="untried", title=f"{a} to {b}: not tried")
    wrong = sum(p.expected != p.seen for p in pings)
    expected = sum(p.expected for p in pings)
    tip = f"{a} to {b}: {len(pings)} pings, {expected} to be answered, {wrong} wrong"
    if wrong:
        return element("td", f"✗ {wrong}/{len(pings)}", title=tip, class_="wrong")
    kind = "answered" if expected else "silent"
    return element("td", f"{'✓' if expected else '∅'} {len(pings)}", title=tip, class_=kind)


def _legend() -> Markup:
    items = [
        ("answered", "✓", "answered, as promised"),
        ("silent", "∅", "silent, as promised: isolated"),
        ("wrong", "✗", "not as promised"),
        ("untried", "?", "not tried: the same address means another host, or both VRFs meet at an external router"),
    ]
    return element(
        "ul",
        [element("li", element("b", sign, class_=f"swatch {kind}"), text) for kind, sign, text in items],
        class_="legend",
    )
