"""Promises of `checks/*.yaml`: who must reach whom, and who must not, whatever else the design implies.

A promise about a segment or VRF is one about its hosts that are connected; a server named by itself must also be
connected. Isolation is broken by the first packet that arrives. `xc prove` evaluates the same without limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crossconnect.checks.assertion import Judgement
from crossconnect.checks.assertion_judge import judge
from crossconnect.checks.assertion_world import World
from crossconnect.checks.codes import PROMISE_BROKEN, PROMISE_UNKNOWN, PROMISE_UNTESTED
from crossconnect.checks.layout import Layout
from crossconnect.checks.subject import Subject
from crossconnect.finding import Finding, Place, found
from crossconnect.model.promise import Promise, end_parts

PAIRS_MAX = 5_000
"""Pairs of host classes tried per promise here, where every check runs under every failure; each class takes part."""


def check_promises(subject: Subject) -> Iterator[Finding]:
    """Every promise holds; with failures declared, those that are to survive as many."""
    world = World(subject)
    for promise in subject.blueprint.promises:
        if not _is_due(subject, promise):
            continue
        place = Place(path=f"promises/{promise.name}")
        judgement = judge(world, promise, PAIRS_MAX)
        if judgement.unknown:
            names = " and ".join(judgement.unknown)
            yield found(PROMISE_UNKNOWN, place, f"promise {promise.name} is about {names}, unknown here")
        elif judgement.counter_example is not None:
            reason = judgement.counter_example.reason
            rows = judgement.counter_example.rows
            yield found(PROMISE_BROKEN, place, f"promise {promise.name} does not hold: {reason}", evidence=rows)
        elif judgement.untested and not subject.expectation.failures:
            yield found(PROMISE_UNTESTED, place, f"promise {promise.name} cannot be tried: {judgement.untested}")


def broken_promises(subject: Subject, promises: Iterable[Promise]) -> dict[str, str]:
    """Name -> reason of each of some promises that does not hold now, whether or not it was to survive what has failed.

    One that says what may fail (`of`) is looked at under failures of that kind only.
    """
    world = World(subject)
    broken: dict[str, str] = {}
    for promise in promises:
        if promise.of and subject.expectation.failures and not _is_of(subject, promise):
            continue
        judgement: Judgement = judge(world, promise, PAIRS_MAX)
        if judgement.counter_example is not None:
            broken[promise.name] = judgement.counter_example.reason
    return broken


def promise_scope(layout: Layout, promise: Promise) -> str:
    """The VRF (or path of the layer-2 segment) that a promise is about: its source's, or its destination's."""
    for text in (promise.source, promise.destination):
        _, name = end_parts(text)
        if "." in name or ":" in name:
            continue
        parts = name.split("/")
        if len(parts) == 1:
            endpoints = layout.hosts[name].endpoints if name in layout.hosts else ()
            if endpoints:
                return endpoints[0].vrf or endpoints[0].segment
            vrf = next((v.name for v in layout.vrfs.values() if v.tenant == name), "")
            if vrf:
                return vrf
            continue
        path = f"tenants/{parts[0]}/vrfs/{parts[1]}"
        segment = layout.segments.get(f"{path}/segments/{parts[-1]}" if len(parts) == 3 else "")
        if segment is not None:
            return segment.vrf or segment.path
        return next((v.name for v in layout.vrfs.values() if v.path == path), f"tenants/{parts[0]}/segments/{parts[1]}")
    return ""


def _is_due(subject: Subject, promise: Promise) -> bool:
    failures = subject.expectation.failures
    if not failures:
        return True
    if not _is_of(subject, promise):
        return False
    devices: set[str] = {_group(subject, promise, device) for device in failures.devices}
    return len(devices) + len(failures.links) + len(failures.sessions) <= promise.survives


def _is_of(subject: Subject, promise: Promise) -> bool:
    """Whether what has failed is only what the promise says may fail: of a rack or site, all of its switches."""
    failures = subject.expectation.failures
    if not promise.of:
        return True
    if (failures.links or failures.sessions) and "link" not in promise.of:
        return False
    return "device" in promise.of or all(_group(subject, promise, device) != device for device in failures.devices)


def _group(subject: Subject, promise: Promise, device: str) -> str:
    """The rack or site with which a device fails, where the promise is about those and all of it has failed; else the
    device itself."""
    plan = subject.layout.devices.get(device)
    for element in promise.of if plan is not None else ():
        if element in ("rack", "site"):
            name: str = getattr(plan, element)
            members = {d.name for d in subject.blueprint.devices if getattr(d, element) == name}
            if name and members <= subject.expectation.failures.devices:
                return f"{element} {name}"
    return device
