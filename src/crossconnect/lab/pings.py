"""Who reaches whom: many pings at once, over both IP versions, and hosts making themselves known."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.errors import Rejected
from crossconnect.lab import ping_agent
from crossconnect.lab.handle import Lab, run_command
from crossconnect.lab.operation import operation
from crossconnect.lab.plan import MAIN
from crossconnect.net import address_of, version_of

PINGS_PER_SECOND = 3000
"""Fast enough for a thousand pairs in a third of a second, slow enough for neighbour resolution to keep up."""


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """One question: does `destination` answer `source`? Addresses without length."""

    node: str
    interface: str = ""
    """Interface it leaves by; empty: whichever the route says."""
    source: str
    destination: str
    namespace: str = MAIN
    expected: bool = True
    name: str = ""
    """What is asked, for the reader: `web1 > db1`."""


class PingResult(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, or none. `error` is what the sending node itself had to say (no route)."""

    ping: Ping
    answered: bool
    round_trip_ms: float | None = None
    error: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether it came out as the caller said."""
        return self.answered == self.ping.expected


class _Answer(msgspec.Struct, frozen=True):
    round_trips: list[int | None]
    errors: dict[str, str]


@operation
def ping_matrix(
    lab: Lab, pings: Sequence[Ping], *, attempts: int = 3, timeout_s: float = 0.6
) -> tuple[PingResult, ...]:
    """Ask all at once; the results are in the order of `pings`. A ping is repeated until it is answered, `attempts`
    times with `timeout_s` each: what does not answer costs all of that, once for all."""
    answer = _asked(lab, pings, attempts, timeout_s, [])
    return tuple(
        PingResult(
            ping=ping,
            answered=answer.round_trips[i] is not None,
            round_trip_ms=None if (us := answer.round_trips[i]) is None else us / 1000,
            error=answer.errors.get(str(i), ""),
        )
        for i, ping in enumerate(pings)
    )


@operation
def announce_hosts(lab: Lab, timeout_s: float = 0.7, attempts: int = 2) -> tuple[PingResult, ...]:
    """Let every host speak: gratuitous ARP in every segment, and a ping to each gateway, so that its leaf knows its
    MAC and its addresses and announces them. Returns what the gateways said."""
    blueprint = lab.blueprint
    # A chassis' addresses are on bridges behind its ports: its own routes say where they are.
    routed = {node.name for node in lab.plan.nodes if node.kind == "chassis"}
    pings = [
        ping
        for host in blueprint.hosts
        for e in host.endpoints
        for ping in _gateway_pings(host.name, e, "" if host.name in routed else e.interface)
    ]
    entries = [
        [lab.network_namespace(host.name), endpoint.interface, host.mac, address_of(address)]
        for host in blueprint.hosts
        for endpoint in host.endpoints
        for address in endpoint.addresses
        if version_of(address) == 4
    ]
    answer = _asked(lab, pings, attempts, timeout_s, entries)
    return tuple(
        PingResult(ping=ping, answered=answer.round_trips[i] is not None, error=answer.errors.get(str(i), ""))
        for i, ping in enumerate(pings)
    )


def host_pairs(blueprint: Blueprint) -> tuple[Ping, ...]:
    """All ordered pairs of endpoints of different hosts, per IP version both have; the caller says what to expect."""
    sides = [
        (host.name, endpoint, address)
        for host in blueprint.hosts
        for endpoint in host.endpoints
        for address in endpoint.addresses
    ]
    return tuple(
        Ping(
            node=name,
            interface=endpoint.interface,
            source=address_of(address),
            destination=address_of(other_address),
            name=f"{name} > {other}",
        )
        for (name, endpoint, address), (other, _, other_address) in itertools.permutations(sides, 2)
        if name != other and version_of(address) == version_of(other_address)
    )


def _gateway_pings(host: str, endpoint: Endpoint, interface: str) -> list[Ping]:
    pings: list[Ping] = []
    for gateway in endpoint.gateways:
        source = next((a for a in endpoint.addresses if version_of(a) == version_of(gateway)), None)
        if source is not None:
            own = address_of(source)
            pings.append(
                Ping(node=host, interface=interface, source=own, destination=gateway, name=f"{host} > gateway")
            )
    return pings


def _asked(lab: Lab, pings: Sequence[Ping], attempts: int, timeout_s: float, announce: list[list[str]]) -> _Answer:
    specification = {
        "attempts": attempts,
        "timeout_s": timeout_s,
        "rate": PINGS_PER_SECOND,
        "pings": [[lab.network_namespace(p.node, p.namespace), p.interface, p.source, p.destination] for p in pings],
        "announce": announce,
    }
    argv = [*lab.beside(), sys.executable, "-I", "-S", ping_agent.__file__]
    bound_s = 30 + attempts * (timeout_s + len(pings) / PINGS_PER_SECOND)
    done = run_command(argv, text=json.dumps(specification), timeout_s=bound_s)
    if done.returncode:
        raise Rejected(f"pings in lab {lab.name} failed: {done.stderr.strip()[-1000:]}")
    return msgspec.json.decode(done.stdout, type=_Answer)
