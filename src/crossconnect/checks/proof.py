"""Assertions proven: evaluated when nothing has failed and under every failure that they are to survive.

What "proven" covers: every pair of endpoint classes that the assertion is about, in both IP versions where both ends
have them, over every equal-cost branch, in each of the situations counted. Situations come in the order of how much has
failed, so the first counter-example is a smallest one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from crossconnect.checks.assertion import CounterExample, Judgement
from crossconnect.checks.assertion_judge import judge
from crossconnect.checks.assertion_text import assertion_text
from crossconnect.checks.assertion_world import World
from crossconnect.checks.expectation import Expectation
from crossconnect.checks.grouping import count_text
from crossconnect.checks.layout import layout_of
from crossconnect.checks.subject import subject_of
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.promise import INTERNET, Element, Promise, end_parts
from crossconnect.simulate.codes import AMBIGUOUS, OSCILLATION, UNSUPPORTED_SESSION
from crossconnect.simulate.failures import NO_FAILURES, Failures, failures_of_kinds
from crossconnect.simulate.sweep import FORWARDING_TABLES, sweep

SITUATIONS_MAX = 25_000
"""Situations evaluated in one run: every single failure of a thousand switches, every pair of a few tens of them.
1,600 of 14 switches take 24 s."""

PAIRS_MAX = 2_000_000
"""Pairs of endpoint classes tried per assertion and situation; with more of them nothing is called proven."""

PACKETS_MAX = 100_000_000
"""Packets followed in one run, counted as those of the first situation times the situations."""

_UNSURE = frozenset(code.name for code in (OSCILLATION, AMBIGUOUS, UNSUPPORTED_SESSION))
"""What the simulation cannot tell the one outcome of: nothing is proven about such a state."""

Status = Literal["proven", "false", "not testable", "holds where tried"]

_DEFAULT: tuple[Element, ...] = ("link", "device")
_NOUNS: dict[Element, str] = {"link": "cable", "device": "switch", "rack": "rack", "site": "site"}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one assertion."""

    name: str
    assertion: str
    """As text."""
    status: Status
    """`holds where tried`: no counter-example, but not every pair was tried."""
    reason: str
    """What stands behind it, in one line: what was covered, the counter-example, or why nothing can be tried."""
    situations: int = 0
    """Situations evaluated, the one without (further) failure included."""
    void: int = 0
    """Of those, where nothing was left to try: every end had itself failed, or nothing arrived that could pass."""
    pairs: int = 0
    """Pairs of endpoint classes (switches, routing tables, sessions) in the first situation."""
    packets: int = 0
    """Packets (or routes) looked at in the first situation."""
    versions: tuple[int, ...] = ()
    """IP versions of the packets."""
    failures: tuple[str, ...] = ()
    """What has failed in the counter-example; empty when nothing has."""
    counter_example: CounterExample | None = None


class TooMuch(msgspec.Struct, frozen=True, kw_only=True):
    """Why a question is refused, and the smaller one that would fit."""

    estimate: str
    smaller: str


class _Progress(msgspec.Struct, kw_only=True):
    """One assertion on its way through the situations."""

    promise: Promise
    first: Judgement | None = None
    situations: int = 0
    void: int = 0
    limited: int = 0
    """Situations in which not all pairs were tried."""
    broken: tuple[Failures, CounterExample] | None = None
    untested: str = ""

    @property
    def decided(self) -> bool:
        """Whether no further situation can change the outcome."""
        return self.broken is not None or bool(self.untested)


def prove(
    blueprint: Blueprint,
    promises: Sequence[Promise],
    already: Failures = NO_FAILURES,
    report: Callable[[int, int], None] | None = None,
) -> tuple[Proof, ...] | TooMuch:
    """Evaluate promises with `already` failed and under what they are to survive beside it; `report` is told how many
    situations are done, and of how many."""
    refusal = _refusal(blueprint, promises)
    if refusal is not None:
        return refusal
    due = _situations(blueprint, promises, already)
    progress = [_Progress(promise=promise) for promise in promises]
    layout = layout_of(blueprint)
    runs = sweep(blueprint, list(due), tables_for(blueprint, promises))
    for done, (failures, outcome) in enumerate(runs, 1):
        world = World(subject_of(outcome.state, layout, Expectation(failures), outcome.tables), beyond=True)
        unstable = next((f.message for f in outcome.findings if f.code in _UNSURE), "")
        for index in due[failures]:
            if not progress[index].decided:
                _advance(progress[index], world, failures, unstable)
        if report is not None:
            report(done, len(due))
        if done == 1:
            packets = sum(p.first.packets * _count(blueprint, p.promise) for p in progress if p.first is not None)
            if packets > PACKETS_MAX:
                return TooMuch(
                    estimate=f"{packets:,} packets would have to be followed, at most {PACKETS_MAX:,} are in one run",
                    smaller="name smaller ends (a segment for a tenant), or fewer failures (--survives, --of)",
                )
        if all(p.decided for p in progress):
            break
    return tuple(_proof(blueprint, p, already) for p in progress)


def elements(blueprint: Blueprint, of: tuple[Element, ...]) -> tuple[Failures, ...]:
    """Everything that can fail by itself, of the kinds named: cables, switches, all switches of a rack or site."""
    found: list[Failures] = []
    for element in of or _DEFAULT:
        if element == "link":
            found += [Failures(links=frozenset({wire.key})) for wire in blueprint.wires]
        elif element == "device":
            found += [Failures(devices=frozenset({device.name})) for device in blueprint.devices]
        else:
            found += [Failures(devices=f.devices) for f in failures_of_kinds(blueprint, [element])]
    return tuple(dict.fromkeys(found))


def _count(blueprint: Blueprint, promise: Promise) -> int:
    """Situations of one promise."""
    single = len(elements(blueprint, promise.of)) if promise.survives else 0
    return sum(math.comb(single, n) for n in range(promise.survives + 1))


def _refusal(blueprint: Blueprint, promises: Sequence[Promise]) -> TooMuch | None:
    for promise in promises:
        count = _count(blueprint, promise)
        if count <= SITUATIONS_MAX:
            continue
        single = len(elements(blueprint, promise.of))
        options = [
            f"--of {element}s ({fits:,} situations)"
            for element in ("device", "rack", "site", "link")
            if (fits := _count(blueprint, msgspec.structs.replace(promise, of=(element,)))) <= SITUATIONS_MAX
        ]
        options.append(f"--survives 1 ({single + 1:,} situations)")
        return TooMuch(
            estimate=f"`{assertion_text(promise)}` has {count:,} situations ({single:,} elements, up to "
            f"{promise.survives} at once); at most {SITUATIONS_MAX:,} are evaluated in one run",
            smaller="ask with " + ", or ".join(options),
        )
    return None


def _situations(blueprint: Blueprint, promises: Sequence[Promise], already: Failures) -> dict[Failures, list[int]]:
    """Each situation with the promises that are due in it, the least failed first."""
    found: dict[Failures, list[int]] = {}
    for size in range(max((promise.survives for promise in promises), default=0) + 1):
        for index, promise in enumerate(promises):
            if size <= promise.survives:
                for combination in itertools.combinations(elements(blueprint, promise.of) if size else (), size):
                    due = found.setdefault(_together(already, combination), [])
                    if index not in due:
                        due.append(index)
    return found


def _together(already: Failures, combination: Sequence[Failures]) -> Failures:
    return Failures(
        links=already.links.union(*(f.links for f in combination)),
        devices=already.devices.union(*(f.devices for f in combination)),
        sessions=already.sessions,
    )


def tables_for(blueprint: Blueprint, promises: Sequence[Promise]) -> tuple[str, ...]:
    """BGP's table only where it is asked for: of routes, and of what outside routers know and so can send."""
    peers = {peer.name for peer in blueprint.peers}
    for promise in promises:
        name = end_parts(promise.source)[1]
        if promise.kind == "isolated" and peers:
            return (*FORWARDING_TABLES, "bgp_routes")
        if (
            promise.kind in ("no-leak", "not-announced")
            or name == INTERNET
            or name in peers
            or "." in name
            or ":" in name
        ):
            return (*FORWARDING_TABLES, "bgp_routes")
    return FORWARDING_TABLES


def _advance(progress: _Progress, world: World, failures: Failures, unstable: str) -> None:
    if unstable:
        progress.untested = f"with {failures} failed the simulation has no one outcome: {unstable}"
        return
    judgement = judge(world, progress.promise, PAIRS_MAX)
    progress.situations += 1
    if progress.first is None:
        progress.first = judgement
        if judgement.unknown:
            progress.untested = f"the region has no {' and no '.join(judgement.unknown)}"
            return
        if judgement.untested and judgement.counter_example is None:
            progress.untested = judgement.untested
            return
        if not judgement.pairs and judgement.counter_example is None:
            progress.untested = "what it is about has failed itself"
            return
    if judgement.counter_example is not None:
        progress.broken = (failures, judgement.counter_example)
    elif not judgement.pairs or judgement.untested:
        progress.void += 1
    elif judgement.pairs < judgement.pairs_total:
        progress.limited += 1


def _proof(blueprint: Blueprint, progress: _Progress, already: Failures) -> Proof:
    first = progress.first or Judgement()
    status: Status = "proven"
    failures: tuple[str, ...] = ()
    if progress.broken is not None:
        status = "false"
        failures = tuple(part for part in str(progress.broken[0]).split(", ") if progress.broken[0])
        reason = progress.broken[1].reason
    elif progress.untested:
        status, reason = "not testable", progress.untested
    elif progress.limited:
        status = "holds where tried"
        reason = f"holds for {first.pairs:,} of {first.pairs_total:,} pairs tried; {_covered(progress, first, already)}"
    else:
        reason = _covered(progress, first, already)
    return Proof(
        name=progress.promise.name,
        assertion=assertion_text(progress.promise),
        status=status,
        reason=reason,
        situations=progress.situations,
        void=progress.void,
        pairs=first.pairs,
        packets=first.packets,
        versions=first.versions,
        failures=failures,
        counter_example=progress.broken[1] if progress.broken is not None else None,
    )


def _covered(progress: _Progress, first: Judgement, already: Failures) -> str:
    """What was evaluated, in words."""
    promise = progress.promise
    start = f"with {already} failed" if already else "healthy"
    if promise.survives:
        kinds = " or ".join(_NOUNS[element] for element in promise.of or _DEFAULT)
        most = f"any {kinds}" + ("" if promise.survives == 1 else f", alone and {promise.survives} at once")
        start += f" and {count_text(progress.situations - 1, 'failure')} ({most})"
    if promise.kind in ("width", "length"):
        behind = count_text(first.pairs, "pair") + " of switches"
    elif promise.kind == "no-leak" and end_parts(promise.destination)[1] != INTERNET:
        behind = f"{count_text(first.pairs, 'routing table')}, {count_text(first.packets, 'route')}"
    elif promise.kind in ("no-leak", "not-announced"):
        behind = f"{count_text(first.pairs, 'session')}, {count_text(first.packets, 'announced route')}"
    else:
        behind = f"{count_text(first.pairs, 'pair')} of endpoint classes"
    versions = " and ".join(f"IPv{version}" for version in first.versions)
    parts = [start, f"all of {behind}" if first.pairs == first.pairs_total else behind]
    if first.mute:
        parts.append(f"{count_text(first.mute, 'server')} without addresses not looked at")
    if versions:
        parts.append(f"{versions}, every equal-cost path")
    if promise.survives and versions:
        ends = "switches that have failed" if promise.kind in ("width", "length") else "servers that a failure cuts off"
        parts.append(f"{ends} not counted")
    if progress.void:
        parts.append(f"nothing left to try in {progress.void} of them")
    return "; ".join(parts)
