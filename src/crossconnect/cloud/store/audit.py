"""The audit record. Lines are added; the database itself refuses to change one, or to delete one that has not been
cleared by age (triggers of the migrations)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import AUDIT_CLEARED
from crossconnect.cloud.store.records import AuditRecord
from crossconnect.cloud.store.tables import audit, counters

_INSERT = Prepared(insert(audit), "project_id", "record")
_ALL = (
    select(audit.c.number, audit.c.record)
    .where(audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(bindparam("limit"))
)
_PROJECTS = _ALL.where(audit.c.project_id == bindparam("project"))


_OLDEST = select(audit.c.number, audit.c.record).order_by(audit.c.number).limit(bindparam("limit"))
_CLEAR = delete(audit).where(audit.c.number <= bindparam("n"))
_CLEARED = update(counters).where(counters.c.name == AUDIT_CLEARED).values(value=bindparam("n"))


class Line(msgspec.Struct, frozen=True):
    """A record as it is stored."""

    project_id: str
    record: bytes


def line(record: AuditRecord) -> Line:
    """A record ready to be stored. What clients send may be no Unicode (a path, an id): it is recorded all the same,
    with `?` for what cannot be."""
    try:
        return Line(record.project_id, msgspec.json.encode(record))
    except UnicodeEncodeError:
        clean = msgspec.convert(_clean(msgspec.to_builtins(record)), AuditRecord)
        return Line(clean.project_id, msgspec.json.encode(clean))


def add(connection: Connection, lines: Sequence[Line]) -> None:
    """Add lines."""
    if lines:
        _INSERT.many(connection, [{"project_id": one.project_id, "record": one.record} for one in lines])


def after(connection: Connection, project_id: str | None, number: int, limit: int) -> Sequence[AuditRecord]:
    """Lines behind a number, of one project or of all."""
    statement = _ALL if project_id is None else _PROJECTS
    rows = connection.execute(statement, {"after": number, "limit": limit, "project": project_id})
    return [
        msgspec.structs.replace(msgspec.json.decode(record, type=AuditRecord), number=number) for number, record in rows
    ]


def older(connection: Connection, at: str, limit: int) -> int:
    """Number of the last of the oldest `limit` lines that is from before a time (RFC 3339, UTC); 0 for none."""
    last = 0
    for number, record in connection.execute(_OLDEST, {"limit": limit}):
        if msgspec.json.decode(record, type=_Age).at >= at:
            break
        last = number
    return last


def clear(connection: Connection, number: int) -> None:
    """Forget lines up to a number, for ever."""
    connection.execute(_CLEARED, {"n": number})
    connection.execute(_CLEAR, {"n": number})


class _Age(msgspec.Struct, frozen=True):
    at: str


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items()}
    return [_clean(inner) for inner in value] if isinstance(value, list | tuple) else value
