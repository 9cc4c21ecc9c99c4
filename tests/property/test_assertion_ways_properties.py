"""Ways through traces and between switches against plain enumeration of every path."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from crossconnect.checks.assertion_switches import Edge, Ways, disjoint_paths, lengths
from crossconnect.checks.packet_ways import arrives_avoiding, delivered, first_passed
from crossconnect.simulate.trace import Drop, Step, Trace, Verdict

NOWHERE = Verdict(frozenset(), frozenset({Drop("d0", "no route")}), 1500)


@st.composite
def fabrics(draw: st.DrawFn) -> Ways:
    """Next hops without loops: each switch may use cables to later ones, several to the same one."""
    count = draw(st.integers(2, 6))
    ways: dict[str, tuple[Edge, ...]] = {}
    for near in range(count):
        later = st.lists(st.integers(near + 1, count - 1), max_size=4) if near + 1 < count else st.just([])
        ways[f"d{near}"] = tuple(Edge(f"w{near}-{n}", f"d{far}") for n, far in enumerate(draw(later)))
    # Only what leads to the last one is a way to it.
    useful = {f"d{count - 1}"}
    for near in reversed(range(count - 1)):
        edges = tuple(edge for edge in ways[f"d{near}"] if edge.device in useful)
        ways[f"d{near}"] = edges
        if edges:
            useful.add(f"d{near}")
    return {name: edges for name, edges in ways.items() if name in useful}


def paths(ways: Ways, source: str, destination: str) -> Iterator[tuple[str, ...]]:
    """Every path as its cables."""
    if source == destination:
        yield ()
    for edge in ways.get(source, ()):
        for rest in paths(ways, edge.device, destination):
            yield (edge.wire, *rest)


@given(fabrics())
def test_width_and_length_are_those_of_enumerated_paths(ways: Ways) -> None:
    source, destination = "d0", max(ways)
    found = list(paths(ways, source, destination)) if source in ways else []
    if not found:
        return
    assert lengths(ways, source, destination) == (min(map(len, found)), max(map(len, found)))
    cables = sorted({wire for path in found for wire in path})
    # Menger: as many disjoint paths as cables must be cut to separate the two.
    cut = next(
        size
        for size in range(len(cables) + 1)
        if any(all(set(path) & set(gone) for path in found) for gone in itertools.combinations(cables, size))
    )
    assert disjoint_paths(ways, source, destination) == cut


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Steps that only lead to later ones; some are tunnels with an underlay of their own behind all others."""
    count = draw(st.integers(1, 6))
    outer: list[Step] = []
    inner: list[Step] = []
    for number in range(count):
        device = f"d{draw(st.integers(0, 3))}"
        later = draw(st.lists(st.integers(number + 1, count), min_size=1, max_size=3, unique=True))
        tunnel = -1
        if draw(st.booleans()):
            tunnel = count + 2 + len(inner)
            middle = f"s{draw(st.integers(0, 2))}"
            end = draw(st.sampled_from(("deliver", "drop")))
            inner.append(Step(tunnel, middle, "forward", "", (tunnel + 1,), -1, NOWHERE))
            inner.append(Step(tunnel + 1, f"v{number}", end, "", (), -1, NOWHERE))  # type: ignore[arg-type]
        outer.append(Step(number, device, "tunnel" if tunnel >= 0 else "route", "", tuple(later), tunnel, NOWHERE))
    last = draw(st.sampled_from(("deliver", "drop")))
    outer.append(Step(count, "host", last, "", (), -1, NOWHERE))  # type: ignore[arg-type]
    outer.append(Step(count + 1, "nobody", "drop", "", (), -1, NOWHERE))
    return Trace(source="a", destination="b", steps=(*outer, *inner))


def walks(trace: Trace, number: int) -> Iterator[tuple[str, ...]]:
    """Devices of every way on which a packet arrives, the underlay's included."""
    step = trace.steps[number]
    if step.action == "drop":
        return
    if step.action == "deliver":
        yield (step.device,)
        return
    below = list(walks(trace, step.tunnel)) if step.tunnel >= 0 else [()]
    for under in below:
        for following in step.next:
            for rest in walks(trace, following):
                yield (step.device, *under, *rest)


@given(traces(), st.sets(st.sampled_from(("d0", "d1", "s0", "s1", "v0", "v1")), max_size=3))
def test_passing_and_avoiding_are_those_of_enumerated_ways(trace: Trace, devices: set[str]) -> None:
    found = list(walks(trace, 0))
    assert delivered(trace, lambda _: True) == bool(found)
    assert arrives_avoiding(trace, lambda _: True, devices) == any(not devices & set(way) for way in found)
    passed = first_passed(trace, lambda _: True, devices)
    assert bool(passed) == any(devices & set(way) for way in found)
    assert not passed or passed in devices
