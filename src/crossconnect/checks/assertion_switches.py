"""Assertions about the ways between switches: how many equal-cost paths, how many of them share no cable, how long.

The ways are those of packets to the far switch's loopback addresses, hop by hop as the routing tables have them. A pair
one of whose switches has itself failed is not counted: the assertion is about what lies between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from crossconnect.checks.assertion import CounterExample, Judgement
from crossconnect.checks.assertion_world import World
from crossconnect.checks.grouping import count_text
from crossconnect.checks.subject import evidence_of
from crossconnect.model.promise import Promise, end_parts, possible_words
from crossconnect.net import address_of, host_prefix, version_of
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.topology import DEFAULT


class Edge(NamedTuple):
    """A next hop: the cable that is used, and the switch at its other end."""

    wire: str
    device: str


Ways = Mapping[str, tuple[Edge, ...]]
"""Switch -> its next hops on the way to one address."""


def members(world: World, text: str) -> frozenset[str]:
    """Devices that an end names: a switch, an external router, all switches of a rack, pod, role or site."""
    written, name = end_parts(text)
    blueprint = world.subject.blueprint
    for word in (written,) if written else possible_words(name):
        if word in ("device", "leaf"):
            found = [d.name for d in blueprint.devices if d.name == name and (word == "device" or d.vtep)]
        elif word == "peer":
            found = [peer.name for peer in blueprint.peers if peer.name == name]
        elif word in ("rack", "pod", "role", "site"):
            found = [d.name for d in blueprint.devices if getattr(d, word) == name]
        else:
            found = []
        if found:
            return frozenset(found)
    return frozenset()


def judge_ways(world: World, promise: Promise) -> Judgement:
    """`width` or `length` in one state."""
    sources, destinations = members(world, promise.source), members(world, promise.destination)
    unknown = tuple(t for t, found in ((promise.source, sources), (promise.destination, destinations)) if not found)
    if unknown:
        return Judgement(unknown=unknown)
    subject = world.subject
    pairs = packets = 0
    versions: set[int] = set()
    for destination in sorted(filter(subject.up, destinations)):
        near = [name for name in sorted(sources) if name != destination and subject.up(name)]
        pairs += len(near)
        for address in _loopbacks(world, destination):
            versions.add(version_of(address))
            ways = ways_to(world.forwarder.tables, address, destination)
            for source in near:
                packets += 1
                reason = _judged(promise, ways, source, destination, address)
                if reason:
                    counter = _counter(world, source, destination, address, reason)
                    return Judgement(
                        pairs=pairs,
                        pairs_total=pairs,
                        packets=packets,
                        versions=tuple(sorted(versions)),
                        counter_example=counter,
                    )
    same = sources == destinations and len(sources) == 1
    return Judgement(
        pairs=pairs,
        pairs_total=pairs,
        packets=packets,
        versions=tuple(sorted(versions)),
        untested="there are no two different switches in it" if same else "",
    )


def _loopbacks(world: World, device: str) -> list[str]:
    return [
        address_of(address)
        for interface in world.subject.layout.devices[device].interfaces
        if interface.kind == "loopback" and interface.network_instance == DEFAULT
        for address in interface.addresses
    ]


def ways_to(tables: Fib, address: str, destination: str) -> Ways:
    """Next hops of every switch towards an address of `destination`, those over which packets do get there."""
    next_hops = {name: tuple(_edges(tables, name, address)) for name in tables.topology.devices if name in tables.up}
    useful: dict[str, tuple[Edge, ...]] = {destination: ()}
    while True:  # backwards from the destination, a ring of switches at a time
        further = {
            name: tuple(edge for edge in edges if edge.device in useful)
            for name, edges in next_hops.items()
            if name not in useful and any(edge.device in useful for edge in edges)
        }
        if not further:
            break
        useful |= further
    return {
        name: tuple(edge for edge in next_hops.get(name, ()) if edge.device in useful) if name != destination else ()
        for name in useful
    }


def _edges(tables: Fib, device: str, address: str) -> list[Edge]:
    table = tables.routes.get((device, DEFAULT))
    route = table.lookup(address) if table is not None else None
    edges: list[Edge] = []
    for hop in route.next_hops if route is not None and route.protocol != "connected" else ():
        interface = hop.rpartition("%")[2]
        wire = tables.wire_of(device, interface)
        if wire is None or not tables.interface_up(device, interface):
            continue
        other, port = (wire.a_device, wire.a_port) if wire.b_device == device else (wire.b_device, wire.b_port)
        if other in tables.up and tables.interface_up(other, port):
            edges.append(Edge(wire.key, other))
    return edges


def _judged(promise: Promise, ways: Ways, source: str, destination: str, address: str) -> str:
    """What is wrong with the ways of one pair, or empty."""
    who = f"{source} to {destination} ({address})"
    if source not in ways:
        return f"{who}: no way"
    if promise.kind == "width":
        if len(ways[source]) < promise.paths:
            return f"{who}: {count_text(len(ways[source]), 'equal-cost path')}, {promise.paths} promised"
        if promise.disjoint:
            found = disjoint_paths(ways, source, destination)
            if found < promise.paths:
                return f"{who}: {count_text(found, 'path')} without a common cable, {promise.paths} promised"
        return ""
    shortest, longest = lengths(ways, source, destination)
    wrong = longest > promise.hops or (promise.exactly and shortest != promise.hops)
    span = str(longest) if shortest == longest else f"{shortest} to {longest}"
    bound = "exactly" if promise.exactly else "at most"
    return f"{who}: {span} hops, {bound} {promise.hops} promised" if wrong else ""


def disjoint_paths(ways: Ways, source: str, destination: str) -> int:
    """How many paths there are of which no two share a cable (Menger: the greatest flow with one unit per cable)."""
    used: set[tuple[str, str]] = set()
    """(switch, cable) of next hops in use."""
    count = 0
    while _augmented(ways, source, destination, used):
        count += 1
    return count


def _augmented(ways: Ways, source: str, destination: str, used: set[tuple[str, str]]) -> bool:
    """Find one more path, giving back cables of earlier ones where that helps; breadth first."""
    came: dict[str, tuple[str, str, bool]] = {source: ("", "", True)}
    backwards: dict[str, list[tuple[str, str]]] = {}
    for device, edges in ways.items():
        for edge in edges:
            if (device, edge.wire) in used:
                backwards.setdefault(edge.device, []).append((device, edge.wire))
    pending = [source]
    for device in pending:
        for edge in ways.get(device, ()):
            if (device, edge.wire) not in used and edge.device not in came:
                came[edge.device] = (device, edge.wire, True)
                pending.append(edge.device)
        for before, wire in backwards.get(device, ()):
            if before not in came:
                came[before] = (device, wire, False)
                pending.append(before)
    if destination not in came:
        return False
    here = destination
    while here != source:
        before, wire, forwards = came[here]
        if forwards:
            used.add((before, wire))
        else:
            used.discard((here, wire))
        here = before
    return True


def lengths(ways: Ways, source: str, destination: str) -> tuple[int, int]:
    """Fewest and most cables of a path. A loop counts as longer than any bound, since packets in it never arrive."""
    known: dict[str, tuple[int, int]] = {destination: (0, 0)}
    endless = 1 << 16

    def walk(device: str, above: frozenset[str]) -> tuple[int, int]:
        if device in above:
            return endless, endless
        if device not in known:
            found = [walk(edge.device, above | {device}) for edge in ways.get(device, ())]
            known[device] = (
                1 + min((low for low, _ in found), default=endless),
                1 + max((high for _, high in found), default=endless),
            )
        return known[device]

    return walk(source, frozenset())


def _counter(world: World, source: str, destination: str, address: str, reason: str) -> CounterExample:
    route = world.subject.routes.get((source, DEFAULT), {}).get(host_prefix(address))
    return CounterExample(
        reason=reason,
        source=source,
        destination=destination,
        address=address,
        rows=evidence_of("routes", [route]) if route is not None else (),
    )
