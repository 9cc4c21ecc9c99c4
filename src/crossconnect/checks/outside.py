"""What the region may expect of external routers: their announcements, as far as our import policies let them in."""

from __future__ import annotations

from crossconnect.checks.layout import PlannedSession
from crossconnect.checks.subject import Subject
from crossconnect.net import version_of
from crossconnect.simulate.attributes import Attributes
from crossconnect.simulate.policy import Policies, apply, policies


def accepted_prefixes(subject: Subject) -> dict[str, dict[str, list[str]]]:
    """VRF -> prefix -> borders with a session, expected to be up, over which it is announced and accepted."""
    announced = {peer.name: (peer.asn, peer.announces) for peer in subject.blueprint.peers}
    here: dict[str, Policies] = {}
    accepted: dict[str, dict[str, list[str]]] = {}
    for session in subject.layout.sessions:
        if session.neighbor.kind != "external" or not subject.session_up(session):
            continue
        if session.device not in here:
            here[session.device] = policies(subject.layout.devices[session.device].routing_policy)
        asn, prefixes = announced.get(session.neighbor.device, (0, ()))
        for prefix in let_in(session, prefixes, asn, here[session.device]):
            borders = accepted.setdefault(session.vrf, {}).setdefault(prefix, [])
            if session.device not in borders:
                borders.append(session.device)
    return accepted


def let_in(session: PlannedSession, prefixes: tuple[str, ...], asn: int, here: Policies) -> list[str]:
    """Prefixes of an external router that a session's import policies accept."""
    families = {f.family: f for f in session.neighbor.families}
    version = version_of(session.neighbor.address) if session.neighbor.address else 0
    allowed: list[str] = []
    for prefix in prefixes:
        family = families.get("ipv6-unicast" if version_of(prefix) == 6 else "ipv4-unicast")
        if family is None or (version and version_of(prefix) != version) or not family.import_policy:
            continue
        if apply(here, family.import_policy, prefix, Attributes(as_path=(asn,)), asn) is not None:
            allowed.append(prefix)
    limit = max((f.max_prefixes for f in families.values()), default=0)
    # Over the limit the session is torn down, which the check for sessions finds.
    return [] if limit and len(allowed) > limit else allowed
