"""Carrying a drill out on a running lab.

predict -> state before -> flows proven -> | flows run ........................ | -> heal -> state as before?
                                           | clean | event | survive or be cut |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.drills.catalogue import simulated_state, touched
from crossconnect.drills.choice import Candidate, address_in, choose_flows
from crossconnect.drills.definition import Drill, PredictedFlow
from crossconnect.drills.expectation import candidates
from crossconnect.drills.measurement import Carried, FlowTrace, healed, judge, measure_flow, unproven, with_broken_state
from crossconnect.drills.result import BrokenState, DrillResult, HealResult
from crossconnect.lab import flows as lab_flows
from crossconnect.lab.collection import collect_state
from crossconnect.lab.convergence import wait_converged
from crossconnect.lab.failure import Failure, heal
from crossconnect.lab.handle import Lab
from crossconnect.lab.strike import Ports, send, strike
from crossconnect.state.difference import Difference, row_text
from crossconnect.state.tables import TABLES, State

Progress = Callable[[str], None]

WARM_UP_S = 0.3
WARM_UP_RATE = 100
WARM_UP_TRIES = 10
"""Hosts resolve their gateways, leaves learn MACs, EVPN spreads them: ten seconds are plenty."""
PROBE_PACKETS = 300
PROBE_SHARE = 0.7
"""Of one flow's packets: what the target must carry in a probe, beyond keepalives."""
KEEPALIVES_PER_PORT_S = 6
"""BFD every 300 ms, BGP, LACP, ARP and neighbour discovery; a probe may take seconds on a busy machine."""
REPEATS_MAX = 2
CHOICES_MAX = 4
"""Sets of flows tried. One set of eight misses one of two equal paths once in 256 times, one of four once in ten."""
BROKEN_TIMEOUT_S = 30.0
HEAL_TIMEOUT_S = 90.0
UML_FLOWS_MAX, UML_PACKETS_PER_SECOND = 4, 200
"""User-mode-linux is one processor, several times slower: eight flows of 1,000 packets per second lost nearly all."""
RESTORED_TABLES = tuple(name for name in TABLES if name not in ("lldp", "devices"))
"""LLDP comes back at its own pace, up to half a minute, and carries no traffic; devices show in all other tables."""
DIFFERENCES_MAX = 20


def run_drill(lab: Lab, blueprint: Blueprint, drill: Drill, *, progress: Progress | None = None) -> DrillResult:
    """Inject the drill's failure under traffic, measure, heal, and judge.

    What was broken is healed however this ends, Ctrl-C included. A run that proves nothing is repeated: a busy machine
    may drop a packet before the event or inject it late, and flows may move off the target in the last moment. A run
    that proves something is not, whatever it proves. Raises Unreachable when the lab does not answer.
    """
    say = progress or _silent
    drill = paced(drill, lab.record.backend)
    found = candidates(blueprint, drill)
    before = collect_state(lab, RESTORED_TABLES)
    result = _run_once(lab, blueprint, drill, found, before, say)
    for _ in range(REPEATS_MAX):
        if result.verdict != "proves-nothing" or not result.flows:
            break
        say(f"this proves nothing ({'; '.join(result.reasons)}): again")
        result = _run_once(lab, blueprint, drill, found, before, say)
    return result


def _run_once(
    lab: Lab, blueprint: Blueprint, drill: Drill, found: Sequence[Candidate], before: State, say: Progress
) -> DrillResult:
    ports = _ports(blueprint, touched(blueprint, drill.event, drill.target))
    say(f"{drill.name}: proving that flows run, over what will be broken")
    predicted, reason = _proven_flows(lab, drill, found, ports)
    if reason:
        say(f"nothing was broken: {reason}")
        return unproven(drill, reason)
    say(f"{drill.text} under {len(predicted)} flows of {drill.packets_per_second} packets per second")
    try:
        result = _measure(lab, blueprint, drill, predicted, ports)
        if (expected := simulated_state(blueprint, drill, RESTORED_TABLES)) is not None:
            say("comparing what is left with the simulation")
            result = with_broken_state(result, _compare_broken(lab, expected))
    finally:
        say("healing")
        started = time.monotonic()
        heal(lab, Failure(kind=drill.event, target=drill.target))
    return healed(result, _wait_healed(lab, predicted, before, started))


def paced(drill: Drill, backend: str) -> Drill:
    """The drill with no more traffic than the lab's backend carries."""
    if backend != "uml":
        return drill
    return msgspec.structs.replace(
        drill,
        flows_max=min(drill.flows_max, UML_FLOWS_MAX),
        packets_per_second=min(drill.packets_per_second, UML_PACKETS_PER_SECOND),
    )


def _proven_flows(
    lab: Lab, drill: Drill, found: Sequence[Candidate], ports: Ports
) -> tuple[tuple[PredictedFlow, ...], str]:
    """Flows that run and of which some go over the target, or the reason why there are none.

    Which of its equal paths a flow takes is the kernel's hash, so that others are tried when none goes over the target.
    """
    reason = "no flow crosses what would be broken"
    for _ in range(CHOICES_MAX):
        predicted = choose_flows(drill, found)
        if not predicted:
            break
        if silent := _warm_up(lab, predicted):
            return (), f"{len(silent)} flows do not run, such as {silent[0].flow.text}"
        rate = drill.packets_per_second
        began = time.monotonic()
        probe = send(lab, _specs(predicted, rate), PROBE_PACKETS / rate, ports)
        keepalives = KEEPALIVES_PER_PORT_S * (time.monotonic() - began) * sum(len(names) for _, names in ports)
        if probe.carried > PROBE_PACKETS * PROBE_SHARE + keepalives:
            return predicted, ""
        reason = "no flow went over what would be broken, although all of them may"
        tried = {(p.flow.source_address, p.flow.destination_address) for p in predicted}
        found = [
            c for c in found if (address_in(c.source, c.version), address_in(c.destination, c.version)) not in tried
        ]
    return (), reason


def _measure(
    lab: Lab, blueprint: Blueprint, drill: Drill, predicted: Sequence[PredictedFlow], ports: Ports
) -> DrillResult:
    failure = Failure(kind=drill.event, target=drill.target)
    specs = _specs(predicted, drill.packets_per_second)
    struck = strike(lab, specs, failure, (drill.before_s, drill.after_s), ports)
    traces = {t.number: t for t in struck.traces}
    event = struck.injection.begin_ns
    results = tuple(measure_flow(p, _trace(traces.get(p.flow.number)), event) for p in predicted)
    sent = [t for trace in struck.traces for t in (trace.sent_ns[:1] + trace.sent_ns[-1:])]
    window = ((min(sent) - event) / 1e6, (max(sent) - event) / 1e6) if sent else (0.0, 0.0)
    avoidable = drill.event == "drain" and not _attached(blueprint, predicted) & {drill.target}
    carried = Carried(before=struck.carried, late=struck.carried_late if avoidable else None)
    injection_ms = (struck.injection.end_ns - event) / 1e6
    return judge(drill, results, injection_ms, window, carried)


def _attached(blueprint: Blueprint, predicted: Sequence[PredictedFlow]) -> set[str]:
    """Leaves of the flows' hosts: these cannot be drained of them."""
    hosts = {p.flow.source for p in predicted} | {p.flow.destination for p in predicted}
    return {leaf for host in blueprint.hosts if host.name in hosts for leaf in host.leaves}


def _trace(trace: lab_flows.FlowTrace | None) -> FlowTrace:
    if trace is None:
        return FlowTrace(sent_ns=(), arrived_ns={})
    return FlowTrace(sent_ns=trace.sent_ns, arrived_ns=trace.arrived, duplicated=trace.duplicated)


def _specs(predicted: Sequence[PredictedFlow], packets_per_second: int) -> tuple[lab_flows.FlowSpec, ...]:
    return tuple(
        lab_flows.FlowSpec(
            number=p.flow.number,
            source=p.flow.source,
            destination=p.flow.destination,
            source_address=p.flow.source_address,
            destination_address=p.flow.destination_address,
            source_port=p.flow.source_port,
            destination_port=p.flow.destination_port,
            packets_per_second=packets_per_second,
            source_interface=p.flow.source_interface,
        )
        for p in predicted
    )


def _warm_up(lab: Lab, predicted: Sequence[PredictedFlow]) -> list[PredictedFlow]:
    """Send a few packets on every flow until nothing is lost; those that still lost some at the last try."""
    specs = _specs(predicted, WARM_UP_RATE)
    silent = list(predicted)
    for _ in range(WARM_UP_TRIES):
        traces = {t.number: t for t in send(lab, specs, WARM_UP_S, ()).traces}
        silent = [p for p in predicted if not _is_clean(traces.get(p.flow.number))]
        if not silent:
            break
    return silent


def _is_clean(trace: lab_flows.FlowTrace | None) -> bool:
    if trace is None or not trace.sent_ns or trace.send_errors:
        return False
    return len(trace.arrived) == len(trace.sent_ns)


def _ports(blueprint: Blueprint, target: frozenset[str]) -> Ports:
    """Where the target's packets are counted: all cabled ports of a device, a cable's port of the upper switch."""
    found = [(w.b_device, (w.b_port,)) for w in blueprint.wires if w.key in target]
    ends = [(w.a_device, w.a_port) for w in blueprint.wires] + [(w.b_device, w.b_port) for w in blueprint.wires]
    found += [(name, tuple(port for device, port in ends if device == name)) for name in sorted(target)]
    return tuple((device, names) for device, names in found if names)


def _compare_broken(lab: Lab, expected: State) -> BrokenState:
    convergence = wait_converged(lab, expected, tables=RESTORED_TABLES, timeout_s=BROKEN_TIMEOUT_S)
    return BrokenState(
        rows=sum(len(getattr(expected, name)) for name in RESTORED_TABLES),
        as_simulated=convergence.converged,
        differences=_rows(convergence.differences),
    )


def _wait_healed(lab: Lab, predicted: Sequence[PredictedFlow], before: State, started: float) -> HealResult:
    """Wait until the tables are as they were, then see whether every flow runs again."""
    convergence = wait_converged(lab, before, tables=RESTORED_TABLES, timeout_s=HEAL_TIMEOUT_S)
    return HealResult(
        state_restored=convergence.converged,
        seconds=time.monotonic() - started,
        differences=_rows(convergence.differences),
        flows_restored=not _warm_up(lab, predicted),
    )


def _rows(differences: Sequence[Difference]) -> tuple[str, ...]:
    """Rows that differ, `-` wanted and missing, `+` there and not wanted."""
    rows: list[str] = []
    for d in differences:
        rows += [f"{d.table} -{row_text(row)}" for row in d.only_a]
        rows += [f"{d.table} +{row_text(row)}" for row in d.only_b]
        rows += [f"{d.table} {row_text(c.a)} -> {row_text(c.b)}" for c in d.changed]
    return tuple(rows[:DIFFERENCES_MAX])


def _silent(message: str) -> None:
    del message
