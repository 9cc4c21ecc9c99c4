"""Rows of unicast routing: the BGP tables and routing tables of the default instance and of IP-VRFs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from crossconnect.device.bgp import Family
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import contains, parse, version_of
from crossconnect.simulate.attributes import NOTHING, Attributes, AttributeTable, as_path_text
from crossconnect.simulate.fabric import Class, FamilyGraph
from crossconnect.simulate.network import Settled
from crossconnect.simulate.propagation import ORIGINATED, offers
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import VrfEntry, connected
from crossconnect.state.tables import BgpRouteRow, RouteRow


class Choice(NamedTuple):
    """What a speaker of the fabric has for a class: paths as (position, attributes), and what it uses of them."""

    paths: list[tuple[int, int]]
    best: int
    """Position of the best path, ORIGINATED for the speaker's own, NOTHING for none."""
    multipath: tuple[int, ...]
    """Positions, the best one included."""


class Choices:
    """Choices of all speakers, each made once for all prefixes of a class and family with equal sessions."""

    def __init__(self, settled: Settled) -> None:
        self._settled = settled
        self._known: dict[tuple[Class, int, int], Choice] = {}

    def of(self, prefix: str, speaker: Speaker) -> Choice:
        """The choice of one speaker for a prefix of the default instances."""
        settled = self._settled
        family = settled.graphs[family_of(prefix)]
        key = settled.underlay[prefix]
        name = (key, speaker.index, id(family.graph))
        choice = self._known.get(name)
        if choice is None:
            spread = settled.spread_of(prefix)
            table = settled.network.table
            paths = offers(family.graph, table, spread, speaker.index, settled.edge_of(key))
            best = spread.via[speaker.index]
            order = _address_order(settled.network.sessions, family, speaker)
            choice = Choice(paths, best, _multipath(table, paths, best, speaker, order))
            self._known[name] = choice
        return choice


def _address_order(sessions: Sequence[Session], family: FamilyGraph, speaker: Speaker) -> list[tuple[int, int]]:
    """Sort keys of positions in FRR's order of next hops, which says who stays within `maximum-paths`.

    True for IPv4 over numbered links. Link-local next hops cannot be foretold, so where IPv6 or an unnumbered underlay
    has more equal paths than `maximum-paths`, real daemons may keep others than these (as many, though).
    """
    order: list[tuple[int, int]] = []
    for position, index in enumerate(family.sessions[speaker.index]):
        address = sessions[index].neighbor.address
        order.append((parse(address).value, position) if address else (0, position))
    return order


def _multipath(
    table: AttributeTable, paths: list[tuple[int, int]], best: int, speaker: Speaker, order: list[tuple[int, int]]
) -> tuple[int, ...]:
    """The best path and those used beside it."""
    equal = equal_paths(table, paths, best, speaker)
    room = speaker.bgp.maximum_paths - 1
    if len(equal) > room:
        equal = sorted(equal, key=lambda position: order[position])[: max(room, 0)]
    return (best, *equal) if best >= 0 else ()


def equal_paths(table: AttributeTable, paths: list[tuple[int, int]], best: int, speaker: Speaker) -> list[int]:
    """Positions of paths that tie with the best one up to the comparison of peers, without that one."""
    if best < 0:
        return []
    values = table.values
    chosen = values[next(number for position, number in paths if position == best)]
    cost = table.costs[table.intern(chosen)]
    equal: list[int] = []
    for position, number in paths:
        value = values[number]
        same_neighbor = value.as_path[:1] == chosen.as_path[:1]
        if position == best or table.costs[number] != cost or (same_neighbor and value.med != chosen.med):
            continue
        if speaker.bgp.multipath_relax or same_neighbor:
            equal.append(position)
    return equal


def bgp_route_rows(settled: Settled) -> Iterator[BgpRouteRow]:
    """All paths in unicast tables of all BGP instances."""
    topology = settled.live.topology
    choices = Choices(settled)
    for speaker in topology.speakers:
        if not settled.live.device_up(speaker.device):
            continue
        if speaker.vrf == DEFAULT:
            for prefix in settled.underlay:
                yield from _fabric_paths(settled, speaker, prefix, choices.of(prefix, speaker))
        else:
            yield from _vrf_rows(settled, speaker)


def _fabric_paths(settled: Settled, speaker: Speaker, prefix: str, choice: Choice) -> Iterator[BgpRouteRow]:
    network = settled.network
    family = family_of(prefix)
    indexes = settled.graphs[family].sessions[speaker.index]
    paths = [(position, number) for position, number in choice.paths]
    if choice.best == ORIGINATED:
        own = next(number for index, number in settled.underlay[prefix].origins if index == speaker.index)
        paths.insert(0, (ORIGINATED, own))
    for position, number in paths:
        session = network.sessions[indexes[position]] if position != ORIGINATED else None
        attributes = network.table.values[number]
        yield BgpRouteRow(
            device=speaker.device,
            vrf=speaker.vrf,
            prefix=prefix,
            peer=session.key.peer if session else "local",
            next_hop=next_hop_of(session, family) if session else "",
            as_path=as_path_text(attributes.as_path),
            local_pref=attributes.local_pref,
            med=attributes.med,
            communities=attributes.communities,
            best=position == choice.best,
            multipath=len(choice.multipath) > 1 and position in choice.multipath,
        )


def next_hop_of(session: Session, family: Family) -> str:
    """IPv4 next hops of numbered sessions are addresses; IPv6 ones are link-local, and so are those of RFC 8950."""
    if family == "ipv4-unicast" and session.neighbor.address:
        return session.neighbor.address
    return session.neighbor.device


class _Line(NamedTuple):
    """What a BGP table says of a path, but for device, VRF and prefix."""

    peer: str
    next_hop: str
    as_path: str
    attributes: Attributes
    best: bool
    multipath: bool


def _vrf_lines(entry: VrfEntry) -> list[_Line]:
    """One line per sender and next hop: an EVPN route that came over several spines is one line.

    Which of several EVPN routes that tie completely, over one and the same session, FRR calls best depends on which
    came first; here it is the one with the lowest next hop (`decision.NOTHING_LEFT`).
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for index, path in enumerate(entry.paths):
        # FRR shows no next hop of a path leaked from another VRF.
        next_hop = "" if path.peer.startswith("vrf:") else path.candidate.next_hop
        groups.setdefault((path.peer, next_hop), []).append(index)
    lines: list[_Line] = []
    for (peer, next_hop), members in groups.items():
        used = [index for index in members if index in entry.multipath]
        # None of them may be in use; then the one that would be preferred is shown, whoever sent it.
        # Of paths leaked from one VRF that are used together, FRR calls the one best that came first.
        first = -1 if peer.startswith("vrf:") else entry.best
        candidates = [(index != first, *_worth(entry, index), index) for index in used or members]
        attributes = entry.paths[min(candidates)[-1]].candidate.attributes
        path = as_path_text(attributes.as_path)
        several = len(entry.multipath) > 1 and bool(used)
        lines.append(_Line(peer, next_hop, path, attributes, entry.best in members, several))
    return lines


def _worth(entry: VrfEntry, index: int) -> tuple[int, int, str]:
    attributes = entry.paths[index].candidate.attributes
    return -attributes.local_pref, len(attributes.as_path), as_path_text(attributes.as_path)


def _vrf_rows(settled: Settled, speaker: Speaker) -> Iterator[BgpRouteRow]:
    lines_of: dict[int, list[_Line]] = {}
    for prefix, entry in settled.vrfs.table_of(speaker.index, settled.overlay).items():
        lines = lines_of.get(id(entry))
        if lines is None:
            lines = lines_of[id(entry)] = _vrf_lines(entry)
        yield from _rows_of(speaker, prefix, lines)


def vrf_entry_rows(speaker: Speaker, prefix: str, entry: VrfEntry) -> Iterator[BgpRouteRow]:
    """The paths of one destination in a VRF."""
    return _rows_of(speaker, prefix, _vrf_lines(entry))


def _rows_of(speaker: Speaker, prefix: str, lines: Iterable[_Line]) -> Iterator[BgpRouteRow]:
    for line in lines:
        yield BgpRouteRow(
            device=speaker.device,
            vrf=speaker.vrf,
            prefix=prefix,
            peer=line.peer,
            next_hop=line.next_hop,
            as_path=line.as_path,
            local_pref=line.attributes.local_pref,
            med=line.attributes.med,
            communities=line.attributes.communities,
            best=line.best,
            multipath=line.multipath,
        )


def route_rows(settled: Settled) -> Iterator[RouteRow]:
    """Routing tables: connected (distance 0), static (1), eBGP (20), of all VRFs."""
    live = settled.live
    choices = Choices(settled)
    for device in live.topology.blueprint.devices:
        if live.device_up(device.name):
            for instance in device.network_instances:
                if instance.kind != "mac-vrf":
                    yield from InstanceRoutes(settled, choices, device.name, instance).rows()


class InstanceRoutes:
    """The routing table of one instance of a switch that is up."""

    def __init__(self, settled: Settled, choices: Choices, device: str, instance: NetworkInstance) -> None:
        topology = settled.live.topology
        self._settled = settled
        self._choices = choices
        self._device = device
        self._instance = instance
        self._attached = connected(topology, settled.live, device, instance.name)
        index = topology.speaker_at.get((device, instance.name), NOTHING)
        self._speaker = topology.speakers[index] if index != NOTHING and instance.kind != "management" else None
        self._hops: dict[int, tuple[str, ...]] = {}
        """Next hops of entries that several prefixes share, by identity."""
        self._static: dict[str, RouteRow] = {}
        if instance.kind == "management":
            gateways = topology.devices[device].system.management_gateways
            self._static = {r.prefix: r for r in _management_routes(device, instance.name, gateways, self._attached)}

    @property
    def shares_underlay(self) -> bool:
        """Whether its prefixes are those of `Settled.underlay`, as a superset."""
        return self._speaker is not None and self._instance.kind == DEFAULT

    def prefixes(self) -> Iterator[str]:
        """All prefixes that it may have a route for."""
        yield from self._attached
        yield from self._static
        if self._speaker is not None:
            yield from self._learned()

    def _learned(self) -> Iterable[str]:
        if self._speaker is None:
            return ()
        if self._instance.kind == DEFAULT:
            return self._settled.underlay
        return self._settled.vrfs.table_of(self._speaker.index, self._settled.overlay)

    def rows(self) -> Iterator[RouteRow]:
        """All routes."""
        for prefix in dict.fromkeys(self.prefixes()):
            row = self.row(prefix)
            if row is not None:
                yield row

    def row(self, prefix: str) -> RouteRow | None:
        """The route to a prefix, where there is one; the switch's own addresses are left out."""
        interface = self._attached.get(prefix)
        if interface is not None:
            if prefix.endswith(("/32", "/128")):
                return None
            return RouteRow(self._device, self._instance.name, prefix, "connected", (interface,))
        if prefix in self._static:
            return self._static[prefix]
        hops = self._next_hops(prefix)
        return RouteRow(self._device, self._instance.name, prefix, "bgp", hops) if hops else None

    def _next_hops(self, prefix: str) -> tuple[str, ...]:
        settled, speaker = self._settled, self._speaker
        if speaker is None:
            return ()
        if self._instance.kind == DEFAULT:
            if prefix not in settled.underlay:
                return ()
            return fabric_hops(settled, speaker, prefix, self._choices.of(prefix, speaker))
        entry = settled.vrfs.table_of(speaker.index, settled.overlay).get(prefix)
        if entry is None:
            return ()
        hops = self._hops.get(id(entry))
        if hops is None:
            hops = self._hops[id(entry)] = vrf_hops(entry)
        return hops


def _management_routes(device: str, vrf: str, gateways: Sequence[str], attached: dict[str, str]) -> Iterator[RouteRow]:
    for gateway in gateways:
        interface = next((name for prefix, name in attached.items() if contains(prefix, gateway)), None)
        if interface is not None:
            default = "::/0" if version_of(gateway) == 6 else "0.0.0.0/0"
            yield RouteRow(device, vrf, default, "static", (f"{gateway}%{interface}",))


def fabric_hops(settled: Settled, speaker: Speaker, prefix: str, choice: Choice) -> tuple[str, ...]:
    """Next hops of a prefix of the default instances, as in `RouteRow`; none for an own one."""
    family = family_of(prefix)
    indexes = settled.graphs[family].sessions[speaker.index]
    sessions = [settled.network.sessions[indexes[position]] for position in choice.multipath]
    return tuple(sorted(f"{next_hop_of(session, family)}%{session.interface}" for session in sessions))


def vrf_hops(entry: VrfEntry) -> tuple[str, ...]:
    """Next hops of the paths in use; what BGP originates itself is not installed."""
    if entry.best < 0 or entry.paths[entry.best].peer == "local":
        return ()
    return tuple(sorted({entry.paths[index].hop for index in entry.multipath}))
