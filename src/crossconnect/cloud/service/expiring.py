"""What ends by time: requests that nobody has answered (`Kind.expire`).

asked for in a reader's transaction, by project and attribute --> what is due is looked at again, and written
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from crossconnect.cloud.resource import Change, Kind, Resource
from crossconnect.cloud.service.applying import apply
from crossconnect.cloud.service.environment import Environment
from crossconnect.cloud.store import documents, projects
from crossconnect.cloud.store.records import Stored
from crossconnect.cloud.store.tables import attributes
from crossconnect.cloud.store.view import ProjectView
from crossconnect.cloud.store.writer import Transaction

AT_ONCE = 100
"""Resources that are ended in one transaction, so that nobody waits for it; the rest a minute later."""

_A = attributes.c
_WAITING = select(_A.document_id).where(
    _A.project_id == bindparam("p"), _A.kind == bindparam("k"), _A.name == bindparam("n"), _A.value == bindparam("v")
)


def due(connection: Connection, environment: Environment) -> Sequence[str]:
    """Ids of resources whose time is over."""
    now = environment.text(environment.clock())
    found: list[str] = []
    for kind in environment.kinds.values():
        if kind.expire is None:
            continue
        name, value = kind.expiring
        for project in projects.ids(connection):
            asked = {"p": project, "k": kind.name, "n": name, "v": value}
            ids = connection.execute(_WAITING, asked).scalars().all()
            found += [row.id for row in documents.load(connection, ids) if _ended(kind, row, now) is not None]
    return found[:AT_ONCE]


def end(transaction: Transaction, environment: Environment, ids: Sequence[str]) -> None:
    """End those of some resources whose time is over still: they may have been answered, or deleted, meanwhile. Each is
    a change of its project's, which the feed tells."""
    now = environment.text(environment.clock())
    for row in documents.load(transaction.connection, ids):
        ended = _ended(environment.kinds[row.kind], row, now)
        if ended is None:
            continue
        view = ProjectView(transaction.connection, environment.kind_of, row.project_id)
        view.met[row.id] = row
        own = projects.quotas(transaction.connection, row.project_id) or {}
        context = environment.context(row.project_id, own, view.minted)
        apply(transaction, environment, view, context, Change(put=(ended,)))


def _ended(kind: Kind, row: Stored, now: str) -> Resource | None:
    assert kind.expire is not None
    return kind.expire(msgspec.json.decode(row.body, type=kind.resource), now)
