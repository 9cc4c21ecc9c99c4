"""Projects with their quotas, and API keys.

A project that was deleted keeps its row, and its id is given to no other: the audit record, the feed, tokens and
policies know projects by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Select, bindparam, delete, insert, select, update

from crossconnect.cloud.resource import Use
from crossconnect.cloud.store.labels import labelled, labels, relabel
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import ADMINISTERED
from crossconnect.cloud.store.records import Key, Project
from crossconnect.cloud.store.tables import api_keys, attributes, counters, documents, idempotency, projects, usage

REGION = ""
"""In place of a project: of what belongs to the region itself, projects among it."""
PROJECT, API_KEY = "project", "api_key"
"""In place of a kind."""
USES_MAX = 100
"""Of what is still in a project, so many are named."""

_P, _K = projects.c, api_keys.c
_EXISTS = _P.deleted_at == ""
_QUOTAS = Prepared(select(_P.quotas).where(_P.id == bindparam("p"), _EXISTS))
_IDS = select(_P.id).where(_EXISTS).order_by(_P.id)
_PROJECT = select(_P.id, _P.created_at, _P.quotas, _P.revision, _P.record).where(_EXISTS)
_PROJECTS = _PROJECT.where(_P.id > bindparam("marker")).order_by(_P.id).limit(bindparam("limit"))
_KNOWN = select(_P.id).where(_P.id == bindparam("p"))
_INSERT = insert(projects)
_UPDATE = (
    update(projects)
    .where(_P.id == bindparam("p"))
    .values(quotas=bindparam("q"), revision=bindparam("n"), record=bindparam("r"))
)
_BURY = update(projects).where(_P.id == bindparam("p")).values(deleted_at=bindparam("at"), revision=bindparam("n"))
_USAGE = select(usage.c.kind, usage.c.count).where(usage.c.project_id == bindparam("p"))
_CONTENTS = (
    select(documents.c.kind, documents.c.id)
    .where(documents.c.project_id == bindparam("p"))
    .order_by(documents.c.kind, documents.c.id)
    .limit(USES_MAX)
)
_KEY = Prepared(select(_K.digest, _K.revoked, _K.record).where(_K.id == bindparam("i")))
_OWN_KEY = select(_K.record).where(_K.project_id == bindparam("p"), _K.id == bindparam("i"))
_KEYS = select(_K.record).where(_K.project_id == bindparam("p")).order_by(_K.id)
_KEY_PAGE = _KEYS.where(_K.id > bindparam("marker")).limit(bindparam("limit"))
_NEW_KEY = insert(api_keys)
_CHANGE_KEY = (
    update(api_keys)
    .where(_K.id == bindparam("i"), _K.project_id == bindparam("p"))
    .values(revoked=bindparam("revoked"), record=bindparam("r"))
)
_COUNT = update(counters).where(counters.c.name == ADMINISTERED).values(value=counters.c.value + 1)
_COUNTED = select(counters.c.value).where(counters.c.name == ADMINISTERED)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A page of projects, or of one project's keys."""

    ids: Sequence[str] | None = None
    attributes: Mapping[str, Sequence[str]] = {}
    """`name`, `tag:<key>`, and which values they may have; none: any."""
    marker: str = ""
    limit: int


class _Words(msgspec.Struct, frozen=True, kw_only=True):
    """Of a project, what no query looks at."""

    name: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    updated_at: str = ""


def next_revision(connection: Connection) -> int:
    """A number that no project and no key has had."""
    connection.execute(_COUNT)
    return connection.execute(_COUNTED).scalar_one()


def quotas(connection: Connection, project_id: str) -> dict[str, int] | None:
    """A project's own quotas; none where there is no such project."""
    found = _QUOTAS.value(connection, {"p": project_id})
    return None if found is None else msgspec.json.decode(found, type=dict[str, int])


def ids(connection: Connection) -> Sequence[str]:
    """All projects."""
    return connection.execute(_IDS).scalars().all()


def one(connection: Connection, project_id: str) -> Project | None:
    """A project."""
    row = connection.execute(_PROJECT.where(_P.id == project_id)).one_or_none()
    return None if row is None else _project(*row)


def page(connection: Connection, search: Search) -> Sequence[Project]:
    """Up to `limit` projects, in the order of their ids, all of them behind the marker."""
    statement = _narrowed(_PROJECTS, _P.id, REGION, PROJECT, search)
    rows = connection.execute(statement, {"marker": search.marker, "limit": search.limit})
    return [_project(*row) for row in rows]


def is_known(connection: Connection, project_id: str) -> bool:
    """Whether there is a project of that id, or was one."""
    return connection.execute(_KNOWN, {"p": project_id}).first() is not None


def create(connection: Connection, project: Project) -> None:
    """A new project."""
    row = {"id": project.id, "created_at": project.created_at, "deleted_at": "", "revision": project.revision}
    connection.execute(_INSERT, row | {"quotas": msgspec.json.encode(project.quotas), "record": _words(project)})
    relabel(connection, REGION, PROJECT, project.id, set(), labels(project.name, project.tags))


def change(connection: Connection, before: Project, after: Project) -> None:
    """Write a project that exists."""
    quotas_ = msgspec.json.encode(after.quotas)
    connection.execute(_UPDATE, {"p": after.id, "q": quotas_, "n": after.revision, "r": _words(after)})
    old, new = labels(before.name, before.tags), labels(after.name, after.tags)
    relabel(connection, REGION, PROJECT, after.id, old, new)


def contents(connection: Connection, project_id: str) -> Sequence[Use]:
    """What is in a project, up to `USES_MAX` resources."""
    rows = connection.execute(_CONTENTS, {"p": project_id})
    return [Use(kind, id, "project_id") for kind, id in rows]


def bury(connection: Connection, project: Project, at: str, revision: int) -> None:
    """End a project in which nothing is any more, with its keys and idempotency tokens."""
    connection.execute(_BURY, {"p": project.id, "at": at, "n": revision})
    relabel(connection, REGION, PROJECT, project.id, labels(project.name, project.tags), set())
    connection.execute(delete(attributes).where(attributes.c.project_id == project.id, attributes.c.kind == API_KEY))
    for table in (api_keys, idempotency, usage):
        connection.execute(delete(table).where(table.c.project_id == project.id))


def used(connection: Connection, project_id: str) -> Mapping[str, int]:
    """How many resources a project has, by kind."""
    return {row[0]: row[1] for row in connection.execute(_USAGE, {"p": project_id})}


def add_key(connection: Connection, key: Key, digest: bytes) -> None:
    """A new API key, of which the store has a digest only."""
    row = {"id": key.id, "project_id": key.project_id, "digest": digest, "revoked": 0}
    connection.execute(_NEW_KEY, row | {"record": msgspec.json.encode(key)})
    relabel(connection, key.project_id, API_KEY, key.id, set(), labels(key.name, key.tags))


def key(connection: Connection, id: str) -> tuple[Key, bytes] | None:
    """(A key that is not revoked, its digest)."""
    row = _KEY.row(connection, {"i": id})
    return None if row is None or row[1] else (msgspec.json.decode(row[2], type=Key), row[0])


def key_of(connection: Connection, project_id: str, id: str) -> Key | None:
    """A key of a project, or of the region, revoked or not."""
    found = connection.execute(_OWN_KEY, {"p": project_id, "i": id}).scalar()
    return None if found is None else msgspec.json.decode(found, type=Key)


def keys(connection: Connection, project_id: str) -> Sequence[Key]:
    """Keys of a project, or of operators (empty), revoked ones included."""
    found = connection.execute(_KEYS, {"p": project_id}).scalars()
    return [msgspec.json.decode(record, type=Key) for record in found]


def key_page(connection: Connection, project_id: str, search: Search) -> Sequence[Key]:
    """As `page`, of a project's keys."""
    statement = _narrowed(_KEY_PAGE, _K.id, project_id, API_KEY, search)
    rows = connection.execute(statement, {"p": project_id, "marker": search.marker, "limit": search.limit})
    return [msgspec.json.decode(record, type=Key) for record in rows.scalars()]


def change_key(connection: Connection, before: Key, after: Key) -> None:
    """Write a key that exists; one that says when it was revoked opens nothing from then on."""
    row = {"i": after.id, "p": after.project_id, "revoked": int(bool(after.revoked_at))}
    connection.execute(_CHANGE_KEY, row | {"r": msgspec.json.encode(after)})
    old, new = labels(before.name, before.tags), labels(after.name, after.tags)
    relabel(connection, after.project_id, API_KEY, after.id, old, new)


def _project(id: str, created_at: str, own: bytes, revision: int, record: bytes | None) -> Project:
    words = _Words() if record is None else msgspec.json.decode(record, type=_Words)
    return Project(
        id=id,
        created_at=created_at,
        quotas=msgspec.json.decode(own, type=dict[str, int]),
        revision=revision,
        name=words.name,
        description=words.description,
        tags=words.tags,
        updated_at=words.updated_at or created_at,
    )


def _words(project: Project) -> bytes:
    return msgspec.json.encode(
        _Words(
            name=project.name,
            description=project.description,
            tags=project.tags,
            updated_at=project.updated_at,
        )
    )


def _narrowed(
    statement: Select[*tuple[Any, ...]], id: Column[Any], project_id: str, kind: str, search: Search
) -> Select[*tuple[Any, ...]]:
    """A question for what a search names only."""
    if search.ids is not None:
        statement = statement.where(id.in_(search.ids))
    for name, values in search.attributes.items():
        statement = statement.where(id.in_(labelled(project_id, kind, name, values)))
    return statement
