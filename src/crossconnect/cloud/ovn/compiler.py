"""The compiler: changes of documents in, changes of northbound rows out."""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.cloud.ovn.contents import Contents
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.ovn.parts import Fault, Parts, Unit
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import Delta, Row
from crossconnect.cloud.ovn.units import UNITS, UNITS_OF_REGION
from crossconnect.cloud.ovn.world import Changes, World
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Resource

REGION = "region"
"""What the units of the region itself are asked about."""


class Compiler:
    """Keeps the documents, and what was made of each."""

    def __init__(self, region: CloudRegion, features: Features) -> None:
        """For a region without any resources. The first `apply` gives the region's own rows, too."""
        self._world = World()
        self._queries = Queries(self._world, region, features)
        self._contents = Contents()
        self._parts: dict[tuple[Unit, str], Parts] = {}
        self._failures: dict[str, dict[Unit, str]] = {}
        self._started = False

    def apply(self, changes: Changes) -> Delta:
        """Take changes over; what of the rows changes by them."""
        changed = [*changes]
        before = {id: self._world.documents.get(id) for id, _ in changed}
        touched = self._world.apply(changed)
        stale = {
            (question.function, question.id)
            for question in self._queries.mark(touched)
            if (question.function, question.id) in self._parts
        }
        for id, old in before.items():
            new = self._world.documents.get(id)
            if type(old) is not type(new):
                stale |= {(unit, id) for unit in _units(old)}
                stale |= {(unit, id) for unit in _units(new)}
        if not self._started:
            self._started = True
            stale |= {(unit, REGION) for unit in UNITS_OF_REGION}
        return self._run(stale)

    def full(self) -> list[Row]:
        """All rows, with all of their sets."""
        return self._contents.full()

    def failed(self) -> dict[str, str]:
        """Resources that cannot be, and why."""
        return {id: self._reason(id) for id in sorted(self._failures)}

    def _reason(self, id: str) -> str:
        return "; ".join(sorted(set(self._failures.get(id, {}).values())))

    def _run(self, stale: Iterable[tuple[Unit, str]]) -> Delta:
        replaced: list[tuple[Parts, Parts]] = []
        reasons: dict[str, str] = {}
        for unit, id in stale:
            old = self._parts.get((unit, id), ())
            reasons.setdefault(id, self._reason(id))
            new = self._make(unit, id)
            if new is None:
                self._parts.pop((unit, id), None)
            else:
                self._parts[unit, id] = new
            if old != new:
                replaced.append((old, new or ()))
        for old, _ in replaced:
            self._contents.remove(old)
        for _, new in replaced:
            self._contents.add(new)
        failed = {id: now for id, was in sorted(reasons.items()) if (now := self._reason(id)) != was}
        return self._contents.take_delta(failed)

    def _make(self, unit: Unit, id: str) -> Parts | None:
        """What a unit gives now; None where its resource is gone. Its failure is the resource's."""
        if id != REGION and unit not in _units(self._world.documents.get(id)):
            self._queries.forget(unit, id)
            self._fail(unit, id, None)
            return None
        parts, failure = self._queries.answer(unit, id)
        if faults := [part.reason for part in parts or () if isinstance(part, Fault)]:
            failure = "; ".join(faults)
        self._fail(unit, id, failure)
        return parts or ()

    def _fail(self, unit: Unit, id: str, failure: str | None) -> None:
        if failure is not None:
            self._failures.setdefault(id, {})[unit] = failure
        elif id in self._failures:
            self._failures[id].pop(unit, None)
            if not self._failures[id]:
                del self._failures[id]


def _units(resource: Resource | None) -> tuple[Unit, ...]:
    return UNITS[type(resource)] if resource is not None else ()
