"""A database's schema (RFC 7047 section 3.2), as `get_schema` answers it, in typed records.

The schema decides which features a server has: `schema.has("ACL", "tier")` says whether this OVN knows ACL tiers.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from crossconnect.transport.ovsdb.errors import ProtocolError, UnknownName
from crossconnect.transport.ovsdb.types import Atom, Scalar, Type, Value
from crossconnect.transport.ovsdb.values import Decode, Encode, decoder, encoder


class Column(msgspec.Struct, frozen=True, eq=False):
    """A column: its type, whether it can be changed after insertion, and the conversions for its values."""

    name: str
    type: Type
    mutable: bool
    decode: Decode
    encode: Encode


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table. Rows of a table that is not `root` vanish when nothing refers to them strongly.

    `columns` has `_uuid` and `_version` too, which every table has without its schema saying so. `indexes` are the
    sets of columns that no two rows may have the same values in.
    """

    name: str
    columns: dict[str, Column]
    root: bool
    indexes: tuple[tuple[str, ...], ...]
    rows_max: int | None

    def column(self, name: str) -> Column:
        """The column of that name; UnknownName when there is none."""
        try:
            return self.columns[name]
        except KeyError:
            raise UnknownName(f"the server's table {self.name} has no column {name}") from None


class Schema(msgspec.Struct, frozen=True, eq=False):
    """A database's tables. `text` is the schema as the server sent it: what tells two schemas apart."""

    name: str
    version: str
    tables: dict[str, Table]
    text: bytes

    def has(self, table: str, column: str = "") -> bool:
        """Whether there is such a table, and such a column in it."""
        found = self.tables.get(table)
        return found is not None and (not column or column in found.columns)

    def table(self, name: str) -> Table:
        """The table of that name; UnknownName when there is none."""
        try:
            return self.tables[name]
        except KeyError:
            raise UnknownName(f"the server's database {self.name} has no table {name}") from None


class _WireScalar(msgspec.Struct, frozen=True, rename={"ref_table": "refTable", "ref_type": "refType"}):
    type: str
    enum: str | int | float | bool | list[object] | None = None
    ref_table: str = ""
    ref_type: str = "strong"


class _WireType(msgspec.Struct, frozen=True):
    key: str | _WireScalar
    value: str | _WireScalar | None = None
    min: int = 1
    max: int | str = 1


class _WireColumn(msgspec.Struct, frozen=True):
    type: str | _WireType
    mutable: bool = True


class _WireTable(msgspec.Struct, frozen=True, rename={"root": "isRoot", "rows_max": "maxRows"}):
    columns: dict[str, _WireColumn]
    root: bool | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    rows_max: int | None = None


class _WireSchema(msgspec.Struct, frozen=True):
    name: str
    tables: dict[str, _WireTable]
    version: str = ""


def _scalar(wire: str | _WireScalar) -> Scalar:
    if isinstance(wire, str):
        return Scalar(wire)
    allowed: frozenset[Atom] = frozenset()
    if isinstance(wire.enum, list):  # ["set", [values]]
        allowed = frozenset(cast("list[Atom]", wire.enum[1]))
    elif wire.enum is not None:
        allowed = frozenset((wire.enum,))
    return Scalar(wire.type, allowed, wire.ref_table, wire.ref_type == "weak")


def _type(wire: str | _WireType) -> Type:
    if isinstance(wire, str):
        return Type(Scalar(wire))
    value = None if wire.value is None else _scalar(wire.value)
    return Type(_scalar(wire.key), value, wire.min, wire.max if isinstance(wire.max, int) else None)


def _column(name: str, type_: Type, mutable: bool) -> Column:
    return Column(name, type_, mutable, decoder(type_), encoder(type_))


_IMPLICIT = Type(Scalar("uuid"))


def _table(name: str, wire: _WireTable, has_roots: bool) -> Table:
    columns = {column: _column(column, _IMPLICIT, False) for column in ("_uuid", "_version")}
    for column, found in wire.columns.items():
        columns[column] = _column(column, _type(found.type), found.mutable)
    # A schema that says nowhere which tables are roots is of a time when all were (RFC 7047 section 3.2).
    return Table(name, columns, bool(wire.root) or not has_roots, wire.indexes, wire.rows_max)


def parse_schema(text: bytes) -> Schema:
    """The schema from its JSON text. ProtocolError when it is none."""
    try:
        wire = msgspec.json.decode(text, type=_WireSchema)
        has_roots = any(table.root is not None for table in wire.tables.values())
        tables = {name: _table(name, table, has_roots) for name, table in wire.tables.items()}
    except (msgspec.DecodeError, KeyError) as e:
        raise ProtocolError(f"this is not a schema: {e}") from e
    return Schema(wire.name, wire.version, tables, bytes(text))


def decode_row(table: Table, row: dict[str, Any]) -> dict[str, Value]:
    """A row that an operation selected, in Python values; only the columns that are in it."""
    return {name: table.column(name).decode(value) for name, value in row.items()}
