"""Questions: one document, a page of documents, all of them. Bodies are handed on as they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, false, not_, or_, select

from crossconnect.cloud.resource import Kind, State
from crossconnect.cloud.store.documents import COLUMNS, EVERYBODY, shareable
from crossconnect.cloud.store.labels import labelled, wanted
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.records import Stored
from crossconnect.cloud.store.tables import (
    attributes,
    audience,
    change_audience,
    changes,
    counters,
    document_references,
    documents,
    failures,
)

SEQUENCE, REALISED, CLEARED, AUDIT_CLEARED = "sequence", "realised", "cleared", "audit_cleared"
"""Counters: number of the last commit; up to which all is realised; up to which the feed, and the audit record, have
been cleared away."""
ADMINISTERED = "administered"
"""Counter: the last revision of a project or an API key."""

_D, _A = documents.c, audience.c
_READ = select(*COLUMNS, failures.c.reason).select_from(
    documents.outerjoin(failures, failures.c.document_id == documents.c.id)
)
_KIND = _D.kind == bindparam("kind")
_OWN = _D.project_id == bindparam("project")
_SEEN = _D.id.in_(
    select(_A.document_id).where(_A.project_id.in_((bindparam("project"), EVERYBODY)), _A.kind == bindparam("kind"))
)
_OWN_ONE = Prepared(_READ.where(_D.id == bindparam("id"), _KIND, _OWN))
_SEEN_ONE = Prepared(_READ.where(_D.id == bindparam("id"), _KIND, _SEEN))
_PAGE = _READ.where(_KIND, _D.id > bindparam("marker")).order_by(_D.id).limit(bindparam("limit"))
_OWN_PAGE, _SEEN_PAGE = _PAGE.where(_OWN), _PAGE.where(_SEEN)
_EVERY = _READ.order_by(_D.id)
_COUNTERS = Prepared(select(counters.c.name, counters.c.value))
_IDS = _D.id.in_(bindparam("ids", expanding=True))
_VISIBLE = Prepared(
    select(_D.id).where(
        _IDS,
        or_(
            _OWN,
            _D.id.in_(
                select(_A.document_id).where(
                    _A.project_id.in_((bindparam("project"), EVERYBODY)),
                    _A.document_id.in_(bindparam("ids", expanding=True)),
                )
            ),
        ),
    ),
    lists=("ids",),
)
_EXISTING = select(_D.id).where(_IDS)
_BURIED = (
    select(
        changes.c.document_id,
        changes.c.kind,
        changes.c.project_id,
        changes.c.number.label("created"),
        changes.c.number,
        changes.c.body,
    )
    .where(
        changes.c.document_id == bindparam("id"),
        changes.c.kind == bindparam("kind"),
        changes.c.action == "delete",
        changes.c.number > bindparam("realised"),
        or_(
            changes.c.project_id == bindparam("project"),
            changes.c.number.in_(
                select(change_audience.c.number).where(
                    change_audience.c.project_id.in_((bindparam("project"), EVERYBODY)),
                    change_audience.c.position == changes.c.position,
                )
            ),
        ),
    )
    .limit(1)
)


_DONE = _D.revision <= bindparam("realised")
_IN_STATE: Mapping[State, ColumnElement[bool]] = {
    "pending": and_(not_(_DONE), _D.created > bindparam("realised")),
    "available": and_(_DONE, failures.c.reason.is_(None)),
    "updating": and_(not_(_DONE), _D.created <= bindparam("realised")),
    "deleting": false(),  # what is being deleted is in no list
    "failed": and_(_DONE, failures.c.reason.is_not(None)),
}
"""As `service.states` says of one."""


class Found(msgspec.Struct, frozen=True):
    """A document, and why it cannot be realised, if so."""

    stored: Stored
    reason: str | None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A page of one kind that a project asks for."""

    kind: Kind
    project_id: str
    fields: Mapping[str, Sequence[str]]
    """References by the first part of their field, and what they may name."""
    attributes: Mapping[str, Sequence[str]]
    """`name`, fields of `Kind.filters`, `tag:<key>`, and which values they may have; none: any."""
    ids: Sequence[str] | None
    marker: str
    limit: int
    states: Sequence[State] = ()
    """None: in whatever state."""


def counters_of(connection: Connection) -> Mapping[str, int]:
    """All counters."""
    return {row[0]: row[1] for row in _COUNTERS.rows(connection, {})}


def one(connection: Connection, kind: Kind, project_id: str, id: str) -> Found | None:
    """A document that a project has or sees."""
    at = {"id": id, "kind": kind.name, "project": project_id}
    row = _OWN_ONE.row(connection, at)
    if row is None and shareable(kind):
        row = _SEEN_ONE.row(connection, at)
    return None if row is None else Found(Stored(*row[:-1]), row[-1])


def buried(connection: Connection, kind: Kind, project_id: str, id: str, realised: int) -> Stored | None:
    """A document that was deleted, while that is not realised."""
    at = {"id": id, "kind": kind.name, "project": project_id, "realised": realised}
    row = connection.execute(_BURIED, at).one_or_none()
    return None if row is None else Stored(*row)


def visible(connection: Connection, project_id: str, ids: Sequence[str]) -> set[str]:
    """Those of some ids, of whatever kind, that a project has or sees."""
    if not ids:
        return set()
    return {id for (id,) in _VISIBLE.rows(connection, {"ids": ids, "project": project_id})}


def foreign(connection: Connection, project_id: str, ids: Sequence[str]) -> bool:
    """Whether one of some ids is that of a document that a project neither has nor sees. For the audit record alone."""
    if not ids:
        return False
    existing = set(connection.execute(_EXISTING, {"ids": ids}).scalars())
    return bool(existing - visible(connection, project_id, sorted(existing)))


def page(connection: Connection, search: Search, realised: int) -> Sequence[Found]:
    """Up to `limit` documents, in the order of their ids, all of them behind the marker. `realised`: up to which number
    all is, for their states."""
    found = _rows(connection, search, realised, own=True)
    if shareable(search.kind):
        found = sorted((*found, *_rows(connection, search, realised, own=False)), key=lambda row: row.stored.id)
        found = list({row.stored.id: row for row in found}.values())[: search.limit]
    return found


def every(connection: Connection) -> Sequence[Found]:
    """All documents of all projects: for the realiser."""
    return [Found(Stored(*row[:-1]), row[-1]) for row in connection.execute(_EVERY)]


def _rows(connection: Connection, search: Search, realised: int, *, own: bool) -> list[Found]:
    kind = search.kind.name
    if not own and any(_is_private(search.kind, name) for name in (*search.fields, *search.attributes)):
        return []
    statement = _OWN_PAGE if own else _SEEN_PAGE
    if search.ids is not None:
        statement = statement.where(_D.id.in_(search.ids))
    for field, values in search.fields.items():
        statement = statement.where(_D.id.in_(_pointing(kind, field, values)))
    for name, values in search.attributes.items():
        statement = statement.where(_having(kind, name, values, search.project_id if own else None))
    at = {"kind": kind, "project": search.project_id, "marker": search.marker, "limit": search.limit}
    if search.states:
        statement = statement.where(or_(*(_IN_STATE[state] for state in search.states)))
        at["realised"] = realised
    rows = connection.execute(statement, at)
    return [Found(Stored(*row[:-1]), row[-1]) for row in rows]


def _is_private(kind: Kind, name: str) -> bool:
    """Whether a filter asks for what other projects are not shown: its answer would show it."""
    return name in kind.private or (name.startswith("tag:") and "tags" in kind.private)


def _pointing(kind: str, field: str, values: Sequence[str]) -> Select[tuple[str]]:
    reference = document_references.c
    return select(reference.source_id).where(
        reference.target_id.in_(values), reference.source_kind == kind, reference.root == field
    )


def _having(kind: str, name: str, values: Sequence[str], project_id: str | None) -> ColumnElement[bool]:
    """Of a project's own documents, those that the table lists; of others', which are few, each is looked up in it."""
    if project_id is not None:
        return _D.id.in_(labelled(project_id, kind, name, values))
    attribute = attributes.c
    return exists().where(
        attribute.project_id == _D.project_id, *wanted(kind, name, values), attribute.document_id == _D.id
    )
