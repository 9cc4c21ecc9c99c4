"""The rows and elements that are wanted, by the units that want them.

Who wants what is kept for each row and element, so that a unit that comes, changes or goes touches its own only, and an
element that several units contribute stays while one of them has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from crossconnect.cloud.ovn.rows import Contribution, Row, uuid_of
from crossconnect.cloud.realise.unit import Unit, Units
from crossconnect.transport.ovsdb.types import Atom, Uuid

_NOTHING = Unit()


class RowClaim(NamedTuple):
    """A unit wants a row."""

    unit: str
    row: Row


class ElementClaim(NamedTuple):
    """A unit wants an element; `value` is of a map's pair."""

    unit: str
    value: Atom | None


Elements: TypeAlias = Mapping[Atom, tuple[ElementClaim, ...]]


class Scope(msgspec.Struct, frozen=True):
    """What of a unit is to be looked at: rows by table and key, and elements."""

    rows: frozenset[tuple[str, str]] = frozenset()
    elements: frozenset[Contribution] = frozenset()

    def __or__(self, other: Scope) -> Scope:
        return Scope(self.rows | other.rows, self.elements | other.elements)


def whole(unit: Unit | None) -> Scope:
    """All of a unit."""
    if unit is None:
        return Scope()
    return Scope(frozenset((row.table, row.key) for row in unit.rows), unit.contributions)


def between(old: Unit | None, new: Unit | None) -> Scope:
    """What differs between a unit and its successor."""
    before, after = old or _NOTHING, new or _NOTHING
    were = {(row.table, row.key): row for row in before.rows}
    are = {(row.table, row.key): row for row in after.rows}
    rows = frozenset(name for name in {**were, **are} if were.get(name) != are.get(name))
    return Scope(rows, before.contributions ^ after.contributions)


def _agree(claims: tuple[ElementClaim, ...]) -> bool:
    return all(claim.value == claims[0].value for claim in claims)


class Desired:
    """All that is wanted. Units keep the order in which they came."""

    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self._rows: dict[Uuid, tuple[RowClaim, ...]] = {}
        self._elements: dict[Uuid, dict[str, dict[Atom, tuple[ElementClaim, ...]]]] = {}

    def apply(self, units: Units) -> None:
        """Set units, remove those that are None."""
        for key, unit in units.items():
            old = self.units.pop(key, None) if unit is None else self.units.get(key)
            if old is not None:
                self._withdraw(key, old)
            if unit is not None:
                self.units[key] = unit
                self._claim(key, unit)

    def row(self, uuid: Uuid) -> tuple[RowClaim, ...]:
        """Who wants a row; more than one is a contradiction."""
        return self._rows.get(uuid, ())

    def elements(self, uuid: Uuid, column: str) -> Elements:
        """What units contribute to a column."""
        return self._elements.get(uuid, {}).get(column, {})

    def contributed(self, uuid: Uuid) -> Collection[str]:
        """The columns of a row that units contribute to."""
        return self._elements.get(uuid, ())

    def is_consistent(self) -> bool:
        """Whether all elements are of rows that are wanted, and nobody wants another value for one."""
        return self._elements.keys() <= self._rows.keys() and all(
            len(claims) == 1 or _agree(claims)
            for columns in self._elements.values()
            for elements in columns.values()
            for claims in elements.values()
        )

    def uuids(self) -> Iterator[Uuid]:
        """All rows that are wanted."""
        return iter(self._rows)

    def _claim(self, key: str, unit: Unit) -> None:
        for row in unit.rows:
            uuid = row.uuid
            self._rows[uuid] = (*self._rows.get(uuid, ()), RowClaim(key, row))
        for one in unit.contributions:
            columns = self._elements.setdefault(uuid_of(one.table, one.key), {})
            elements = columns.setdefault(one.column, {})
            elements[one.element] = (*elements.get(one.element, ()), ElementClaim(key, one.value))

    def _withdraw(self, key: str, unit: Unit) -> None:
        for row in unit.rows:
            uuid = row.uuid
            if left := tuple(claim for claim in self._rows[uuid] if claim.unit != key):
                self._rows[uuid] = left
            else:
                self._rows.pop(uuid)
        for one in unit.contributions:
            uuid = uuid_of(one.table, one.key)
            elements = self._elements[uuid][one.column]
            if left := tuple(claim for claim in elements[one.element] if claim != (key, one.value)):
                elements[one.element] = left
                continue
            del elements[one.element]
            if not elements:
                del self._elements[uuid][one.column]
                if not self._elements[uuid]:
                    del self._elements[uuid]
