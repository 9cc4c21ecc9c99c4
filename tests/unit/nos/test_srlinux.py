"""Nokia SR Linux: what an operator looks for in the tree, changes as gNMI Set, planted errors, answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from planted import BORDER, LEAF, Change, instances, interfaces

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from crossconnect.nos.srlinux import collect
from nos_region import cases

CASES = cases("srlinux")
SRL = system("srlinux")


def tree(case: str) -> dict[str, Any]:
    """The whole tree, names without modules."""
    found: dict[str, Any] = SRL.parse("config.json", render_files(CASES[case])["config.json"])  # type: ignore[assignment]
    return found


def named(entries: list[dict[str, Any]], name: str, key: str = "name") -> dict[str, Any]:
    return next(entry for entry in entries if str(entry[key]) == name)


def instance_of(case: str, name: str) -> dict[str, Any]:
    return named(tree(case)["network-instance"], name)


def test_an_uplink_is_a_routed_subinterface_with_the_ip_mtu_of_the_design() -> None:
    port = named(tree("leaf-numbered")["interface"], "ethernet-1/64")
    (sub,) = port["subinterface"]
    assert sub["ip-mtu"] == 9216
    assert port["mtu"] >= 9216 + 14
    assert sub["ipv4"]["address"][0]["ip-prefix"].startswith("10.254.")
    assert {"name": "ethernet-1/64.0"} in instance_of("leaf-numbered", "default")["interface"]


def test_an_unnumbered_uplink_is_a_dynamic_neighbour() -> None:
    bgp = instance_of("leaf-unnumbered", "default")["protocols"]["bgp"]
    (one, two) = bgp["dynamic-neighbors"]["interface"]
    assert {one["interface-name"], two["interface-name"]} == {"ethernet-1/63.0", "ethernet-1/64.0"}
    group = named(bgp["group"], one["peer-group"], "group-name")
    assert named(group["afi-safi"], "srl_nokia-common:ipv4-unicast", "afi-safi-name")


def test_a_segment_has_a_mac_vrf_with_vni_and_targets() -> None:
    web = next(i for i in CASES["leaf-numbered"].network_instances if i.name == "red-prod-web")
    found = instance_of("leaf-numbered", "red-prod-web")
    assert found["type"].endswith("mac-vrf")
    assert {"name": f"vxlan1.{web.vni}"} in found["vxlan-interface"]
    (bgp_evpn,) = found["protocols"]["bgp-evpn"]["bgp-instance"]
    assert bgp_evpn["vxlan-interface"] == f"vxlan1.{web.vni}"
    (vpn,) = found["protocols"]["bgp-vpn"]["bgp-instance"]
    assert vpn["route-distinguisher"]["rd"] == web.rd
    assert vpn["route-target"]["export-rt"] == f"target:{web.export_rts[0]}"


def test_an_anycast_gateway_is_an_irb_subinterface_of_the_vrf() -> None:
    web = next(i for i in CASES["leaf-numbered"].network_instances if i.name == "red-prod-web")
    irb = named(tree("leaf-numbered")["interface"], "irb0")
    sub = named(irb["subinterface"], str(web.vlan), "index")
    assert sub["ipv4"]["address"][0]["anycast-gw"] is True
    assert sub["anycast-gw"]["anycast-gw-mac"]
    assert {"name": f"irb0.{web.vlan}"} in instance_of("leaf-numbered", "red-prod")["interface"]


def test_spines_pass_on_what_they_have_no_target_of() -> None:
    bgp = instance_of("spine-numbered", "default")["protocols"]["bgp"]
    evpn = named(bgp["afi-safi"], "srl_nokia-common:evpn", "afi-safi-name")
    assert evpn["evpn"]["inter-as-vpn"] is True


def test_external_sessions_have_policies_both_ways_and_a_limit() -> None:
    bgp = instance_of("border-numbered", "red-prod")["protocols"]["bgp"]
    assert bgp["ebgp-default-policy"] == {"import-reject-all": True, "export-reject-all": True}
    session = named(bgp["neighbor"], "100.64.0.5", "peer-address")
    assert session["import-policy"]
    assert session["export-policy"]
    known = {policy["name"] for policy in tree("border-numbered")["routing-policy"]["policy"]}
    assert {*session["import-policy"], *session["export-policy"]} <= known


def test_a_changed_description_is_one_replacement() -> None:
    leaf = CASES["leaf-numbered"]
    other = interfaces(lambda i: replace(i, description="new"), "lag")(leaf)
    (command,) = device_commands(leaf, other)
    request = json.loads(command.text)
    assert command.how == "gnmi"
    assert request["delete"] == []
    assert request["update"] == []
    assert [entry["val"] for entry in request["replace"]] == ["new"]
    assert request["replace"][0]["path"] == "/interface[name=lag1]/description"


def test_a_tenant_that_goes_is_deleted_and_comes_back_whole() -> None:
    leaf = CASES["leaf-numbered"]
    gone = replace(
        leaf,
        network_instances=tuple(i for i in leaf.network_instances if i.tenant != "blue"),
        interfaces=tuple(i for i in leaf.interfaces if i.network_instance != "blue-prod"),
    )
    away, back = (json.loads(device_commands(*pair)[0].text) for pair in ((leaf, gone), (gone, leaf)))
    assert "/network-instance[name=blue-prod]" in away["delete"]
    assert not any("blue" in entry["path"] for entry in away["update"])
    assert "/network-instance[name=blue-prod]" in {entry["path"] for entry in back["update"]}


def found_in(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


def test_devices_that_are_right_have_no_errors_of_the_system() -> None:
    for case, device in CASES.items():
        assert {code for code in found_in(device) if code.startswith("srlinux.")} <= {"srlinux.aaa-timeout"}, case


def with_session(**fields: Any) -> Change:
    """Change every external session."""

    def changed(instance: NetworkInstance) -> NetworkInstance:
        assert instance.bgp is not None
        neighbors = tuple(replace(n, **fields) for n in instance.bgp.neighbors)
        return replace(instance, bgp=replace(instance.bgp, neighbors=neighbors))

    return instances(changed, "l3vrf")


def without_session_policies(device: DeviceConfiguration) -> DeviceConfiguration:
    def changed(instance: NetworkInstance) -> NetworkInstance:
        assert instance.bgp is not None
        bare = tuple(
            replace(n, families=tuple(replace(f, import_policy="", export_policy="") for f in n.families))
            for n in instance.bgp.neighbors
        )
        return replace(instance, bgp=replace(instance.bgp, neighbors=bare))

    return instances(changed, "l3vrf")(device)


def pattern(text: str) -> Change:
    def changed(device: DeviceConfiguration) -> DeviceConfiguration:
        policy = device.routing_policy
        sets = tuple(replace(s, patterns=(text,)) for s in policy.as_path_sets)
        return replace(device, routing_policy=replace(policy, as_path_sets=sets))

    return changed


def user(name: str) -> Change:
    def changed(device: DeviceConfiguration) -> DeviceConfiguration:
        users = tuple(replace(u, name=name) for u in device.system.users)
        return replace(device, system=replace(device.system, users=users))

    return changed


def weak_snmp(device: DeviceConfiguration) -> DeviceConfiguration:
    snmp = device.system.snmp
    assert snmp is not None
    users = tuple(replace(u, authentication="sha-1", privacy="aes-256") for u in snmp.users)
    return replace(device, system=replace(device.system, snmp=replace(snmp, users=users)))


IN_A_LEAF: dict[str, tuple[Change, str]] = {
    "vni-twice": (LEAF["vni-twice"], "srlinux.evi-collision"),
    "vlan-missing": (LEAF["vlan-missing"], "srlinux.bridged-outside-mac-vrf"),
    "native-twice": (LEAF["native-twice"], "srlinux.vlan-without-tagging"),
    "parent-missing": (LEAF["parent-missing"], "srlinux.interface-missing"),
    "port-name": (LEAF["port-name"], "srlinux.interface-name"),
    "vrf-missing": (LEAF["vrf-missing"], "srlinux.instance-missing"),
    "l3vrf-missing": (LEAF["l3vrf-missing"], "srlinux.instance-missing"),
    "vtep-missing": (LEAF["vtep-missing"], "srlinux.vtep-address"),
    "acl-missing": (LEAF["acl-missing"], "srlinux.acl-missing"),
    "bfd-too-fast": (LEAF["bfd-too-fast"], "nos.bfd-too-fast"),
    "leak-policy-missing": (LEAF["leak-policy-missing"], "srlinux.policy-missing"),
    "name": (instances(lambda i: replace(i, name="a/b"), "mac-vrf"), "srlinux.name"),
    "route-target": (
        instances(lambda i: replace(i, import_rts=("4200000000:4200000000",)), "mac-vrf"),
        "srlinux.route-target",
    ),
    "rd": (instances(lambda i: replace(i, rd="nothing"), "mac-vrf"), "srlinux.route-distinguisher"),
    "no-timers": (lambda d: replace(d, bfd=None), "srlinux.bfd-without-timers"),
    "reserved-user": (user("admin"), "srlinux.reserved-user"),
    "snmp-key": (weak_snmp, "srlinux.snmp-key"),
    "min-links": (interfaces(lambda i: replace(i, min_links=65), "lag"), "srlinux.out-of-range"),
}


@pytest.mark.parametrize("mistake", sorted(IN_A_LEAF))
def test_a_planted_mistake_in_a_leaf_is_found(mistake: str) -> None:
    change, code = IN_A_LEAF[mistake]
    leaf = CASES["leaf-numbered"]
    assert code in found_in(change(leaf)) - found_in(leaf)


IN_A_BORDER: dict[str, tuple[Change, str]] = {
    "policy-missing": (BORDER["policy-missing"], "srlinux.policy-missing"),
    "set-missing": (BORDER["set-missing"], "srlinux.set-missing"),
    "no-policy": (without_session_policies, "srlinux.external-without-policy"),
    "hold-time": (with_session(hold_time_s=2), "srlinux.out-of-range"),
    "as-path-pattern": (pattern("^AS64496$"), "srlinux.as-path-pattern"),
}


@pytest.mark.parametrize("mistake", sorted(IN_A_BORDER))
def test_a_planted_mistake_in_a_border_is_found(mistake: str) -> None:
    change, code = IN_A_BORDER[mistake]
    border = CASES["border-numbered"]
    assert code in found_in(change(border)) - found_in(border)


def answer(value: object) -> bytes:
    return json.dumps(value).encode()


def test_sessions_of_numbered_and_of_unnumbered_links() -> None:
    """As `info from state network-instance * protocols bgp neighbor *` and gNMI's JSON_IETF have them."""
    numbered = {
        "peer-address": "10.254.0.1",
        "peer-as": 4200000006,
        "session-state": "established",
        "afi-safi": [
            {"afi-safi-name": "srl_nokia-common:ipv4-unicast", "admin-state": "enable", "oper-state": "up"},
            {"afi-safi-name": "srl_nokia-common:evpn", "admin-state": "enable", "oper-state": "down"},
            {"afi-safi-name": "srl_nokia-common:ipv6-unicast", "admin-state": "disable"},
        ],
    }
    unnumbered = {
        "peer-address": "fe80::1%ethernet-1/64.0",
        "peer-as": 4200000006,
        "session-state": "active",
        "afi-safi": [{"afi-safi-name": "evpn", "admin-state": "enable"}],
    }
    bgp = {"srl_nokia-bgp:bgp": {"neighbor": [numbered, unnumbered]}}
    value = {"srl_nokia-network-instance:network-instance": [{"name": "default", "protocols": bgp}]}
    found = collect.sessions(answer(value))
    assert [(r.peer, r.family, r.negotiated) for r in found] == [  # type: ignore[union-attr]
        ("10.254.0.1", "ipv4-unicast", True),
        ("10.254.0.1", "l2vpn-evpn", False),
        ("ethernet-1/64", "l2vpn-evpn", False),
    ]


def test_routes_have_the_next_hops_of_their_group() -> None:
    table = {
        "ipv4-unicast": {
            "route": [
                {
                    "ipv4-prefix": "10.255.0.4/32",
                    "route-type": "srl_nokia-common:bgp",
                    "active": True,
                    "next-hop-group": 7,
                },
                {"ipv4-prefix": "10.0.0.0/8", "route-type": "srl_nokia-common:bgp", "active": False},
            ]
        },
        "next-hop-group": [{"index": 7, "next-hop": [{"id": 0, "next-hop": 1}, {"id": 1, "next-hop": 2}]}],
        "next-hop": [
            {"index": 1, "type": "indirect", "ip-address": "10.254.0.1", "subinterface": "ethernet-1/64.0"},
            {"index": 2, "type": "indirect", "ip-address": "10.254.0.3", "subinterface": "ethernet-1/63.0"},
        ],
    }
    (route,) = collect.rib(answer({"network-instance": [{"name": "default", "route-table": table}]}))
    assert [hop.interface for hop in route.next_hops] == ["ethernet-1/64", "ethernet-1/63"]  # type: ignore[union-attr]


def test_interfaces_and_neighbours() -> None:
    sub = {"index": 0, "oper-state": "up", "ip-mtu": 9216, "ipv4": {"address": [{"ip-prefix": "10.254.0.0/31"}]}}
    port = {"name": "ethernet-1/64", "oper-state": "up", "ethernet": {"hw-mac-address": "1A:2B:00:FF:00:40"}}
    (found,) = collect.interfaces(answer({"interface": [{**port, "subinterface": [sub]}]}))
    assert (found.name, found.up, found.mtu, found.mac) == ("ethernet-1/64", True, 9216, "1a:2b:00:ff:00:40")  # type: ignore[union-attr]
    neighbor = {"id": "1A", "system-name": "a-spine1", "port-id": "ethernet-1/3"}
    value = {"system": {"lldp": {"interface": [{"name": "ethernet-1/64", "neighbor": [neighbor]}]}}}
    (heard,) = collect.lldp(answer(value))
    assert (heard.interface, heard.device, heard.port) == ("ethernet-1/64", "a-spine1", "ethernet-1/3")  # type: ignore[union-attr]


def test_an_answer_that_is_none_is_refused() -> None:
    for parse in (collect.sessions, collect.rib, collect.interfaces, collect.lldp):
        with pytest.raises(ValueError):
            parse(b"Error: no such path")
