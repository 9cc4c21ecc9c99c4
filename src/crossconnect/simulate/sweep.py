"""Many failures of one network, one after the other: what each of them loses.

What a failure does not touch is taken over from the healthy network: classes of routes, parts of VRF tables, indexes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding
from crossconnect.simulate.evpn_rows import evpn_route_rows
from crossconnect.simulate.failures import Failures
from crossconnect.simulate.fib import Fib, fib
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.reachability import ReachabilityRow, answer, arrives, endpoint_classes, questions
from crossconnect.simulate.simulation import state_of
from crossconnect.simulate.topology import DEFAULT
from crossconnect.state.tables import State

FORWARDING_TABLES = ("devices", "interfaces", "routes", "vnis", "macs")
"""Tables that reachability is computed from (besides type-1 EVPN routes, where there are Ethernet segments)."""


class EcmpWidth(msgspec.Struct, frozen=True, order=True):
    """How many equal-cost next hops a VTEP has towards another one."""

    width: int
    device: str
    prefix: str


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """The network that is left under a failure."""

    state: State
    """The tables asked for, and those that forwarding needs."""
    tables: Fib
    """For traces and further questions."""
    findings: tuple[Finding, ...]


class Outcome(Left, frozen=True, kw_only=True):
    """What is left under a failure, and what is not."""

    lost: tuple[ReachabilityRow, ...]
    """What is not, or not fully, delivered although it was when nothing had failed. Hosts that are cut off themselves
    are not in here."""
    cut_off: tuple[str, ...]
    """Hosts all of whose cables are dead."""
    ecmp_minimum: EcmpWidth | None
    """The narrowest route from a VTEP to another one; None where no VTEP has a route to another."""


class Outcomes:
    """A network made ready for being asked what is left under failures. `tables` says which tables of the state are
    wanted."""

    def __init__(self, network: Network, tables: Collection[str] = FORWARDING_TABLES) -> None:
        self._network = network
        self._wanted = {*FORWARDING_TABLES, *tables}
        healthy = self._network.settle()
        self._before = Forwarder(_fib(healthy, state_of(healthy, FORWARDING_TABLES), None))

    def left(self, settled: Settled) -> Left:
        """What is left where the network has settled on this."""
        state = state_of(settled, self._wanted)
        return Left(state=state, tables=_fib(settled, state, self._before.tables), findings=settled.findings)

    def of(self, failure: Failures) -> Outcome:
        """What is left under a failure, and what is not."""
        left = self.left(self._network.settle(failure))
        cut_off = {e.host for c in endpoint_classes(left.tables) if c.cut_off for e in c.endpoints}
        return Outcome(
            state=left.state,
            tables=left.tables,
            findings=left.findings,
            lost=tuple(sorted(_lost(left.tables, self._before, cut_off))),
            cut_off=tuple(sorted(cut_off)),
            ecmp_minimum=_ecmp_minimum(left.state, left.tables.topology.vteps),
        )


def sweep(
    blueprint: Blueprint, failures: Iterable[Failures], tables: Collection[str] = FORWARDING_TABLES
) -> Iterator[tuple[Failures, Outcome]]:
    """The outcome of each failure, as it is computed."""
    outcomes = Outcomes(Network(blueprint), tables)
    return ((failure, outcomes.of(failure)) for failure in failures)


def _fib(settled: Settled, state: State, like: Fib | None) -> Fib:
    blueprint = settled.live.topology.blueprint
    if not state.evpn_routes:
        segments = any(interface.esi for device in blueprint.devices for interface in device.interfaces)
        routes = tuple(evpn_route_rows(settled, frozenset({1}))) if segments else ()
        state = msgspec.structs.replace(state, evpn_routes=routes)
    return fib(blueprint, state, like)


def _lost(here: Fib, before: Forwarder, cut_off: set[str]) -> Iterator[ReachabilityRow]:
    forwarder = Forwarder(here)
    for question in questions(here):
        if question.source.cut_off or question.receiver in cut_off:
            continue
        verdict = forwarder.send(question.sender, question.address)
        if arrives(question, verdict):
            continue
        if arrives(question, before.send(question.sender, question.address)):
            yield answer(question, verdict)


def _ecmp_minimum(state: State, vteps: Mapping[str, tuple[str, ...]]) -> EcmpWidth | None:
    prefixes = {f"{vtep}/32" for vtep in vteps}
    devices = frozenset(device for of in vteps.values() for device in of)
    widths = (
        EcmpWidth(len(row.next_hops), row.device, row.prefix)
        for row in state.routes
        if row.vrf == DEFAULT and row.prefix in prefixes and row.device in devices
    )
    return min(widths, default=None)
