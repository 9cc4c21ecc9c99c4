"""The changes feed: what each command wrote and deleted, in the order of one number without holes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, tuple_, update

from crossconnect.cloud.store.documents import EVERYBODY
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import CLEARED
from crossconnect.cloud.store.records import Changed, Commit
from crossconnect.cloud.store.tables import change_audience, changes, counters

_C, _A = changes.c, change_audience.c
_ALL = (
    select(_C.number, _C.at, _C.action, _C.kind, _C.document_id, _C.project_id, _C.body)
    .where(_C.number > bindparam("after"))
    .order_by(_C.number, _C.position)
)
_PROJECTS = _ALL.where(
    or_(
        _C.project_id == bindparam("project"),
        tuple_(_C.number, _C.position).in_(
            select(_A.number, _A.position).where(
                _A.project_id.in_((bindparam("project"), EVERYBODY)), _A.number > bindparam("after")
            )
        ),
    )
)
_ALL, _PROJECTS = _ALL.limit(bindparam("limit")), _PROJECTS.limit(bindparam("limit"))
_INSERT = Prepared(insert(changes))
_SHOW = Prepared(insert(change_audience))
_IN_BATCH = select(_C.number).where(_C.number == bindparam("n"), _C.batch == bindparam("b")).limit(1)
_CLEAR = delete(changes).where(_C.number <= bindparam("n"))
_CLEAR_AUDIENCE = delete(change_audience).where(_A.number <= bindparam("n"))
_CLEARED = update(counters).where(counters.c.name == CLEARED).values(value=bindparam("n"))


def commits(connection: Connection, project_id: str | None, after: int, limit: int) -> tuple[Sequence[Commit], bool]:
    """(Whole commits behind a number, whether there may be more) of one project (with what it sees of others), or of
    all; about `limit` changes, more where one commit has more."""
    statement = _ALL if project_id is None else _PROJECTS
    rows = connection.execute(statement, {"after": after, "project": project_id, "limit": limit}).all()
    more = len(rows) == limit
    if more:
        last = rows[-1][0]
        whole = [row for row in rows if row[0] != last]
        rows = whole or _of(connection, statement, project_id, last)
    return [
        Commit(
            number=number,
            at=at,
            changes=tuple(Changed(action=r[2], kind=r[3], id=r[4], project_id=r[5], raw=r[6]) for r in of),
        )
        for (number, at), of in groupby(rows, key=lambda row: (row[0], row[1]))
    ], more


def _of(
    connection: Connection, statement: Select[*tuple[Any, ...]], project_id: str | None, number: int
) -> Sequence[Any]:
    """All rows of one commit."""
    one = statement.limit(None).where(_C.number == number)
    return connection.execute(one, {"after": number - 1, "project": project_id}).all()


def add(
    connection: Connection, number: int, at: str, batch: str, written: Sequence[tuple[Changed, frozenset[str]]]
) -> None:
    """Add one command's changes, and who sees each beside its project. `batch` names the write transaction."""
    _INSERT.many(
        connection,
        [
            {
                "number": number,
                "position": position,
                "at": at,
                "batch": batch,
                "action": changed.action,
                "kind": changed.kind,
                "document_id": changed.id,
                "project_id": changed.project_id,
                "body": changed.raw,
            }
            for position, (changed, _seen) in enumerate(written)
        ],
    )
    shown = [
        {"project_id": project, "number": number, "position": position}
        for position, (_changed, seen) in enumerate(written)
        for project in sorted(seen)
    ]
    if shown:
        _SHOW.many(connection, shown)


def is_in(connection: Connection, number: int, batch: str) -> bool:
    """Whether a number was given to a write transaction: the transaction has been committed, then."""
    return connection.execute(_IN_BATCH, {"n": number, "b": batch}).first() is not None


def clear(connection: Connection, up_to: int) -> None:
    """Forget the changes up to a number."""
    connection.execute(_CLEAR, {"n": up_to})
    connection.execute(_CLEAR_AUDIENCE, {"n": up_to})
    connection.execute(_CLEARED, {"n": up_to})
