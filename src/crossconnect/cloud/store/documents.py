"""Resources as rows: the document, what it refers to, what it is found by, who sees it.

Beside the document itself only differences are written: a change of one security group of an interface is one row
less and one row more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from crossconnect.cloud.resource import Kind, Resource, nobody
from crossconnect.cloud.store.labels import REMOVE, labels, relabel
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.records import Stored
from crossconnect.cloud.store.tables import audience, document_references, documents, failures

EVERYBODY = "*"
"""In place of a project that sees a document."""

COLUMNS = (
    documents.c.id,
    documents.c.kind,
    documents.c.project_id,
    documents.c.created,
    documents.c.revision,
    documents.c.body,
)

_BY_ID = select(*COLUMNS).where(documents.c.id.in_(bindparam("ids", expanding=True)))
_INSERT = Prepared(insert(documents))
_UPDATE = Prepared(
    update(documents).where(documents.c.id == bindparam("i")).values(revision=bindparam("r"), body=bindparam("b"))
)
_DELETE = Prepared(delete(documents).where(documents.c.id == bindparam("i")))
_REFER = Prepared(insert(document_references))
_UNREFER = Prepared(
    delete(document_references).where(
        document_references.c.source_id == bindparam("i"),
        document_references.c.field == bindparam("f"),
        document_references.c.target_id == bindparam("t"),
    )
)
_SHOW = Prepared(insert(audience))
_HIDE = Prepared(
    delete(audience).where(
        audience.c.project_id == bindparam("p"),
        audience.c.kind == bindparam("k"),
        audience.c.document_id == bindparam("i"),
    )
)
_MENDED = Prepared(delete(failures).where(failures.c.document_id == bindparam("i")))
# SQLAlchemy has this for one database or the other only; both take it.
_COUNT = Prepared(
    text(
        "INSERT INTO usage (project_id, kind, count) VALUES (:p, :k, :n)"
        " ON CONFLICT (project_id, kind) DO UPDATE SET count = usage.count + excluded.count"
    )
)


class Links(msgspec.Struct, frozen=True):
    """The rows beside a document."""

    references: dict[tuple[str, str], bool]
    """(field, id that it names) to whether that owns it."""
    attributes: set[tuple[str, str]]
    audience: set[str]


NONE = Links({}, set(), set())


def shareable(kind: Kind) -> bool:
    """Whether a document of the kind may be seen by other projects than its own."""
    return kind.seen_by is not nobody


def encode(resource: Resource) -> bytes:
    """A resource as it is stored: without its state, which follows from what is realised."""
    fields: dict[str, Any] = msgspec.to_builtins(resource)
    del fields["state"], fields["state_reason"]
    return msgspec.json.encode(fields)


def links(kind: Kind, resource: Any) -> Links:
    """The rows beside a document of a kind."""
    found = labels(resource.name, resource.tags)
    for field in kind.filters:
        found |= {(field, text) for text in _texts(getattr(resource, field))}
    return Links(
        {(reference.field, reference.id): reference.owned for reference in kind.references(resource)},
        found,
        set(kind.seen_by(resource)),
    )


def load(connection: Connection, ids: Iterable[str]) -> Sequence[Stored]:
    """Documents of whatever project; for the store's own use."""
    return [Stored(*row) for row in connection.execute(_BY_ID, {"ids": list(ids)})]


def create(connection: Connection, kind: Kind, resource: Resource, number: int) -> bytes:
    """Write a new document; its body."""
    body = encode(resource)
    _INSERT.run(
        connection,
        {
            "id": resource.id,
            "kind": kind.name,
            "project_id": resource.project_id,
            "created": number,
            "revision": number,
            "body": body,
        },
    )
    _relink(connection, kind, resource, NONE, links(kind, resource))
    _count(connection, resource.project_id, kind.name, 1)
    return body


def change(connection: Connection, kind: Kind, before: Resource, resource: Resource, number: int) -> bytes:
    """Write a document that exists; its body. What could not be realised of it may be now."""
    body = encode(resource)
    _UPDATE.run(connection, {"i": resource.id, "r": number, "b": body})
    _relink(connection, kind, resource, links(kind, before), links(kind, resource))
    _MENDED.run(connection, {"i": resource.id})
    return body


def remove(connection: Connection, gone: Sequence[tuple[Kind, Any]]) -> None:
    """Delete documents with the rows beside them, with few statements however many they are. Their claims are not
    touched."""
    if not gone:
        return
    ids = [{"i": resource.id} for _, resource in gone]
    _DELETE.many(connection, ids)
    _MENDED.many(connection, ids)
    references: list[dict[str, str]] = []
    listed: list[dict[str, str]] = []
    shown: list[dict[str, str]] = []
    for kind, resource in gone:
        old, id, project = links(kind, resource), resource.id, resource.project_id
        references += [{"i": id, "f": field, "t": target} for field, target in old.references]
        listed += [{"p": project, "k": kind.name, "n": n, "v": v, "i": id} for n, v in sorted(old.attributes)]
        shown += [{"p": p, "k": kind.name, "i": id} for p in sorted(old.audience)]
    for statement, rows in ((_UNREFER, references), (REMOVE, listed), (_HIDE, shown)):
        if rows:
            statement.many(connection, rows)
    for (project, kind), count in Counter((resource.project_id, kind.name) for kind, resource in gone).items():
        _count(connection, project, kind, -count)


def _relink(connection: Connection, kind: Kind, resource: Resource, old: Links, new: Links) -> None:
    id, project = resource.id, resource.project_id
    gone = [key for key, owned in old.references.items() if new.references.get(key) is not owned]
    come = [key for key, owned in new.references.items() if old.references.get(key) is not owned]
    if gone:
        _UNREFER.many(connection, [{"i": id, "f": field, "t": target} for field, target in gone])
    if come:
        _REFER.many(
            connection,
            [
                {
                    "source_id": id,
                    "field": field,
                    "root": field.partition("/")[0],
                    "target_id": target,
                    "owned": new.references[field, target],
                    "source_kind": kind.name,
                    "project_id": project,
                }
                for field, target in come
            ],
        )
    relabel(connection, project, kind.name, id, old.attributes, new.attributes)
    if hidden := old.audience - new.audience:
        _HIDE.many(connection, [{"p": p, "k": kind.name, "i": id} for p in sorted(hidden)])
    if shown := new.audience - old.audience:
        _SHOW.many(connection, [{"project_id": p, "kind": kind.name, "document_id": id} for p in sorted(shown)])


def _count(connection: Connection, project: str, kind: str, by: int) -> None:
    _COUNT.run(connection, {"p": project, "k": kind, "n": by})


def _texts(value: object) -> Iterable[str]:
    """A field's value as what a filter may say of it."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, tuple):
        return [text for element in value for text in _texts(element)]
    return (str(value),) if value not in (None, "") else ()
