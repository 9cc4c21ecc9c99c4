"""IP-VRFs: what each one originates, gets from external routers, imports from EVPN and from other VRFs, and chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crossconnect.device.bgp import Bgp
from crossconnect.net import contains, interface_prefix, parse, version_of
from crossconnect.simulate.attributes import IGP, INCOMPLETE, LOCAL_WEIGHT, AttributeTable, Attributes
from crossconnect.simulate.attributes import received_over_ebgp, with_graceful_shutdown
from crossconnect.simulate.decision import Candidate, select
from crossconnect.simulate.fabric import FamilyGraph, family_settings, peer_rank
from crossconnect.simulate.overlay import Overlay
from crossconnect.simulate.policy import Policies, apply
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import Liveness, Speaker, Topology

LINK_LOCAL = "fe80::/10"


class VrfPath(NamedTuple):
    """A path in a VRF's BGP table."""

    candidate: Candidate
    peer: str
    """As in `BgpRouteRow.peer`."""
    hop: str
    """As in `RouteRow.next_hops`; empty for what BGP itself does not install."""


class VrfEntry(NamedTuple):
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


def originated(
    bgp: Bgp, attached: Mapping[str, str], here: Policies, family: str
) -> dict[str, Attributes]:
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


def announced(topology: Topology, session: Session, here: Policies) -> dict[str, Attributes]:
    """What an external router announces over a session and the import policy lets in."""
    if not session.families:
        return {}
    peer = topology.peers[session.peer]
    bgp = topology.speakers[session.speaker].bgp
    family = session.families[0]
    settings = family_settings(session, family)
    version = 6 if family == "ipv6-unicast" else 4
    found: dict[str, Attributes] = {}
    for prefix in peer.announces:
        if version_of(prefix) != version:
            continue
        sent = Attributes(as_path=(peer.asn,))
        if bgp.asn in sent.as_path or not settings.import_policy:
            # RFC 8212: an external session without policy lets nothing in.
            continue
        accepted = apply(here, settings.import_policy, prefix, sent, bgp.asn)
        if accepted is not None:
            found[prefix] = received_over_ebgp(accepted, bgp.graceful_shutdown)
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


class Vrfs:
    """BGP tables of all IP-VRFs of one settled network."""

    def __init__(
        self,
        topology: Topology,
        table: AttributeTable,
        evpn: FamilyGraph,
        sessions: Sequence[Session],
        own: Mapping[int, tuple[dict[str, list[VrfPath]], dict[str, list[VrfPath]]]],
    ) -> None:
        """`own` gives local and external paths by index of each VRF speaker that is up."""
        self._topology = topology
        self._table = table
        self._own = own
        self._imports: dict[int, dict[str, list[VrfPath]]] = {}
        self._ranks: dict[int, tuple[int, ...]] = {}
        self._evpn = evpn
        self._sessions = sessions

    def exported(self, overlay: Overlay) -> dict[int, dict[str, Attributes]]:
        """What each VRF with external routers or leaks announces as type 5 beyond its own prefixes: the best path of
        a destination, unless it came from EVPN itself."""
        self._imports.clear()
        found: dict[int, dict[str, Attributes]] = {}
        for index, (local, external) in self._own.items():
            speaker = self._topology.speakers[index]
            leaks = self._leaking(speaker)
            if not speaker.bgp.evpn_advertise or not (external or leaks):
                continue
            prefixes = set(external)
            for other in leaks:
                prefixes.update(self.table_of(other, overlay, leak=False))
            routes: dict[str, Attributes] = {}
            for prefix in sorted(prefixes - local.keys()):
                entry = self.entry(index, prefix, overlay)
                best = entry.paths[entry.best] if entry.best >= 0 else None
                if best is not None and not best.peer.startswith("evpn:"):
                    routes[prefix] = best.candidate.attributes
            found[index] = routes
        return found

    def _leaking(self, speaker: Speaker) -> list[int]:
        """Speakers of the VRFs that one imports by declaration."""
        instance = self._topology.instances[(speaker.device, speaker.vrf)]
        found = [self._topology.speaker_at.get((speaker.device, name), -1) for name in instance.imports]
        return [index for index in found if index in self._own]

    def imports(self, index: int, overlay: Overlay) -> dict[str, list[VrfPath]]:
        """Paths that a VRF imports from EVPN, by prefix."""
        found = self._imports.get(index)
        if found is None:
            found = self._imports[index] = self._import(self._topology.speakers[index], overlay)
        return found

    def _import(self, speaker: Speaker, overlay: Overlay) -> dict[str, list[VrfPath]]:
        topology = self._topology
        instance = topology.instances[(speaker.device, speaker.vrf)]
        node = topology.speaker_at[(speaker.device, "default")]
        found: dict[str, list[VrfPath]] = {}
        if instance.vni is None or not topology.devices[speaker.device].vtep:
            return found
        segments = {interface.esi for interface in topology.devices[speaker.device].interfaces if interface.esi}
        values = self._table.values
        for route in overlay.imported(instance.import_rts, speaker.device):
            if not route.prefix or (route.route_type == 2 and route.esi in segments):
                # Hosts on an own Ethernet segment are not routed to elsewhere.
                continue
            peer, hop = f"evpn:{route.rd}", f"{route.next_hop}%{instance.vni}"
            paths: list[VrfPath] = []
            for position, number in overlay.visibility.paths(route, node):
                rank = self._rank(self._evpn.sessions[node][position])
                paths.append(VrfPath(Candidate(values[number], route.next_hop, rank, labelled=True), peer, hop))
            if paths:
                found.setdefault(route.prefix, []).extend(paths)
        return found

    def _rank(self, session_index: int) -> tuple[int, ...]:
        rank = self._ranks.get(session_index)
        if rank is None:
            session = self._sessions[session_index]
            router_id = self._topology.speakers[self._sessions[session.twin].speaker].bgp.router_id
            rank = peer_rank(router_id, session.neighbor.address, session.neighbor.interface)
            self._ranks[session_index] = rank
        return rank

    def entry(self, index: int, prefix: str, overlay: Overlay, leak: bool = True) -> VrfEntry:
        """One destination of a VRF's BGP table; `leak` says whether other VRFs' routes are part of it."""
        speaker = self._topology.speakers[index]
        local, external = self._own[index]
        paths = [*local.get(prefix, ()), *external.get(prefix, ()), *self.imports(index, overlay).get(prefix, ())]
        if leak:
            for other in self._leaking(speaker):
                name = self._topology.speakers[other].vrf
                for path in self.entry(other, prefix, overlay, leak=False).paths:
                    candidate = path.candidate._replace(local=False)
                    paths.append(VrfPath(candidate, f"vrf:{name}", path.hop))
        chosen = select([path.candidate for path in paths], speaker.bgp.maximum_paths, speaker.bgp.multipath_relax)
        return VrfEntry(tuple(paths), chosen.best, chosen.multipath)

    def table_of(self, index: int, overlay: Overlay, leak: bool = True) -> VrfTable:
        """A VRF's whole BGP table."""
        local, external = self._own[index]
        prefixes = {*local, *external, *self.imports(index, overlay)}
        if leak:
            for other in self._leaking(self._topology.speakers[index]):
                prefixes.update(self.table_of(other, overlay, leak=False))
        return {prefix: self.entry(index, prefix, overlay, leak) for prefix in sorted(prefixes, key=prefix_order)}


def prefix_order(prefix: str) -> tuple[int, int, int]:
    """IPv4 before IPv6, then by number."""
    return tuple(parse(prefix))
