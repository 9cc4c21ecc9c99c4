"""`router bgp`: the fabric's sessions and EVPN, MAC-VRFs as `vlan`, IP-VRFs as `vrf`; leaks in `router general`.

Sources: EOS User Manual, "BGP" (`neighbor`, `maximum-paths`, `bgp missing-policy`, `graceful-restart`,
`maximum-accepted-routes`, `next-hop address-family ipv6 originate` for RFC 8950, `neighbor interface`), "EVPN Overview"
and "Configuring EVPN" (`address-family evpn`, `vlan N` with `rd`, `route-target`, `redistribute learned`; `vrf` with
`route-target import evpn`; `bgp next-hop-unchanged` on spines), "Inter-VRF Local Route Leaking" (`router general`).

A session accepts 12,000 routes by default: `maximum-routes 0` takes that away, and limits of the design are
`maximum-accepted-routes`, after the import policy. `bgp missing-policy` is RFC 8212 for the sessions of VRFs; those of
the fabric have no policies.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import FAMILIES, Bgp, Family, Neighbor, NeighborFamily
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.eos.names import DENY_ALL, DRAINED_IN, DRAINED_OUT, VERSION, one_line, route_map
from crossconnect.nos.eos.policy import Use
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.secrets import secret_token

RESTART_S = 15
"""How long neighbours keep the routes of a router whose BGP restarts."""
_WORDS: dict[Family, str] = {"ipv4-unicast": "ipv4", "ipv6-unicast": "ipv6", "l2vpn-evpn": "evpn"}


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
                uses.append(Use(originate.connected_policy, 0, bgp.asn))
        if instance.imports and instance.imports_policy:
            uses.append(Use(instance.imports_policy, 0, bgp.asn))
        for neighbor in bgp.neighbors:
            for family in neighbor.families:
                for name, direction in ((family.import_policy, "in"), (family.export_policy, "out")):
                    if name and VERSION[family.family]:
                        uses.append(
                            Use(name, VERSION[family.family], bgp.asn, direction if bgp.graceful_shutdown else "")
                        )
                    elif words := _built_in(bgp, neighbor, direction):
                        built_in.add(words)
    return uses, built_in


def _built_in(bgp: Bgp, neighbor: Neighbor, direction: str) -> str:
    """The route map that stands where no policy is attached; empty for none."""
    if neighbor.kind == "external":
        return DENY_ALL
    if bgp.graceful_shutdown:
        return DRAINED_IN if direction == "in" else DRAINED_OUT
    return ""


def render_bgp(device: DeviceConfiguration) -> list[Entry]:
    """`router bgp`, and `router general` where routes are leaked."""
    default = next((i for i in device.network_instances if i.kind == "default" and i.bgp), None)
    if default is None or default.bgp is None:
        return []
    bgp = default.bgp
    body: list[Entry] = [*_speaker(bgp), "no bgp default ipv4-unicast", *_restart(bgp)]
    body += _groups(bgp)
    for neighbor in bgp.neighbors:
        body += _neighbor(neighbor)
    body += [f"network {n}" for o in bgp.originate for n in o.networks]
    for instance in sorted(device.network_instances, key=lambda i: i.vlan or 0):
        if instance.kind == "mac-vrf" and instance.rd and bgp.advertise_all_vni:
            body.append(_mac_vrf(instance))
    body += _families(bgp)
    for instance in device.network_instances:
        if instance.kind == "l3vrf":
            body.append(_vrf(instance))
    return [Block(f"router bgp {bgp.asn}", tuple(body)), *_leaks(device)]


def _speaker(bgp: Bgp) -> Iterator[str]:
    yield f"router-id {bgp.router_id}"
    yield f"maximum-paths {bgp.maximum_paths} ecmp {bgp.maximum_paths}"
    yield "bgp bestpath tie-break router-id"
    yield "bgp bestpath as-path multipath-relax" if bgp.multipath_relax else "no bgp bestpath as-path multipath-relax"


def _restart(bgp: Bgp) -> Iterator[str]:
    if bgp.graceful_restart:
        yield f"graceful-restart restart-time {RESTART_S}"
        yield "graceful-restart"
    else:
        yield "no graceful-restart"
        yield "no graceful-restart-helper"


def _group_of(neighbor: Neighbor) -> str:
    return f"unnumbered-{neighbor.remote_asn}"


def _groups(bgp: Bgp) -> Iterator[str]:
    """Sessions over unnumbered links have their settings from a group, one per ASN."""
    seen: set[str] = set()
    for neighbor in bgp.neighbors:
        if not neighbor.interface or _group_of(neighbor) in seen:
            continue
        seen.add(_group_of(neighbor))
        yield f"neighbor {_group_of(neighbor)} peer group"
        yield from _settings(_group_of(neighbor), neighbor)


def _neighbor(neighbor: Neighbor) -> Iterator[str]:
    if neighbor.interface:
        group = f"peer-group {_group_of(neighbor)} remote-as {neighbor.remote_asn}"
        yield f"neighbor interface {neighbor.interface} {group}"
        return
    yield f"neighbor {neighbor.address} remote-as {neighbor.remote_asn}"
    yield from _settings(neighbor.address, neighbor)


def _settings(key: str, neighbor: Neighbor) -> Iterator[str]:
    n = f"neighbor {key}"
    if neighbor.description and not neighbor.interface:
        yield f"{n} description {one_line(neighbor.description)}"
    if neighbor.bfd:
        yield f"{n} bfd"
    yield f"{n} timers {neighbor.keepalive_s} {neighbor.hold_time_s}"
    if neighbor.password:
        yield f"{n} password 0 {secret_token(neighbor.password)}"
    yield f"{n} send-community"
    yield f"{n} maximum-routes 0"
    if limit := max((f.max_prefixes for f in neighbor.families), default=0):
        yield f"{n} maximum-accepted-routes {limit}"
    if neighbor.kind == "external":
        yield f"{n} enforce-first-as"


def _families(bgp: Bgp) -> Iterator[Entry]:
    for family in ("l2vpn-evpn", *FAMILIES[:2]):
        body: list[Entry] = []
        keys: set[str] = set()
        unchanged = False
        for neighbor in bgp.neighbors:
            key = _group_of(neighbor) if neighbor.interface else neighbor.address
            for of in neighbor.families:
                if of.family == family and key not in keys:
                    keys.add(key)
                    unchanged = unchanged or of.next_hop_unchanged
                    body += _family(key, neighbor, of, bgp)
        if unchanged:
            body.insert(0, "bgp next-hop-unchanged")
        if body:
            yield Block(f"address-family {_WORDS[family]}", tuple(body))


def _family(key: str, neighbor: Neighbor, family: NeighborFamily, bgp: Bgp) -> Iterator[str]:
    """Filters before `activate`: at no moment is the session open without them."""
    n = f"neighbor {key}"
    version = VERSION[family.family]
    for policy, direction in ((family.import_policy, "in"), (family.export_policy, "out")):
        if policy and version:
            yield f"{n} route-map {route_map(policy, version)} {direction}"
        elif words := _built_in(bgp, neighbor, direction):
            yield f"{n} route-map {words} {direction}"
    if neighbor.extended_next_hop and family.family == "ipv4-unicast":
        yield f"{n} next-hop address-family ipv6 originate"
    yield f"{n} activate"


def _mac_vrf(instance: NetworkInstance) -> Entry:
    body = [f"rd {instance.rd}"]
    if instance.import_rts == instance.export_rts:
        body += [f"route-target both {target}" for target in instance.import_rts]
    else:
        body += [f"route-target import {target}" for target in instance.import_rts]
        body += [f"route-target export {target}" for target in instance.export_rts]
    return Block(f"vlan {instance.vlan}", (*body, "redistribute learned"))


def _vrf(instance: NetworkInstance) -> Entry:
    body: list[Entry] = [f"rd {instance.rd}"] if instance.rd else []
    body += [f"route-target import evpn {target}" for target in instance.import_rts]
    body += [f"route-target export evpn {target}" for target in instance.export_rts]
    bgp = instance.bgp
    if bgp is not None:
        body += _speaker(bgp)
        body += [f"bgp missing-policy direction {way} action deny" for way in ("in", "out")]
        for neighbor in bgp.neighbors:
            body += _neighbor(neighbor)
        connected = [o for o in bgp.originate if o.connected]
        if connected:
            policy = next((o.connected_policy for o in connected if o.connected_policy), "")
            body.append("redistribute connected" + (f" route-map {policy}" if policy else ""))
        body += [f"network {n}" for o in bgp.originate for n in o.networks]
        body += _families(bgp)
    return Block(f"vrf {instance.name}", tuple(body))


def _leaks(device: DeviceConfiguration) -> list[Entry]:
    """Routes of other VRFs, into the routing table only: BGP does not announce them again."""
    vrfs: list[Entry] = []
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.imports:
            policy = instance.imports_policy
            by = f" subscribe-policy {policy}" if policy else ""
            lines = tuple(f"leak routes source-vrf {name}{by}" for name in instance.imports)
            vrfs.append(Block(f"vrf {instance.name}", lines))
    return [Block("router general", tuple(vrfs))] if vrfs else []
