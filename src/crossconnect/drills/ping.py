"""The ping matrix: every host to every host, with the answer that the simulation expects; isolation is proven by
pings that must stay silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.drills.choice import address_in, scope_of
from crossconnect.drills.result import Ping
from crossconnect.lab.handle import Lab
from crossconnect.lab.pings import Ping as LabPing
from crossconnect.lab.pings import ping_matrix
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.fib import fib
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.simulation import simulate

PAIRS_PER_SCOPES_MAX = 400
"""Pairs from one VRF to another (or to itself): all of them up to twenty hosts each, and a sample beyond."""
ACROSS_MAX = 40
"""Pairs from one VRF to each other one. Isolation has one cause per pair of VRFs, not one per pair of hosts."""

_TABLES = ("devices", "interfaces", "routes", "evpn_routes", "vnis", "macs")


class PlannedPing(msgspec.Struct, frozen=True, kw_only=True):
    """A ping and its expected outcome."""

    source: Endpoint
    destination: Endpoint
    version: int
    expected: bool


def plan_pings(blueprint: Blueprint, failures: Failures = NO_FAILURES) -> tuple[PlannedPing, ...]:
    """Pings within and between all VRFs and layer-2 segments, expected as the simulation forwards request and reply.

    Left out are pairs of which it does not say one thing for all flows, addresses that mean somebody else in the
    source's VRF (tenants may use the same ones), and pairs whose VRFs meet at an external router: what passes there is
    not the region's to promise.
    """
    forwarder = Forwarder(fib(blueprint, simulate(blueprint, failures, _TABLES)))
    planned: list[PlannedPing] = []
    for source, destination, version in _pairs(blueprint):
        expected = _answered(forwarder, source, destination, version)
        if expected is not None:
            planned.append(PlannedPing(source=source, destination=destination, version=version, expected=expected))
    return tuple(planned)


def run_pings(lab: Lab, planned: Sequence[PlannedPing]) -> tuple[Ping, ...]:
    """Send them all; what came of each, in the same order."""
    results = ping_matrix(lab, [_lab_ping(p) for p in planned])
    return tuple(
        Ping(
            source=p.source.host,
            source_scope=scope_of(p.source),
            destination=p.destination.host,
            destination_scope=scope_of(p.destination),
            version=6 if p.version == 6 else 4,
            expected=p.expected,
            seen=result.answered,
        )
        for p, result in zip(planned, results, strict=True)
    )


def _lab_ping(p: PlannedPing) -> LabPing:
    return LabPing(
        node=p.source.host,
        interface=p.source.interface,
        source=address_in(p.source, p.version),
        destination=address_in(p.destination, p.version),
        expected=p.expected,
        name=f"{p.source.host} > {p.destination.host}",
    )


def _answered(forwarder: Forwarder, source: Endpoint, destination: Endpoint, version: int) -> bool | None:
    """Whether an echo reply comes back; None where that is not certain, or would be somebody else's."""
    there = forwarder.send(source, address_in(destination, version))
    if there.recipients and there.recipients <= _outside(forwarder.tables.blueprint, destination.vrf):
        return False  # by a default route to an external router, which knows nothing of the destination's VRF
    if there.recipients - {destination.host} or there.outcome == "partial":
        return None
    if there.outcome == "dropped":
        return False
    back = forwarder.send(destination, address_in(source, version))
    if back.outcome == "partial":
        return None
    return back.recipients == {source.host}


def _outside(blueprint: Blueprint, vrf: str) -> frozenset[str]:
    """External routers that have no session with a VRF. What one that has learns there, its policies decide."""
    return frozenset(p.name for p in blueprint.peers if all(s.vrf != vrf for s in p.sessions))


def _pairs(blueprint: Blueprint) -> Iterator[tuple[Endpoint, Endpoint, int]]:
    scopes: dict[str, list[Endpoint]] = {}
    for host in blueprint.hosts:
        for endpoint in host.endpoints:
            scopes.setdefault(scope_of(endpoint), []).append(endpoint)
    for here, sources in scopes.items():
        for there, destinations in scopes.items():
            pairs = [(a, b) for a in sources for b in destinations if a.host != b.host]
            for source, destination in _sample(pairs, PAIRS_PER_SCOPES_MAX if here == there else ACROSS_MAX):
                for version in (4, 6):
                    if address_in(source, version) and address_in(destination, version):
                        yield source, destination, version


def _sample(pairs: list[tuple[Endpoint, Endpoint]], at_most: int) -> list[tuple[Endpoint, Endpoint]]:
    """All, or as many as allowed, spread evenly."""
    if len(pairs) <= at_most:
        return pairs
    return [pairs[i * len(pairs) // at_most] for i in range(at_most)]
