"""The underlay's shortest paths as eBGP finds them, counted from the blueprint and not from a state.

Breadth-first from each destination over the fabric's sessions. A switch takes a route from a neighbour when its own
ASN is not in the path (RFC 4271 9.1.2), and routes that carry GRACEFUL_SHUTDOWN only where there are no others
(RFC 8326). Switches with the same neighbours are seen alike by everybody else, so one search serves them all: in a
Clos a pod's leaves are one class, and the number of searches grows with pods and not with switches.

    distance 0      1        2        3       4
    leaf1 <------ spine <- super <- spine <- leaf9          every arrow: next hops towards leaf1
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from crossconnect.checks.layout import Layout, PlannedSession
from crossconnect.device.bgp import FAMILIES, Family


class _Search(NamedTuple):
    """Towards one destination, by switch number: AS-path length (-1 for no route), next-hop ports, and whether the
    route carries GRACEFUL_SHUTDOWN there."""

    distance: list[int]
    ports: list[tuple[str, ...]]
    marked: list[bool]


class Fabric:
    """Paths between switches over given sessions; searches are made when first asked for."""

    def __init__(self, layout: Layout, sessions: Iterable[PlannedSession], gone: Collection[str]) -> None:
        """Over these sessions, those with a device that is gone left out."""
        names = [name for name in layout.devices if name not in gone]
        self._number = {name: n for n, name in enumerate(names)}
        drained = set(layout.blueprint.drained)
        self._drained = [name in drained for name in names]
        self._asn = [0] * len(names)
        self._paths_max = [1] * len(names)
        for n, name in enumerate(names):
            bgp = next((i.bgp for i in layout.devices[name].network_instances if i.kind == "default"), None)
            if bgp is not None:
                self._asn[n], self._paths_max[n] = bgp.asn, bgp.maximum_paths
        self._adjacent: list[dict[int, tuple[str, ...]]] = [{} for _ in names]
        for session in sessions:
            a, b = self._number.get(session.device), self._number.get(session.neighbor.device)
            if a is not None and b is not None:
                ports = self._adjacent[a].get(b, ())
                if session.interface not in ports:
                    self._adjacent[a][b] = (*ports, session.interface)
        self._classes = self._classify()
        self._searches: dict[int, _Search] = {}

    def _classify(self) -> list[list[int]]:
        """For each switch the numbers of those that everybody else sees alike, itself included."""
        shared: dict[int, int] = {}
        for asn in self._asn:
            shared[asn] = shared.get(asn, 0) + 1
        classes: dict[object, list[int]] = {}
        members: list[list[int]] = []
        for n, neighbors in enumerate(self._adjacent):
            asn = self._asn[n] if shared[self._asn[n]] > 1 else 0
            links = frozenset((m, len(ports)) for m, ports in neighbors.items())
            members.append(classes.setdefault((asn, self._drained[n], links), []))
            members[-1].append(n)
        return members

    def paths(self, source: str, destination: str) -> tuple[str, ...]:
        """Interfaces of `source` that lead to `destination` on equal shortest paths; empty without any route.

        At most `maximum_paths` of them are used by the switch; `paths_max` says how many.
        """
        s, d = self._number.get(source), self._number.get(destination)
        if s is None or d is None or s == d:
            return ()
        direct = self._adjacent[s].get(d)
        if direct is not None:
            return direct if self._asn[s] != self._asn[d] else ()
        return self._towards(s, d).ports[s]

    def distance(self, source: str, destination: str) -> int:
        """AS-path length of the route from `source` to `destination`; 0 to itself, -1 without a route."""
        s, d = self._number.get(source), self._number.get(destination)
        if s is None or d is None:
            return -1
        if s == d:
            return 0
        if d in self._adjacent[s]:
            return 1 if self._asn[s] != self._asn[d] else -1
        return self._towards(s, d).distance[s]

    def is_marked(self, source: str, destination: str) -> bool:
        """Whether the route from `source` to `destination` carries GRACEFUL_SHUTDOWN: other origins are preferred."""
        s, d = self._number.get(source), self._number.get(destination)
        if s is None or d is None or s == d:
            return False
        return self._drained[d] or (d not in self._adjacent[s] and self._towards(s, d).marked[s])

    def reaches(self, source: str, destination: str) -> bool:
        """Whether `source` has a route to `destination`, or is it."""
        return self.distance(source, destination) >= 0

    def paths_max(self, device: str) -> int:
        """How many equal-cost paths a switch uses at most."""
        return self._paths_max[self._number[device]]

    def _towards(self, source: int, destination: int) -> _Search:
        """The search that holds for `destination` seen from `source`, which is not its neighbour."""
        members = self._classes[destination]
        representative = members[0]
        if representative == source:
            representative = members[1]
        search = self._searches.get(representative)
        if search is None:
            search = self._searches[representative] = self._search(representative)
        return search

    def _search(self, destination: int) -> _Search:
        count = len(self._asn)
        distance = [-1] * count
        ports: list[tuple[str, ...]] = [()] * count
        distance[destination] = 0
        carried: list[frozenset[int]] = [frozenset()] * count
        marked = [False] * count
        carried[destination] = frozenset((self._asn[destination],))
        marked[destination] = self._drained[destination]
        level = [destination]
        while level:
            offers: dict[int, list[int]] = {}
            for n in level:
                for m in self._adjacent[n]:
                    if distance[m] < 0 and self._asn[m] not in carried[n]:
                        offers.setdefault(m, []).append(n)
            for m, givers in offers.items():
                clean = [n for n in givers if not (marked[n] or self._drained[n])]
                chosen = clean if clean and not self._drained[m] else givers
                distance[m] = distance[chosen[0]] + 1
                ports[m] = tuple(port for n in chosen for port in self._adjacent[m].get(n, ()))
                carried[m] = carried[chosen[0]] | {self._asn[m]}
                marked[m] = not clean
            level = list(offers)
        return _Search(distance, ports, marked)


def fabrics(layout: Layout, sessions: Iterable[PlannedSession], gone: Collection[str]) -> dict[Family, Fabric]:
    """The fabric in each address family. Families over the same sessions share one, and so its searches."""
    by_family: dict[Family, list[PlannedSession]] = {family: [] for family in FAMILIES}
    for session in sessions:
        if session.neighbor.kind == "fabric":
            for f in session.neighbor.families:
                by_family[f.family].append(session)
    made: dict[frozenset[tuple[str, str, str]], Fabric] = {}
    result: dict[Family, Fabric] = {}
    for family, members in by_family.items():
        links = frozenset((s.device, s.neighbor.device, s.interface) for s in members)
        if links not in made:
            made[links] = Fabric(layout, members, gone)
        result[family] = made[links]
    return result
