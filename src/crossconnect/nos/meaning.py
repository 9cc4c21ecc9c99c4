"""What a line is about by which a device differs from its configuration, whatever its system. Pure.

    "router bgp 65000 / no neighbor 192.0.2.1"   FRR, NX-OS, SONiC's routing: with lines that lead to it; `no`: too much
    "+neighbor 192.0.2.1 ...", "-..."            EOS, Junos, SR Linux: `+` is missing on the device, `-` too much

Systems that show a line without those that lead to it are told by the line alone: of what says nothing to anybody, the
lines before it are the part, or `configuration`.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Kind = Literal["missing", "extra", "other"]
CONFIGURATION = "configuration"
_SIGNS: dict[str, Kind] = {"+": "missing", "-": "extra", "~": "other"}
_VRF = re.compile(
    r"(?:(?<!import )\bvrf (?:instance |context |member )?|routing-instances |network-instance[\[ =]+(?:name=)?)"
    r"([\w.-]+)"
)
_SESSION = re.compile(r"\b(?:neighbor |BGP_NEIGHBOR\S*?\|)(?:interface )?(?:\S+\|)?([\w.:-]+)")
_NAMED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:route-map|policy-statement|policy\[name=|ROUTE_MAP\|)\s*([\w.-]+)"), "policy {}"),
    (re.compile(r"\b(?:(?:ip|ipv6) prefix-list|prefix-set\[name=|PREFIX_SET\|)\s*([\w.-]+)"), "prefix list {}"),
    (
        re.compile(r"\b(?:large-|ext)?community-(?:list|set)(?:\[name=| standard| expanded)?\s*([\w.-]+)"),
        "community list {}",
    ),
    (re.compile(r"\bas-path(?: access-list|-set\[name=)\s*([\w.-]+)"), "AS path list {}"),
    (re.compile(r"\b(?:ip |ipv6 )?access-list (?:extended )?([\w.-]+)"), "access list {}"),
    (re.compile(r"\b(?:ip|ipv6) route (?:vrf \S+ )?([\da-f:.]+/\d+)"), "static route {}"),
    (re.compile(r"\b(?:vni|vxlan vni|VXLAN_TUNNEL_MAP\S*\|)\s*(\d+)"), "VNI {}"),
    (re.compile(r"\b(?:interfaces? |interface\[name=|(?:INTERFACE|PORT|PORTCHANNEL)\|)([\w./:-]+)"), "interface {}"),
    (re.compile(r"\bvlan (\d+)"), "VLAN {}"),
    (re.compile(r"\b(?:username|login user|user) (\S+)"), "user {}"),
)
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bbfd\b"), "BFD"),
    (re.compile(r"\bntp\b"), "NTP"),
    (re.compile(r"\bsnmp(?:-server)?\b"), "SNMP"),
    (re.compile(r"\b(?:logging|syslog)\b"), "syslog"),
    (re.compile(r"\b(?:hostname|host-name)\b"), "host name"),
)
_BGP = re.compile(r"\brouter bgp\b|\bprotocols bgp\b|protocols/bgp")


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """A line, understood as far as it can be."""

    part: str
    """What it is about: `session 192.0.2.1 of VRF default`, `policy to-transit`, `interface Ethernet1`."""
    kind: Kind
    """`missing` on the device, `extra` there, or `other`."""
    line: str
    """In the device's own words, below the lines that lead to it, without sign or `no`."""


def meaning_of(line: str) -> Meaning:
    """What a line by which a device differs is about."""
    kind: Kind
    if line[:1] in _SIGNS:
        kind, said = _SIGNS[line[0]], line[1:].strip()
    else:
        before, _, last = line.rpartition(" / ")
        kind = "extra" if last.startswith("no ") else "missing"
        bare = last.removeprefix("no ")
        said = f"{before} / {bare}" if before else bare
    return Meaning(part=_part(said), kind=kind, line=said)


def _part(said: str) -> str:
    vrf = _VRF.search(said)
    where = f" of VRF {vrf[1] if vrf else 'default'}"
    bgp = _BGP.search(said) is not None
    session = _SESSION.search(said)
    if session is not None:
        return f"session {session[1]}{where}" if bgp or vrf else f"session {session[1]}"
    if bgp:
        return f"BGP{where}"
    for pattern, form in _NAMED:
        if (match := pattern.search(said)) is not None:
            return form.format(match[1])
    if vrf is not None:
        return f"VRF {vrf[1]}"
    for pattern, name in _WORDS:
        if pattern.search(said):
            return name
    return said.rpartition(" / ")[0] or CONFIGURATION
