"""Explanations and reasons as text for a terminal: plain, at most 100 columns where words allow it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from crossconnect.simulate.decision import NOTHING_LEFT
from crossconnect.simulate.explain import Group
from crossconnect.simulate.explanation import Announcement, Contender, Explanation, Lost, Passage, Refusal
from crossconnect.simulate.reasons import BestPath, RouteReason, Why

WIDTH = 100

NAMES_MAX = 8
"""Devices named on one line of refusals: more are counted."""

REASONS = {
    "session-down": "session down",
    "no-route": "no route there",
    "confined": "confined by community (RFC 1997)",
    "as-loop": "AS loop (RFC 4271 9.1.2)",
    "no-policy": "no policy (RFC 8212)",
    "import-policy": "rejected by import policy",
    "export-policy": "rejected by export policy",
    "redistribution-policy": "rejected by redistribution policy",
    "evpn-policy": "kept out of EVPN by policy",
    "evpn-not-advertised": "not announced into EVPN",
    "next-hop-unresolved": "next hop unresolvable",
    "route-target": "route target not imported",
    "own-segment": "host on an own Ethernet segment",
    "no-host-route": "no host route",
    "not-connected": "not connected",
    "not-exported": "not put into BGP",
    "withdrawn": "gone",
}


def explanation_text(groups: Sequence[Group]) -> str:
    """All groups, one block each."""
    return "\n\n".join("\n".join(_block(group)) for group in groups)


def _block(group: Group) -> Iterator[str]:
    e = group.explanation
    yield from wrapped(f"{e.route}, {e.vrf}, at ", ", ".join(group.devices))
    if e.installed:
        alike = " (next hops of the first)" if len(group.devices) > 1 and "%" in e.installed else ""
        yield from wrapped("    installed: ", e.installed + alike)
    elif e.candidates and not e.route_targets and e.best is not None and e.best.peer != "local":
        yield "    installed: nothing"
    if e.route_targets:
        yield from wrapped("    route targets: ", ", ".join(e.route_targets))
        if not any(c.peer == "local" for c in e.candidates):
            yield from wrapped("    imported into: ", ", ".join(e.imported) or "nothing here")
    yield "    candidates:" if e.candidates else "    candidates: none"
    for candidate in e.candidates:
        yield from _candidate(e, candidate)
    if e.refused:
        yield "    never became candidates:"
        for line in refusals(e.refused):
            yield from wrapped(" " * 6, line)
    if e.announced:
        yield "    announced to:"
        yield from _announced(e.announced)
    if e.not_announced:
        yield "    not announced to, or not taken by:"
        for line in refusals(e.not_announced):
            yield from wrapped(" " * 6, line)


def _candidate(e: Explanation, c: Contender) -> Iterator[str]:
    mark = "*>" if c.best else "*=" if c.multipath else "* "
    yield from wrapped(f"   {mark} {c.number:>2}  ", _source(e, c))
    communities = f", communities {' '.join(c.communities)}" if c.communities else ""
    path = f"AS path {c.as_path}" if c.as_path else "AS path empty"
    values = f"local_pref {c.local_pref}, {path}, origin {c.origin}, MED {c.med}, weight {c.weight}{communities}"
    yield from wrapped(" " * 10, values)
    same = next((o.number for o in e.candidates if o.passed == c.passed), c.number)
    if c.passed and same != c.number:
        yield f"{' ' * 10}passed the same policies as #{same}"
    for passed in c.passed if same == c.number else ():
        yield from wrapped(" " * 10 + "passed ", passage_text(passed))
    if c.lost is not None:
        yield from wrapped(" " * 10, _lost(c.lost))
    if c.not_multipath and (c.lost is None or c.not_multipath != c.lost.step):
        yield from wrapped(" " * 10 + "not multipath: ", c.not_multipath)


def _lost(lost: Lost) -> str:
    if lost.step == NOTHING_LEFT:
        return f"{NOTHING_LEFT} with #{lost.against}: FRR keeps the first to come; assumed is next hop {lost.other}"
    if not lost.step:
        return f"equal to #{lost.against} in everything"
    return f"lost at {lost.step}: {lost.own or 'none'}, where #{lost.against} has {lost.other or 'none'}"


def _source(e: Explanation, c: Contender) -> str:
    hop = f", next hop {c.next_hop}" if c.next_hop else ""
    if c.route:
        return f"EVPN {c.route} of {c.origin_device}, by {c.sender}{hop}"
    if c.peer == "local":
        return f"own route of {e.device}"
    if c.peer.startswith("vrf:"):
        return f"from VRF {c.peer.removeprefix('vrf:')}, there from {c.sender}"
    return f"{c.sender}, session {c.peer}{hop}"


def passage_text(p: Passage) -> str:
    """A policy in one line: where attached, statement, place, changes."""
    at = f"{p.device} ({p.vrf})"
    where = {"import": f"import of {at} from {p.peer}", "export": f"export of {at} to {p.peer}"}.get(
        p.direction, f"{p.direction} of {at}"
    )
    statement = f"statement {p.statement}" if p.statement else "no statement matches"
    changed = f": {', '.join(p.changes)}" if p.changes else ""
    return f"{where}, {p.policy}, {statement} ({p.place}){changed}"


def refusals(refused: Iterable[Refusal]) -> Iterator[str]:
    """Refusals, those of one reason and detail on one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for r in refused:
        detail = f"{passage_text(r.passage)}{'; ' + r.detail if r.detail else ''}" if r.passage else r.detail
        key = (r.reason, "" if r.reason in ("no-route", "as-loop") else detail, detail)
        known = next((k for k in groups if k[:2] == key[:2]), key)
        groups.setdefault(known, []).append(
            f"EVPN {r.peer[5:]} of {r.sender}" if r.peer.startswith("evpn:") else r.sender
        )
    for (reason, _, detail), senders in groups.items():
        names = list(dict.fromkeys(senders))
        more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
        several = len(names) > 1 and reason in ("no-route", "as-loop")
        shown = f" ({detail})" if detail and not several else ""
        yield f"{', '.join(names[:NAMES_MAX])}{more}: {REASONS[reason]}{shown}"


def _announced(announced: Sequence[Announcement]) -> Iterator[str]:
    plain = [a.to for a in announced if a.passage is None and a.to != "EVPN"]
    if plain:
        yield from wrapped(" " * 6, ", ".join(dict.fromkeys(plain)))
    for a in announced:
        if a.passage is not None or a.to == "EVPN":
            what = f" as {a.peer}" if a.to == "EVPN" else ""
            by = f", by {passage_text(a.passage)}" if a.passage is not None else ""
            yield from wrapped(" " * 6, f"{a.to}{what}{by}")


def why_lines(why: Why) -> Iterator[str]:
    """The reason for a step of a trace, without indent."""
    if why.route is not None:
        yield from _route_lines(why.route)
    if why.mac is not None:
        m = why.mac
        told = f", told by EVPN {m.route}" if m.route else ""
        yield f"MAC {m.mac} in VNI {m.vni} is {m.kind}, {m.where}{told}"
    if why.encapsulation is not None:
        c = why.encapsulation
        inner = f", inner destination MAC {c.router_mac}" if c.router_mac else ""
        yield f"VXLAN, {c.kind} {c.vni}: outer {c.outer_source} to {c.outer_destination}{inner}"
        if c.underlay_mtu:
            yield f"underlay MTU {c.underlay_mtu} less {c.overhead} octets: packets up to {c.inner_mtu}"
    if why.missing:
        yield why.missing
    yield from refusals(why.refused)


def _route_lines(r: RouteReason) -> Iterator[str]:
    ways = len(r.next_hops)
    width = f"{ways} equal paths (maximum {r.maximum_paths}): " if ways > 1 else "via "
    yield f"{r.protocol} {r.prefix}, {width}{', '.join(r.next_hops)}"
    if r.best is None:
        return
    yield from _best_lines(r.best, r.candidates)
    for passed in r.passed:
        yield f"passed {passage_text(passed)}"


def _best_lines(best: BestPath, candidates: int) -> Iterator[str]:
    source = f"EVPN {best.route} of {best.origin_device}" if best.route else best.sender
    communities = f", communities {' '.join(best.communities)}" if best.communities else ""
    yield (
        f"best of {candidates}: {source}, local_pref {best.local_pref}, AS path {best.as_path or 'empty'}, "
        f"MED {best.med}{communities}"
    )
    if best.decided_by:
        yield f"decided by {'; '.join(best.decided_by)}"


def wrapped(head: str, text: str) -> list[str]:
    """Text behind a head, in lines of `WIDTH`, further ones indented to where the text began."""
    deep = " " * min(len(head), 24)
    return textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=deep, break_long_words=False, break_on_hyphens=False
    ) or [head.rstrip()]
