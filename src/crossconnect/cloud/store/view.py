"""What a decision sees: the rows of one project, inside the writer's transaction (`crossconnect.cloud.view.View`).

Each statement here but the two of `shared` and `shared_referring` names the project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from crossconnect.cloud.resource import Kind, Resource, Use
from crossconnect.cloud.store import claims
from crossconnect.cloud.store.documents import COLUMNS, EVERYBODY, shareable
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import REALISED, counters_of, foreign, visible
from crossconnect.cloud.store.records import Stored
from crossconnect.cloud.store.tables import audience, document_references, documents, usage

R = TypeVar("R", bound=Resource)
_D, _F, _A = documents.c, document_references.c, audience.c

USES_MAX = 100
"""Of uses that are told at once: a VPC may have ten thousand."""

# Statements are built once: building one costs four times what running it does.
_KIND = _D.kind == bindparam("kind")
_OWN = _D.project_id == bindparam("project")
_SEEN = _D.id.in_(
    select(_A.document_id).where(_A.project_id.in_((bindparam("project"), EVERYBODY)), _A.kind == bindparam("kind"))
)
_ONE = select(*COLUMNS).where(_D.id == bindparam("id"), _KIND)
_ANY_ONE, _OWN_ONE, _SEEN_ONE = Prepared(_ONE), Prepared(_ONE.where(_OWN)), Prepared(_ONE.where(_SEEN))
_ALL = select(*COLUMNS).where(_KIND).order_by(_D.id)
_OWN_ALL, _SEEN_ALL = _ALL.where(_OWN), _ALL.where(or_(_OWN, _SEEN))
_POINTS = (_F.target_id == bindparam("id"), _F.source_kind == bindparam("kind"))
_POINTING = select(*COLUMNS).where(_KIND).order_by(_D.id)


def _pointing(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Documents of a kind that point to one, by conditions on the reference."""
    return _POINTING.where(_D.id.in_(select(_F.source_id).where(*_POINTS, *conditions)))


_BY_FIELD: Mapping[str, tuple[ColumnElement[bool], ...]] = {
    "": (),
    "root": (_F.root == bindparam("field"),),
    "exact": (_F.field == bindparam("field"),),
}
_SELECTED = {
    (field, scope): _pointing(*on).where(*where)
    for field, on in _BY_FIELD.items()
    for scope, where in {"own": (_OWN,), "seen": (or_(_OWN, _SEEN),), "all": ()}.items()
}
_REFERRING_COUNT = {
    at: Prepared(select(func.count()).select_from(statement.order_by(None).subquery()))
    for at, statement in _SELECTED.items()
}
_REFERRING = {at: Prepared(statement) for at, statement in _SELECTED.items()}
_USES = (
    select(_F.source_kind, _F.source_id, _F.field, _F.project_id)
    .where(_F.target_id == bindparam("id"), _F.owned.is_(False))
    .order_by(_F.source_kind, _F.source_id, _F.field)
    .limit(USES_MAX)
)
_LEFT = (
    select(_F.source_kind, _F.source_id, _F.field, _F.project_id)
    .where(_F.target_id.in_(bindparam("ids", expanding=True)))
    .order_by(_F.source_kind, _F.source_id, _F.field)
    .limit(USES_MAX)
)
_COUNT = Prepared(
    select(usage.c.count).where(usage.c.project_id == bindparam("project"), usage.c.kind == bindparam("kind"))
)


class ProjectView:
    """A project's view in one transaction, which remembers what was looked at."""

    def __init__(
        self, connection: Connection, kind_of: Callable[[type[Resource]], Kind], project_id: str, floor: int = -1
    ) -> None:
        """`kind_of` says the kind of a Struct; `floor`, up to which number all is realised at least."""
        self.connection = connection
        self._floor = floor
        self._kind_of = kind_of
        self.project_id = project_id
        self.met: dict[str, Stored] = {}
        """Documents that were found in the project."""
        self.shared_ids: set[str] = set()
        """Documents of others that a decision asked for by `shared`, and found."""
        self.missed: set[str] = set()
        """Ids that were not found."""
        self.minted: set[str] = set()
        """Ids that were drawn for this command: no document has one."""

    def realised(self) -> int:
        """Up to which number all is realised."""
        return max(counters_of(self.connection)[REALISED], self._floor)

    def get(self, kind: type[R], id: str) -> R | None:
        """A resource that the project has or sees."""
        known = self._kind_of(kind)
        row = self._row(_OWN_ONE, known, id)
        if row is None and shareable(known):
            row = self._row(_SEEN_ONE, known, id)
        if row is None:
            self.missed.add(id)
            return None
        self.met[id] = row
        return msgspec.json.decode(row.body, type=kind)

    def shared(self, kind: type[R], id: str) -> R | None:
        """A resource of any project."""
        row = self._row(_ANY_ONE, self._kind_of(kind), id)
        if row is None:
            self.missed.add(id)
            return None
        self.shared_ids.add(id)
        return msgspec.json.decode(row.body, type=kind)

    def referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """Resources of a kind that refer to another one, in the order of their ids."""
        rows = self._referring(kind, id, field, "own")
        self.met.update((row.id, row) for row in rows)
        return [msgspec.json.decode(row.body, type=kind) for row in rows]

    def count_referring(self, kind: type[R], id: str, field: str = "") -> int:
        """How many `referring` would find."""
        known = self._kind_of(kind)
        statement = _REFERRING_COUNT[_field(field), "seen" if shareable(known) else "own"]
        return statement.value(self.connection, self._parameters(known, id, field))

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """As `referring`, of all projects."""
        rows = self._referring(kind, id, field, "all")
        self.shared_ids.update(row.id for row in rows)
        return [msgspec.json.decode(row.body, type=kind) for row in rows]

    def all_of(self, kind: type[R]) -> Sequence[R]:
        """All of a kind that the project has or sees."""
        known = self._kind_of(kind)
        statement = _SEEN_ALL if shareable(known) else _OWN_ALL
        rows = [
            Stored(*row) for row in self.connection.execute(statement, {"kind": known.name, "project": self.project_id})
        ]
        self.met.update((row.id, row) for row in rows)
        return [msgspec.json.decode(row.body, type=kind) for row in rows]

    def uses(self, id: str) -> Sequence[Use]:
        """Who refers to a resource without being owned by it; another project's without id."""
        return self._told(self.connection.execute(_USES, {"id": id}).all())

    def left(self, ids: Sequence[str]) -> Sequence[Use]:
        """Who still names one of some documents that are gone, owned or not."""
        return self._told(self.connection.execute(_LEFT, {"ids": ids}).all())

    def count(self, kind: type[R]) -> int:
        """How many of a kind the project has."""
        return self.used(self._kind_of(kind).name, self.project_id)

    def used(self, kind: str, project_id: str) -> int:
        """How many of a kind a project has."""
        return _COUNT.value(self.connection, {"project": project_id, "kind": kind}) or 0

    def is_free(self, scope: str, value: int) -> bool:
        """Whether nobody claims a number."""
        return claims.owner(self.connection, scope, value) is None

    def claimant(self, scope: str, value: int) -> str | None:
        """Who claims a number, of any project."""
        return claims.owner(self.connection, scope, value)

    def next_free(self, scope: str, first: int, last: int) -> int | None:
        """The lowest number from `first` to `last` that nobody claims."""
        return claims.next_free(self.connection, scope, first, last)

    def visible(self, ids: Sequence[str]) -> set[str]:
        """Those of some ids, of whatever kind, that the project has or sees."""
        return visible(self.connection, self.project_id, ids)

    def foreign(self) -> bool:
        """Whether something that was not found exists in another project. For the audit record alone."""
        return foreign(self.connection, self.project_id, sorted(self.missed))

    def _row(self, statement: Prepared, kind: Kind, id: str) -> Stored | None:
        row = statement.row(self.connection, {"id": id, "kind": kind.name, "project": self.project_id})
        return None if row is None else Stored(*row)

    def _referring(self, kind: type[Resource], id: str, field: str, scope: str) -> Sequence[Stored]:
        known = self._kind_of(kind)
        if scope == "own" and shareable(known):
            scope = "seen"
        rows = _REFERRING[_field(field), scope].rows(self.connection, self._parameters(known, id, field))
        return [Stored(*row) for row in rows]

    def _parameters(self, kind: Kind, id: str, field: str) -> dict[str, str]:
        return {"id": id, "kind": kind.name, "field": field, "project": self.project_id}

    def _told(self, rows: Sequence[tuple[str, str, str, str]]) -> Sequence[Use]:
        return [Use(kind, id if project == self.project_id else "", field) for kind, id, field, project in rows]


def _field(field: str) -> str:
    return "exact" if "/" in field else "root" if field else ""
