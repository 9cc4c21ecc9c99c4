"""Which route policies a path passed on its way: every one is asked again with what it was asked with then."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from crossconnect.device.bgp import Family
from crossconnect.finding import Place
from crossconnect.net import host_prefix
from crossconnect.simulate.attributes import INCOMPLETE, LOCAL_WEIGHT, NOTHING, Attributes
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.explanation import Direction, Passage, Refusal, changes
from crossconnect.simulate.fabric import edge_policies, family_settings
from crossconnect.simulate.network import Settled
from crossconnect.simulate.overlay import Paths
from crossconnect.simulate.policy import apply, deciding_statement
from crossconnect.simulate.propagation import Settlement, sent_by
from crossconnect.simulate.route_rows import Choices
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import sent_by_peer

PlaceOf = Callable[[str], Place]


class Question(msgspec.Struct, frozen=True):
    """What is asked about: a settled network, and where its intent is written."""

    settled: Settled
    choices: Choices
    place_of: PlaceOf
    external: tuple[Session, ...]
    """Sessions with external routers."""
    routes: dict[str, list[EvpnRoute]]
    """EVPN routes by the prefix that they are, or would be."""
    imported: dict[int, dict[str, list[tuple[EvpnRoute, Paths]]]]
    """What VRF speakers import, by prefix; filled as it is asked for, like the next two."""
    passed: dict[EvpnRoute, tuple[Passage, ...]]
    """Policies at the originators of type-5 routes."""
    unexported: dict[tuple[str, str], list[tuple[str, Refusal]]]
    """(VRF, prefix) -> device and what keeps the prefix from getting from there into EVPN."""


def question(settled: Settled, place_of: PlaceOf) -> Question:
    """`place_of` gives the file and line of a path into the model, as `Region.place` does."""
    routes: dict[str, list[EvpnRoute]] = {}
    for route in settled.overlay.routes():
        address = route.key.partition("/")[2] if route.route_type == 2 else ""
        prefix = host_prefix(address) if address else route.prefix
        if prefix:
            routes.setdefault(prefix, []).append(route)
    external = tuple(session for session in settled.network.sessions if session.peer)
    return Question(settled, Choices(settled), place_of, external, routes, {}, {}, {})


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A policy where it is attached."""

    speaker: Speaker
    direction: Direction
    policy: str
    peer: str = ""


def passage(asked: Question, gate: Gate, prefix: str, attributes: Attributes) -> tuple[Passage, Attributes | None]:
    """How a policy deals with a prefix that has these attributes, and what they are afterwards."""
    speaker = gate.speaker
    here = asked.settled.network.policies[speaker.device]
    statement = deciding_statement(here, gate.policy, prefix, attributes)
    after = apply(here, gate.policy, prefix, attributes, speaker.bgp.asn)
    known = here.policies.get(gate.policy)
    statements = known.statements if known is not None else ()
    peers = asked.settled.network.topology.peers
    path = statement.path if statement is not None else ""
    if not path and statement is None:
        # What rejects is the end of the policy: the place is that of the policy.
        path = next((s.path.rpartition("/statements/")[0] for s in statements if s.path), "")
    if not path:
        path = peers[gate.peer].path if gate.peer in peers else f"devices/{speaker.device}"
    told = Passage(
        device=speaker.device,
        vrf=speaker.vrf,
        direction=gate.direction,
        peer=gate.peer,
        policy=gate.policy,
        statement=statement.name if statement is not None else "",
        accepted=after is not None,
        changes=changes(attributes, after) if after is not None else (),
        place=asked.place_of(path),
    )
    return told, after


def redistribution(asked: Question, speaker: Speaker, prefix: str) -> tuple[Passage | None, bool]:
    """The policy that a connected prefix passes into BGP, if there is one, and whether it gets there at all: by that,
    or by a `network` statement."""
    family = family_of(prefix)
    told: Passage | None = None
    enters = False
    for originate in speaker.bgp.originate:
        if originate.family != family:
            continue
        if prefix in originate.networks:
            return None, True
        if originate.connected:
            enters = True
            if originate.connected_policy:
                gate = Gate(speaker=speaker, direction="redistribution", policy=originate.connected_policy)
                told, after = passage(asked, gate, prefix, Attributes(origin=INCOMPLETE, weight=LOCAL_WEIGHT))
                enters = after is not None
    return told, enters


def admission_passages(asked: Question, session: Session, prefix: str) -> tuple[Passage, ...]:
    """The import policy of a session with an external router."""
    topology = asked.settled.network.topology
    policy = family_settings(session, session.families[0]).import_policy
    if not policy:
        return ()
    gate = Gate(
        speaker=topology.speakers[session.speaker], direction="import", policy=policy, peer=session.neighbor.device
    )
    return (passage(asked, gate, prefix, sent_by_peer(topology.peers[session.peer]))[0],)


def edge_passages(
    asked: Question, session: Session, family: Family, prefix: str, number: int
) -> tuple[tuple[Passage, ...], int]:
    """The policies of both ends of a session inside the fabric that an update passes, up to the one that rejects it,
    and the update's attributes afterwards."""
    network = asked.settled.network
    found: list[Passage] = []
    for end, policy in edge_policies(network.sessions, session, family):
        gate = Gate(
            speaker=network.topology.speakers[end.speaker],
            direction="import" if end.index == session.index else "export",
            policy=policy,
            peer=end.neighbor.device,
        )
        told, after = passage(asked, gate, prefix, network.table.values[number])
        found.append(told)
        if after is None:
            return tuple(found), NOTHING
        number = network.table.intern(after)
    return tuple(found), number


def fabric_history(asked: Question, prefix: str, spread: Settlement, target: int, position: int) -> tuple[Passage, ...]:
    """Policies that a path of a default-instance prefix passed from its origin to an in-edge of a speaker."""
    settled = asked.settled
    family = family_of(prefix)
    graph = settled.graphs[family].graph
    found: tuple[Passage, ...] = ()
    while position >= 0:
        source = graph.sources[target][position]
        session = settled.network.sessions[settled.graphs[family].sessions[target][position]]
        sent = sent_by(graph, settled.network.table, spread, source)
        found = (*edge_passages(asked, session, family, prefix, sent)[0], *found)
        target, position = source, spread.via[source]
    told, _ = redistribution(asked, settled.network.topology.speakers[target], prefix)
    return ((told,) if told is not None else ()) + found


def evpn_export(asked: Question, speaker: Speaker, prefix: str, attributes: Attributes) -> Passage | None:
    """The policy that a VRF's route passes into EVPN as type 5, if there is one."""
    policy = speaker.bgp.evpn_advertise_policy
    if not policy:
        return None
    return passage(asked, Gate(speaker=speaker, direction="EVPN export", policy=policy), prefix, attributes)[0]


def imported(asked: Question, speaker: Speaker, prefix: str) -> list[tuple[EvpnRoute, Paths]]:
    """EVPN routes that a VRF imports as a prefix, with the paths it has them by."""
    known = asked.imported.get(speaker.index)
    if known is None:
        known = asked.imported[speaker.index] = {}
        for route, paths in asked.settled.vrfs.importing(speaker, asked.settled.overlay):
            known.setdefault(route.prefix, []).append((route, paths))
    return known.get(prefix, [])


class Provenance(msgspec.Struct, frozen=True):
    """Where a path in a VRF's BGP table entered."""

    index: int
    """Speaker of the VRF that has it from outside: another one for a leaked path."""
    peer: str
    """As in `VrfPath.peer`, in that VRF."""
    route: EvpnRoute | None = None
    """What it was imported from."""
    session: int = -1
    """The session that this route came over."""


def provenances(asked: Question, index: int, prefix: str, leak: bool = True) -> list[Provenance]:
    """Where the paths of `Vrfs.entry_of` entered, in their order."""
    settled = asked.settled
    topology = settled.network.topology
    speaker = topology.speakers[index]
    local, external = settled.vrfs.own(index)
    found = [Provenance(index, path.peer) for path in (*local.get(prefix, ()), *external.get(prefix, ()))]
    node = topology.speaker_at.get((speaker.device, DEFAULT), -1)
    sessions = settled.graphs["l2vpn-evpn"].sessions
    for route, paths in imported(asked, speaker, prefix):
        found += [Provenance(index, f"evpn:{route.rd}", route, sessions[node][place]) for place, _ in paths]
    for other in settled.vrfs.leaking(speaker) if leak else ():
        found += provenances(asked, other, prefix, leak=False)
    return found


def vrf_history(asked: Question, prefix: str, entered: Provenance) -> tuple[Passage, ...]:
    """Policies that a VRF's path passed, through EVPN and other VRFs from its origin."""
    network = asked.settled.network
    if entered.route is not None:
        return evpn_history(asked, entered.route)
    speaker = network.topology.speakers[entered.index]
    if entered.peer == "local":
        told, _ = redistribution(asked, speaker, prefix)
        return (told,) if told is not None else ()
    session = next(s for s in asked.external if s.speaker == entered.index and s.key.peer == entered.peer)
    return admission_passages(asked, session, prefix)


def evpn_history(asked: Question, route: EvpnRoute) -> tuple[Passage, ...]:
    """Policies that a type-5 route passed at its originator; hosts' routes pass none."""
    known = asked.passed.get(route)
    if known is None:
        known = asked.passed[route] = _evpn_history(asked, route)
    return known


def _evpn_history(asked: Question, route: EvpnRoute) -> tuple[Passage, ...]:
    settled = asked.settled
    topology = settled.network.topology
    index = speaker_of(asked, route)
    if route.route_type != 5 or index < 0:
        return ()
    entry = settled.vrfs.entry_of(index, route.prefix, settled.overlay)
    if entry.best < 0:
        return ()
    before = vrf_history(asked, route.prefix, provenances(asked, index, route.prefix)[entry.best])
    attributes = entry.paths[entry.best].candidate.attributes
    told = evpn_export(asked, topology.speakers[index], route.prefix, attributes)
    return (*before, told) if told is not None else before


def speaker_of(asked: Question, route: EvpnRoute) -> int:
    """The VRF speaker that originates a type-5 route, -1 for other routes."""
    topology = asked.settled.network.topology
    for instance in topology.devices[route.device].network_instances:
        if instance.rd == route.rd and instance.kind == "l3vrf":
            return topology.speaker_at.get((route.device, instance.name), -1)
    return -1
