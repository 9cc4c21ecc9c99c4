"""The proof of the proof: what was simulated against what real daemons say, table by table.

with proof("numbered", blueprint) as proved:       a lab of its own, removed at the end whatever happens
    proved.agrees()                                healthy: every table equal, or both rows are shown
    proved.survives(link_cut(wire))                broken: equal to simulate(that failure); healed: equal again
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from crossconnect import lab as labs
from crossconnect.design.blueprint import Blueprint, Wire
from crossconnect.lab import Failure, Lab, LabOptions
from crossconnect.lab.options import FrrVersion
from crossconnect.simulate import NO_FAILURES, Failures, Network, predict, state_of
from crossconnect.simulate.arrival import doubts
from crossconnect.simulate.codes import AMBIGUOUS, ORDER_OF_ARRIVAL, OSCILLATION, PREFIX_LIMIT_LATE
from crossconnect.simulate.failures import SessionKey
from crossconnect.simulate.network import Settled
from crossconnect.simulate.route_rows import vrf_entry_rows, vrf_hops
from crossconnect.state.difference import difference, difference_text
from crossconnect.state.tables import TABLES, BgpRouteRow, RouteRow, State

CONVERGENCE_S = 150.0
"""Bound on the wait for each expected state. A quiet machine needs 1 to 5 s; CI shares two processors."""

POLL_S = 0.5
HEARD = "heard outside"
"""Event of a comparison of what external routers have heard."""
ROWS_SHOWN = 12


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of all tables, for the summary at the end of the run."""

    case: str
    event: str
    backend: str
    frr: str
    """Version of the switches' FRR as it says itself."""
    rows: int
    """Of the lab."""
    differences: int
    seconds: float
    """From the event until equal, boot and collection included."""


ORDINARY = 3607219703
"""Of ordinary runs: one that fails fails again, and is no news of a region that nobody has tried before."""
_WANTED = os.environ.get("XC_FIDELITY_SEED") or str(ORDINARY)
SEED = random.SystemRandom().randrange(1 << 32) if _WANTED == "another" else int(_WANTED)
"""Of the random regions: printed at the end of each run, given to repeat one; `another` tries what nobody has."""

FRR: FrrVersion = "10" if os.environ.get("XC_FRR", "8.4").startswith("10") else "8.4"
"""FRR of the switches: `XC_FRR=10` compares with 10.x."""

COMPARISONS: list[Comparison] = []


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that breaks: as the lab does it, and as the simulator is told."""

    failure: Failure
    failures: Failures


def link_cut(wire: Wire) -> Broken:
    return Broken(failure=Failure(kind="link-cut", target=wire.key), failures=Failures(links=frozenset({wire.key})))


def device_down(name: str) -> Broken:
    return Broken(failure=Failure(kind="device-failure", target=name), failures=Failures(devices=frozenset({name})))


def session_shut(key: SessionKey) -> Broken:
    shut = Failure(kind="session-shut", target=f"{key.device} {key.peer}")
    return Broken(failure=shut, failures=Failures(sessions=frozenset({key})))


def shut_one_by_one(blueprint: Blueprint) -> list[Broken]:
    """Each session that is up in the healthy network, at each of its ends that is a switch."""
    settled = Network(blueprint).settle(NO_FAILURES)
    return [session_shut(session.key) for session in settled.network.sessions if settled.up[session.index]]


UNFORESEEABLE = {AMBIGUOUS.name, OSCILLATION.name, ORDER_OF_ARRIVAL.name, PREFIX_LIMIT_LATE.name}
"""What the simulation itself says that it cannot foretell: borders of which each prefers the other's path, and more."""


def foreseeable(blueprint: Blueprint, failures: Failures = NO_FAILURES) -> bool:
    return not any(finding.code in UNFORESEEABLE for finding in predict(blueprint, failures)[1])


Row = TypeVar("Row", RouteRow, BgpRouteRow)
Rows = tuple[tuple[str, ...], frozenset[BgpRouteRow]]
"""What a destination of a VRF looks like: next hops of its route, and its paths."""


def chances(settled: Settled) -> dict[tuple[str, str, str], set[Rows]]:
    """Device, VRF and prefix of what nobody can foretell since routes of several VRFs tie -> all that it may be."""
    return {
        (doubt.speaker.device, doubt.speaker.vrf, doubt.prefix): {
            (vrf_hops(entry), frozenset(vrf_entry_rows(doubt.speaker, doubt.prefix, entry))) for entry in doubt.entries
        }
        for doubt in doubts(settled)
    }


def as_it_came(expected: State, actual: State, open_: Mapping[tuple[str, str, str], set[Rows]]) -> State:
    """What is expected, with the rows of each destination of `open_` as they really are where they are one of the
    chances."""

    def here(row: RouteRow | BgpRouteRow) -> tuple[str, str, str]:
        return row.device, row.vrf, row.prefix

    paths: dict[tuple[str, str, str], set[BgpRouteRow]] = {key: set() for key in open_}
    for row in actual.bgp_routes:
        if here(row) in open_:
            paths[here(row)].add(row)
    taken = {
        here(row)
        for row in actual.routes
        if here(row) in open_ and (row.next_hops, frozenset(paths[here(row)])) in open_[here(row)]
    }

    def merged(mine: tuple[Row, ...], real: tuple[Row, ...]) -> tuple[Row, ...]:
        return (*(row for row in mine if here(row) not in taken), *(row for row in real if here(row) in taken))

    return msgspec.structs.replace(
        expected,
        routes=merged(expected.routes, actual.routes),
        bgp_routes=merged(expected.bgp_routes, actual.bgp_routes),
    )


def wire_between(blueprint: Blueprint, a: str, b: str) -> Wire:
    """The first cable between two devices."""
    return next(w for w in blueprint.wires if {w.a_device, w.b_device} == {a, b})


class Proved:
    """A lab under comparison."""

    def __init__(self, case: str, blueprint: Blueprint, lab: Lab, lldp: bool, began: float) -> None:
        self.case = case
        self.blueprint = blueprint
        self.lab = lab
        # Without lldpd there is nothing that could fill that table.
        self.tables = tuple(name for name in TABLES if lldp or name != "lldp")
        self._began = began
        self.frr = frr_version(lab)

    def agrees(
        self, event: str = "healthy", failures: Failures = NO_FAILURES, *, timeout_s: float = CONVERGENCE_S
    ) -> State:
        """Wait until the lab's state is the simulated one in every table; the lab's is returned.

        AssertionError with both rows of every difference that is left when the time is up.
        """
        settled = Network(self.blueprint).settle(failures)
        expected, open_ = state_of(settled), chances(settled)
        # Tables of which more than one outcome is right are waited for below.
        waited = [name for name in self.tables if name not in ("devices", "routes", "bgp_routes")] if open_ else None
        convergence = labs.wait_converged(self.lab, expected, tables=waited, timeout_s=timeout_s)
        deadline = time.monotonic() + timeout_s
        while True:
            actual = labs.collect_state(self.lab)
            found = difference(as_it_came(expected, actual, open_), actual, self.tables)
            # Interfaces and LLDP neighbours, which `wait_converged` does not wait for, follow at a pace of their own.
            if not found or not convergence.converged or time.monotonic() > deadline:
                break
            time.sleep(POLL_S)
        now = time.monotonic()
        compared = Comparison(
            case=self.case,
            event=event,
            backend=self.lab.record.backend,
            frr=self.frr,
            rows=sum(len(getattr(actual, name)) for name in self.tables),
            differences=sum(d.count for d in found),
            seconds=now - self._began,
        )
        COMPARISONS.append(compared)
        self._began = now
        said = difference_text(found, "simulated", "real", ROWS_SHOWN)
        missing = "".join(f"\nsession not up: {' '.join(s)}" for s in convergence.missing_sessions)
        assert not found, f"{self.case}, {event}: {compared.differences} rows differ{missing}\n{said}"
        return actual

    def breaks(self, broken: Broken) -> State:
        """Break it and compare."""
        self._began = time.monotonic()
        labs.apply_failure(self.lab, broken.failure)
        return self.agrees(str(broken.failures), broken.failures)

    def heals(self, broken: Broken) -> State:
        """Undo that and compare with the healthy network."""
        self._began = time.monotonic()
        labs.heal(self.lab, broken.failure)
        return self.agrees("healed")

    def survives(self, broken: Broken) -> None:
        """Break, compare, heal, compare."""
        self.breaks(broken)
        self.heals(broken)


def note_heard(proved: Proved, routes: int, differences: int) -> None:
    """Count a comparison of what external routers have heard."""
    COMPARISONS.append(
        Comparison(
            case=proved.case,
            event=HEARD,
            backend=proved.lab.record.backend,
            frr=proved.frr,
            rows=routes,
            differences=differences,
            seconds=0.0,
        )
    )


def frr_version(lab: Lab) -> str:
    """What a switch says that it runs: `FRRouting 8.4.4 (a-leaf1) on Linux(...)`."""
    switch = lab.blueprint.devices[0].name
    root = lab.node_plans[switch].root
    inside = ["chroot", root] if root else []
    return labs.execute(lab, switch, [*inside, "vtysh", "-c", "show version"]).stdout.split()[1]


@contextlib.contextmanager
def proof(
    case: str, blueprint: Blueprint, *, lldp: bool = False, secrets: Mapping[str, str] | None = None
) -> Iterator[Proved]:
    """A lab of the blueprint in a run root of its own, which is empty again at the end."""
    root = tempfile.mkdtemp(prefix="xc-fidelity-")
    began = time.monotonic()
    try:
        lab = labs.up(blueprint, LabOptions(name=case, run_root=root, lldp=lldp, frr=FRR), secrets=secrets)
        yield Proved(case, blueprint, lab, lldp, began)
    finally:
        labs.down(case, root)
        shutil.rmtree(root)


def filled(state: State, *but: str) -> None:
    """Every table has rows: two empty tables are equal as well."""
    empty = [name for name in TABLES if not getattr(state, name) and name not in but]
    assert not empty, f"nothing was compared in {', '.join(empty)}"
