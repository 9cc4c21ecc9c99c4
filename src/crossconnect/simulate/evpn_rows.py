"""Rows of the overlay: EVPN routes, flood lists, VNIs and MAC addresses."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.network_instance import NetworkInstance
from crossconnect.simulate.attachments import attached
from crossconnect.simulate.attributes import NOTHING, as_path_text
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
    local = _local_macs(settled)
    visibility = settled.overlay.visibility
    for (device, vni, mac), where in local.items():
        yield MacRow(device, vni, mac, "local", where)
    for device, node, instance in _mac_vrfs(settled):
        vni = instance.vni or 0
        remote: dict[str, str] = {}
        for route in settled.overlay.imported(instance.import_rts, device):
            if route.route_type == 2 and "/" not in route.key and visibility.best(route, node) != NOTHING:
                where = f"esi:{route.esi}" if route.esi else route.next_hop
                # Of two leaves that announce one MAC outside a segment, FRR takes the lower VTEP address.
                if route.key not in remote or _address_order(where) < _address_order(remote[route.key]):
                    remote[route.key] = where
        for mac, where in remote.items():
            if (device, vni, mac) not in local:
                yield MacRow(device, vni, mac, "remote", where)


def _address_order(where: str) -> tuple[int, ...]:
    return tuple(map(int, where.split("."))) if "." in where else ()


def _local_macs(settled: Settled) -> dict[tuple[str, int, str], str]:
    """By (device, VNI, MAC): the port, or the Ethernet segment, also where only another leaf's leg of it is up."""
    topology = settled.live.topology
    announced = {(r.device, r.rd, r.key) for r in settled.overlay.routes() if r.route_type == 2 and r.esi}
    found: dict[tuple[str, int, str], str] = {}
    for attachment in settled.network.attachments:
        instance = topology.instances[(attachment.leaf, attachment.endpoint.mac_vrf)]
        mac = attachment.host.mac
        if instance.vni is None or not settled.live.device_up(attachment.leaf):
            continue
        if attachment.esi:
            if (attachment.leaf, instance.rd, mac) in announced:
                found[(attachment.leaf, instance.vni, mac)] = f"esi:{attachment.esi}"
        elif attached(attachment, settled.live):
            found[(attachment.leaf, instance.vni, mac)] = attachment.port
    return found


def _mac_vrfs(settled: Settled) -> Iterator[tuple[str, int, NetworkInstance]]:
    """(device, node, instance) of every MAC-VRF with a VNI on a VTEP that is up."""
    topology = settled.live.topology
    for device in topology.blueprint.devices:
        node = topology.speaker_at.get((device.name, DEFAULT), NOTHING)
        if not device.vtep or node == NOTHING or not settled.live.device_up(device.name):
            continue
        for instance in device.network_instances:
            if instance.kind == "mac-vrf" and instance.vni is not None:
                yield device.name, node, instance
