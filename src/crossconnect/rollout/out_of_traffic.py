"""Whether a drained device is out of traffic, and whether it can come back: two questions to tables of a live network.

    drained --> neighbours' next hops, beside the simulated ones --> none too many: nobody uses it who has another way
    to come back --> its own sessions, routes, EVPN routes, beside the simulated ones --> none missing: it can forward

Both are what a device's own configuration does not say: that it was told to go is not that everybody has gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from crossconnect.design.blueprint import Blueprint
from crossconnect.rollout.looks import Key
from crossconnect.state.tables import RouteRow, State

_EVPN_TYPES = (3, 5)
"""What a device has of others whether or not their servers speak: MACs (type 2) come and go."""


def still_used(network: Blueprint, real: State, simulated: State, names: Collection[str]) -> dict[Key, str]:
    """Next hops of other devices that lead to one of `names`, and do not in the simulation of the network in which
    these are drained: in words, by place."""
    if not names:
        return {}
    leads = _Leads(network, names)
    wanted = {(row.device, row.vrf, row.prefix): row.next_hops for row in simulated.routes}
    found: dict[Key, str] = {}
    for row in real.routes:
        if row.device in names:
            continue
        here = wanted.get((row.device, row.vrf, row.prefix), ())
        by = sorted({to for hop in row.next_hops if hop not in here and (to := leads.to(row, hop))})
        if by:
            words = f"{row.device} still sends {row.prefix} in {row.vrf} by {', '.join(by)}"
            found["still used", f"{row.device}/{row.vrf}/{row.prefix}"] = words
    return found


class _Leads:
    """Which of some devices a next hop leads to: by the cable of its interface, or as the VTEP that it names."""

    def __init__(self, network: Blueprint, names: Collection[str]) -> None:
        self._names = names
        self._ends: dict[tuple[str, str], str] = {}
        for wire in network.wires:
            if wire.kind == "fabric":
                self._ends[wire.a_device, wire.a_port] = wire.b_device
                self._ends[wire.b_device, wire.b_port] = wire.a_device
        # Both of an MLAG pair have one VTEP: what is sent there is no choice of the drained one.
        vteps: dict[str, list[str]] = {}
        for device in network.devices:
            if device.vtep:
                vteps.setdefault(device.vtep, []).append(device.name)
        self._vteps: Mapping[str, str] = {vtep: owners[0] for vtep, owners in vteps.items() if len(owners) == 1}

    def to(self, row: RouteRow, hop: str) -> str:
        """The device, where it is one of them; else empty."""
        head, _, tail = hop.rpartition("%")
        end = self._ends.get((row.device, tail)) or self._vteps.get(head, "")
        return end if end in self._names else ""


def incomplete(real: State, simulated: State, names: Collection[str]) -> dict[Key, str]:
    """Sessions, routes and EVPN routes that devices of `names` are to have and have not, in words, by place."""
    found: dict[Key, str] = {}
    for what, where in (*_absent_sessions(real, simulated, names), *_absent_routes(real, simulated, names)):
        found.setdefault(("not complete", where), f"{where.partition('/')[0]} has not {what}")
    return found


def _absent_sessions(real: State, simulated: State, names: Collection[str]) -> Iterator[tuple[str, str]]:
    up = {(r.device, r.vrf, r.peer, r.family) for r in real.bgp_sessions if r.established}
    for row in simulated.bgp_sessions:
        if row.device in names and row.established and (row.device, row.vrf, row.peer, row.family) not in up:
            yield f"its {row.family} session with {row.peer}", f"{row.device}/{row.vrf}/{row.peer}/{row.family}"


def _absent_routes(real: State, simulated: State, names: Collection[str]) -> Iterator[tuple[str, str]]:
    for row in _of(simulated.routes, names) - _of(real.routes, names):
        yield f"{row.prefix} in {row.vrf} as simulated", f"{row.device}/{row.vrf}/{row.prefix}"
    there = {(r.device, r.rd, r.route_type, r.key) for r in real.evpn_routes}
    for route in simulated.evpn_routes:
        key = (route.device, route.rd, route.route_type, route.key)
        if route.device in names and route.route_type in _EVPN_TYPES and key not in there:
            yield f"EVPN route {route.route_type} {route.key} of {route.rd}", "/".join(map(str, key))


def _of(rows: Iterable[RouteRow], names: Collection[str]) -> set[RouteRow]:
    return {row for row in rows if row.device in names}
