"""Projects with their quotas, and API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.records import Key
from crossconnect.cloud.store.tables import api_keys, projects, usage

_QUOTAS = Prepared(select(projects.c.quotas).where(projects.c.id == bindparam("p")))
_IDS = select(projects.c.id).order_by(projects.c.id)
_INSERT = insert(projects)
_UPDATE = update(projects).where(projects.c.id == bindparam("p")).values(quotas=bindparam("q"))
_USAGE = select(usage.c.kind, usage.c.count).where(usage.c.project_id == bindparam("p"))
_KEY = Prepared(select(api_keys.c.digest, api_keys.c.revoked, api_keys.c.record).where(api_keys.c.id == bindparam("i")))
_KEYS = select(api_keys.c.record).where(api_keys.c.project_id == bindparam("p")).order_by(api_keys.c.id)
_NEW_KEY = insert(api_keys)
_REVOKE = (
    update(api_keys)
    .where(api_keys.c.id == bindparam("i"), api_keys.c.project_id == bindparam("p"))
    .values(revoked=1, record=bindparam("r"))
)


def quotas(connection: Connection, project_id: str) -> dict[str, int] | None:
    """A project's own quotas; none where there is no such project."""
    found = _QUOTAS.value(connection, {"p": project_id})
    return None if found is None else msgspec.json.decode(found, type=dict[str, int])


def ids(connection: Connection) -> Sequence[str]:
    """All projects."""
    return connection.execute(_IDS).scalars().all()


def create(connection: Connection, project_id: str, at: str, own: Mapping[str, int]) -> None:
    """A new project."""
    connection.execute(_INSERT, {"id": project_id, "created_at": at, "quotas": msgspec.json.encode(own)})


def set_quotas(connection: Connection, project_id: str, own: Mapping[str, int]) -> None:
    """Replace a project's own quotas."""
    connection.execute(_UPDATE, {"p": project_id, "q": msgspec.json.encode(own)})


def used(connection: Connection, project_id: str) -> Mapping[str, int]:
    """How many resources a project has, by kind."""
    return {row[0]: row[1] for row in connection.execute(_USAGE, {"p": project_id})}


def add_key(connection: Connection, key: Key, digest: bytes) -> None:
    """A new API key, of which the store has a digest only."""
    row = {"id": key.id, "project_id": key.project_id, "digest": digest, "revoked": 0}
    connection.execute(_NEW_KEY, row | {"record": msgspec.json.encode(key)})


def key(connection: Connection, id: str) -> tuple[Key, bytes] | None:
    """(A key that is not revoked, its digest)."""
    row = _KEY.row(connection, {"i": id})
    return None if row is None or row[1] else (msgspec.json.decode(row[2], type=Key), row[0])


def keys(connection: Connection, project_id: str) -> Sequence[Key]:
    """Keys of a project, or of operators (empty), revoked ones included."""
    found = connection.execute(_KEYS, {"p": project_id}).scalars()
    return [msgspec.json.decode(record, type=Key) for record in found]


def revoke(connection: Connection, revoked: Key) -> None:
    """Write a key that says when it was revoked."""
    connection.execute(_REVOKE, {"i": revoked.id, "p": revoked.project_id, "r": msgspec.json.encode(revoked)})
