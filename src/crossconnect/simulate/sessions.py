"""BGP sessions: which could come up at all, by comparing both ends' configuration, and which do under failures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from crossconnect.design.blueprint import PeerPlan, PeerSession
from crossconnect.device.bgp import Family, Neighbor
from crossconnect.finding import Finding, Place, found
from crossconnect.net import address_of, interface_prefix, parse, version_of
from crossconnect.simulate.codes import SESSION_FAULT, SESSION_MISMATCH, UNSUPPORTED_SESSION
from crossconnect.simulate.failures import SessionKey
from crossconnect.simulate.topology import DEFAULT, Liveness, Speaker, Topology


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One end of a session, at a switch."""

    index: int
    key: SessionKey
    speaker: int
    neighbor: Neighbor
    interface: str
    """Own interface that it runs over, empty if none is in the neighbour's subnet."""
    wires: tuple[str, ...]
    """Cables that it runs over; of several, those of a bond, one is enough."""
    twin: int = -1
    """The other end's session, -1 where that is an external router or nobody."""
    peer: str = ""
    """Name of the external router at the other end."""
    families: tuple[Family, ...] = ()
    """Those that both ends have."""
    fault: str = ""
    """Why it cannot come up as configured; empty when it can."""
    mismatch: str = ""
    """In what the ends disagree although it comes up; empty when they agree."""
    unsupported: bool = False

    @property
    def wire(self) -> str:
        """The first of its cables; empty where it has none."""
        return self.wires[0] if self.wires else ""

    @property
    def next_hop(self) -> str:
        """What names the neighbour as IPv4 next hop: its address, or its name where that is link-local."""
        return self.neighbor.address or self.neighbor.device


def sessions(topology: Topology, known: Sequence[Session] = ()) -> tuple[Session, ...]:
    """All sessions of all switches, ends matched, in the order of speakers and neighbours: those of default instances
    come first. They need not be matched again where they are `known`."""
    drafts: list[Session] = list(known)
    by_key: dict[SessionKey, Session] = {}
    for speaker in topology.speakers:
        if known and speaker.vrf == DEFAULT:
            continue
        for neighbor in speaker.bgp.neighbors:
            key = SessionKey(speaker.device, speaker.vrf, neighbor.key)
            interface = _interface(topology, speaker, neighbor)
            draft = Session(
                index=len(drafts),
                key=key,
                speaker=speaker.index,
                neighbor=neighbor,
                interface=interface,
                wires=tuple(wire.key for wire in topology.wires_of(speaker.device, interface)),
            )
            drafts.append(draft)
            by_key[key] = draft
    externals = {
        SessionKey(end.device, end.vrf, address_of(end.local_address)): (peer, end)
        for peer in topology.blueprint.peers
        for end in peer.sessions
    }
    return (*known, *(_matched(topology, draft, by_key, externals) for draft in drafts[len(known) :]))


def _interface(topology: Topology, speaker: Speaker, neighbor: Neighbor) -> str:
    """The interface whose subnet the neighbour's address is in: eBGP sessions here are over one hop."""
    if neighbor.interface:
        return neighbor.interface
    owner = next((o for o in topology.owners.get(neighbor.local_address, ()) if o[0] == speaker.device), None)
    if owner is None:
        return ""
    interface = topology.interfaces[owner]
    if interface.network_instance != speaker.vrf:
        return ""
    wanted = parse(neighbor.address)
    for text in interface.addresses:
        own = parse(text)
        if own.version == wanted.version and (own.value ^ wanted.value) & ~own.host_mask == 0:
            return interface.name
    return ""


def _matched(
    topology: Topology,
    draft: Session,
    by_key: Mapping[SessionKey, Session],
    externals: Mapping[SessionKey, tuple[PeerPlan, PeerSession]],
) -> Session:
    if not draft.wire:
        return _faulty(draft, "no own interface with a cable leads to the neighbour's address")
    external = externals.get(draft.key)
    if external is not None:
        return _with_peer(topology, draft, *external)
    twin = _twin(topology, draft, by_key)
    if twin is None:
        return _faulty(draft, "the device at the other end of the cable has no such session")
    ours, theirs = draft.neighbor, twin.neighbor
    asn, twin_asn = topology.speakers[draft.speaker].bgp.asn, topology.speakers[twin.speaker].bgp.asn
    active = {family.family for family in theirs.families}
    families = tuple(family.family for family in ours.families if family.family in active)
    faults: list[str] = []
    if ours.remote_asn != twin_asn or theirs.remote_asn != asn:
        faults.append(f"ASNs disagree: configured {ours.remote_asn} and {theirs.remote_asn}, own {twin_asn} and {asn}")
    if ours.password != theirs.password:
        faults.append(_secrets(ours.password, theirs.password))
    if not families:
        faults.append("no address family is active at both ends")
    mismatches = _one_sided(draft.key.device, ours, families, active) + _one_sided(
        twin.key.device, theirs, families, frozenset(family.family for family in ours.families)
    )
    return msgspec.structs.replace(
        draft,
        twin=twin.index,
        families=families,
        fault="; ".join(faults),
        mismatch="; ".join([*mismatches, *_bfd(draft.key.device, ours.bfd, twin.key.device, theirs.bfd)]),
        unsupported=asn == twin_asn or draft.key.vrf != DEFAULT or twin.key.vrf != DEFAULT,
    )


def _secrets(ours: str, theirs: str) -> str:
    """References only: the secrets themselves are never here."""
    return f"TCP MD5 passwords are different secrets: {ours or 'none'} and {theirs or 'none'}"


def _one_sided(device: str, own: Neighbor, both: Sequence[str], others: Collection[str]) -> list[str]:
    lacking = [family.family for family in own.families if family.family not in others]
    return [f"{', '.join(lacking)} only at {device}"] if lacking and both else []


def _bfd(device: str, ours: bool, other: str, theirs: bool) -> list[str]:
    return [f"BFD only at {device if ours else other}"] if ours != theirs else []


def _faulty(draft: Session, fault: str) -> Session:
    return msgspec.structs.replace(draft, fault=fault)


def _twin(topology: Topology, draft: Session, by_key: Mapping[SessionKey, Session]) -> Session | None:
    """The session at the other end of the same cable that points back here."""
    wire = topology.wires[draft.wire]
    device, port = (wire.b_device, wire.b_port) if wire.a_device == draft.key.device else (wire.a_device, wire.a_port)
    if draft.neighbor.interface:
        # 802.1Q subinterfaces carry the same tag at both ends.
        own = topology.interfaces[(draft.key.device, draft.interface)]
        name = port if own.kind != "subinterface" else f"{port}.{own.vlan}"
        vrf = topology.interfaces[(device, name)].network_instance if (device, name) in topology.interfaces else ""
        return by_key.get(SessionKey(device, vrf, name))
    for owner in topology.owners.get(draft.neighbor.address, ()):
        if owner[0] == device and port in topology.ports.get(owner, ()):
            vrf = topology.interfaces[owner].network_instance
            twin = by_key.get(SessionKey(device, vrf, draft.neighbor.local_address))
            if twin is not None and twin.neighbor.local_address == draft.neighbor.address:
                return twin
    return None


def _with_peer(topology: Topology, draft: Session, peer: PeerPlan, end: PeerSession) -> Session:
    """Match with what the external router is assumed to have: one family, that of the session's addresses."""
    ours = draft.neighbor
    own_asn = topology.speakers[draft.speaker].bgp.asn
    interface = topology.interfaces[(draft.key.device, draft.interface)]
    family: Family = "ipv6-unicast" if version_of(ours.address) == 6 else "ipv4-unicast"
    families = tuple(f.family for f in ours.families if f.family == family)
    wire = topology.wires[draft.wire]
    fault = ""
    faults: list[str] = []
    if (peer.name, end.port) not in ((wire.a_device, wire.a_port), (wire.b_device, wire.b_port)):
        fault = f"the cable does not lead to port {end.port} of {peer.name}"
    elif end.vlan != (interface.vlan if interface.kind == "subinterface" else None):
        fault = f"802.1Q tags disagree: {interface.vlan} and {end.vlan}"
    elif end.remote_address != ours.local_address or interface_prefix(end.local_address) not in map(
        interface_prefix, interface.addresses
    ):
        fault = f"addresses disagree: {ours.local_address} and {end.remote_address}"
    if ours.remote_asn != peer.asn or end.remote_asn != own_asn:
        faults.append(f"ASNs disagree: configured {ours.remote_asn} and {end.remote_asn}, own {peer.asn} and {own_asn}")
    if ours.password != end.password:
        faults.append(_secrets(ours.password, end.password))
    if not families:
        faults.append(f"{family} is not active")
    faults = [fault, *faults] if fault else faults
    # External routers are handed off inside IP-VRFs; the default instance carries the fabric only.
    unsupported = draft.key.vrf == DEFAULT or peer.asn == own_asn
    return msgspec.structs.replace(
        draft,
        peer=peer.name,
        families=families,
        fault="; ".join(faults),
        mismatch="; ".join(_bfd(draft.key.device, ours.bfd, peer.name, end.bfd)),
        unsupported=unsupported,
    )


def session_findings(topology: Topology, all_sessions: Sequence[Session]) -> tuple[Finding, ...]:
    """Sessions that cannot come up whatever works, and those whose ends disagree; one finding for both ends, which are
    its places."""
    findings: list[Finding] = []
    for session in all_sessions:
        if 0 <= session.twin < session.index:
            continue  # said at the other end
        name = f"{session.key.device} ({session.key.vrf}) to {session.neighbor.device} {session.key.peer}"
        peer = topology.peers.get(session.peer or session.neighbor.device)
        place = Place(path=f"devices/{session.key.device}")
        other = Place(path=peer.path if peer is not None else f"devices/{session.neighbor.device}")
        if session.fault:
            words = f"the session of {name} cannot come up: {session.fault}"
            findings.append(found(SESSION_FAULT, place, words, related=(place, other)))
        elif session.unsupported:
            what = "is not eBGP, or not where fabric and external sessions belong"
            findings.append(found(UNSUPPORTED_SESSION, place, f"the session of {name} {what}", related=(place, other)))
        elif session.mismatch:
            words = f"the ends of the session of {name} disagree: {session.mismatch}"
            findings.append(found(SESSION_MISMATCH, place, words, related=(place, other)))
    return tuple(findings)


def down_because(session: Session, wires: Mapping[str, bool], live: Liveness) -> str:
    """Why one end of a session is down, empty when it is up; the other end is looked at apart, prefix limits later.
    `wires` says which cables carry frames."""
    if session.fault:
        return session.fault
    if session.unsupported:
        return "a session of this kind is not simulated"
    if not any(wires[wire] for wire in session.wires):
        return f"link {' and '.join(session.wires)} is down"
    if session.key in live.failures.sessions:
        return "the session is taken down"
    if not live.interface_up(session.key.device, session.interface):
        return f"interface {session.interface} of {session.key.device} is down"
    return ""


def sessions_up(all_sessions: Sequence[Session], live: Liveness, known: Sequence[bool] = ()) -> list[bool]:
    """Which sessions are established under failures, by index; prefix limits are looked at later. Of the first ones it
    may be `known`."""
    asked = all_sessions[len(known) :]
    used = {wire for session in asked for wire in session.wires}
    wires = {key: live.wire_up(live.topology.wires[key]) for key in used}
    result = [*known, *(not down_because(session, wires, live) for session in asked)]
    for session in asked:
        if session.twin >= 0 and not result[session.twin]:
            result[session.index] = False
    return result
