"""Probes of a change: who is asked whether he still reaches whom, while it is carried out.

    servers of both networks, by VRF or segment ---> a ring: everybody asks and is asked once per IP version
    their ways outside                          ---> an address of the first prefix of each external router
    servers that come                           ---> asked in their segment, once none of its switches is pending

A ring of n servers is n questions, and over any leaf that loses a network at least one of them fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.model.change import Objective
from crossconnect.net import address_of, address_text, parse, version_of

PROBES_MAX = 512
"""More are thinned out evenly: a round of them takes a sixth of a second."""

DEFAULT = Objective(name="default")


class Probe(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A question that a server asks all the time."""

    source: str
    """The server that asks."""
    interface: str
    """Through which of its interfaces."""
    source_address: str
    destination: str
    """A server, or an external router."""
    destination_address: str
    network: str
    """VRF, or path of the segment."""
    tenant: str
    objective: str
    """Name of the objective that it is judged by."""
    first_wave: int = 0
    """After which wave it is asked; 0: from before the first one on, and if it is answered then, always."""
    lost_in: tuple[int, ...] = ()
    """Waves of which the plan says that something of its network is missing: it is not judged there."""


def probes_of(
    old: Blueprint,
    new: Blueprint,
    waves: Mapping[str, int],
    lost: Mapping[int, Collection[str]],
    objectives: Iterable[Objective],
) -> tuple[Probe, ...]:
    """Probes of a change. `waves`: the wave in which a switch changes; `lost`: by wave, names of networks of which
    something is missing then."""
    by_tenant = {objective.tenant: objective.name for objective in reversed(list(objectives))}
    before, after = ({_key(e): e for h in side.hosts for e in h.endpoints} for side in (old, new))
    kept = [e for key, e in after.items() if before.get(key) == e]
    coming = [e for key, e in after.items() if key not in before]
    found = [*_rings(kept, 0, ()), *_outside(kept, old, new), *_fresh(coming, kept, new, waves)]
    made = [
        msgspec.structs.replace(
            probe,
            objective=by_tenant.get(probe.tenant, by_tenant.get("", DEFAULT.name)),
            lost_in=tuple(sorted(number for number, names in lost.items() if probe.network in names)),
        )
        for probe in found
    ]
    return tuple(sorted(_thinned(made)))


def _key(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.host, endpoint.interface


def _network(endpoint: Endpoint) -> str:
    return endpoint.vrf or endpoint.segment


def _rings(endpoints: Iterable[Endpoint], first: int, only: Collection[tuple[str, str]]) -> Iterator[Probe]:
    """Each asks the next one of its network; of those given `only`, where any are, who asks or is asked."""
    networks: dict[tuple[str, int], list[tuple[Endpoint, str]]] = {}
    for endpoint in endpoints:
        for address in endpoint.addresses:
            networks.setdefault((_network(endpoint), version_of(address)), []).append((endpoint, address))
    for members in networks.values():
        for (source, address), (other, wanted) in zip(members, [*members[1:], members[0]], strict=True):
            if source.host == other.host or (only and _key(source) not in only and _key(other) not in only):
                continue
            yield _probe(source, address, other.host, address_of(wanted), first)


def _outside(endpoints: Iterable[Endpoint], old: Blueprint, new: Blueprint) -> Iterator[Probe]:
    """Each asks each external router of its VRF that both networks have for its first prefix that is no default."""
    known = {peer.name: peer for peer in old.peers}
    for peer in new.peers:
        if peer.name not in known or known[peer.name].announces != peer.announces:
            continue
        vrfs = {session.vrf for session in peer.sessions}
        prefixes = [parse(text) for text in peer.announces]
        for endpoint in endpoints:
            if endpoint.vrf not in vrfs:
                continue
            for address in endpoint.addresses:
                version = version_of(address)
                target = next((p for p in prefixes if p.version == version and p.length > 0), None)
                if target is not None:
                    yield _probe(endpoint, address, peer.name, address_text(version, target.value + 1), 0)


def _fresh(
    coming: Sequence[Endpoint], kept: Sequence[Endpoint], new: Blueprint, waves: Mapping[str, int]
) -> Iterator[Probe]:
    """Rings of the segments of those that come; a segment is whole after the last wave of its switches."""
    devices = {segment.path: segment.devices for segment in new.segments}
    segments: dict[str, list[Endpoint]] = {}
    for endpoint in (*coming, *kept):
        segments.setdefault(endpoint.segment, []).append(endpoint)
    only = {_key(endpoint) for endpoint in coming}
    for path in dict.fromkeys(endpoint.segment for endpoint in coming):
        whole = max((waves.get(name, 0) for name in devices.get(path, ())), default=0)
        yield from _rings(segments[path], max(whole, 1), only)


def _probe(source: Endpoint, address: str, other: str, wanted: str, first: int) -> Probe:
    return Probe(
        source=source.host,
        interface=source.interface,
        source_address=address_of(address),
        destination=other,
        destination_address=wanted,
        network=_network(source),
        tenant=source.tenant,
        objective="",
        first_wave=first,
    )


def _thinned(probes: list[Probe]) -> list[Probe]:
    if len(probes) <= PROBES_MAX:
        return probes
    return [probes[i * len(probes) // PROBES_MAX] for i in range(PROBES_MAX)]


# What came of them


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a probe's questions."""

    sent: int
    answered: int
    round_trips_ms: tuple[float, ...]


NOTHING = Tally(sent=0, answered=0, round_trips_ms=())


def added(a: Tally, b: Tally) -> Tally:
    """Both together."""
    return Tally(
        sent=a.sent + b.sent, answered=a.answered + b.answered, round_trips_ms=a.round_trips_ms + b.round_trips_ms
    )


def told(tallies: Sequence[Tally]) -> str:
    """How many probes, what of them was lost, and how long the middle one took; empty where there are none."""
    if not tallies:
        return ""
    sent, answered = sum(t.sent for t in tallies), sum(t.answered for t in tallies)
    times = sorted(ms for t in tallies for ms in t.round_trips_ms)
    middle = f", {times[len(times) // 2]:.1f} ms" if times else ""
    return f"; {len(tallies)} probes: {sent - answered} of {sent} lost{middle}"


def shortfalls(
    probes: Sequence[Probe], tallies: Sequence[Tally], objectives: Mapping[str, Objective]
) -> tuple[str, ...]:
    """What of the objectives is not met, in words. An objective is about all of its probes together; a probe that was
    never answered is a failure of its own."""
    said: list[str] = []
    groups: dict[str, list[int]] = {}
    for index, (probe, tally) in enumerate(zip(probes, tallies, strict=True)):
        if tally.sent and not tally.answered:
            said.append(f"{probe.source} does not reach {probe.destination} ({probe.destination_address})")
        groups.setdefault(probe.objective, []).append(index)
    for name, members in groups.items():
        objective = objectives[name]
        sent = sum(tallies[i].sent for i in members)
        lost = sent - sum(tallies[i].answered for i in members)
        if sent and 100 * lost > objective.loss_percent_max * sent:
            said.append(f"objective {name}: {lost} of {sent} probes lost, {objective.loss_percent_max} % may be")
        times = sorted(ms for i in members for ms in tallies[i].round_trips_ms)
        if times and (middle := times[len(times) // 2]) > objective.round_trip_ms_max:
            said.append(f"objective {name}: {middle:.1f} ms there and back, {objective.round_trip_ms_max} ms may be")
    return tuple(said)
