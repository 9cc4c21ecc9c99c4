"""Which flows a drill runs: pairs that cross what will be broken, spread over VRFs, hosts and ports."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.design.blueprint import Endpoint
from crossconnect.drills.definition import Drill, Flow, PredictedFlow, Prediction

SOURCE_PORT = 20000
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
    """The drill's flows, `flows_max` of them; empty when no candidate crosses the target.

    As many different pairs as there are, then further source ports of the same ones: a switch spreads flows over equal
    paths by their ports, but Linux keeps one path for each remote MAC of a VXLAN device (its `dst_cache`), whatever
    the ports. Half of the pairs are those to be cut, where there are any, so that both predictions are tried.
    """
    crossing = [c for c in candidates if c.crosses]
    cut = _spread([c for c in crossing if c.prediction == "cut"], drill.flows_max)
    survive = _spread([c for c in crossing if c.prediction == "survive"], drill.flows_max)
    cut_count = min(len(cut), max(drill.flows_max // 2, drill.flows_max - len(survive)))
    pairs = survive[: drill.flows_max - cut_count] + cut[:cut_count]
    return tuple(_flow(n + 1, pairs[n % len(pairs)]) for n in range(drill.flows_max)) if pairs else ()


def _spread(candidates: Sequence[Candidate], at_most: int) -> list[Candidate]:
    """The first few in an order in which they differ as much as they can: VRF, then hosts, then IP version."""
    order: list[Candidate] = []
    rest = sorted(candidates, key=_name)
    seen: dict[object, int] = {}
    while rest and len(order) < at_most:
        best = min(rest, key=lambda c: tuple(seen.get(key, 0) for key in _keys(c)))
        order.append(best)
        rest.remove(best)
        for key in _keys(best):
            seen[key] = seen.get(key, 0) + 1
    return order


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


def _flow(number: int, c: Candidate) -> PredictedFlow:
    flow = Flow(
        number=number,
        source=c.source.host,
        destination=c.destination.host,
        source_address=address_in(c.source, c.version),
        destination_address=address_in(c.destination, c.version),
        source_interface=c.source.interface,
        source_port=SOURCE_PORT + number,
        destination_port=DESTINATION_PORT + number,
        scope=scope_of(c.source),
    )
    return PredictedFlow(flow=flow, prediction=c.prediction, crosses=c.crosses)
