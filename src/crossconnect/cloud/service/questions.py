"""Questions about one project's resources: what may be asked, and the reads behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

import msgspec

from crossconnect.cloud.resource import ID, Kind, Problem, Refused, State, missing
from crossconnect.cloud.service.environment import stem
from crossconnect.cloud.service.outcome import LIMIT_MAX, Document, Page, Query
from crossconnect.cloud.service.presenting import differs, presented
from crossconnect.cloud.service.states import document, shown
from crossconnect.cloud.service.texts import FORBIDDEN
from crossconnect.cloud.store import projects, reading
from crossconnect.cloud.store.reading import Search
from crossconnect.cloud.store.view import ProjectView

VALUES_MAX = 200
"""Of one filter; as in AWS."""

LINGERING = frozenset(
    {"nat_gateway", "vpc_peering", "transit_router", "transit_router_attachment", "service_endpoint", "load_balancer"}
)
"""Kinds that AWS shows as deleting, too, while their end takes its time."""


class Foreign(Exception):
    """A refusal of something that exists in another project: the audit record says so, the caller is not told."""

    def __init__(self, refused: Refused) -> None:
        """What the caller is told."""
        super().__init__()
        self.refused = refused


def get(view: ProjectView, kind: Kind, id: str) -> Document:
    """One resource, or one whose deletion is not realised yet, where its kind lingers."""
    absent = missing(stem(kind), _printable(id))
    connection, project_id = view.connection, view.project_id
    if not ID.fullmatch(id):
        raise absent
    found = reading.one(connection, kind, project_id, id)
    if found is not None:
        found = msgspec.structs.replace(found, stored=presented(kind, view, found.stored))
        return shown(found, view.realised())
    if kind.name in LINGERING:
        stored = reading.buried(connection, kind, project_id, id, view.realised())
        if stored is not None:
            return document(presented(kind, view, stored), "deleting")
    if reading.foreign(connection, project_id, [id]):
        raise Foreign(absent)
    raise absent


def listing(view: ProjectView, search: Search) -> tuple[Page, bool]:
    """(A page, whether the question named what exists in another project)."""
    connection = view.connection
    number = view.realised()
    found = reading.page(connection, msgspec.structs.replace(search, limit=search.limit + 1), number)
    more = len(found) > search.limit
    found = found[: search.limit]
    if differs(search.kind):
        found = [msgspec.structs.replace(one, stored=presented(search.kind, view, one.stored)) for one in found]
    documents = tuple(shown(one, number) for one in found)
    named = {id for given in (search.fields, search.attributes) for values in given.values() for id in values}
    named |= {*(search.ids or ()), search.marker}
    foreign = reading.foreign(connection, search.project_id, sorted(id for id in named if ID.fullmatch(id)))
    return Page(documents=documents, next=documents[-1].id if more else ""), foreign


def search_of(kind: Kind, project_id: str, query: Query) -> Search:
    """What a query asks the store for. Refused (400) where it cannot be meant. A filter without values finds nothing, a
    tag without values whatever has it."""
    _expect_page(query, ID)
    fields: dict[str, Sequence[str]] = {}
    attributes: dict[str, Sequence[str]] = {f"tag:{key}": values for key, values in query.tags.items()}
    ids: Sequence[str] | None = None
    for name, given in query.filters.items():
        values = given or ("",)  # no document has an empty attribute, or refers to nothing
        if name == "id":
            ids = values
        elif name == "name" or name in kind.filters:
            attributes[name] = values
        elif name in kind.resource.__struct_fields__ and name.endswith(("_id", "_ids")) and name != "project_id":
            fields[name] = values
        else:
            raise _unknown(kind, name)
    for name, values in (*fields.items(), *attributes.items(), ("id", ids or ())):
        _check(name, values)
    return Search(
        kind=kind,
        project_id=project_id,
        fields=fields,
        attributes=attributes,
        ids=ids,
        marker=query.marker,
        limit=query.limit,
        states=_states(query.states),
    )


def _states(given: Sequence[str]) -> Sequence[State]:
    """What of a resource's states a list is asked for."""
    known: tuple[State, ...] = get_args(State)
    if unknown := sorted(set(given).difference(known)):
        message = f"{_printable(unknown[0])!r} is no state; there are {', '.join(known)}"
        raise Refused(400, Problem("filter.state", message, "state"))
    return tuple(state for state in known if state in given)


def plain_search(query: Query, marker: re.Pattern[str]) -> projects.Search:
    """What a query asks of projects, or of keys, whose ids match `marker`. Refused (400) as by `search_of`."""
    _expect_page(query, marker)
    attributes: dict[str, Sequence[str]] = {f"tag:{key}": values for key, values in query.tags.items()}
    ids: Sequence[str] | None = None
    for name, given in query.filters.items():
        if name == "id":
            ids = given or ("",)
        elif name == "name":
            attributes[name] = given or ("",)
        else:
            message = f"{_printable(name)!r} is no filter; there are id, name and tag:<key>"
            raise Refused(400, Problem("filter.unknown", message, _printable(name)))
    for name, values in (*attributes.items(), ("id", ids or ())):
        _check(name, values)
    return projects.Search(ids=ids, attributes=attributes, marker=query.marker, limit=query.limit)


def _expect_page(query: Query, marker: re.Pattern[str]) -> None:
    if not 1 <= query.limit <= LIMIT_MAX:
        raise Refused(400, Problem("limit.range", f"{query.limit} is not between 1 and {LIMIT_MAX}", "limit"))
    if query.marker and not marker.fullmatch(query.marker):
        raise Refused(400, Problem("marker.malformed", "a marker is the `next` of a page", "marker"))


def _unknown(kind: Kind, name: str) -> Refused:
    known = {"id", "name", *kind.filters}
    known |= {f for f in kind.resource.__struct_fields__ if f.endswith(("_id", "_ids")) and f != "project_id"}
    message = f"{_printable(name)!r} is no filter; there are {', '.join(sorted(known))} and tag:<key>"
    return Refused(400, Problem("filter.unknown", message, _printable(name)))


def _check(name: str, values: Sequence[str]) -> None:
    if len(values) > VALUES_MAX:
        problem = Problem("filter.too-many", f"{len(values)} values; at most {VALUES_MAX}", _printable(name))
        raise Refused(400, problem)
    if any(FORBIDDEN.search(text) for text in (name, *values)):
        raise Refused(400, Problem("filter.malformed", "control characters in a filter", _printable(name)))


def _printable(text: str) -> str:
    """A text of a caller's, fit for an answer."""
    return FORBIDDEN.sub("?", text[:100])
