"""From packets to verdicts: pure functions over the times at which packets were sent and arrived.

sent       | | | | | | | | | | | | | | | | | | | | |       one stroke per packet, by sequence number
arrived    | | | | |         |     | | | | | | | | |
                    ^ event        ^ converged  [tail]
                   |<- gap ->|
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from crossconnect.drills.definition import Drill, PredictedFlow
from crossconnect.drills.result import (
    BUCKET_MS,
    BrokenState,
    DrillResult,
    DrillVerdict,
    FlowResult,
    HealResult,
    Outcome,
)

NS_PER_MS = 1_000_000
TAIL_MS = 500.0
"""A flow has survived when it lost nothing in this time at the end of the run, and is cut when nothing arrived."""


class FlowTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded of one flow; one clock (monotonic, ns) for both hosts. Sequence number n is `sent_ns[n]`."""

    sent_ns: Sequence[int]
    arrived_ns: Mapping[int, int]
    """Sequence number -> first arrival."""
    duplicated: int = 0


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What the target carried by its own counters; None where they were not read or do not matter."""

    before: int | None = None
    """Packets before the event."""
    late: int | None = None
    """Packets at the end of the time after it, where the event must have emptied the target."""


NOT_COUNTED = Carried()


def measure_flow(predicted: PredictedFlow, trace: FlowTrace, event_ns: int) -> FlowResult:
    """Losses, longest silence and convergence of one flow around the event."""
    lost = [n for n in range(len(trace.sent_ns)) if n not in trace.arrived_ns]
    lost_ms = [(trace.sent_ns[n] - event_ns) / NS_PER_MS for n in lost]
    buckets: dict[int, int] = {}
    for ms in lost_ms:
        bucket = int(ms // BUCKET_MS)
        buckets[bucket] = buckets.get(bucket, 0) + 1
    outcome = _outcome(trace, event_ns)
    return FlowResult(
        flow=predicted.flow,
        prediction=predicted.prediction,
        crosses=predicted.crosses,
        sent=len(trace.sent_ns),
        received=len(trace.sent_ns) - len(lost),
        lost=len(lost),
        lost_before=_lost_before(trace, lost, event_ns),
        duplicated=trace.duplicated,
        longest_gap_ms=_longest_gap_ms(trace, lost, event_ns),
        converged_ms=_converged_ms(trace, lost, event_ns) if outcome == "survived" else None,
        outcome=outcome,
        lost_buckets=tuple(sorted(buckets.items())),
    )


def judge(
    drill: Drill,
    flows: Sequence[FlowResult],
    injection_ms: float,
    window_ms: tuple[float, float],
    carried: Carried = NOT_COUNTED,
) -> DrillResult:
    """The verdict over all flows, before healing: `healed` adds the way back."""
    nothing = _proves_nothing(flows)
    if carried.before is not None and carried.before < drill.packets_per_second * drill.before_s / 2:
        # ECMP may have sent every flow the other way; keepalives alone stay far below half a flow.
        nothing.append(f"no flow went over what was broken: it carried {carried.before} packets before the event")
    if flows and window_ms[1] < 1000 * drill.after_s / 2:
        nothing.append(f"the event took too long to inject: only {window_ms[1]:.0f} ms of the flows came after it")
    reasons = nothing or _differences(drill, flows)
    if not nothing and carried.late is not None and carried.late > drill.packets_per_second * drill.after_s / 8:
        reasons.append(f"{drill.target} still carries traffic: {carried.late} packets at the end")
    verdict: DrillVerdict = "proves-nothing" if nothing else "differs" if reasons else "as-predicted"
    return DrillResult(
        drill=drill,
        flows=tuple(flows),
        injection_ms=injection_ms,
        window_ms=window_ms,
        crossed=carried.before,
        verdict=verdict,
        reasons=tuple(reasons),
    )


def unproven(drill: Drill, reason: str) -> DrillResult:
    """A drill that was not carried out, because it could have proven nothing."""
    return DrillResult(
        drill=drill,
        flows=(),
        injection_ms=0.0,
        window_ms=(0.0, 0.0),
        verdict="proves-nothing",
        reasons=(f"nothing was broken: {reason}",),
    )


def with_broken_state(result: DrillResult, broken: BrokenState) -> DrillResult:
    """The result with the tables while broken judged as well: they are what the prediction was made from."""
    reasons = () if broken.as_simulated else ("while broken, the tables are not as simulated",)
    return _more(msgspec.structs.replace(result, broken=broken), reasons)


def healed(result: DrillResult, heal: HealResult) -> DrillResult:
    """The result with the way back judged as well: a network that does not return to its state failed the drill."""
    reasons: list[str] = []
    if not heal.state_restored:
        reasons.append("after healing the state is not as before")
    if not heal.flows_restored:
        reasons.append("after healing not every flow came back")
    return _more(msgspec.structs.replace(result, heal=heal), reasons)


def _more(result: DrillResult, reasons: Sequence[str]) -> DrillResult:
    verdict = "differs" if reasons and result.verdict == "as-predicted" else result.verdict
    return msgspec.structs.replace(result, verdict=verdict, reasons=(*result.reasons, *reasons))


def _outcome(trace: FlowTrace, event_ns: int) -> Outcome:
    """What became of the flow, by its last `TAIL_MS`, provided that it ran cleanly before the event."""
    before = [n for n, t in enumerate(trace.sent_ns) if t < event_ns - _FLIGHT_NS]
    if not before or any(n not in trace.arrived_ns for n in before):
        return "no-traffic"
    tail_from = max(event_ns, trace.sent_ns[-1] - int(TAIL_MS * NS_PER_MS))
    tail = [n for n, t in enumerate(trace.sent_ns) if t > tail_from]
    arrived = sum(n in trace.arrived_ns for n in tail)
    if not tail or arrived not in (0, len(tail)):
        return "unstable"
    return "survived" if arrived else "cut"


_FLIGHT_NS = 20 * NS_PER_MS
"""A packet sent less than this before the event may still be under way when it strikes (busy machine, five hops)."""


def _lost_before(trace: FlowTrace, lost: Sequence[int], event_ns: int) -> int:
    return sum(trace.sent_ns[n] < event_ns - _FLIGHT_NS for n in lost)


def _longest_gap_ms(trace: FlowTrace, lost: Sequence[int], event_ns: int) -> float:
    """Longest run of lost packets that ends after the event, between the sending times of the packets around it: the
    sender's clock, since a gap between arrivals may be the receiver's scheduler."""
    sent, longest, i = trace.sent_ns, 0, 0
    while i < len(lost):
        first = i
        while i + 1 < len(lost) and lost[i + 1] == lost[i] + 1:
            i += 1
        start = sent[max(lost[first] - 1, 0)]
        end = sent[min(lost[i] + 1, len(sent) - 1)]
        if end >= event_ns:
            longest = max(longest, end - start)
        i += 1
    return longest / NS_PER_MS


def _converged_ms(trace: FlowTrace, lost: Sequence[int], event_ns: int) -> float:
    """When the first packet was sent after which none was lost any more."""
    if not lost or lost[-1] + 1 >= len(trace.sent_ns):
        return 0.0
    return max(0.0, (trace.sent_ns[lost[-1] + 1] - event_ns) / NS_PER_MS)


def _proves_nothing(flows: Sequence[FlowResult]) -> list[str]:
    if not flows:
        return ["no flow could be chosen"]
    reasons: list[str] = []
    if silent := [f for f in flows if not f.sent]:
        reasons.append(f"{len(silent)} flows sent no packet at all")
    broken = [f for f in flows if f.sent and f.outcome == "no-traffic"]
    if broken:
        worst = max(broken, key=lambda f: f.lost_before)
        reasons.append(
            f"{len(broken)} flows did not run cleanly before the event"
            f" ({worst.flow.text} had lost {worst.lost_before} packets by then)"
        )
    if not any(f.crosses for f in flows):
        reasons.append("no flow crosses what was broken")
    return reasons


def _differences(drill: Drill, flows: Sequence[FlowResult]) -> list[str]:
    reasons: list[str] = []
    for f in flows:
        if not f.as_predicted:
            said = "survive" if f.prediction == "survive" else "be cut"
            reasons.append(f"{f.flow.text} was to {said}, but {_OUTCOME_TEXT[f.outcome]}")
        elif f.prediction == "survive" and f.longest_gap_ms > drill.outage_max_ms:
            reasons.append(f"{f.flow.text} was silent for {f.longest_gap_ms:.0f} ms, over {drill.outage_max_ms} ms")
    return reasons


_OUTCOME_TEXT: dict[Outcome, str] = {
    "survived": "it survived",
    "cut": "it was cut",
    "unstable": "it went on losing packets until the end",
    "no-traffic": "it never ran",
}
