"""What cannot be foretold: ties between paths that forward differently, more of them than `maximum_paths`.

In a VRF, FRR compares up to the router id and the address of the peer. Routes of two border leaves that came over one
spine have these in common too: the path that came first is best, and where not all are used that decides who is. In
the underlay the best path is certain, but who else is used is decided by the order of next hops, and that of link-local
ones (IPv6, RFC 8950) hangs on MAC addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.finding import Finding, Place, found
from crossconnect.net.order import natural_key
from crossconnect.simulate.codes import ORDER_OF_ARRIVAL
from crossconnect.simulate.decision import Candidate, Selection, possible
from crossconnect.simulate.network import Settled
from crossconnect.simulate.propagation import ABSENT
from crossconnect.simulate.route_rows import Choices, equal_paths
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import VrfEntry

NAMES_MAX = 5
"""Names of one kind that a message spells out."""


class _Tie(NamedTuple):
    """Destinations and devices with the same open question are one finding."""

    vrf: str
    rivals: tuple[str, ...]
    room: int


def arrival_findings(settled: Settled) -> tuple[Finding, ...]:
    """One warning per VRF and set of devices among which `maximum_paths` cannot be said to choose."""
    seen: dict[_Tie, tuple[set[str], set[str]]] = {}
    choices = Choices(settled)
    for speaker in settled.live.topology.speakers:
        if not settled.live.device_up(speaker.device):
            continue
        ties = _underlay(settled, speaker, choices) if speaker.vrf == DEFAULT else _overlay(settled, speaker)
        for prefix, rivals in ties:
            prefixes, devices = seen.setdefault(
                _Tie(speaker.vrf, rivals, speaker.bgp.maximum_paths), (set[str](), set[str]())
            )
            prefixes.add(prefix)
            devices.add(speaker.device)
    return tuple(_finding(settled, tie, *seen[tie]) for tie in sorted(seen))


def _overlay(settled: Settled, speaker: Speaker) -> Iterator[tuple[str, tuple[str, ...]]]:
    rivals_of: dict[int, tuple[str, ...]] = {}
    for prefix, entry in settled.vrfs.table_of(speaker.index, settled.overlay).items():
        rivals = rivals_of.get(id(entry))
        if rivals is None:
            rivals = rivals_of[id(entry)] = _rivals(settled, speaker, entry)
        if rivals:
            yield prefix, rivals


def _rivals(settled: Settled, speaker: Speaker, entry: VrfEntry) -> tuple[str, ...]:
    """Who is used in some of the possible outcomes and not in all; empty where there is one outcome only."""
    candidates: list[Candidate] = [path.candidate for path in entry.paths]
    if len({candidate.next_hop for candidate in candidates}) < 2:
        return ()
    chosen = Selection(entry.best, entry.multipath)
    outcomes = possible(candidates, chosen, speaker.bgp.maximum_paths, speaker.bgp.multipath_relax)
    used = [frozenset(entry.paths[index].hop for index in outcome.multipath) for outcome in outcomes]
    if len(set(used)) < 2:
        return ()
    every = frozenset[str]().union(*used)
    doubtful = {hop for hop in every if not all(hop in hops for hops in used)}
    vteps = settled.live.topology.vteps
    names = {name for hop in doubtful for name in vteps.get(hop.partition("%")[0], (hop,))}
    return tuple(sorted(names, key=natural_key))


def _underlay(settled: Settled, speaker: Speaker, choices: Choices) -> Iterator[tuple[str, tuple[str, ...]]]:
    room = speaker.bgp.maximum_paths
    # The best path is certain: it is told by router id, and between parallel links by the ports' order.
    if room < 2:
        return
    for prefix in settled.underlay:
        family = settled.graphs[family_of(prefix)]
        sources = family.graph.sources[speaker.index]
        if len(sources) - sources.count(ABSENT) <= room:
            continue
        choice = choices.of(prefix, speaker)
        equal = equal_paths(settled.network.table, choice.paths, choice.best, speaker)
        sessions = [settled.network.sessions[family.sessions[speaker.index][position]] for position in equal]
        certain = family.family == "ipv4-unicast" and all(session.neighbor.address for session in sessions)
        if len(equal) >= room and not certain:
            yield prefix, tuple(sorted({session.neighbor.device for session in sessions}, key=natural_key))


def _finding(settled: Settled, tie: _Tie, prefixes: set[str], devices: set[str]) -> Finding:
    names = sorted(devices, key=natural_key)
    room = f"maximum_paths is {tie.room}"
    instance = settled.live.topology.instances.get((names[0], tie.vrf))
    path = instance.path if instance is not None and instance.path else f"devices/{names[0]}"
    where = "in the underlay" if tie.vrf == DEFAULT else f"in VRF {tie.vrf}"
    return found(
        ORDER_OF_ARRIVAL,
        Place(path=path),
        f"{where}, routes to {_text(sorted(prefixes, key=natural_key))} by {_text(tie.rivals)} tie on {_text(names)}, "
        f"and {room}: which of them are used cannot be foretold",
        related=tuple(Place(path=f"devices/{name}") for name in names),
    )


def _text(names: tuple[str, ...] | list[str]) -> str:
    if len(names) <= NAMES_MAX + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMES_MAX])} and {len(names) - NAMES_MAX} more"
