"""Carrying a drill out on a running lab.

predict -> state before -> flows proven -> | flows run ........................ | -> heal -> state as before?
                                           | clean | event | survive or be cut |
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

from crossconnect.design.blueprint import Blueprint
from crossconnect.drills.catalogue import touched
from crossconnect.drills.definition import Drill, PredictedFlow
from crossconnect.drills.expectation import predict
from crossconnect.drills.measurement import FlowTrace, healed, judge, measure_flow
from crossconnect.drills.result import DrillResult, HealResult
from crossconnect.lab import flows as lab_flows
from crossconnect.lab.collection import collect_state
from crossconnect.lab.convergence import wait_converged
from crossconnect.lab.failure import Failure, apply_failure, heal
from crossconnect.lab.handle import Lab
from crossconnect.state.difference import row_text
from crossconnect.state.tables import TABLES, State

Progress = Callable[[str], None]

WARM_UP_S = 0.3
WARM_UP_TRIES = 20
"""Hosts resolve their gateways, leaves learn MACs, EVPN spreads them: six seconds are plenty."""
LEAD_S = 0.5
"""Flows run this much longer than asked for: what an injection takes must not come off the time after it."""
HEAL_TIMEOUT_S = 90.0
RESTORED_TABLES = tuple(name for name in TABLES if name != "lldp")
"""LLDP comes back at its own pace, up to half a minute, and carries no traffic."""
DIFFERENCES_MAX = 20


def run_drill(lab: Lab, blueprint: Blueprint, drill: Drill, *, progress: Progress | None = None) -> DrillResult:
    """Inject the drill's failure under traffic, measure, heal, and judge.

    What was broken is healed however this ends, Ctrl-C included. Raises Unreachable when the lab does not answer.
    """
    say = progress or _silent
    predicted = predict(blueprint, drill)
    if not predicted:
        return judge(drill, (), 0.0, (0.0, 0.0))
    before = collect_state(lab, RESTORED_TABLES)
    say(f"proving that {len(predicted)} flows run")
    _warm_up(lab, predicted)
    failure = Failure(kind=drill.event, target=drill.target)
    say(f"{drill.text} under {len(predicted)} flows of {drill.packets_per_second} packets per second")
    try:
        result = _measure(lab, blueprint, drill, predicted, failure)
    finally:
        say("healing")
        started = time.monotonic()
        heal(lab, failure)
    return healed(result, _wait_healed(lab, predicted, before, started))


def _measure(
    lab: Lab, blueprint: Blueprint, drill: Drill, predicted: Sequence[PredictedFlow], failure: Failure
) -> DrillResult:
    target = touched(blueprint, drill.event, drill.target)
    specs = _specs(predicted, drill.packets_per_second)
    run = lab_flows.start_flows(lab, specs, drill.before_s + drill.after_s + LEAD_S)
    began = time.monotonic()
    count = _carried(lab, blueprint, target)
    time.sleep(max(0.0, drill.before_s - (time.monotonic() - began)))
    crossed = _carried(lab, blueprint, target) - count
    injection = apply_failure(lab, failure)
    traces = {t.number: t for t in lab_flows.finish_flows(run)}
    event = injection.begin_ns
    results = tuple(measure_flow(p, _trace(traces.get(p.flow.number)), event) for p in predicted)
    sent = [t for trace in traces.values() for t in (trace.sent_ns[:1] + trace.sent_ns[-1:])]
    window = ((min(sent) - event) / 1e6, (max(sent) - event) / 1e6) if sent else (0.0, 0.0)
    return judge(drill, results, (injection.end_ns - injection.begin_ns) / 1e6, window, crossed)


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


def _warm_up(lab: Lab, predicted: Sequence[PredictedFlow], tries: int = WARM_UP_TRIES) -> bool:
    """Send a few packets on every flow until nothing is lost; whether that came about."""
    specs = _specs(predicted, 100)
    for _ in range(tries):
        traces = lab_flows.finish_flows(lab_flows.start_flows(lab, specs, WARM_UP_S))
        if len(traces) == len(specs) and all(t.sent_ns and len(t.arrived) == len(t.sent_ns) for t in traces):
            return True
    return False


def _carried(lab: Lab, blueprint: Blueprint, target: frozenset[str]) -> int:
    """Packets that the target has sent so far: a device out of all its ports, a cable in both directions."""
    total = 0
    for wire in blueprint.wires:
        if wire.key in target:
            total += sum(_packets(lab, wire.b_device, {wire.b_port}))
    for device in blueprint.devices:
        if device.name in target:
            ports = {i.name for i in device.interfaces if i.kind == "ethernet"}
            total += _packets(lab, device.name, ports)[0]
    return total


def _packets(lab: Lab, device: str, ports: set[str]) -> tuple[int, int]:
    """(sent, received) over ports and their subinterfaces, by the kernel's counters."""
    done = lab.run(device, ("ip", "-s", "-j", "link", "show"))
    links = json.loads(done.stdout) if done.returncode == 0 and done.stdout else []
    counted = [link["stats64"] for link in links if link.get("ifname", "").partition(".")[0] in ports]
    return sum(c["tx"]["packets"] for c in counted), sum(c["rx"]["packets"] for c in counted)


def _wait_healed(lab: Lab, predicted: Sequence[PredictedFlow], before: State, started: float) -> HealResult:
    """Wait until the tables are as they were, then see whether every flow runs again."""
    convergence = wait_converged(lab, before, tables=RESTORED_TABLES, timeout_s=HEAL_TIMEOUT_S)
    seconds = time.monotonic() - started
    rows: list[str] = []
    for d in convergence.differences:
        rows += [f"{d.table} -{row_text(row)}" for row in d.only_a]
        rows += [f"{d.table} +{row_text(row)}" for row in d.only_b]
        rows += [f"{d.table} {row_text(c.a)} -> {row_text(c.b)}" for c in d.changed]
    return HealResult(
        state_restored=convergence.converged,
        seconds=seconds,
        differences=tuple(rows[:DIFFERENCES_MAX]),
        flows_restored=_warm_up(lab, predicted),
    )


def _silent(message: str) -> None:
    del message
