"""FRR's EVPN answers as records: routes, VNIs with their flood lists, MAC addresses. Pure."""

from __future__ import annotations

import msgspec

from crossconnect.nos.frr.paths import Path, as_path_of, decoded, extended_of
from crossconnect.nos.reports import EvpnReport, MacReport, VniReport

EVPN_ROUTES = "show bgp l2vpn evpn route detail json"
VNIS = "show evpn vni detail json"
MACS = "show evpn mac vni all detail json"


class _EvpnPrefix(msgspec.Struct, frozen=True, rename="camel"):
    route_type: int
    eth_tag: int = 0
    mac: str = ""
    ip: str = ""
    ip_len: int = 0
    paths: tuple[tuple[Path, ...], ...] = ()


def evpn_paths(answer: bytes) -> tuple[EvpnReport, ...]:
    """The answer to `EVPN_ROUTES`: all paths of all route distinguishers."""
    tables = decoded(answer, dict[str, int | dict[str, str | _EvpnPrefix]], {})
    reports: list[EvpnReport] = []
    for rd, prefixes in tables.items():
        if isinstance(prefixes, int):
            continue
        for key, prefix in prefixes.items():
            if isinstance(prefix, _EvpnPrefix):
                named = _named(key, prefix)
                reports += [_evpn_path(rd, prefix, named, path) for paths in prefix.paths for path in paths]
    return tuple(reports)


class _Named(msgspec.Struct, frozen=True):
    """What an EVPN prefix's text names: `[2]:[0]:[48]:[mac]:[32]:[ip]`, `[1]:[tag]:[esi]:[32]:[ip]:[frag]`."""

    ethernet_tag: int
    esi: str
    mac: str
    ip: str


def _named(key: str, prefix: _EvpnPrefix) -> _Named:
    fields = key[1:-1].split("]:[")
    match prefix.route_type:
        case 1:
            return _Named(int(fields[1]), fields[2], "", "")
        case 2:
            return _Named(int(fields[1]), "", fields[3], fields[5] if len(fields) > 5 else "")
        case 4:
            return _Named(0, fields[1], "", fields[3])
        case 5:
            return _Named(int(fields[1]), "", "", f"{fields[3]}/{fields[2]}")
        case _:
            return _Named(int(fields[1]), "", "", fields[3])


def _evpn_path(rd: str, prefix: _EvpnPrefix, named: _Named, path: Path) -> EvpnReport:
    local = path.local or path.sourced
    labels = tuple(int(number) for number in path.vni.split("/") if number.isdigit())
    if prefix.route_type == 2 and not named.ip:
        # On the wire a MAC without address has one label (bgp_evpn.c, bgp_evpn_encode_prefix); its originator shows
        # the second one that it would have.
        labels = labels[:1]
    return EvpnReport(
        rd=rd,
        route_type=prefix.route_type,
        ethernet_tag=named.ethernet_tag,
        esi=named.esi or ("" if path.esi.replace(":", "").strip("0") == "" else path.esi),
        mac=named.mac,
        ip=named.ip,
        next_hop=path.nexthops[0].ip if path.nexthops else "",
        as_path=as_path_of(path),
        extended=extended_of(path),
        labels=labels,
        local=local,
        best=path.bestpath.overall,
    )


class _Vni(msgspec.Struct, frozen=True, rename="camel"):
    vni: int
    type: str
    vrf: str = ""
    tenant_vrf: str = ""
    svi_interface: str = ""
    svi_intf: str = ""
    num_remote_vteps: tuple[str, ...] | int | str = ()
    """8.4 lists the VTEPs under this name when there are some, and has a number else."""
    remote_vteps: tuple[dict[str, str], ...] = ()


def vnis(answer: bytes) -> tuple[VniReport, ...]:
    """The answer to `VNIS`; empty where there are none (FRR then answers nothing at all)."""
    reports: list[VniReport] = []
    for vni in decoded(answer, list[_Vni], []):
        remote = vni.num_remote_vteps if isinstance(vni.num_remote_vteps, tuple) else ()
        remote += tuple(vtep["ip"] for vtep in vni.remote_vteps if "ip" in vtep)
        reports.append(
            VniReport(
                vni=vni.vni,
                kind="l3" if vni.type == "L3" else "l2",
                vrf=vni.vrf or vni.tenant_vrf or "default",
                bridge=vni.svi_intf or vni.svi_interface,
                remote_vteps=remote,
            )
        )
    return tuple(reports)


class _Mac(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    intf: str = ""
    remote_vtep: str = ""
    esi: str = ""


class _Macs(msgspec.Struct, frozen=True):
    macs: dict[str, _Mac] = {}


def macs(answer: bytes) -> tuple[MacReport, ...]:
    """The answer to `MACS`."""
    return tuple(
        MacReport(
            vni=int(vni), mac=mac, local=row.type == "local", interface=row.intf, vtep=row.remote_vtep, esi=row.esi
        )
        for vni, table in decoded(answer, dict[str, _Macs], {}).items()
        for mac, row in table.macs.items()
        # `auto` is a placeholder that neighbour entries refer to after the address itself was forgotten
        # (zebra_evpn_mac.c, ZEBRA_MAC_AUTO); nothing is forwarded or announced by it.
        if row.type in ("local", "remote")
    )
