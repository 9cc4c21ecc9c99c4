"""What has to be done so that the rows that are there become those that are wanted.

    wanted and there      update the scalars that differ; add to and remove from sets and maps what differs
    wanted, not there     insert, with the elements that units contribute
    there, not wanted     delete, if it is ours
    neither               nothing: whoever removed it has done our work

Units are realised part by part. What a unit that is still to come contributes is not added yet, for it may refer to
rows that are not there yet; it is not removed either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Protocol, TypeAlias, cast

import msgspec

from crossconnect.cloud.ovn.rows import Contribution, Row, uuid_of
from crossconnect.cloud.realise.desired import Desired, ElementClaim, Elements, Scope
from crossconnect.cloud.realise.facts import Facts, TableFacts
from crossconnect.transport.ovsdb import BadValue, Mutation, Operation, Uuid, by_uuid, delete, insert, mutate, update
from crossconnect.transport.ovsdb.types import Atom, Value
from crossconnect.transport.ovsdb.types import Row as FoundRow

Holds: TypeAlias = Callable[[Uuid], bool]


class Found(Protocol):
    """What is there: a replica."""

    def rows(self, table: str) -> Mapping[Uuid, FoundRow]:
        """A table's rows."""
        ...


class Plan(msgspec.Struct, frozen=True):
    """Operations of one transaction, and the unit that each is for (empty: several). With `problems`, units that cannot
    be realised and why, it is not to be carried out."""

    operations: list[Operation]
    units: list[str]
    problems: dict[str, str]


class _Edit:
    """What is to change in a row that is there."""

    def __init__(self, facts: TableFacts, unit: str) -> None:
        self.facts = facts
        self.units = {unit}
        self.update: dict[str, Value] = {}
        self.add: dict[str, dict[Atom, Atom | None]] = {}
        self.remove: dict[str, set[Atom]] = {}

    def mutations(self) -> list[Mutation]:
        """Elements that go, then elements that come: a map keeps the pair that it has."""
        columns = self.facts.table.columns
        made: list[Mutation] = [(name, "delete", gone) for name, gone in self.remove.items()]
        for name, come in self.add.items():
            pairs = columns[name].type.value is not None
            made.append((name, "insert", cast("dict[Atom, Atom]", come) if pairs else [*come]))
        return made


class _Draft:
    """A plan that is being made."""

    def __init__(self, desired: Desired, found: Found, facts: Facts, *, waiting: Set[str], holds: Holds) -> None:
        self.desired = desired
        self.found = found
        self.facts = facts
        self.waiting = waiting
        self.holds = holds
        self.inserts: dict[Uuid, tuple[str, TableFacts, dict[str, Value]]] = {}
        self.deletes: dict[Uuid, tuple[str, TableFacts]] = {}
        self.edits: dict[Uuid, _Edit] = {}
        self.problems: dict[str, str] = {}

    # One row.

    def row(self, unit: str, table: str, key: str) -> None:
        """Look at a row."""
        uuid = uuid_of(table, key)
        claims = self.desired.row(uuid)
        facts = self.facts.get(table)
        if facts is None:
            if claims:
                self.problems[unit] = f"the northbound database has no table {table}"
            return
        there = self.found.rows(table).get(uuid)
        if not claims:
            if there is not None and not self.holds(uuid) and facts.is_ours(uuid, there):
                self.deletes[uuid] = (unit, facts)
            return
        if len(claims) > 1:
            others = ", ".join(claim.unit for claim in claims if claim.unit != unit)
            self.problems[unit] = f"{table} {key} is wanted by {others} too"
            return
        owner, wanted = next(iter(claims))
        if owner in self.waiting:
            return
        for column in wanted.columns:
            if column not in facts.blank:
                self.problems[owner] = f"the northbound database has no column {table}.{column}"
                return
        if there is None:
            self._insert(owner, facts, uuid, wanted)
        else:
            contributed = self.desired.contributed(uuid)
            columns = wanted.columns
            for column, blank in facts.blank.items():
                own = columns.get(column, blank)
                if column in contributed or own != there[column]:
                    self._compare(owner, facts, uuid, column, own, there[column])

    def _insert(self, unit: str, facts: TableFacts, uuid: Uuid, wanted: Row) -> None:
        columns = dict(wanted.columns)
        for column in self.desired.contributed(uuid):
            if column in facts.sets:
                come = self._available(self.desired.elements(uuid, column))
                columns[column] = _joined(columns.get(column, facts.sets[column]), come)
        self.inserts[uuid] = (unit, facts, columns)

    def _compare(self, unit: str, facts: TableFacts, uuid: Uuid, column: str, own: Value, there: Value) -> None:
        elements = self.desired.elements(uuid, column)
        if column not in facts.mutable:
            stay = {e: claims for e, claims in elements.items() if e in _elements(there)}
            come = {**{e: claims[0].value for e, claims in stay.items()}, **self._available(elements)}
            if come:
                own = _joined(facts.sets[column] if own == facts.blank[column] else own, come)
            if own != there:
                self._edit(uuid, facts, unit).update[column] = own
            return
        wanted = {**(own if isinstance(own, Mapping) else dict.fromkeys(_set(own))), **self._available(elements)}
        add = {element: value for element, value in wanted.items() if not _has(there, element, value)}
        remove = {
            element
            for element in _elements(there)
            if (element in add or (element not in wanted and element not in elements))
            and not self._kept(facts, column, element)
        }
        if add:
            self._edit(uuid, facts, unit).add.setdefault(column, {}).update(add)
        if remove:
            self._edit(uuid, facts, unit).remove.setdefault(column, set()).update(remove)

    def _kept(self, facts: TableFacts, column: str, element: Atom) -> bool:
        """Whether a reference that we do not want stays: removing it would delete a row that is not ours to delete."""
        uuid = Uuid(str(element))
        if self.holds(uuid):
            return True
        table = facts.owning.get(column)
        if table is None:
            return False
        there = self.found.rows(table).get(uuid)
        other = self.facts.get(table)
        return there is not None and other is not None and not other.is_ours(uuid, there)

    # One element.

    def element(self, unit: str, one: Contribution) -> None:
        """Look at an element."""
        uuid = uuid_of(one.table, one.key)
        claims = self.desired.elements(uuid, one.column).get(one.element, ())
        facts = self.facts.get(one.table)
        if facts is None or one.column not in facts.sets:
            if claims:
                self.problems[unit] = f"the northbound database has no set or map {one.table}.{one.column}"
            return
        if len(claims) > 1 and any(claim.value != claims[0].value for claim in claims):
            others = ", ".join(claim.unit for claim in claims if claim.unit != unit)
            self.problems[unit] = f"{one.table} {one.key}: {others} has another value for {one.element} of {one.column}"
            return
        if uuid in self.inserts:
            return
        there = self.found.rows(one.table).get(uuid)
        if there is None:
            self._without_row(unit, one, uuid, claims)
            return
        if one.column in facts.mutable and self._is_there(one, claims, there[one.column]):
            return
        row = self.desired.row(uuid)
        own = row[0].row.columns.get(one.column) if row else None
        if one.column not in facts.mutable:
            own = facts.blank[one.column] if own is None else own
            self._compare(unit, facts, uuid, one.column, own, there[one.column])
            return
        wanted = self._available({one.element: claims})
        if not wanted and one.element in _elements(own):
            wanted = {one.element: own[one.element] if isinstance(own, Mapping) else None}
        if wanted:
            if not _has(there[one.column], one.element, wanted[one.element]):
                edit = self._edit(uuid, facts, unit)
                edit.add.setdefault(one.column, {}).update(wanted)
                if one.element in _elements(there[one.column]):
                    edit.remove.setdefault(one.column, set()).add(one.element)
        elif not claims and one.element in _elements(there[one.column]) and not self.holds(Uuid(str(one.element))):
            self._edit(uuid, facts, unit).remove.setdefault(one.column, set()).add(one.element)

    def _is_there(self, one: Contribution, claims: tuple[ElementClaim, ...], value: Value) -> bool:
        """Whether one unit wants an element, and it is there: as nearly all of a comparison are."""
        if len(claims) != 1:
            return False
        [claim] = claims
        return claim.unit not in self.waiting and _has(value, one.element, claim.value)

    def _without_row(self, unit: str, one: Contribution, uuid: Uuid, claims: tuple[ElementClaim, ...]) -> None:
        """An element of a row that is not there: wanted, it takes the row with it."""
        if not any(claim.unit == unit for claim in claims):
            return
        self.row(unit, one.table, one.key)
        if uuid not in self.inserts:
            self.problems.setdefault(unit, f"it is part of {one.table} {one.key}, which is not there")

    def _available(self, elements: Elements) -> dict[Atom, Atom | None]:
        """The elements that some unit wants which is not still to come."""
        waiting = self.waiting
        found: dict[Atom, Atom | None] = {}
        for element, claims in elements.items():
            for claim in claims:
                if claim.unit not in waiting:
                    found[element] = claim.value
                    break
        return found

    def _edit(self, uuid: Uuid, facts: TableFacts, unit: str) -> _Edit:
        edit = self.edits.get(uuid)
        if edit is None:
            edit = self.edits[uuid] = _Edit(facts, unit)
        else:
            edit.units.add(unit)
        return edit

    # All of them.

    def operations(self) -> Plan:
        """The operations."""
        plan = Plan([], [], self.problems)

        def add(units: Set[str], make: Callable[[], Operation]) -> None:
            try:
                plan.operations.append(make())
                plan.units.append(next(iter(units)) if len(units) == 1 else "")
            except BadValue as e:
                self.problems.update(dict.fromkeys(units, str(e)))

        for uuid, (unit, facts, columns) in self.inserts.items():
            add({unit}, lambda f=facts, u=uuid, c=columns: insert(f.table, cast("dict[str, Atom]", c), uuid=u))
        for uuid, edit in self.edits.items():
            if uuid in self.deletes:
                continue
            table, where = edit.facts.table, by_uuid(uuid)
            if edit.update:
                add(edit.units, lambda t=table, w=where, e=edit: update(t, w, cast("dict[str, Atom]", e.update)))
            if mutations := edit.mutations():
                add(edit.units, lambda t=table, w=where, m=mutations: mutate(t, w, m))
        for uuid, (unit, facts) in self.deletes.items():
            add({unit}, lambda f=facts, u=uuid: delete(f.table, by_uuid(u)))
        return plan


def _joined(own: Value, come: Mapping[Atom, Atom | None]) -> Value:
    """A set or map with more elements."""
    if isinstance(own, Mapping):
        return {**own, **cast("dict[Atom, Atom]", come)}
    return frozenset((*_set(own), *come))


def _set(value: Value) -> Set[Atom]:
    return value if isinstance(value, Set) else frozenset()


def _elements(value: Value) -> Set[Atom] | Mapping[Atom, Atom]:
    return value if isinstance(value, (Set, Mapping)) else frozenset()


def _has(value: Value, element: Atom, of_it: Atom | None) -> bool:
    """Whether a set has an element, a map a pair."""
    if isinstance(value, frozenset):  # as all sets are; said first, for it is quick
        return element in value
    return isinstance(value, Mapping) and element in value and value[element] == of_it


def plan(
    desired: Desired,
    found: Found,
    facts: Facts,
    scopes: Iterable[tuple[str, Scope]],
    *,
    waiting: Set[str] = frozenset(),
    holds: Holds = lambda _: False,
) -> Plan:
    """Plan what the scopes name. `waiting` are units that are realised later, `holds` says what rows are left alone."""
    draft = _Draft(desired, found, facts, waiting=waiting, holds=holds)
    for unit, scope in scopes:
        for table, key in scope.rows:
            draft.row(unit, table, key)
        for element in scope.elements:
            draft.element(unit, element)
    return draft.operations()


async def differing(desired: Desired, found: Found, facts: Facts, holds: Holds, at_once: int) -> set[str] | None:
    """The units of which something is not there: none or few, as nearly always when a process starts, and then no more
    need be planned. None: more than that, or they contradict each other. A row is compared with all that units
    contribute to it, so that their elements are not looked at one by one: an element that is missing makes the row's
    unit differ. `at_once`: rows after which others of this process come to their turn; so many may differ."""
    draft = _Draft(desired, found, facts, waiting=frozenset(), holds=holds)
    looked = 0
    for key, unit in desired.units.items():
        for row in unit.rows:
            draft.row(key, row.table, row.key)
            table = facts.get(row.table)
            if table is None or not table.sets.keys() >= set(desired.contributed(row.uuid)):
                return None
        if draft.problems or len(draft.inserts) + len(draft.edits) > at_once:
            return None
        looked += len(unit.rows)
        if looked >= at_once:
            looked = 0
            await asyncio.sleep(0)
    if not desired.is_consistent():
        return None
    return {unit for unit, _, _ in draft.inserts.values()}.union(*(edit.units for edit in draft.edits.values()))


def strays(desired: Desired, found: Found, facts: Facts, holds: Holds) -> list[tuple[str, Uuid]]:
    """Rows of ours that nobody wants, with their tables."""
    return [
        (table, uuid)
        for table, of_it in facts.items()
        for uuid, row in found.rows(table).items()
        if not desired.row(uuid) and of_it.is_ours(uuid, row) and not holds(uuid)
    ]


def clear(facts: Facts, rows: Iterable[tuple[str, Uuid]]) -> Plan:
    """Delete rows, each for a unit that is named by its UUID."""
    rows = list(rows)
    operations = [delete(facts[table].table, by_uuid(uuid)) for table, uuid in rows]
    return Plan(operations, [uuid for _, uuid in rows], {})


def deleted(operation: Operation) -> object:
    """The UUID of the row that a `delete` of a plan deletes."""
    match operation["where"]:
        case [[_, _, [_, uuid]]]:
            return uuid
        case _:
            return None
