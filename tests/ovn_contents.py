"""What the units of the compiler come to: all rows with complete sets, and what changed, in few operations. The
tests' own reading of units, apart from the product's writer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from crossconnect.cloud.ovn.rows import Contribution, Row, uuid_of
from crossconnect.cloud.realise.unit import Unit, Units
from crossconnect.transport.ovsdb.types import Atom, Uuid, Value

Part: TypeAlias = Row | Contribution


class Update(msgspec.Struct, frozen=True, gc=False):
    """Columns of a row that changed, with all of their new values."""

    table: str
    key: str
    columns: Mapping[str, Value]

    @property
    def uuid(self) -> Uuid:
        """The row's UUID."""
        return uuid_of(self.table, self.key)


class Mutation(msgspec.Struct, frozen=True, gc=False):
    """Elements of one set or map that come and go. Of a map, `remove` has keys and `add` is a mapping; a pair whose
    value changed is in both, and goes before it comes."""

    table: str
    key: str
    column: str
    add: frozenset[Atom] | Mapping[Atom, Atom]
    remove: frozenset[Atom]

    @property
    def uuid(self) -> Uuid:
        """The row's UUID."""
        return uuid_of(self.table, self.key)


class Gone(msgspec.Struct, frozen=True, gc=False):
    """A row that is no more."""

    table: str
    key: str

    @property
    def uuid(self) -> Uuid:
        """The row's UUID."""
        return uuid_of(self.table, self.key)


class Operations(msgspec.Struct, frozen=True):
    """What brings the rows before a change to those after it, in one transaction; the four kinds touch a (row, column)
    once at most. Sets and maps of inserted rows are complete."""

    insert: tuple[Row, ...] = ()
    update: tuple[Update, ...] = ()
    mutate: tuple[Mutation, ...] = ()
    delete: tuple[Gone, ...] = ()
    """Also of rows that nothing would refer to any more, which the database deletes by itself: deleting them is no
    error there."""

    def __bool__(self) -> bool:
        """Whether any row changes."""
        return bool(self.insert or self.update or self.mutate or self.delete)


_Element: TypeAlias = tuple[Atom, Atom | None]
_Elements: TypeAlias = "Counter[_Element]"


class _Place(NamedTuple):
    table: str
    key: str


class _Column(NamedTuple):
    table: str
    key: str
    column: str


class Contents:
    """Rows by table and key, and elements of their shared sets, each with how many units gave it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._units: dict[str, Unit] = {}
        self._rows: dict[_Place, Mapping[str, Value]] = {}
        self._sets: dict[_Place, dict[str, _Elements]] = {}
        self._rows_before: dict[_Place, Mapping[str, Value] | None] = {}
        self._elements_before: dict[_Column, dict[_Element, bool]] = {}

    def apply(self, units: Units) -> Operations:
        """Take units over; what changes by them."""
        for key in units:
            self.remove(_parts(self._units.pop(key, None)))
        for key, unit in units.items():
            self.add(_parts(unit))
            if unit is not None:
                self._units[key] = unit
        return self.take()

    def remove(self, parts: Iterable[Part]) -> None:
        """A unit does not give these any more. All that go must go before any come, for a row may change its unit."""
        for part in parts:
            if isinstance(part, Row):
                place = _Place(part.table, part.key)
                self._rows_before.setdefault(place, self._rows.get(place))
                del self._rows[place]
            elif isinstance(part, Contribution):
                elements = self._touched(part)
                element = (part.element, part.value)
                elements[element] -= 1
                if not elements[element]:
                    del elements[element]
                    self._tidy(part)

    def add(self, parts: Iterable[Part]) -> None:
        """A unit gives these."""
        for part in parts:
            if isinstance(part, Row):
                place = _Place(part.table, part.key)
                assert place not in self._rows, f"two units make {part.table} {part.key}"
                self._rows_before.setdefault(place, self._rows.get(place))
                self._rows[place] = part.columns
            elif isinstance(part, Contribution):
                self._touched(part)[(part.element, part.value)] += 1

    def _touched(self, part: Contribution) -> _Elements:
        sets = self._sets.setdefault(_Place(part.table, part.key), {})
        elements = sets.setdefault(part.column, Counter())
        column = _Column(part.table, part.key, part.column)
        element = (part.element, part.value)
        self._elements_before.setdefault(column, {}).setdefault(element, element in elements)
        return elements

    def _tidy(self, part: Contribution) -> None:
        place = _Place(part.table, part.key)
        sets = self._sets[place]
        if not sets[part.column]:
            del sets[part.column]
            if not sets:
                del self._sets[place]

    def full(self) -> list[Row]:
        """All rows with all of their sets, in order of table and key."""
        return [self._whole(place) for place in sorted(self._rows)]

    def homeless(self) -> list[tuple[str, str]]:
        """Rows that are not there and yet added to."""
        return sorted(place for place in self._sets if place not in self._rows)

    def _whole(self, place: _Place) -> Row:
        sets = self._sets.get(place)
        columns = self._rows[place]
        if sets:
            columns = {**columns, **{column: _value(elements) for column, elements in sets.items()}}
        return Row(place.table, place.key, columns)

    def take(self) -> Operations:
        """What changed since the last call."""
        rows, sets = self._rows_before, self._elements_before
        self._rows_before, self._elements_before = {}, {}
        insert, update, delete = [], [], []
        for place in sorted(rows):
            before, after = rows[place], self._rows.get(place)
            if after is None:
                if before is not None:
                    delete.append(Gone(*place))
            elif before is None:
                insert.append(self._whole(place))
            elif changed := _changed(before, after):
                update.append(Update(*place, changed))
        mutate = [
            mutation
            for column in sorted(sets)
            if self._stayed(_Place(column.table, column.key), rows)
            and (mutation := self._mutation(column, sets[column])) is not None
        ]
        return Operations(tuple(insert), tuple(update), tuple(mutate), tuple(delete))

    def _stayed(self, place: _Place, rows_before: Mapping[_Place, Mapping[str, Value] | None]) -> bool:
        """Whether a row was there before and is there now."""
        return place in self._rows and rows_before.get(place, self._rows[place]) is not None

    def _mutation(self, column: _Column, before: Mapping[_Element, bool]) -> Mutation | None:
        elements = self._sets.get(_Place(column.table, column.key), {}).get(column.column, ())
        add = [element for element, was in before.items() if not was and element in elements]
        remove = [element for element, was in before.items() if was and element not in elements]
        if not add and not remove:
            return None
        pairs = any(value is not None for _, value in (*add, *remove))
        added: frozenset[Atom] | dict[Atom, Atom]
        added = {key: value for key, value in add if value is not None} if pairs else frozenset(e for e, _ in add)
        return Mutation(*column, added, frozenset(element for element, _ in remove))


def _value(elements: _Elements) -> Value:
    pairs = {element: value for element, value in elements if value is not None}
    return pairs or frozenset(element for element, _ in elements)


def _changed(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    """Columns that are other than before; those that the row does not say any more, with nothing in them."""
    changed = {column: value for column, value in after.items() if column not in before or before[column] != value}
    for column in before.keys() - after.keys():
        value = before[column]
        assert isinstance(value, (str, frozenset, dict)), f"{column} must be given always"
        changed[column] = "" if isinstance(value, str) else type(value)()
    return changed


def _parts(unit: Unit | None) -> list[Part]:
    return [] if unit is None else [*unit.rows, *unit.contributions]
