"""The fabric's sessions as graphs, one per address family, and how classes of routes spread over them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from crossconnect.device.bgp import FAMILIES, Family, NeighborFamily
from crossconnect.device.draining import prepended_inside
from crossconnect.net import parse
from crossconnect.simulate.arrays import COMPILED_FROM, Arrays, Paths, arrays, plain, search, shortest, without_edges
from crossconnect.simulate.attributes import NOTHING, AttributeTable
from crossconnect.simulate.policy import Policies, apply
from crossconnect.simulate.propagation import (
    ABSENT,
    EdgeFilter,
    Graph,
    Settlement,
    Spread,
    Unsettled,
    graph,
    respread,
    spread,
)
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.shortest_spread import ShortestSpread
from crossconnect.simulate.topology import DEFAULT, Topology


class FamilyGraph(msgspec.Struct, frozen=True, kw_only=True):
    """One family's sessions. `sessions` names them by receiving speaker and position, in step with the graph."""

    family: Family
    graph: Graph
    sessions: tuple[tuple[int, ...], ...]
    filtered: bool
    """Whether a session of the fabric has an import or export policy for this family."""


def family_graphs(topology: Topology, sessions: Sequence[Session]) -> dict[Family, FamilyGraph]:
    """Graphs of all sessions that could be up, one per family; equal graphs are the same object."""
    nodes = [speaker for speaker in topology.speakers if speaker.vrf == DEFAULT]
    result: dict[Family, FamilyGraph] = {}
    for family in FAMILIES:
        edges: list[list[tuple[tuple[int, ...], int, int]]] = [[] for _ in nodes]
        filtered = False
        for session in sessions:
            if session.twin < 0 or session.fault or session.unsupported or family not in session.families:
                continue
            source = sessions[session.twin].speaker
            edges[session.speaker].append((rank_of(topology, session, sessions[session.twin]), source, session.index))
            settings = family_settings(session, family)
            filtered = filtered or bool(settings.import_policy or settings.export_policy)
        for incoming in edges:
            incoming.sort()
        shape = graph(
            [node.bgp.asn for node in nodes],
            [node.bgp.graceful_shutdown for node in nodes],
            [[source for _, source, _ in incoming] for incoming in edges],
            [prepended_inside(topology.devices[node.device], node.bgp) for node in nodes],
        )
        shape = next((other.graph for other in result.values() if other.graph == shape), shape)
        result[family] = FamilyGraph(
            family=family,
            graph=shape,
            sessions=tuple(tuple(index for _, _, index in incoming) for incoming in edges),
            filtered=filtered,
        )
    return result


def family_settings(session: Session, family: Family) -> NeighborFamily:
    """What a session's own end has configured for a family that it has."""
    return next(f for f in session.neighbor.families if f.family == family)


def peer_rank(router_id: str, address: str, interface: str) -> tuple[int, ...]:
    """The last tie-breaks of the decision: the peer's router id, then its address. An unnumbered peer's link-local
    address is not known beforehand; its interface's name stands in, since addresses ascend with a switch's ports. It
    matters between parallel links only."""
    if address:
        return (parse(router_id).value, parse(address).value)
    digits = "".join(c if c.isdigit() else " " for c in interface).split()
    return (parse(router_id).value, *map(int, digits))


def rank_of(topology: Topology, session: Session, twin: Session) -> tuple[int, ...]:
    """`peer_rank` of a session inside the fabric; `twin` is its other end."""
    router_id = topology.speakers[twin.speaker].bgp.router_id
    return peer_rank(router_id, session.neighbor.address, twin.neighbor.interface)


def without(family: FamilyGraph, up: Sequence[bool]) -> tuple[FamilyGraph, tuple[tuple[int, int], ...]]:
    """The graph without the sessions that are down, and which in-edges those were."""
    gone = tuple(
        (speaker, position)
        for speaker, indexes in enumerate(family.sessions)
        for position, index in enumerate(indexes)
        if not up[index]
    )
    if not gone:
        return family, ()
    sources = list(family.graph.sources)
    targets = list(family.graph.targets)
    lost: dict[int, set[tuple[int, int]]] = {}
    for speaker, position in gone:
        source = family.graph.sources[speaker][position]
        sources[speaker] = (*sources[speaker][:position], ABSENT, *sources[speaker][position + 1 :])
        lost.setdefault(source, set()).add((speaker, position))
    for source, edges in lost.items():
        targets[source] = tuple(edge for edge in targets[source] if edge not in edges)
    reduced = msgspec.structs.replace(family.graph, sources=tuple(sources), targets=tuple(targets))
    return msgspec.structs.replace(family, graph=reduced), gone


def edge_filter(
    topology: Topology,
    sessions: Sequence[Session],
    device_policies: Mapping[str, Policies],
    table: AttributeTable,
    family: FamilyGraph,
    prefix: str,
) -> EdgeFilter | None:
    """Export and import policies along the fabric's sessions for one prefix; None where there are none."""
    if not family.filtered:
        return None

    def edge(source: int, target: int, position: int, number: int) -> int:
        session = sessions[family.sessions[target][position]]
        for end, name in edge_policies(sessions, session, family.family):
            speaker = topology.speakers[end.speaker]
            here = device_policies[speaker.device]
            changed = apply(here, name, prefix, table.values[number], speaker.bgp.asn)
            if changed is None:
                return NOTHING
            number = table.intern(changed)
        return number

    return edge


def edge_policies(sessions: Sequence[Session], session: Session, family: Family) -> list[tuple[Session, str]]:
    """What an update passes on its way to the receiving end `session`: (end, policy name), the sender's export policy
    first. Ends without policy are left out."""
    twin = sessions[session.twin]
    found = [
        (twin, family_settings(twin, family).export_policy),
        (session, family_settings(session, family).import_policy),
    ]
    return [(end, name) for end, name in found if name]


class Class(msgspec.Struct, frozen=True):
    """What makes two routes spread alike: who originates them with which attributes, where their next hop resolves,
    and (only where sessions have policies) their prefix."""

    origins: tuple[tuple[int, int], ...]
    valid: tuple[bool, ...] | None = None
    prefix: str = ""


class Spreads:
    """Settled classes of one graph. With a `healthy` counterpart, classes untouched by the failure are taken over.

    A class for which AS-path length and rank alone decide is searched for in `arrays`; any other one is settled by
    `propagation`. `fast` can be switched off to compare them.
    """

    def __init__(
        self,
        graph: Graph,
        table: AttributeTable,
        healthy: Spreads | None,
        gone: Sequence[tuple[int, int]],
        fast: bool = True,
    ) -> None:
        self.graph = graph
        self.table = table
        self.healthy = healthy
        self.gone = gone
        self.unsettled: dict[Class, Unsettled] = {}
        self.compiled = len(graph.asns) * sum(map(len, graph.sources)) >= COMPILED_FROM
        self._fast = fast and plain(graph)
        self._settled: dict[Class, Settlement] = {}

    @functools.cached_property
    def arrays(self) -> Arrays:
        """The graph as arrays."""
        if self.healthy is None:
            return arrays(self.graph)
        return without_edges(self.healthy.arrays, self.gone)

    def of(self, key: Class, edge: EdgeFilter | None = None) -> Settlement:
        """The spread of a class. One that does not settle counts as unreachable everywhere and is noted."""
        settled = self._settled.get(key)
        if settled is None:
            result = self._settle(key, edge)
            if isinstance(result, Unsettled):
                self.unsettled[key] = result
                size = len(self.graph.asns)
                settled = Spread([NOTHING] * size, [NOTHING] * size)
            else:
                settled = result
            self._settled[key] = settled
        return settled

    def fill(self, keys: Sequence[Class]) -> None:
        """Search many plain classes without `valid` at once; the others are left to `of`."""
        plain_ones = [
            k for k in dict.fromkeys(keys) if k not in self._settled and k.valid is None and self.is_plain(k, None)
        ]
        if not plain_ones:
            return
        pairs = [(number, speaker) for number, key in enumerate(plain_ones) for speaker, _ in key.origins]
        classes, origins = np.array(pairs, np.intp).T
        found = search(self.arrays, classes, origins, None, self.compiled)
        for number, key in enumerate(plain_ones):
            paths = Paths(found.level[number], found.via[number])
            self._settled[key] = ShortestSpread(self.graph, self.table, paths, key.origins[0][1])

    def known(self, key: Class) -> Settlement | None:
        """The spread of a class if it has been asked for before."""
        return self._settled.get(key)

    def is_plain(self, key: Class, edge: EdgeFilter | None) -> bool:
        """Whether AS-path length and rank alone decide for this class."""
        if not self._fast or edge is not None or not key.origins:
            return False
        number = key.origins[0][1]
        value = self.table.values[number]
        return not value.communities and not value.as_path and all(other == number for _, other in key.origins)

    def _settle(self, key: Class, edge: EdgeFilter | None) -> Settlement | Unsettled:
        before = self.healthy.known(key) if self.healthy is not None and edge is None else None
        if before is not None and not any(before.via[speaker] == position for speaker, position in self.gone):
            return before
        if self.is_plain(key, edge):
            valid = None if key.valid is None else np.array(key.valid, np.bool_)
            found = shortest(self.arrays, [speaker for speaker, _ in key.origins], valid, self.compiled)
            return ShortestSpread(self.graph, self.table, found, key.origins[0][1])
        if isinstance(before, Spread):
            return respread(self.graph, self.table, before, self.gone, key.valid)
        return spread(self.graph, self.table, dict(key.origins), key.valid, edge)
