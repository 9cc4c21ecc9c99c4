"""Blueprint -> state."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding
from crossconnect.simulate.arrival import arrival_findings
from crossconnect.simulate.evpn_rows import evpn_route_rows, mac_rows, vni_rows, vtep_rows
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.physical_rows import device_rows, interface_rows, lldp_rows, session_rows
from crossconnect.simulate.route_rows import bgp_route_rows, route_rows
from crossconnect.simulate.soundness import soundness_findings
from crossconnect.state.tables import (
    TABLES,
    BgpRouteRow,
    BgpSessionRow,
    DeviceRow,
    EvpnRouteRow,
    InterfaceRow,
    LldpRow,
    MacRow,
    RouteRow,
    State,
    VniRow,
    VtepRow,
)

Row = TypeVar("Row", bound=msgspec.Struct)


def simulate(blueprint: Blueprint, failures: Failures = NO_FAILURES, tables: Collection[str] = tuple(TABLES)) -> State:
    """The state that real daemons settle on. Only the tables asked for are made; the others are empty."""
    return predict(blueprint, failures, tables)[0]


def predict(
    blueprint: Blueprint, failures: Failures = NO_FAILURES, tables: Collection[str] = tuple(TABLES)
) -> tuple[State, tuple[Finding, ...]]:
    """The state, and what has to be said of the network on the way: sessions that cannot come up as configured, routes
    that never settle, prefix limits exceeded, ties that nothing predictable breaks."""
    settled = Network(blueprint).settle(failures)
    return state_of(settled, tables), (*settled.findings, *soundness_findings(settled), *arrival_findings(settled))


def state_of(settled: Settled, tables: Collection[str] = tuple(TABLES)) -> State:
    """The tables of a settled network, rows sorted by key. KeyError for a table that does not exist."""
    for name in tables:
        if name not in TABLES:
            raise KeyError(name)

    def made(name: str, make: Callable[[Settled], Iterator[Row]], key: tuple[str, ...]) -> tuple[Row, ...]:
        return tuple(sorted(make(settled), key=operator.attrgetter(*key))) if name in tables else ()

    return State(
        world="sim",
        devices=made("devices", device_rows, DeviceRow.KEY),
        interfaces=made("interfaces", interface_rows, InterfaceRow.KEY),
        lldp=made("lldp", lldp_rows, LldpRow.KEY),
        bgp_sessions=made("bgp_sessions", session_rows, BgpSessionRow.KEY),
        routes=made("routes", route_rows, RouteRow.KEY),
        bgp_routes=made("bgp_routes", bgp_route_rows, BgpRouteRow.KEY),
        evpn_routes=made("evpn_routes", evpn_route_rows, EvpnRouteRow.KEY),
        vteps=made("vteps", vtep_rows, VtepRow.KEY),
        vnis=made("vnis", vni_rows, VniRow.KEY),
        macs=made("macs", mac_rows, MacRow.KEY),
    )
