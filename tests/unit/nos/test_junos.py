"""Junos: what an operator looks for in the text, changes and their inverses, planted errors, answers."""

from __future__ import annotations

import json
import re

import pytest
from msgspec.structs import replace
from planted import BORDER, LEAF, instances

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import AsPathSet
from crossconnect.nos.junos import collect
from crossconnect.nos.junos.policy import junos_as_path
from crossconnect.nos.lines import Tree, braced_text, flat_lines
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings
from nos_region import cases

JUNOS = system("junos")
CASES = cases("junos")
MAIN = "junos.conf"


def lines(case: str, start: str = "") -> list[str]:
    """`set` lines of a case, those that begin so, without the beginning."""
    tree = JUNOS.trees(CASES[case])[MAIN]
    assert isinstance(tree, tuple)
    return [line.removeprefix(start).strip() for line in flat_lines(tree) if line.startswith(start)]


def test_a_segment_is_a_mac_vrf_of_its_own() -> None:
    web = lines("leaf-numbered", "routing-instances red-prod-web ")
    assert web[0] == "instance-type mac-vrf"
    assert "service-type vlan-based" in web
    assert "interface ae1.0" in web
    assert "vlans vlan104 l3-interface irb.104" in web
    assert "vlans vlan104 vxlan vni 10004" in web
    assert "vrf-target target:65000:10004" in web


def test_a_vrf_has_its_l3vni_for_hosts_and_prefixes() -> None:
    evpn = lines("leaf-numbered", "routing-instances red-prod protocols evpn ")
    assert "irb-symmetric-routing vni 5001" in evpn
    assert "ip-prefix-routes vni 5001" in evpn
    assert "ip-prefix-routes advertise direct-nexthop" in evpn
    assert not [line for line in lines("leaf-ipv4") if "irb-symmetric-routing" in line]


def test_a_trunk_has_a_unit_per_vlan_and_an_access_port_one() -> None:
    trunk = lines("leaf-numbered", "interfaces ae3 ")
    assert "native-vlan-id 101" in trunk
    assert "unit 100 vlan-id 100" in trunk
    assert "mtu 9018" in trunk
    access = lines("leaf-numbered", "interfaces et-0/0/2 ")
    assert "unit 0 family ethernet-switching vlan members 100" in access
    assert "mtu 9014" in access


def test_both_leaves_show_servers_one_segment_and_one_system() -> None:
    first, second = (lines(case, "interfaces ae1 ") for case in ("leaf-numbered", "leaf-second-numbered"))
    assert first == second
    assert "esi all-active" in first
    assert any(line.startswith("aggregated-ether-options lacp system-id ") for line in first)
    assert lines("leaf-numbered", "chassis ") == ["aggregated-devices ethernet device-count 4"]


def test_unnumbered_sessions_are_discovered_on_their_ports() -> None:
    group = lines("leaf-unnumbered", "protocols bgp group fabric-4200000006 ")
    assert "dynamic-neighbor underlay peer-auto-discovery family inet6 ipv6-nd" in group
    assert "dynamic-neighbor underlay peer-auto-discovery interface et-0/0/62.0" in group
    assert "family inet unicast extended-nexthop" in group
    assert lines("leaf-unnumbered", "protocols router-advertisement ") == [
        "interface et-0/0/62.0",
        "interface et-0/0/63.0",
    ]


def test_spines_keep_next_hops_of_evpn_and_set_those_of_unicast() -> None:
    assert "no-nexthop-change" in lines("spine-numbered", "protocols bgp group fabric multihop ")
    out = lines("spine-numbered", "policy-options policy-statement xc-fabric-out ")
    assert "term inet then next-hop self" in out
    assert "bfd-liveness-detection session-mode single-hop" in "\n".join(lines("spine-numbered"))
    assert not [line for line in lines("leaf-numbered") if "no-nexthop-change" in line]


def test_a_drained_spine_marks_what_it_says_and_prefers_nothing() -> None:
    policies = lines("spine-drained-numbered", "policy-options policy-statement ")
    assert "xc-fabric-out term drained then community add c-65535-0" in policies
    assert "xc-fabric-in term drained then local-preference 0" in policies
    assert "vpn-apply-export" in lines("spine-drained-numbered", "protocols bgp group fabric ")


def test_external_sessions_have_policies_limits_and_keys() -> None:
    group = "\n".join(lines("border-numbered", "routing-instances red-prod protocols bgp group transit1 "))
    assert "import xc-in-red-prod-from-transit-v4" in group
    assert "export xc-out-red-prod-to-transit-v6" in group
    assert "family inet unicast prefix-limit maximum 500" in group
    assert 'authentication-key "xc-secret-env:TRANSIT1_MD5"' in group


def test_what_is_named_is_defined_and_what_is_defined_is_named() -> None:
    for case in CASES:
        text = "\n".join(lines(case))
        defined = set(re.findall(r"^policy-options policy-statement (\S+)", text, re.M))
        named = set(re.findall(r" (?:import|export|instance-import) ((?:xc-)\S+)", text))
        assert named == defined, case
        communities = set(re.findall(r"^policy-options community (\S+)", text, re.M))
        assert set(re.findall(r" community (?:add |delete )?(c-\S+)", text)) - communities == set(), case
        filters = set(re.findall(r"^firewall family \S+ filter (\S+)", text, re.M))
        assert set(re.findall(r" filter (?:input|output) (\S+)", text)) == filters, case


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("^64496$", "64496"), ("_64499_", ".* 64499 .*"), ("^64496_", "64496 .*"), ("_64496$", ".* 64496"), ("^$", "()")],
)
def test_as_path_expressions_are_over_whole_numbers(pattern: str, expected: str) -> None:
    assert junos_as_path(pattern) == expected


def _applied(tree: Tree, text: str) -> set[str]:
    """`set` lines after commands: `delete` takes what is below its path."""
    left = dict.fromkeys(flat_lines(tree))
    for command in text.splitlines():
        verb, _, path = command.partition(" ")
        if verb == "set":
            left[path] = None
        else:
            gone = [line for line in left if line == path or line.startswith(f"{path} ")]
            assert gone, command
            left = {line: None for line in left if line not in gone}
    return set(left)


@pytest.mark.parametrize(
    ("old", "new"), [("leaf-numbered", "leaf-unnumbered"), ("spine-numbered", "spine-drained-numbered")]
)
def test_commands_lead_from_one_configuration_to_the_other_and_back(old: str, new: str) -> None:
    first, second = CASES[old], CASES[new]
    for a, b in ((first, second), (second, first)):
        (commands,) = device_commands(a, b)
        before, after = JUNOS.trees(a)[MAIN], JUNOS.trees(b)[MAIN]
        assert isinstance(before, tuple)
        assert isinstance(after, tuple)
        missing = set(flat_lines(after)) - _applied(before, commands.text)
        assert missing == set()
        verbs = [line.partition(" ")[0] for line in commands.text.splitlines()]
        assert verbs == sorted(verbs)


def test_a_segment_that_goes_takes_one_delete_for_its_instance() -> None:
    device = CASES["leaf-numbered"]
    without = replace(device, network_instances=tuple(i for i in device.network_instances if i.name != "red-wire"))
    (commands,) = device_commands(device, without)
    assert "delete routing-instances red-wire" in commands.text.splitlines()
    assert "routing-instances red-wire " not in commands.text


def _as_path(device: DeviceConfiguration) -> DeviceConfiguration:
    sets = (AsPathSet(name="carrier-own", patterns=("644",)),)
    return replace(device, routing_policy=replace(device.routing_policy, as_path_sets=sets))


def found_in(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


CODE = {
    "vni-twice": "junos.vlan-twice",
    "native-twice": "junos.native-vlan-twice",
    "port-name": "junos.interface-name",
    "l3vrf-missing": "junos.vrf-missing",
    "bfd-too-fast": "nos.bfd-too-fast",
    "leak-policy-missing": "junos.policy-missing",
}


@pytest.mark.parametrize("kind", sorted(LEAF))
def test_a_mistake_planted_in_a_leaf_is_found(kind: str) -> None:
    leaf = CASES["leaf-numbered"]
    assert CODE.get(kind, f"junos.{kind}") in found_in(LEAF[kind](leaf)) - found_in(leaf)


@pytest.mark.parametrize("kind", sorted(BORDER))
def test_a_mistake_planted_in_a_border_is_found(kind: str) -> None:
    assert f"junos.{kind}" in found_in(BORDER[kind](CASES["border-numbered"]))


OWN = {
    "as-path": ("border-numbered", _as_path),
    "rd": ("leaf-numbered", instances(lambda i: replace(i, rd="65000"), "mac-vrf")),
    "route-targets": ("leaf-numbered", instances(lambda i: replace(i, import_rts=("1:1", "1:2")), "l3vrf")),
    "irb-missing": ("leaf-numbered", instances(lambda i: replace(i, irb="irb.999"), "mac-vrf")),
    "reserved-name": ("leaf-numbered", instances(lambda i: replace(i, name="master"), "l3vrf")),
}


@pytest.mark.parametrize("kind", OWN)
def test_planted_for_junos(kind: str) -> None:
    case, change = OWN[kind]
    assert f"junos.{kind}" in found_in(change(CASES[case]))


def test_no_finding_of_its_own_where_nothing_is_planted() -> None:
    for case, device in CASES.items():
        assert [f.message for f in device_findings(device) if f.code.startswith("junos.")] == [], case


@pytest.mark.parametrize("text", ["set system host-name x\n", "system {\n", "system {\n}\n}\n"])
def test_text_that_is_not_in_braces_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        JUNOS.parse(MAIN, text)


def test_extra_configuration_takes_a_statement_out() -> None:
    tree = JUNOS.trees(CASES["leaf-numbered"])[MAIN]
    both, overridden = JUNOS.merge(
        tree, JUNOS.parse(MAIN, "protocols {\n    bgp {\n        delete: log-updown;\n    }\n}\n")
    )
    assert isinstance(both, tuple)
    assert "log-updown" not in braced_text(both)
    assert [o.rendered for o in overridden] == ["log-updown"]


def _data(**leaves: str) -> dict[str, object]:
    return {name.replace("_", "-"): [{"data": value}] for name, value in leaves.items()}


def test_answers_become_reports() -> None:
    peer = {
        **_data(peer_address="10.254.0.1+179", peer_state="Established", peer_cfg_rti="master"),
        "bgp-option-information": [_data(address_families="inet-unicast evpn")],
    }
    said = collect.sessions(json.dumps({"bgp-information": [{"bgp-peer": [peer]}]}).encode())
    assert [(s.vrf, s.peer, s.family, s.established) for s in said] == [
        ("default", "10.254.0.1", "ipv4-unicast", True),
        ("default", "10.254.0.1", "l2vpn-evpn", True),
    ]
    hop = _data(to="10.254.0.1", via="et-0/0/62.0")
    entry = {**_data(active_tag="*", protocol_name="BGP"), "nh": [hop]}
    rt = {**_data(rt_destination="10.255.0.9/32"), "rt-entry": [entry]}
    tables = [{**_data(table_name=name), "rt": [rt]} for name in ("red.inet.0", "bgp.evpn.0")]
    (route,) = collect.routes(json.dumps({"route-information": [{"route-table": tables}]}).encode())
    assert (route.vrf, route.prefix, route.protocol) == ("red", "10.255.0.9/32", "bgp")
    assert route.next_hops[0].interface == "et-0/0/62.0"
    one = _data(lldp_local_port_id="et-0/0/62", lldp_remote_port_id="et-0/0/0", lldp_remote_system_name="a-spine2")
    answer = {"lldp-neighbors-information": [{"lldp-neighbor-information": [one]}]}
    (heard,) = collect.lldp(json.dumps(answer).encode())
    assert (heard.interface, heard.device, heard.port) == ("et-0/0/62", "a-spine2", "et-0/0/0")
