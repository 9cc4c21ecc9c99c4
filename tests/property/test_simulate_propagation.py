"""Class-based propagation against a plain path vector: every speaker, every round, whole AS paths, nothing shared."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate import Failures, simulate
from crossconnect.simulate.attributes import LOCAL_WEIGHT, NOTHING, Attributes, AttributeTable
from crossconnect.simulate.propagation import ABSENT, ORIGINATED, Spread, graph, offers, respread, spread
from regions import compiled, small


class Route(NamedTuple):
    """A path in the oracle."""

    local_pref: int
    path: tuple[int, ...]
    marked: bool
    came_from: int
    rank: int


def oracle(
    asns: list[int], shutdown: list[bool], edges: list[list[int]], origins: set[int]
) -> tuple[list[Route | None], list[list[tuple[int, ...]]]]:
    """Best routes and all accepted AS paths by speaker, by synchronous rounds until nothing changes."""
    best: list[Route | None] = [
        Route(100, (), False, ORIGINATED, 0) if n in origins else None for n in range(len(asns))
    ]
    while True:
        known: list[list[Route]] = []
        for speaker, sources in enumerate(edges):
            found: list[Route] = []
            for rank, source in enumerate(sources):
                theirs = best[source] if source != ABSENT else None
                if theirs is None or asns[speaker] in (asns[source], *theirs.path):
                    continue
                marked = theirs.marked or shutdown[source] or shutdown[speaker]
                found.append(Route(0 if marked else 100, (asns[source], *theirs.path), marked, source, rank))
            known.append(found)
        after = [
            best[n] if n in origins else min(known[n], key=lambda r: (-r.local_pref, len(r.path), r.rank), default=None)
            for n in range(len(asns))
        ]
        if after == best:
            return best, [[route.path for route in found] for found in known]
        best = after


class Case(NamedTuple):
    asns: list[int]
    shutdown: list[bool]
    edges: list[list[int]]
    origins: set[int]
    cut: set[tuple[int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Random graphs with ASNs shared between speakers, some of them in shutdown, and links to be cut."""
    size = draw(st.integers(2, 9))
    asns = draw(st.lists(st.integers(1, max(2, size - 1)), min_size=size, max_size=size))
    shutdown = draw(st.lists(st.sampled_from([False, False, False, True]), min_size=size, max_size=size))
    pairs = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=20))
    links = [(a, b) for a, b in pairs if a != b]
    edges: list[list[int]] = [[] for _ in range(size)]
    for a, b in links:
        edges[a].append(b)
        edges[b].append(a)
    for sources in edges:
        sources.sort()
    origins = draw(st.sets(st.integers(0, size - 1), min_size=1, max_size=2))
    cut = draw(st.sets(st.sampled_from(links), max_size=3)) if links else set()
    return Case(asns, shutdown, edges, origins, cut)


def same(case: Case, edges: list[list[int]], table: AttributeTable, settled: Spread) -> None:
    """The spread must be what the oracle says, best paths and all received paths."""
    best, known = oracle(case.asns, case.shutdown, edges, case.origins)
    shape = graph(case.asns, case.shutdown, edges)
    for speaker, expected in enumerate(best):
        number = settled.attributes[speaker]
        if expected is None:
            assert number == NOTHING
            continue
        if expected.came_from == ORIGINATED:
            assert settled.via[speaker] == ORIGINATED
            continue
        value = table.values[number]
        assert (value.local_pref, value.as_path) == (expected.local_pref, expected.path)
        assert settled.via[speaker] == expected.rank
        paths = [table.paths[n] for _, n in offers(shape, table, settled, speaker)]
        assert paths == known[speaker]


@settings(max_examples=300, deadline=None)
@given(cases())
def test_spread_is_what_a_plain_path_vector_settles_on(case: Case) -> None:
    table = AttributeTable()
    own = table.intern(Attributes(weight=LOCAL_WEIGHT))
    settled = spread(graph(case.asns, case.shutdown, case.edges), table, dict.fromkeys(case.origins, own))
    assert isinstance(settled, Spread)
    same(case, case.edges, table, settled)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_respreading_after_a_cut_equals_starting_anew(case: Case) -> None:
    table = AttributeTable()
    own = table.intern(Attributes(weight=LOCAL_WEIGHT))
    healthy = spread(graph(case.asns, case.shutdown, case.edges), table, dict.fromkeys(case.origins, own))
    assert isinstance(healthy, Spread)
    before = (list(healthy.attributes), list(healthy.via))
    reduced: list[list[int]] = []
    gone: list[tuple[int, int]] = []
    for speaker, sources in enumerate(case.edges):
        kept = [ABSENT if {(speaker, s), (s, speaker)} & case.cut else s for s in sources]
        gone += [(speaker, position) for position, s in enumerate(kept) if s == ABSENT]
        reduced.append(kept)
    settled = respread(graph(case.asns, case.shutdown, reduced), table, healthy, gone, None)
    assert isinstance(settled, Spread)
    assert (healthy.attributes, healthy.via) == before, "the healthy spread is shared and must not change"
    same(case, reduced, table, settled)


FABRICS = {
    name: compiled(region).blueprint
    for name, region in {
        "three stages": small(spines=2, leaves=3),
        "unnumbered": small(spines=3, leaves=2, underlay="unnumbered"),
        "five stages": small(pods=2, spines=2, leaves=2, super_spines=2),
        "planes": small(pods=2, spines=2, leaves=2, super_spines=4, planes=2),
        "border": small(spines=2, leaves=2, border=True, tenants=2),
    }.items()
}


def underlay_hops(blueprint: Blueprint, failures: Failures) -> dict[tuple[str, str], set[str]]:
    """(device, loopback) -> interfaces used, by a path vector over the cables with one state per prefix."""
    asns = {d.name: d.network_instances[0].bgp.asn for d in blueprint.devices if d.network_instances[0].bgp}
    links: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for wire in blueprint.wires:
        dead = wire.key in failures.links or {wire.a_device, wire.b_device} & failures.devices
        if wire.kind == "fabric" and not dead:
            links[wire.a_device].append((wire.b_device, wire.a_port))
            links[wire.b_device].append((wire.a_device, wire.b_port))
    found: dict[tuple[str, str], set[str]] = {}
    for device in blueprint.devices:
        if device.name in failures.devices:
            continue
        best: dict[str, tuple[int, ...]] = {device.name: ()}
        changed = True
        while changed:
            changed = False
            for name in asns:
                if name == device.name:
                    continue
                paths = [
                    (asns[other], *best[other])
                    for other, _ in links[name]
                    if other in best and asns[name] not in (asns[other], *best[other])
                ]
                choice = min(paths, key=lambda p: (len(p), p), default=None)
                if choice is not None and (name not in best or len(choice) < len(best[name])):
                    best[name], changed = choice, True
        loopbacks = next(i.addresses for i in device.interfaces if i.kind == "loopback")
        for name in asns:
            if name in best and name != device.name:
                hops = {
                    port
                    for other, port in links[name]
                    if other in best
                    and len(best[other]) + 1 == len(best[name])
                    and asns[name] not in (asns[other], *best[other])
                }
                found.update({(name, loopback): hops for loopback in loopbacks})
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_next_hops_to_loopbacks_are_all_shortest_paths_under_any_failures(data: st.DataObject) -> None:
    blueprint = FABRICS[data.draw(st.sampled_from(sorted(FABRICS)))]
    wires = [w.key for w in blueprint.wires if w.kind == "fabric"]
    failures = Failures(
        links=frozenset(data.draw(st.sets(st.sampled_from(wires), max_size=4))),
        devices=frozenset(data.draw(st.sets(st.sampled_from([d.name for d in blueprint.devices]), max_size=2))),
    )
    state = simulate(blueprint, failures, ["routes"])
    loopbacks = {a for d in blueprint.devices for i in d.interfaces if i.kind == "loopback" for a in i.addresses}
    found = {
        (row.device, row.prefix): {hop.rpartition("%")[2] for hop in row.next_hops}
        for row in state.routes
        if row.vrf == "default" and row.prefix in loopbacks
    }
    assert found == underlay_hops(blueprint, failures)
