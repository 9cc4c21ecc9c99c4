"""What is broken: cables, devices and sessions taken away from a healthy network."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from crossconnect.design.blueprint import Blueprint


class SessionKey(NamedTuple):
    """Names a session at one of its ends."""

    device: str
    vrf: str
    peer: str
    """The peer's address, or the interface of an unnumbered session."""


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """A set of simultaneous failures. `devices` names switches, external routers or hosts; `links` wires by key."""

    links: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    sessions: frozenset[SessionKey] = frozenset()

    def __str__(self) -> str:
        parts = [f"device {d}" for d in sorted(self.devices)] + [f"link {w}" for w in sorted(self.links)]
        parts += [f"session {s.device}/{s.vrf}/{s.peer}" for s in sorted(self.sessions)]
        return ", ".join(parts) or "none"

    def __bool__(self) -> bool:
        return bool(self.links or self.devices or self.sessions)


NO_FAILURES = Failures()


def single_failures(blueprint: Blueprint) -> tuple[Failures, ...]:
    """Every single failure worth asking about: each switch, each external router, each cable of whatever kind."""
    devices = [device.name for device in blueprint.devices] + [peer.name for peer in blueprint.peers]
    return tuple(Failures(devices=frozenset({name})) for name in devices) + tuple(
        Failures(links=frozenset({wire.key})) for wire in blueprint.wires
    )
