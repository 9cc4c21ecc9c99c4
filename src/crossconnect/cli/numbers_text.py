"""Numbers that change, for a terminal: each of a few, counts of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crossconnect.cli.output import draw

if TYPE_CHECKING:  # `xc lock` starts without it
    from crossconnect.rollout.plan import NumberChange

_SHOWN_MAX = 12
"""So many are read one by one; of more, the pools are."""


def numbers_text(numbers: Sequence[NumberChange], every_one: str) -> str:
    """A table. `every_one` is the command that prints each of them, empty to do so here."""
    if not every_one or len(numbers) <= _SHOWN_MAX:
        return draw(("pool", "key", "old", "new"), [(n.pool, n.key, n.old, n.new) for n in numbers])
    counts: dict[str, list[int]] = {}
    for number in numbers:
        pool = "port" if number.pool.startswith("port/") else number.pool
        row = counts.setdefault(pool, [0, 0, 0])
        row[0 if not number.old else 1 if not number.new else 2] += 1
    table = draw(("numbers from", "given out", "taken back", "moved"), [(pool, *c) for pool, c in counts.items()])
    return f"{table}\n\n'{every_one}' prints each of them"
