"""What does not settle, in words: the cycle of routes and sessions, in the order in which they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crossconnect.finding import Finding, Place, found
from crossconnect.simulate.attributes import NOTHING, Attributes, AttributeTable, as_path_text
from crossconnect.simulate.codes import AMBIGUOUS, OSCILLATION
from crossconnect.simulate.fabric import Class, FamilyGraph
from crossconnect.simulate.propagation import ORIGINATED, Change, Unsettled
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import Speaker, Topology

STEPS_SHOWN = 12
"""Steps of a cycle that a message spells out."""


class Turn(NamedTuple):
    """A VRF's change of mind about what it announces into EVPN; None where it withdraws the route."""

    speaker: int
    prefix: str
    attributes: Attributes | None
    peer: str
    """Session that its best path came by; empty where it has none."""


class Scene(NamedTuple):
    """What a class of fabric routes is settled in."""

    topology: Topology
    sessions: Sequence[Session]
    table: AttributeTable
    graph: FamilyGraph


def fabric_cycle(scene: Scene, key: Class, prefixes: Sequence[str], unsettled: Unsettled) -> Finding:
    """A class of routes of the fabric that never settles; `prefixes` are the destinations of the class."""
    topology = scene.topology
    shown = key.prefix or ", ".join(prefixes[:3]) + (f" and {len(prefixes) - 3} more" if len(prefixes) > 3 else "")
    if not shown:
        shown = f"EVPN routes of {', '.join(topology.speakers[origin].device for origin, _ in key.origins)}"
    steps = [_fabric_step(scene, change) for change in unsettled.cycle]
    involved = [change.speaker for change in unsettled.cycle] or list(unsettled.speakers)
    return _cycle(topology, involved, f"BGP never settles on {shown} ({scene.graph.family})", steps)


def _fabric_step(scene: Scene, change: Change) -> str:
    device = scene.topology.speakers[change.speaker].device
    if change.number == NOTHING:
        return f"{device} has no path left and withdraws it"
    value = scene.table.values[change.number]
    path = f"AS path {as_path_text(value.as_path) or 'empty'}, local_pref {value.local_pref}"
    if change.via == ORIGINATED:
        return f"{device} announces its own ({path})"
    session = scene.sessions[scene.graph.sessions[change.speaker][change.via]]
    return f"{device} takes the path of {session.neighbor.device} over session {session.key.peer} ({path})"


def vrf_cycle(topology: Topology, speakers: Sequence[int], turns: Sequence[Turn]) -> Finding:
    """Routes between VRFs and EVPN that never settle, `turns` being one period."""
    prefixes = ", ".join(dict.fromkeys(turn.prefix for turn in turns))
    steps = [_vrf_step(topology.speakers[turn.speaker], turn) for turn in turns]
    involved = [turn.speaker for turn in turns] or list(speakers)
    return _cycle(topology, involved, f"BGP never settles on {prefixes or 'what VRFs announce into EVPN'}", steps)


def _vrf_step(speaker: Speaker, turn: Turn) -> str:
    name = f"{speaker.device} ({speaker.vrf})"
    if turn.attributes is None:
        instead = f", since it prefers the path of {turn.peer}" if turn.peer else ""
        return f"{name} withdraws {turn.prefix} from EVPN{instead}"
    path = as_path_text(turn.attributes.as_path) or "empty"
    return f"{name} announces {turn.prefix} into EVPN from session {turn.peer} (AS path {path})"


def _cycle(topology: Topology, involved: Sequence[int], what: str, steps: Sequence[str]) -> Finding:
    places = _places(topology, involved)
    names = _names(topology, dict.fromkeys(involved))
    if not steps:
        return found(OSCILLATION, places[0], f"{what}: these routers change their best paths for ever: {names}")
    told = "; ".join(f"{n}. {step}" for n, step in enumerate(steps[:STEPS_SHOWN], 1))
    more = f"; and {len(steps) - STEPS_SHOWN} further steps" if len(steps) > STEPS_SHOWN else ""
    return found(OSCILLATION, places[0], f"{what}: {told}{more}; then from 1 again", related=places)


def ambiguous(topology: Topology, speakers: Sequence[int]) -> Finding:
    """Routers of which the first to announce decides what all settle on."""
    places = _places(topology, speakers)
    words = f"what these routers settle on depends on which of them is first: {_names(topology, speakers)}"
    return found(AMBIGUOUS, places[0], words, related=places)


def _names(topology: Topology, speakers: Sequence[int] | Mapping[int, None]) -> str:
    return ", ".join(f"{topology.speakers[index].device} ({topology.speakers[index].vrf})" for index in speakers)


def _places(topology: Topology, speakers: Sequence[int]) -> tuple[Place, ...]:
    devices = dict.fromkeys(topology.speakers[index].device for index in speakers)
    return tuple(Place(path=f"devices/{device}") for device in devices) or (Place(),)
