"""Why a default instance has a route as it has it: prefixes of the underlay, and EVPN routes."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from crossconnect.device.bgp import Bgp, Family
from crossconnect.simulate.attributes import IGP, NOTHING, WELL_KNOWN, Attributes, as_path_text
from crossconnect.simulate.contenders import Entrant, contenders
from crossconnect.simulate.decision import Candidate, Selection
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.explanation import Announcement, Explanation, Passage, Reason, Refusal
from crossconnect.simulate.fabric import rank_of
from crossconnect.simulate.history import Question, edge_passages, fabric_history, redistribution
from crossconnect.simulate.network import prefixes_over
from crossconnect.simulate.propagation import (
    ABSENT,
    ORIGINATED,
    EdgeFilter,
    Settlement,
    accepted,
    loops,
    sent_by,
)
from crossconnect.simulate.route_rows import fabric_hops, next_hop_of
from crossconnect.simulate.sessions import Session, down_because
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import behind_own_segment, connected, originated, own_segments


class Way(NamedTuple):
    """What spreads over which sessions."""

    family: Family
    spread: Settlement
    valid: tuple[bool, ...] | None
    """Where the next hop resolves, None for everywhere."""
    edge: EdgeFilter | None
    prefix: str
    next_hop: str


def why_down(asked: Question, session: Session) -> str:
    """Why a session is not established, empty when it is."""
    settled = asked.settled
    network = settled.network
    if settled.up[session.index]:
        return ""
    wires = {key: settled.live.wire_up(network.topology.wires[key]) for key in session.wires}
    if session.twin >= 0:
        twin = network.sessions[session.twin]
        wires |= {key: settled.live.wire_up(network.topology.wires[key]) for key in twin.wires}
        return down_because(session, wires, settled.live) or down_because(twin, wires, settled.live)
    why = down_because(session, wires, settled.live)
    if why or not session.peer:
        return why or "the other end is not up"
    count, limit = prefixes_over(network, session)
    return f"{count} prefixes accepted where max_prefixes is {limit}"


def _refused(asked: Question, way: Way, target: int, position: int) -> Refusal | None:
    """Why a speaker has no path by an in-edge; None when it has one."""
    settled = asked.settled
    network = settled.network
    family = settled.graphs[way.family]
    graph, table, spread = family.graph, network.table, way.spread
    session = network.sessions[family.sessions[target][position]]

    def refusal(reason: Reason, detail: str, passed: Passage | None = None) -> Refusal:
        sender = session.neighbor.device
        return Refusal(sender=sender, peer=session.key.peer, reason=reason, detail=detail, passage=passed)

    source = graph.sources[target][position]
    if source == ABSENT:
        return refusal("session-down", why_down(asked, session))
    if spread.attributes[source] == NOTHING:
        return refusal("no-route", f"{session.neighbor.device} has no route to it itself")
    number = sent_by(graph, table, spread, source)
    if number == NOTHING:
        held = [c for c in table.values[spread.attributes[source]].communities if c in WELL_KNOWN.values()]
        return refusal("confined", f"{session.neighbor.device} keeps it to itself: {', '.join(held)}")
    if way.valid is not None and not way.valid[target]:
        device = network.topology.speakers[target].device
        return refusal("next-hop-unresolved", f"{device} has no route to the next hop {way.next_hop}")
    if accepted(graph, table, way.edge, source, target, position, number) != NOTHING:
        return None
    if loops(graph, table, target, number):
        path = as_path_text(table.paths[number])
        return refusal("as-loop", f"own AS {graph.asns[target]} is in the AS path {path}")
    told = edge_passages(asked, session, way.family, way.prefix, number)[0][-1]
    return refusal("import-policy" if told.direction == "import" else "export-policy", "", told)


def _refusals(asked: Question, way: Way, speaker: Speaker) -> tuple[Refusal, ...]:
    indexes = asked.settled.graphs[way.family].sessions[speaker.index]
    found = [_refused(asked, way, speaker.index, position) for position in range(len(indexes))]
    return tuple(refusal for refusal in found if refusal is not None)


def _announcements(asked: Question, way: Way, speaker: Speaker) -> tuple[tuple[Announcement, ...], tuple[Refusal, ...]]:
    """To whom a speaker passes its best path on, and who does not take it or does not get it."""
    settled = asked.settled
    if way.spread.attributes[speaker.index] == NOTHING:
        return (), ()
    sent: list[Announcement] = []
    unsent: list[Refusal] = []
    network = settled.network
    for target, position in network.graphs[way.family].graph.targets[speaker.index]:
        session = network.sessions[settled.graphs[way.family].sessions[target][position]]
        here, other = network.sessions[session.twin].key.peer, session.key.device
        refusal = _refused(asked, way, target, position)
        if refusal is None:
            sent.append(Announcement(to=other, peer=here))
        else:
            unsent.append(msgspec.structs.replace(refusal, sender=other, peer=here))
    return tuple(sent), tuple(unsent)


def _entrants(asked: Question, way: Way, speaker: Speaker, paths: list[tuple[int, int]], evpn: bool) -> list[Entrant]:
    settled = asked.settled
    network = settled.network
    found: list[Entrant] = []
    for position, number in paths:
        session = network.sessions[settled.graphs[way.family].sessions[speaker.index][position]]
        rank = rank_of(network.topology, session, network.sessions[session.twin])
        next_hop = way.next_hop if evpn else next_hop_of(session, way.family)
        passed = () if evpn else fabric_history(asked, way.prefix, way.spread, speaker.index, position)
        # Over parallel links next hops are told apart by the port; over others the neighbour's name does it.
        candidate = Candidate(network.table.values[number], f"{next_hop}%{session.interface}", rank)
        found.append(Entrant(candidate, session.key.peer, session.neighbor.device, next_hop, passed))
    return found


def explain_underlay(asked: Question, speaker: Speaker, prefix: str) -> Explanation:
    """The decision of a default instance for a prefix."""
    settled = asked.settled
    network = settled.network
    attached = connected(network.topology, settled.live, speaker.device, DEFAULT)
    base = nothing(speaker, prefix, speaker.bgp)
    if not settled.live.device_up(speaker.device):
        return base
    own = msgspec.structs.replace(base, installed=f"connected, {attached[prefix]}") if prefix in attached else base
    key = settled.underlay.get(prefix)
    if key is None:
        return msgspec.structs.replace(own, refused=_not_originated(asked, speaker, prefix, attached))
    choice = asked.choices.of(prefix, speaker)
    way = Way(family_of(prefix), settled.spread_of(prefix), None, settled.edge_of(key), prefix, "")
    entrants: list[Entrant] = []
    positions = [position for position, _ in choice.paths]
    if choice.best == ORIGINATED:
        number = next(number for index, number in key.origins if index == speaker.index)
        told, _ = redistribution(asked, speaker, prefix)
        candidate = Candidate(network.table.values[number], "", (0, 0), local=True)
        entrants.append(Entrant(candidate, "local", speaker.device, "", (told,) if told is not None else ()))
        positions.insert(0, ORIGINATED)
    entrants += _entrants(asked, way, speaker, choice.paths, evpn=False)
    entrants = _with_origin(asked, prefix, entrants)
    used = (choice.best,) if choice.best == ORIGINATED else choice.multipath
    best = positions.index(choice.best) if choice.best != NOTHING else -1
    chosen = Selection(best, tuple(positions.index(position) for position in used))
    hops = fabric_hops(settled, speaker, prefix, choice)
    sent, unsent = _announcements(asked, way, speaker)
    return msgspec.structs.replace(
        own,
        installed=own.installed or (f"bgp, via {', '.join(hops)}" if hops else ""),
        candidates=contenders(entrants, chosen, speaker.bgp),
        refused=_refusals(asked, way, speaker),
        announced=sent,
        not_announced=unsent,
    )


def nothing(speaker: Speaker, route: str, bgp: Bgp | None) -> Explanation:
    """An explanation without anything in it."""
    return Explanation(
        device=speaker.device,
        vrf=speaker.vrf,
        route=route,
        installed="",
        maximum_paths=bgp.maximum_paths if bgp is not None else 0,
        candidates=(),
        refused=(),
        announced=(),
        not_announced=(),
    )


def _not_originated(asked: Question, speaker: Speaker, prefix: str, attached: dict[str, str]) -> tuple[Refusal, ...]:
    """Why a switch does not put a prefix into BGP that it has, or is to have."""
    named = any(prefix in originate.networks for originate in speaker.bgp.originate)
    if prefix not in attached:
        detail = "no interface that is up has it"
        return (Refusal(sender=speaker.device, peer="local", reason="not-connected", detail=detail),) if named else ()
    told, _ = redistribution(asked, speaker, prefix)
    reason: Reason = "redistribution-policy" if told is not None else "not-exported"
    detail = "" if told is not None else "connected routes of this family are not put into BGP here"
    return (Refusal(sender=speaker.device, peer="local", reason=reason, detail=detail, passage=told),)


def _with_origin(asked: Question, prefix: str, entrants: list[Entrant]) -> list[Entrant]:
    """ORIGIN put back: classes leave it out where it decides nothing, since all originators have the same."""
    settled = asked.settled
    origin = IGP
    for index, _ in settled.underlay[prefix].origins[:1]:
        speaker = settled.network.topology.speakers[index]
        attached = connected(settled.network.topology, settled.live, speaker.device, DEFAULT)
        here = settled.network.policies[speaker.device]
        found: Attributes | None = originated(speaker.bgp, attached, here, family_of(prefix)).get(prefix)
        origin = found.origin if found is not None else IGP
    if origin == IGP or any(entrant.candidate.attributes.origin != IGP for entrant in entrants):
        return entrants
    return [
        entrant._replace(
            candidate=entrant.candidate._replace(
                attributes=msgspec.structs.replace(entrant.candidate.attributes, origin=origin)
            )
        )
        for entrant in entrants
    ]


def route_text(route: EvpnRoute) -> str:
    """An EVPN route as `xc explain` takes it."""
    return f"{route.rd} {route.route_type} {route.key}"


def explain_evpn(asked: Question, speaker: Speaker, route: EvpnRoute, passed: tuple[Passage, ...]) -> Explanation:
    """The decision of a default instance for an EVPN route. `passed` are the policies at its originator."""
    settled = asked.settled
    network = settled.network
    base = msgspec.structs.replace(nothing(speaker, route_text(route), None), route_targets=route.route_targets)
    if not settled.live.device_up(speaker.device):
        return base
    visibility = settled.overlay.visibility
    key, _ = visibility.class_of(route.speaker, route.number, route.next_hop)
    spread = visibility.spreads.of(key)
    way = Way("l2vpn-evpn", spread, key.valid, None, route.prefix, route.next_hop)
    if route.speaker == speaker.index:
        candidate = Candidate(network.table.values[route.number], "", (0, 0), local=True)
        entrants = [Entrant(candidate, "local", speaker.device, route.next_hop, passed)]
    else:
        paths = list(visibility.paths(route, speaker.index))
        entrants = [e._replace(passed=passed) for e in _entrants(asked, way, speaker, paths, evpn=True)]
    best = spread.via[speaker.index]
    positions = [position for position, _ in visibility.paths(route, speaker.index)]
    index = 0 if best == ORIGINATED else positions.index(best) if best in positions else -1
    sent, unsent = _announcements(asked, way, speaker)
    imported = _importers(asked, speaker, route) if entrants and best != ORIGINATED else ()
    return msgspec.structs.replace(
        base,
        candidates=contenders(entrants, Selection(index, (index,) if index >= 0 else ()), None),
        refused=_refusals(asked, way, speaker),
        announced=sent,
        not_announced=unsent,
        imported=imported,
    )


def _importers(asked: Question, speaker: Speaker, route: EvpnRoute) -> tuple[str, ...]:
    """Network instances of a device that import a route by its targets."""
    topology = asked.settled.network.topology
    device = topology.devices[speaker.device]
    segments = own_segments(topology, device.name)
    found: list[str] = []
    for instance in device.network_instances:
        if route not in asked.settled.overlay.imported(instance.import_rts, device.name):
            continue
        if instance.kind == "mac-vrf" and route.route_type != 5:
            found.append(f"MAC-VRF {instance.name} (VNI {instance.vni})")
        elif instance.kind == "l3vrf" and route.prefix and not behind_own_segment(route, segments):
            found.append(f"VRF {instance.name} as {route.prefix}")
    return tuple(found)
