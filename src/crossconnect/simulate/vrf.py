"""IP-VRFs: what each one originates, gets from external routers, imports from EVPN and from other VRFs, and chooses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from crossconnect.design.blueprint import PeerPlan
from crossconnect.device.bgp import Bgp
from crossconnect.net import contains, interface_prefix, version_of
from crossconnect.simulate.attributes import (
    IGP,
    INCOMPLETE,
    LOCAL_WEIGHT,
    Attributes,
    AttributeTable,
    received_over_ebgp,
    with_graceful_shutdown,
)
from crossconnect.simulate.decision import Candidate, select
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.fabric import FamilyGraph, family_settings, peer_rank, rank_of
from crossconnect.simulate.overlay import Overlay, Paths
from crossconnect.simulate.policy import Policies, apply
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import DEFAULT, Liveness, Speaker, Topology

LINK_LOCAL = "fe80::/10"


class VrfPath(NamedTuple):
    """A path in a VRF's BGP table."""

    candidate: Candidate
    peer: str
    """As in `BgpRouteRow.peer`."""
    hop: str
    """As in `RouteRow.next_hops`; empty for what BGP itself does not install."""


class VrfEntry(msgspec.Struct, frozen=True, eq=False):
    """A destination in a VRF's BGP table; `best` is -1 where no path is valid."""

    paths: tuple[VrfPath, ...]
    best: int
    multipath: tuple[int, ...]


VrfTable = dict[str, VrfEntry]


def connected(topology: Topology, live: Liveness, device: str, vrf: str) -> dict[str, str]:
    """Connected prefixes of a VRF -> interface, of interfaces that are up."""
    found: dict[str, str] = {}
    for interface in topology.devices[device].interfaces:
        if interface.network_instance != vrf or not interface.addresses or interface.members:
            continue
        if live.interface_up(device, interface.name):
            for address in interface.addresses:
                prefix = interface_prefix(address)
                if not contains(LINK_LOCAL, prefix):
                    found.setdefault(prefix, interface.name)
    return found


def originated(bgp: Bgp, attached: Mapping[str, str], here: Policies, family: str) -> dict[str, Attributes]:
    """What an instance puts into BGP itself. A `network` needs its exact prefix in the routing table (FRR's `bgp
    network import-check`), and wins over redistribution of the same prefix."""
    version = 6 if family == "ipv6-unicast" else 4
    found: dict[str, Attributes] = {}
    for originate in bgp.originate:
        if originate.family != family:
            continue
        if originate.connected:
            base = Attributes(origin=INCOMPLETE, weight=LOCAL_WEIGHT)
            for prefix in attached:
                if version_of(prefix) != version:
                    continue
                policy = originate.connected_policy
                accepted = apply(here, policy, prefix, base, bgp.asn) if policy else base
                if accepted is not None:
                    found[prefix] = accepted
        for prefix in originate.networks:
            if prefix in attached:
                found[prefix] = Attributes(origin=IGP, weight=LOCAL_WEIGHT)
    if bgp.graceful_shutdown:
        found = {prefix: with_graceful_shutdown(value) for prefix, value in found.items()}
    return found


class Admission(NamedTuple):
    """What becomes of a prefix that an external router announces."""

    attributes: Attributes | None
    refused: Literal["", "as-loop", "no-policy", "import-policy"]


def sent_by_peer(peer: PeerPlan) -> Attributes:
    """What an external router's announcements carry."""
    return Attributes(as_path=(peer.asn,))


def admission(topology: Topology, session: Session, here: Policies, prefix: str) -> Admission:
    """Whether a session lets a prefix of its external router in, and as what."""
    bgp = topology.speakers[session.speaker].bgp
    policy = family_settings(session, session.families[0]).import_policy
    sent = sent_by_peer(topology.peers[session.peer])
    if bgp.asn in sent.as_path:
        return Admission(None, "as-loop")
    if not policy:
        # RFC 8212: an external session without policy lets nothing in.
        return Admission(None, "no-policy")
    accepted = apply(here, policy, prefix, sent, bgp.asn)
    if accepted is None:
        return Admission(None, "import-policy")
    return Admission(received_over_ebgp(accepted, bgp.graceful_shutdown), "")


def announced(topology: Topology, session: Session, here: Policies) -> dict[str, Attributes]:
    """What an external router announces over a session and the import policy lets in."""
    if not session.families:
        return {}
    version = 6 if session.families[0] == "ipv6-unicast" else 4
    found: dict[str, Attributes] = {}
    for prefix in topology.peers[session.peer].announces:
        if version_of(prefix) == version:
            attributes = admission(topology, session, here, prefix).attributes
            if attributes is not None:
                found[prefix] = attributes
    return found


def own_paths(
    topology: Topology, live: Liveness, speaker: Speaker, sessions: Iterable[Session], policies: Policies
) -> tuple[dict[str, list[VrfPath]], dict[str, list[VrfPath]]]:
    """Paths that a VRF originates itself, and those it has from external routers over established `sessions`."""
    attached = connected(topology, live, speaker.device, speaker.vrf)
    local: dict[str, list[VrfPath]] = {}
    for family in ("ipv4-unicast", "ipv6-unicast"):
        for prefix, attributes in originated(speaker.bgp, attached, policies, family).items():
            candidate = Candidate(attributes, "", (0, 0), local=True)
            local[prefix] = [VrfPath(candidate, "local", attached[prefix])]
    external: dict[str, list[VrfPath]] = {}
    for session in sessions:
        peer = topology.peers[session.peer]
        rank = peer_rank(peer.router_id, session.neighbor.address, session.interface)
        for prefix, attributes in announced(topology, session, policies).items():
            # FRR forwards IPv6 over link-local next hops where the peer announces one, as BIRD and FRR do.
            next_hop = peer.name if version_of(prefix) == 6 else session.neighbor.address
            path = VrfPath(Candidate(attributes, next_hop, rank), session.key.peer, f"{next_hop}%{session.interface}")
            external.setdefault(prefix, []).append(path)
    return local, external


def own_segments(topology: Topology, device: str) -> frozenset[str]:
    """ESIs of a device's own Ethernet segments."""
    return frozenset(interface.esi for interface in topology.devices[device].interfaces if interface.esi)


def behind_own_segment(route: EvpnRoute, segments: frozenset[str]) -> bool:
    """Whether a route is of a host on an own Ethernet segment: it is not routed to elsewhere."""
    return route.route_type == 2 and route.esi in segments


Part = tuple[VrfPath, ...]
"""Paths of one sender's route. Equal ones are the same object, so destinations of the same parts share an entry."""


class VrfMemory:
    """Parts and entries seen so far, in whatever failure scenario: most of a VRF's table is the same in all of them.
    Parts and entries live as long as this object, so their identities are good names."""

    def __init__(self) -> None:
        self.parts: dict[tuple[tuple[tuple[int, int], ...], int, int, str, str], Part] = {}
        self.entries: dict[tuple[int, ...], VrfEntry] = {}


class Vrfs:
    """BGP tables of all IP-VRFs of one settled network."""

    def __init__(
        self,
        topology: Topology,
        table: AttributeTable,
        evpn: FamilyGraph,
        sessions: Sequence[Session],
        own: Mapping[int, tuple[dict[str, list[VrfPath]], dict[str, list[VrfPath]]]],
        memory: VrfMemory,
        policies: Mapping[str, Policies],
    ) -> None:
        """`own` gives local and external paths by index of each VRF speaker that is up."""
        self._topology = topology
        self._table = table
        self._evpn = evpn
        self._sessions = sessions
        self._own = own
        self._overlay: Overlay | None = None
        self._imports: dict[int, dict[str, list[Part]]] = {}
        self._tables: dict[tuple[int, bool], VrfTable] = {}
        self._memory = memory
        self._policies = policies
        self._ranks: dict[int, tuple[int, ...]] = {}

    def _look_at(self, overlay: Overlay) -> None:
        if overlay is not self._overlay:
            self._overlay = overlay
            self._imports.clear()
            self._tables.clear()

    def exported(self, overlay: Overlay) -> dict[int, dict[str, Attributes]]:
        """What each VRF with external routers or leaks announces as type 5 beyond its own prefixes: the best path of
        a destination, unless it came from EVPN itself."""
        self._look_at(overlay)
        found: dict[int, dict[str, Attributes]] = {}
        for index, (local, external) in self._own.items():
            speaker = self._topology.speakers[index]
            leaks = self.leaking(speaker)
            if not speaker.bgp.evpn_advertise or not (external or leaks):
                continue
            prefixes = set(external)
            for other in leaks:
                prefixes.update(self.table_of(other, overlay, leak=False))
            routes: dict[str, Attributes] = {}
            for prefix in sorted(prefixes - local.keys()):
                entry = self._entry(index, prefix, overlay, leak=True)
                best = entry.paths[entry.best] if entry.best >= 0 else None
                if best is not None and not best.peer.startswith("evpn:"):
                    routes[prefix] = best.candidate.attributes
            found[index] = routes
        return found

    def leaking(self, speaker: Speaker) -> list[int]:
        """Speakers of the VRFs that one imports by declaration."""
        instance = self._topology.instances[(speaker.device, speaker.vrf)]
        found = [self._topology.speaker_at.get((speaker.device, name), -1) for name in instance.imports]
        return [index for index in found if index in self._own]

    def own(self, index: int) -> tuple[dict[str, list[VrfPath]], dict[str, list[VrfPath]]]:
        """What a VRF originates, and what it has from external routers; nothing where the switch is down."""
        return self._own.get(index, ({}, {}))

    def entry_of(self, index: int, prefix: str, overlay: Overlay, leak: bool = True) -> VrfEntry:
        """A destination in a VRF's BGP table, without paths where it is not there."""
        self._look_at(overlay)
        return self._entry(index, prefix, overlay, leak)

    def imports(self, index: int, overlay: Overlay) -> dict[str, list[Part]]:
        """Paths that a VRF imports from EVPN, by prefix."""
        self._look_at(overlay)
        found = self._imports.get(index)
        if found is None:
            found = self._imports[index] = self._import(self._topology.speakers[index], overlay)
        return found

    def _import(self, speaker: Speaker, overlay: Overlay) -> dict[str, list[Part]]:
        topology = self._topology
        instance = topology.instances[(speaker.device, speaker.vrf)]
        node = topology.speaker_at.get((speaker.device, DEFAULT), -1)
        found: dict[str, list[Part]] = {}
        parts = self._memory.parts
        for route, paths in self.importing(speaker, overlay):
            vni = instance.vni or 0
            name = (paths, node, vni, route.rd, route.next_hop)
            part = parts.get(name)
            if part is None:
                part = parts[name] = tuple(self._evpn_paths(route, node, vni, paths))
            found.setdefault(route.prefix, []).append(part)
        return found

    def importing(self, speaker: Speaker, overlay: Overlay) -> Iterator[tuple[EvpnRoute, Paths]]:
        """EVPN routes that a VRF imports as prefixes, with the paths it has them by."""
        topology = self._topology
        instance = topology.instances[(speaker.device, speaker.vrf)]
        node = topology.speaker_at.get((speaker.device, DEFAULT), -1)
        if instance.vni is None or node < 0 or not topology.devices[speaker.device].vtep:
            return
        segments = own_segments(topology, speaker.device)
        for route in overlay.imported(instance.import_rts, speaker.device):
            if route.prefix and not behind_own_segment(route, segments):
                paths = overlay.visibility.paths(route, node)
                if paths:
                    yield route, paths

    def _evpn_paths(self, route: EvpnRoute, node: int, vni: int, paths: Iterable[tuple[int, int]]) -> Iterator[VrfPath]:
        peer, hop = f"evpn:{route.rd}", f"{route.next_hop}%{vni}"
        for position, number in paths:
            rank = self._rank(self._evpn.sessions[node][position])
            attributes = self._table.values[number]
            yield VrfPath(Candidate(attributes, route.next_hop, rank, labels=route.labels), peer, hop)

    def _rank(self, session_index: int) -> tuple[int, ...]:
        rank = self._ranks.get(session_index)
        if rank is None:
            session = self._sessions[session_index]
            rank = rank_of(self._topology, session, self._sessions[session.twin])
            self._ranks[session_index] = rank
        return rank

    def _entry(self, index: int, prefix: str, overlay: Overlay, leak: bool) -> VrfEntry:
        speaker = self._topology.speakers[index]
        local, external = self._own[index]
        parts = self.imports(index, overlay).get(prefix, ())
        leaks = self.leaking(speaker) if leak else []
        shared = not (leaks or prefix in local or prefix in external)
        name = (index, *map(id, parts))
        if shared and (known := self._memory.entries.get(name)) is not None:
            return known
        paths = [*local.get(prefix, ()), *external.get(prefix, ())]
        for part in parts:
            paths += part
        for other in leaks:
            entry = self._entry(other, prefix, overlay, leak=False)
            paths += self._leaked(speaker, self._topology.speakers[other].vrf, prefix, entry)
        chosen = select([path.candidate for path in paths], speaker.bgp.maximum_paths, speaker.bgp.multipath_relax)
        entry = VrfEntry(tuple(paths), chosen.best, chosen.multipath)
        if shared:
            self._memory.entries[name] = entry
        return entry

    def _leaked(self, speaker: Speaker, source: str, prefix: str, entry: VrfEntry) -> Iterator[VrfPath]:
        """Paths of another VRF as they are here, as far as the policy for imports lets them in. Peers that they came
        from are compared as in the other VRF."""
        policy = self._topology.instances[(speaker.device, speaker.vrf)].imports_policy
        for path in entry.paths:
            attributes: Attributes | None = path.candidate.attributes
            if policy:
                here = self._policies[speaker.device]
                attributes = apply(here, policy, prefix, path.candidate.attributes, speaker.bgp.asn)
            if attributes is not None:
                candidate = path.candidate._replace(attributes=attributes, local=False, leaked_from=source)
                yield VrfPath(candidate, f"vrf:{source}", path.hop)

    def table_of(self, index: int, overlay: Overlay, leak: bool = True) -> VrfTable:
        """A VRF's whole BGP table; `leak` says whether other VRFs' routes are part of it. Destinations with the same
        paths share an entry."""
        self._look_at(overlay)
        known = self._tables.get((index, leak))
        if known is None:
            local, external = self._own[index]
            prefixes = {*local, *external, *self.imports(index, overlay)}
            for other in self.leaking(self._topology.speakers[index]) if leak else ():
                prefixes.update(self.table_of(other, overlay, leak=False))
            known = {prefix: self._entry(index, prefix, overlay, leak) for prefix in prefixes}
            self._tables[(index, leak)] = known
        return known
