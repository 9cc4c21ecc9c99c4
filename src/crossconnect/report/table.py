"""Tables of the page: captioned, with header cells, numbers to the right, long ones cut with the rest counted."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.report.markup import Markup, Node, element


def table(
    caption: str, headers: Sequence[str], rows: Sequence[Sequence[Node]], *, numeric: Sequence[int] = (), more: int = 0
) -> Markup:
    """A table. `numeric` are the columns to align right; `more` rows are said not to be shown."""
    right = frozenset(numeric)
    head = element(
        "tr", [element("th", h, scope="col", class_="n" if i in right else None) for i, h in enumerate(headers)]
    )
    body = [
        element(
            "tr",
            [
                element("th", cell, scope="row") if i == 0 else element("td", cell, class_="n" if i in right else None)
                for i, cell in enumerate(row)
            ],
        )
        for row in rows
    ]
    if more > 0:
        body.append(element("tr", element("td", f"and {more:,} more", colspan=len(headers), class_="more")))
    return element(
        "div",
        element("table", element("caption", caption), element("thead", head), element("tbody", body)),
        class_="scroll",
    )


def mark(status: str, text: str = "") -> Markup:
    """A status as sign and word, so that colour is never the only bearer: `holds`, `fails`, `warns`, `absent`."""
    sign = {"holds": "✓", "fails": "✗", "warns": "!", "absent": "–"}[status]
    return element(
        "span",
        element("span", sign, class_="sign", aria_hidden="true"),
        " " * bool(text) + text,
        class_=f"mark {status}",
    )


def code(text: str) -> Markup:
    """Names and values as they are typed."""
    return element("code", text)


def folded(summary: Node, *content: Node, open_: bool = False) -> Markup:
    """What opens on demand (and in print)."""
    return element("details", element("summary", summary), content, open=open_)


def note(*text: Node) -> Markup:
    """A muted remark."""
    return element("p", text, class_="note")
