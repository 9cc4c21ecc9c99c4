"""The compiler: changes of documents in, changes of units of northbound rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.cloud.logical.world import Changes, Source, World
from crossconnect.cloud.ovn.features import Features
from crossconnect.cloud.ovn.felt import reach_of
from crossconnect.cloud.ovn.flow_logs import DROP_OPTIONS
from crossconnect.cloud.ovn.inline import CHECK_OPTIONS
from crossconnect.cloud.ovn.parts import Fault, Parts, UnitFunction
from crossconnect.cloud.ovn.provider import OPTIONS
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import Contribution, Row
from crossconnect.cloud.ovn.units import UNITS, UNITS_OF_REGION
from crossconnect.cloud.realise.placement import Reach
from crossconnect.cloud.realise.unit import Unit, Units
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Resource

REGION = "region"
"""What the units of the region itself are asked about."""


class Delta(msgspec.Struct, frozen=True):
    """What a change of documents changes."""

    units: Units = {}
    """By key; None for those that are gone. Those of the region, of VPCs, of subnets and so on, in this order."""
    failed: Mapping[str, str] = {}
    """Resources whose failing changed: id and reason, which is empty where it is over."""


class Compiler:
    """Keeps the documents, and what was made of each."""

    def __init__(self, region: CloudRegion, features: Features) -> None:
        """For a region without any resources. The first `apply` gives the region's own rows, too."""
        self._world = World()
        self._queries = Queries(self._world, region, features)
        self._parts: dict[tuple[UnitFunction, str], Parts] = {}
        self._failures: dict[str, dict[UnitFunction, str]] = {}
        self._started = False

    def apply(self, changes: Changes) -> Delta:
        """Take changes over; what of the units changes by them."""
        changed = [*changes]
        before = {id: self._world.documents.get(id) for id, _ in changed}
        stale = self._stale(self._world.apply(changed))
        for id, old in before.items():
            new = self._world.documents.get(id)
            if type(old) is not type(new):
                stale |= {(unit, id) for unit in (*_functions(old), *_functions(new))}
        if not self._started:
            self._started = True
            stale |= {(unit, REGION) for unit in UNITS_OF_REGION}
        return self._run(sorted(stale, key=_order))

    def observe(self, down: Iterable[str]) -> Delta:
        """Take over which interfaces are down (`Logical_Switch_Port.up` is false), by their ids, all at once; what
        changes by it: appliances that are down get no traffic."""
        return self._run(sorted(self._stale(self._world.observe(frozenset(down))), key=_order))

    def _stale(self, touched: Iterable[Source]) -> set[tuple[UnitFunction, str]]:
        """The units that give other parts than before."""
        changed = {(question.function, question.id) for question in self._queries.settle(touched)}
        return changed & self._parts.keys()

    def units(self) -> dict[str, Unit]:
        """All units that are not empty, in order."""
        return {
            _key(*which): unit
            for which in sorted(self._parts, key=_order)
            if (unit := _unit(self._parts[which])) is not None
        }

    def reach(self, ids: Iterable[str]) -> Reach:
        """Where a change of resources is felt, as they are now; see `ovn.felt`."""
        return reach_of(self._world.documents, ids)

    def options(self) -> dict[str, str]:
        """Pairs that `NB_Global.options` must have; that row is not ours."""
        checks = CHECK_OPTIONS if self._queries.features.network_function else {}
        return {**OPTIONS, **checks, **(DROP_OPTIONS if self._queries.region.drop_sampling else {})}

    def failed(self) -> dict[str, str]:
        """Resources that cannot be, and why."""
        return {id: self._reason(id) for id in sorted(self._failures)}

    def _reason(self, id: str) -> str:
        of_it = self._failures.get(id)
        return "; ".join(sorted(set(of_it.values()))) if of_it else ""

    def _run(self, stale: Iterable[tuple[UnitFunction, str]]) -> Delta:
        units: dict[str, Unit | None] = {}
        reasons: dict[str, str] = {}
        for which in stale:
            function, id = which
            old = self._parts.get(which, ())
            reasons.setdefault(id, self._reason(id))
            new = self._make(function, id)
            if new is None:
                self._parts.pop(which, None)
            else:
                self._parts[which] = new
            if old != (new or ()) and (old or new):
                units[_key(function, id)] = _unit(new or ())
        failed = {id: now for id, was in sorted(reasons.items()) if (now := self._reason(id)) != was}
        return Delta(units, failed)

    def _make(self, function: UnitFunction, id: str) -> Parts | None:
        """What a unit gives now; None where its resource is gone. Its failure is the resource's."""
        if id != REGION and function not in _functions(self._world.documents.get(id)):
            self._queries.forget(function, id)
            self._fail(function, id, None)
            return None
        parts, failure = self._queries.answer(function, id)
        if faults := [part.reason for part in parts or () if isinstance(part, Fault)]:
            failure = "; ".join(faults)
        self._fail(function, id, failure)
        return parts or ()

    def _fail(self, function: UnitFunction, id: str, failure: str | None) -> None:
        if failure is not None:
            self._failures.setdefault(id, {})[function] = failure
        elif id in self._failures:
            self._failures[id].pop(function, None)
            if not self._failures[id]:
                del self._failures[id]


def _functions(resource: Resource | None) -> tuple[UnitFunction, ...]:
    """The units of a resource; none of kinds that are not the cloud's own (Neutron's)."""
    return UNITS.get(type(resource), ()) if resource is not None else ()


_RANKS = {
    function: rank for rank, function in enumerate((*UNITS_OF_REGION, *(f for made in UNITS.values() for f in made)))
}


def _order(which: tuple[UnitFunction, str]) -> tuple[int, str]:
    return _RANKS[which[0]], which[1]


def _key(function: UnitFunction, id: str) -> str:
    return f"{id}/{function.__module__.rpartition('.')[2]}.{function.__name__}"


def _unit(parts: Parts) -> Unit | None:
    rows = tuple(part for part in parts if isinstance(part, Row))
    contributions = frozenset(part for part in parts if isinstance(part, Contribution))
    return Unit(rows, contributions) if rows or contributions else None
