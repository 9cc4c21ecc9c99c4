"""EVPN: L2VNIs with their route distinguishers and targets, L3VNIs and type-5 routes (RFC 7432, 8365, 9135, 9136)."""

from __future__ import annotations

from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.frr.names import FAMILY_VERSION, FAMILY_WORDS, route_map_name
from crossconnect.nos.frr.tree import Block, Entry

_HEADER = "address-family l2vpn evpn"
_EXIT = "exit-address-family"


def default_instance_evpn(device: DeviceConfiguration, bgp: Bgp, neighbors: list[str]) -> list[Entry]:
    """EVPN of the fabric's sessions; on a VTEP also its MAC-VRFs.

    `advertise-all-vni` comes first: before it, 8.4 refuses distinguishers and targets of a VNI.
    """
    body: list[Entry] = list(neighbors)
    if bgp.advertise_all_vni:
        body.append("advertise-all-vni")
        segments = [i for i in device.network_instances if i.kind == "mac-vrf" and i.vni]
        segments.sort(key=lambda i: i.vni or 0)
        body += [Block(f"vni {i.vni}", _targets(i), "exit-vni") for i in segments]
    return [Block(_HEADER, tuple(body), _EXIT)] if body else []


def vrf_instance_evpn(instance: NetworkInstance, bgp: Bgp) -> list[Entry]:
    """Type-5 routes of an IP-VRF."""
    if not instance.vni:
        return []
    body: list[Entry] = [*_targets(instance)]
    for family in bgp.evpn_advertise:
        policy = bgp.evpn_advertise_policy
        line = f"advertise {FAMILY_WORDS[family]}"
        body.append(f"{line} route-map {route_map_name(policy, FAMILY_VERSION[family])}" if policy else line)
    return [Block(_HEADER, tuple(body), _EXIT)] if body else []


def render_vrfs(device: DeviceConfiguration) -> list[Entry]:
    """`vrf` blocks: L3VNIs, and the management VRF's default routes."""
    blocks: list[Entry] = []
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.vni:
            # Without the L3VNI in type-2 routes nobody makes host routes of them.
            suffix = "" if instance.host_routes else " prefix-routes-only"
            blocks.append(Block(f"vrf {instance.name}", (f"vni {instance.vni}{suffix}",), "exit-vrf"))
        elif instance.kind == "management" and device.system.management_gateways:
            routes = tuple(
                f"ipv6 route ::/0 {gateway}" if ":" in gateway else f"ip route 0.0.0.0/0 {gateway}"
                for gateway in device.system.management_gateways
            )
            blocks.append(Block(f"vrf {instance.name}", routes, "exit-vrf"))
    return blocks


def _targets(instance: NetworkInstance) -> tuple[str, ...]:
    lines = [f"rd {instance.rd}"] if instance.rd else []
    lines += [f"route-target import {target}" for target in instance.import_rts]
    lines += [f"route-target export {target}" for target in instance.export_rts]
    return tuple(lines)
