"""Writes the configurations beside it: `python generate.py` where `pyavd` is installed (README.md).

leaf.cfg and spine.cfg come of a fabric (`eos_designs`): 2 spines, 2 leaves with two servers on both, 2 VRFs, a peer
outside. The others come of structured configurations (`eos_cli_config_gen`) with the values of devices of our test
region: what our design asks for and theirs does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyavd
from pyavd.api.schemas import AVDDesign

HERE = Path(__file__).parent
SPINES = ["spine1", "spine2"]
LEAVES = ["leaf1", "leaf2"]

COMMON: dict[str, Any] = {
    "fabric_name": "REFERENCE",
    "mgmt_gateway": "10.253.0.1",
    "mgmt_interface": "Management1",
    "mgmt_interface_vrf": "mgmt",
    "underlay_routing_protocol": "ebgp",
    "overlay_routing_protocol": "ebgp",
    "p2p_uplinks_mtu": 9214,
    "bgp_maximum_paths": 16,
    "bgp_ecmp": 16,
    "bgp_graceful_restart": {"enabled": True, "restart_time": 300},
    "internal_vlan_order": {"allocation": "descending", "range": {"beginning": 4000, "ending": 4094}},
    "bgp_peer_groups": {"ipv4_underlay_peers": {"bfd": True}},
    "aaa_settings": {
        "local_users": [{"name": "emergency", "privilege": 15, "role": "network-admin", "sha512_password": "$6$hash"}]
    },
    "ntp_settings": {
        "server_vrf": "use_mgmt_interface_vrf",
        "servers": [{"name": "10.253.0.1"}, {"name": "10.253.0.2"}],
    },
    "logging_settings": {
        "hosts": [{"name": "10.253.0.3", "vrf": "use_mgmt_interface_vrf"}],
        "vrfs": [{"name": "mgmt", "source_interface": "Management1"}],
    },
}


def fabric(*, unnumbered: bool = False) -> dict[str, dict[str, Any]]:
    """Inputs of every device."""
    spine = {
        "defaults": {"platform": "7050X3", "loopback_ipv4_pool": "10.255.0.0/24", "bgp_as": 65000},
        "nodes": [{"name": name, "id": n, "mgmt_ip": f"10.253.0.{10 + n}/20"} for n, name in enumerate(SPINES, 1)],
    }
    leaf = {
        "defaults": {
            "platform": "7050X3",
            "loopback_ipv4_pool": "10.255.0.0/24",
            "loopback_ipv4_offset": 2,
            "vtep_loopback_ipv4_pool": "10.252.0.0/24",
            "uplink_switches": SPINES,
            "uplink_interfaces": ["Ethernet63", "Ethernet64"],
            "uplink_ipv4_pool": "10.254.0.0/24",
            "virtual_router_mac_address": "02:00:5e:00:01:01",
            "spanning_tree_mode": "mstp",
            "mlag": False,
        },
        "node_groups": [
            {
                "group": "rack1",
                "nodes": [
                    {
                        "name": name,
                        "id": n,
                        "bgp_as": 65100 + n,
                        "mgmt_ip": f"10.253.0.{20 + n}/20",
                        "uplink_switch_interfaces": [f"Ethernet{n}"] * 2,
                    }
                    for n, name in enumerate(LEAVES, 1)
                ],
            }
        ],
    }
    outside = {
        "ip_address": "100.64.0.5",
        "remote_as": "64512",
        "description": "transit1",
        "password": "Q4fqtbqcZ7oQuKfuWtNGRQ==",
        "nodes": ["leaf1"],
        "maximum_routes": 500,
        "route_map_in": "transit-in",
        "route_map_out": "transit-out",
        "bfd": True,
    }
    vrfs = [
        {
            "name": "blue-prod",
            "vrf_vni": 5000,
            "svis": [
                {
                    "id": 100,
                    "name": "blue-prod-app",
                    "enabled": True,
                    "mtu": 9000,
                    "ip_address_virtual": "10.2.17.1/24",
                    "ipv6_address_virtuals": ["2001:db8:2:11::1/64"],
                }
            ],
        },
        {
            "name": "red-prod",
            "vrf_vni": 5001,
            "svis": [
                {
                    "id": 104,
                    "name": "red-prod-web",
                    "enabled": True,
                    "mtu": 9000,
                    "ip_address_virtual": "10.1.17.1/24",
                    "ipv6_address_virtuals": ["2001:db8:1:11::1/64"],
                }
            ],
            "l3_interfaces": [
                {
                    "interfaces": ["Ethernet10.7"],
                    "nodes": ["leaf1"],
                    "encapsulation_dot1q_vlan": [7],
                    "ip_addresses": ["100.64.0.4/31"],
                    "enabled": True,
                    "mtu": 1500,
                }
            ],
            "bgp_peers": [outside],
        },
    ]
    tenants = [
        {
            "name": "reference",
            "mac_vrf_vni_base": 10000,
            "vrfs": vrfs,
            "l2vlans": [{"id": 101, "name": "red-wire"}],
        }
    ]
    port = {"switches": LEAVES, "endpoint_ports": ["eth0", "eth1"]}
    servers = [
        {
            "name": "dual1",
            "adapters": [
                {
                    **port,
                    "switch_ports": ["Ethernet1", "Ethernet1"],
                    "mode": "access",
                    "vlans": "104",
                    "port_channel": {"mode": "active", "channel_id": 1, "lacp_timer": {"mode": "fast"}},
                    "ethernet_segment": {"short_esi": "0000:0000:0001"},
                }
            ],
        },
        {
            "name": "trunk1",
            "adapters": [
                {
                    **port,
                    "switch_ports": ["Ethernet4", "Ethernet4"],
                    "mode": "trunk",
                    "native_vlan": 101,
                    "vlans": "100,101",
                    "port_channel": {"mode": "active", "channel_id": 3},
                    "ethernet_segment": {"short_esi": "0000:0000:0003"},
                }
            ],
        },
    ]
    common = {**COMMON, "underlay_rfc5549": True} if unnumbered else COMMON
    both = {**common, "spine": spine, "l3leaf": {"defaults": leaf["defaults"], "node_groups": leaf["node_groups"]}}
    out: dict[str, dict[str, Any]] = {}
    out |= {name: {**both, "type": "spine", "tenants": tenants} for name in SPINES}
    out |= {name: {**both, "type": "l3leaf", "tenants": tenants, "servers": servers} for name in LEAVES}
    return out


def mlag_fabric() -> dict[str, dict[str, Any]]:
    """Inputs of every device, the two leaves an MLAG pair with the numbers of our design."""
    inputs = fabric()
    pair: dict[str, Any] = {
        "mlag": True,
        "mlag_interfaces": ["Ethernet61", "Ethernet62"],
        "mlag_port_channel_id": 1000,
        "mlag_peer_vlan": 3967,
        "mlag_peer_l3_vlan": 3966,
        "mlag_peer_ipv4_pool": "10.251.0.0/24",
        "mlag_peer_l3_ipv4_pool": "10.250.0.0/24",
        "mlag_dual_primary_detection": True,
    }
    for raw in inputs.values():
        leaf = raw["l3leaf"]
        group = leaf["node_groups"][0]
        nodes = [{key: value for key, value in node.items() if key != "bgp_as"} for node in group["nodes"]]
        groups = [{**group, "bgp_as": 65101, "nodes": nodes}]
        raw["l3leaf"] = {"defaults": {**leaf["defaults"], **pair}, "node_groups": groups}
        for vrf in raw["tenants"][0]["vrfs"]:
            vrf["enable_mlag_ibgp_peering_vrfs"] = False
        for server in raw.get("servers", []):
            for adapter in server["adapters"]:
                adapter.pop("ethernet_segment", None)
    return inputs


def configurations(inputs: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The text of each device."""
    designs: dict[str, Any] = {}
    for name, raw in inputs.items():
        checked = pyavd.validate_inputs(raw)
        if checked.validated_data is None:
            raise SystemExit(f"{name}: {[(v.path, v.message) for v in checked.validation_result.violations]}")
        designs[name] = AVDDesign._from_dict(checked.validated_data)
    facts = pyavd.get_avd_facts(designs)
    return {
        name: pyavd.get_device_config(pyavd.get_device_structured_config(name, design, facts))
        for name, design in designs.items()
    }


def border() -> dict[str, Any]:
    """The border leaf of our test region: management plane, ACLs, a peer outside, leaks."""
    any_any = {"source": "any", "destination": "any"}
    neighbor = {
        "remote_as": "64496",
        "description": "transit1 for red/prod",
        "bfd": True,
        "timers": "10 30",
        "password": "HIDDEN",
        "password_type": "7",
        "send_community": "all",
        "maximum_routes": 0,
        "maximum_accepted_routes": {"limit": 500},
        "enforce_first_as": True,
    }
    fabric_neighbor = {
        "remote_as": "4200000006",
        "description": "a-spine1:Ethernet1",
        "bfd": True,
        "timers": "3 9",
        "send_community": "all",
        "maximum_routes": 0,
    }
    maps = {
        version: {"route_map_in": f"xc-in-red-prod-from-transit-v{version}"}
        | {"route_map_out": f"xc-out-red-prod-to-transit-v{version}", "activate": True}
        for version in (4, 6)
    }
    return {
        "hostname": "a-border1",
        "service_routing_protocols_model": "multi-agent",
        "vlan_internal_order": {"allocation": "descending", "range": {"beginning": 4000, "ending": 4094}},
        "spanning_tree": {"mode": "mstp"},
        "local_users": [
            {
                "name": "emergency",
                "privilege": 15,
                "role": "network-admin",
                "sha512_password": "HIDDEN",
                "ssh_key": "KEY",
            }
        ],
        "banners": {"login": "Authorised access only\nEOF\n"},
        "vrfs": [{"name": "mgmt", "ip_routing": False}, {"name": "red-prod", "ip_routing": True, "ipv6_routing": True}],
        "ip_routing": True,
        "ipv6_unicast_routing": True,
        "logging": {"vrfs": [{"name": "mgmt", "source_interface": "Management1", "hosts": [{"name": "10.253.0.3"}]}]},
        "lldp": {"run": False},
        "ntp": {
            "local_interface": {"name": "Management1", "vrf": "mgmt"},
            "vrf": "mgmt",
            "servers": [{"name": "10.253.0.1"}, {"name": "10.253.0.2"}],
        },
        "static_routes": [{"vrf": "mgmt", "prefix": "0.0.0.0/0", "next_hop": "10.253.0.1"}],
        "sflow": {
            "sample": 10000,
            "polling_interval": 20,
            "vrfs": [
                {
                    "name": "mgmt",
                    "destinations": [{"destination": "10.253.0.7", "port": 6343}],
                    "source_interface": "Management1",
                }
            ],
            "interface": {"disable": {"default": True}},
            "run": True,
        },
        "snmp_server": {
            "contact": "noc",
            "location": "north, row 1",
            "views": [{"name": "xc-all", "mib_family_name": "iso", "included": True}],
            "groups": [{"name": "xc-read", "version": "v3", "authentication": "priv", "read": "xc-all"}],
            "users": [
                {
                    "name": "poller",
                    "group": "xc-read",
                    "version": "v3",
                    "auth": "sha256",
                    "auth_passphrase": "HIDDEN",
                    "priv": "aes",
                    "priv_passphrase": "HIDDEN",
                }
            ],
            "hosts": [
                {
                    "host": "10.253.0.6",
                    "vrf": "mgmt",
                    "version": "3",
                    "users": [{"username": "poller", "authentication_level": "priv"}],
                }
            ],
            "vrfs": [{"name": "default", "enable": False}, {"name": "mgmt", "enable": True}],
        },
        "tacacs_servers": {
            "hosts": [
                {"host": "10.253.0.4", "vrf": "mgmt", "key": "HIDDEN", "key_type": "0", "timeout": 5},
                {"host": "10.253.0.5", "vrf": "mgmt", "key": "HIDDEN", "key_type": "0", "timeout": 3},
            ]
        },
        "radius_server": {
            "vrfs": [
                {"name": "mgmt", "servers": [{"host": "10.253.0.9", "timeout": 5, "key": "HIDDEN", "key_type": "0"}]}
            ]
        },
        "aaa_server_groups": [
            {
                "name": "xc-aaa",
                "type": "tacacs+",
                "servers": [{"server": "10.253.0.4", "vrf": "mgmt"}, {"server": "10.253.0.5", "vrf": "mgmt"}],
            }
        ],
        "aaa_authentication": {"login": {"default": "group xc-aaa local"}},
        "aaa_authorization": {"exec": {"default": "group xc-aaa local"}},
        "aaa_accounting": {
            "exec": {"default": {"type": "start-stop", "methods": [{"method": "group", "group": "xc-aaa"}]}},
            "commands": {
                "default": [
                    {"commands": "all", "type": "start-stop", "methods": [{"method": "group", "group": "xc-aaa"}]}
                ]
            },
        },
        "flow_tracking": {
            "sampled": {
                "sample": 1000,
                "trackers": [
                    {
                        "name": "xc-flows",
                        "record_export": {"on_inactive_timeout": 15000, "on_interval": 60000},
                        "exporters": [
                            {
                                "name": "xc-collector",
                                "collectors": [{"host": "10.253.0.8", "port": 4739}],
                                "format": {"ipfix_version": 10},
                                "local_interface": "Management1",
                                "template_interval": 60000,
                            }
                        ],
                    }
                ],
                "shutdown": False,
            }
        },
        "management_api_gnmi": {
            "provider": "eos-native",
            "transport": {"grpc": [{"name": "xc", "ssl_profile": "gnmi", "port": 9339, "vrf": "mgmt"}]},
        },
        "management_ssh": {"vrfs": [{"name": "mgmt", "enable": True}]},
        "ip_access_lists": [
            {
                "name": "from-outside",
                "entries": [
                    {"sequence": 10, "action": "permit", "protocol": "tcp", **any_any}
                    | {"destination_ports_match": "eq", "destination_ports": ["179"]},
                    {"sequence": 20, "action": "permit", "protocol": "tcp", **any_any}
                    | {"source_ports_match": "eq", "source_ports": ["179"], "tcp_flags": ["established"]},
                    {"sequence": 30, "action": "permit", "protocol": "udp", **any_any}
                    | {"destination_ports_match": "range", "destination_ports": ["3784", "3785"]},
                    {"sequence": 40, "action": "permit", "protocol": "icmp", **any_any},
                    {"sequence": 50, "action": "deny", "protocol": "ip", "source": "10.0.0.0/8"}
                    | {"destination": "any", "log": True},
                    {"sequence": 60, "action": "permit", "protocol": "tcp", "source": "any"}
                    | {"destination": "10.1.17.0/24", "destination_ports_match": "eq", "destination_ports": ["80"]},
                    {"sequence": 90, "action": "permit", "protocol": "47", **any_any},
                    {"sequence": 110, "action": "deny", "protocol": "ip", **any_any},
                ],
            },
            {
                "name": "management",
                "entries": [{"sequence": 40, "action": "permit", "protocol": "icmp", **any_any, "icmp_type": "0"}],
            },
        ],
        "ipv6_access_lists": [
            {
                "name": "from-outside",
                "entries": [
                    {"sequence": 10, "action": "permit", "protocol": "icmpv6", **any_any, "icmp_type": "133"},
                    {"sequence": 50, "action": "permit", "protocol": "tcp", **any_any}
                    | {"destination_ports_match": "eq", "destination_ports": ["179"]},
                    {"sequence": 60, "action": "permit", "protocol": "tcp", **any_any}
                    | {"source_ports_match": "eq", "source_ports": ["179"], "tcp_flags": ["established"]},
                    {"sequence": 90, "action": "deny", "protocol": "ipv6", "source": "2001:db8::/32"}
                    | {"destination": "any", "log": True},
                    {"sequence": 110, "action": "deny", "protocol": "ipv6", **any_any},
                ],
            }
        ],
        "ethernet_interfaces": [
            {
                "name": "Ethernet64",
                "description": "a-spine1:Ethernet1",
                "mtu": 9216,
                "switchport": {"enabled": False},
                "ip_address": "10.254.0.0/31",
                "ipv6_enable": True,
                "ipv6_addresses": ["fd00:c0:0:2::2/127"],
                "bfd": {"interval": 300, "min_rx": 300, "multiplier": 3},
                "sflow": {"enable": True},
                "flow_tracker": {"sampled": "xc-flows"},
            },
            {
                "name": "Ethernet1.2001",
                "description": "transit1 for red/prod",
                "mtu": 1500,
                "encapsulation_dot1q": {"vlan": 2001},
                "vrf": "red-prod",
                "ip_address": "100.64.0.4/31",
                "ipv6_enable": True,
                "ipv6_addresses": ["fd00:c0:0:3::4/127"],
                "access_group_in": "from-outside",
                "access_group_out": "to-outside",
                "ipv6_access_group_in": "from-outside",
                "ipv6_access_group_out": "to-outside",
                "bfd": {"interval": 300, "min_rx": 300, "multiplier": 3},
            },
        ],
        "loopback_interfaces": [
            {
                "name": "Loopback0",
                "description": "router id and VTEP",
                "ip_address": "10.255.0.1/32",
                "ipv6_enable": True,
                "ipv6_addresses": ["fd00:c0:0:1::1/128"],
            }
        ],
        "prefix_lists": [
            {
                "name": "carrier",
                "sequence_numbers": [
                    {"sequence": 10, "action": "permit 0.0.0.0/0"},
                    {"sequence": 20, "action": "permit 192.0.2.0/24"},
                ],
            },
            {"name": "own", "sequence_numbers": [{"sequence": 10, "action": "permit 10.0.0.0/8 ge 16 le 24"}]},
        ],
        "ipv6_prefix_lists": [
            {"name": "own", "sequence_numbers": [{"sequence": 10, "action": "permit 2001:db8::/32 le 64"}]}
        ],
        "as_path": {
            "access_lists": [
                {
                    "name": "carrier-own",
                    "entries": [
                        {"type": "permit", "match": "^64496$", "origin": "any"},
                        {"type": "permit", "match": "_64499_", "origin": "any"},
                    ],
                }
            ]
        },
        "ip_community_lists": [
            {
                "name": "blackholed",
                "entries": [
                    {"action": "permit", "communities": ["64496:666"]},
                    {"action": "permit", "communities": ["65535:666"]},
                ],
            },
            {"name": "xc-graceful-shutdown", "entries": [{"action": "permit", "communities": ["GSHUT"]}]},
        ],
        "ip_large_community_lists": [
            {
                "name": "from-carrier",
                "entries": [
                    {"action": "permit", "large_communities": ["64496:1:1"]},
                    {"action": "permit", "large_communities": ["64496:1:2"]},
                ],
            }
        ],
        "route_maps": [
            {
                "name": "xc-in-red-prod-from-transit-v4",
                "sequence_numbers": [
                    {
                        "sequence": 10,
                        "type": "deny",
                        "description": "xc-infrastructure",
                        "match": ["ip address prefix-list xc-infrastructure"],
                    },
                    {"sequence": 100, "type": "deny"},
                ],
            },
            {
                "name": "xc-mark-leaked",
                "sequence_numbers": [{"sequence": 10, "type": "permit", "description": "leaked", "set": ["tag 1"]}],
            },
        ],
        "router_general": {
            "vrfs": [
                {
                    "name": "blue-prod",
                    "leak_routes": [{"source_vrf": "red-prod", "subscribe_policy": "xc-mark-leaked"}],
                }
            ]
        },
        "router_bgp": {
            "as": "4200000000",
            "router_id": "10.255.0.1",
            "maximum_paths": {"paths": 16, "ecmp": 16},
            "bgp": {"default": {"ipv4_unicast": False}},
            "graceful_restart": {"enabled": True, "restart_time": 15},
            "neighbors": [
                {"ip_address": "10.254.0.1", **fabric_neighbor},
                {"ip_address": "fd00:c0:0:2::3", **fabric_neighbor},
            ],
            "address_family_evpn": {"neighbors": [{"ip_address": "10.254.0.1", "activate": True}]},
            "address_family_ipv4": {
                "neighbors": [{"ip_address": "10.254.0.1", "activate": True}],
                "networks": [{"prefix": "10.255.0.1/32"}],
            },
            "address_family_ipv6": {
                "neighbors": [{"ip_address": "fd00:c0:0:2::3", "activate": True}],
                "networks": [{"prefix": "fd00:c0:0:1::1/128"}],
            },
            "vrfs": [
                {
                    "name": "red-prod",
                    "rd": "10.255.0.1:10004",
                    "route_targets": {
                        way: [{"address_family": "evpn", "route_targets": ["65000:5001"]}]
                        for way in ("import", "export")
                    },
                    "router_id": "10.255.0.1",
                    "maximum_paths": {"paths": 16, "ecmp": 16},
                    "neighbors": [
                        {"ip_address": "100.64.0.5", **neighbor},
                        {"ip_address": "fd00:c0:0:3::5", **neighbor},
                    ],
                    "redistribute": {"connected": {"enabled": True}},
                    "address_family_ipv4": {
                        "bgp": {"missing_policy": {"direction_in_action": "deny", "direction_out_action": "deny"}},
                        "neighbors": [{"ip_address": "100.64.0.5", **maps[4]}],
                    },
                    "address_family_ipv6": {
                        "bgp": {"missing_policy": {"direction_in_action": "deny", "direction_out_action": "deny"}},
                        "neighbors": [{"ip_address": "fd00:c0:0:3::5", **maps[6]}],
                    },
                }
            ],
        },
    }


def unnumbered() -> dict[str, Any]:
    """A drained spine with sessions over links without addresses, of our test region."""
    group = "unnumbered-4200000008"
    drained = {"name": group, "route_map_in": "xc-drained-in", "route_map_out": "xc-drained-out", "activate": True}
    return {
        "hostname": "a-spine2",
        "ip_routing_ipv6_interfaces": True,
        "ipv6_unicast_routing": True,
        "ethernet_interfaces": [
            {
                "name": "Ethernet64",
                "description": "core1:Ethernet2",
                "mtu": 9216,
                "switchport": {"enabled": False},
                "ipv6_enable": True,
                "bfd": {"interval": 300, "min_rx": 300, "multiplier": 3},
                "sflow": {"enable": True},
                "flow_tracker": {"sampled": "xc-flows"},
            }
        ],
        "route_maps": [
            {
                "name": "xc-drained-in",
                "sequence_numbers": [{"sequence": 10, "type": "permit"} | {"set": ["local-preference 0"]}],
            },
            {
                "name": "xc-drained-out",
                "sequence_numbers": [{"sequence": 10, "type": "permit", "set": ["community GSHUT additive"]}],
            },
        ],
        "router_bgp": {
            "as": "4200000006",
            "router_id": "10.255.0.6",
            "peer_groups": [
                {"name": group, "bfd": True, "timers": "3 9", "send_community": "all", "maximum_routes": 0}
            ],
            "neighbor_interfaces": [{"name": "Ethernet64", "peer_group": group, "remote_as": "4200000008"}],
            "graceful_restart_helper": {"enabled": False},
            "address_family_evpn": {"next_hop_unchanged": True, "peer_groups": [drained]},
            "address_family_ipv4": {
                "peer_groups": [{**drained, "next_hop": {"address_family_ipv6": {"enabled": True, "originate": True}}}],
                "networks": [{"prefix": "10.255.0.6/32"}],
            },
            "address_family_ipv6": {"peer_groups": [drained], "networks": [{"prefix": "fd00:c0:0:1::6/128"}]},
        },
    }


def rare() -> dict[str, Any]:
    """What the devices of our test region do not ask for, in one device."""
    return {
        "hostname": "rare",
        "local_users": [
            {"name": "watch", "privilege": 1, "role": "network-operator"}
            | {"ssh_key": "KEY", "secondary_ssh_key": "KEY"}
        ],
        "vlans": [{"id": 104, "name": "red-prod-web"}],
        "ipv6_static_routes": [{"vrf": "mgmt", "prefix": "::/0", "next_hop": "fd00:c0::1"}],
        "port_channel_interfaces": [
            {
                "name": "Port-Channel1",
                "description": "a-rack1-dual1",
                "shutdown": True,
                "switchport": {"access_vlan": 104},
                "min_links": 2,
                "evpn_ethernet_segment": {
                    "identifier": "0302:e500:0000:0100:0001",
                    "route_target": "02:e5:00:00:00:01",
                },
                "lacp_id": "02e5.0000.0001",
            }
        ],
        "vlan_interfaces": [
            {
                "name": "Vlan104",
                "description": "gateway of red-prod-web",
                "mtu": 9000,
                "vrf": "red-prod",
                "ip_address_virtual": "10.1.17.1/24",
                "ip_address_virtual_secondaries": ["10.1.20.1/24"],
                "ipv6_enable": True,
                "ipv6_address_virtuals": ["2001:db8:1:11::1/64"],
                "access_group_in": "servers",
                "ipv6_access_group_in": "servers",
            }
        ],
        "vxlan_interface": {
            "vxlan1": {
                "vxlan": {
                    "source_interface": "Loopback0",
                    "udp_port": 4789,
                    "vlans": [{"id": 104, "vni": 10004}],
                    "vrfs": [{"name": "red-prod", "vni": 5001}],
                }
            }
        },
        "router_bgp": {
            "as": "4200000002",
            "router_id": "10.255.0.3",
            "graceful_restart": {"enabled": False},
            "graceful_restart_helper": {"enabled": False},
            "vlans": [
                {
                    "id": 104,
                    "rd": "10.255.0.3:10007",
                    "route_targets": {"import": ["65000:10004", "65001:10004"], "export": ["65000:10004"]},
                    "redistribute_routes": ["learned"],
                }
            ],
            "vrfs": [
                {
                    "name": "red-prod",
                    "networks": [{"prefix": "10.1.30.0/24"}],
                    "redistribute": {"connected": {"enabled": True, "route_map": "some-connected"}},
                }
            ],
        },
    }


def checked(structured: dict[str, Any]) -> str:
    """The text of a structured configuration that its schema accepts."""
    result = pyavd.validate_structured_config(structured)
    if result.validated_data is None:
        raise SystemExit(str([(v.path, v.message) for v in result.validation_result.violations]))
    return pyavd.get_device_config(structured)


def main() -> None:
    """Writes the files."""
    texts = configurations(fabric())
    for name, file in (("leaf1", "leaf.cfg"), ("spine1", "spine.cfg")):
        (HERE / file).write_text(texts[name])
    (HERE / "leaf-unnumbered.cfg").write_text(configurations(fabric(unnumbered=True))["leaf1"])
    (HERE / "mlag.cfg").write_text(configurations(mlag_fabric())["leaf1"])
    (HERE / "border.cfg").write_text(checked(border()))
    (HERE / "rare.cfg").write_text(checked(rare()))
    (HERE / "unnumbered.cfg").write_text(checked(unnumbered()))


if __name__ == "__main__":
    main()
