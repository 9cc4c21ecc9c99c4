"""`router bgp` and `evpn`: the fabric's sessions, VRFs' sessions and routes, route targets of L2VNIs.

Sources: Cisco Nexus 9000 Series NX-OS Unicast Routing Configuration Guide 10.3(x) ("Configuring Basic BGP",
"Configuring Advanced BGP": `maximum-prefix`, `graceful-shutdown activate`, `bestpath as-path multipath-relax`,
interface peering), VXLAN Configuration Guide 10.3(x) ("Configuring VXLAN BGP EVPN": `advertise l2vpn evpn`, `retain
route-target all` and `set ip next-hop unchanged` on eBGP spines, `evpn` with `vni N l2`).

`redistribute direct` takes a route map in any case.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import FAMILIES, Bgp, Family, Neighbor, NeighborFamily
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.lines import Block, Entry, entry
from crossconnect.nos.nxos.names import CONNECTED, DENY_ALL, UNCHANGED, VERSION, one_line, route_map
from crossconnect.nos.nxos.policy import Use
from crossconnect.nos.secrets import secret_token

RESTART_S = 15
"""How long neighbours keep the routes of a router whose BGP restarts."""
_WORDS: dict[Family, str] = {
    "ipv4-unicast": "ipv4 unicast",
    "ipv6-unicast": "ipv6 unicast",
    "l2vpn-evpn": "l2vpn evpn",
}


def policy_uses(device: DeviceConfiguration) -> tuple[list[Use], set[str]]:
    """Policies that the device attaches, and the built-in route maps that it needs."""
    uses: list[Use] = []
    built_in: set[str] = set()
    for instance in device.network_instances:
        bgp = instance.bgp
        if bgp is None:
            continue
        for originate in bgp.originate:
            if originate.connected and originate.connected_policy:
                uses.append(Use(originate.connected_policy, VERSION[originate.family], bgp.asn))
            elif originate.connected:
                built_in.add(CONNECTED)
        for neighbor in bgp.neighbors:
            for family in neighbor.families:
                for name, direction in ((family.import_policy, "in"), (family.export_policy, "out")):
                    if name and VERSION[family.family]:
                        uses.append(Use(name, VERSION[family.family], bgp.asn))
                    elif words := _built_in(neighbor, family, direction):
                        built_in.add(words)
    return uses, built_in


def _built_in(neighbor: Neighbor, family: NeighborFamily, direction: str) -> str:
    """The route map that stands where no policy is attached; empty for none."""
    if neighbor.kind == "external":
        return DENY_ALL
    return UNCHANGED if family.next_hop_unchanged and direction == "out" else ""


def render_bgp(device: DeviceConfiguration) -> list[Entry]:
    """`router bgp`."""
    default = next((i for i in device.network_instances if i.kind == "default" and i.bgp), None)
    if default is None or default.bgp is None:
        return []
    bgp = default.bgp
    body: list[Entry] = [*_speaker(bgp), *_restart(bgp)]
    body += _families(bgp, None)
    for neighbor in bgp.neighbors:
        body.append(_neighbor(neighbor))
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.bgp is not None:
            body.append(_vrf(instance, instance.bgp))
    return [Block(f"router bgp {bgp.asn}", tuple(body))]


def _speaker(bgp: Bgp) -> Iterator[str]:
    yield f"router-id {bgp.router_id}"
    if bgp.multipath_relax:
        yield "bestpath as-path multipath-relax"
    yield "bestpath compare-routerid"
    if bgp.neighbors:
        yield f"reconnect-interval {min(n.connect_retry_s for n in bgp.neighbors)}"
    yield "log-neighbor-changes"


def _restart(bgp: Bgp) -> Iterator[str]:
    if bgp.graceful_restart:
        yield f"graceful-restart restart-time {RESTART_S}"
    else:
        yield "no graceful-restart"
    if bgp.graceful_shutdown:
        yield "graceful-shutdown activate"


def _families(bgp: Bgp, vrf: NetworkInstance | None) -> Iterator[Entry]:
    wanted = {f.family for n in bgp.neighbors for f in n.families} | {o.family for o in bgp.originate}
    if vrf is not None:
        wanted |= set(bgp.evpn_advertise)
    for family in FAMILIES:
        if family not in wanted:
            continue
        lines: list[str] = []
        for originate in bgp.originate:
            if originate.family == family:
                lines += [f"network {network}" for network in originate.networks]
        if vrf is not None and family in bgp.evpn_advertise:
            lines.append("advertise l2vpn evpn")
        for originate in bgp.originate:
            if originate.family == family and originate.connected:
                policy = originate.connected_policy
                name = route_map(policy, VERSION[family]) if policy else CONNECTED
                lines.append(f"redistribute direct route-map {name}")
        lines.append(f"maximum-paths {bgp.maximum_paths}")
        if family == "l2vpn-evpn" and any(f.next_hop_unchanged for n in bgp.neighbors for f in n.families):
            lines.append("retain route-target all")
        yield Block(f"address-family {_WORDS[family]}", tuple(lines))


def _neighbor(neighbor: Neighbor) -> Entry:
    body: list[Entry] = [f"remote-as {neighbor.remote_asn}"]
    if neighbor.description:
        body.append(f"description {one_line(neighbor.description)}")
    if neighbor.bfd:
        body.append("bfd")
    if neighbor.password:
        body.append(f"password 0 {secret_token(neighbor.password)}")
    body.append(f"timers {neighbor.keepalive_s} {neighbor.hold_time_s}")
    for family in neighbor.families:
        body.append(entry(f"address-family {_WORDS[family.family]}", tuple(_family(neighbor, family))))
    return Block(f"neighbor {neighbor.key}", tuple(body))


def _family(neighbor: Neighbor, family: NeighborFamily) -> Iterator[str]:
    yield "send-community"
    if family.family == "l2vpn-evpn":
        # Not to external peers: route targets of the fabric are nobody else's business.
        yield "send-community extended"
    version = VERSION[family.family]
    for policy, direction in ((family.import_policy, "in"), (family.export_policy, "out")):
        if policy and version:
            yield f"route-map {route_map(policy, version)} {direction}"
        elif words := _built_in(neighbor, family, direction):
            yield f"route-map {words} {direction}"
    if family.max_prefixes:
        yield f"maximum-prefix {family.max_prefixes}"


def _vrf(instance: NetworkInstance, bgp: Bgp) -> Entry:
    body: list[Entry] = [*_speaker(bgp), *_families(bgp, instance)]
    body += [_neighbor(neighbor) for neighbor in bgp.neighbors]
    return Block(f"vrf {instance.name}", tuple(body))


def render_evpn(device: DeviceConfiguration) -> list[Entry]:
    """`evpn`: route distinguisher and route targets of each L2VNI."""
    vnis: list[Entry] = []
    for instance in sorted(device.network_instances, key=lambda i: i.vni or 0):
        if instance.kind != "mac-vrf" or not instance.vni:
            continue
        lines = [f"rd {instance.rd}"]
        lines += [f"route-target import {target}" for target in instance.import_rts]
        lines += [f"route-target export {target}" for target in instance.export_rts]
        vnis.append(Block(f"vni {instance.vni} l2", tuple(lines)))
    return [Block("evpn", tuple(vnis))] if vnis else []
