"""Why an IP-VRF has a route as it has it: own prefixes, external routers, EVPN and other VRFs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import version_of
from crossconnect.simulate.attributes import NOTHING, WELL_KNOWN, Attributes
from crossconnect.simulate.contenders import Entrant, contenders
from crossconnect.simulate.decision import Selection
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.explain_fabric import nothing, route_text, why_down
from crossconnect.simulate.explanation import Announcement, Explanation, Passage, Reason, Refusal
from crossconnect.simulate.fabric import family_settings
from crossconnect.simulate.history import (
    Gate,
    Provenance,
    Question,
    admission_passages,
    evpn_export,
    imported,
    passage,
    provenances,
    redistribution,
    vrf_history,
)
from crossconnect.simulate.policy import announce
from crossconnect.simulate.route_rows import vrf_hops
from crossconnect.simulate.sessions import Session
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.underlay import family_of
from crossconnect.simulate.vrf import VrfEntry, VrfPath, admission, behind_own_segment, connected, own_segments


def explain_vrf(asked: Question, speaker: Speaker, prefix: str) -> Explanation:
    """The decision of an IP-VRF for a prefix."""
    settled = asked.settled
    topology = settled.network.topology
    base = nothing(speaker, prefix, speaker.bgp)
    if not settled.live.device_up(speaker.device):
        return base
    entry = settled.vrfs.entry_of(speaker.index, prefix, settled.overlay)
    entered = provenances(asked, speaker.index, prefix)
    assert len(entered) == len(entry.paths), "a path whose origin is not known"
    entrants = [_entrant(asked, speaker, prefix, path, its) for path, its in zip(entry.paths, entered, strict=True)]
    attached = connected(topology, settled.live, speaker.device, speaker.vrf)
    hops = vrf_hops(entry)
    installed = f"bgp, via {', '.join(hops)}" if hops else ""
    if prefix in attached:
        installed = f"connected, {attached[prefix]}"
    sent, unsent = _announcements(asked, speaker, prefix, entry)
    return msgspec.structs.replace(
        base,
        installed=installed,
        candidates=contenders(entrants, Selection(entry.best, entry.multipath), speaker.bgp),
        refused=tuple(_refusals(asked, speaker, prefix, attached)),
        announced=sent,
        not_announced=unsent,
    )


def _entrant(asked: Question, speaker: Speaker, prefix: str, path: VrfPath, entered: Provenance) -> Entrant:
    network = asked.settled.network
    passed = vrf_history(asked, prefix, entered)
    if entered.route is not None:
        sender = network.sessions[entered.session].neighbor.device
        return Entrant(
            path.candidate,
            path.peer,
            sender,
            path.candidate.next_hop,
            passed,
            route_text(entered.route),
            entered.route.device,
        )
    sender = speaker.device
    if entered.peer != "local":
        session = next(s for s in asked.external if s.speaker == entered.index and s.key.peer == entered.peer)
        sender = session.peer
    return Entrant(path.candidate, path.peer, sender, path.candidate.next_hop, passed)


def _refusals(asked: Question, speaker: Speaker, prefix: str, attached: dict[str, str]) -> Iterator[Refusal]:
    local, _ = asked.settled.vrfs.own(speaker.index)
    if prefix not in local:
        yield from _not_originated(asked, speaker, prefix, attached)
    yield from _not_admitted(asked, speaker, prefix)
    yield from _not_imported(asked, speaker, prefix)
    yield from _not_exported_elsewhere(asked, speaker, prefix)


def _not_originated(asked: Question, speaker: Speaker, prefix: str, attached: dict[str, str]) -> Iterator[Refusal]:
    told, enters = redistribution(asked, speaker, prefix)
    if prefix in attached:
        reason: Reason = "redistribution-policy" if told is not None else "not-exported"
        detail = "" if told is not None else "connected routes of this family are not put into BGP here"
        yield Refusal(sender=speaker.device, peer="local", reason=reason, detail=detail, passage=told)
    elif enters and prefix in _configured(asked, speaker):
        detail = "no interface that is up has it"
        yield Refusal(sender=speaker.device, peer="local", reason="not-connected", detail=detail)


def _configured(asked: Question, speaker: Speaker) -> frozenset[str]:
    """Connected prefixes of a VRF, were all of its interfaces up."""
    topology = asked.settled.network.topology
    healthy = asked.settled.network.healthy
    if healthy is None:
        return frozenset()
    return frozenset(connected(topology, healthy.live, speaker.device, speaker.vrf))


def _not_admitted(asked: Question, speaker: Speaker, prefix: str) -> Iterator[Refusal]:
    """What external routers announce and did not get in."""
    network = asked.settled.network
    for session in asked.external:
        if session.speaker != speaker.index:
            continue
        if prefix not in network.topology.peers[session.peer].announces:
            continue
        if session.families and family_of(prefix) != session.families[0]:
            continue
        if not asked.settled.up[session.index]:
            yield _of(session, "session-down", why_down(asked, session))
            continue
        verdict = admission(network.topology, session, network.policies[speaker.device], prefix)
        if verdict.refused == "import-policy":
            yield _of(session, "import-policy", "", admission_passages(asked, session, prefix)[0])
        elif verdict.refused == "as-loop":
            yield _of(session, "as-loop", f"own AS {speaker.bgp.asn} is in the AS path")
        elif verdict.refused == "no-policy":
            yield _of(session, "no-policy", "the session has no import policy (RFC 8212)")


def _of(session: Session, reason: Reason, detail: str, told: Passage | None = None) -> Refusal:
    return Refusal(sender=session.peer, peer=session.key.peer, reason=reason, detail=detail, passage=told)


def _not_imported(asked: Question, speaker: Speaker, prefix: str) -> Iterator[Refusal]:
    """EVPN routes of the prefix that the VRF does not have as paths."""
    settled = asked.settled
    topology = settled.network.topology
    instance = topology.instances[(speaker.device, speaker.vrf)]
    node = topology.speaker_at.get((speaker.device, DEFAULT), -1)
    if instance.vni is None or node < 0:
        return
    have = {(r.rd, r.route_type, r.key) for r, _ in imported(asked, speaker, prefix)}
    segments = own_segments(topology, speaker.device)
    for route in asked.routes.get(prefix, []):
        if route.device == speaker.device or (route.rd, route.route_type, route.key) in have:
            continue
        reason, detail = _import_fault(asked, instance, node, route, behind_own_segment(route, segments))
        yield Refusal(sender=route.device, peer=f"evpn:{route.rd}", reason=reason, detail=detail)


def _import_fault(
    asked: Question, instance: NetworkInstance, node: int, route: EvpnRoute, own_segment: bool
) -> tuple[Reason, str]:
    settled = asked.settled
    if set(instance.import_rts).isdisjoint(route.route_targets):
        carried, wanted = ", ".join(route.route_targets), ", ".join(instance.import_rts)
        return "route-target", f"carries {carried}; {instance.name} imports {wanted or 'none'}"
    if not route.prefix:
        return "no-host-route", f"{route.device} announces the host without what makes it a route"
    if own_segment:
        return "own-segment", f"the host is on Ethernet segment {route.esi}, which is here too"
    visibility = settled.overlay.visibility
    if visibility.spread_of(route).attributes[node] == NOTHING:
        key, _ = visibility.class_of(route.speaker, route.number, route.next_hop)
        if key.valid is not None and not key.valid[node]:
            return "next-hop-unresolved", f"no route to VTEP {route.next_hop}"
    return "no-route", "no neighbour passes this EVPN route on to here"


def _not_exported_elsewhere(asked: Question, speaker: Speaker, prefix: str) -> Iterator[Refusal]:
    """Other devices that have the prefix in the same VRF from outside EVPN, or could have it, and do not announce it
    as type 5."""
    key = (speaker.vrf, prefix)
    known = asked.unexported.get(key)
    if known is None:
        known = asked.unexported[key] = list(_unexported(asked, speaker.vrf, prefix))
    for device, refusal in known:
        if device != speaker.device:
            yield refusal


def _unexported(asked: Question, vrf: str, prefix: str) -> Iterator[tuple[str, Refusal]]:
    settled = asked.settled
    for other in settled.network.topology.speakers:
        if other.vrf != vrf or not settled.live.device_up(other.device):
            continue
        local, external = settled.vrfs.own(other.index)
        if prefix not in local and prefix not in external:
            # It may be refused there already: then that is why nobody else has it.
            for refusal in _not_admitted(asked, other, prefix):
                detail = f"at {other.device}: {refusal.detail}".rstrip(": ")
                yield other.device, msgspec.structs.replace(refusal, detail=detail)
            continue
        fault = _not_in_evpn(asked, other, prefix, settled.vrfs.entry_of(other.index, prefix, settled.overlay))
        if fault is not None:
            yield other.device, fault


def _not_in_evpn(asked: Question, speaker: Speaker, prefix: str, entry: VrfEntry) -> Refusal | None:
    """Why a VRF does not announce its best path as a type-5 route; None when it does, or has it from EVPN."""
    best = entry.paths[entry.best] if entry.best >= 0 else None
    if best is None or best.peer.startswith("evpn:") or _type_5(asked, speaker, prefix) is not None:
        return None
    told = evpn_export(asked, speaker, prefix, best.candidate.attributes)
    if family_of(prefix) not in speaker.bgp.evpn_advertise:
        told = None
    detail = "" if told is not None else f"{speaker.device} announces no routes of this family into EVPN"
    reason: Reason = "evpn-policy" if told is not None else "evpn-not-advertised"
    return Refusal(sender=speaker.device, peer="EVPN", reason=reason, detail=detail, passage=told)


def _type_5(asked: Question, speaker: Speaker, prefix: str) -> EvpnRoute | None:
    rd = asked.settled.network.topology.instances[(speaker.device, speaker.vrf)].rd
    routes = asked.routes.get(prefix, [])
    return next((r for r in routes if r.route_type == 5 and r.device == speaker.device and r.rd == rd), None)


def _announcements(
    asked: Question, speaker: Speaker, prefix: str, entry: VrfEntry
) -> tuple[tuple[Announcement, ...], tuple[Refusal, ...]]:
    settled = asked.settled
    topology = settled.network.topology
    sent: list[Announcement] = []
    unsent: list[Refusal] = []
    if entry.best < 0:
        return (), ()
    best = entry.paths[entry.best]
    route = _type_5(asked, speaker, prefix)
    if route is not None:
        told = evpn_export(asked, speaker, prefix, best.candidate.attributes)
        sent.append(Announcement(to="EVPN", peer=route_text(route), passage=told))
    elif (fault := _not_in_evpn(asked, speaker, prefix, entry)) is not None:
        unsent.append(fault)
    for session in asked.external:
        if session.speaker == speaker.index and session.key.peer != best.peer:
            outcome = _to_peer(asked, speaker, session, prefix, best.candidate.attributes)
            if isinstance(outcome, Announcement):
                sent.append(outcome)
            elif outcome is not None:
                unsent.append(outcome)
    for other in topology.speakers:
        if other.device == speaker.device and speaker.index in settled.vrfs.leaking(other):
            sent.append(Announcement(to=f"VRF {other.vrf}", peer=""))
    return tuple(sent), tuple(unsent)


def _to_peer(
    asked: Question, speaker: Speaker, session: Session, prefix: str, attributes: Attributes
) -> Announcement | Refusal | None:
    """What becomes of a best path at a session with an external router; None where the session has another family."""
    family = family_of(prefix)
    if (version_of(session.neighbor.address) == 6) != (family == "ipv6-unicast"):
        return None
    if not asked.settled.up[session.index] or family not in session.families:
        return _of(session, "session-down", why_down(asked, session) or f"{family} is not active")
    policy = family_settings(session, family).export_policy
    here = asked.settled.network.policies[speaker.device]
    withheld, after = announce(here, policy, prefix, attributes, speaker.bgp.asn)
    held = ", ".join(c for c in after.communities if c in WELL_KNOWN.values())
    if withheld == "confined":
        return _of(session, "confined", f"it carries {held}")
    if withheld == "no-policy":
        return _of(session, "no-policy", "the session has no export policy (RFC 8212)")
    gate = Gate(speaker=speaker, direction="export", policy=policy, peer=session.peer)
    told, _ = passage(asked, gate, prefix, attributes)
    if withheld == "rejected":
        return _of(session, "export-policy", "", told)
    return Announcement(to=session.peer, peer=session.key.peer, passage=told)
