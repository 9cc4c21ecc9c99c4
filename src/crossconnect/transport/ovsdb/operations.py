"""Operations of a transaction (RFC 7047 section 5.2), checked and converted by the schema.

Each function gives one operation, ready to be sent; a transaction is a list of them. UnknownName when the schema does
not have a table or column, BadValue when a value does not fit.

    port = named("port", 1)
    await session.transact([
        assert_lock("writer"),
        insert(ports, {"name": "p1", "addresses": ["dynamic"]}, name=port),
        mutate(switches, by_uuid(switch), [("ports", "insert", [port])]),
    ])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec

from crossconnect.transport.ovsdb.errors import BadValue
from crossconnect.transport.ovsdb.schema import Column, Table, decode_row
from crossconnect.transport.ovsdb.types import Atom, Input, Json, Kind, NamedUuid, Uuid, Value
from crossconnect.transport.ovsdb.values import atom_encoder, key_encoder

Operation: TypeAlias = dict[str, Json]
Condition: TypeAlias = tuple[str, str, Input]
"""Column, one of == != < <= > >= includes excludes, and a value (RFC 7047 section 5.1, "<condition>")."""
Mutation: TypeAlias = tuple[str, str, Input]
"""Column, one of += -= *= /= %= insert delete, and a value (RFC 7047 section 5.1, "<mutation>")."""

ALL: tuple[Condition, ...] = ()
"""Every row of a table."""


class Result(msgspec.Struct, frozen=True, gc=False):
    """What one operation answered: rows counted, the new row's UUID, or the rows selected (as JSON; see `rows`)."""

    count: int = 0
    uuid: tuple[str, Uuid] | None = None
    rows: list[dict[str, Any]] | None = None

    @property
    def inserted(self) -> Uuid:
        """The UUID of the row that an `insert` made."""
        assert self.uuid is not None, "this is not the result of an insert"
        return self.uuid[1]


def named(kind: str, number: int) -> NamedUuid:
    """A name for a row within a transaction; `kind` is an identifier."""
    return NamedUuid(f"{kind}_{number}")


def by_uuid(uuid: Uuid | NamedUuid) -> tuple[Condition, ...]:
    """The one row with that UUID."""
    return (("_uuid", "==", uuid),)


def encode_row(table: Table, row: Mapping[str, Input]) -> dict[str, Json]:
    """A row's columns as JSON."""
    columns = table.columns
    try:
        return {name: columns[name].encode(value) for name, value in row.items()}
    except (KeyError, BadValue) as e:
        raise _explained(table, row, e) from None


def _explained(table: Table, row: Mapping[str, Input], error: Exception) -> Exception:
    """The error with the column's name, which the conversion does not know."""
    for name, value in row.items():
        column = table.column(name)  # raises UnknownName
        try:
            column.encode(value)
        except BadValue as e:
            return BadValue(f"{table.name}.{name}: {e}")
    return error


def encode_condition(table: Table, condition: Condition) -> Json:
    """A condition as JSON."""
    name, function, value = condition
    column = table.column(name)
    encode = column.encode
    if function in ("<", "<=", ">", ">="):
        encode = atom_encoder(column.type)
    try:
        return [name, function, encode(value)]
    except BadValue as e:
        raise BadValue(f"{table.name}.{name} {function}: {e}") from None


def _where(table: Table, where: Iterable[Condition]) -> list[Json]:
    return [encode_condition(table, condition) for condition in where]


def _encode_mutation(table: Table, mutation: Mutation) -> Json:
    name, mutator, value = mutation
    column = table.column(name)
    try:
        return [name, mutator, _operand(column, mutator, value)]
    except BadValue as e:
        raise BadValue(f"{table.name}.{name} {mutator}: {e}") from None


def _operand(column: Column, mutator: str, value: Input) -> Json:
    if mutator not in ("insert", "delete"):
        return atom_encoder(column.type)(value)
    if column.type.kind is Kind.MAP and isinstance(value, Mapping):
        return column.encode(cast("Mapping[Atom, Atom]", value))
    if column.type.kind is Kind.MAP and mutator == "insert":
        raise BadValue(f"{value!r} is not a map")
    return key_encoder(column.type)(value)


def insert(
    table: Table, row: Mapping[str, Input], *, name: NamedUuid | None = None, uuid: Uuid | None = None
) -> Operation:
    """A new row. `name` is what other operations of the transaction call it; `uuid` is one of our own choosing.

    Choosing the UUID is an extension of OVSDB's (ovsdb-server(7), section 5.2.1): a second insert of it is refused.
    """
    operation: Operation = {"op": "insert", "table": table.name, "row": encode_row(table, row)}
    if name is not None:
        operation["uuid-name"] = str(name)
    if uuid is not None:
        operation["uuid"] = uuid
    return operation


def update(table: Table, where: Iterable[Condition], row: Mapping[str, Input]) -> Operation:
    """Set columns of the rows that match."""
    return {"op": "update", "table": table.name, "where": _where(table, where), "row": encode_row(table, row)}


def mutate(table: Table, where: Iterable[Condition], mutations: Iterable[Mutation]) -> Operation:
    """Change columns of the rows that match: add to a set or map, remove from it, count."""
    changes: list[Json] = [_encode_mutation(table, mutation) for mutation in mutations]
    return {"op": "mutate", "table": table.name, "where": _where(table, where), "mutations": changes}


def delete(table: Table, where: Iterable[Condition]) -> Operation:
    """Delete the rows that match."""
    return {"op": "delete", "table": table.name, "where": _where(table, where)}


def select(table: Table, where: Iterable[Condition], columns: Sequence[str] | None = None) -> Operation:
    """Read the rows that match; `rows` converts the result. Without `columns`, all of them."""
    operation: Operation = {"op": "select", "table": table.name, "where": _where(table, where)}
    if columns is not None:
        operation["columns"] = [table.column(name).name for name in columns]
    return operation


def rows(table: Table, result: Result) -> list[dict[str, Value]]:
    """The rows that a `select` found, in Python values."""
    return [decode_row(table, row) for row in result.rows or ()]


def wait(
    table: Table,
    where: Iterable[Condition],
    expected: Sequence[Mapping[str, Input]],
    *,
    columns: Sequence[str],
    until: str = "==",
    timeout_ms: int = 0,
) -> Operation:
    """Hold the transaction until the rows that match are (`==`) or are not (`!=`) the `expected` ones.

    The transaction fails with TimedOut when that does not come true within `timeout_ms`; with 0 it is a check.
    """
    return {
        "op": "wait",
        "timeout": timeout_ms,
        "table": table.name,
        "where": _where(table, where),
        "columns": [table.column(name).name for name in columns],
        "until": until,
        "rows": [encode_row(table, row) for row in expected],
    }


def require(table: Table, where: Iterable[Condition]) -> Operation:
    """Let the transaction through only if some row matches; TimedOut otherwise."""
    return wait(table, where, [], columns=("_uuid",), until="!=")


def require_none(table: Table, where: Iterable[Condition]) -> Operation:
    """Let the transaction through only if no row matches; TimedOut otherwise."""
    return wait(table, where, [], columns=("_uuid",), until="==")


def assert_lock(name: str) -> Operation:
    """Let the transaction through only if this connection holds the lock; NotOwner otherwise."""
    return {"op": "assert", "lock": name}


def comment(text: str) -> Operation:
    """A remark for the server's log of transactions."""
    return {"op": "comment", "comment": text}


def abort() -> Operation:
    """Make the transaction fail: what it would answer is told, nothing is committed."""
    return {"op": "abort"}
