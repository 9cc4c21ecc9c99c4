"""The difference of two states: drift, a change's effect, or where the simulation is wrong."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from crossconnect.state.tables import TABLES, State

Row = msgspec.Struct


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A row that both states have under one key, with other values in `columns`."""

    a: Row
    b: Row
    columns: tuple[str, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one table differs; rows are sorted by key."""

    table: str
    only_a: tuple[Row, ...] = ()
    only_b: tuple[Row, ...] = ()
    changed: tuple[Change, ...] = ()

    @property
    def count(self) -> int:
        """Number of rows that differ."""
        return len(self.only_a) + len(self.only_b) + len(self.changed)


def difference(a: State, b: State, tables: Iterable[str] | None = None) -> tuple[Difference, ...]:
    """The tables that differ, in the order of `TABLES` (of `tables`, where given); empty when the states are equal.

    `world` is not compared. KeyError for a table that does not exist.
    """
    found = (_table_difference(name, getattr(a, name), getattr(b, name)) for name in _names(tables))
    return tuple(d for d in found if d.count)


def _names(tables: Iterable[str] | None) -> list[str]:
    names = list(TABLES if tables is None else tables)
    for name in names:
        if name not in TABLES:
            raise KeyError(name)
    return names


def _table_difference(table: str, a: Sequence[Any], b: Sequence[Any]) -> Difference:
    if a == b:
        return Difference(table=table)
    row_type: Any = TABLES[table]
    key_of = operator.attrgetter(*row_type.KEY)
    rows_a, rows_b = _keyed(a, key_of), _keyed(b, key_of)
    columns = [name for name in row_type.__struct_fields__ if name not in row_type.KEY]
    only_a = [key for key in rows_a if key not in rows_b]
    only_b = [key for key in rows_b if key not in rows_a]
    both = [(key, row, other) for key, row in rows_a.items() if (other := rows_b.get(key)) is not None]
    changed = sorted((key, row, other) for key, row, other in both if row != other)
    return Difference(
        table=table,
        only_a=tuple(rows_a[key] for key in sorted(only_a)),
        only_b=tuple(rows_b[key] for key in sorted(only_b)),
        changed=tuple(
            Change(a=row, b=other, columns=tuple(c for c in columns if getattr(row, c) != getattr(other, c)))
            for _, row, other in changed
        ),
    )


def _keyed(rows: Sequence[Any], key_of: Callable[[Any], Any]) -> dict[Any, Any]:
    """Rows by key. Rows that share a key, which a wrong state may have, are told apart by their number."""
    keyed = {key_of(row): row for row in rows}
    if len(keyed) == len(rows):
        return {(key, 0): row for key, row in keyed.items()}
    keyed.clear()
    seen: dict[Any, int] = {}
    for row in rows:
        key = key_of(row)
        seen[key] = seen.get(key, -1) + 1
        keyed[key, seen[key]] = row
    return keyed


def row_text(row: Row) -> str:
    """A row on one line: values of the key, then `column=value`; empty values are left out.

    `a-leaf1 default 10.0.0.1/32 protocol=bgp next_hops=10.1.0.0%swp32,10.1.0.2%swp31`
    """
    key: tuple[str, ...] = type(row).KEY  # pyright: ignore[reportAttributeAccessIssue]
    names = [_value_text(getattr(row, name)) for name in key]
    rest = [(name, getattr(row, name)) for name in row.__struct_fields__ if name not in key]
    return " ".join([*names, *(f"{name}={_value_text(value)}" for name, value in rest if value not in ("", ()))])


def difference_text(differences: Sequence[Difference], a: str = "a", b: str = "b", rows_max: int | None = None) -> str:
    """Differences for a reader: `-` rows only in `a`, `+` rows only in `b`, `~` changed ones with both values.

    `a` and `b` name the states; `rows_max` bounds the rows shown per table, the rest being counted.
    """
    if not differences:
        return f"{a} and {b} are equal"
    lines: list[str] = []
    for d in differences:
        lines.append(f"{d.table}: {len(d.only_a)} only in {a}, {len(d.only_b)} only in {b}, {len(d.changed)} changed")
        rows = [f"  - {row_text(row)}" for row in d.only_a]
        rows += [f"  + {row_text(row)}" for row in d.only_b]
        rows += [_change_text(change, a, b) for change in d.changed]
        shown = rows if rows_max is None else rows[:rows_max]
        lines += shown
        if len(shown) < len(rows):
            lines.append(f"  ... and {len(rows) - len(shown)} more")
    return "\n".join(lines)


def _change_text(change: Change, a: str, b: str) -> str:
    key: tuple[str, ...] = type(change.a).KEY  # pyright: ignore[reportAttributeAccessIssue]
    width = max(len(a), len(b))
    lines = [f"  ~ {' '.join(_value_text(getattr(change.a, name)) for name in key)}"]
    for side, row in ((a, change.a), (b, change.b)):
        values = " ".join(f"{c}={_value_text(getattr(row, c)) or '(empty)'}" for c in change.columns)
        lines.append(f"      {side:<{width}}  {values}")
    return "\n".join(lines)


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)
