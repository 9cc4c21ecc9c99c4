"""What FRR says of itself: the commands to ask, and its JSON answers as records. Pure; who asks is not our business.

Addresses and names stay as FRR has them, only put into canonical form (an IPv4 next hop of an IPv6 route is IPv4
again, AS path `Local` is empty, communities are sorted). What they mean in a region, and which of them a table wants,
is decided by whoever knows the blueprint.

Answers differ by version: fields are taken where 8.4 and 10.x have them; what is not known is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeVar

import msgspec

from crossconnect.net import parse

Daemon = Literal["zebra", "bgpd"]
Answer = TypeVar("Answer")

SESSIONS = "show bgp vrf all neighbors json"
SUMMARY = "show bgp vrf all summary json"
EVPN_ROUTES = "show bgp l2vpn evpn route detail json"
VNIS = "show evpn vni detail json"
MACS = "show evpn mac vni all detail json"
L3VNIS = "show vrf vni json"

FAMILY_NAMES = {"ipv4Unicast": "ipv4-unicast", "ipv6Unicast": "ipv6-unicast", "l2VpnEvpn": "l2vpn-evpn"}


def rib_command(vrf: str, version: int) -> str:
    """The routing table of a VRF. One VRF at a time: for several, FRR 8.4 writes documents one after another."""
    return f"show {'ip' if version == 4 else 'ipv6'} route vrf {vrf} json"


def bgp_command(vrf: str, version: int) -> str:
    """The BGP table of a VRF with all attributes."""
    return f"show bgp vrf {vrf} ipv{version} unicast json detail"


def interface_command(vrf: str) -> str:
    """The interfaces of a VRF. One VRF at a time: the answer is keyed by name, and every namespace has an `lo`."""
    return f"show interface vrf {vrf} json"


class SessionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One family of a session. `negotiated`: established, and both sides announced the family."""

    vrf: str
    peer: str
    family: str
    remote_asn: int
    negotiated: bool


class SummaryReport(msgspec.Struct, frozen=True, kw_only=True):
    """One family of a session as the summary has it: established says nothing yet of the family."""

    vrf: str
    peer: str
    family: str
    established: bool


class NextHop(msgspec.Struct, frozen=True, kw_only=True):
    """A next hop of a route; `address` is empty where the route is directly connected."""

    address: str
    interface: str
    vrf: str = ""
    """Where the next hop is in another VRF (leaked routes)."""


class RibReport(msgspec.Struct, frozen=True, kw_only=True):
    """A selected route of a routing table, with its active next hops."""

    vrf: str
    prefix: str
    protocol: str
    next_hops: tuple[NextHop, ...]


class PathReport(msgspec.Struct, frozen=True, kw_only=True):
    """A path of a BGP unicast table. `peer` is the session's address or interface, empty for own routes."""

    vrf: str
    prefix: str
    peer: str
    next_hop: str
    """What is really used: the link-local one where FRR prefers it; empty for own routes."""
    as_path: str
    local_pref: int
    med: int
    communities: tuple[str, ...]
    extended: tuple[str, ...]
    """Extended communities as FRR writes them, sorted."""
    best: bool
    multipath: bool
    leaked_from: str
    """VRF it was leaked from by `import vrf`."""


class EvpnReport(msgspec.Struct, frozen=True, kw_only=True):
    """A path of the EVPN table."""

    rd: str
    route_type: int
    ethernet_tag: int
    esi: str
    mac: str
    ip: str
    """Host address (type 2), originator (3, 4), or prefix with length (5)."""
    next_hop: str
    as_path: str
    extended: tuple[str, ...]
    labels: tuple[int, ...]
    local: bool
    best: bool


class VniReport(msgspec.Struct, frozen=True, kw_only=True):
    """A VNI of zebra."""

    vni: int
    kind: Literal["l2", "l3"]
    vrf: str
    bridge: str
    """Interface of the bridge domain: IRB interface, or the L3VNI's bridge."""
    remote_vteps: tuple[str, ...]


class MacReport(msgspec.Struct, frozen=True, kw_only=True):
    """A MAC address of an L2VNI."""

    vni: int
    mac: str
    local: bool
    interface: str
    vtep: str
    esi: str


class InterfaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """An interface as zebra sees it; `up` means that it can forward."""

    name: str
    vrf: str
    up: bool
    mtu: int
    mac: str
    addresses: tuple[str, ...]


# --- sessions ---------------------------------------------------------------------------------------------------------


class _Capability(msgspec.Struct, frozen=True, rename="camel"):
    advertised_and_received: bool = False


class _Capabilities(msgspec.Struct, frozen=True, rename="camel"):
    multiprotocol_extensions: dict[str, _Capability] = {}


class _Neighbor(msgspec.Struct, frozen=True, rename="camel"):
    remote_as: int = 0
    bgp_state: str = ""
    neighbor_capabilities: _Capabilities = _Capabilities()
    address_family_info: dict[str, msgspec.Raw] = {}


def sessions(answer: bytes) -> tuple[SessionReport, ...]:
    """The answer to `SESSIONS`."""
    reports: list[SessionReport] = []
    for vrf, peers in _decoded(answer, dict[str, dict[str, _Neighbor | int | str]], {}).items():
        for peer, neighbor in peers.items():
            if not isinstance(neighbor, _Neighbor):
                continue
            established = neighbor.bgp_state == "Established"
            capabilities = neighbor.neighbor_capabilities.multiprotocol_extensions
            for name in neighbor.address_family_info:
                both = capabilities.get(name, _Capability()).advertised_and_received
                reports.append(
                    SessionReport(
                        vrf=vrf,
                        peer=peer,
                        family=FAMILY_NAMES.get(name, name),
                        remote_asn=neighbor.remote_as,
                        negotiated=established and both,
                    )
                )
    return tuple(reports)


class _SummaryPeer(msgspec.Struct, frozen=True, rename="camel"):
    state: str = ""


class _SummaryFamily(msgspec.Struct, frozen=True, rename="camel"):
    table_version: int = 0
    rib_count: int = 0
    peers: dict[str, _SummaryPeer] = {}


_Summary = dict[str, dict[str, _SummaryFamily]]


def summary(answer: bytes) -> tuple[SummaryReport, ...]:
    """The answer to `SUMMARY`."""
    return tuple(
        SummaryReport(vrf=vrf, peer=peer, family=FAMILY_NAMES.get(name, name), established=row.state == "Established")
        for vrf, families in _decoded(answer, _Summary, {}).items()
        for name, family in families.items()
        for peer, row in family.peers.items()
    )


def versions(answer: bytes) -> tuple[tuple[str, str, int, int], ...]:
    """Of the answer to `SUMMARY`: (VRF, family, table version, prefixes). Equal while no table changes."""
    return tuple(
        (vrf, name, family.table_version, family.rib_count)
        for vrf, families in _decoded(answer, _Summary, {}).items()
        for name, family in families.items()
    )


# --- routing tables ---------------------------------------------------------------------------------------------------


class _RibNextHop(msgspec.Struct, frozen=True, rename="camel"):
    ip: str = ""
    interface_name: str = ""
    vrf: str = ""
    active: bool = False
    recursive: bool = False
    duplicate: bool = False


class _RibRoute(msgspec.Struct, frozen=True, rename="camel"):
    protocol: str
    selected: bool = False
    vrf_name: str = ""
    nexthops: tuple[_RibNextHop, ...] = ()


def rib(answer: bytes) -> tuple[RibReport, ...]:
    """The answer to `rib_command`: selected routes."""
    reports: list[RibReport] = []
    for prefix, routes in _decoded(answer, dict[str, tuple[_RibRoute, ...]], {}).items():
        for route in routes:
            if route.selected:
                hops = [
                    NextHop(address=plain_address(hop.ip), interface=hop.interface_name, vrf=hop.vrf)
                    for hop in route.nexthops
                    if hop.active and not hop.recursive and not hop.duplicate
                ]
                reports.append(
                    RibReport(vrf=route.vrf_name, prefix=prefix, protocol=route.protocol, next_hops=tuple(hops))
                )
    return tuple(reports)


# --- BGP tables -------------------------------------------------------------------------------------------------------


class _Text(msgspec.Struct, frozen=True):
    string: str = ""


class _BgpNextHop(msgspec.Struct, frozen=True):
    ip: str = ""
    used: bool = False


class _BestPath(msgspec.Struct, frozen=True):
    overall: bool = False


class _Peer(msgspec.Struct, frozen=True, rename="camel"):
    peer_id: str = ""
    interface: str = ""


class _Path(msgspec.Struct, frozen=True, rename="camel"):
    """An element of a prefix's list; the first one is about the prefix itself, and has no `peer`."""

    peer: _Peer | None = None
    aspath: _Text = _Text()
    metric: int = 0
    loc_prf: int = msgspec.field(default=100, name="locPrf")
    local: bool = False
    sourced: bool = False
    bestpath: _BestPath = _BestPath()
    multipath: bool = False
    nexthops: tuple[_BgpNextHop, ...] = ()
    community: _Text = _Text()
    large_community: _Text = _Text()
    extended_community: _Text = _Text()
    nh_vrf_name: str = msgspec.field(default="", name="nhVrfName")
    vni: str = ""


class _BgpTable(msgspec.Struct, frozen=True, rename="camel"):
    vrf_name: str = ""
    routes: dict[str, tuple[_Path, ...]] = {}


def bgp_paths(answer: bytes) -> tuple[PathReport, ...]:
    """The answer to `bgp_command`: all paths."""
    table = _decoded(answer, _BgpTable, _BgpTable())
    reports: list[PathReport] = []
    for prefix, paths in table.routes.items():
        reports += [_path(table.vrf_name, prefix, path, path.peer) for path in paths if path.peer is not None]
    return tuple(reports)


def _path(vrf: str, prefix: str, path: _Path, peer: _Peer) -> PathReport:
    own = peer.peer_id in ("0.0.0.0", "::", "(unspec)", "")
    used = next((hop.ip for hop in path.nexthops if hop.used), path.nexthops[0].ip if path.nexthops else "")
    communities = [*path.community.string.split(), *path.large_community.string.split()]
    return PathReport(
        vrf=vrf,
        prefix=prefix,
        peer="" if own else peer.interface or peer.peer_id,
        next_hop="" if own else plain_address(used),
        as_path=_as_path(path),
        local_pref=path.loc_prf,
        med=path.metric,
        communities=tuple(sorted(communities)),
        extended=_extended(path),
        best=path.bestpath.overall,
        multipath=path.multipath,
        leaked_from=path.nh_vrf_name if own and path.nh_vrf_name != vrf else "",
    )


def _as_path(path: _Path) -> str:
    return "" if path.aspath.string == "Local" else path.aspath.string


def _extended(path: _Path) -> tuple[str, ...]:
    return tuple(sorted(path.extended_community.string.split()))


# --- EVPN -------------------------------------------------------------------------------------------------------------


class _EvpnPrefix(msgspec.Struct, frozen=True, rename="camel"):
    route_type: int
    eth_tag: int = 0
    esi: str = ""
    mac: str = ""
    ip: str = ""
    ip_len: int = 0
    paths: tuple[tuple[_Path, ...], ...] = ()


def evpn_paths(answer: bytes) -> tuple[EvpnReport, ...]:
    """The answer to `EVPN_ROUTES`: all paths of all route distinguishers."""
    tables = _decoded(answer, dict[str, int | dict[str, str | _EvpnPrefix]], {})
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


def _evpn_path(rd: str, prefix: _EvpnPrefix, named: _Named, path: _Path) -> EvpnReport:
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
        esi=named.esi or ("" if prefix.esi.replace(":", "").strip("0") == "" else prefix.esi),
        mac=named.mac,
        ip=named.ip,
        next_hop=path.nexthops[0].ip if path.nexthops else "",
        as_path=_as_path(path),
        extended=_extended(path),
        labels=labels,
        local=local,
        best=path.bestpath.overall,
    )


# --- zebra's EVPN tables ----------------------------------------------------------------------------------------------


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
    for vni in _decoded(answer, list[_Vni], []):
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
        for vni, table in _decoded(answer, dict[str, _Macs], {}).items()
        for mac, row in table.macs.items()
    )


# --- interfaces -------------------------------------------------------------------------------------------------------


class _Address(msgspec.Struct, frozen=True):
    address: str


class _Interface(msgspec.Struct, frozen=True, rename="camel"):
    vrf_name: str = ""
    administrative_status: str = ""
    operational_status: str = ""
    mtu: int = 0
    hardware_address: str = ""
    ip_addresses: tuple[_Address, ...] = ()


def interfaces(answer: bytes) -> tuple[InterfaceReport, ...]:
    """The answer to `interface_command`."""
    return tuple(
        InterfaceReport(
            name=name,
            vrf=row.vrf_name,
            up=row.administrative_status == "up" and row.operational_status == "up",
            mtu=row.mtu,
            mac=row.hardware_address,
            addresses=tuple(a.address for a in row.ip_addresses),
        )
        for name, row in _decoded(answer, dict[str, _Interface], {}).items()
    )


# --- text -------------------------------------------------------------------------------------------------------------


def plain_address(address: str) -> str:
    """An IPv4 address that FRR writes as IPv4-mapped IPv6 (next hops of IPv6 routes over VXLAN) as IPv4 again."""
    if not address.startswith("::ffff:"):
        return address
    value = parse(address).value & 0xFFFFFFFF
    return ".".join(str(octet) for octet in value.to_bytes(4, "big"))


def route_targets(extended: tuple[str, ...]) -> tuple[str, ...]:
    """Route targets among extended communities; of type 4 routes the ES-import one as `es-import:mac`."""
    return tuple(sorted(_targets(extended)))


def _targets(extended: tuple[str, ...]) -> Iterator[str]:
    for community in extended:
        if community.startswith("RT:"):
            yield community[3:]
        elif community.startswith("ES-Import-Rt:"):
            yield "es-import:" + community[13:]


def router_mac(extended: tuple[str, ...]) -> str:
    """Router's MAC (RFC 9135 8.1) among extended communities, empty without one."""
    return next((community[5:] for community in extended if community.startswith("Rmac:")), "")


def _decoded(answer: bytes, kind: type[Answer], empty: Answer) -> Answer:
    """Decode, with `empty` for an empty answer. ValueError says that FRR's answer is not what we know."""
    if not answer.strip():
        return empty
    return msgspec.json.decode(answer, type=kind)
