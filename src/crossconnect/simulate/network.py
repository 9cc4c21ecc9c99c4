"""The network as a fixpoint: `Network` is what holds whatever fails, `Settled` what it settles on under given failures.

    sessions -> underlay classes -> which VTEP resolves where -> EVPN classes <-> VRF tables (rounds until unchanged)

The only loop between stages is that a VRF announces as type 5 what it prefers from external routers, and prefers among
what others announce as type 5.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import FAMILIES, Family
from crossconnect.finding import Finding, Place, found
from crossconnect.nos.registry import system
from crossconnect.simulate.attachments import Attachment, attachments
from crossconnect.simulate.attributes import LOCAL_WEIGHT, NOTHING, Attributes, AttributeTable
from crossconnect.simulate.codes import MAX_PREFIXES, PREFIX_LIMIT_LATE
from crossconnect.simulate.evpn import EvpnRoute, local_routes, prefix_route
from crossconnect.simulate.fabric import (
    Class,
    FamilyGraph,
    Spreads,
    edge_filter,
    family_graphs,
    family_settings,
    without,
)
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.overlay import Overlay, Visibility
from crossconnect.simulate.policy import Policies, apply, policies
from crossconnect.simulate.portion import Portion
from crossconnect.simulate.propagation import EdgeFilter, Settlement
from crossconnect.simulate.sessions import Session, session_findings, sessions, sessions_up
from crossconnect.simulate.topology import DEFAULT, Liveness, Topology, succeeding, topology
from crossconnect.simulate.underlay import family_of, resolver, shared_classes, underlay_classes
from crossconnect.simulate.unsteady import Scene, Turn, ambiguous, fabric_cycle, vrf_cycle
from crossconnect.simulate.vrf import VrfMemory, VrfPath, Vrfs, announced, own_paths

ROUNDS_MAX = 50
"""Rounds between VRFs and EVPN. A round passes a change on by one border; regions have a handful of borders."""

OwnPaths = Mapping[int, tuple[dict[str, list[VrfPath]], dict[str, list[VrfPath]]]]


class Network:
    """A blueprint prepared for simulation, with caches that every failure scenario shares.

    With `among` only some realms are in it, beside the fabric. Where the blueprint has the fabric of a `previous`
    network, and only `changed` devices differ at all, nothing is computed again that these have not to do with.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        among: Portion | None = None,
        previous: Network | None = None,
        changed: Collection[str] = (),
    ) -> None:
        self.among = among
        self.previous = previous
        realms = among.realms if among is not None else None
        self.topology: Topology
        self.sessions: tuple[Session, ...]
        self.policies: dict[str, Policies]
        self.table: AttributeTable
        if previous is not None and among is not None:
            self.topology = succeeding(previous.topology, blueprint, changed, among)
            self.sessions = sessions(self.topology, previous.sessions[: previous.inner])
            self.graphs = previous.graphs
            fresh = {name: policies(self.topology.devices[name].routing_policy) for name in changed}
            self.policies = {**previous.policies, **fresh}
            self.table = previous.table
        else:
            self.topology = topology(blueprint, realms)
            self.sessions = sessions(self.topology)
            self.graphs: dict[Family, FamilyGraph] = family_graphs(self.topology, self.sessions)
            self.policies = {d.name: policies(d.routing_policy) for d in blueprint.devices}
            self.table = AttributeTable()
        self.inner: int = sum(session.key.vrf == DEFAULT for session in self.sessions)
        """Sessions of default instances: the first ones."""
        self.attachments: tuple[Attachment, ...] = attachments(self.topology, realms)
        self.attachments_at: dict[str, list[Attachment]] = {}
        """By leaf."""
        for attachment in self.attachments:
            self.attachments_at.setdefault(attachment.leaf, []).append(attachment)
        self.vrf_memory = VrfMemory()
        self.healthy: Settled | None = None

    def settle(self, failures: Failures = NO_FAILURES) -> Settled:
        """What the network settles on under failures. The healthy network is computed first and reused."""
        if self.healthy is None:
            before = self.previous.healthy if self.previous is not None else None
            self.healthy = _settle(self, NO_FAILURES, None) if before is None else _succeeding(self, before)
            self.previous = None
        return _settle(self, failures, self.healthy) if failures else self.healthy


class Settled(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A network that has settled."""

    network: Network
    live: Liveness
    up: list[bool]
    """Established sessions by index."""
    graphs: Mapping[Family, FamilyGraph]
    spreads: Mapping[Family, Spreads]
    """Families over the same sessions share one."""
    underlay: Mapping[str, Class]
    """Class of each prefix of the default instances."""
    overlay: Overlay
    vrfs: Vrfs
    findings: tuple[Finding, ...]

    @functools.cached_property
    def segment_routes(self) -> dict[str, list[EvpnRoute]]:
        """EVPN routes by the Ethernet segment that they name."""
        found: dict[str, list[EvpnRoute]] = {}
        for route in self.overlay.routes():
            if route.esi:
                found.setdefault(route.esi, []).append(route)
        return found

    def spread_of(self, prefix: str) -> Settlement:
        """Where a prefix of the default instances got to."""
        key = self.underlay[prefix]
        return self.spreads[family_of(prefix)].of(key, self.edge_of(key))

    def edge_of(self, key: Class) -> EdgeFilter | None:
        """Policies along the fabric's sessions for a class, None where there are none."""
        if not key.prefix:
            return None
        network = self.network
        family = self.graphs[family_of(key.prefix)]
        return edge_filter(network.topology, network.sessions, network.policies, network.table, family, key.prefix)


def _settle(network: Network, failures: Failures, healthy: Settled | None) -> Settled:
    topology, table = network.topology, network.table
    live = Liveness(topology, failures)
    up = sessions_up(network.sessions, live)
    findings = [*session_findings(topology, network.sessions), *_limit_prefixes(network, up)]
    graphs, spreads = _reduced(network, up, healthy)
    underlay = underlay_classes(topology, live, graphs, network.policies, table)
    if healthy is None:
        for family in FAMILIES:
            # A class with a prefix passes policies on its way, which a search for shortest paths does not look at.
            unfiltered = [k for prefix, k in underlay.items() if family_of(prefix) == family and not k.prefix]
            spreads[family].fill(unfiltered)
    visibility = Visibility(
        spreads["l2vpn-evpn"],
        table,
        resolver(topology, live, underlay, spreads["ipv4-unicast"]),
        shared_classes(topology, graphs, underlay),
        _shared_vteps(topology),
    )
    own = _own_paths(network, live, up)
    base = Overlay(visibility, [*_local_routes(network, live, visibility), *_own_prefix_routes(network, own)])
    vrfs = Vrfs(topology, table, graphs["l2vpn-evpn"], network.sessions, own, network.vrf_memory, network.policies)
    overlay, unsteady = _settle_overlay(network, base, vrfs)
    findings += unsteady
    settled = Settled(
        network=network,
        live=live,
        up=up,
        graphs=graphs,
        spreads=spreads,
        underlay=underlay,
        overlay=overlay,
        vrfs=vrfs,
        findings=(),
    )
    for prefix in underlay:
        settled.spread_of(prefix)
    findings += _fabric_cycles(network, graphs, spreads, underlay)
    return msgspec.structs.replace(settled, findings=tuple(dict.fromkeys(findings)))


def _shared_vteps(topology: Topology) -> dict[str, tuple[int, ...]]:
    """Speakers of each VTEP address that two leaves have."""
    at = topology.speaker_at
    several = {address: devices for address, devices in topology.vteps.items() if len(devices) > 1}
    return {a: tuple(at[(d, DEFAULT)] for d in devices if (d, DEFAULT) in at) for a, devices in several.items()}


def _succeeding(network: Network, before: Settled) -> Settled:
    """The healthy network, given that of a blueprint with the same fabric. Findings are those of the VRFs alone."""
    topology = network.topology
    live = Liveness(topology, NO_FAILURES)
    up = sessions_up(network.sessions, live, before.up[: network.inner])
    findings = _limit_prefixes(network, up)
    visibility = before.overlay.visibility
    own = _own_paths(network, live, up)
    base = Overlay(visibility, [*_local_routes(network, live, visibility), *_own_prefix_routes(network, own)])
    evpn = before.graphs["l2vpn-evpn"]
    vrfs = Vrfs(topology, network.table, evpn, network.sessions, own, network.vrf_memory, network.policies)
    overlay, unsteady = _settle_overlay(network, base, vrfs)
    return Settled(
        network=network,
        live=live,
        up=up,
        graphs=before.graphs,
        spreads=before.spreads,
        underlay=before.underlay,
        overlay=overlay,
        vrfs=vrfs,
        findings=(*findings, *unsteady),
    )


def _fabric_cycles(
    network: Network,
    graphs: Mapping[Family, FamilyGraph],
    spreads: Mapping[Family, Spreads],
    underlay: Mapping[str, Class],
) -> list[Finding]:
    """Classes of fabric routes that do not settle; families over one graph share them."""
    findings: list[Finding] = []
    told: list[Spreads] = []
    for family in FAMILIES:
        if any(spreads[family] is other for other in told):
            continue
        told.append(spreads[family])
        scene = Scene(network.topology, network.sessions, network.table, graphs[family])
        for key, unsettled in spreads[family].unsettled.items():
            prefixes = [prefix for prefix, its in underlay.items() if its == key]
            findings.append(fabric_cycle(scene, key, prefixes, unsettled))
    return findings


def _reduced(
    network: Network, up: Sequence[bool], healthy: Settled | None
) -> tuple[dict[Family, FamilyGraph], dict[Family, Spreads]]:
    """Graphs without what is down. Families whose sessions are equal go on sharing one graph and its spreads."""
    graphs: dict[Family, FamilyGraph] = {}
    spreads: dict[Family, Spreads] = {}
    for family in FAMILIES:
        reduced, gone = without(network.graphs[family], up)
        twin: Family | None = next((other for other, known in graphs.items() if known.graph == reduced.graph), None)
        if twin is not None and (healthy is None or healthy.spreads[twin] is healthy.spreads[family]):
            graphs[family] = msgspec.structs.replace(reduced, graph=graphs[twin].graph)
            spreads[family] = spreads[twin]
            continue
        graphs[family] = reduced
        spreads[family] = Spreads(reduced.graph, network.table, healthy.spreads[family] if healthy else None, gone)
    return graphs, spreads


def _limit_prefixes(network: Network, up: list[bool]) -> list[Finding]:
    """Take down sessions over which more prefixes are accepted than allowed, as `maximum-prefix` does."""
    findings: list[Finding] = []
    for session in network.sessions:
        if not up[session.index] or not session.peer:
            continue
        count, limit = prefixes_over(network, session)
        if count > limit:
            up[session.index] = False
            place = Place(path=network.topology.peers[session.peer].path)
            message = f"{session.peer} announces {count} prefixes to {session.key.device} ({session.key.vrf})"
            findings.append(found(MAX_PREFIXES, place, f"{message}, where {limit} are allowed"))
            nos = network.topology.devices[session.key.device].nos
            if count == limit + 1 and system(nos).facts.prefix_limit_late:
                message = f"{session.key.device}: {nos} may keep {session.peer} ({session.key.vrf}) up"
                findings.append(found(PREFIX_LIMIT_LATE, place, f"{message} with {count} of {limit} prefixes"))
    return findings


def prefixes_over(network: Network, session: Session) -> tuple[int, int]:
    """(accepted prefixes, limit) of a session with an external router; (0, 0) where it cannot be exceeded."""
    limit = family_settings(session, session.families[0]).max_prefixes
    if not limit or len(network.topology.peers[session.peer].announces) <= limit:
        return 0, 0
    return len(announced(network.topology, session, network.policies[session.key.device])), limit


def _own_paths(network: Network, live: Liveness, up: Sequence[bool]) -> OwnPaths:
    topology = network.topology
    by_speaker: dict[int, list[Session]] = {}
    for session in network.sessions:
        if session.peer and up[session.index]:
            by_speaker.setdefault(session.speaker, []).append(session)
    return {
        speaker.index: own_paths(
            topology, live, speaker, by_speaker.get(speaker.index, ()), network.policies[speaker.device]
        )
        for speaker in topology.speakers
        if speaker.vrf != DEFAULT and live.device_up(speaker.device)
    }


def _local_routes(network: Network, live: Liveness, visibility: Visibility) -> list[EvpnRoute]:
    """Types 1 to 4 of all switches."""
    topology = network.topology
    number = network.table.intern(Attributes(weight=LOCAL_WEIGHT))

    def hears(listener: str, originator: str) -> bool:
        here = topology.speaker_at.get((listener, DEFAULT), -1)
        there = topology.speaker_at.get((originator, DEFAULT), -1)
        if here < 0 or there < 0:
            return False
        key, _ = visibility.class_of(there, number, topology.devices[originator].vtep)
        return visibility.spreads.of(key).attributes[here] != NOTHING

    return local_routes(topology, live, network.attachments, hears, number, network.among)


def _own_prefix_routes(network: Network, own: OwnPaths) -> list[EvpnRoute]:
    """Type 5 of what VRFs originate themselves: by its weight it is always the best path there."""
    routes: list[EvpnRoute] = []
    for index, (local, _) in own.items():
        prefixes = {prefix: paths[0].candidate.attributes for prefix, paths in local.items()}
        routes += _prefix_routes(network, index, prefixes)
    return routes


def _prefix_routes(network: Network, index: int, prefixes: Mapping[str, Attributes]) -> Iterable[EvpnRoute]:
    """Type 5 of a VRF: what its families and its policy let into EVPN."""
    topology = network.topology
    speaker = topology.speakers[index]
    device = topology.devices[speaker.device]
    instance = topology.instances[(speaker.device, speaker.vrf)]
    node = topology.speaker_at.get((speaker.device, DEFAULT), -1)
    policy = speaker.bgp.evpn_advertise_policy
    if node < 0 or not device.vtep or instance.vni is None:
        return
    for prefix, attributes in prefixes.items():
        if family_of(prefix) not in speaker.bgp.evpn_advertise:
            continue
        accepted = attributes
        if policy:
            changed = apply(network.policies[speaker.device], policy, prefix, attributes, speaker.bgp.asn)
            if changed is None:
                continue
            accepted = changed
        # The EVPN instance holds it as a route of its own.
        number = network.table.intern(msgspec.structs.replace(accepted, weight=LOCAL_WEIGHT))
        yield prefix_route(device, node, instance, prefix, number)


Exports = dict[int, dict[str, Attributes]]


def _settle_overlay(network: Network, base: Overlay, vrfs: Vrfs) -> tuple[Overlay, list[Finding]]:
    """Rounds between VRFs and EVPN until what VRFs announce stays.

    When rounds in which all VRFs decide at once go in circles, VRFs decide one after the other, as real ones do more or
    less: that may settle, but on what depends on who was first (RFC 4264 calls these wedgies).
    """
    overlay = base
    before: Exports = {}
    seen: list[Exports] = []
    for _ in range(ROUNDS_MAX):
        exported = vrfs.exported(overlay)
        if exported == before:
            return overlay, []
        if exported in seen:
            break
        seen.append(exported)
        before, overlay = exported, _with_exports(network, base, exported)
    changing = tuple(sorted({index for state in seen for index in state if state[index] != before.get(index)}))
    turns: list[Turn] = []
    passed: list[tuple[Exports, int]] = []
    for _ in range(ROUNDS_MAX):
        settled = True
        for index in changing:
            own = vrfs.exported(overlay).get(index, {})
            if own != before.get(index):
                turns += _turns(vrfs, overlay, index, before.get(index, {}), own)
                before = {**before, index: own}
                overlay, settled = _with_exports(network, base, before), False
        if settled:
            return overlay, [ambiguous(network.topology, changing)]
        again = next((start for state, start in passed if state == before), -1)
        if again >= 0:
            return overlay, [vrf_cycle(network.topology, changing, turns[again:])]
        passed.append((before, len(turns)))
    return overlay, [vrf_cycle(network.topology, changing, ())]


def _turns(
    vrfs: Vrfs, overlay: Overlay, index: int, before: Mapping[str, Attributes], after: Mapping[str, Attributes]
) -> Iterable[Turn]:
    """What a VRF announces otherwise than before, each with the session that its best path came by."""
    for prefix in sorted({*before, *after}):
        if before.get(prefix) != after.get(prefix):
            entry = vrfs.entry_of(index, prefix, overlay)
            peer = entry.paths[entry.best].peer if entry.best >= 0 else ""
            yield Turn(index, prefix, after.get(prefix), peer)


def _with_exports(network: Network, base: Overlay, exported: Exports) -> Overlay:
    routes = [route for index, prefixes in exported.items() for route in _prefix_routes(network, index, prefixes)]
    return Overlay(base.visibility, routes, base)
