"""What has become of resources' last changes: realised, or failed. It is read from numbers that are there anyway, the
commits' and that up to which all is realised, and from the failures: nothing is written for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, exists, or_, select, tuple_

from crossconnect.cloud.store.documents import EVERYBODY
from crossconnect.cloud.store.tables import audience, change_audience, changes, documents, failures

_D, _C, _A, _CA = documents.c, changes.c, audience.c, change_audience.c
_DONE = _D.revision <= bindparam("realised")
_COLUMNS = (_D.kind, _D.id, _D.project_id, _D.revision, failures.c.reason)
_WITH_REASON = documents.outerjoin(failures, failures.c.document_id == _D.id)
_SETTLED = (
    select(*_COLUMNS)
    .select_from(changes.join(_WITH_REASON, (_D.id == _C.document_id) & (_D.revision == _C.number)))
    .where(_C.number > bindparam("after"), _C.number <= bindparam("realised"))
    .order_by(_C.number, _C.position)
)
# Failures are few, and documents many: SQLite would begin with these.
_FAILED = (
    select(*_COLUMNS).select_from(_WITH_REASON).where(_DONE, _D.id.in_(select(failures.c.document_id))).order_by(_D.id)
)
_THESE = (
    select(*_COLUMNS)
    .select_from(_WITH_REASON)
    .where(_DONE, _D.id.in_(bindparam("ids", expanding=True)))
    .order_by(_D.id)
)
_PROJECT = bindparam("project")
_SEEN: ColumnElement[bool] = or_(
    _D.project_id == _PROJECT,
    exists().where(_A.document_id == _D.id, _A.project_id.in_((_PROJECT, EVERYBODY))),
)
"""By the project, today."""
_SENT: ColumnElement[bool] = or_(
    _C.project_id == _PROJECT,
    tuple_(_C.number, _C.position).in_(
        select(_CA.number, _CA.position).where(
            _CA.project_id.in_((_PROJECT, EVERYBODY)), _CA.number > bindparam("after")
        )
    ),
)
"""To the project, by the feed."""
_OWN_SETTLED = _SETTLED.where(_SENT, _SEEN)
_OWN_FAILED, _OWN_THESE = _FAILED.where(_SEEN), _THESE.where(_SEEN)


class Settled(msgspec.Struct, frozen=True):
    """A resource whose last change has been realised, or has failed."""

    kind: str
    id: str
    project_id: str
    revision: int
    reason: str | None
    """Why it has failed; none: it has not."""


def settled(connection: Connection, project_id: str | None, after: int, realised: int) -> Sequence[Settled]:
    """Of the commits behind a number, up to another one up to which all is realised: resources of a project (with what
    it sees of others), or of all, that have not been changed since."""
    statement = _SETTLED if project_id is None else _OWN_SETTLED
    rows = connection.execute(statement, _at(project_id) | {"after": after, "realised": realised})
    return [Settled(*row) for row in rows]


def failed(connection: Connection, project_id: str | None, realised: int) -> Sequence[Settled]:
    """All that have failed."""
    statement = _FAILED if project_id is None else _OWN_FAILED
    rows = connection.execute(statement, _at(project_id) | {"realised": realised})
    return [Settled(*row) for row in rows]


def these(connection: Connection, project_id: str | None, ids: Sequence[str], realised: int) -> Sequence[Settled]:
    """Those of some resources that are there still, and are not being changed."""
    if not ids:
        return ()
    at = _at(project_id) | {"ids": list(ids), "realised": realised}
    return [Settled(*row) for row in connection.execute(_THESE if project_id is None else _OWN_THESE, at)]


def _at(project_id: str | None) -> dict[str, Any]:
    return {} if project_id is None else {"project": project_id}
