"""What an operator of SONiC looks for in the two files."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_findings, render_files
from nos_region import cases

CASES = cases("sonic")


def config_db(device: DeviceConfiguration) -> dict[str, Any]:
    return msgspec.json.decode(render_files(device)["config_db.json"])


def frr(device: DeviceConfiguration) -> list[str]:
    return [line.strip() for line in render_files(device)["frr.conf"].splitlines()]


@pytest.mark.parametrize("case", CASES)
def test_the_mode_of_frrs_configuration_is_always_said(case: str) -> None:
    localhost = config_db(CASES[case])["DEVICE_METADATA"]["localhost"]
    assert localhost["docker_routing_config_mode"] == "split-unified"


def without_bfd(device: DeviceConfiguration) -> DeviceConfiguration:
    instances = tuple(
        replace(i, bgp=replace(i.bgp, neighbors=tuple(replace(n, bfd=False) for n in i.bgp.neighbors)))
        if i.bgp is not None
        else i
        for i in device.network_instances
    )
    return replace(device, network_instances=instances)


def test_bfdd_runs_where_a_session_wants_it() -> None:
    def managed(device: DeviceConfiguration) -> str:
        return config_db(device)["DEVICE_METADATA"]["localhost"]["frr_mgmt_framework_config"]

    spine, leaf = CASES["spine-numbered"], CASES["leaf-numbered"]
    assert (managed(spine), managed(without_bfd(spine))) == ("true", "false")
    # bgpcfgd would write over the ids of Ethernet segments.
    assert managed(without_bfd(leaf)) == "true"


def test_an_l3vni_stands_in_both_files() -> None:
    """sonic-buildimage issue 21177: with the image's templates FRR would lose it at a restart."""
    device = CASES["leaf-numbered"]
    tables, lines = config_db(device), frr(device)
    assert tables["VRF"]["Vrfred-prod"] == {"vni": "5001"}
    assert tables["VXLAN_TUNNEL_MAP"]["vtep|map_5001_Vlan4093"] == {"vlan": "Vlan4093", "vni": "5001"}
    assert tables["VLAN_INTERFACE"]["Vlan4093"] == {"vrf_name": "Vrfred-prod"}
    at = lines.index("vrf Vrfred-prod")
    assert lines[at + 1 : at + 3] == ["vni 5001", "exit-vrf"]


def test_the_vlan_of_an_l3vni_does_not_move_when_another_vrf_comes() -> None:
    device = CASES["leaf-numbered"]
    without = replace(
        device, network_instances=tuple(i for i in device.network_instances if i.name not in ("blue-prod",))
    )
    maps = config_db(device)["VXLAN_TUNNEL_MAP"]
    assert "vtep|map_5001_Vlan4093" in maps
    assert "vtep|map_5001_Vlan4093" in config_db(without)["VXLAN_TUNNEL_MAP"]


def test_routes_go_to_the_switch() -> None:
    """The routing container appends these lines to our file where they are missing."""
    assert {"no fpm use-next-hop-groups", "fpm address 127.0.0.1"} <= set(frr(CASES["spine-numbered"]))


def test_ports_and_bonds_are_bridged_or_routed() -> None:
    tables = config_db(CASES["leaf-numbered"])
    assert tables["PORT"]["Ethernet252"] == {
        "admin_status": "up",
        "description": "a-spine1:Ethernet8",
        "mtu": "9216",
    }
    assert "Ethernet252|10.254.0.8/31" in tables["INTERFACE"]
    assert tables["VLAN_MEMBER"]["Vlan100|PortChannel3"] == {"tagging_mode": "tagged"}
    assert tables["VLAN_MEMBER"]["Vlan101|PortChannel3"] == {"tagging_mode": "untagged"}
    assert tables["PORTCHANNEL_MEMBER"] == {
        "PortChannel1|Ethernet0": {},
        "PortChannel2|Ethernet4": {},
        "PortChannel3|Ethernet12": {},
    }
    assert tables["PORTCHANNEL"]["PortChannel1"]["fast_rate"] == "true"


def test_an_unnumbered_link_has_link_local_addresses_and_a_session_by_its_name() -> None:
    device = CASES["leaf-unnumbered"]
    assert config_db(device)["INTERFACE"]["Ethernet252"] == {"ipv6_use_link_local_only": "enable"}
    assert "neighbor Ethernet252 interface remote-as 4200000006" in frr(device)
    assert config_db(device)["PORTCHANNEL"]["PortChannel1"]["fast_rate"] == "false"


def test_the_anycast_gateway_has_one_mac_for_all() -> None:
    tables = config_db(CASES["leaf-numbered"])
    assert tables["SAG"] == {"GLOBAL": {"gateway_mac": "02:00:5e:00:01:01"}}
    assert tables["VLAN_INTERFACE"]["Vlan104"] == {"vrf_name": "Vrfred-prod", "static_anycast_gateway": "true"}
    assert "Vlan104|10.1.17.1/24" in tables["VLAN_INTERFACE"]


def test_an_ethernet_segment_is_the_same_in_both_files_and_on_both_leaves() -> None:
    first, second = CASES["leaf-numbered"], CASES["leaf-second-numbered"]
    assert config_db(first)["EVPN_ETHERNET_SEGMENT"] == config_db(second)["EVPN_ETHERNET_SEGMENT"]
    assert config_db(first)["PORTCHANNEL"]["PortChannel1"]["system_mac"] == "02:e5:00:00:00:01"
    assert {"evpn mh es-id 1", "evpn mh es-sys-mac 02:e5:00:00:00:01"} <= set(frr(first))


def test_the_routers_mac_is_the_devices() -> None:
    device = CASES["leaf-numbered"]
    macs = {i.router_mac for i in device.network_instances if i.router_mac}
    assert {config_db(device)["DEVICE_METADATA"]["localhost"]["mac"]} == macs


def test_management_is_in_its_vrf_and_frr_knows_nothing_of_it() -> None:
    device = CASES["leaf-numbered"]
    tables = config_db(device)
    assert tables["MGMT_VRF_CONFIG"] == {"vrf_global": {"mgmtVrfEnabled": "true"}}
    assert tables["MGMT_INTERFACE"] == {"eth0|10.253.0.4/20": {"gwaddr": "10.253.0.1"}}
    assert not [line for line in frr(device) if "mgmt" in line or "eth0" in line.split()]


def test_what_is_not_asked_for_is_off() -> None:
    device = CASES["spine-numbered"]
    bare = replace(device, system=replace(device.system, snmp=None, gnmi=None, sflow=None, lldp=False, ntp=()))
    tables = config_db(bare)
    assert {name: of["state"] for name, of in tables["FEATURE"].items()} == dict.fromkeys(
        ("lldp", "snmp", "gnmi", "sflow"), "disabled"
    )
    assert tables["NTP"] == {"global": {"admin_state": "disabled"}}
    assert not {"SNMP_USER", "GNMI", "SFLOW"} & tables.keys()


def test_an_acl_of_a_subinterface_is_on_its_port_for_its_vlan_only() -> None:
    tables = config_db(CASES["border-numbered"])
    assert tables["ACL_TABLE"]["from-outside-v4-in-2001"]["ports"] == ["Ethernet0"]
    rules = {k: v for k, v in tables["ACL_RULE"].items() if k.startswith("from-outside-v4-in-2001|")}
    assert {rule["VLAN_ID"] for rule in rules.values()} == {"2001"}
    assert rules["from-outside-v4-in-2001|RULE_20_1"]["TCP_FLAGS"] == "0x10/0x10"
    assert rules["from-outside-v4-in-2001|RULE_20_2"]["TCP_FLAGS"] == "0x4/0x4"
    last = min(rules.values(), key=lambda rule: int(rule["PRIORITY"]))
    assert last["PACKET_ACTION"] == "DROP"


def test_an_acl_of_a_port_is_one_of_sonics_own_types() -> None:
    device = CASES["spine-numbered"]
    entry = AclEntry(sequence=10, accept=True, protocol="tcp", destination_ports=(PortRange(1, 9), PortRange(22, 22)))
    acl = AclSet(name="in", version=4, entries=(entry,))
    interfaces = tuple(replace(i, acl_in="in") if i.name == "Ethernet0" else i for i in device.interfaces)
    tables = config_db(replace(device, interfaces=interfaces, acls=(acl,)))
    assert tables["ACL_TABLE"]["in-v4-in"] == {
        "type": "L3",
        "stage": "INGRESS",
        "policy_desc": "in",
        "ports": ["Ethernet0"],
    }
    assert tables["ACL_RULE"]["in-v4-in|RULE_10_1"]["L4_DST_PORT_RANGE"] == "1-9"
    assert tables["ACL_RULE"]["in-v4-in|RULE_10_2"]["L4_DST_PORT"] == "22"
    assert "ACL_TABLE_TYPE" not in tables


def test_the_management_acl_is_services_of_the_switch() -> None:
    device = CASES["spine-numbered"]
    entries = (
        AclEntry(
            sequence=10,
            accept=True,
            protocol="tcp",
            source="10.253.0.0/20",
            destination_ports=(PortRange(22, 22), PortRange(9339, 9339)),
        ),
        AclEntry(
            sequence=20, accept=True, protocol="udp", source="10.253.0.9/32", destination_ports=(PortRange(161, 161),)
        ),
        AclEntry(sequence=30, accept=True, protocol="icmp"),
        AclEntry(sequence=40, accept=False, protocol="any", source="10.253.0.0/24"),
    )
    changed = replace(device, acls=(AclSet(name="management", version=4, entries=entries),))
    tables = config_db(changed)
    assert {name: of["services"] for name, of in tables["ACL_TABLE"].items()} == {
        "management-v4-SSH": ["SSH"],
        "management-v4-EXTERNAL_CLIENT-9339": ["EXTERNAL_CLIENT"],
        "management-v4-SNMP": ["SNMP"],
    }
    assert tables["ACL_RULE"]["management-v4-EXTERNAL_CLIENT-9339|RULE_10"] == {
        "PRIORITY": "9990",
        "PACKET_ACTION": "ACCEPT",
        "SRC_IP": "10.253.0.0/20",
        "L4_DST_PORT": "9339",
    }
    said = [f.message for f in device_findings(changed) if f.code == "sonic.management-acl-entry"]
    assert said == ["a-spine1: entry 40 () of ACL management has no service"]


def test_what_frr_shows_of_our_lines_reads_as_our_tree() -> None:
    """`show running-config` numbers the entries of lists and has words for communities."""
    sonic = system("sonic")
    ours = sonic.parse("frr.conf", "bgp community-list standard a permit 65535:666\n")
    assert sonic.parse("frr.conf", "bgp community-list standard a seq 5 permit blackhole\n") == ours


def test_extra_configuration_is_json_and_its_overrides_are_said() -> None:
    sonic = system("sonic")
    tree = sonic.trees(CASES["leaf-numbered"])["config_db.json"]
    extra = sonic.parse("config_db.json", '{"PORT": {"Ethernet0": {"mtu": "1500", "fec": "rs"}}}')
    merged, overridden = sonic.merge(tree, extra)
    assert isinstance(merged, dict)
    assert isinstance(merged["PORT"], dict)
    assert merged["PORT"]["Ethernet0"] == {
        "admin_status": "up",
        "description": "a-rack1-dual1:eth0",
        "mtu": "1500",
        "fec": "rs",
    }
    assert [(o.rendered, o.extra) for o in overridden] == [
        ('PORT / Ethernet0 / "mtu": "9000"', 'PORT / Ethernet0 / "mtu": "1500"')
    ]
    with pytest.raises(ValueError, match="object of tables"):
        sonic.parse("config_db.json", "[]")
