"""The documents of a region in memory, and who refers to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from crossconnect.cloud.logical.references import references
from crossconnect.cloud.resource import Resource


class Index(NamedTuple):
    """The resources of a kind that name `id` in `field`; all of the kind where both are empty."""

    kind: type[Resource]
    field: str = ""
    id: str = ""


class Up(NamedTuple):
    """Whether an interface is plugged in somewhere, by its id."""

    id: str


Source: TypeAlias = str | Index | Up
"""What can be read: a document, by its id; an index; whether an interface is up."""
Changes: TypeAlias = Iterable[tuple[str, Resource | None]]
"""Ids and what they are now; None for what is no more."""


class World:
    """Documents with their indexes; what is not there is read as None, or as nobody."""

    def __init__(self) -> None:
        """An empty one."""
        self._documents: dict[str, Resource] = {}
        self._indexes: dict[Index, set[str]] = {}
        self._down: frozenset[str] = frozenset()

    @property
    def documents(self) -> Mapping[str, Resource]:
        """All of them by id."""
        return self._documents

    def members(self, index: Index) -> list[str]:
        """Ids in an index, in order."""
        return sorted(self._indexes.get(index, ()))

    def is_up(self, id: str) -> bool:
        """Whether an interface is up; those that nothing is known of are."""
        return id not in self._down

    def observe(self, down: frozenset[str]) -> set[Source]:
        """Take over which interfaces are down; what reads otherwise than before."""
        changed = self._down ^ down
        self._down = down
        return {Up(id) for id in changed}

    def apply(self, changes: Changes) -> set[Source]:
        """Take changes over; what reads otherwise than before. A document counts as changed when more than its revision
        and time did."""
        touched: set[Source] = set()
        for id, new in changes:
            old = self._documents.get(id)
            if new is None:
                self._documents.pop(id, None)
            else:
                self._documents[id] = new
            if _content(old) == _content(new):
                continue
            touched.add(id)
            before, after = set(_indexes(old)), set(_indexes(new))
            for index in before - after:
                self._indexes[index].discard(id)
                if not self._indexes[index]:
                    del self._indexes[index]
            for index in after - before:
                self._indexes.setdefault(index, set()).add(id)
            touched |= before ^ after
        return touched


def _content(resource: Resource | None) -> Resource | None:
    """What of a document the network can depend on: nothing of it carries names, tags or times."""
    if resource is None:
        return None
    return msgspec.structs.replace(
        resource, name="", description="", tags={}, created_at="", updated_at="", revision=0, state="available",
        state_reason="",
    )  # fmt: skip


def _indexes(resource: Resource | None) -> Iterator[Index]:
    if resource is not None:
        kind = type(resource)
        yield Index(kind)
        for reference in references(resource):
            yield Index(kind, reference.field.partition("/")[0], reference.id)
