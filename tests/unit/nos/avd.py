"""A device in the words of pyavd's structured configuration (schema `eos_cli_config_gen`), of which pyavd renders the
same text by code that is not ours. Written from that schema."""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.mlag import Mlag
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.eos.interfaces import bfd_interfaces

Value = dict[str, object]
_FAMILY = {"ipv4-unicast": "ipv4", "ipv6-unicast": "ipv6", "l2vpn-evpn": "evpn"}


def structured(device: DeviceConfiguration) -> Value:
    """Interfaces, VLANs, VRFs, VXLAN and BGP."""
    instances = device.network_instances
    default = next(i for i in instances if i.kind == "default")
    macs = {i.mac for i in device.interfaces if i.mac}
    unnumbered = any(i.unnumbered for i in device.interfaces)
    out: Value = {
        "hostname": device.name,
        "service_routing_protocols_model": "multi-agent",
        "vlan_internal_order": {"allocation": "descending", "range": {"beginning": 4000, "ending": 4094}},
        "spanning_tree": {"mode": "mstp", **_without_spanning_tree(device)},
        "vlans": [*({"id": i.vlan, "name": i.name} for i in instances if i.kind == "mac-vrf"), *_pair_vlans(device)],
        "vrfs": [_vrf(i) for i in instances if i.kind in ("l3vrf", "management")],
        "ethernet_interfaces": [
            _port(device, i) for i in _of(device, "ethernet", "subinterface") if not _routes(device, i)
        ],
        "port_channel_interfaces": [_bond(device, i) for i in _of(device, "lag")],
        "loopback_interfaces": [_addressed(i) for i in _of(device, "loopback")],
        "vlan_interfaces": [
            *(_gateway(i) | _filters(device, i) for i in _of(device, "irb")),
            *_pair_interfaces(device),
        ],
        "ip_routing": True,
        "ip_routing_ipv6_interfaces": unnumbered,
        "ipv6_unicast_routing": True,
        "router_bgp": _router(device, default),
    }
    if macs:
        out["ip_virtual_router_mac_address"] = min(macs)
    if device.vtep:
        out["vxlan_interface"] = {"vxlan1": {"vxlan": _vxlan(device)}}
    if device.mlag is not None:
        out["mlag_configuration"] = _pair(device, device.mlag)
    return out


def _routes(device: DeviceConfiguration, interface: Interface) -> bool:
    """Whether it is the VLAN on which a pair routes."""
    return device.mlag is not None and interface.name == device.mlag.routed


def _without_spanning_tree(device: DeviceConfiguration) -> Value:
    mlag = device.mlag
    return {} if mlag is None else {"no_spanning_tree_vlan": f"{mlag.routed_vlan}-{mlag.control_vlan}"}


def _pair_vlans(device: DeviceConfiguration) -> list[Value]:
    mlag = device.mlag
    if mlag is None:
        return []
    named = ((mlag.routed_vlan, "mlag-routed"), (mlag.control_vlan, "mlag-control"))
    return [{"id": vlan, "name": name, "trunk_groups": ["xc-mlag"]} for vlan, name in named]


def _pair_interfaces(device: DeviceConfiguration) -> list[Value]:
    mlag = device.mlag
    if mlag is None:
        return []
    (routed,) = (i for i in device.interfaces if _routes(device, i))
    assert device.bfd is not None
    interval = device.bfd.interval_ms
    bfd = {"interval": interval, "min_rx": interval, "multiplier": device.bfd.multiplier}
    control: Value = {
        "name": f"Vlan{mlag.control_vlan}",
        "description": f"MLAG control to {mlag.peer}",
        "no_autostate": True,
        "ip_address": mlag.control_address,
    }
    return [{**_addressed(routed), "mtu": routed.mtu, "bfd": bfd}, control]


def _pair(device: DeviceConfiguration, mlag: Mlag) -> Value:
    return {
        "domain_id": mlag.name,
        "local_interface": f"Vlan{mlag.control_vlan}",
        "peer_address": mlag.control_peer,
        "peer_address_heartbeat": {"peer_ip": mlag.keepalive_peer, "vrf": device.system.management_vrf},
        "dual_primary_detection_delay": 5,
        "peer_link": mlag.peer_link,
    }


def _of(device: DeviceConfiguration, *kinds: str) -> Iterable[Interface]:
    return (i for i in device.interfaces if i.kind in kinds)


def _vrf(instance: NetworkInstance) -> Value:
    routed = instance.kind == "l3vrf"
    return {"name": instance.name, "ip_routing": routed, **({"ipv6_routing": True} if routed else {})}


def _addressed(interface: Interface) -> Value:
    out: Value = {"name": interface.name, "description": interface.description}
    more: list[str] = []
    for address in interface.addresses:
        if ":" in address:
            out["ipv6_address"] = address
        elif "ip_address" in out:
            more.append(address)
        else:
            out["ip_address"] = address
    if more:
        out["ip_address_secondaries"] = more
    if interface.unnumbered or "ipv6_address" in out:
        out["ipv6_enable"] = True
    return out


def _port(device: DeviceConfiguration, interface: Interface) -> Value:
    out = _addressed(interface)
    bond = next((i for i in device.interfaces if i.name == interface.parent and i.kind == "lag"), None)
    routed = bool(interface.addresses) or interface.unnumbered
    carrier = any(i.parent == interface.name for i in device.interfaces)
    if routed or carrier:
        out["mtu"] = interface.mtu
    if interface.kind == "subinterface":
        out["encapsulation_dot1q"] = {"vlan": interface.vlan}
    elif bond is not None:
        out["channel_group"] = {"id": int(bond.name.removeprefix("Port-Channel")), "mode": "active"}
        if bond.lacp_rate == "fast":
            out["lacp_timer"] = {"mode": "fast"}
    elif interface.members:
        out["switchport"] = _switchport(interface)
    else:
        out["switchport"] = {"enabled": False}
    if interface.network_instance != "default":
        out["vrf"] = interface.network_instance
    out |= _filters(device, interface)
    if device.bfd is not None and interface.name in bfd_interfaces(device):
        interval = device.bfd.interval_ms
        out["bfd"] = {"interval": interval, "min_rx": interval, "multiplier": device.bfd.multiplier}
    if device.system.sflow is not None and interface.name in device.system.sflow.interfaces:
        out["sflow"] = {"enable": True}
    if device.system.ipfix is not None and interface.name in device.system.ipfix.interfaces:
        out["flow_tracker"] = {"sampled": "xc-flows"}
    return out


def _filters(device: DeviceConfiguration, interface: Interface) -> Value:
    out: Value = {}
    sets = {(acl.name, acl.version) for acl in device.acls}
    for name, way in ((interface.acl_in, "in"), (interface.acl_out, "out")):
        if (name, 4) in sets:
            out[f"access_group_{way}"] = name
        if (name, 6) in sets:
            out[f"ipv6_access_group_{way}"] = name
    return out


def _switchport(interface: Interface) -> Value:
    tagged = [m.vlan for m in interface.members if m.tagged]
    untagged = [m.vlan for m in interface.members if not m.tagged]
    if not tagged:
        return {"access_vlan": untagged[0]}
    trunk: Value = {"allowed_vlan": ",".join(map(str, sorted({*tagged, *untagged})))}
    if untagged:
        trunk["native_vlan"] = untagged[0]
    return {"mode": "trunk", "trunk": trunk}


def _bond(device: DeviceConfiguration, interface: Interface) -> Value:
    out: Value = {"name": interface.name, "description": interface.description}
    if device.mlag is not None and interface.name == device.mlag.peer_link:
        return {**out, "switchport": {"mode": "trunk", "trunk": {"groups": ["xc-mlag"]}}}
    out["switchport"] = _switchport(interface)
    if interface.mlag:
        out["mlag"] = interface.mlag
    if interface.esi:
        digits = interface.esi.replace(":", "")
        out["evpn_ethernet_segment"] = {
            "identifier": ":".join(digits[n : n + 4] for n in range(0, 20, 4)),
            "route_target": interface.esi[3:20],
        }
        mac = interface.lacp_system_mac.replace(":", "")
        out["lacp_id"] = ".".join(mac[n : n + 4] for n in range(0, 12, 4))
    return out


def _gateway(interface: Interface) -> Value:
    out: Value = {
        "name": interface.name,
        "description": interface.description,
        "mtu": interface.mtu,
        "vrf": interface.network_instance,
        "ip_address_virtual": next((a for a in interface.addresses if ":" not in a), None),
    }
    v6 = [a for a in interface.addresses if ":" in a]
    if v6:
        out |= {"ipv6_enable": True, "ipv6_address_virtuals": v6}
    return {key: value for key, value in out.items() if value is not None}


def _vxlan(device: DeviceConfiguration) -> Value:
    instances, mlag = device.network_instances, device.mlag
    pair: Value = {} if mlag is None else {"virtual_router_encapsulation_mac_address": "mlag-system-id"}
    return {
        "source_interface": "Loopback0" if mlag is None else mlag.vtep_loopback,
        **pair,
        "udp_port": 4789,
        "vlans": [{"id": i.vlan, "vni": i.vni} for i in instances if i.kind == "mac-vrf"],
        "vrfs": [{"name": i.name, "vni": i.vni} for i in instances if i.kind == "l3vrf"],
    }


def _router(device: DeviceConfiguration, default: NetworkInstance) -> Value:
    bgp = default.bgp
    assert bgp is not None
    groups = {f"unnumbered-{n.remote_asn}": n for n in bgp.neighbors if n.interface}
    return {
        "as": str(bgp.asn),
        "router_id": bgp.router_id,
        "maximum_paths": {"paths": bgp.maximum_paths, "ecmp": bgp.maximum_paths},
        "bgp": {"default": {"ipv4_unicast": False}},
        "graceful_restart": {"enabled": True, "restart_time": 15},
        "peer_groups": [{"name": name, **_session(n, group=True)} for name, n in groups.items()],
        "neighbors": [_neighbor(n) for n in bgp.neighbors if n.address],
        "neighbor_interfaces": [
            {"name": n.interface, "peer_group": f"unnumbered-{n.remote_asn}", "remote_as": str(n.remote_asn)}
            for n in bgp.neighbors
            if n.interface
        ],
        "vlans": [
            {
                "id": i.vlan,
                "rd": i.rd,
                "route_targets": {"both": list(i.import_rts)},
                "redistribute_routes": ["learned"],
            }
            for i in device.network_instances
            if i.kind == "mac-vrf"
        ],
        **_families(bgp, groups),
        "vrfs": [_bgp_vrf(i) for i in device.network_instances if i.kind == "l3vrf"],
    }


def _session(neighbor: Neighbor, *, group: bool = False) -> Value:
    out: Value = {
        "bfd": neighbor.bfd or None,
        "timers": f"{neighbor.keepalive_s} {neighbor.hold_time_s}",
        "send_community": "all",
        "maximum_routes": 0,
    }
    if neighbor.description and not group:
        out["description"] = neighbor.description
    return {key: value for key, value in out.items() if value is not None}


def _neighbor(neighbor: Neighbor) -> Value:
    return {"ip_address": neighbor.address, "remote_as": str(neighbor.remote_asn), **_session(neighbor)}


def _families(bgp: Bgp, groups: dict[str, Neighbor]) -> Value:
    out: Value = {}
    for family, word in _FAMILY.items():
        body: Value = {}
        peers: list[Value] = []
        for neighbor in bgp.neighbors:
            of = next((f for f in neighbor.families if f.family == family), None)
            if of is None or neighbor.interface:
                continue
            one: Value = {"ip_address": neighbor.address, "activate": True}
            if of.import_policy and word != "evpn":
                one["route_map_in"] = f"{of.import_policy}-v{word[-1]}"
            if of.export_policy and word != "evpn":
                one["route_map_out"] = f"{of.export_policy}-v{word[-1]}"
            peers.append(one)
        members: list[Value] = []
        for name, neighbor in groups.items():
            if any(f.family == family for f in neighbor.families):
                member: Value = {"name": name, "activate": True}
                if word == "ipv4" and neighbor.extended_next_hop:
                    member["next_hop"] = {"address_family_ipv6": {"enabled": True, "originate": True}}
                members.append(member)
        if any(f.next_hop_unchanged for n in bgp.neighbors for f in n.families if f.family == family):
            body["next_hop_unchanged"] = True
        if peers:
            body["neighbors"] = peers
        if members:
            body["peer_groups"] = members
        networks = [n for o in bgp.originate if o.family == family for n in o.networks]
        if networks:
            body["networks"] = [{"prefix": n} for n in networks]
        if body:
            out[f"address_family_{word}"] = body
    return out


def _bgp_vrf(instance: NetworkInstance) -> Value:
    bgp = instance.bgp
    assert bgp is not None
    return {
        "name": instance.name,
        "rd": instance.rd,
        "route_targets": {
            "import": [{"address_family": "evpn", "route_targets": list(instance.import_rts)}],
            "export": [{"address_family": "evpn", "route_targets": list(instance.export_rts)}],
        },
        "router_id": bgp.router_id,
        "maximum_paths": {"paths": bgp.maximum_paths, "ecmp": bgp.maximum_paths},
        "neighbors": [_neighbor(n) for n in bgp.neighbors],
        "redistribute": {"connected": {"enabled": True}},
        **_families(bgp, {}),
    }
