"""What is asked for an assertion about traffic: which sender's packets to which address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.checks.address_classes import address_classes, uncovered
from crossconnect.checks.assertion_ends import End, Sender, Target, senders, targets, vrfs_of
from crossconnect.checks.assertion_world import World
from crossconnect.checks.delivery import chosen_pairs
from crossconnect.design.blueprint import Endpoint
from crossconnect.net import address_of, contains, version_of


class Packet(NamedTuple):
    """A question: what becomes of what this sender sends to that address?"""

    sender: Sender
    target: Target


class Asked(NamedTuple):
    """All that is asked."""

    packets: list[Packet]
    pairs: int
    """Pairs of classes behind them."""
    pairs_total: int
    """Pairs that there are; more only where the caller limited them."""
    lacking: str = ""
    """Why there is nothing to ask although there ought to be: what is to arrive then does not."""


def packets_of(world: World, source: End, destination: End, wanted: bool, pairs_max: int) -> Asked:
    """Everything between two ends. `wanted` says that it is to arrive: then only what should is asked. `pairs_max` 0
    asks for all pairs of classes."""
    sending = senders(world, source)
    if source.outside:
        return _inward(world, source, destination, sending, wanted)
    if destination.outside:
        packets: list[Packet] = []
        pairs = 0
        for sender in sending:
            asked = list(_outward(world, sender, destination, wanted))
            pairs += bool(asked)
            packets += asked
        where = " or ".join(sorted(vrfs_of(world, source))) or source.text
        return Asked(packets, pairs, pairs, f"nothing of {destination.text} is announced and let into {where}")
    return _between(sending, destination, targets(world, destination, every_gateway=not wanted), pairs_max)


def _between(sending: list[Sender], destination: End, receiving: list[Target], pairs_max: int) -> Asked:
    by_owner: dict[tuple[str, str, str], list[Target]] = {}
    for target in receiving:
        by_owner.setdefault((target.label, target.vrf, target.interface), []).append(target)
    mates = dict(destination.mates)
    total = len(sending) * len(by_owner)
    packets: list[Packet] = []
    pairs = skipped = 0
    for sender, owned in chosen_pairs(sending, list(by_owner.values()), pairs_max or max(1, total)):
        if sender.endpoint is not None and sender.endpoint.host == owned[0].host:
            # A server does not ask itself; another of its class answers in its place, where there is one.
            mate = mates.get((owned[0].host, owned[0].interface))
            owned = _of_server(mate) if mate is not None else []
        asked = [Packet(sender, target) for target in owned if version_of(target.address) in sender.versions]
        pairs += bool(asked)
        skipped += not asked
        packets += asked
    return Asked(packets, pairs, total - skipped if pairs_max and total > pairs_max else pairs)


def to_gateways(world: World, source: End, destination: End) -> Asked:
    """From servers to the gateways of their own segments: what a server alone in its segment can reach there."""
    sending = [sender for sender in senders(world, source) if sender.endpoint is not None]
    gateways = [target for target in targets(world, destination, every_gateway=True) if target.gateway]
    packets = [
        Packet(sender, target)
        for sender in sending
        for target in gateways
        if sender.endpoint is not None
        and version_of(target.address) in sender.versions
        and target.address in sender.endpoint.gateways
        and target.vrf == sender.vrf
    ]
    return Asked(packets, len(packets), len(packets))


def _of_server(endpoint: Endpoint) -> list[Target]:
    return [
        Target(endpoint.host, address_of(text), endpoint.vrf, host=endpoint.host, interface=endpoint.interface)
        for text in endpoint.addresses
    ]


# To the outside


def _outward(world: World, sender: Sender, destination: End, wanted: bool) -> Iterator[Packet]:
    """From one sender to a prefix, an external router, or the internet."""
    if destination.word != "prefix":
        yield from _to_routers(world, sender, destination, wanted)
        return
    prefix = destination.name
    if version_of(prefix) not in sender.versions:
        return
    inside = [
        target
        for group in world.classes
        if not group.cut_off and (not wanted or group.vrf in world.visible(sender.vrf))
        for target in _of_server(group.endpoints[0])
        if contains(prefix, target.address) and (sender.endpoint is None or sender.endpoint.host != target.host)
    ]
    yield from (Packet(sender, target) for target in inside)
    if not wanted:
        known = {target.address for target in inside}
        for address in address_classes(prefix, world.vrf_prefixes):
            if address not in known:
                yield Packet(sender, Target(address, address, ""))
        return
    gateways = [
        Target(f"gateway of {segment.path}", address_of(gateway), segment.vrf, gateway=True)
        for segment in world.subject.layout.segments.values()
        if not inside and segment.vrf in world.visible(sender.vrf)
        for gateway in segment.gateways
        if contains(prefix, address_of(gateway))
    ]
    yield from (Packet(sender, target) for target in gateways)
    announced = _announced_into(world, sender.vrf, prefix)
    for part in announced or ([] if inside or gateways else [prefix]):
        address = uncovered(part, world.vrf_prefixes)
        if address:
            yield Packet(sender, Target(address, address, ""))


def _announced_into(world: World, vrf: str, prefix: str) -> list[str]:
    """Parts of a prefix that external routers are declared to announce into a VRF, whether they can just now or not:
    the prefix itself where they announce something around it."""
    parts: dict[str, None] = {}
    for peer in world.subject.blueprint.peers:
        if any(session.vrf == vrf for session in peer.sessions):
            for theirs in peer.announces:
                if contains(theirs, prefix):
                    if not theirs.endswith("/0") or prefix.endswith("/0"):
                        parts[prefix] = None
                elif contains(prefix, theirs):
                    parts[theirs] = None
    return list(parts)


def _to_routers(world: World, sender: Sender, destination: End, wanted: bool) -> Iterator[Packet]:
    """To what external routers announce; or, when nothing is to get there, to an address of every class there is."""
    if not wanted:
        for version in sorted(sender.versions):
            for address in address_classes("::/0" if version == 6 else "0.0.0.0/0", world.vrf_prefixes):
                yield Packet(sender, Target(destination.text, address, "", outside=destination.peers))
        return
    prefixes: dict[str, None] = {}
    for vrf in world.visible(sender.vrf):
        for peer in world.subject.blueprint.peers:
            if peer.name in destination.peers and any(session.vrf == vrf for session in peer.sessions):
                allowed = world.let_in(vrf, peer.name)
                prefixes.update(dict.fromkeys(p for p in peer.announces if p in allowed))
    for prefix in prefixes:
        address = uncovered(prefix, world.vrf_prefixes) if version_of(prefix) in sender.versions else ""
        if address:
            yield Packet(sender, Target(destination.text, address, "", outside=destination.peers))


# From the outside


def _inward(world: World, source: End, destination: End, sending: list[Sender], wanted: bool) -> Asked:
    """From the borders; what is to arrive must come into the VRF that it is meant for."""
    if destination.outside:
        return Asked([], 0, 0)
    receiving = targets(world, destination, every_gateway=not wanted)
    packets: list[Packet] = []
    pairs: set[tuple[str, str, str]] = set()
    for sender in sending:
        for target in receiving:
            if version_of(target.address) in sender.versions and not (wanted and target.vrf != sender.vrf):
                pairs.add((sender.label, sender.vrf, target.label))
                packets.append(Packet(sender, target))
    verb = "announces" if source.word == "prefix" else "has a session over which it sends to"
    lacking = f"no external router {verb} {source.text if source.word == 'prefix' else destination.text}"
    return Asked(packets, len(pairs), len(pairs), lacking)
