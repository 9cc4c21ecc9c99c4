"""Traffic beside a change: flows that run for as long as a test takes, and how many of their packets were lost.

with Traffic(lab, FLOWS) as traffic: ...; assert traffic.lost() == {}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

import msgspec
from patience import unanswered

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.lab import Lab, Ping
from crossconnect.lab.flows import FlowSpec, FlowSummary, end_flows, finish_flows, start_flows, summarise
from crossconnect.model.region import Bfd, Region

SECONDS_MAX = 1200.0
"""Longer than any test."""
IN_FLIGHT_S = 1.0
"""How long before something happens a packet may have been sent that meets it: machines stall."""


def calm(region: Region) -> Region:
    """The region whose switches bear it that a daemon gets no processor for seconds: BFD as often, and patient. With
    the usual 900 ms the sessions of a busy machine fail by themselves, and take packets that no change has taken."""
    design = msgspec.structs.replace(region.design, bfd=Bfd(multiplier=50), hold_time_s=15)
    return msgspec.structs.replace(region, design=design)


def endpoints(blueprint: Blueprint) -> dict[str, Endpoint]:
    """The first attachment of each server."""
    return {host.name: host.endpoints[0] for host in blueprint.hosts}


def flow(
    hosts: Mapping[str, Endpoint],
    number: int,
    source: str,
    destination: str,
    *,
    version: int = 4,
    packets_per_second: int = 1000,
) -> FlowSpec:
    """From a server to another one, or to an address behind the transit provider."""

    def address(name: str) -> str:
        return next(a for a in hosts[name].addresses if (":" in a) == (version == 6)).partition("/")[0]

    inside = destination in hosts
    return FlowSpec(
        number=number,
        source=source,
        destination=destination if inside else "transit1",
        source_address=address(source),
        destination_address=address(destination) if inside else destination,
        source_port=20_000 + number,
        destination_port=30_000 + number,
        packets_per_second=packets_per_second,
        source_interface=hosts[source].interface,
    )


def _ping(spec: FlowSpec) -> Ping:
    """The same way, asked."""
    return Ping(
        node=spec.source,
        interface=spec.source_interface,
        source=spec.source_address,
        destination=spec.destination_address,
    )


class Traffic:
    """Flows from `with` until they are asked for, or `with` ends."""

    def __init__(self, lab: Lab, flows: Sequence[FlowSpec]) -> None:
        self._lab, self.flows = lab, tuple(flows)
        self._seen: tuple[FlowSummary, ...] = ()

    def __enter__(self) -> Traffic:
        """Begin, once each way is answered: who was silent for long is looked for first, and that takes packets."""
        silent = unanswered(self._lab, [_ping(spec) for spec in self.flows])
        assert silent == [], "they do not reach each other before anything has happened"
        self._run = start_flows(self._lab, self.flows, SECONDS_MAX)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._run.abort()

    @property
    def began(self) -> float:
        """When the first packet was sent, in seconds on the monotonic clock."""
        return self._run.start_ns / 1e9

    def end(self) -> tuple[FlowSummary, ...]:
        """Send no more, and what became of each flow's packets. Flows have run until now, and some of each arrived."""
        if not self._seen:
            end_flows(self._run)
            self._seen = tuple(summarise(trace) for trace in finish_flows(self._run))
            sent = {spec.number: s.sent for spec, s in zip(self.flows, self._seen, strict=True)}
            assert all(sent[spec.number] < SECONDS_MAX * spec.packets_per_second for spec in self.flows), (
                "it took longer"
            )
            assert all(sent.values()), sent
        return self._seen

    def lost(self, but: Sequence[tuple[float, float]] = ()) -> dict[int, dict[int, int]]:
        """Packets lost per tenth of a second, by flow, of those that lost any. `but`: when a fault takes packets by
        itself, from and to, on the monotonic clock."""
        apart = [(int((first - IN_FLIGHT_S - self.began) * 10), int((last - self.began) * 10)) for first, last in but]
        found = {
            s.number: {
                tenth: packets
                for tenth, packets in s.lost_by_100_ms.items()
                if not any(first <= tenth <= last for first, last in apart)
            }
            for s in self.end()
            if s.lost
        }
        return {number: tenths for number, tenths in found.items() if tenths}
