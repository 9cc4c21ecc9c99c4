"""What is broken: cables, devices and sessions taken away from a healthy network.

What can fail by itself is of a kind: a cable, a device, a BGP session, and what takes several of these at once: all
switches of a rack or site, a shared risk group.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

import msgspec

from crossconnect.design.blueprint import Blueprint


class SessionKey(NamedTuple):
    """Names a session at one of its ends."""

    device: str
    vrf: str
    peer: str
    """The peer's address, or the interface of an unnumbered session."""


Kind = Literal["link", "device", "session", "rack", "site", "group"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """A set of simultaneous failures. `devices` names switches, external routers or hosts; `links` wires by key.
    `name` is what they are called together: `rack r1`."""

    links: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    sessions: frozenset[SessionKey] = frozenset()
    name: str = ""
    kind: Kind | Literal[""] = ""
    """Of what has a name."""

    def __str__(self) -> str:
        if self.name:
            return self.name
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


def failures_of_kinds(blueprint: Blueprint, kinds: Iterable[Kind]) -> tuple[Failures, ...]:
    """Everything of some kinds that can fail by itself, each once, in the order of the kinds."""
    makers = {
        "link": lambda: single_failures(blueprint)[len(blueprint.devices) + len(blueprint.peers) :],
        "device": lambda: single_failures(blueprint)[: len(blueprint.devices) + len(blueprint.peers)],
        "session": lambda: tuple(_sessions(blueprint)),
        "rack": lambda: _together(blueprint, "rack"),
        "site": lambda: _together(blueprint, "site"),
        "group": lambda: tuple(_groups(blueprint)),
    }
    return tuple(dict.fromkeys(failure for kind in dict.fromkeys(kinds) for failure in makers[kind]()))


def pairs_of(failures: Iterable[Failures]) -> Iterator[Failures]:
    """Every two of them at once."""
    return (union(pair) for pair in itertools.combinations(failures, 2))


def union(several: Iterable[Failures]) -> Failures:
    """All of them at once."""
    parts = tuple(several)
    if len(parts) == 1:
        return parts[0]
    named = any(part.name for part in parts)
    return Failures(
        links=frozenset[str]().union(*(part.links for part in parts)),
        devices=frozenset[str]().union(*(part.devices for part in parts)),
        sessions=frozenset[SessionKey]().union(*(part.sessions for part in parts)),
        name=" and ".join(str(part) for part in parts if part) if named else "",
    )


def _together(blueprint: Blueprint, kind: Literal["rack", "site"]) -> tuple[Failures, ...]:
    """All switches of each rack or site."""
    members: dict[str, set[str]] = {}
    for device in blueprint.devices:
        members.setdefault(device.rack if kind == "rack" else device.site, set()).add(device.name)
    return tuple(
        Failures(devices=frozenset(names), name=f"{kind} {name}", kind=kind)
        for name, names in sorted(members.items())
        if name
    )


def _groups(blueprint: Blueprint) -> Iterator[Failures]:
    for risk in blueprint.risks:
        yield Failures(
            links=frozenset(risk.wires), devices=frozenset(risk.devices), name=f"risk group {risk.name}", kind="group"
        )


def _sessions(blueprint: Blueprint) -> Iterator[Failures]:
    """Each session by one of its ends: the one whose switch comes first."""
    wire_at = {(w.a_device, w.a_port): w.key for w in blueprint.wires}
    wire_at |= {(w.b_device, w.b_port): w.key for w in blueprint.wires}
    seen: set[tuple[str, ...]] = set()
    for device in blueprint.devices:
        parents = {i.name: (i.parent or i.name, str(i.vlan or "")) for i in device.interfaces}
        for instance in device.network_instances:
            for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
                if neighbor.interface:
                    port, tag = parents.get(neighbor.interface, (neighbor.interface, ""))
                    ends = (wire_at.get((device.name, port), f"{device.name}:{port}"), tag)
                else:
                    ends = (instance.name, *sorted((neighbor.address, neighbor.local_address)))
                if ends not in seen:
                    seen.add(ends)
                    key = SessionKey(device.name, instance.name, neighbor.key)
                    yield Failures(sessions=frozenset({key}))
