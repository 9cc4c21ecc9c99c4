"""Which flows a drill runs: pairs that cross what will be broken, spread over VRFs and hosts, several ports each."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.design.blueprint import Endpoint
from crossconnect.drills.definition import Drill, Flow, PredictedFlow, Prediction

PORTS_PER_PAIR = 4
"""Source ports of one pair: with two equal paths fifteen in sixteen such sets use both."""
SOURCE_PORT = 20001
DESTINATION_PORT = 9100


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of endpoints that can talk without failure, as the simulation forwards between them."""

    source: Endpoint
    destination: Endpoint
    version: int
    crosses: bool
    """Whether any of its paths includes the target."""
    prediction: Prediction


def choose_flows(drill: Drill, candidates: Sequence[Candidate]) -> tuple[PredictedFlow, ...]:
    """The drill's flows, at most `flows_max`; empty when no candidate crosses the target.

    Half of the pairs are those to be cut, where there are any, so that both halves of the prediction are tried.
    """
    crossing = [c for c in candidates if c.crosses]
    pairs_max = max(1, drill.flows_max // PORTS_PER_PAIR)
    cut = _spread([c for c in crossing if c.prediction == "cut"])
    survive = _spread([c for c in crossing if c.prediction == "survive"])
    cut_count = min(len(cut), max(pairs_max // 2, pairs_max - len(survive)))
    chosen = survive[: pairs_max - cut_count] + cut[:cut_count]
    flows = [(c, port) for c in chosen for port in range(PORTS_PER_PAIR)][: max(drill.flows_max, 1)]
    return tuple(_flow(number, c, port) for number, (c, port) in enumerate(flows, start=1))


def _spread(candidates: Sequence[Candidate]) -> list[Candidate]:
    """In an order in which the first few differ as much as they can: VRF, then source host, then IP version."""
    order: list[Candidate] = []
    rest = sorted(candidates, key=_name)
    seen: dict[object, int] = {}
    while rest and len(order) < _PAIRS_TRIED:
        best = min(rest, key=lambda c: tuple(seen.get(key, 0) for key in _keys(c)))
        order.append(best)
        rest.remove(best)
        for key in _keys(best):
            seen[key] = seen.get(key, 0) + 1
    return order


_PAIRS_TRIED = 16
"""More pairs than this are never run at once; choosing each is linear in the candidates."""


def _keys(c: Candidate) -> tuple[tuple[str, object], ...]:
    return (
        ("scope", scope_of(c.source)),
        ("source", c.source.host),
        ("destination", c.destination.host),
        ("version", c.version),
    )


def _name(c: Candidate) -> tuple[str, str, str, int]:
    return (scope_of(c.source), c.source.host, c.destination.host, c.version)


def scope_of(endpoint: Endpoint) -> str:
    """The IP-VRF of an endpoint, or its segment's path where there is none."""
    return endpoint.vrf or endpoint.segment


def address_in(endpoint: Endpoint, version: int) -> str:
    """The endpoint's address of an IP version, without length; empty if it has none."""
    for address in endpoint.addresses:
        if (":" in address) == (version == 6):
            return address.partition("/")[0]
    return ""


def _flow(number: int, c: Candidate, port: int) -> PredictedFlow:
    flow = Flow(
        number=number,
        source=c.source.host,
        destination=c.destination.host,
        source_address=address_in(c.source, c.version),
        destination_address=address_in(c.destination, c.version),
        source_interface=c.source.interface,
        source_port=SOURCE_PORT + port,
        destination_port=DESTINATION_PORT + number,
        scope=scope_of(c.source),
    )
    return PredictedFlow(flow=flow, prediction=c.prediction, crosses=c.crosses)
