"""NX-OS's BGP tables as reports: unicast paths of all VRFs and EVPN paths. Pure.

Asked for as text: no answer in JSON of a table with its attributes is published, and the one without `detail` has
neither communities, labels nor who sent a path. Sources: recorded answers of `show bgp vrf all all detail` (NX-OS 9.2)
and of its parts in public test data and labs, cited in the tests; Cisco Nexus 9000 Series NX-OS Unicast Routing Command
Reference, "show bgp".

    BGP routing table information for VRF red, address family IPv4 Unicast     a table
    Route Distinguisher: 192.0.2.1:3    (L3VNI 100777)                         in EVPN's: of what follows
    BGP routing table entry for 198.51.100.0/24, version 23                    a prefix, or EVPN's `[5]:[0]:...`
      Path type: external, path is valid, is best path, no labeled nexthop     a path
        192.0.2.2 (metric 0) from 192.0.2.11 (192.0.2.11)                      its next hop and its sender
          Origin IGP, MED 0, localpref 100, weight 0                           its attributes; what does not fit on
          Extcommunity: RT:65000:100777 ENCAP:8                                a line is four columns further right

A terminal of 80 columns cuts lines; they are put together again. Paths that were imported into the table of a VNI or
a VRF of EVPN are copies and left out, as are those that soft reconfiguration keeps from before a policy. An answer is
empty where no table has a route.

Left out, as no published answer has it: large communities, and the VRF that a route was leaked from. IPv6 tables are
read as IPv4 ones: of theirs only the form without attributes is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.nxos.answer import esi_of, mac_of, next_hop_of, peer_of
from crossconnect.nos.reports import EvpnReport, PathReport

BGP_TABLES = "show bgp vrf all all detail"

_TABLE = re.compile(r"BGP routing table information for VRF (\S+), address family (.+)")
_DISTINGUISHER = re.compile(r"Route Distinguisher: (\S+)")
_ENTRY = re.compile(r"BGP routing table entry for (\S+), version \d+")
_HEADS = ("BGP ", "Route Distinguisher:", "Paths:", "Flags:", "Multipath:")
_HOPS = re.compile(r"(\S+) \((?:inaccessible, )?metric \d+\) from (\S+) \(\S+\)")
_ORIGIN = re.compile(r"Origin \w+, MED (\d+|not set), localpref (\d+), weight \d+")
_LABELS = "Received label "
_EXTENDED = "Extcommunity: "
_UNICAST = frozenset({"IPv4 Unicast", "IPv6 Unicast"})
_EVPN = "L2VPN EVPN"
_NOBODY = frozenset({"0.0.0.0", "::", "0::"})
_COLUMNS = 80
_MORE = " " * 10
"""What a further line of an attribute begins with."""


class _Path(msgspec.Struct, frozen=True, kw_only=True):
    """A path as the answer has it. `kind` is what follows `Path type:`."""

    kind: str
    imported: str
    as_path: str
    next_hop: str
    sender: str
    med: int
    local_pref: int
    labels: tuple[int, ...]
    communities: tuple[str, ...]
    extended: tuple[str, ...]
    esi: str

    @property
    def best(self) -> bool:
        return ", is best path" in self.kind

    @property
    def multipath(self) -> bool:
        return ", multipath" in self.kind

    @property
    def counts(self) -> bool:
        """Whether the table has it: what a policy refused is only kept."""
        return ", received only" not in self.kind

    @property
    def own(self) -> bool:
        return self.sender in _NOBODY


def bgp_tables(answer: bytes) -> tuple[PathReport | EvpnReport, ...]:
    """The answer to `BGP_TABLES`: all paths. VPN tables hold copies, other families are none of ours."""
    found: list[PathReport | EvpnReport] = []
    vrf = family = rd = ""
    for head, body in _entries(answer.decode("utf-8").splitlines()):
        if table := _TABLE.fullmatch(head):
            vrf, family, rd = table[1], table[2].strip(), ""
        elif distinguisher := _DISTINGUISHER.match(head):
            rd = distinguisher[1]
        elif (entry := _ENTRY.fullmatch(head)) and family in _UNICAST:
            found += _unicast(vrf, entry[1], [path for path in _paths(body) if path.counts])
        elif entry and family == _EVPN:
            key = _key(entry[1])
            paths = (path for path in _paths(body) if path.counts and not path.imported)
            found += [_evpn(rd, key, path) for path in paths] if key is not None else []
        elif not family or not entry:
            raise ValueError(f"`{head}` is nothing of a BGP table")
    return tuple(found)


def _entries(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """A line that heads something, and the lines of its paths; further lines about a prefix are passed over."""
    head, body = "", list[str]()
    for line in _whole(lines):
        if not line or line[0] == " ":
            body.append(line)
        elif line.startswith(("BGP ", "Route Distinguisher:")):
            if head:
                yield head, body
            head, body = line, []
        elif not head or not line.startswith(_HEADS):
            raise ValueError(f"`{line}` is nothing of a BGP table")
    if head:
        yield head, body


def _whole(lines: Sequence[str]) -> Iterator[str]:
    """The lines as NX-OS meant them: one that fills a terminal goes on where the next is no line of its own."""
    whole = cut = ""
    for line in lines:
        if len(cut) == _COLUMNS and line and not line.startswith(("  ", *_HEADS)):
            whole += line
        else:
            yield whole.rstrip()
            whole = line
        cut = line
    yield whole.rstrip()


def _paths(lines: Sequence[str]) -> Iterator[_Path]:
    """The paths of an entry, each from its `Path type:` to the next."""
    starts = [n for n, line in enumerate(lines) if line.startswith("  Path type: ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _path(lines[start].removeprefix("  Path type: "), lines[start + 1 : end])


def _path(kind: str, lines: Sequence[str]) -> _Path:
    words = {"imported": "", "as_path": "", "communities": "", "extended": "", "labels": "", "esi": ""}
    hops = origin = None
    last = ""
    for line in lines:
        text = line.strip()
        if last and line.startswith(_MORE):
            words[last] += f" {text}"
            continue
        last = ""
        hops, origin = hops or _HOPS.fullmatch(text), origin or _ORIGIN.fullmatch(text)
        for name, begin in _ATTRIBUTES.items():
            if text.startswith(begin):
                words[name], last = text.removeprefix(begin), name if name in ("communities", "extended") else ""
    if hops is None or origin is None:
        raise ValueError("a path has no next hop, or no origin")
    return _Path(
        kind=kind,
        imported=words["imported"],
        as_path=_as_path(words["as_path"]),
        next_hop=next_hop_of(hops[1]),
        sender=hops[2],
        med=0 if origin[1] == "not set" else int(origin[1]),
        local_pref=int(origin[2]),
        labels=tuple(int(label) for label in words["labels"].split()),
        communities=tuple(sorted(words["communities"].split())),
        extended=_extended(words["extended"]),
        esi=esi_of(words["esi"]) if words["esi"] else "",
    )


_ATTRIBUTES = {
    "imported": "Imported from ",
    "as_path": "AS-Path: ",
    "labels": _LABELS,
    "communities": "Community: ",
    "extended": _EXTENDED,
    "esi": "ESI: ",
}


def _as_path(text: str) -> str:
    """`65000 65001` of `65000 65001 , path sourced external to AS`; asdot as a number (RFC 5396)."""
    path = text.partition(",")[0].split()
    return " ".join(_asn(word) for word in path if word != "NONE")


def _asn(word: str) -> str:
    high, dot, low = word.partition(".")
    return str(int(high) * 65536 + int(low)) if dot and high.isdigit() and low.isdigit() else word


def _extended(text: str) -> tuple[str, ...]:
    """Extended communities as FRR writes them, as far as both have a word for one."""
    words = text.replace("Router MAC:", "Rmac:").replace("OSPF RT:", "OSPF-RT:").split()
    return tuple(sorted(_community(word) for word in words))


def _community(word: str) -> str:
    name, _, value = word.partition(":")
    match name:
        case "Rmac":
            return f"Rmac:{mac_of(value)}"
        case "ENCAP":
            return f"ET:{value}"
        case "SOO":
            return f"SoO:{value}"
        case "RT" if value.count(".") == 2:
            return f"ES-Import-Rt:{mac_of(value)}"
        case _:
            return word


# --- unicast ----------------------------------------------------------------------------------------------------------


def _unicast(vrf: str, prefix: str, paths: Sequence[_Path]) -> list[PathReport]:
    """Only the others of a set of paths in use are called multipath by NX-OS; the best one is one of them."""
    several = any(path.multipath for path in paths)
    return [
        PathReport(
            vrf=vrf,
            prefix=canonical_prefix(prefix),
            peer="" if path.own else peer_of(path.sender),
            next_hop="" if path.own else path.next_hop,
            forwards_to="" if path.own else path.next_hop,
            as_path=path.as_path,
            local_pref=path.local_pref,
            med=path.med,
            communities=path.communities,
            extended=path.extended,
            best=path.best,
            multipath=path.multipath or (several and path.best),
            leaked_from="",
        )
        for path in paths
    ]


# --- EVPN -------------------------------------------------------------------------------------------------------------


class _Key(msgspec.Struct, frozen=True):
    route_type: int
    ethernet_tag: int
    esi: str = ""
    mac: str = ""
    ip: str = ""


def _key(text: str) -> _Key | None:
    """What a prefix names; None for a type that is not ours (multicast)."""
    fields = text.rpartition("/")[0].removeprefix("[").removesuffix("]").split("]:[")
    match fields:
        case ["1", esi, tag]:
            return _Key(1, int(tag, 0), esi=esi_of(esi))
        case ["2", _, tag, _, mac, length, ip]:
            return _Key(2, int(tag), mac=mac_of(mac), ip=canonical_address(ip) if length != "0" else "")
        case ["3", tag, _, ip]:
            return _Key(3, int(tag), ip=canonical_address(ip))
        case ["4", esi, _, ip]:
            return _Key(4, 0, esi=esi_of(esi), ip=canonical_address(ip))
        case ["5", _, tag, length, ip]:
            return _Key(5, int(tag), ip=canonical_prefix(f"{ip}/{length}"))
        case [kind, *_] if kind.isdigit() and int(kind) > 5:
            return None
        case _:
            raise ValueError(f"`{text}` is no EVPN route")


def _evpn(rd: str, key: _Key, path: _Path) -> EvpnReport:
    if not rd:
        raise ValueError("an EVPN route has no route distinguisher")
    return EvpnReport(
        rd=rd,
        route_type=key.route_type,
        ethernet_tag=key.ethernet_tag,
        esi=key.esi or path.esi,
        mac=key.mac,
        ip=key.ip,
        next_hop=path.next_hop,
        as_path=path.as_path,
        extended=path.extended,
        labels=path.labels,
        local=path.own,
        best=path.best,
    )
