"""Writes leaf.cfg, spine.cfg and services.cfg beside it: `python generate.py` where `pyavd` is installed (README.md).

leaf.cfg and spine.cfg come of a fabric (`eos_designs`): 2 spines, 2 leaves with one server on both, 2 VRFs, a peer
outside. services.cfg comes of a structured configuration (`eos_cli_config_gen`): what the design part does not ask
for, and our renderer writes.
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


def fabric() -> dict[str, dict[str, Any]]:
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
    both = {**COMMON, "spine": spine, "l3leaf": {"defaults": leaf["defaults"], "node_groups": leaf["node_groups"]}}
    out: dict[str, dict[str, Any]] = {}
    out |= {name: {**both, "type": "spine", "tenants": tenants} for name in SPINES}
    out |= {name: {**both, "type": "l3leaf", "tenants": tenants, "servers": servers} for name in LEAVES}
    return out


def configurations(inputs: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The text of each device."""
    designs: dict[str, Any] = {}
    for name, raw in inputs.items():
        checked = pyavd.validate_inputs(raw)
        if checked.validated_data is None:
            raise SystemExit(f"{name}: {[(v.path, v.message) for v in checked.validation_result.violations]}")
        designs[name] = AVDDesign._from_dict(checked.validated_data)  # noqa: SLF001
    facts = pyavd.get_avd_facts(designs)
    return {
        name: pyavd.get_device_config(pyavd.get_device_structured_config(name, design, facts))
        for name, design in designs.items()
    }


def main() -> None:
    """Writes the files."""
    texts = configurations(fabric())
    for name, file in (("leaf1", "leaf.cfg"), ("spine1", "spine.cfg")):
        (HERE / file).write_text(texts[name])


if __name__ == "__main__":
    main()
