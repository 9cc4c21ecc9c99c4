"""Several decisions in one command: each sees what those before it have decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Change, Reference, Resource, Use
from crossconnect.cloud.view import View

R = TypeVar("R", bound=Resource)
_REFERENCES = {kind.resource: kind.references for kind in KINDS.values()}


def joined(*changes: Change) -> Change:
    """Several changes as one; of a document written twice the last form, at the place of the first."""
    put = {resource.id: resource for change in changes for resource in change.put}
    deleted = tuple(dict.fromkeys(id for change in changes for id in change.delete))
    return Change(
        put=tuple(resource for id, resource in put.items() if id not in deleted),
        delete=deleted,
        claims=tuple(dict.fromkeys(claim for change in changes for claim in change.claims)),
        releases=tuple(dict.fromkeys(claim for change in changes for claim in change.releases)),
        effects=tuple(effect for change in changes for effect in change.effects),
    )


class Overlay:
    """A view with a change on top."""

    def __init__(self, view: View, change: Change) -> None:
        """`change` is not in the store yet."""
        self._view = view
        self._put = {resource.id: resource for resource in change.put}
        self._gone = frozenset(change.delete)
        self._claims = {(claim.scope, claim.value) for claim in change.claims}
        self._free = {(claim.scope, claim.value) for claim in change.releases}

    def get(self, kind: type[R], id: str) -> R | None:
        """As the change leaves it."""
        if id in self._gone:
            return None
        found = self._put.get(id)
        return found if isinstance(found, kind) else self._view.get(kind, id)

    def shared(self, kind: type[R], id: str) -> R | None:
        """As the change leaves it."""
        found = self._put.get(id)
        return found if isinstance(found, kind) else self._view.shared(kind, id)

    def referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """As the change leaves them."""
        return self._with(kind, self._view.referring(kind, id, field), id, field)

    def count_referring(self, kind: type[R], id: str, field: str = "") -> int:
        """As the change leaves them."""
        if not self._put and not self._gone:
            return self._view.count_referring(kind, id, field)
        return len(self.referring(kind, id, field))

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """As the change leaves them."""
        return self._with(kind, self._view.shared_referring(kind, id, field), id, field)

    def all_of(self, kind: type[R]) -> Sequence[R]:
        """As the change leaves them."""
        known = {r.id: r for r in self._view.all_of(kind) if r.id not in self._gone}
        known |= {r.id: r for r in self._put.values() if isinstance(r, kind)}
        return [known[id] for id in sorted(known)]

    def uses(self, id: str) -> Sequence[Use]:
        """As it is stored."""
        return [use for use in self._view.uses(id) if use.id not in self._gone]

    def count(self, kind: type[R]) -> int:
        """As it is stored: quotas are the service's."""
        return self._view.count(kind)

    def is_free(self, scope: str, value: int) -> bool:
        """After the change."""
        if (scope, value) in self._claims:
            return False
        return (scope, value) in self._free or self._view.is_free(scope, value)

    def next_free(self, scope: str, first: int, last: int) -> int | None:
        """After the change; what it sets free is not given out again by it."""
        while (found := self._view.next_free(scope, first, last)) is not None and (scope, found) in self._claims:
            first = found + 1
        return found

    def _with(self, kind: type[R], stored: Sequence[R], id: str, field: str) -> Sequence[R]:
        known = {r.id: r for r in stored if r.id not in self._gone and r.id not in self._put}
        for resource in self._put.values():
            if isinstance(resource, kind) and _names(resource, id, field):
                known[resource.id] = resource
        return [known[key] for key in sorted(known)]


def _names(resource: Resource, id: str, field: str) -> bool:
    references: Sequence[Reference] = tuple(_REFERENCES[type(resource)](resource))
    return any(r.id == id and (not field or r.field.partition("/")[0] == field) for r in references)
