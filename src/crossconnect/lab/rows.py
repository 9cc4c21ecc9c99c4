"""From what daemons report to rows of the state tables, with the blueprint to say what is what. Pure.

Link-local addresses cannot be foretold, so they are written as the neighbour that the blueprint has at that port; a
port that the `namespace` backend realises per tag (`swp3.101` bridged) is the port again; names that are artefacts
(bridges of L3VNIs) become the VNI they carry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import canonical_prefix, parse
from crossconnect.nos.frr.facts import IPV6_PEERS_NOT_COMPARED, Version
from crossconnect.nos.frr.paths import route_targets, router_mac
from crossconnect.nos.reports import (
    EvpnReport,
    InterfaceReport,
    MacReport,
    NextHop,
    PathReport,
    RibReport,
    SessionReport,
    VniReport,
)
from crossconnect.state.tables import (
    BgpRouteRow,
    BgpSessionRow,
    EvpnRouteRow,
    InterfaceRow,
    LldpRow,
    MacRow,
    RouteRow,
    VniRow,
    VtepRow,
)

LINK_LOCAL = ("fe8", "fe9", "fea", "feb")  # fe80::/10
PER_SEGMENT_TAG = (1 << 32) - 1  # RFC 7432 8.2.1: MAX-ET, auto-discovery per Ethernet segment
SHOWN_PROTOCOLS = frozenset({"connected", "bgp", "static"})


class DeviceReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one switch said."""

    sessions: tuple[SessionReport, ...] = ()
    rib: tuple[RibReport, ...] = ()
    paths: tuple[PathReport, ...] = ()
    evpn: tuple[EvpnReport, ...] = ()
    vnis: tuple[VniReport, ...] = ()
    macs: tuple[MacReport, ...] = ()
    interfaces: tuple[InterfaceReport, ...] = ()
    lldp: tuple[tuple[str, str, str], ...] = ()
    """(port, neighbour's system name, its port)"""


class Surroundings:
    """What the blueprint knows that rows need; made once per collection."""

    def __init__(self, blueprint: Blueprint, frr: Version = "8.4") -> None:
        self.frr: Version = frr
        self.devices: dict[str, DeviceConfiguration] = {device.name: device for device in blueprint.devices}
        self.at_port: dict[tuple[str, str], str] = {}
        self.fabric_ports: set[tuple[str, str]] = set()
        for wire in blueprint.wires:
            self.at_port[wire.a_device, wire.a_port] = wire.b_device
            self.at_port[wire.b_device, wire.b_port] = wire.a_device
            if wire.kind == "fabric":
                self.fabric_ports |= {(wire.a_device, wire.a_port), (wire.b_device, wire.b_port)}
        self.host_macs = {host.mac for host in blueprint.hosts}
        self.neighbors: dict[tuple[str, str, str], Neighbor] = {
            (device.name, instance.name, neighbor.key): neighbor
            for device in blueprint.devices
            for instance in device.network_instances
            if instance.bgp
            for neighbor in instance.bgp.neighbors
        }

    def neighbor_at(self, device: str, interface: str) -> str:
        """The device at the other end of an interface's cable; empty for none."""
        return self.at_port.get((device, _port(interface)), "")


def session_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[BgpSessionRow]:
    """One row per family of each session."""
    for session in report.sessions:
        neighbor = around.neighbors.get((device, session.vrf, session.peer))
        yield BgpSessionRow(
            device=device,
            vrf=session.vrf,
            peer=session.peer,
            family=session.family,
            remote_asn=session.remote_asn,
            remote_device=neighbor.device if neighbor else "",
            established=session.negotiated,
        )


def route_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[RouteRow]:
    """Selected routes; own addresses and link-local ones left out."""
    vni_of = {vni.bridge: vni.vni for vni in report.vnis if vni.kind == "l3"}
    for route in report.rib:
        if route.protocol not in SHOWN_PROTOCOLS or route.prefix.startswith(LINK_LOCAL):
            continue
        own = route.protocol == "connected" and route.prefix.endswith("/128" if ":" in route.prefix else "/32")
        if not own:
            hops = {_hop(device, hop, vni_of, around) for hop in route.next_hops}
            yield RouteRow(device, route.vrf, canonical_prefix(route.prefix), route.protocol, tuple(sorted(hops)))


def _hop(device: str, hop: NextHop, vni_of: Mapping[str, int], around: Surroundings) -> str:
    if not hop.address:
        return hop.interface
    if hop.interface in vni_of:
        return f"{hop.address}%{vni_of[hop.interface]}"
    return f"{_peer_address(device, hop.address, hop.interface, around)}%{hop.interface}"


def _peer_address(device: str, address: str, interface: str, around: Surroundings) -> str:
    if address.startswith(LINK_LOCAL):
        return around.neighbor_at(device, interface) or address
    return address


def bgp_route_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[BgpRouteRow]:
    """Paths of unicast tables; those that differ only in the spine they came over are one row."""
    groups: dict[tuple[str, str, str, str], list[PathReport]] = {}
    index = _EvpnIndex(report.evpn)
    for path in report.paths:
        peer, next_hop = _sender(device, path, index, around)
        groups.setdefault((path.vrf, path.prefix, peer, next_hop), []).append(path)
    arbitrary = _arbitrary_best(groups)
    if around.frr in IPV6_PEERS_NOT_COMPARED:
        arbitrary.update(_first_of_ipv6_peers(groups))
    # FRR 8.4 marks in some answers only the others of a set as multipath, not the best one.
    shared = _shared(report.paths)
    for (vrf, prefix, peer, next_hop), paths in groups.items():
        # Which of the leaked paths in use is best depends on which came first; they have one sender and no next hop.
        chance = peer.startswith("vrf:")
        shown = min(
            paths,
            key=lambda p: (
                not (p.best or (chance and p.multipath)),
                not (p.multipath or chance),
                -p.local_pref,
                p.as_path.count(" "),
                p.as_path,
            ),
        )
        yield BgpRouteRow(
            device=device,
            vrf=vrf,
            prefix=canonical_prefix(prefix),
            peer=peer,
            next_hop=next_hop,
            as_path=shown.as_path,
            local_pref=shown.local_pref,
            med=shown.med,
            communities=shown.communities,
            best=(peer, next_hop) == best if (best := arbitrary.get((vrf, prefix))) else any(p.best for p in paths),
            multipath=(vrf, prefix) in shared and any(p.multipath or p.best for p in paths),
        )


def _shared(paths: Iterable[PathReport]) -> set[tuple[str, str]]:
    """(VRF, prefix) of routes that several next hops are used for.

    FRR 10.x marks paths of one next hop as multipath too (a VTEP's route over two spines), 8.4 does not
    (`MULTIPATH_TAKES_EVERY_PATH` in nos.frr.facts); both forward over that one next hop.
    """
    hops: dict[tuple[str, str], set[tuple[str, str]]] = {}
    marked: set[tuple[str, str]] = set()
    for path in paths:
        if path.best or path.multipath:
            hops.setdefault((path.vrf, path.prefix), set()).add((path.forwards_to, path.leaked_from))
        if path.multipath:
            marked.add((path.vrf, path.prefix))
    return {route for route in marked if len(hops[route]) > 1}


def _arbitrary_best(
    groups: Mapping[tuple[str, str, str, str], Sequence[PathReport]],
) -> dict[tuple[str, str], tuple[str, str]]:
    """(VRF, prefix) -> (peer, next hop) of the path to be called best where FRR has no reason for its own choice.

    Routes of several VTEPs that tie and came over one session have senders' router ids and addresses in common too:
    "Nothing left to compare", and the order of arrival decides. All are used; the lowest next hop is named here.
    """
    session: dict[tuple[str, str], str] = {}
    for (vrf, prefix, peer, _), paths in groups.items():
        if peer.startswith("evpn:"):
            session.update(((vrf, prefix), path.peer) for path in paths if path.best)
    chosen: dict[tuple[str, str], tuple[str, str]] = {}
    for (vrf, prefix, peer, next_hop), paths in groups.items():
        over = session.get((vrf, prefix))
        used = any(path.best or path.multipath for path in paths)
        if over is not None and used and peer.startswith("evpn:") and any(path.peer == over for path in paths):
            known = chosen.get((vrf, prefix))
            if known is None or _order(peer, next_hop) < _order(*known):
                chosen[vrf, prefix] = (peer, next_hop)
    return chosen


def _first_of_ipv6_peers(
    groups: Mapping[tuple[str, str, str, str], Sequence[PathReport]],
) -> dict[tuple[str, str], tuple[str, str]]:
    """The same for IPv6 sessions with one router over several links (`IPV6_PEERS_NOT_COMPARED`): the lowest address."""
    used: dict[tuple[str, str, str], list[str]] = {}
    best: set[tuple[str, str, str]] = set()
    for (vrf, prefix, peer, next_hop), paths in groups.items():
        if ":" in peer and not peer.startswith(("evpn:", "vrf:")) and any(p.best or p.multipath for p in paths):
            used.setdefault((vrf, prefix, next_hop), []).append(peer)
            if any(p.best for p in paths):
                best.add((vrf, prefix, next_hop))
    return {
        (vrf, prefix): (min(used[vrf, prefix, hop], key=lambda p: parse(p).value), hop) for vrf, prefix, hop in best
    }


def _order(peer: str, next_hop: str) -> tuple[int, str]:
    return parse(next_hop).value, peer


def _sender(device: str, path: PathReport, index: _EvpnIndex, around: Surroundings) -> tuple[str, str]:
    if path.leaked_from:
        return f"vrf:{path.leaked_from}", ""
    if not path.peer:
        return "local", ""
    neighbor = around.neighbors.get((device, path.vrf, path.peer))
    if neighbor is None:
        return f"evpn:{index.distinguisher(path)}", path.next_hop
    if path.next_hop.startswith(LINK_LOCAL):
        return path.peer, neighbor.device
    return path.peer, path.next_hop


class _Imported(NamedTuple):
    prefix: str
    next_hop: str
    extended: tuple[str, ...]


class _EvpnIndex:
    """Which EVPN route a path of a VRF was imported from: FRR does not say in JSON, but prefix, next hop and extended
    communities are its own."""

    def __init__(self, evpn: Iterable[EvpnReport]) -> None:
        self._by_path: dict[_Imported, str] = {}
        for path in evpn:
            prefix = ""
            if path.route_type == 5:
                prefix = path.ip
            elif path.route_type == 2 and path.ip:
                prefix = path.ip + ("/128" if ":" in path.ip else "/32")
            if prefix and not path.local:
                self._by_path[_Imported(prefix, path.next_hop, path.extended)] = path.rd

    def distinguisher(self, path: PathReport) -> str:
        """The route distinguisher, `?` when no EVPN route fits."""
        return self._by_path.get(_Imported(path.prefix, path.next_hop, path.extended), "?")


def evpn_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[EvpnRouteRow]:
    """Best paths. MAC addresses that are no host's, and link-local addresses, are left out."""
    for path in report.evpn:
        if not path.best:
            continue
        if path.route_type == 2 and (path.mac not in around.host_macs or path.ip.startswith(LINK_LOCAL)):
            continue
        per_segment = path.route_type == 4 or (path.route_type == 1 and path.ethernet_tag == PER_SEGMENT_TAG)
        yield EvpnRouteRow(
            device=device,
            # FRR picks the number of these route distinguishers at run time.
            rd=f"{path.rd.partition(':')[0]}:0" if per_segment else path.rd,
            route_type=path.route_type,
            key=_evpn_key(path),
            next_hop=path.next_hop,
            route_targets=route_targets(path.extended),
            # Of the other types only the originator shows the label, and nobody who has received it.
            labels=path.labels if path.route_type in (2, 5) else (),
            router_mac=router_mac(path.extended),
            esi=path.esi,
            as_path=path.as_path,
            local=path.local,
        )


def _evpn_key(path: EvpnReport) -> str:
    match path.route_type:
        case 1:
            return f"{path.esi}/{path.ethernet_tag}"
        case 2:
            return f"{path.mac}/{path.ip}" if path.ip else path.mac
        case 4:
            return f"{path.esi}/{path.ip}"
        case _:
            return path.ip


def vtep_rows(device: str, report: DeviceReport) -> Iterator[VtepRow]:
    """Flood lists of L2VNIs."""
    for vni in report.vnis:
        if vni.kind == "l2":
            for remote in vni.remote_vteps:
                yield VtepRow(device, vni.vni, remote)


def vni_rows(device: str, report: DeviceReport) -> Iterator[VniRow]:
    """VNIs with their VRF."""
    for vni in report.vnis:
        yield VniRow(device, vni.vni, vni.kind, vni.vrf)


def mac_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[MacRow]:
    """Hosts' MAC addresses."""
    for mac in report.macs:
        if mac.mac in around.host_macs:
            where = f"esi:{mac.esi}" if mac.esi else _port(mac.interface) if mac.local else mac.vtep
            yield MacRow(device, mac.vni, mac.mac, "local" if mac.local else "remote", where)


def interface_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[InterfaceRow]:
    """Interfaces that the blueprint configures, but for the management port."""
    reported = {interface.name: interface for interface in report.interfaces if interface.name != "lo"}
    reported.update({i.name: i for i in report.interfaces if i.name == "lo" and i.vrf == "default"})
    for interface in around.devices[device].interfaces:
        found = reported.get(interface.name)
        if found is None or interface.kind == "management":
            continue
        routed = bool(interface.addresses) or interface.unnumbered
        addresses = (address for address in found.addresses if not address.startswith(LINK_LOCAL))
        yield InterfaceRow(
            device=device,
            interface=interface.name,
            # Where a bridged port lives is the backend's affair.
            vrf=found.vrf if routed else interface.network_instance,
            kind=interface.kind,
            up=found.up,
            mtu=found.mtu,
            mac=found.mac if interface.mac else "",
            addresses=tuple(sorted(addresses)),
        )


def lldp_rows(device: str, report: DeviceReport, around: Surroundings) -> Iterator[LldpRow]:
    """Neighbours on fabric ports."""
    for port, neighbor, neighbor_port in report.lldp:
        if (device, port) in around.fabric_ports:
            yield LldpRow(device, port, neighbor, neighbor_port)


def _port(interface: str) -> str:
    return interface.partition(".")[0]
