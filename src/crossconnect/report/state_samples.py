"""The state tables: how many rows each has in each world, and the first few of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.report.claim import counted
from crossconnect.report.markup import Markup, Node, fragment
from crossconnect.report.table import code, folded, note, table
from crossconnect.state.tables import TABLES, State

SAMPLE_ROWS = 12


def draw_state(simulated: State | None, lab: State | None) -> Markup:
    """The section's content; rows come from the lab where there is one, else from the simulation."""
    worlds = [w for w in (simulated, lab) if w is not None]
    shown = lab or simulated
    if shown is None:
        return note("No state was computed.")
    rows: list[list[Node]] = [
        [code(name), (row_type.__doc__ or "").partition("\n")[0], *(f"{len(getattr(w, name)):,}" for w in worlds)]
        for name, row_type in TABLES.items()
    ]
    titles = {"sim": "Simulated", "lab": "Lab", "live": "Live"}
    headers = ("Table", "What a row is", *(titles.get(w.world, w.world) for w in worlds))
    return fragment(
        table("State tables, rows", headers, rows, numeric=range(2, len(headers))),
        note("The same tables answer 'xc query' in SQL. Samples below are spread over the table."),
        [_sample(name, row_type, getattr(shown, name)) for name, row_type in TABLES.items()],
    )


def _sample(name: str, row_type: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> Markup | None:
    if not rows:
        return None
    step = max(1, len(rows) // SAMPLE_ROWS)
    chosen = rows[::step][:SAMPLE_ROWS]
    fields = row_type.__struct_fields__
    cells: list[list[Node]] = [[_value(getattr(row, f)) for f in fields] for row in chosen]
    caption = f"{name}: {len(chosen)} of {counted(len(rows), 'row')}"
    return folded(f"{name} ({len(rows):,})", table(caption, fields, cells))


def _value(value: object) -> Node:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return code(", ".join(map(str, value))) if value else ""
    return code(str(value)) if value != "" else ""
