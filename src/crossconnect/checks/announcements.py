"""What leaves the region: the routes that each external session announces, by its export policy.

No table holds what was sent, so it is worked out from the best paths of the VRF and the policy of the blueprint, in
the simulation and for a live network alike.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.checks.codes import FOREIGN_ANNOUNCED, INFRASTRUCTURE_ANNOUNCED, PRIVATE_ANNOUNCED, TRANSIT_LEAK
from crossconnect.checks.grouping import names_text
from crossconnect.checks.layout import PlannedSession
from crossconnect.checks.leaks import allowed_sources, route_owner
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.finding import Code, Finding, Place, found
from crossconnect.net import interface_prefix
from crossconnect.simulate.attributes import Attributes
from crossconnect.simulate.policy import Policies, announce, policies
from crossconnect.state.tables import BgpRouteRow

PRIVATE_PREFIXES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""RFC 1918, RFC 6598, RFC 4193: without meaning in the Internet."""

_NOT_PUBLIC_ASNS = (
    (0, 0),
    (23456, 23456),  # AS_TRANS, RFC 6793
    (64496, 65551),  # documentation (RFC 5398), private use (RFC 6996), reserved (RFC 7300), documentation
    (4200000000, 4294967295),  # private use (RFC 6996), reserved (RFC 7300)
)
"""A router with one of these is a customer's, our own, or an example's, and not the Internet's."""


def is_public(asn: int) -> bool:
    """Whether an ASN is one that the Internet routes by."""
    return not any(first <= asn <= last for first, last in _NOT_PUBLIC_ASNS)


class _Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every session."""

    infrastructure: PrefixIndex
    private: PrefixIndex
    public_peers: dict[int, str]
    allowed: dict[str, frozenset[str]]


def check_announcements(subject: Subject) -> Iterator[Finding]:
    """Nothing is announced to external routers but what belongs to the VRF, is no infrastructure, and may go there."""
    rules = _Rules(
        infrastructure=PrefixIndex((prefix, prefix) for prefix in subject.blueprint.infrastructure),
        private=PrefixIndex((prefix, prefix) for prefix in PRIVATE_PREFIXES),
        public_peers={peer.asn: peer.name for peer in subject.blueprint.peers if is_public(peer.asn)},
        allowed=allowed_sources(subject.layout),
    )
    external = [s for s in subject.layout.sessions if s.neighbor.kind == "external" and subject.session_up(s)]
    wanted = {(session.device, session.vrf) for session in external}
    best: dict[tuple[str, str], list[BgpRouteRow]] = {}
    for row in subject.state.bgp_routes:
        if row.best and (row.device, row.vrf) in wanted:
            best.setdefault((row.device, row.vrf), []).append(row)
    here = {name: policies(subject.layout.devices[name].routing_policy) for name, _ in wanted}
    for session in external:
        sent = announced(subject, session, best.get((session.device, session.vrf), []), here[session.device])
        yield from _findings(subject, session, sent, rules)


def announced(
    subject: Subject, session: PlannedSession, rows: list[BgpRouteRow], here: Policies
) -> Iterator[BgpRouteRow]:
    """Best paths that the session's export policies let out; a session without policy announces nothing here, which
    is a finding of its own."""
    export = {f.family: f.export_policy for f in session.neighbor.families}
    instance = subject.layout.instances[session.device, session.vrf]
    asn = instance.bgp.asn if instance.bgp is not None else 0
    for row in rows:
        policy = export.get("ipv6-unicast" if ":" in row.prefix else "ipv4-unicast", "")
        if row.peer == session.neighbor.key:
            continue
        path = tuple(int(word) for word in row.as_path.split() if word.isdigit())
        attributes = Attributes(as_path=path, med=row.med, local_pref=row.local_pref, communities=row.communities)
        if not announce(here, policy, row.prefix, attributes, asn)[0]:
            yield row


def _findings(
    subject: Subject, session: PlannedSession, sent: Iterator[BgpRouteRow], rules: _Rules
) -> Iterator[Finding]:
    seen: dict[Code, list[BgpRouteRow]] = {}
    public = is_public(session.neighbor.remote_asn)
    interface = subject.layout.interfaces.get((session.device, session.interface))
    links = {interface_prefix(address) for address in interface.addresses} if interface is not None else set[str]()
    for row in sent:
        if row.prefix in links:
            continue
        if rules.infrastructure.covering(row.prefix):
            seen.setdefault(INFRASTRUCTURE_ANNOUNCED, []).append(row)
        elif public and rules.private.covering(row.prefix):
            seen.setdefault(PRIVATE_ANNOUNCED, []).append(row)
        if route_owner(subject.layout, row) not in rules.allowed.get(session.vrf, ()):
            seen.setdefault(FOREIGN_ANNOUNCED, []).append(row)
        if public and _learned_from(row, rules) not in ("", session.neighbor.device):
            seen.setdefault(TRANSIT_LEAK, []).append(row)
    for code, rows in seen.items():
        learned = sorted({_learned_from(row, rules) for row in rows}) if code is TRANSIT_LEAK else []
        yield found(
            code,
            Place(path=f"peers/{session.neighbor.device}"),
            f"{session.device} announces {names_text(sorted(row.prefix for row in rows))} of VRF {session.vrf}"
            f"{', learned from ' + names_text(learned) + ',' if learned else ''} to {session.neighbor.device} "
            f"(AS{session.neighbor.remote_asn})",
            related=(Place(path=subject.layout.vrfs[session.vrf].path), device_place(session.device)),
            evidence=evidence_of("bgp_routes", rows),
        )


def _learned_from(row: BgpRouteRow, rules: _Rules) -> str:
    """The external router with a public ASN that a path came through, or empty."""
    for word in row.as_path.split():
        peer = rules.public_peers.get(int(word)) if word.isdigit() else None
        if peer is not None:
            return peer
    return ""
