"""What external routers hear: predicted from the simulated best paths, and asked of BIRD and FRR themselves.

No state table has it, and no switch could tell: it is the far end of the wire that counts.
"""

from __future__ import annotations

import re

import msgspec

from crossconnect.lab import Lab
from crossconnect.net import version_of
from crossconnect.nos.frr.collect import bgp_command, bgp_paths
from crossconnect.simulate.attributes import Attributes, as_path_text, is_confined, sent_over_ebgp
from crossconnect.simulate.network import Settled
from crossconnect.simulate.policy import apply, policies
from crossconnect.simulate.sessions import Session
from crossconnect.state.tables import BgpRouteRow, State

_BIRD = ["birdc", "-s", "/run/bird.ctl", "show", "route", "all", "where", "source", "=", "RTS_BGP"]


class Heard(msgspec.Struct, frozen=True, order=True):
    """A route that an external router has from a session."""

    router: str
    session: str
    """Our address of the session."""
    prefix: str
    as_path: str
    med: int
    communities: tuple[str, ...]


def predicted(settled: Settled, state: State) -> tuple[set[Heard], set[tuple[str, str]]]:
    """What is announced by the simulation, and (router, prefix) pairs about which nothing can be said: several paths
    from EVPN tie, and which of them is best, and with its attributes passed on, is decided by the order of arrival."""
    rows: dict[tuple[str, str], dict[str, list[BgpRouteRow]]] = {}
    for row in state.bgp_routes:
        rows.setdefault((row.device, row.vrf), {}).setdefault(row.prefix, []).append(row)
    heard: set[Heard] = set()
    open_questions: set[tuple[str, str]] = set()
    for session in settled.network.sessions:
        if not session.peer or not settled.up[session.index]:
            continue
        for prefix, paths in rows.get((session.key.device, session.key.vrf), {}).items():
            best = next((row for row in paths if row.best), None)
            if best is None or (":" in prefix) != (version_of(session.neighbor.address) == 6):
                continue
            if best.peer.startswith("evpn:") and sum(row.multipath for row in paths) > 1:
                open_questions.add((session.peer, prefix))
            elif best.peer != session.key.peer and (told := _told(settled, session, best)) is not None:
                heard.add(told)
    return heard, open_questions


def _told(settled: Settled, session: Session, best: BgpRouteRow) -> Heard | None:
    speaker = settled.network.topology.speakers[session.speaker]
    path = tuple(int(word) for word in best.as_path.split())
    attributes = Attributes(as_path=path, med=best.med, local_pref=best.local_pref, communities=best.communities)
    if is_confined(attributes):
        return None
    here = policies(settled.network.topology.devices[session.key.device].routing_policy)
    policy = next(f.export_policy for f in session.neighbor.families if f.family == session.families[0])
    # The MED of others ends here (RFC 4271 5.1.4); one that the policy gives is said.
    own = best.peer == "local"
    changed = apply(here, policy, best.prefix, msgspec.structs.replace(attributes, med=best.med if own else 0), 0)
    if changed is None:
        return None
    mine = msgspec.structs.replace(changed, as_path=tuple(asn or speaker.bgp.asn for asn in changed.as_path))
    sent = sent_over_ebgp(mine, speaker.bgp.asn, True, speaker.bgp.graceful_shutdown)
    if session.neighbor.remote_asn in sent.as_path:
        return None  # its own AS: the router refuses it as a loop
    return Heard(
        session.peer,
        session.neighbor.local_address,
        best.prefix,
        as_path_text(sent.as_path),
        sent.med,
        tuple(sorted(sent.communities)),
    )


def heard(lab: Lab) -> set[Heard]:
    """What all external routers of a lab have learned."""
    found: set[Heard] = set()
    for peer in lab.blueprint.peers:
        if peer.daemon == "bird":
            found |= bird_routes(peer.name, lab.run(peer.name, _BIRD).stdout)
            continue
        for version in (4, 6):
            with lab.vty(peer.name, "bgpd") as bgpd:
                paths = bgp_paths(bgpd.ask(bgp_command("default", version)))
            found |= {Heard(peer.name, p.peer, p.prefix, p.as_path, p.med, p.communities) for p in paths if p.peer}
    return found


def bird_routes(router: str, text: str) -> set[Heard]:
    """Routes as `birdc show route all` prints them, several paths of a prefix in a row."""
    found: set[Heard] = set()
    prefix = ""
    for block in re.split(r"\n(?=\S*\s+unicast )", text):
        if match := re.match(r"([0-9a-f.:]+/\d+)\s", block):
            prefix = match[1]
        if "BGP.as_path" not in block:
            continue
        attributes = dict(re.findall(r"BGP\.(\w+):[ ]?(.*)", block))
        communities = [f"{a}:{b}" for a, b in re.findall(r"\((\d+),(\d+)\)", attributes.get("community", ""))]
        communities += [
            f"{a}:{b}:{c}" for a, b, c in re.findall(r"\((\d+), (\d+), (\d+)\)", attributes.get("large_community", ""))
        ]
        named = tuple(sorted(_NAMES.get(c, c) for c in communities))
        via = re.search(r"via (\S+) on", block)
        assert via is not None, block
        found.add(Heard(router, via[1], prefix, attributes["as_path"].strip(), int(attributes.get("med", 0)), named))
    return found


_NAMES = {"65535:0": "graceful-shutdown", "65535:65281": "no-export"}
