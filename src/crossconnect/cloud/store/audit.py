"""The audit record. Lines are added; the database itself refuses to change or delete one (triggers of the
migrations)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, insert, select

from crossconnect.cloud.store.records import AuditRecord
from crossconnect.cloud.store.tables import audit

_INSERT = insert(audit)
_ALL = (
    select(audit.c.number, audit.c.record)
    .where(audit.c.number > bindparam("after"))
    .order_by(audit.c.number)
    .limit(bindparam("limit"))
)
_PROJECTS = _ALL.where(audit.c.project_id == bindparam("project"))


def add(connection: Connection, records: Sequence[AuditRecord]) -> None:
    """Add lines."""
    if records:
        connection.execute(
            _INSERT, [{"project_id": record.project_id, "record": msgspec.json.encode(record)} for record in records]
        )


def after(connection: Connection, project_id: str | None, number: int, limit: int) -> Sequence[AuditRecord]:
    """Lines behind a number, of one project or of all."""
    statement = _ALL if project_id is None else _PROJECTS
    rows = connection.execute(statement, {"after": number, "limit": limit, "project": project_id})
    return [
        msgspec.structs.replace(msgspec.json.decode(record, type=AuditRecord), number=number) for number, record in rows
    ]
