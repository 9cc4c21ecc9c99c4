"""EVPN routes on their way: who has which route by which paths, and which a VRF or MAC-VRF imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from crossconnect.simulate.attributes import IGP, NOTHING, AttributeTable
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.fabric import Class, Spreads
from crossconnect.simulate.propagation import ORIGINATED, Settlement, offers

Paths = tuple[tuple[int, int], ...]
"""Received paths: (position of the session at the receiver, attributes)."""


class Visibility:
    """Which speaker has which EVPN routes: a question about the originator and the attributes only, so answers are
    kept by class."""

    def __init__(
        self,
        spreads: Spreads,
        table: AttributeTable,
        resolves: Callable[[str], tuple[bool, ...]],
        shared: Mapping[tuple[int, int], str],
        owners: Mapping[str, tuple[int, ...]],
    ) -> None:
        """`resolves` says for a VTEP address where it is reachable. `shared` holds (speaker, attributes) of underlay
        classes that run over the very same sessions, with the VTEP address they are of: EVPN routes of that next hop
        get where the address gets, without a look at `resolves`. `owners` are the speakers of a VTEP address that
        more than one has: each refuses the other's routes, whose next hop is itself (RFC 4271 5.1.3)."""
        self._owners = owners
        self.table = table
        self.spreads = spreads
        self._resolves = resolves
        self._shared = shared
        self._plain: dict[int, tuple[int, int]] = {}
        self._classes: dict[tuple[int, int, str], Class] = {}
        self._paths: dict[tuple[int, int, str, int], Paths] = {}
        self._coded: dict[tuple[int, int], int] = {}

    def class_of(self, speaker: int, number: int, next_hop: str) -> tuple[Class, int]:
        """The class that routes of a speaker spread in, and their ORIGIN code, which the class leaves out since it
        decides nothing between paths of one originator."""
        plain = self._plain.get(number)
        if plain is None:
            value = self.table.values[number]
            plain = (self.table.intern(msgspec.structs.replace(value, origin=IGP)), value.origin)
            self._plain[number] = plain
        without_origin, origin = plain
        name = (speaker, without_origin, next_hop)
        key = self._classes.get(name)
        if key is None:
            shared = self._shared.get((speaker, without_origin)) == next_hop
            valid = None if shared else self._resolves(next_hop)
            if valid is not None and (others := self._owners.get(next_hop)):
                valid = tuple(ok and (s == speaker or s not in others) for s, ok in enumerate(valid))
            key = Class(((speaker, without_origin),), valid)
            self._classes[name] = key
        return key, origin

    def spread_of(self, route: EvpnRoute) -> Settlement:
        """Where a route got to."""
        return self.spreads.of(self.class_of(route.speaker, route.number, route.next_hop)[0])

    def best(self, route: EvpnRoute, speaker: int) -> int:
        """Attributes of a speaker's best path to a route, NOTHING where it has none. ORIGIN is left out."""
        return self.spread_of(route).attributes[speaker]

    def paths(self, route: EvpnRoute, speaker: int) -> Paths:
        """All valid paths that a speaker received. Empty at the originator, which imports nothing of its own."""
        name = (route.speaker, route.number, route.next_hop, speaker)
        found = self._paths.get(name)
        if found is None:
            key, origin = self.class_of(route.speaker, route.number, route.next_hop)
            settled = self.spreads.of(key)
            if settled.attributes[speaker] == NOTHING or settled.via[speaker] == ORIGINATED:
                found = ()
            else:
                received = offers(self.spreads.graph, self.table, settled, speaker)
                found = tuple((position, self._with_origin(number, origin)) for position, number in received)
            self._paths[name] = found
        return found

    def _with_origin(self, number: int, origin: int) -> int:
        if origin == IGP:
            return number
        result = self._coded.get((number, origin))
        if result is None:
            value = msgspec.structs.replace(self.table.values[number], origin=origin)
            result = self._coded[(number, origin)] = self.table.intern(value)
        return result


class Overlay:
    """EVPN routes by route target, over those of a `base`."""

    def __init__(self, visibility: Visibility, routes: Iterable[EvpnRoute], base: Overlay | None = None) -> None:
        self.visibility = visibility
        self.base = base
        self.own_routes: tuple[EvpnRoute, ...] = tuple(routes)
        self._by_target: dict[str, list[EvpnRoute]] = {}
        for route in self.own_routes:
            for target in route.route_targets:
                self._by_target.setdefault(target, []).append(route)

    def routes(self) -> Iterator[EvpnRoute]:
        """All routes, the base's first."""
        if self.base is not None:
            yield from self.base.routes()
        yield from self.own_routes

    def _targeted(self, target: str) -> Iterator[EvpnRoute]:
        if self.base is not None:
            yield from self.base._targeted(target)
        yield from self._by_target.get(target, ())

    def imported(self, targets: Sequence[str], device: str) -> Iterator[EvpnRoute]:
        """Routes of others that carry one of the import route targets, each once, whether visible or not."""
        seen: set[tuple[str, int, str]] = set()
        for target in targets:
            for route in self._targeted(target):
                if route.device == device:
                    continue
                if len(targets) > 1:
                    name = (route.rd, route.route_type, route.key)
                    if name in seen:
                        continue
                    seen.add(name)
                yield route
