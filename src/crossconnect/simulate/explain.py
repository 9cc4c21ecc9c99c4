"""`xc explain`: which decisions a question is about, and those with the same outcome told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from crossconnect.net import contains, parse
from crossconnect.net.address import canonical_address, canonical_prefix
from crossconnect.simulate.decision import NOTHING_LEFT
from crossconnect.simulate.evpn import EvpnRoute
from crossconnect.simulate.explain_fabric import explain_evpn, explain_underlay
from crossconnect.simulate.explain_vrf import explain_vrf
from crossconnect.simulate.explanation import Contender, Explanation
from crossconnect.simulate.history import Question, evpn_history
from crossconnect.simulate.topology import DEFAULT, Speaker
from crossconnect.simulate.vrf import connected

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A route asked about: exactly one of prefix, address and key is set."""

    prefix: str = ""
    address: str = ""
    """The longest prefix that covers it is meant, table by table."""
    key: str = ""
    """Of an EVPN route; a MAC alone means all its routes."""
    route_type: int = 0
    rd: str = ""
    """Empty for any."""


def wanted(text: str) -> Wanted | None:
    """A prefix, an address, a MAC, `MAC/IP`, `TYPE KEY` or `RD TYPE KEY`; None for anything else."""
    words = text.lower().split()
    if len(words) in (2, 3):
        *rd, route_type, key = words
        number = route_type.strip("[]")
        if number not in {"1", "2", "3", "4", "5"}:
            return None
        return Wanted(rd=rd[0] if rd else "", route_type=int(number), key=_canonical_key(key))
    if len(words) != 1:
        return None
    if _MAC.fullmatch(words[0].partition("/")[0]):
        return Wanted(route_type=2, key=_canonical_key(words[0]))
    try:
        return Wanted(prefix=canonical_prefix(text)) if "/" in text else Wanted(address=canonical_address(text))
    except ValueError:
        return None


def _canonical_key(key: str) -> str:
    """Addresses and prefixes in a key as tables have them; anything else as it is."""
    first, slash, rest = key.partition("/")
    try:
        if _MAC.fullmatch(first):
            return first + slash + (canonical_address(rest) if rest else "")
        return canonical_prefix(key) if slash else canonical_address(key)
    except ValueError:
        return key


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Devices at which the outcome is the same; the explanation is that of the first."""

    devices: tuple[str, ...]
    explanation: Explanation


def explain(asked: Question, what: Wanted, device: str = "", vrf: str = "") -> tuple[Explanation, ...]:
    """Every decision about a route, at one device and in one VRF or wherever it is. Where nobody has it, what kept it
    out is told instead."""
    found = tuple(_evpn(asked, what, device) if what.key else _unicast(asked, what, device, vrf))
    having = tuple(e for e in found if e.candidates or e.installed)
    if device and vrf:
        return found
    return having or tuple(e for e in found if e.refused)


def _unicast(asked: Question, what: Wanted, device: str, vrf: str) -> Iterator[Explanation]:
    for speaker in asked.settled.network.topology.speakers:
        if (device and speaker.device != device) or (vrf and speaker.vrf != vrf):
            continue
        prefix = what.prefix or _longest(asked, speaker, what.address)
        if prefix:
            yield (explain_underlay if speaker.vrf == DEFAULT else explain_vrf)(asked, speaker, prefix)


def _longest(asked: Question, speaker: Speaker, address: str) -> str:
    """The most specific prefix of a table that covers an address, empty for none."""
    settled = asked.settled
    if not settled.live.device_up(speaker.device):
        return ""
    known: set[str] = set(connected(settled.network.topology, settled.live, speaker.device, speaker.vrf))
    if speaker.vrf == DEFAULT:
        known |= {p for p in settled.underlay if settled.spread_of(p).attributes[speaker.index] >= 0}
    else:
        table = settled.vrfs.table_of(speaker.index, settled.overlay)
        known |= {prefix for prefix, entry in table.items() if entry.best >= 0}
    covering = [prefix for prefix in known if contains(prefix, address)]
    return max(covering, key=lambda prefix: parse(prefix).length, default="")


def _evpn(asked: Question, what: Wanted, device: str) -> Iterator[Explanation]:
    routes = [route for route in asked.settled.overlay.routes() if _named(route, what)]
    for route in sorted(set(routes), key=lambda r: (r.rd, r.route_type, r.key)):
        passed = evpn_history(asked, route)
        for speaker in asked.settled.network.topology.speakers:
            if speaker.vrf == DEFAULT and (not device or speaker.device == device):
                yield explain_evpn(asked, speaker, route, passed)


def _named(route: EvpnRoute, what: Wanted) -> bool:
    if route.route_type != what.route_type or (what.rd and route.rd != what.rd):
        return False
    return route.key == what.key or (what.route_type == 2 and route.key.partition("/")[0] == what.key)


def grouped(explanations: Iterable[Explanation]) -> tuple[Group, ...]:
    """Explanations with equal outcomes together, in the order of the first of each."""
    groups: dict[object, list[Explanation]] = {}
    for explanation in explanations:
        groups.setdefault(_outcome(explanation), []).append(explanation)
    return tuple(Group(devices=tuple(e.device for e in of), explanation=of[0]) for of in groups.values())


def _outcome(e: Explanation) -> object:
    """What must be equal for two devices to be told together: everything but the device's own names and links."""

    def name(device: str) -> str:
        return "here" if device == e.device else device

    return (
        e.vrf,
        e.route,
        e.installed.partition(",")[0],
        e.imported,
        tuple(_candidate(c, name(c.sender)) for c in e.candidates),
        tuple(sorted((name(r.sender), r.reason, r.passage.statement if r.passage else "") for r in e.refused)),
        tuple(sorted((name(a.to), a.passage.statement if a.passage else "") for a in e.announced)),
        tuple(sorted((name(r.sender), r.reason) for r in e.not_announced)),
    )


def _candidate(c: Contender, sender: str) -> Sequence[object]:
    lost = c.lost
    values = () if lost is None or lost.step in ("peer address", NOTHING_LEFT) else (lost.own, lost.other)
    own = c.peer == "local"
    return (
        sender,
        c.route,
        c.next_hop if c.route else "",
        c.as_path,
        (c.origin, c.med, c.local_pref, c.weight, c.communities),
        (c.best, c.multipath, c.not_multipath, own),
        (lost.step, lost.against, *values) if lost is not None else (),
        tuple((p.device if not own else "", p.policy, p.statement) for p in c.passed),
    )
