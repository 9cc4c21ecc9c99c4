"""Assertions about packets: they arrive, they do not, they pass something or never do.

Every class of senders is paired with every class of receivers, in both IP versions, over every equal-cost branch.
"""

from __future__ import annotations

from crossconnect.checks.assertion import CounterExample, Judgement
from crossconnect.checks.assertion_ends import End, resolve
from crossconnect.checks.assertion_packets import Packet, packets_of, to_gateways
from crossconnect.checks.assertion_routes import Return, returning
from crossconnect.checks.assertion_switches import members
from crossconnect.checks.assertion_world import World
from crossconnect.checks.delivery import reason_text
from crossconnect.checks.packet_ways import arrives_avoiding, delivered, first_passed
from crossconnect.checks.subject import evidence_of
from crossconnect.model.promise import Promise
from crossconnect.net import contains, version_of
from crossconnect.simulate.trace import Step, Trace, Verdict


def judge_traffic(world: World, promise: Promise, pairs_max: int = 0) -> Judgement:
    """`reachable`, `isolated`, `via` or `not-via` in one state; `pairs_max` 0 tries all pairs of classes."""
    source, destination = resolve(world, promise.source), resolve(world, promise.destination)
    through = members(world, promise.through) if promise.through else frozenset[str]()
    unknown = [end.text for end in (source, destination) if not end.word]
    if promise.through and not through:
        unknown.append(promise.through)
    if unknown:
        return Judgement(unknown=tuple(unknown))
    refusal = _untestable(source, destination)
    if refusal:
        return Judgement(untested=refusal)
    for end in (source, destination):
        if end.cut_off:
            return _nothing(promise, source, destination, f"no host of {end.text} is connected")
    asked = packets_of(world, source, destination, promise.kind != "isolated", pairs_max)
    if not asked.packets and not asked.lacking and promise.kind == "reachable":
        asked = to_gateways(world, source, destination)
    if not asked.packets:
        if asked.lacking and promise.kind == "reachable":
            return _nothing(promise, source, destination, asked.lacking)
        return Judgement(untested=asked.lacking or "no two different servers in them have an IP version in common")
    counter: CounterExample | None = None
    arrived = False
    for packet in asked.packets:
        if promise.kind in ("via", "not-via"):
            trace = _trace(world, packet)
            arrived = arrived or delivered(trace, lambda step, p=packet: _is_at(p, step))
            counter = _passing(packet, trace, through, promise)
        elif promise.kind == "reachable":
            counter = _lost(world, packet)
        else:
            counter = _crossing(world, packet)
        if counter is not None:
            break
    nothing = promise.kind in ("via", "not-via") and not arrived and counter is None
    return Judgement(
        pairs=asked.pairs,
        pairs_total=asked.pairs_total,
        packets=len(asked.packets),
        mute=source.mute + (destination.mute if destination.name != source.name else 0),
        versions=tuple(sorted({version_of(packet.target.address) for packet in asked.packets})),
        counter_example=counter,
        untested="nothing arrives, so nothing can pass" if nothing else "",
    )


def _untestable(source: End, destination: End) -> str:
    if source.outside and destination.outside:
        return "both ends are outside the region"
    for end in (source, destination):
        if not (end.outside or end.servers or end.gateways or end.cut_off):
            return f"{end.text} has no hosts, nor a gateway that could answer for them"
    return ""


def _nothing(promise: Promise, source: End, destination: End, reason: str) -> Judgement:
    """Judgement where nothing can be sent or received at all: bad only for what is to arrive."""
    counter = CounterExample(reason=reason, source=source.text, destination=destination.text)
    return Judgement(counter_example=counter if promise.kind == "reachable" else None)


def _verdict(world: World, packet: Packet) -> Verdict:
    sender = packet.sender
    if sender.endpoint is not None:
        return world.forwarder.send(sender.endpoint, packet.target.address)
    return _trace(world, packet).verdict


def _trace(world: World, packet: Packet) -> Trace:
    sender = packet.sender
    if sender.endpoint is not None:
        return world.forwarder.trace(sender.endpoint, packet.target.address)
    return world.forwarder.trace_from(sender.device, sender.vrf, packet.target.address)


def _is_at(packet: Packet, step: Step) -> bool:
    """Whether a `deliver` step is at the one whom the packet is for, and not at a namesake's address in another VRF."""
    target = packet.target
    if target.host:
        return step.device == target.host and step.detail == f"{target.address} on {target.interface}"
    if target.gateway:
        return step.detail == f"own address {target.address} in {target.vrf}"
    return not target.outside or step.device in target.outside


def _wanted(packet: Packet, trace: Trace) -> bool:
    """Whether every branch ends where it should."""
    ends = [step for step in trace.steps if step.action == "deliver" and not step.detail.startswith("VTEP ")]
    return not trace.verdict.drops and bool(ends) and all(_is_at(packet, step) for step in ends)


def _lost(world: World, packet: Packet) -> CounterExample | None:
    target, verdict = packet.target, _verdict(world, packet)
    whole = verdict.outcome == "delivered"
    if target.host:
        whole = whole and verdict.recipients == frozenset((target.host,))
    elif target.gateway or target.outside:
        whole = whole and _wanted(packet, _trace(world, packet))
    if not whole:
        who = packet.sender.label
        what = f"{target.label} ({target.address})" if target.label != target.address else target.address
        if packet.sender.peer:
            reason = f"{target.address} of {target.label} is not reached from {who}: {reason_text(verdict)}"
        else:
            reason = f"{who} does not reach {what}: {reason_text(verdict)}"
        return _counter(packet, reason, _trace(world, packet))
    return _unannounced(world, packet)


def _unannounced(world: World, packet: Packet) -> CounterExample | None:
    """An external router can only send what has been announced to it. Not asked of a state without BGP's table."""
    sender, target = packet.sender, packet.target
    if not sender.peer or not world.subject.state.bgp_routes:
        return None
    for session, rows in world.announcements:
        if (session.device, session.vrf, session.neighbor.key) == (sender.device, sender.vrf, sender.session) and any(
            contains(row.prefix, target.address) for row in rows
        ):
            return None
    reason = f"{sender.device} announces nothing with {target.address} of {target.label} to {sender.peer}"
    return CounterExample(
        reason=f"{target.address} of {target.label} is not reached from {sender.label}: {reason}",
        source=sender.label,
        destination=target.label,
        address=target.address,
    )


def _crossing(world: World, packet: Packet) -> CounterExample | None:
    target, verdict = packet.target, _verdict(world, packet)
    if world.beyond and (target.host or target.gateway) and not packet.sender.peer:
        returned = returning(world, target, verdict)
        if returned is not None:
            back = world.forwarder.trace_from(returned.device, returned.vrf, target.address)
            if delivered(back, lambda step: _is_at(packet, step)):
                return _returned(packet, returned, _trace(world, packet), back)
    if target.host and target.host not in verdict.recipients:
        return None
    if target.outside and verdict.recipients.isdisjoint(target.outside):
        return None
    if not verdict.recipients:
        return None
    trace = _trace(world, packet)
    if not delivered(trace, lambda step: _is_at(packet, step)):
        return None
    who = packet.sender.label
    if packet.sender.peer:
        reason = f"{target.address} of {target.label} is reached from {who} in VRF {packet.sender.vrf}"
    elif target.host or target.gateway:
        reason = f"{who} reaches {target.label} ({target.address})"
    else:
        reason = f"{who} reaches {target.address} at {', '.join(sorted(verdict.recipients))}"
    return _counter(packet, reason, trace)


def _returned(packet: Packet, returned: Return, out: Trace, back: Trace) -> CounterExample:
    target = packet.target
    return CounterExample(
        reason=f"{packet.sender.label} reaches {target.label} ({target.address}) through {returned.router}, to which "
        f"{returned.device} announces {returned.row.prefix} in VRF {returned.vrf}: {returned.because}",
        source=packet.sender.label,
        destination=target.label,
        address=target.address,
        trace=out,
        back=back,
        rows=evidence_of("bgp_routes", [returned.row]),
        policy=returned.policy,
    )


def _passing(packet: Packet, trace: Trace, through: frozenset[str], promise: Promise) -> CounterExample | None:
    def at(step: Step) -> bool:
        return _is_at(packet, step)

    target = packet.target
    what = f"{target.label} ({target.address})" if target.label != target.address else target.address
    if promise.kind == "via":
        if arrives_avoiding(trace, at, through):
            reason = f"{packet.sender.label} reaches {what} without passing {promise.through}"
            return _counter(packet, reason, trace)
        return None
    passed = first_passed(trace, at, through)
    if passed:
        return _counter(packet, f"{packet.sender.label} reaches {what} through {passed}", trace)
    return None


def _counter(packet: Packet, reason: str, trace: Trace) -> CounterExample:
    return CounterExample(
        reason=reason,
        source=packet.sender.label,
        destination=packet.target.label,
        address=packet.target.address,
        trace=trace,
    )
