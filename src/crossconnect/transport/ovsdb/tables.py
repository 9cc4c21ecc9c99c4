"""Rows of chosen tables and columns, and what a monitor's messages do to them.

    updates    (RFC 7047 section 4.1.6, `monitor`, `update`)             {table: {uuid: {"old": row, "new": row}}}
    updates2   (ovsdb-server(7) sections 4.1.12 to 4.1.15, `update2`,    {table: {uuid: {"initial": row}}}
               `update3`)                                                {table: {uuid: {"insert": row}}}
                                                                         {table: {uuid: {"modify": differences}}}
                                                                         {table: {uuid: {"delete": null}}}

A row's JSON is decoded by itself, so that of a reply of 20,000 rows never more than one is held in both forms. In
updates2 columns that have their default value are left out of new rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from crossconnect.transport.ovsdb.errors import ProtocolError
from crossconnect.transport.ovsdb.operations import Condition
from crossconnect.transport.ovsdb.schema import Schema, Table
from crossconnect.transport.ovsdb.types import Row, Type, Uuid, Value
from crossconnect.transport.ovsdb.values import Decode, apply_difference, default


class Chosen(msgspec.Struct, frozen=True):
    """What is wanted of a table: `columns` (none named: all), and the rows that match any condition of `where`.

    `where=()` wants all rows, `where=None` none of them (for now: conditions can be changed).
    """

    columns: tuple[str, ...] = ()
    where: tuple[Condition, ...] | None = ()

    def of(self, table: Table) -> tuple[str, ...]:
        """The columns' names. UnknownName when the table does not have one."""
        if self.columns:
            return tuple(table.column(name).name for name in self.columns)
        return tuple(name for name in table.columns if name not in ("_uuid", "_version"))


Choice: TypeAlias = Mapping[str, Chosen]
"""Tables by name."""


class Change(msgspec.Struct, frozen=True, gc=False):
    """A row came (`old` is None), went (`new` is None) or changed."""

    table: str
    uuid: Uuid
    old: Row | None
    new: Row | None


class _Update(msgspec.Struct, frozen=True, gc=False):
    """One row of `updates`. `old` has the columns that changed, `new` all."""

    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None


class _Update2(msgspec.Struct, frozen=True, gc=False):
    """One row of `updates2`; with none of these it is a deletion."""

    initial: dict[str, Any] | None = None
    insert: dict[str, Any] | None = None
    modify: dict[str, Any] | None = None


Rows: TypeAlias = dict[Uuid, Row]
_Texts: TypeAlias = dict[str, dict[Uuid, msgspec.Raw]]

_decode_texts = msgspec.json.Decoder(_Texts).decode
_decode_update = msgspec.json.Decoder(_Update).decode
_decode_update2 = msgspec.json.Decoder(_Update2).decode


class Tracked:
    """A table's rows, with what is needed to read them."""

    __slots__ = ("_decode", "_types", "blank", "rows", "table")

    def __init__(self, table: Table, columns: Iterable[str]) -> None:
        self.table = table
        chosen = [table.column(name) for name in columns]
        self._decode: dict[str, Decode] = {column.name: column.decode for column in chosen}
        self._types: dict[str, Type] = {column.name: column.type for column in chosen}
        self.blank: dict[str, Value] = {column.name: default(column.type) for column in chosen}
        self.rows: Rows = {}

    def new(self, json: dict[str, Any]) -> Row:
        """A row of which the columns with default values may be left out."""
        decode = self._decode
        row = self.blank.copy()
        for name, value in json.items():
            row[name] = decode[name](value)
        return row

    def modified(self, old: Row, differences: dict[str, Any]) -> Row:
        """A row with the differences of updates2 applied."""
        row = dict(old)
        for name, value in differences.items():
            row[name] = apply_difference(self._types[name], row[name], self._decode[name](value))
        return row


class Tables:
    """The rows of several tables."""

    def __init__(self, schema: Schema, choice: Choice) -> None:
        """UnknownName when the schema does not have what is chosen."""
        self.tracked: dict[str, Tracked] = {}
        for name, chosen in choice.items():
            table = schema.table(name)
            self.tracked[name] = Tracked(table, chosen.of(table))

    def empty(self) -> Tables:
        """The same tables and columns without rows."""
        other = Tables.__new__(Tables)
        other.tracked = {name: Tracked(t.table, t.blank) for name, t in self.tracked.items()}
        return other

    def apply(self, updates: msgspec.Raw, *, version: int) -> list[Change]:
        """Apply `updates` (version 1) or `updates2` (version 2): all of them, or none and ProtocolError."""
        changes: list[Change] = []
        change = self._update if version == 1 else self._update2
        try:
            for name, texts in _decode_texts(updates).items():
                tracked = self.tracked[name]
                rows = tracked.rows
                for uuid, text in texts.items():
                    old = rows.get(uuid)
                    new = change(tracked, old, text)
                    if new is not None or old is not None:
                        changes.append(Change(name, uuid, old, new))
        except (msgspec.DecodeError, KeyError, ValueError, TypeError, IndexError) as e:
            raise ProtocolError(f"an update does not fit the schema: {e!r}") from e
        for told in changes:
            rows = self.tracked[told.table].rows
            if told.new is None:
                del rows[told.uuid]
            else:
                rows[told.uuid] = told.new
        return changes

    @staticmethod
    def _update(tracked: Tracked, old: Row | None, text: msgspec.Raw) -> Row | None:
        update = _decode_update(text)
        return None if update.new is None else tracked.new(update.new)

    @staticmethod
    def _update2(tracked: Tracked, old: Row | None, text: msgspec.Raw) -> Row | None:
        update = _decode_update2(text)
        whole = update.insert if update.initial is None else update.initial
        if whole is not None:
            return tracked.new(whole)
        if update.modify is None:
            return None
        if old is None:
            raise ProtocolError(f"{tracked.table.name}: a row was modified that was never told")
        return tracked.modified(old, update.modify)


def difference(old: Tables, new: Tables) -> list[Change]:
    """The changes that lead from one to the other; tables that only one has count as empty in the other."""
    changes: list[Change] = []
    nothing: Rows = {}
    for name in {**old.tracked, **new.tracked}:
        before = old.tracked[name].rows if name in old.tracked else nothing
        after = new.tracked[name].rows if name in new.tracked else nothing
        for uuid, row in before.items():
            now = after.get(uuid)
            if now != row:
                changes.append(Change(name, uuid, row, now))
        changes += [Change(name, uuid, None, row) for uuid, row in after.items() if uuid not in before]
    return changes
