"""Who reaches whom: endpoints in classes of one segment on the same leaves, one question per pair of classes.

Hosts of a class differ in nothing that forwarding looks at but their own cable, so hosts whose cables are in another
state are another class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan
from crossconnect.net import address_of, parse, version_of
from crossconnect.net.address import BITS, address_text
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.trace import Outcome, Verdict

_INTERNET = {4: "203.0.113.254", 6: "2a00::1"}
"""What stands for all of the outside: TEST-NET-3 (RFC 5737), and an address of a block that a registry holds."""


class EndpointClass(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints of one segment on the same leaves; `cables` says which of the leaves' ports are up."""

    tenant: str
    vrf: str
    """IP-VRF on devices, empty for a layer-2 segment."""
    segment: str
    leaves: tuple[str, ...]
    cables: tuple[bool, ...]
    endpoints: tuple[Endpoint, ...]

    @property
    def cut_off(self) -> bool:
        """Whether no cable of these hosts works: nothing about the network can be learned from them."""
        return not any(self.cables)


class ReachabilityRow(msgspec.Struct, frozen=True, order=True):
    """What becomes of packets from one class of hosts to another, or to an external prefix."""

    source_vrf: str
    source_segment: str
    source_leaves: tuple[str, ...]
    destination: str
    """Segment path, or prefix."""
    destination_leaves: tuple[str, ...]
    """Empty for a prefix."""
    version: int
    outcome: Outcome
    reason: str
    """First reason of a drop, `device: reason`; empty when nothing is lost."""
    recipient: str
    """Where it went instead, when it was delivered to somebody else."""
    mtu: int
    source_host: str
    destination_host: str
    """The hosts asked for in the place of all of their class."""
    pairs: int
    """Pairs of hosts that the row stands for."""


def endpoint_classes(tables: Fib, among: Collection[str] | None = None) -> list[EndpointClass]:
    """All classes, in the order of VRF, segment and leaves; with `among`, of these VRFs and layer-2 segments only."""
    groups: dict[tuple[str, str, str, tuple[str, ...], tuple[bool, ...]], list[Endpoint]] = {}
    for host in tables.blueprint.hosts:
        leaves, cables = _cables(tables, host)
        for endpoint in host.endpoints:
            if among is not None and (endpoint.vrf or endpoint.segment) not in among:
                continue
            key = (endpoint.tenant, endpoint.vrf, endpoint.segment, leaves, cables)
            groups.setdefault(key, []).append(endpoint)
    return [
        EndpointClass(
            tenant=tenant, vrf=vrf, segment=segment, leaves=leaves, cables=cables, endpoints=tuple(groups[key])
        )
        for key in sorted(groups)
        for tenant, vrf, segment, leaves, cables in (key,)
    ]


def _cables(tables: Fib, host: HostPlan) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    wires = [tables.topology.wire_at.get((host.name, port)) for port in host.ports]
    found = [
        (wire.b_device, host.name in tables.up and tables.interface_up(wire.b_device, wire.b_port))
        for wire in wires
        if wire is not None
    ]
    return tuple(leaf for leaf, _ in found), tuple(up for _, up in found)


class Question(NamedTuple):
    """What one class of hosts sends to another, or to an external prefix: asked of one host in the place of all."""

    source: EndpointClass
    sender: Endpoint
    destination: str
    """Segment path, or prefix."""
    destination_leaves: tuple[str, ...]
    receiver: str
    """Host that should get it, empty for a prefix."""
    address: str
    pairs: int


def questions(tables: Fib, across: bool = False, among: Collection[str] | None = None) -> Iterator[Question]:
    """All pairs of classes within each VRF and within each layer-2 segment, and from each VRF to external prefixes
    that are announced to it. With `across`, also pairs of different VRFs, which are to be isolated: quadratic in the
    number of classes. With `among`, only of these VRFs and layer-2 segments (paths)."""
    classes = endpoint_classes(tables, among)
    by_realm: dict[str, list[EndpointClass]] = {}
    for found in classes:
        by_realm.setdefault(_realm(found), []).append(found)
    outside = external_prefixes(tables.blueprint)
    for source in classes:
        for destination in classes if across else by_realm[_realm(source)]:
            pair = _representatives(source, destination)
            if pair is None:
                continue
            sender, receiver = pair
            count = len(source.endpoints) * len(destination.endpoints)
            if source is destination:
                count -= len(source.endpoints)
            own_versions = {version_of(text) for text in sender.addresses}
            for text in _one_per_version(receiver.addresses):
                if version_of(text) in own_versions:
                    address = address_of(text)
                    segment, leaves = destination.segment, destination.leaves
                    yield Question(source, sender, segment, leaves, receiver.host, address, count)
        sender = source.endpoints[0]
        for prefix in outside.get(source.vrf, ()):
            if any(version_of(text) == version_of(prefix) for text in sender.addresses):
                count = len(source.endpoints)
                yield Question(source, sender, prefix, (), "", example_address(prefix), count)


def reachability(
    tables: Fib, across: bool = False, among: Collection[str] | None = None
) -> tuple[ReachabilityRow, ...]:
    """A row for every question; pairs that should be isolated have the outcome `dropped` where all is well."""
    forwarder = Forwarder(tables)
    asked = questions(tables, across, among)
    return tuple(sorted(answer(question, forwarder.send(question.sender, question.address)) for question in asked))


def arrives(question: Question, verdict: Verdict) -> bool:
    """Whether all of it gets to whom it was meant for."""
    if verdict.drops or not verdict.recipients:
        return False
    return not question.receiver or verdict.recipients == frozenset((question.receiver,))


def answer(question: Question, verdict: Verdict) -> ReachabilityRow:
    """A question and its verdict as a row; a packet that ends at somebody else's door is not delivered."""
    receiver = question.receiver
    others = sorted(verdict.recipients - {receiver}) if receiver else []
    outcome: Outcome = verdict.outcome
    if receiver and receiver not in verdict.recipients:
        outcome = "dropped"
    elif others:
        outcome = "partial"
    drop = min(verdict.drops, default=None)
    return ReachabilityRow(
        source_vrf=question.source.vrf,
        source_segment=question.source.segment,
        source_leaves=question.source.leaves,
        destination=question.destination,
        destination_leaves=question.destination_leaves,
        version=version_of(question.address),
        outcome=outcome,
        reason=f"{drop.device}: {drop.reason}" if drop else "",
        recipient=others[0] if others else "",
        mtu=verdict.mtu if outcome != "dropped" else 0,
        source_host=question.sender.host,
        destination_host=receiver,
        pairs=question.pairs,
    )


def _one_per_version(addresses: Iterable[str]) -> Iterable[str]:
    return {version_of(text): text for text in addresses}.values()


def _realm(found: EndpointClass) -> str:
    """What is reachable from one another by design: a VRF, or a segment without one."""
    return f"vrf {found.vrf}" if found.vrf else f"segment {found.segment}"


def external_prefixes(blueprint: Blueprint) -> dict[str, tuple[str, ...]]:
    """By VRF: what external routers with a session there announce."""
    found: dict[str, dict[str, None]] = {}
    for peer in blueprint.peers:
        for session in peer.sessions:
            version = version_of(session.local_address)
            own = found.setdefault(session.vrf, {})
            own.update({prefix: None for prefix in peer.announces if version_of(prefix) == version})
    return {vrf: tuple(prefixes) for vrf, prefixes in found.items()}


def _representatives(source: EndpointClass, destination: EndpointClass) -> tuple[Endpoint, Endpoint] | None:
    """Two different hosts, one of each class."""
    for sender in source.endpoints[:2]:
        for receiver in destination.endpoints[:2]:
            if sender.host != receiver.host:
                return sender, receiver
    return None


def example_address(prefix: str) -> str:
    """An address in a prefix that no more specific route of ours is likely to cover: its last but one, and somewhere
    in the Internet for a default route."""
    if prefix.endswith("/0"):
        return _INTERNET[version_of(prefix)]
    parsed = parse(prefix)
    offset = max(0, (1 << (BITS[parsed.version] - parsed.length)) - 2)
    return address_text(parsed.version, parsed.value + offset)
