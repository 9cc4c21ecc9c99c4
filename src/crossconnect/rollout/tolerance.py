"""How far routes from outside may be from the simulation: external routers announce what they like.

    routes told <-- differ --> routes simulated      more than `routes_percent_max` of a VRF's on a switch: all count
                                                     not more: taken as simulated, and told

A route of the region itself (a segment's, a link's, a loopback's) is never borne to be missing or other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.model.change import Objective
from crossconnect.state.tables import RouteRow, State

Place = tuple[str, str, str]
"""Switch, VRF, prefix."""


def percents(network: Blueprint, objectives: Iterable[Objective]) -> dict[str, float]:
    """What is borne, by VRF, where anything is."""
    by_tenant = {objective.tenant: objective.routes_percent_max for objective in reversed(list(objectives))}
    of = {vrf.name: by_tenant.get(vrf.tenant, by_tenant.get("", 0.0)) for vrf in network.vrfs}
    return {name: percent for name, percent in of.items() if percent > 0}


def borne(
    real: Iterable[RouteRow],
    simulated: Iterable[RouteRow],
    announced: Collection[str],
    percent: Mapping[str, float],
    before: Collection[Place] = (),
) -> frozenset[Place]:
    """Routes that are other than simulated, and may be. `announced` are prefixes that external routers announce by the
    design; those that were other `before` the change do not count."""
    there, wanted = ({(r.device, r.vrf, r.prefix): r for r in rows if r.vrf in percent} for rows in (real, simulated))
    # Of what the simulation has not, nothing is the region's own.
    outside = {place for place in there.keys() | wanted.keys() if place not in wanted or place[2] in announced}
    total: dict[tuple[str, str], int] = {}
    off: dict[tuple[str, str], set[Place]] = {}
    for place in outside:
        total[place[:2]] = total.get(place[:2], 0) + 1
        if there.get(place) != wanted.get(place) and place not in before:
            off.setdefault(place[:2], set()).add(place)
    return frozenset(
        place
        for where, places in off.items()
        if 100 * len(places) <= percent[where[1]] * total[where]
        for place in places
    )


def as_simulated(real: State, simulated: State, places: Collection[Place]) -> State:
    """The state with some routes as the simulation has them."""
    if not places:
        return real
    return msgspec.structs.replace(
        real,
        routes=_with(real.routes, simulated.routes, places),
        bgp_routes=_with(real.bgp_routes, simulated.bgp_routes, places),
    )


def _with(real, simulated, places):  # type: ignore[no-untyped-def]
    kept = [row for row in real if (row.device, row.vrf, row.prefix) not in places]
    put = [row for row in simulated if (row.device, row.vrf, row.prefix) in places]
    return tuple(sorted((*kept, *put), key=lambda row: tuple(getattr(row, name) for name in row.KEY)))
