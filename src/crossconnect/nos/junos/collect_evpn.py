"""Junos's answers about EVPN and VXLAN as reports: routes, VNIs with their flood lists, MAC addresses. Pure.

Sources: recorded answers of vQFX 19.4 (`show ethernet-switching table detail`, `... vxlan-tunnel-end-point remote`,
`show evpn l3-context extensive`, `show evpn instance extensive`) and of Junos 25.4 (`bgp.evpn.0`, whole and in detail)
in public test data, cited in the tests. A route's destination is written with `::` between its fields:
`2:<RD>::<tag>::<MAC>::<address>`,
`5:<RD>::<tag>::<prefix>::<length>`; the routes of types 1 and 4 are in "EVPN User Guide", "EVPN Multihoming".

A VNI of a bridge domain is in two answers, of which only one has the VTEPs: `nos.joined` puts them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.junos.answer import address, as_path_of, elements, extended_of, number, roots, text, texts
from crossconnect.nos.reports import EvpnReport, MacReport, VniReport

EVPN_ROUTES = "show route table bgp.evpn.0 detail | display json"
FLOOD_LISTS = "show ethernet-switching vxlan-tunnel-end-point remote | display json"
BRIDGE_DOMAINS = "show evpn instance extensive | display json"
L3_CONTEXTS = "show evpn l3-context extensive | display json"
MACS = "show ethernet-switching table detail | display json"

_EVPN_TABLE = "bgp.evpn.0"
_REMOTE = ("vtep.", "esi.")
"""Interfaces of addresses behind a VTEP, and behind an Ethernet segment of other VTEPs."""


class _Key(msgspec.Struct, frozen=True):
    rd: str
    route_type: int
    ethernet_tag: int = 0
    esi: str = ""
    mac: str = ""
    ip: str = ""


def evpn_paths(answer: bytes) -> tuple[EvpnReport, ...]:
    """The answer to `EVPN_ROUTES`: all paths."""
    found: list[EvpnReport] = []
    for information in roots(answer, "route-information"):
        for table in elements(information, "route-table"):
            if text(table, "table-name") != _EVPN_TABLE:
                continue  # copies of the same in each instance
            for route in elements(table, "rt"):
                key = _key(text(route, "rt-destination"))
                if key is not None:
                    found += [_evpn_path(key, entry) for entry in elements(route, "rt-entry")]
    return tuple(found)


def _key(destination: str) -> _Key | None:
    """What a route's destination names; None for a type that is not ours (multicast)."""
    kind, _, rest = destination.partition("/")[0].partition(":")
    rd, _, rest = rest.partition("::")
    if not kind.isdigit() or not rest:
        raise ValueError(f"`{destination}` is no EVPN route")
    match int(kind):
        case 1:
            esi, _, tag = rest.partition("::")
            return _Key(rd, 1, _tag(tag), esi=_esi(esi))
        case 2:
            tag, mac, ip, *_ = (*rest.split("::", 2), "", "")
            return _Key(rd, 2, _tag(tag), mac=mac.lower(), ip=canonical_address(ip) if ip else "")
        case 3:
            tag, _, ip = rest.partition("::")
            return _Key(rd, 3, _tag(tag), ip=canonical_address(ip))
        case 4:
            esi, _, ip = rest.partition(":")
            return _Key(rd, 4, esi=_esi(esi), ip=canonical_address(ip))
        case 5:
            tag, _, prefix = rest.partition("::")
            network, _, length = prefix.rpartition("::")
            return _Key(rd, 5, _tag(tag), ip=canonical_prefix(f"{network}/{length}"))
        case _:
            return None


def _tag(words: str) -> int:
    """`FFFF:FFFF` is MAX-ET (RFC 7432 8.2.1); all others are decimal."""
    return int(words.replace(":", ""), 16) if ":" in words else int(words)


def _esi(digits: str) -> str:
    """`05:00:00:...` of `050000...`; leading zeros of the first octet may be missing."""
    plain = digits.lower().zfill(20)
    return ":".join(plain[n : n + 2] for n in range(0, len(plain), 2))


def _evpn_path(key: _Key, entry: Mapping[str, Any]) -> EvpnReport:
    esi = key.esi or text(entry, "mac-route-esi") or text(entry, "rt-evpn-esi")
    return EvpnReport(
        rd=key.rd,
        route_type=key.route_type,
        ethernet_tag=key.ethernet_tag,
        esi=esi if esi.replace(":", "").strip("0") else "",
        mac=key.mac,
        ip=key.ip,
        next_hop=address(text(entry, "protocol-nh", "to")),
        as_path=as_path_of(entry),
        extended=extended_of(entry),
        labels=tuple(int(label) for label in texts(entry, "route-label")),
        local=text(entry, "protocol-name") == "EVPN",
        best="current-active" in entry,
    )


def flood_lists(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `FLOOD_LISTS`: the VNIs of every remote VTEP, turned round."""
    vteps: dict[int, list[str]] = {}
    for information in roots(answer, "vxlan-source-vtep-information"):
        for remote in elements(information, "svtep-format", "vxlan-remote-vtep-information"):
            vtep = canonical_address(text(remote, "remote-vtep-address"))
            for vni in texts(remote, "vxlan-dynamic-information", "vxlan-format", "vn-id"):
                vteps.setdefault(int(vni), []).append(vtep)
    return tuple(
        VniReport(vni=vni, kind="l2", vrf="", bridge="", remote_vteps=tuple(sorted(of))) for vni, of in vteps.items()
    )


def bridge_domains(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `BRIDGE_DOMAINS`: the domains of each instance, with their IRB interfaces and the VRFs of those.

    With VXLAN a domain's id is its VNI ("EVPN User Guide", `show evpn instance`).
    """
    found: list[VniReport] = []
    for information in roots(answer, "evpn-instance-information"):
        for instance in elements(information, "evpn-instance"):
            irbs = elements(instance, "irb-interface-status-table", "irb-interface")
            vrf_of = {text(irb, "irb-interface-name"): text(irb, "irb-interface-l3-context") for irb in irbs}
            for domain in elements(instance, "bridge-domain-status-table", "bridge-domain"):
                bridge = text(domain, "irb-interface")
                vrf = vrf_of.get(bridge, "")
                found.append(
                    VniReport(
                        vni=int(text(domain, "domain-id")),
                        kind="l2",
                        vrf="default" if vrf == "master" else vrf,
                        bridge=bridge,
                        remote_vteps=(),
                    )
                )
    return tuple(found)


def l3_contexts(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `L3_CONTEXTS`: the VNIs of VRFs."""
    return tuple(_l3_contexts(answer))


def _l3_contexts(answer: bytes) -> Iterator[VniReport]:
    for information in roots(answer, "evpn-l3-context-information"):
        for context in elements(information, "evpn-l3-context"):
            vni = number(text(context, "context-vni"))
            if vni:
                vrf = text(context, "context-name")
                yield VniReport(vni=vni, kind="l3", vrf=vrf, bridge="", remote_vteps=())


def macs(vnis_of: Mapping[int, int], answer: bytes) -> tuple[MacReport, ...]:
    """The answer to `MACS`. `vnis_of` has the VNI of a VLAN; others are no segment's."""
    found: list[MacReport] = []
    for database in roots(answer, "l2ng-l2ald-rtb-macdb"):
        for entry in elements(database, "l2ng-l2ald-mac-entry-vlan"):
            vni = vnis_of.get(number(text(entry, "l2ng-l2-vlan-id")))
            if vni is None:
                continue
            port = text(entry, "l2ng-l2-mac-logical-interface")
            source = text(entry, "l2ng-l2-active-source")
            local = not port.startswith(_REMOTE)
            found.append(
                MacReport(
                    vni=vni,
                    mac=text(entry, "l2ng-l2-mac-address").lower(),
                    local=local,
                    interface=port.partition(".")[0] if local else "",
                    vtep=canonical_address(source) if port.startswith("vtep.") else "",
                    esi=source if port.startswith("esi.") else "",
                )
            )
    return tuple(found)
