"""Promises are about things that exist, in combinations that make sense, and do not contradict each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.intent.promise_codes import PROMISE_AMBIGUOUS, PROMISE_COMBINATION
from crossconnect.intent.suggestion import nearest
from crossconnect.intent.validate.subject import Subject, reference_of
from crossconnect.model.promise import (
    ENDS,
    INFRASTRUCTURE,
    INTERNET,
    THROUGH_ENDS,
    Promise,
    end_parts,
    possible_words,
)

_SUBJECTS = {"server": "server", "vrf": "VRF", "segment": "segment", "peer": "external router"}


_LISTS = {
    "tenant": "tenants",
    "vrf": "vrfs",
    "segment": "segments",
    "server": "servers",
    "peer": "peers",
    "device": "devices",
    "leaf": "devices",
    "rack": "racks",
    "pod": "pods",
    "site": "sites",
}
"""Where what a word stands for is defined."""


class _Where(NamedTuple):
    """A promise and its place: by index, since namesakes are possible, and as it is shown."""

    promise: Promise
    at: str
    shown: str
    who: str = ""
    """What it is called where it is no promise."""

    def field(self, subject: Subject, name: str) -> Place:
        """Place of a field."""
        return subject.place(f"{self.at}/{name}", f"{self.shown}/{name}")


def promise_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with promises."""
    if not subject.region.promises:
        return
    names = promise_names(subject)
    places = [
        _Where(promise, f"promises/#{index}", f"promises/{promise.name}")
        for index, promise in enumerate(subject.region.promises)
    ]
    for here in places:
        yield from _fields(subject, here)
        sources, destinations = ENDS[here.promise.kind]
        yield from _end(subject, here, "source", here.promise.source, sources, names)
        yield from _end(subject, here, "destination", here.promise.destination, destinations, names)
        if here.promise.through and here.promise.kind in ("via", "not-via"):
            yield from _end(subject, here, "through", here.promise.through, THROUGH_ENDS, names)
        yield from _alone(subject, here)
    yield from _contradictions(subject, places)


def traffic_findings(subject: Subject) -> Iterator[Finding]:
    """Ends of expected traffic exist."""
    if not subject.region.traffic:
        return
    names = promise_names(subject)
    sources, destinations = ENDS["reachable"]
    for index, demand in enumerate(subject.region.traffic):
        promise = Promise(
            name=f"traffic-{index}", kind="reachable", source=demand.source, destination=demand.destination
        )
        who = f"the traffic from {demand.source} to {demand.destination}"
        here = _Where(promise, f"traffic/{index}", f"traffic/{index}", who)
        yield from _end(subject, here, "source", demand.source, sources, names)
        yield from _end(subject, here, "destination", demand.destination, destinations, names)


def promise_names(subject: Subject) -> Mapping[str, Collection[str]]:
    """Word for an end -> the names that there are of it."""
    switches = subject.inventory.switches
    return {
        "tenant": {tenant.name for tenant in subject.region.tenants},
        "vrf": {reference_of(path) for path in subject.vrfs},
        "segment": {reference_of(path) for path in subject.segments},
        "server": {host.name for host in subject.inventory.hosts},
        "peer": {peer.name for peer in subject.region.peers},
        "device": {switch.name for switch in switches},
        "leaf": {switch.name for switch in switches if switch.role in ("leaf", "border-leaf")},
        "rack": {switch.rack for switch in switches if switch.rack},
        "pod": {switch.pod for switch in switches if switch.pod},
        "role": {"leaf", "spine", "super-spine", "border-leaf"},
        "site": {site.name for site in subject.region.sites},
        "prefix": (),
        INTERNET: (),
        INFRASTRUCTURE: (),
    }


def _end(
    subject: Subject,
    here: _Where,
    field: str,
    text: str,
    allowed: tuple[str, ...],
    names: Mapping[str, Collection[str]],
) -> Iterator[Finding]:
    """An end exists, is one thing, and is something that the kind of promise can be about."""
    written, name = end_parts(text)
    if written and written not in possible_words(name):
        return  # malformed, which reading has said
    who = here.who or f"promise {here.promise.name}"
    shapes = (written,) if written else possible_words(name)
    meant = [word for word in shapes if word in ("prefix", INTERNET, INFRASTRUCTURE) or name in names[word]]
    usable = [word for word in meant if word in allowed]
    place = here.field(subject, field)
    if usable:
        kinds = {"device" if word == "leaf" else word for word in usable}
        if len(kinds) > 1 and "server" not in kinds:
            words = f"{who} names `{name}`, which is a {' and a '.join(sorted(kinds))}"
            yield found(PROMISE_AMBIGUOUS, place, words, hint=f"Write `{min(kinds)} {name}`, or the other.")
    elif meant or not set(shapes) & set(allowed):
        what = meant[0] if meant else shapes[0]
        what = f"`{name}`" if what == name else f"{what} `{name}`"
        wanted = ", ".join(allowed)
        kind = "" if here.who else f" of kind {here.promise.kind}"
        words = f"{who}{kind} cannot have {what} as its {field}"
        yield found(PROMISE_COMBINATION, place, words, expected=f"one of: {wanted}", hint=f"Name one of: {wanted}.")
    elif not subject.may_lack(*(_LISTS.get(word, word) for word in shapes)):
        kinds = [word for word in shapes if word in allowed]
        near = nearest(name, {known for word in kinds for known in names[word]})
        what = " or ".join(_SUBJECTS.get(word, word) for word in kinds)
        yield found(
            codes.PROMISED_UNKNOWN,
            place,
            f"{who} names {what} `{name}`, which is not defined",
            hint=f"Did you mean `{near}`?" if near else "",
        )


def _fields(subject: Subject, here: _Where) -> Iterator[Finding]:
    """Fields that a kind needs are there, and others are not."""
    promise = here.promise
    who = f"promise {promise.name} of kind {promise.kind}"
    passing = promise.kind in ("via", "not-via")
    for field, value, used, needed in (
        ("through", promise.through, passing, passing),
        ("paths", promise.paths, promise.kind == "width", promise.kind == "width"),
        ("disjoint", promise.disjoint, promise.kind == "width", False),
        ("hops", promise.hops, promise.kind == "length", promise.kind == "length"),
        ("exactly", promise.exactly, promise.kind == "length", False),
    ):
        if needed and not value:
            place = subject.place(here.at, here.shown)
            yield found(PROMISE_COMBINATION, place, f"{who} needs `{field}`", hint=f"Add `{field}:`.")
        elif value and not used:
            place = here.field(subject, field)
            yield found(PROMISE_COMBINATION, place, f"{who} has no use for `{field}`", hint=f"Remove `{field}`.")
    paths_max = subject.region.design.maximum_paths
    if promise.kind == "width" and promise.paths > paths_max and not promise.disjoint:
        words = f"{who} asks for {promise.paths} equal-cost paths, and design.maximum_paths is {paths_max}"
        yield found(PROMISE_COMBINATION, here.field(subject, "paths"), words, hint=f"Ask for {paths_max} at most.")
    if promise.of and not promise.survives:
        words = f"promise {promise.name} says what fails (`of`), but is to survive nothing"
        yield found(PROMISE_COMBINATION, here.field(subject, "of"), words, hint="Add `survives: 1`.")
    if len(set(promise.of)) < len(promise.of):
        words = f"promise {promise.name} has something twice in `of`"
        yield found(PROMISE_COMBINATION, here.field(subject, "of"), words, hint="Name each once.")


def _alone(subject: Subject, here: _Where) -> Iterator[Finding]:
    """What one promise cannot mean by itself."""
    promise = here.promise
    outside = [end_parts(text)[1] == INTERNET for text in (promise.source, promise.destination)]
    place = here.field(subject, "destination")
    if all(outside):
        yield found(PROMISE_COMBINATION, place, f"promise {promise.name} is about the internet alone")
    elif end_parts(promise.source)[1] == end_parts(promise.destination)[1]:
        name = end_parts(promise.source)[1]
        if promise.kind == "isolated":
            yield found(
                codes.PROMISE_CONTRADICTION, place, f"promise {promise.name} isolates {promise.source} from itself"
            )
        elif promise.kind == "no-leak":
            words = f"promise {promise.name} keeps the routes of {name} out of {name} itself"
            yield found(codes.PROMISE_CONTRADICTION, place, words)
    if promise.kind == "no-leak":
        vrf = subject.vrfs.get(f"tenants/{'/vrfs/'.join(end_parts(promise.destination)[1].split('/'))}")
        source = end_parts(promise.source)[1]
        if vrf is not None and source in vrf.imports:
            name = end_parts(promise.destination)[1]
            tenant, _, short = name.partition("/")
            path = f"tenants/{tenant}/vrfs/{short}/imports/{vrf.imports.index(source)}"
            there = subject.place(path)
            words = f"promise {promise.name} keeps routes of {source} out of {name}, which imports them at {there}"
            yield found(codes.PROMISE_CONTRADICTION, place, words, related=(there,))


_AGAINST = {"isolated": ("reachable", "via", "not-via"), "via": ("not-via",)}
"""Kinds that cannot both hold of one pair; `via` and `not-via` only of the same `through`."""


def _contradictions(subject: Subject, places: list[_Where]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], list[_Where]] = {}
    for here in places:
        promise = here.promise
        pair = (end_parts(promise.source)[1], end_parts(promise.destination)[1])
        earlier = seen.setdefault(pair, [])
        other = next((o for o in earlier if _opposed(o.promise, promise)), None)
        earlier.append(here)
        if other is not None:
            there = subject.place(other.at, other.shown)
            what = f"{pair[0]} to {pair[1]}"
            words = f"promise {promise.name} says {what} is {_said(promise)}, the one at {there} {_said(other.promise)}"
            yield found(codes.PROMISE_CONTRADICTION, here.field(subject, "kind"), words, related=(there,))


def _said(promise: Promise) -> str:
    if promise.kind == "length":
        return f"{'exactly' if promise.exactly else 'at most'} {promise.hops} hops"
    return promise.kind


def _opposed(a: Promise, b: Promise) -> bool:
    for one, other in ((a, b), (b, a)):
        if other.kind in _AGAINST.get(one.kind, ()):
            return one.kind == "isolated" or end_parts(one.through)[1] == end_parts(other.through)[1]
    if a.kind == b.kind == "length" and (a.exactly or b.exactly):
        exact, bound = (a, b) if a.exactly else (b, a)
        return exact.hops != bound.hops if bound.exactly else exact.hops > bound.hops
    return False
