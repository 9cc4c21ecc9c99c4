"""Expected load of every cable: demands poured into the steps of their packets' ways.

At each step an equal share goes to each branch: the hashes of flows are taken to be spread evenly, which they are when
flows are many and small (RFC 2992 measures how evenly). Steps of a way only lead to steps that were made before, so one
pass from the last to the first moves all of it. What arrives and what is dropped adds up to what was sent.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

from crossconnect.design.blueprint import Endpoint
from crossconnect.simulate.forwarding import Forwarder


class Flow(NamedTuple):
    """Traffic to one address, from a host's interface or from a switch that routes it in a VRF."""

    demand: int
    """Number of the demand that it is part of."""
    address: str
    mbps: float
    endpoint: Endpoint | None = None
    device: str = ""
    vrf: str = ""


class Loads(NamedTuple):
    """Where the traffic goes."""

    links: dict[tuple[str, str], dict[int, float]]
    """(cable, device that sends into it) -> demand -> megabits per second."""
    dropped: dict[int, tuple[float, str]]
    """Demand -> megabits per second that do not arrive, and the first reason."""


NO_LOADS = Loads({}, {})


def loads(forwarder: Forwarder, flows: Iterable[Flow]) -> Loads:
    """The load that flows put on cables, as the tables of `forwarder` lead them."""
    by_demand: dict[int, dict[int, float]] = {}
    for flow in flows:
        if flow.endpoint is not None:
            first = forwarder.step_of(flow.endpoint, flow.address)
        else:
            first = forwarder.step_from(flow.device, flow.vrf, flow.address)
        poured = by_demand.setdefault(flow.demand, {})
        poured[first] = poured.get(first, 0.0) + flow.mbps
    lost = _Lost(forwarder)
    found = Loads({}, {})
    for demand, poured in by_demand.items():
        _pour(forwarder, lost, demand, poured, found)
    return found


class _Lost:
    """The share of what enters a step of the underlay that never leaves it."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._steps = forwarder.steps
        self._known: dict[int, float] = {}

    def share(self, number: int) -> float:
        known = self._known.get(number)
        if known is None:
            step = self._steps[number]
            if step.action == "drop":
                known = 1.0
            elif not step.verdict.drops:
                known = 0.0
            else:
                known = sum(self.share(following) for following in step.next) / max(1, len(step.next))
            self._known[number] = known
        return known


def _pour(forwarder: Forwarder, lost: _Lost, demand: int, poured: dict[int, float], found: Loads) -> None:
    steps, cables = forwarder.steps, forwarder.cables
    # Ways lead to steps with lower numbers; of a tunnel's two, each gets what reaches it.
    queue = [-number for number in poured]
    heapq.heapify(queue)
    while queue:
        number = -heapq.heappop(queue)
        mbps = poured.pop(number, 0.0)
        if not mbps:
            continue
        step = steps[number]
        if step.action == "drop":
            before, reason = found.dropped.get(demand, (0.0, f"{step.device}: {step.detail}"))
            found.dropped[demand] = (before + mbps, reason)
            continue
        shares: list[tuple[int, float]] = []
        if step.action == "tunnel":
            shares = [(step.tunnel, mbps), (step.next[0], mbps * (1.0 - lost.share(step.tunnel)))]
        elif step.next:
            share = mbps / len(step.next)
            shares = [(following, share) for following in step.next]
            for key in cables.get(number, ()):
                if key:
                    link = found.links.setdefault((key, step.device), {})
                    link[demand] = link.get(demand, 0.0) + share
        for following, share in shares:
            if share:
                if following not in poured:
                    heapq.heappush(queue, -following)
                poured[following] = poured.get(following, 0.0) + share
