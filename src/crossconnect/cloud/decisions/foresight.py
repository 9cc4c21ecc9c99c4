"""What a view will find once a change is made: for effects that are worked out by comparing what applies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

from crossconnect.cloud.resource import Resource
from crossconnect.cloud.view import View

R = TypeVar("R", bound=Resource)


class With:
    """Facts with one resource as it will be; it may be new."""

    def __init__(self, changed: Resource, view: View) -> None:
        """`changed` is found in the place of the one that has its id."""
        self._changed = changed
        self._view = view

    def shared(self, kind: type[R], id: str) -> R | None:
        """A resource of any project."""
        changed = self._changed
        return changed if id == changed.id and isinstance(changed, kind) else self._view.shared(kind, id)

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """Resources of a kind, of any project, that refer to another one. The changed one is among them where its
        `field` names that."""
        found = self._view.shared_referring(kind, id, field)
        changed = self._changed
        if not isinstance(changed, kind):
            return found
        others = [one for one in found if one.id != changed.id]
        refers = bool(field) and getattr(changed, field) == id
        was = len(others) < len(found)
        return cast("Sequence[R]", [*others, changed]) if refers or (was and not field) else others
