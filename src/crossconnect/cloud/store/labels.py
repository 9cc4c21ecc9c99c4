"""What lists are filtered by, as rows: names, tags and other fields of resources, projects and API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, insert, select

from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.tables import attributes

_A = attributes.c
_ADD = Prepared(insert(attributes))
REMOVE = Prepared(
    delete(attributes).where(
        _A.project_id == bindparam("p"),
        _A.kind == bindparam("k"),
        _A.name == bindparam("n"),
        _A.value == bindparam("v"),
        _A.document_id == bindparam("i"),
    )
)

Label = tuple[str, str]
"""Of what is filtered by, and its value."""


def labels(name: str, tags: Mapping[str, str]) -> set[Label]:
    """Of what has a name, which may be empty, and tags."""
    found = {("name", name)} if name else set[Label]()
    return found | {(f"tag:{key}", value) for key, value in tags.items()}


def relabel(connection: Connection, project_id: str, kind: str, id: str, old: set[Label], new: set[Label]) -> None:
    """Write the difference between labels."""
    if lost := old - new:
        REMOVE.many(connection, [{"p": project_id, "k": kind, "n": n, "v": v, "i": id} for n, v in sorted(lost)])
    if added := new - old:
        _ADD.many(
            connection,
            [
                {"project_id": project_id, "kind": kind, "name": n, "value": v, "document_id": id}
                for n, v in sorted(added)
            ],
        )


def labelled(project_id: str, kind: str, name: str, values: Sequence[str]) -> Select[tuple[str]]:
    """Ids of what a project has of a kind, with one of some values; with any, where there are none."""
    return select(_A.document_id).where(_A.project_id == project_id, *wanted(kind, name, values))


def wanted(kind: str, name: str, values: Sequence[str]) -> list[ColumnElement[bool]]:
    """Which labels."""
    found = [_A.kind == kind, _A.name == name]
    return [*found, _A.value.in_(values)] if values else found
