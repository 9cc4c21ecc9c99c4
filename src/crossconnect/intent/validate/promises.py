"""Promises are about things that exist, and do not contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.subject import Known, Subject, reference_of


def promise_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with promises."""
    if not subject.region.promises:
        return
    names = {reference_of(path) for path in (*subject.segments, *subject.vrfs)}
    names.update(host.name for host in subject.inventory.hosts)
    known = Known(subject, "segment, VRF or server", codes.PROMISED_UNKNOWN, names)
    kept: dict[tuple[str, str], tuple[str, int]] = {}
    for index, promise in enumerate(subject.region.promises):
        at, path = f"promises/#{index}", f"promises/{promise.name}"
        for field, name in (("source", promise.source), ("destination", promise.destination)):
            if not subject.region.incomplete and "." not in name and ":" not in name:
                yield from known.unknown(name, f"promise {promise.name}", f"{at}/{field}", f"{path}/{field}")
        if promise.source == promise.destination and promise.kind == "isolated":
            words = f"promise {promise.name} isolates {promise.source} from itself"
            yield found(codes.PROMISE_CONTRADICTION, subject.place(f"{at}/destination", f"{path}/destination"), words)
        pair = (promise.source, promise.destination)
        kind, first = kept.setdefault(pair, (promise.kind, index))
        if kind != promise.kind:
            there = subject.place(f"promises/#{first}", f"promises/{subject.region.promises[first].name}")
            words = f"promise {promise.name} says {pair[0]} to {pair[1]} is {promise.kind}, the one at {there} {kind}"
            yield found(
                codes.PROMISE_CONTRADICTION, subject.place(f"{at}/kind", f"{path}/kind"), words, related=(there,)
            )
