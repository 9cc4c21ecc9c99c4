"""What the simulation says of a drill before it is run: which pairs cross its target, and which of them survive."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design.blueprint import Blueprint, Endpoint, Wire
from crossconnect.drills.catalogue import failures_of, touched
from crossconnect.drills.choice import Candidate, address_in, choose_flows, scope_of
from crossconnect.drills.definition import Drill, PredictedFlow, Prediction
from crossconnect.simulate.failures import Failures
from crossconnect.simulate.fib import fib
from crossconnect.simulate.forwarding import Forwarder, Trace, Verdict
from crossconnect.simulate.simulation import simulate

PAIRS_MAX = 4000
"""Pairs asked about. A drill runs a handful of flows; this many leave it a choice in every VRF."""

_TABLES = ("devices", "interfaces", "routes", "evpn_routes", "vnis", "macs")


def predict(blueprint: Blueprint, drill: Drill) -> tuple[PredictedFlow, ...]:
    """The flows that a drill runs, with what is to become of each; empty when nothing crosses its target."""
    return choose_flows(drill, candidates(blueprint, drill))


def candidates(blueprint: Blueprint, drill: Drill) -> tuple[Candidate, ...]:
    """Pairs of endpoints that talk without failure and of which the outcome under the drill's event is certain."""
    target = touched(blueprint, drill.event, drill.target)
    healthy = _forwarder(blueprint, Failures())
    broken = _forwarder(blueprint, failures_of(blueprint, drill.event, drill.target))
    wires = _wires(blueprint)
    found: list[Candidate] = []
    for source, destination, version in _pairs(blueprint, _ends(blueprint, target)):
        address = address_in(destination, version)
        before = healthy.trace(source, address)
        prediction = _prediction(broken.send(source, address), destination.host)
        if prediction is None or _prediction(before.verdict, destination.host) != "survive":
            continue
        crosses = bool(target & elements(before, wires))
        found.append(
            Candidate(source=source, destination=destination, version=version, crosses=crosses, prediction=prediction)
        )
    return tuple(found)


def elements(trace: Trace, wires: dict[frozenset[str], tuple[str, ...]]) -> frozenset[str]:
    """Devices and wires of all branches of a trace. Parallel wires are all in it: ECMP uses them alike."""
    found: set[str] = set()
    for step in trace.steps:
        found.add(step.device)
        if step.action == "tunnel":
            continue  # what follows a tunnel is its far end, and no cable leads there
        for number in step.next:
            found.update(wires.get(frozenset((step.device, trace.steps[number].device)), ()))
    return frozenset(found)


def _forwarder(blueprint: Blueprint, failures: Failures) -> Forwarder:
    return Forwarder(fib(blueprint, simulate(blueprint, failures, _TABLES)))


def _wires(blueprint: Blueprint) -> dict[frozenset[str], tuple[str, ...]]:
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for wire in blueprint.wires:
        ends = frozenset((wire.a_device, wire.b_device))
        found[ends] = (*found.get(ends, ()), wire.key)
    return found


def _ends(blueprint: Blueprint, target: frozenset[str]) -> frozenset[str]:
    """Devices that are the target, or at an end of a wire that is."""
    ends = {d for w in blueprint.wires if w.key in target for d in _devices(w)}
    return frozenset(ends | target)


def _devices(wire: Wire) -> tuple[str, str]:
    return wire.a_device, wire.b_device


def _prediction(verdict: Verdict, host: str) -> Prediction | None:
    """None where it depends on a flow's hash: no single flow could then be held to it."""
    if verdict.outcome == "delivered" and verdict.recipients == {host}:
        return "survive"
    return "cut" if verdict.outcome == "dropped" else None


def _pairs(blueprint: Blueprint, near: frozenset[str]) -> Iterator[tuple[Endpoint, Endpoint, int]]:
    """Ordered pairs of endpoints of different hosts in one VRF or layer-2 segment, at most `PAIRS_MAX` in all; hosts
    attached to what will be broken come first."""
    realms: dict[str, list[Endpoint]] = {}
    hosts = sorted(blueprint.hosts, key=lambda h: not near.intersection(h.leaves))
    for host in hosts:
        for endpoint in host.endpoints:
            realms.setdefault(scope_of(endpoint), []).append(endpoint)
    endpoints_max = max(2, int((PAIRS_MAX / max(len(realms), 1)) ** 0.5))
    for endpoints in realms.values():
        chosen = endpoints[:endpoints_max]
        for source in chosen:
            for destination in chosen:
                if source.host == destination.host:
                    continue
                for version in (4, 6):
                    if address_in(source, version) and address_in(destination, version):
                        yield source, destination, version
