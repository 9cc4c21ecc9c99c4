"""Rows of the overlay: EVPN routes, flood lists, VNIs and MAC addresses."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.network_instance import NetworkInstance
from crossconnect.simulate.attachments import heard_at
from crossconnect.simulate.attributes import NOTHING, as_path_text
from crossconnect.simulate.evpn import ETHERNET_TAG_SEGMENT
from crossconnect.simulate.network import Settled
from crossconnect.simulate.topology import DEFAULT
from crossconnect.state.tables import EvpnRouteRow, MacRow, VniRow, VtepRow

ALL_TYPES = frozenset({1, 2, 3, 4, 5})


def evpn_route_rows(settled: Settled, types: frozenset[int] = ALL_TYPES) -> Iterator[EvpnRouteRow]:
    """Every EVPN route at every switch that has it, in the order of keys; switches keep routes whether they import
    them or not."""
    nodes = [speaker for speaker in settled.live.topology.speakers if speaker.vrf == DEFAULT]
    paths = settled.network.table.paths
    texts: dict[tuple[int, ...], str] = {}
    chosen = (route for route in settled.overlay.routes() if route.route_type in types)
    routes = sorted(chosen, key=lambda r: (r.rd, r.route_type, r.key))
    spreads = [settled.overlay.visibility.spread_of(route).attributes for route in routes]
    for node in sorted(nodes, key=lambda speaker: speaker.device):
        index, device = node.index, node.device
        for route, attributes in zip(routes, spreads, strict=True):
            number = attributes[index]
            if number == NOTHING:
                continue
            path = paths[number]
            text = texts.get(path)
            if text is None:
                text = texts[path] = as_path_text(path)
            yield EvpnRouteRow(
                device,
                route.rd,
                route.route_type,
                route.key,
                route.next_hop,
                route.route_targets,
                route.labels,
                route.router_mac,
                route.esi,
                text,
                index == route.speaker,
            )


def vtep_rows(settled: Settled) -> Iterator[VtepRow]:
    """Flood lists: type-3 routes that a MAC-VRF imports."""
    visibility = settled.overlay.visibility
    for device, node, instance in _mac_vrfs(settled):
        remotes = {
            route.next_hop
            for route in settled.overlay.imported(instance.import_rts, device)
            if route.route_type == 3 and visibility.best(route, node) != NOTHING
        }
        for remote in remotes:
            yield VtepRow(device, instance.vni or 0, remote)


def vni_rows(settled: Settled) -> Iterator[VniRow]:
    """VNIs of all VTEPs that are up."""
    for device in settled.live.topology.blueprint.devices:
        if not device.vtep or not settled.live.device_up(device.name):
            continue
        for instance in device.network_instances:
            if instance.vni is not None:
                layer3 = instance.kind == "l3vrf"
                vrf = instance.name if layer3 else instance.l3vrf or DEFAULT
                yield VniRow(device.name, instance.vni, "l3" if layer3 else "l2", vrf)


def mac_rows(settled: Settled) -> Iterator[MacRow]:
    """Hosts' MAC addresses in L2VNIs. A MAC that is local stays so whatever others announce; on an Ethernet segment it
    is local at all of the segment's leaves."""
    for device in settled.live.topology.blueprint.devices:
        yield from mac_rows_of(settled, device.name)


def mac_rows_of(settled: Settled, device: str) -> Iterator[MacRow]:
    """`mac_rows` of one switch."""
    local = _local_macs(settled, device)
    visibility = settled.overlay.visibility
    for (vni, mac), where in local.items():
        yield MacRow(device, vni, mac, "local", where)
    for node, instance in _mac_vrfs_of(settled, device):
        vni = instance.vni or 0
        remote: dict[str, str] = {}
        for route in settled.overlay.imported(instance.import_rts, device):
            if route.route_type == 2 and "/" not in route.key and visibility.best(route, node) != NOTHING:
                where = f"esi:{route.esi}" if route.esi else route.next_hop
                # Of two leaves that announce one MAC outside a segment, FRR takes the lower VTEP address.
                if route.key not in remote or _address_order(where) < _address_order(remote[route.key]):
                    remote[route.key] = where
        for mac, where in remote.items():
            if (vni, mac) not in local:
                yield MacRow(device, vni, mac, "remote", where)


def segment_vteps(settled: Settled, device: str, esi: str) -> tuple[str, ...] | None:
    """VTEPs of an Ethernet segment's leaves whose leg is up, as a device knows them: those that announce type 1 per
    segment (RFC 7432 8.4). None where it knows of none."""
    node = settled.live.topology.speaker_at.get((device, DEFAULT), NOTHING)
    if node == NOTHING:
        return None
    visibility = settled.overlay.visibility
    suffix = f"/{ETHERNET_TAG_SEGMENT}"
    found = {
        route.next_hop
        for route in settled.segment_routes.get(esi, ())
        if route.key.endswith(suffix) and visibility.best(route, node) != NOTHING
    }
    return tuple(sorted(found)) or None


def _address_order(where: str) -> tuple[int, ...]:
    return tuple(map(int, where.split("."))) if "." in where else ()


def _local_macs(settled: Settled, device: str) -> dict[tuple[int, str], str]:
    """By (VNI, MAC): the port, or the Ethernet segment, also where only another leaf's leg of it is up."""
    topology = settled.live.topology
    found: dict[tuple[int, str], str] = {}
    if not settled.live.device_up(device):
        return found
    for attachment in settled.network.attachments_at.get(device, ()):
        instance = topology.instances[(device, attachment.endpoint.mac_vrf)]
        mac = attachment.host.mac
        if instance.vni is None:
            continue
        if attachment.esi:
            routes = settled.segment_routes.get(attachment.esi, ())
            if any(r.route_type == 2 and (r.device, r.rd, r.key) == (device, instance.rd, mac) for r in routes):
                found[(instance.vni, mac)] = f"esi:{attachment.esi}"
        elif port := heard_at(attachment, settled.live):
            found[(instance.vni, mac)] = port
    return found


def _mac_vrfs(settled: Settled) -> Iterator[tuple[str, int, NetworkInstance]]:
    """(device, node, instance) of every MAC-VRF with a VNI on a VTEP that is up."""
    for device in settled.live.topology.blueprint.devices:
        for node, instance in _mac_vrfs_of(settled, device.name):
            yield device.name, node, instance


def _mac_vrfs_of(settled: Settled, name: str) -> Iterator[tuple[int, NetworkInstance]]:
    """`_mac_vrfs` of one switch."""
    topology = settled.live.topology
    device = topology.devices[name]
    node = topology.speaker_at.get((name, DEFAULT), NOTHING)
    if not device.vtep or node == NOTHING or not settled.live.device_up(name):
        return
    for instance in device.network_instances:
        if instance.kind == "mac-vrf" and instance.vni is not None:
            yield node, instance
