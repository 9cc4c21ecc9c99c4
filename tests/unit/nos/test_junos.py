"""Juniper Junos: what an operator looks for in the text, changes as set and delete, planted errors, answers."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from planted import BORDER, LEAF, Change, instances, interfaces, reserved_vlan

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.junos import collect
from crossconnect.nos.junos.names import as_path
from crossconnect.nos.lines import Block, Tree, flat_lines
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from nos_region import cases

JUNOS = system("junos")
CASES = cases("junos")
MAIN = "junos.conf"


def tree_of(case: str) -> Tree:
    return JUNOS.parse(MAIN, render_files(CASES[case])[MAIN])  # type: ignore[return-value]


def flat(case: str, *path: str) -> list[str]:
    """Statements below headers, one per line, as `display set` has them."""
    tree = tree_of(case)
    for header in path:
        tree = next(e.body for e in tree if isinstance(e, Block) and e.header == header)
    return flat_lines(tree)


def test_an_uplink_has_media_and_protocol_mtu() -> None:
    lines = flat("leaf-numbered", "interfaces", "et-0/0/63")
    assert "mtu 9230" in lines
    assert "unit 0 family inet mtu 9216" in lines
    assert any(line.startswith("unit 0 family inet address 10.254.") for line in lines)


def test_an_unnumbered_uplink_discovers_its_neighbour() -> None:
    lines = flat("leaf-unnumbered", "protocols")
    assert "router-advertisement interface et-0/0/63.0" in lines
    assert any(line.endswith("peer-auto-discovery interface et-0/0/63.0") for line in lines)
    assert any(line.endswith("family inet unicast extended-nexthop") for line in lines)
    (listed,) = [line for line in lines if " peer-as-list " in line]
    assert f"as-list {listed.split()[-1]} members" in "\n".join(flat("leaf-unnumbered", "policy-options"))


def test_a_segment_is_a_vlan_based_mac_vrf() -> None:
    leaf = CASES["leaf-numbered"]
    web = next(i for i in leaf.network_instances if i.name == "red-prod-web")
    lines = flat("leaf-numbered", "routing-instances", "red-prod-web")
    assert lines[0] == "instance-type mac-vrf"
    assert "service-type vlan-based" in lines
    assert f"route-distinguisher {web.rd}" in lines
    assert f"vrf-target target:{web.import_rts[0]}" in lines
    assert f"vlans red-prod-web vxlan vni {web.vni}" in lines
    assert f"vlans red-prod-web l3-interface irb.{web.vlan}" in lines
    assert f"interface ae1.{web.vlan}" in lines
    assert f"unit {web.vlan} vlan-id {web.vlan}" in flat("leaf-numbered", "interfaces", "ae1")


def test_gateways_have_one_address_and_mac_on_all_leaves() -> None:
    gateway = flat("leaf-numbered", "interfaces", "irb")
    assert gateway == flat("leaf-second-numbered", "interfaces", "irb")
    assert any(line.endswith("family inet address 10.1.17.1/24") for line in gateway)
    assert any(line.endswith("mac 02:00:5e:00:01:01") for line in gateway)


def test_a_vrf_announces_type_5_and_routes_symmetrically() -> None:
    lines = flat("leaf-numbered", "routing-instances", "red-prod")
    assert "protocols evpn ip-prefix-routes vni 5001" in lines
    assert "protocols evpn irb-symmetric-routing vni 5001" in lines
    assert "interface irb.104" in lines
    assert "irb-symmetric-routing" not in "\n".join(flat("leaf-ipv4", "routing-instances", "red-prod"))


def test_spines_keep_next_hops_of_evpn_and_set_their_own_on_unicast() -> None:
    lines = flat("spine-numbered", "protocols", "bgp")
    assert any(line.endswith("multihop no-nexthop-change") for line in lines)
    assert any(line.endswith("keep all") for line in lines)
    assert any(line.endswith("session-mode single-hop") for line in lines)
    policy = flat("spine-numbered", "policy-options", "policy-statement xc-fabric-out")
    assert "term learned-v4 then next-hop self" in policy
    assert "no-nexthop-change" not in "\n".join(flat("leaf-numbered", "protocols", "bgp"))


def test_a_dual_homed_server_has_one_segment_on_both_leaves() -> None:
    assert flat("leaf-numbered", "interfaces", "ae1") == flat("leaf-second-numbered", "interfaces", "ae1")
    assert "esi all-active" in flat("leaf-numbered", "interfaces", "ae1")


def test_an_external_session_has_policies_limit_and_password() -> None:
    lines = flat("border-numbered", "routing-instances", "red-prod", "protocols", "bgp", "group transit1-v4")
    assert "family inet unicast accepted-prefix-limit maximum 500" in lines
    assert "family inet unicast accepted-prefix-limit teardown" in lines
    assert "neighbor 100.64.0.5 authentication-key xc-secret-env:TRANSIT1_MD5" in lines
    assert any(line.startswith("neighbor 100.64.0.5 import ") for line in lines)
    assert any(line.startswith("neighbor 100.64.0.5 export ") for line in lines)


def test_a_drained_spine_asks_to_be_avoided() -> None:
    options = flat("spine-drained-numbered", "policy-options")
    assert "policy-statement xc-fabric-in term drained then local-preference 0" in options
    assert "policy-statement xc-fabric-out term drained then community add c-65535-0" in options
    assert "community c-65535-0 members 65535:0" in options


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_is_referred_to_that_is_not_there(case: str) -> None:
    lines = flat_lines(tree_of(case))
    policies = {line.split()[2] for line in lines if line.startswith("policy-options policy-statement ")}
    used = {
        line.split()[-1]
        for line in lines
        for word in (" import ", " export ", " instance-import ")
        if word in f" {line} " and "vrf-target" not in line and line.split()[-2] == word.strip()
    }
    assert used == policies
    communities = {line.split()[2] for line in lines if line.startswith("policy-options community ")}
    named = {line.split()[-1] for line in lines if " community add " in line or " community delete " in line}
    named |= {line.split()[-1] for line in lines if " from community " in line}
    assert named == communities
    filters = {line.split()[4] for line in lines if line.startswith("firewall family ")}
    assert {line.split()[-1] for line in lines if " filter input " in line or " filter output " in line} == filters
    units = {
        f"{line.split()[1]}.{line.split()[3]}" for line in lines if line.startswith("interfaces ") and " unit " in line
    }
    members = {line.split()[-1] for line in lines if line.startswith("routing-instances ") and " interface " in line}
    assert members <= units


def test_a_changed_description_is_one_line() -> None:
    leaf = CASES["leaf-numbered"]
    (command,) = device_commands(leaf, interfaces(lambda i: replace(i, description="new"), "lag")(leaf))
    assert command.text == "set interfaces ae1 description new\n"


def test_a_tenant_comes_and_goes_by_its_highest_statements() -> None:
    leaf = CASES["leaf-numbered"]
    gone = replace(
        leaf,
        network_instances=tuple(i for i in leaf.network_instances if i.tenant != "blue"),
        interfaces=tuple(i for i in leaf.interfaces if i.network_instance != "blue-prod"),
    )
    there, back = (device_commands(*pair)[0].text.splitlines() for pair in ((gone, leaf), (leaf, gone)))
    assert {"delete routing-instances blue-prod", "delete interfaces irb unit 100"} <= set(back)
    assert all(line.startswith("set ") for line in there)
    assert "set routing-instances blue-prod instance-type vrf" in there


def test_a_policy_that_changes_is_entered_anew() -> None:
    border = CASES["border-numbered"]
    policy = border.routing_policy
    name = next(p.name for p in policy.policies if p.name.startswith("xc-in-red"))
    shorter = tuple(replace(p, statements=p.statements[1:]) if p.name == name else p for p in policy.policies)
    (command,) = device_commands(border, replace(border, routing_policy=replace(policy, policies=shorter)))
    lines = command.text.splitlines()
    assert lines[0] == f"delete policy-options policy-statement {name}"
    assert all(line.startswith(f"set policy-options policy-statement {name} ") for line in lines[1:])


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        ("^64496$", "64496"),
        ("_64499_", ".* 64499 .*"),
        ("^64496_", "64496 .*"),
        ("_64500$", ".* 64500"),
        ("^64496_64500$", "64496 64500"),
        ("^$", "()"),
        ("^(64496|64500)_", "(64496|64500) .*"),
        ("64496", None),
        ("^6449", None),
        ("^644[0-9]6$", None),
    ],
)
def test_as_path_expressions_are_of_whole_numbers(pattern: str, expression: str | None) -> None:
    assert as_path(pattern) == expression


def found_in(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


def test_devices_that_are_right_have_no_errors_of_the_system() -> None:
    for case, device in CASES.items():
        said = {code for code in found_in(device) if code.startswith("junos.")}
        assert said <= {"junos.mtu-above-hardware"}, case


def pattern_of(text: str) -> Change:
    def changed(device: DeviceConfiguration) -> DeviceConfiguration:
        policy = device.routing_policy
        sets = tuple(replace(s, patterns=(text,)) for s in policy.as_path_sets)
        return replace(device, routing_policy=replace(policy, as_path_sets=sets))

    return changed


def root_user(device: DeviceConfiguration) -> DeviceConfiguration:
    users = tuple(replace(u, name="root") for u in device.system.users)
    return replace(device, system=replace(device.system, users=users))


IN_A_LEAF: dict[str, tuple[Change, str]] = {
    "vlan-twice": (LEAF["vlan-twice"], "junos.vlan-twice"),
    "vni-twice": (LEAF["vni-twice"], "junos.vlan-twice"),
    "vlan-missing": (LEAF["vlan-missing"], "junos.vlan-missing"),
    "native-twice": (LEAF["native-twice"], "junos.native-vlan-twice"),
    "esi": (LEAF["esi"], "junos.esi"),
    "parent-missing": (LEAF["parent-missing"], "junos.parent-missing"),
    "port-name": (LEAF["port-name"], "junos.interface-name"),
    "vrf-missing": (LEAF["vrf-missing"], "junos.vrf-missing"),
    "l3vrf-missing": (LEAF["l3vrf-missing"], "junos.vrf-missing"),
    "name": (LEAF["name"], "junos.name"),
    "address-twice": (LEAF["address-twice"], "junos.address-twice"),
    "vtep-missing": (LEAF["vtep-missing"], "junos.vtep-missing"),
    "acl-missing": (LEAF["acl-missing"], "junos.acl-missing"),
    "mtu-range": (LEAF["mtu-range"], "junos.mtu-range"),
    "bfd-too-fast": (LEAF["bfd-too-fast"], "nos.bfd-too-fast"),
    "leak-policy-missing": (LEAF["leak-policy-missing"], "junos.policy-missing"),
    "reserved-vlan": (reserved_vlan(4093), "nos.vlan-reserved"),
    "root": (root_user, "junos.reserved-user"),
    "l3vrf": (instances(lambda i: replace(i, l3vrf="gone"), "mac-vrf"), "junos.vrf-missing"),
}


@pytest.mark.parametrize("mistake", sorted(IN_A_LEAF))
def test_a_planted_mistake_in_a_leaf_is_found(mistake: str) -> None:
    change, code = IN_A_LEAF[mistake]
    leaf = CASES["leaf-numbered"]
    assert code in found_in(change(leaf)) - found_in(leaf)


IN_A_BORDER: dict[str, tuple[Change, str]] = {
    "policy-missing": (BORDER["policy-missing"], "junos.policy-missing"),
    "set-missing": (BORDER["set-missing"], "junos.set-missing"),
    "as-path": (pattern_of("6449"), "junos.as-path-pattern"),
}


@pytest.mark.parametrize("mistake", sorted(IN_A_BORDER))
def test_a_planted_mistake_in_a_border_is_found(mistake: str) -> None:
    change, code = IN_A_BORDER[mistake]
    assert code in found_in(change(CASES["border-numbered"]))


def data(**values: str) -> dict[str, list[dict[str, str]]]:
    """Elements as `display json` writes them."""
    return {name.replace("_", "-"): [{"data": value}] for name, value in values.items()}


def answer(value: object) -> bytes:
    return json.dumps(value).encode()


def test_sessions() -> None:
    peers = [
        data(
            peer_address="10.254.0.1+179",
            peer_as="4200000006",
            peer_state="Established",
            peer_cfg_rti="master",
            nlri_type_session="inet-unicast evpn",
        ),
        data(
            peer_address="100.64.0.5",
            peer_as="64496",
            peer_state="Active",
            peer_cfg_rti="red-prod",
            nlri_type_peer="inet-unicast",
        ),
    ]
    found = collect.sessions(answer({"bgp-information": [{"bgp-peer": peers}]}))
    assert [(r.vrf, r.peer, r.family, r.negotiated) for r in found] == [
        ("default", "10.254.0.1", "ipv4-unicast", True),
        ("default", "10.254.0.1", "l2vpn-evpn", True),
        ("red-prod", "100.64.0.5", "ipv4-unicast", False),
    ]


def test_routes_of_tables() -> None:
    hop = data(to="10.254.0.1", via="et-0/0/63.0")
    bgp = {**data(protocol_name="BGP"), "nh": [hop, data(to="10.254.0.3", via="et-0/0/62.0")]}
    tables = [
        {**data(table_name="inet.0"), "rt": [{**data(rt_destination="10.255.0.4/32"), "rt-entry": [bgp]}]},
        {**data(table_name="bgp.evpn.0"), "rt": [{**data(rt_destination="x"), "rt-entry": [bgp]}]},
        {
            **data(table_name="red-prod.inet.0"),
            "rt": [
                {
                    **data(rt_destination="10.1.17.0/24"),
                    "rt-entry": [{**data(protocol_name="Direct"), "nh": [data(via="irb.104")]}],
                }
            ],
        },
    ]
    found = collect.routes(answer({"route-information": [{"route-table": tables}]}))
    assert [(r.vrf, r.prefix, r.protocol, len(r.next_hops)) for r in found] == [
        ("default", "10.255.0.4/32", "bgp", 2),
        ("red-prod", "10.1.17.0/24", "connected", 1),
    ]
    assert found[0].next_hops[0].interface == "et-0/0/63"


def test_interfaces_and_neighbours() -> None:
    family = {
        **data(address_family_name="inet", mtu="9216"),
        "interface-address": [data(ifa_local="10.254.0.0", ifa_destination="10.254.0.0/31")],
    }
    port = {
        **data(name="\net-0/0/63\n", oper_status="\nup\n"),
        "logical-interface": [{**data(name="et-0/0/63.0"), "address-family": [family]}],
    }
    (found,) = collect.interfaces(answer({"interface-information": [{"physical-interface": [port]}]}))
    assert (found.name, found.up, found.mtu, found.addresses) == ("et-0/0/63", True, 9216, ("10.254.0.0/31",))
    one = data(lldp_local_port_id="et-0/0/63", lldp_remote_system_name="a-spine1", lldp_remote_port_id="et-0/0/2")
    (heard,) = collect.lldp(answer({"lldp-neighbors-information": [{"lldp-neighbor-information": [one]}]}))
    assert (heard.interface, heard.device, heard.port) == ("et-0/0/63", "a-spine1", "et-0/0/2")


def test_own_host_routes_and_what_came_by_evpn_are_not_announced() -> None:
    text = JUNOS.text(MAIN, JUNOS.trees(CASES["border-numbered"])[MAIN])
    tree = JUNOS.parse(MAIN, text)
    assert isinstance(tree, tuple)
    lines = flat_lines(tree)
    type_5 = [line for line in lines if "policy-statement xc-type5-red-prod " in line]
    assert type_5[0].endswith("term own-addresses from protocol local")
    assert any(line.endswith("term from-evpn from protocol evpn") for line in type_5)
    out = [line for line in lines if "policy-statement xc-out-red-prod-to-transit " in line]
    assert out[0].endswith("from protocol local")
    assert out[1].endswith("then reject")


def test_a_drained_device_marks_evpn_routes_too() -> None:
    for case in ("spine-drained-numbered", "spine-drained-unnumbered"):
        assert "vpn-apply-export;" in JUNOS.text(MAIN, JUNOS.trees(CASES[case])[MAIN])
    assert "vpn-apply-export" not in JUNOS.text(MAIN, JUNOS.trees(CASES["spine-numbered"])[MAIN])
