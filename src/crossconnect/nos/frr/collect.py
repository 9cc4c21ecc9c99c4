"""What FRR says of itself: the commands to ask, and its JSON answers as records. Pure; who asks is not our business.

Addresses and names stay as FRR has them, only put into canonical form (an IPv4 next hop of an IPv6 route is IPv4
again, AS path `Local` is empty, communities are sorted). What they mean in a region, and which of them a table wants,
is decided by whoever knows the blueprint.

Answers differ by version: fields are taken where 8.4 and 10.x have them; what is not known is left alone.
"""

from __future__ import annotations

import msgspec

from crossconnect.nos.frr.facts import OWN_ADDRESS_PROTOCOLS
from crossconnect.nos.frr.paths import Path, Sender, as_path_of, decoded, extended_of, plain_address
from crossconnect.nos.reports import (
    InterfaceReport,
    NextHop,
    PathReport,
    RibReport,
    SessionReport,
    SummaryReport,
)

SESSIONS = "show bgp vrf all neighbors json"
SUMMARY = "show bgp vrf all summary json"

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
    for vrf, peers in decoded(answer, dict[str, dict[str, _Neighbor | int | str]], {}).items():
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
        for vrf, families in decoded(answer, _Summary, {}).items()
        for name, family in families.items()
        for peer, row in family.peers.items()
    )


def versions(answer: bytes) -> tuple[tuple[str, str, int, int], ...]:
    """Of the answer to `SUMMARY`: (VRF, family, table version, prefixes). Equal while no table changes."""
    return tuple(
        (vrf, name, family.table_version, family.rib_count)
        for vrf, families in decoded(answer, _Summary, {}).items()
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
    for prefix, routes in decoded(answer, dict[str, tuple[_RibRoute, ...]], {}).items():
        for route in routes:
            if route.selected and route.protocol not in OWN_ADDRESS_PROTOCOLS:
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


class _BgpPrefix(msgspec.Struct, frozen=True):
    """A prefix as 10.x writes it; 8.4 has the bare list of paths."""

    paths: tuple[Path, ...] = ()


class _BgpTable(msgspec.Struct, frozen=True, rename="camel"):
    vrf_name: str = ""
    routes: dict[str, tuple[Path, ...] | _BgpPrefix] = {}


def bgp_paths(answer: bytes) -> tuple[PathReport, ...]:
    """The answer to `bgp_command`: all paths."""
    table = decoded(answer, _BgpTable, _BgpTable())
    reports: list[PathReport] = []
    for prefix, entry in table.routes.items():
        paths = entry.paths if isinstance(entry, _BgpPrefix) else entry
        reports += [_path(table.vrf_name, prefix, path, path.peer) for path in paths if path.peer is not None]
    return tuple(reports)


def _path(vrf: str, prefix: str, path: Path, peer: Sender) -> PathReport:
    own = peer.peer_id in ("0.0.0.0", "::", "(unspec)", "")
    used = next((hop.ip for hop in path.nexthops if hop.used), path.nexthops[0].ip if path.nexthops else "")
    communities = [*path.community.string.split(), *path.large_community.string.split()]
    return PathReport(
        vrf=vrf,
        prefix=prefix,
        peer="" if own else peer.interface or peer.peer_id,
        next_hop="" if own else plain_address(used),
        forwards_to=plain_address(used),
        as_path=as_path_of(path),
        local_pref=path.loc_prf,
        med=path.metric,
        communities=tuple(sorted(communities)),
        extended=extended_of(path),
        best=path.bestpath.overall,
        multipath=path.multipath,
        leaked_from=path.nh_vrf_name if own and path.nh_vrf_name != vrf else "",
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
        for name, row in decoded(answer, dict[str, _Interface], {}).items()
    )
