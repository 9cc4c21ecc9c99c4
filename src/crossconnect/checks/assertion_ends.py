"""The ends of an assertion about traffic: who sends in their name, and which addresses stand for them.

A segment with servers is its servers, one of each class. A segment without any is its gateway: packets begin at a leaf
that has it, in its VRF, and go to the gateway's address. An external router sends from the border that it is cabled to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from crossconnect.checks.assertion_world import World
from crossconnect.design.blueprint import Endpoint, SegmentPlan
from crossconnect.model.promise import INTERNET, end_parts, possible_words
from crossconnect.net import address_of, contains, version_of


class Sender(NamedTuple):
    """A server (`endpoint`), or a switch that routes in a VRF for a segment or for an external router."""

    label: str
    vrf: str
    versions: frozenset[int]
    endpoint: Endpoint | None = None
    device: str = ""
    peer: str = ""
    """The external router whose packets come in here."""
    session: str = ""
    """Key of its session."""


class Target(NamedTuple):
    """An address, and who has it: a server's interface, a gateway in a VRF, or routers outside."""

    label: str
    address: str
    vrf: str
    host: str = ""
    interface: str = ""
    gateway: bool = False
    outside: frozenset[str] = frozenset()


class End(msgspec.Struct, frozen=True, kw_only=True):
    """An end resolved in one state."""

    text: str
    word: str
    """What it is: `tenant`, `vrf`, `segment`, `server`, `peer`, `prefix`, `internet`; empty when unknown."""
    name: str
    servers: tuple[Endpoint, ...] = ()
    """One of each class of connected servers."""
    mates: tuple[tuple[tuple[str, str], Endpoint], ...] = ()
    """((server, interface), another of its class), for packets within a class."""
    mute: int = 0
    """Servers without addresses."""
    gateways: tuple[SegmentPlan, ...] = ()
    """Routed segments without any server."""
    all_gateways: tuple[SegmentPlan, ...] = ()
    """Every routed segment."""
    cut_off: bool = False
    """There are servers, or leaves with the gateway, and none of them is connected."""
    peers: frozenset[str] = frozenset()

    @property
    def outside(self) -> bool:
        """Whether it is not in the region."""
        return self.word in ("peer", "prefix", INTERNET)


def resolve(world: World, text: str) -> End:
    """What an end names; one that names nothing has an empty `word`."""
    written, name = end_parts(text)
    layout = world.subject.layout
    for word in (written,) if written else possible_words(name):
        if word == INTERNET:
            outside = frozenset(peer.name for peer in layout.blueprint.peers if not peer.node)
            return End(text=text, word=word, name=name, peers=outside)
        if word == "prefix":
            return End(text=text, word=word, name=name)
        if word == "peer" and any(peer.name == name for peer in layout.blueprint.peers):
            return End(text=text, word=word, name=name, peers=frozenset({name}))
        if word == "server" and name in layout.hosts:
            return _server(world, text, name)
        segments = _segments(world, word, name)
        if segments is not None:
            return _inside(world, End(text=text, word=word, name=name), segments)
    return End(text=text, word="", name=name)


def _server(world: World, text: str, name: str) -> End:
    cut = {e.host for group in world.subject.delivery.classes if group.cut_off for e in group.endpoints}
    connected = name not in cut
    servers = world.subject.layout.hosts[name].endpoints if connected else ()
    return End(text=text, word="server", name=name, servers=servers, cut_off=not connected)


def _segments(world: World, word: str, name: str) -> list[SegmentPlan] | None:
    """Segments of a tenant, VRF or of that name; None when there is nothing of the name."""
    layout = world.subject.layout
    parts = name.split("/")
    if word == "tenant":
        known = any(plan.tenant == name for plan in (*layout.vrfs.values(), *layout.segments.values()))
        return [s for s in layout.segments.values() if s.tenant == name] if known else None
    if word == "vrf" and len(parts) == 2:
        vrf = next((v for v in layout.vrfs.values() if v.path == f"tenants/{parts[0]}/vrfs/{parts[1]}"), None)
        return [s for s in layout.segments.values() if s.vrf == vrf.name] if vrf is not None else None
    if word == "segment" and len(parts) in (2, 3):
        middle = f"vrfs/{parts[1]}/segments/{parts[2]}" if len(parts) == 3 else f"segments/{parts[1]}"
        segment = layout.segments.get(f"tenants/{parts[0]}/{middle}")
        return [segment] if segment is not None else None
    return None


def _inside(world: World, end: End, segments: list[SegmentPlan]) -> End:
    paths = {segment.path for segment in segments}
    inside = [group for group in world.classes if group.segment in paths]
    groups = [group for group in inside if group.endpoints[0].addresses]
    peopled = {group.segment for group in groups}
    servers = tuple(group.endpoints[0] for group in groups if not group.cut_off)
    routed = tuple(s for s in segments if s.vrf and s.gateways and s.devices)
    empty = tuple(s for s in routed if s.path not in peopled)
    alive = tuple(s for s in empty if any(world.subject.up(d) for d in s.devices))
    return msgspec.structs.replace(
        end,
        servers=servers,
        mates=tuple(
            ((g.endpoints[0].host, g.endpoints[0].interface), mate)
            for g in groups
            if not g.cut_off and (mate := next((e for e in g.endpoints if e.host != g.endpoints[0].host), None))
        ),
        mute=sum(len(group.endpoints) for group in inside if not group.endpoints[0].addresses),
        gateways=alive,
        all_gateways=tuple(s for s in routed if any(world.subject.up(d) for d in s.devices)),
        cut_off=bool(groups or empty) and not (servers or alive),
    )


def vrfs_of(world: World, end: End) -> frozenset[str]:
    """VRFs that an end inside the region is in."""
    found = {e.vrf for e in end.servers} | {s.vrf for s in end.all_gateways}
    return frozenset(found - {""})


def segment_reference(path: str) -> str:
    """`tenants/a/vrfs/b/segments/c` as `a/b/c`."""
    return "/".join(path.split("/")[1::2])


def senders(world: World, end: End) -> list[Sender]:
    """Everybody who sends in the name of an end."""
    if end.outside:
        return list(_from_outside(world, end))
    found = [
        Sender(e.host, e.vrf, frozenset(version_of(a) for a in e.addresses), endpoint=e)
        for e in end.servers
        if e.addresses
    ]
    for segment in end.gateways:
        versions = frozenset(version_of(g) for g in segment.gateways)
        label = f"segment {segment_reference(segment.path)}"
        found += [
            Sender(f"{label} at {device}", segment.vrf, versions, device=device)
            for device in segment.devices
            if world.subject.up(device)
        ]
    return found


def _from_outside(world: World, end: End) -> Iterator[Sender]:
    announcing = {
        (device, vrf)
        for vrf, prefixes in world.accepted.items()
        for prefix, borders in prefixes.items()
        if end.word != "prefix" or contains(prefix, end.name) or contains(end.name, prefix)
        for device in borders
    }
    seen: set[tuple[str, str, str, int]] = set()
    for session in world.external:
        peer, address = session.neighbor.device, session.neighbor.address
        version = version_of(address)
        if end.word == "prefix" and (
            (session.device, session.vrf) not in announcing or version != version_of(end.name)
        ):
            continue
        if end.peers and peer not in end.peers:
            continue
        if (session.device, session.vrf, peer, version) not in seen:
            seen.add((session.device, session.vrf, peer, version))
            yield Sender(
                f"{peer} at {session.device}",
                session.vrf,
                frozenset({version}),
                device=session.device,
                peer=peer,
                session=session.neighbor.key,
            )


def targets(world: World, end: End, *, every_gateway: bool = False) -> list[Target]:
    """The addresses that stand for an end inside the region; `every_gateway` adds those of segments with servers."""
    found = [
        Target(e.host, address_of(text), e.vrf, host=e.host, interface=e.interface)
        for e in end.servers
        for text in e.addresses
    ]
    for segment in end.all_gateways if every_gateway else end.gateways:
        label = f"gateway of {segment_reference(segment.path)}"
        found += [Target(label, address_of(gateway), segment.vrf, gateway=True) for gateway in segment.gateways]
    return found
