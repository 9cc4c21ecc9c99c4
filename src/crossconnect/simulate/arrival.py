"""What cannot be foretold: ties between paths that forward differently and are not all used.

In a VRF, FRR compares up to the router id and the address of the peer. Routes of two border leaves that came over one
spine have these in common too: the path that came first is best, and where not all are used that decides who is. In
the underlay the best path is certain, but who else is used is decided by the order of next hops, and that of link-local
ones (IPv6, RFC 8950) hangs on MAC addresses.

Paths leaked from several VRFs have the router id and the address of the peer in common as well, and some of them are
never used together, however much room there is (`VALID_LABEL_BIT` in nos.frr.facts, `decision._same_hop`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.finding import Finding, Place, found
from crossconnect.net.order import natural_key
from crossconnect.simulate.codes import LEAKS_TIE, ORDER_OF_ARRIVAL
from crossconnect.simulate.decision import Selection, possible
from crossconnect.simulate.network import Settled
from crossconnect.simulate.propagation import ABSENT
from crossconnect.simulate.route_rows import Choices, equal_paths
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import VrfEntry, VrfPath

NAMES_MAX = 5
"""Names of one kind that a message spells out."""


class _Tie(NamedTuple):
    """Destinations and devices with the same open question are one finding."""

    vrf: str
    rivals: tuple[str, ...]
    room: int
    """`maximum_paths`; 0 where the rivals are VRFs, and more room would not help."""


def arrival_findings(settled: Settled) -> tuple[Finding, ...]:
    """One warning per VRF and set of devices among which `maximum_paths` cannot be said to choose."""
    seen: dict[_Tie, tuple[set[str], set[str]]] = {}
    choices = Choices(settled)
    for speaker in settled.live.topology.speakers:
        if not settled.live.device_up(speaker.device):
            continue
        ties = _underlay(settled, speaker, choices) if speaker.vrf == DEFAULT else _overlay(settled, speaker)
        for prefix, tie in ties:
            prefixes, devices = seen.setdefault(tie, (set[str](), set[str]()))
            prefixes.add(prefix)
            devices.add(speaker.device)
    return tuple(_finding(settled, tie, *seen[tie]) for tie in sorted(seen))


class Doubt(NamedTuple):
    """A destination of a VRF that leaked routes tie for, with everything that its table may say of it."""

    speaker: Speaker
    prefix: str
    entries: tuple[VrfEntry, ...]


def doubts(settled: Settled) -> Iterator[Doubt]:
    """Destinations whose best path, or paths in use, cannot be foretold since routes of several VRFs tie."""
    for speaker in settled.live.topology.speakers:
        if speaker.vrf == DEFAULT or not settled.live.device_up(speaker.device) or not settled.vrfs.leaking(speaker):
            continue
        for prefix, entry in settled.vrfs.table_of(speaker.index, settled.overlay).items():
            chances = _outcomes(speaker, entry, speaker.bgp.maximum_paths)
            if len({entry.paths[chance.best].candidate.leaked_from for chance in chances}) > 1:
                entries = tuple(VrfEntry(entry.paths, chance.best, chance.multipath) for chance in chances)
                yield Doubt(speaker, prefix, entries)


def _outcomes(speaker: Speaker, entry: VrfEntry, maximum_paths: int) -> list[Selection]:
    chosen = Selection(entry.best, entry.multipath)
    candidates = [path.candidate for path in entry.paths]
    return possible(candidates, chosen, maximum_paths, speaker.bgp.multipath_relax)


def _overlay(settled: Settled, speaker: Speaker) -> Iterator[tuple[str, _Tie]]:
    tie_of: dict[int, _Tie | None] = {}
    for prefix, entry in settled.vrfs.table_of(speaker.index, settled.overlay).items():
        if id(entry) not in tie_of:
            tie_of[id(entry)] = _tie(settled, speaker, entry)
        tie = tie_of[id(entry)]
        if tie is not None:
            yield prefix, tie


def _tie(settled: Settled, speaker: Speaker, entry: VrfEntry) -> _Tie | None:
    """Who is used in some of the possible outcomes and not in all; None where there is one outcome only."""
    if len({path.hop for path in entry.paths}) < 2:
        return None
    room = speaker.bgp.maximum_paths
    doubtful = _doubtful(entry, _outcomes(speaker, entry, room))
    if not doubtful:
        return None
    if room > 1 and (leaked := _doubtful(entry, _outcomes(speaker, entry, len(entry.paths) + 1))):
        rivals = {_vrf_text(settled, speaker, path) for path in entry.paths if path.hop in leaked}
        return _Tie(speaker.vrf, tuple(sorted(rivals, key=natural_key)), 0)
    vteps = settled.live.topology.vteps
    names = {name for hop in doubtful for name in vteps.get(hop.partition("%")[0], (hop,))}
    return _Tie(speaker.vrf, tuple(sorted(names, key=natural_key)), room)


def _doubtful(entry: VrfEntry, outcomes: list[Selection]) -> set[str]:
    """Next hops that some of the outcomes use."""
    used = [frozenset(entry.paths[index].hop for index in outcome.multipath) for outcome in outcomes]
    every = frozenset[str]().union(*used)
    return {hop for hop in every if not all(hop in hops for hops in used)}


def _vrf_text(settled: Settled, speaker: Speaker, path: VrfPath) -> str:
    name = path.candidate.leaked_from or speaker.vrf
    return f"{name} (VNI {settled.live.topology.instances[(speaker.device, name)].vni})"


def _underlay(settled: Settled, speaker: Speaker, choices: Choices) -> Iterator[tuple[str, _Tie]]:
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
            rivals = tuple(sorted({session.neighbor.device for session in sessions}, key=natural_key))
            yield prefix, _Tie(speaker.vrf, rivals, room)


def _finding(settled: Settled, tie: _Tie, prefixes: set[str], devices: set[str]) -> Finding:
    names = sorted(devices, key=natural_key)
    instance = settled.live.topology.instances.get((names[0], tie.vrf))
    path = instance.path if instance is not None and instance.path else f"devices/{names[0]}"
    where = "in the underlay" if tie.vrf == DEFAULT else f"in VRF {tie.vrf}"
    routes, here = _text(sorted(prefixes, key=natural_key)), _text(names)
    why = (
        f"by {_text(tie.rivals)} tie on {here}, and maximum_paths is {tie.room}"
        if tie.room
        else f"of {_text(tie.rivals)} tie on {here}, and FRR does not use them all together"
    )
    return found(
        ORDER_OF_ARRIVAL if tie.room else LEAKS_TIE,
        Place(path=path),
        f"{where}, routes to {routes} {why}: which of them are used cannot be foretold",
        related=tuple(Place(path=f"devices/{name}") for name in names),
    )


def _text(names: tuple[str, ...] | list[str]) -> str:
    if len(names) <= NAMES_MAX + 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMES_MAX])} and {len(names) - NAMES_MAX} more"
