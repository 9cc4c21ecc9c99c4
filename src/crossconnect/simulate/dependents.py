"""What goes down with what: the cables of a device, the sessions of a cable, a device or an end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from crossconnect.simulate.failures import Failures, SessionKey
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.sessions import Session


class _Causes(NamedTuple):
    """Sessions by what takes them down: keys of cables, devices, their own keys."""

    wire: dict[str, list[int]]
    device: dict[str, list[int]]
    key: dict[SessionKey, int]
    bonds: list[int]
    """Those over several cables, which all have to go."""


def _by_cause(sessions: Iterable[Session], up: Sequence[bool]) -> _Causes:
    found = _Causes({}, {}, {}, [])
    for session in sessions:
        if up[session.index]:
            if len(session.wires) == 1:
                found.wire.setdefault(session.wire, []).append(session.index)
            else:
                found.bonds.append(session.index)
            found.device.setdefault(session.key.device, []).append(session.index)
            found.key[session.key] = session.index
    return found


class Dependents:
    """Cables and sessions by what takes them down. Sessions that are down in the healthy network do not count."""

    def __init__(self, network: Network, healthy: Settled, previous: Dependents | None) -> None:
        self._network = network
        self._healthy = healthy
        if previous is not None and previous._network.topology.wires is network.topology.wires:
            self._wires = previous._wires
        else:
            self._wires: dict[str, list[str]] = {}
            for wire in network.topology.wires.values():
                for device in (wire.a_device, wire.b_device):
                    self._wires.setdefault(device, []).append(wire.key)
        self._peer_links = {
            leaf: {wire.key for wire in network.topology.wires_of(leaf, mlag.peer_link)}
            for leaf, mlag in network.topology.secondaries.items()
        }
        inner = network.inner
        if previous is not None:
            self._fabric, self._edges = previous._fabric, previous._edges
        else:
            self._fabric = _by_cause(network.sessions[:inner], healthy.up)
            self._edges: dict[int, tuple[int, int]] = {
                index: (speaker, position)
                for speaker, indexes in enumerate(network.graphs["l2vpn-evpn"].sessions)
                for position, index in enumerate(indexes)
            }
        self._tenants = _by_cause(network.sessions[inner:], healthy.up)

    def wires_down(self, failures: Failures) -> set[str]:
        """Cables that carry nothing."""
        down = {*failures.links, *(key for device in failures.devices for key in self._wires.get(device, ()))}
        return down | self._shut(failures, down)

    def _shut(self, failures: Failures, down: Collection[str]) -> set[str]:
        """Cables of servers at secondaries of MLAG pairs that take their ports down."""
        topology = self._network.topology
        shut: set[str] = set()
        for leaf, mlag in topology.secondaries.items():
            if self._peer_links[leaf].issubset(down) and failures.devices.isdisjoint((leaf, mlag.peer)):
                shut |= {key for key in self._wires.get(leaf, ()) if topology.wires[key].kind == "server"}
        return shut

    def _down(self, failures: Failures, wires: Collection[str]) -> set[int]:
        down: set[int] = set()
        for causes in (self._fabric, self._tenants):
            down |= {index for key in wires for index in causes.wire.get(key, ())}
            down |= {index for index in causes.bonds if set(self._network.sessions[index].wires) <= set(wires)}
            down |= {index for device in failures.devices for index in causes.device.get(device, ())}
            down |= {causes.key[key] for key in failures.sessions if key in causes.key}
        twins = {self._network.sessions[index].twin for index in down}
        return {index for index in down | twins if index >= 0 and self._healthy.up[index]}

    def edges_down(self, failures: Failures, wires: Collection[str]) -> list[tuple[int, int]]:
        """In-edges of the fabric's graph that are gone, as (speaker, position)."""
        return sorted(self._edges[index] for index in self._down(failures, wires) if index in self._edges)

    def external_down(self, failures: Failures, wires: Collection[str]) -> set[str]:
        """VRFs that lose a session with an external router."""
        sessions = self._network.sessions
        return {sessions[index].key.vrf for index in self._down(failures, wires) if sessions[index].peer}
