"""What an operator of SR Linux looks for in a rendered switch. The goldens are in tests/golden/srlinux/reference."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import srlinux_yang
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.rendering import render_files
from crossconnect.nos.srlinux.tree import MAIN, plain
from nos_region import cases

CASES = cases("srlinux")


def rendered(device: DeviceConfiguration) -> dict[str, Any]:
    found: Any = plain(msgspec.json.decode(render_files(device)[MAIN]))
    return found


def named(entries: list[Any], value: object, key: str = "name") -> Any:
    (entry,) = [e for e in entries if e[key] == value]
    return entry


def bgp(tree: dict[str, Any], instance: str = "default") -> Any:
    return named(tree["network-instance"], instance)["protocols"]["bgp"]


def policy(tree: dict[str, Any], name: str) -> Any:
    return named(tree["routing-policy"]["policy"], name)


def with_vrf(device: DeviceConfiguration, name: str, change: Any) -> DeviceConfiguration:
    def one(i: NetworkInstance) -> NetworkInstance:
        return replace(i, bgp=change(i.bgp)) if i.name == name else i

    return replace(device, network_instances=tuple(one(i) for i in device.network_instances))


def test_a_numbered_session_is_a_neighbour_of_a_group_with_the_fabrics_policies() -> None:
    found = bgp(rendered(CASES["leaf-numbered"]))
    neighbor = named(found["neighbor"], "10.254.0.11", "peer-address")
    group = named(found["group"], neighbor["peer-group"], "group-name")
    assert (group["import-policy"], group["export-policy"]) == (["xc-fabric-in"], ["xc-fabric-out"])
    assert neighbor["transport"] == {"local-address": "10.254.0.10"}
    assert found["ebgp-default-policy"] == {"import-reject-all": True, "export-reject-all": True}


def test_an_unnumbered_session_is_a_dynamic_neighbour_with_the_peers_asn_and_router_advertisements() -> None:
    tree = rendered(CASES["leaf-unnumbered"])
    found = bgp(tree)
    assert "neighbor" not in found
    dynamic = named(found["dynamic-neighbors"]["interface"], "ethernet-1/63.0", "interface-name")
    assert len(dynamic["allowed-peer-as"]) == 1
    port = named(tree["interface"], "ethernet-1/63")["subinterface"][0]
    assert port["ipv6"]["router-advertisement"]["router-role"]["admin-state"] == "enable"
    group = named(found["group"], dynamic["peer-group"], "group-name")
    assert group["afi-safi"][0]["ipv4-unicast"] == {"advertise-ipv6-next-hops": True, "receive-ipv6-next-hops": True}
    # IPv4 packets arrive on a port without an IPv4 address
    assert named(tree["network-instance"], "default")["ip-forwarding"] == {"receive-ipv4-check": False}


@pytest.mark.parametrize(
    ("case", "relays"), [("spine-numbered", True), ("super-spine-unnumbered", True), ("leaf-ipv4", False)]
)
def test_only_routers_between_vteps_relay_evpn_routes_that_they_do_not_import(case: str, relays: bool) -> None:
    evpn = [f for f in bgp(rendered(CASES[case]))["afi-safi"] if "evpn" in f]
    assert [f["evpn"]["inter-as-vpn"] for f in evpn] == [relays]


def test_no_policy_or_group_sets_a_next_hop() -> None:
    for case in ("spine-numbered", "spine-unnumbered", "super-spine-ipv4"):
        assert "next-hop-self" not in render_files(CASES[case])[MAIN]
        assert '"next-hop"' not in msgspec.json.encode(rendered(CASES[case])["routing-policy"]).decode()


def test_a_segment_has_its_mac_vrf_vni_targets_and_gateway() -> None:
    tree = rendered(CASES["leaf-numbered"])
    segment = named(tree["network-instance"], "red-prod-db")
    assert [i["name"] for i in segment["interface"]] == ["irb0.103", "lag3.103"]
    assert segment["vxlan-interface"] == [{"name": "vxlan1.10003"}]
    (vpn,) = segment["protocols"]["bgp-vpn"]["bgp-instance"]
    assert vpn["route-target"] == {"export-rt": "target:65000:10003", "import-rt": "target:65000:10003"}
    gateway = named(named(tree["interface"], "irb0")["subinterface"], 103, "index")
    assert [a["ip-prefix"] for a in gateway["ipv4"]["address"]] == ["10.1.18.1/24"]
    assert gateway["anycast-gw"]["virtual-router-id"] == 1
    assert "irb0.103" in [i["name"] for i in named(tree["network-instance"], "red-prod")["interface"]]


def test_a_shared_bond_is_an_ethernet_segment_with_the_lacp_system_of_both_leaves() -> None:
    both = [rendered(CASES[case]) for case in ("leaf-numbered", "leaf-second-numbered")]
    segments, lacp = [], []
    for tree in both:
        (instance,) = tree["system"]["network-instance"]["protocols"]["evpn"]["ethernet-segments"]["bgp-instance"]
        segment = next(s for s in instance["ethernet-segment"] if s["esi"] == "03:02:E5:00:00:00:01:00:00:01")
        assert segment["multi-homing-mode"] == "all-active"
        bond = named(tree["interface"], segment["interface"][0]["ethernet-interface"])
        segments.append(segment["esi"])
        lacp.append((bond["lag"]["lacp"]["system-id-mac"], bond["lag"]["lacp"]["admin-key"]))
        assert tree["system"]["network-instance"]["protocols"]["bgp-vpn"] == {"bgp-instance": [{"id": 1}]}
    assert segments[0] == segments[1]
    assert lacp[0] == lacp[1]


def test_an_external_session_has_its_policies_and_is_torn_down_above_its_limit() -> None:
    found = bgp(rendered(CASES["border-numbered"]), "red-prod")
    neighbor = named(found["neighbor"], "100.64.0.5", "peer-address")
    assert neighbor["import-policy"] == ["xc-in-red-prod-from-transit"]
    assert neighbor["export-policy"] == ["xc-out-red-prod-to-transit"]
    (family,) = neighbor["afi-safi"]
    assert family["ipv4-unicast"]["prefix-limit-received"] == {"max-received-routes": 500, "prevent-teardown": False}


def test_every_policy_of_the_design_ends_in_reject() -> None:
    for case in ("border-numbered", "border-second-unnumbered"):
        for entry in rendered(CASES[case])["routing-policy"]["policy"]:
            if entry["name"].startswith(("xc-in-", "xc-out-")):
                assert entry["default-action"] == {"policy-result": "reject"}, entry["name"]


def test_a_drained_switch_marks_what_it_sends_and_takes_everything_last() -> None:
    tree = rendered(CASES["spine-drained-numbered"])
    assert policy(tree, "xc-fabric-in")["default-action"]["bgp"] == {"local-preference": {"set": 0}}
    for statement in policy(tree, "xc-fabric-out")["statement"]:
        assert statement["action"]["bgp"]["communities"] == {"add": "xc-add-65535-0"}
    assert named(tree["routing-policy"]["community-set"], "xc-add-65535-0")["member"] == ["65535:0"]


def test_a_switch_takes_last_what_a_drained_neighbour_marks() -> None:
    found = policy(rendered(CASES["leaf-numbered"]), "xc-fabric-in")
    (statement,) = found["statement"]
    assert statement["match"] == {"bgp": {"community-set": "xc-add-65535-0"}}
    assert statement["action"]["bgp"] == {"local-preference": {"set": 0}}
    assert found["default-action"] == {"policy-result": "accept"}


def test_leaked_routes_are_tagged_inside_the_switch_and_kept_out_of_evpn() -> None:
    tree = rendered(CASES["leaf-numbered"])
    (leak,) = policy(tree, "xc-leak-into-blue-prod")["statement"]
    assert leak["match"]["origin-network-instance"] == "red-prod"
    assert leak["action"]["internal-tags"] == {"set-tag-set": ["xc-tag-1"]}
    first, *rest = policy(tree, "xc-evpn-out-blue-prod")["statement"]
    assert first["match"]["internal-tags"]["tag-set"] == ["xc-tag-1"]
    assert first["action"] == {"policy-result": "reject"}
    # with a policy, it is the policy that adds the route target
    assert [s["action"]["bgp"]["communities"]["add"] for s in rest] == ["xc-add-target-65000-5000"]


def test_only_the_ip_versions_that_the_design_announces_become_type_5_routes() -> None:
    device = with_vrf(CASES["leaf-numbered"], "red-prod", lambda b: replace(b, evpn_advertise=("ipv4-unicast",)))
    tree = rendered(device)
    (vpn,) = named(tree["network-instance"], "red-prod")["protocols"]["bgp-vpn"]["bgp-instance"]
    assert vpn["export-policy"] == ["xc-evpn-out-red-prod"]
    first, second = policy(tree, "xc-evpn-out-red-prod")["statement"]
    assert first["match"] == {"prefix": {"prefix-set": "xc-every-ipv6"}}
    assert first["action"] == {"policy-result": "reject"}
    assert second["action"]["bgp"]["communities"]["add"] == "xc-add-target-65000-5001"
    assert srlinux_yang.errors(srlinux_yang.with_secrets(render_files(device)[MAIN])) == []


def test_connected_routes_that_the_design_does_not_announce_stay_out_of_evpn() -> None:
    def kept(b: Any) -> Any:
        return replace(b, originate=tuple(replace(o, connected=o.family != "ipv4-unicast") for o in b.originate))

    tree = rendered(with_vrf(CASES["leaf-numbered"], "red-prod", kept))
    first, _ = policy(tree, "xc-evpn-out-red-prod")["statement"]
    assert first["match"]["prefix"] == {"prefix-set": "xc-every-ipv4"}
    assert first["match"]["protocol"].endswith("local")
    assert first["action"] == {"policy-result": "reject"}


def test_a_vrf_that_announces_everything_has_no_policy_for_it() -> None:
    (vpn,) = named(rendered(CASES["leaf-numbered"])["network-instance"], "red-prod")["protocols"]["bgp-vpn"][
        "bgp-instance"
    ]
    assert "export-policy" not in vpn


def test_bfd_is_on_the_ports_of_sessions_in_microseconds() -> None:
    found = named(rendered(CASES["leaf-numbered"])["bfd"]["subinterface"], "ethernet-1/63.0", "id")
    assert found["desired-minimum-transmit-interval"] == found["required-minimum-receive"] == 300_000
    assert found["detection-multiplier"] == 3


def test_samples_leave_by_the_management_vrf_with_an_address_of_it() -> None:
    sflow = rendered(CASES["leaf-numbered"])["system"]["sflow"]
    assert "source-address" not in sflow
    assert sflow["collector"][0]["source-address"] == "10.253.0.4"
    assert sflow["collector"][0]["network-instance"] == "mgmt"


def test_there_is_no_ipfix() -> None:
    assert all("ipfix" not in rendered(device)["system"] for device in CASES.values())


def test_the_management_plane_is_in_the_management_vrf() -> None:
    system = rendered(CASES["leaf-numbered"])["system"]
    servers = [
        *system["ssh-server"],
        *system["grpc-server"],
        system["ntp"],
        system["logging"],
        *system["snmp"]["trap-group"],
    ]
    assert {entry["network-instance"] for entry in servers} == {"mgmt"}


def test_no_secret_is_in_the_text() -> None:
    for device in CASES.values():
        text = render_files(device)[MAIN]
        assert "xc-secret-env:TACACS_KEY" in text


def test_every_reference_is_defined() -> None:
    """Policies, sets, ACLs, groups, interfaces and VXLAN interfaces, on every device."""
    for case, device in CASES.items():
        tree = rendered(device)
        routing = tree["routing-policy"]
        policies = {p["name"] for p in routing["policy"]}
        used: set[str] = set()
        for instance in tree["network-instance"]:
            for vpn in instance.get("protocols", {}).get("bgp-vpn", {}).get("bgp-instance", []):
                used |= {*vpn.get("import-policy", []), *vpn.get("export-policy", [])}
            of = instance.get("inter-instance-policies", {}).get("apply-policy", {})
            used |= {p for p in of.values() if isinstance(p, str)} | {
                q for p in of.values() if isinstance(p, list) for q in p
            }
            peers = instance.get("protocols", {}).get("bgp", {})
            for speaker in [*peers.get("group", []), *peers.get("neighbor", [])]:
                for place in (speaker, *speaker.get("afi-safi", [])):
                    used |= {*place.get("import-policy", []), *place.get("export-policy", [])}
        assert used == policies, case
        ports = {f"{i['name']}.{s['index']}" for i in tree["interface"] for s in i.get("subinterface", [])}
        assert {i["name"] for n in tree["network-instance"] for i in n["interface"]} <= ports, case
