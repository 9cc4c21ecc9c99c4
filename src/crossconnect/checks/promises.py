"""Promises of `checks/*.yaml`: who must reach whom, and who must not, whatever else the design implies.

A promise about a segment or VRF is one about its hosts that are connected; a server named by itself must also be
connected. Isolation is broken by the first packet that arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.checks.codes import PROMISE_BROKEN, PROMISE_UNKNOWN, PROMISE_UNTESTED
from crossconnect.checks.delivery import arrives, chosen_pairs, reason_text
from crossconnect.checks.layout import Layout
from crossconnect.checks.outside import accepted_prefixes
from crossconnect.checks.subject import Subject
from crossconnect.design.blueprint import Endpoint
from crossconnect.finding import Finding, Place, found
from crossconnect.model.promise import Promise
from crossconnect.net import address_of, contains
from crossconnect.simulate.reachability import example_address

PAIRS_MAX = 5_000
"""Pairs of host classes tried per promise."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a promise: hosts, one of each class, or a prefix outside."""

    text: str
    known: bool = True
    prefix: str = ""
    hosts: tuple[Endpoint, ...] = ()
    """Those that are connected."""
    cut_off: bool = False
    """A server named by itself that is not connected, or a segment or VRF none of whose hosts is."""


def check_promises(subject: Subject) -> Iterator[Finding]:
    """Every promise holds; with failures declared, those that are to survive as many."""
    for promise in subject.blueprint.promises:
        place = Place(path=f"promises/{promise.name}")
        source, destination = _ends(subject, promise)
        unknown = [end.text for end in (source, destination) if not end.known]
        if unknown:
            yield found(
                PROMISE_UNKNOWN, place, f"promise {promise.name} is about {' and '.join(unknown)}, unknown here"
            )
        elif _is_due(subject, promise):
            if _testable(source, destination):
                reason = _broken(subject, promise, source, destination)
                if reason:
                    yield found(PROMISE_BROKEN, place, f"promise {promise.name} does not hold: {reason}")
            else:
                yield found(
                    PROMISE_UNTESTED,
                    place,
                    f"promise {promise.name} cannot be tried: "
                    f"{source.text if not source.prefix and not source.hosts else destination.text} has no hosts",
                )


def broken_promises(subject: Subject) -> dict[str, str]:
    """Name -> reason of each promise that does not hold now, whether or not it was to survive what has failed."""
    broken: dict[str, str] = {}
    for promise in subject.blueprint.promises:
        source, destination = _ends(subject, promise)
        if source.known and destination.known and _testable(source, destination):
            reason = _broken(subject, promise, source, destination)
            if reason:
                broken[promise.name] = reason
    return broken


def promise_scope(layout: Layout, promise: Promise) -> str:
    """The VRF (or path of the layer-2 segment) that a promise is about: its source's, or its destination's."""
    for text in (promise.source, promise.destination):
        if "." in text or ":" in text:
            continue
        parts = text.split("/")
        if len(parts) == 1:
            endpoints = layout.hosts[text].endpoints if text in layout.hosts else ()
            return (endpoints[0].vrf or endpoints[0].segment) if endpoints else ""
        path = f"tenants/{parts[0]}/vrfs/{parts[1]}"
        segment = layout.segments.get(f"{path}/segments/{parts[-1]}" if len(parts) == 3 else "")
        if segment is not None:
            return segment.vrf or segment.path
        return next((v.name for v in layout.vrfs.values() if v.path == path), f"tenants/{parts[0]}/segments/{parts[1]}")
    return ""


def _is_due(subject: Subject, promise: Promise) -> bool:
    failures = subject.expectation.failures
    return len(failures.devices) + len(failures.links) + len(failures.sessions) <= promise.survives or not failures


def _testable(source: End, destination: End) -> bool:
    sides = [end for end in (source, destination) if not end.prefix]
    return bool(sides) and all(end.hosts or end.cut_off for end in sides)


def _ends(subject: Subject, promise: Promise) -> tuple[End, End]:
    return _end(subject, promise.source), _end(subject, promise.destination)


def _end(subject: Subject, text: str) -> End:
    layout = subject.layout
    if "." in text or ":" in text:
        return End(text=text, prefix=text)
    parts = text.split("/")
    if len(parts) == 1:
        plan = layout.hosts.get(text)
        connected = plan is not None and text not in _cut_off_hosts(subject)
        endpoints = plan.endpoints if plan is not None else ()
        return End(text=text, known=plan is not None, hosts=endpoints if connected else (), cut_off=not connected)
    paths = {f"tenants/{parts[0]}/segments/{parts[1]}"} if len(parts) == 2 else set[str]()
    if len(parts) == 3:
        paths.add(f"tenants/{parts[0]}/vrfs/{parts[1]}/segments/{parts[2]}")
    vrf = next((v for v in layout.vrfs.values() if v.path == f"tenants/{parts[0]}/vrfs/{parts[1]}"), None)
    whole_vrf = vrf.path + "/" if vrf is not None and len(parts) == 2 else ""
    groups = [
        g for g in subject.delivery.classes if g.segment in paths or (whole_vrf and g.segment.startswith(whole_vrf))
    ]
    known = bool(whole_vrf) or any(path in layout.segments for path in paths)
    hosts = tuple(g.endpoints[0] for g in groups if not g.cut_off)
    return End(text=text, known=known, hosts=hosts, cut_off=bool(groups) and not hosts)


def _cut_off_hosts(subject: Subject) -> set[str]:
    return {e.host for g in subject.delivery.classes if g.cut_off for e in g.endpoints}


def _broken(subject: Subject, promise: Promise, source: End, destination: End) -> str:
    """Why a promise does not hold, or empty."""
    wanted = promise.kind == "reachable"
    for end in (source, destination):
        if end.cut_off:
            return f"no host of {end.text} is connected" if wanted else ""
    if source.prefix:
        return _from_outside(subject, source.prefix, destination.hosts, wanted)
    if destination.prefix:
        return _to_prefix(subject, source.hosts, destination.prefix, wanted)
    return _between_hosts(subject, source.hosts, destination.hosts, wanted)


def _between_hosts(subject: Subject, sources: Sequence[Endpoint], targets: Sequence[Endpoint], wanted: bool) -> str:
    for sender, receiver in chosen_pairs(sources, targets, PAIRS_MAX):
        if sender.host == receiver.host:
            continue
        for address, verdict in subject.delivery.between(sender, receiver):
            if wanted and not arrives(verdict, receiver.host):
                return f"{sender.host} does not reach {receiver.host} ({address}): {reason_text(verdict)}"
            if not wanted and receiver.host in verdict.recipients:
                return f"{sender.host} reaches {receiver.host} ({address})"
    return ""


def _to_prefix(subject: Subject, sources: Sequence[Endpoint], prefix: str, wanted: bool) -> str:
    """To the hosts that have an address in the prefix, and to an address of it that nobody here has."""
    inside = [
        group.endpoints[0]
        for group in subject.delivery.classes
        if not group.cut_off and any(contains(prefix, address_of(a)) for a in group.endpoints[0].addresses)
    ]
    visible = {vrf.name: {vrf.name, *vrf.imports} for vrf in subject.blueprint.vrfs}
    for sender in sources:
        targets = [e for e in inside if not wanted or e.vrf in visible.get(sender.vrf, ())]
        reason = _between_hosts(subject, [sender], targets, wanted)
        if reason:
            return reason
        has_version = any((":" in a) == (":" in prefix) for a in sender.addresses)
        if not has_version or (wanted and targets):
            continue
        address = example_address(prefix)
        verdict = subject.delivery.forwarder.send(sender, address)
        if wanted and verdict.outcome != "delivered":
            return f"{sender.host} does not reach {address}: {reason_text(verdict)}"
        if not wanted and verdict.recipients:
            return f"{sender.host} reaches {address} at {', '.join(sorted(verdict.recipients))}"
    return ""


def _from_outside(subject: Subject, prefix: str, targets: Sequence[Endpoint], wanted: bool) -> str:
    """From the borders over which the prefix, or one around it, is announced and accepted."""
    entries = [
        (device, vrf)
        for vrf, prefixes in accepted_prefixes(subject).items()
        for announced, borders in prefixes.items()
        if contains(announced, prefix) or contains(prefix, announced)
        for device in borders
    ]
    if wanted and not entries:
        return f"no external router announces {prefix}"
    for (device, vrf), receiver in chosen_pairs(sorted(set(entries)), targets, PAIRS_MAX):
        for text in receiver.addresses:
            if (":" in text) != (":" in prefix) or (wanted and receiver.vrf != vrf):
                continue
            verdict = subject.delivery.forwarder.trace_from(device, vrf, address_of(text)).verdict
            if wanted and not arrives(verdict, receiver.host):
                return f"{address_of(text)} of {receiver.host} is not reached from {device}: {reason_text(verdict)}"
            if not wanted and receiver.host in verdict.recipients:
                return f"{address_of(text)} of {receiver.host} is reached from {device} in VRF {vrf}"
    return ""
