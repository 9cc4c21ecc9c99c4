"""What of devices' answers is not as it is to be: the checks over their tables, and row by row beside the simulation.

answers --read--> records of each device --> tables, over the simulation --> checks, less what they find in that too
                                        '--> rows and EVPN routes in words, beside the simulated ones
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from crossconnect.checks import run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.evaluate.answers import Read, judged_read, read_answers
from crossconnect.evaluate.live_state import evpn_expected, evpn_found, live_state
from crossconnect.evaluate.test_plan import rows_of
from crossconnect.finding import Finding, Severity
from crossconnect.lab.rows import Surroundings
from crossconnect.model.change import Objective
from crossconnect.rollout.looks import Key
from crossconnect.rollout.tolerance import Place, as_simulated, borne, percents
from crossconnect.simulate import simulate
from crossconnect.state.tables import State

MISSING, SURPLUS, UNREADABLE = "missing: ", "not expected: ", "not understood: "


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One network, simulated, with what the checks find in the simulation."""

    network: Blueprint
    state: State
    known: frozenset[Key]
    rows: Mapping[str, tuple[str, ...]]
    """By device, in words."""
    evpn: Mapping[str, frozenset[str]]
    announced: frozenset[str]
    """Prefixes that external routers announce by the design."""


def expected_of(network: Blueprint, checks: Collection[str]) -> Expected:
    """What a network is to show."""
    state = simulate(network)
    return Expected(
        network=network,
        state=state,
        known=frozenset((f.code, f.place.path) for f in run_checks(state, network, checks)),
        rows={device.name: tuple(rows_of(state, device.name)) for device in network.devices},
        evpn={device.name: evpn_expected(state, device) for device in network.devices},
        announced=frozenset(prefix for peer in network.peers for prefix in peer.announces),
    )


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one look has found."""

    seen: Mapping[Key, str]
    """What is not well, in words: findings of checks at their place, everything else at its device."""
    findings: tuple[Finding, ...]
    borne: int
    """Routes from outside that are other than simulated, and may be."""


def judge(
    expected: Expected,
    answers: Mapping[str, Mapping[int, bytes]],
    checks: Collection[str],
    objectives: Sequence[Objective] = (),
    before: Collection[Key] = (),
) -> Judged:
    """Hold what devices answered against what is expected. Where only some have answered (`answers`, by device), the
    others are taken as simulated. `before` was so before the change."""
    devices = {device.name: device for device in expected.network.devices if device.name in answers}
    reads = {name: read_answers(device, answers[name]) for name, device in devices.items()}
    real = live_state(expected.state, expected.network, reads)
    may_be = borne(
        real.routes,
        expected.state.routes,
        expected.announced,
        percents(expected.network, objectives),
        _routes_in(before),
    )
    findings = tuple(
        f
        for f in run_checks(as_simulated(real, expected.state, may_be), expected.network, checks)
        if f.severity is not Severity.NOTE and (f.code, f.place.path) not in expected.known
    )
    seen: dict[Key, str] = {(f.code, f.place.path): f"{f.code}: {f.message}" for f in findings}
    around = Surroundings(expected.network)
    for name, device in devices.items():
        for word in _words(device, reads[name], expected, around):
            if _route_at(name, word) not in may_be:
                seen[word, name] = f"{name}: {word}"
    return Judged(seen=seen, findings=findings, borne=len(may_be))


def _words(device: DeviceConfiguration, read: Read, expected: Expected, around: Surroundings) -> Iterable[str]:
    verdict = judged_read(device, read, expected.rows[device.name])
    yield from (MISSING + word for word in verdict.missing)
    yield from (SURPLUS + word for word in verdict.surplus)
    yield from (UNREADABLE + word for word in verdict.unreadable)
    wanted, found = expected.evpn[device.name], evpn_found(device, read.reports, around)
    if read.whole or found:
        yield from (MISSING + word for word in sorted(wanted - found))
        yield from (SURPLUS + word for word in sorted(found - wanted))


def _routes_in(keys: Iterable[Key]) -> frozenset[Place]:
    return frozenset(place for what, where in keys if (place := _route_at(where, what)) is not None)


def _route_at(device: str, word: str) -> Place | None:
    """The route that a word is about: `missing: route VRF PREFIX N next hops`."""
    for head in (MISSING, SURPLUS):
        if word.startswith(f"{head}route "):
            vrf, prefix = word.removeprefix(f"{head}route ").split()[:2]
            return device, vrf, prefix
    return None
