"""The suite as a test plan: situations, what to ask of which device in each, and what it must answer.

    situation: as it is · a link cut · a spine off · a border leaf off · a leaf of the pair off, and each put back
    test:      a device's queries (`NetworkOs.queries`), and the rows that the simulation expects of the answers

Rows are coarse on purpose: what systems count and word differently (timers, local routes, flags) is not in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.nos.registry import system
from crossconnect.simulate import NO_FAILURES, Failures, Forwarder, simulate
from crossconnect.simulate.lazy_fib import lazy_fib
from crossconnect.simulate.network import Network
from crossconnect.simulate.reachability import arrives, questions
from crossconnect.state.tables import State

COMPARED = ("bgp_sessions", "routes", "vteps", "macs", "interfaces", "lldp")
"""Tables that tests look at."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "bgp_sessions": ("session", "sessions"),
    "routes": ("route",),
    "vteps": ("vtep",),
    "macs": ("mac",),
    "interfaces": ("interface",),
    "lldp": ("lldp",),
}
"""First words of the rows of a table."""


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done to the lab."""

    name: str
    do: str
    """What to do, and before the next situation to undo."""
    failures: Failures


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """What a device is asked in a situation, and what it must report."""

    __test__ = False
    situation: str
    device: str
    asks: tuple[str, ...]
    """Commands or paths, in the order of the system's queries (`NetworkOs.queries`), by which answers are read."""
    how: tuple[str, ...]
    """`cli`, `gnmi` or `netconf`, of each."""
    expected: tuple[str, ...]
    """Rows in words, sorted: of what the answers are about, all of these and nothing else."""


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """From a server to an address, and whether an answer must come."""

    situation: str
    source: str
    destination: str
    address: str
    interface: str
    """The source's, where it has several."""
    answered: bool


def situations(blueprint: Blueprint) -> tuple[Situation, ...]:
    """As it is, and one failure of each kind."""
    first = {role: next(d.name for d in blueprint.devices if d.role == role) for role in ("spine", "leaf")}
    border = next((d.name for d in blueprint.devices if d.role == "border-leaf"), "")
    wire = next(w for w in blueprint.wires if w.kind == "fabric" and first["leaf"] in (w.a_device, w.b_device))
    cut = f"take down {wire.a_device} {wire.a_port} to {wire.b_device} {wire.b_port}"
    found = [
        Situation(name="healthy", do="wait until all sessions are up", failures=NO_FAILURES),
        Situation(name="link", do=cut, failures=Failures(links=frozenset({wire.key}))),
    ]
    for name in filter(None, (first["spine"], first["leaf"], border)):
        found.append(Situation(name=name, do=f"stop {name}", failures=Failures(devices=frozenset({name}))))
    return tuple(found)


def plan_tests(blueprint: Blueprint) -> tuple[Test, ...]:
    """Every test in every situation, in the order in which they are to be run."""
    return tuple(test for situation in situations(blueprint) for test in _tests(blueprint, situation))


def _tests(blueprint: Blueprint, situation: Situation) -> Iterator[Test]:
    state = simulate(blueprint, situation.failures, tables=COMPARED)
    for device in blueprint.devices:
        if device.name in situation.failures.devices:
            continue
        queries = system(device.nos).queries(device)
        yield Test(
            situation=situation.name,
            device=device.name,
            asks=tuple(query.ask for query in queries),
            how=tuple(query.how for query in queries),
            expected=tuple(rows_of(state, device.name)),
        )


def rows_of(state: State, device: str) -> Iterable[str]:
    """What a device is expected to report, in words; sorted, each once."""
    words: set[str] = set()
    anonymous = Counter(
        (row.vrf, row.remote_asn, row.family)
        for row in state.bgp_sessions
        if row.device == device and row.established and ":" not in row.peer and "." not in row.peer
    )
    for session in state.bgp_sessions:
        if session.device == device and session.established and (":" in session.peer or "." in session.peer):
            words.add(session_word(session.vrf, session.peer, session.family))
    words |= {unnumbered_word(*key, count) for key, count in anonymous.items()}
    for route in state.routes:
        if route.device == device and route.protocol == "bgp":
            words.add(route_word(route.vrf, route.prefix, len(route.next_hops)))
    for vtep in state.vteps:
        if vtep.device == device:
            words.add(vtep_word(vtep.vni, vtep.remote))
    for mac in state.macs:
        if mac.device == device:
            words.add(mac_word(mac.vni, mac.mac, mac.kind == "local"))
    for interface in state.interfaces:
        if interface.device == device and interface.up:
            words.add(interface_word(interface.interface))
    for neighbor in state.lldp:
        if neighbor.device == device:
            words.add(lldp_word(neighbor.port, neighbor.neighbor))
    return sorted(words)


def session_word(vrf: str, peer: str, family: str) -> str:
    """A session that is up."""
    return f"session {vrf} {peer} {family}"


def unnumbered_word(vrf: str, asn: int, family: str, count: int) -> str:
    """Sessions over unnumbered links: systems name them by link-local addresses, which are not planned."""
    return f"sessions {vrf} unnumbered AS {asn} {family}: {count}"


def route_word(vrf: str, prefix: str, next_hops: int) -> str:
    """A route of BGP, and over how many next hops."""
    return f"route {vrf} {prefix} {next_hops} next hop{'' if next_hops == 1 else 's'}"


def vtep_word(vni: int, remote: str) -> str:
    """A remote VTEP in the flood list of a VNI."""
    return f"vtep {vni} {remote}"


def mac_word(vni: int, mac: str, local: bool) -> str:
    """A server's MAC address."""
    return f"mac {vni} {mac} {'local' if local else 'remote'}"


def interface_word(name: str) -> str:
    """An interface that is up."""
    return f"interface {name}"


def lldp_word(port: str, neighbor: str) -> str:
    """A neighbour heard."""
    return f"lldp {port} {neighbor}"


def pings_of(blueprint: Blueprint) -> tuple[Ping, ...]:
    """One ping per pair of classes of servers and IP version, in every situation."""
    found: list[Ping] = []
    network = Network(blueprint)
    for situation in situations(blueprint):
        forwarder = Forwarder(lazy_fib(network.settle(situation.failures)))
        for question in questions(forwarder.tables):
            if not question.receiver:
                continue
            verdict = forwarder.send(question.sender, question.address)
            found.append(
                Ping(
                    situation=situation.name,
                    source=question.sender.host,
                    destination=question.receiver,
                    address=question.address,
                    interface=question.sender.interface,
                    answered=arrives(question, verdict),
                )
            )
    return tuple(found)
