"""EOS's answers about EVPN and VXLAN as reports: routes, VNIs with their flood lists, MAC addresses. Pure.

Sources: recorded answers of EOS 4.23 (`show bgp evpn`, `show interfaces vxlan1`, `show mac address-table`,
`show vxlan address-table`) in public test data, and of the `routeDetail` that `detail` adds. An EVPN route's key is the
text that the command line shows: `RD: 10.0.0.1:5 mac-ip 10020 aac1.ab4e.bec2 192.0.2.1`, where the number is the
Ethernet tag of a VLAN-aware bundle, and `remote` at the end a route of another domain.

The VRF of a bridge domain's VNI is that of its VLAN interface in `show vrf`, by `nos.joined`.

Left out, as no published answer has it: the ESI of a type 2 or 5 route.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from crossconnect.net import canonical_address, canonical_prefix
from crossconnect.nos.eos.answer import (
    as_path_of,
    entries,
    extended_of,
    long_name,
    mac_of,
    members,
    number,
    object_of,
    plain_address,
    words,
)
from crossconnect.nos.reports import EvpnReport, MacReport, VniReport

EVPN_ROUTES = "show bgp evpn detail | json"
VNIS = "show interfaces vxlan1 | json"
MACS = "show mac address-table | json"
REMOTE_MACS = "show vxlan address-table | json"

_TYPES = {"auto-discovery": 1, "mac-ip": 2, "imet": 3, "ethernet-segment": 4, "ip-prefix": 5}
_PER_SEGMENT_TAG = (1 << 32) - 1
"""RFC 7432 8.2.1: MAX-ET, auto-discovery per Ethernet segment; EOS leaves it out."""


class _Key(msgspec.Struct, frozen=True):
    rd: str
    route_type: int
    ethernet_tag: int = 0
    esi: str = ""
    mac: str = ""
    ip: str = ""


def evpn_paths(answer: bytes) -> tuple[EvpnReport, ...]:
    """The answer to `EVPN_ROUTES`: all paths of all route distinguishers."""
    found: list[EvpnReport] = []
    for text, of in members(object_of(answer, "evpnRoutes")["evpnRoutes"]).items():
        key = _key(text.removesuffix(" remote"))
        if key is not None:
            found += [_evpn_path(key, path) for path in entries(members(of), "evpnRoutePaths")]
    return tuple(found)


def _key(text: str) -> _Key | None:
    """What a route's text names; None for a type that is not ours (multicast)."""
    label, rd, kind, *rest = (*text.split(), "", "", "")
    if label != "RD:":
        raise ValueError(f"`{text}` is no EVPN route")
    fields = [word for word in rest if word]
    route_type = _TYPES.get(kind)
    if route_type is None:
        return None
    tag = int(fields.pop(0)) if len(fields) > 1 and fields[0].isdigit() else None
    if not fields:
        raise ValueError(f"`{text}` is no EVPN route")
    match route_type:
        case 1:
            return _Key(rd, 1, _PER_SEGMENT_TAG if tag is None else tag, esi=_esi(fields[0]))
        case 2:
            return _Key(rd, 2, tag or 0, mac=mac_of(fields[0]), ip=canonical_address(fields[1]) if fields[1:] else "")
        case 3:
            return _Key(rd, 3, tag or 0, ip=canonical_address(fields[0]))
        case 4:
            return _Key(rd, 4, esi=_esi(fields[0]), ip=canonical_address(fields[1]) if fields[1:] else "")
        case _:
            return _Key(rd, 5, tag or 0, ip=canonical_prefix(fields[0]))


def _esi(text: str) -> str:
    """`00:11:...` of `0011:...`, which is in groups of four digits."""
    digits = text.replace(":", "").lower()
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2))


def _evpn_path(key: _Key, path: Mapping[str, Any]) -> EvpnReport:
    detail = members(path.get("routeDetail", {}))
    return EvpnReport(
        rd=key.rd,
        route_type=key.route_type,
        ethernet_tag=key.ethernet_tag,
        esi=key.esi,
        mac=key.mac,
        ip=key.ip,
        next_hop=plain_address(str(path.get("nextHop") or "")),
        as_path=as_path_of(path),
        extended=extended_of(words(detail, "extCommunities")),
        labels=tuple(_labels(detail)),
        local=path.get("nextHop") == "",
        best=members(path.get("routeType", {})).get("active") is True,
    )


def _labels(detail: Mapping[str, Any]) -> Iterator[int]:
    for name in ("label", "l3Label"):
        value = members(detail.get(name) or {}).get("value")
        if value is not None and str(value).isdigit():
            yield int(str(value))


def vnis(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `VNIS`: bridge domains with the VTEPs that they flood to, and VRFs with the VLAN that EOS took."""
    found: list[VniReport] = []
    for of in members(object_of(answer, "interfaces")["interfaces"]).values():
        vxlan = members(of)
        taken: dict[int, str] = {}
        floods = members(vxlan.get("vlanToVtepList", {}))
        for vlan, entry in members(vxlan.get("vlanToVniMap", {})).items():
            vni = number(members(entry), "vni")
            if members(entry).get("source") == "evpn":
                taken[vni] = vlan
                continue
            flood = members(floods.get(vlan, {}))
            remote = [*words(flood, "remoteVtepAddr"), *words(flood, "remoteVtepAddr6")]
            found.append(
                VniReport(
                    vni=vni,
                    kind="l2",
                    vrf="",
                    bridge=f"Vlan{vlan}",
                    remote_vteps=tuple(canonical_address(address) for address in remote),
                )
            )
        bound = members(vxlan.get("vrfToVniMap", {}))
        for vrf in bound:
            vni = number(bound, vrf)
            bridge = f"Vlan{taken[vni]}" if vni in taken else ""
            found.append(VniReport(vni=vni, kind="l3", vrf=vrf, bridge=bridge, remote_vteps=()))
    return tuple(found)


def macs(vnis_of: Mapping[int, int], answer: bytes) -> tuple[MacReport, ...]:
    """The answer to `MACS`: what ports have learned. `vnis_of` has the VNI of a VLAN; others are no segment's."""
    table = members(object_of(answer, "unicastTable")["unicastTable"])
    found: list[MacReport] = []
    for row in entries(table, "tableEntries"):
        vni = vnis_of.get(number(row, "vlanId"))
        port = long_name(str(row.get("interface", "")))
        # `static` addresses are the switches' own, at the MLAG peer's port; those of Vxlan1 have their VTEP elsewhere.
        if vni is None or port.startswith("Vxlan") or row.get("entryType") == "static":
            continue
        mac = mac_of(str(row.get("macAddress", "")))
        found.append(MacReport(vni=vni, mac=mac, local=True, interface=port, vtep="", esi=""))
    return tuple(found)


def remote_macs(vnis_of: Mapping[int, int], answer: bytes) -> tuple[MacReport, ...]:
    """The answer to `REMOTE_MACS`: `vtep`, or in later versions a list of `vteps`, whose first is named."""
    found: list[MacReport] = []
    for row in entries(object_of(answer, "addresses"), "addresses"):
        vni = vnis_of.get(number(row, "vlanId"))
        if vni is None:
            continue  # the VLAN of an L3VNI: its addresses are those of routers
        mac = mac_of(str(row.get("macAddress", "")))
        vtep = _first([str(row.get("vtep") or ""), *sorted(words(row, "vteps"))])
        found.append(MacReport(vni=vni, mac=mac, local=False, interface="", vtep=plain_address(vtep), esi=""))
    return tuple(found)


def _first(texts: Sequence[str]) -> str:
    return next((text for text in texts if text), "")
