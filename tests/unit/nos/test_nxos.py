"""Cisco NX-OS: what an operator looks for in the text, changes and their inverses, planted errors, answers."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from planted import BORDER, LEAF, instances, reserved_vlan

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.lines import Block, Tree, indented_text
from crossconnect.nos.nxos import collect
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from nos_region import cases

NXOS = system("nxos")
CASES = cases("nxos")
MAIN = "running-config.nxos"


def text_of(case: str) -> str:
    return render_files(CASES[case])[MAIN]


def block(case: str, *path: str) -> list[str]:
    """The lines below headers."""
    tree: Tree = NXOS.parse(MAIN, text_of(case))  # type: ignore[assignment]
    for header in path:
        tree = next(e.body for e in tree if isinstance(e, Block) and e.header == header)
    return indented_text(tree, "").splitlines()


def router(case: str) -> str:
    return f"router bgp {CASES[case].network_instances[0].bgp.asn}"  # type: ignore[union-attr]


def test_features_are_those_that_are_used() -> None:
    leaf, spine = text_of("leaf-numbered"), text_of("spine-numbered")
    for feature in ("bgp", "interface-vlan", "vn-segment-vlan-based", "nv overlay", "fabric forwarding", "lacp"):
        assert f"feature {feature}\n" in leaf
    assert "feature nv overlay\n" not in spine
    assert "nv overlay evpn\n" in spine


def test_an_unnumbered_uplink_is_an_interface_peering() -> None:
    port = block("leaf-unnumbered", "interface Ethernet1/64")
    assert "ip forward" in port
    assert "ipv6 address use-link-local-only" in port
    assert block("leaf-unnumbered", router("leaf-unnumbered"), "neighbor Ethernet1/64")[0].startswith("remote-as ")


def test_spines_keep_all_routes_and_their_next_hops() -> None:
    case = "spine-numbered"
    assert "retain route-target all" in block(case, router(case), "address-family l2vpn evpn")
    text = text_of(case)
    assert "route-map xc-unchanged permit 10\n  set ip next-hop unchanged\n" in text
    assert "route-map xc-unchanged out" in text
    assert "interface nve1" not in text


def test_an_l3vni_has_a_vlan_an_svi_and_a_member() -> None:
    case = "leaf-numbered"
    assert block(case, "vlan 3501") == ["name l3vni-red-prod", "vn-segment 5001"]
    svi = block(case, "interface Vlan3501")
    assert svi.index("vrf member red-prod") < svi.index("ip forward")
    assert "member vni 5001 associate-vrf" in block(case, "interface nve1")
    assert block(case, "vrf context red-prod")[:2] == ["vni 5001", f"rd {_vrf('red-prod').rd}"]
    family = block(case, "vrf context red-prod", "address-family ipv4 unicast")
    assert "route-target import 65000:5001 evpn" in family
    assert "advertise l2vpn evpn" in block(case, router(case), "vrf red-prod", "address-family ipv4 unicast")


def _vrf(name: str):  # type: ignore[no-untyped-def]
    return next(i for i in CASES["leaf-numbered"].network_instances if i.name == name)


def test_a_segment_has_vlan_vni_gateway_and_route_targets() -> None:
    web = _vrf("red-prod-web")
    assert f"vn-segment {web.vni}" in block("leaf-numbered", f"vlan {web.vlan}")
    assert block("leaf-numbered", "evpn", f"vni {web.vni} l2")[0] == f"rd {web.rd}"
    gateway = block("leaf-numbered", f"interface Vlan{web.vlan}")
    assert "fabric forwarding mode anycast-gateway" in gateway
    assert gateway.index("vrf member red-prod") < gateway.index("ip address 10.1.17.1/24")
    assert "ingress-replication protocol bgp" in block("leaf-numbered", "interface nve1", f"member vni {web.vni}")


def test_leaked_routes_come_by_the_other_vrfs_targets() -> None:
    assert "route-target import 65000:5001 evpn" in block(
        "leaf-numbered", "vrf context blue-prod", "address-family ipv4 unicast"
    )
    assert "route-target export 65000:5001" not in block(
        "leaf-numbered", "vrf context blue-prod", "address-family ipv4 unicast"
    )


def test_an_external_session_has_policies_limit_and_password() -> None:
    case = "border-numbered"
    session = block(case, router(case), "vrf red-prod", "neighbor 100.64.0.5")
    assert "password 0 xc-secret-env:TRANSIT1_MD5" in session
    family = block(case, router(case), "vrf red-prod", "neighbor 100.64.0.5", "address-family ipv4 unicast")
    assert "maximum-prefix 500" in family
    assert [line.split()[-1] for line in family if line.startswith("route-map")] == ["in", "out"]


def test_the_management_vrf_is_the_one_that_there_is() -> None:
    assert "vrf member management" in block("leaf-numbered", "interface mgmt0")
    assert "ip route 0.0.0.0/0 10.253.0.1" in block("leaf-numbered", "vrf context management")
    assert "mgmt\n" not in text_of("leaf-numbered")


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_is_referred_to_that_is_not_there(case: str) -> None:
    lines = [line.strip() for line in text_of(case).splitlines()]
    maps = {
        line.split()[1] for line in lines if line.startswith("route-map ") and line.split()[-1] not in ("in", "out")
    }
    used = {line.split()[1] for line in lines if line.startswith("route-map ") and line.split()[-1] in ("in", "out")}
    used |= {line.split()[-1] for line in lines if line.startswith("redistribute ")}
    assert used == maps
    lists = {line.split()[2] for line in lines if line.split()[1:2] in (["prefix-list"], ["access-list"])}
    lists |= {line.split()[3] for line in lines if line.split()[1:2] in (["community-list"], ["large-community-list"])}
    lists |= {line.split()[3] for line in lines if line.startswith("ip as-path access-list ")}
    for line in lines:
        words = line.split()
        if words[:1] == ["match"]:
            assert words[-1] in lists, line
        if len(words) > 1 and words[1] in ("access-group", "traffic-filter"):
            assert words[2] in lists, line
        if words[:2] == ["vrf", "member"]:
            assert f"vrf context {words[2]}" in lines
        if words[:1] == ["channel-group"]:
            assert f"interface port-channel{words[1]}" in lines


def test_a_tenant_comes_and_goes_in_order() -> None:
    leaf = CASES["leaf-numbered"]
    gone = replace(
        leaf,
        network_instances=tuple(i for i in leaf.network_instances if i.tenant != "blue"),
        interfaces=tuple(i for i in leaf.interfaces if i.network_instance != "blue-prod"),
    )
    there, back = (device_commands(*pair)[0].text.splitlines() for pair in ((gone, leaf), (leaf, gone)))
    assert there.index("vlan 3500") < there.index("vrf context blue-prod") < there.index("interface Vlan3500")
    assert back.index("no interface Vlan100") < back.index("no vrf context blue-prod") < back.index("no vlan 3500")


def found_in(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


def test_devices_that_are_right_have_no_errors_of_the_system() -> None:
    for case, device in CASES.items():
        assert not {code for code in found_in(device) if code.startswith("nxos.")}, case


PLANTED: dict[str, str] = {
    "vlan-twice": "nxos.vlan-twice",
    "vni-twice": "nxos.vlan-twice",
    "vlan-missing": "nxos.vlan-missing",
    "native-twice": "nxos.native-vlan-twice",
    "esi": "nxos.esi",
    "parent-missing": "nxos.parent-missing",
    "port-name": "nxos.interface-name",
    "vrf-missing": "nxos.vrf-missing",
    "l3vrf-missing": "nxos.vrf-missing",
    "name": "nxos.name",
    "address-twice": "nxos.address-twice",
    "vtep-missing": "nxos.vtep-missing",
    "acl-missing": "nxos.acl-missing",
    "mtu-range": "nxos.mtu-range",
    "bfd-too-fast": "nos.bfd-too-fast",
}


@pytest.mark.parametrize("mistake", sorted(PLANTED))
def test_a_planted_mistake_in_a_leaf_is_found(mistake: str) -> None:
    leaf = CASES["leaf-numbered"]
    assert PLANTED[mistake] in found_in(LEAF[mistake](leaf)) - found_in(leaf)


@pytest.mark.parametrize("mistake", sorted(BORDER))
def test_a_planted_mistake_in_a_border_is_found(mistake: str) -> None:
    assert f"nxos.{mistake}" in found_in(BORDER[mistake](CASES["border-numbered"]))


@pytest.mark.parametrize("vlan", [3500, 4000])
def test_vlans_that_the_system_keeps_are_found(vlan: int) -> None:
    assert "nos.vlan-reserved" in found_in(reserved_vlan(vlan)(CASES["leaf-numbered"]))


def test_two_l3vnis_on_one_vlan_are_found() -> None:
    twin = instances(lambda i: replace(i, vni=5901), "l3vrf")(CASES["leaf-numbered"])
    assert "nxos.l3vni-vlan" in found_in(twin)


def test_ethernet_segments_are_refused_with_what_there_is() -> None:
    said = [f for f in device_findings(CASES["leaf-numbered"]) if "Ethernet segments" in f.message]
    assert said
    assert "vPC" in said[0].message
    assert said[0].hint


def answer(value: object) -> bytes:
    return json.dumps(value).encode()


def test_sessions_of_a_summary_with_one_and_with_many_rows() -> None:
    """As `show bgp all summary vrf all | json` has them."""

    def saf(name: str, rows: object) -> object:
        return {"TABLE_saf": {"ROW_saf": {"safi": "1", "af-name": name, "TABLE_neighbor": {"ROW_neighbor": rows}}}}

    one = {"neighborid": "10.254.0.1", "neighboras": "4200000006", "state": "Established", "prefixreceived": "12"}
    two = {"neighborid": "Eth1/63", "neighboras": "4200000006", "state": "Idle"}
    vrf = {
        "vrf-name-out": "default",
        "TABLE_af": {"ROW_af": [saf("IPv4 Unicast", [one, two]), saf("L2VPN EVPN", one), saf("VPNv4 Unicast", one)]},
    }
    found = collect.sessions(answer({"TABLE_vrf": {"ROW_vrf": vrf}}))
    assert [(r.family, r.peer, r.established) for r in found] == [
        ("ipv4-unicast", "10.254.0.1", True),
        ("ipv4-unicast", "Ethernet1/63", False),
        ("l2vpn-evpn", "10.254.0.1", True),
    ]


def test_routes() -> None:
    """As `show ip route vrf all | json` has them."""
    path = {"ipnexthop": "10.255.0.5", "ifname": "", "clientname": "bgp-4200000002", "type": "external"}
    direct = {"ipnexthop": "10.1.17.1", "ifname": "Vlan104", "clientname": "direct"}
    prefixes = [
        {"ipprefix": "10.2.17.0/24", "TABLE_path": {"ROW_path": [path, {**path, "ipnexthop": "10.255.0.6"}]}},
        {"ipprefix": "10.1.17.0/24", "attached": "true", "TABLE_path": {"ROW_path": direct}},
        {"ipprefix": "10.1.17.1/32", "TABLE_path": {"ROW_path": {**direct, "clientname": "local"}}},
    ]
    family = {"addrf": "ipv4", "TABLE_prefix": {"ROW_prefix": prefixes}}
    vrf = {"vrf-name-out": "red-prod", "TABLE_addrf": {"ROW_addrf": family}}
    found = {r.prefix: r for r in collect.routes(answer({"TABLE_vrf": {"ROW_vrf": vrf}}))}
    assert found.keys() == {"10.2.17.0/24", "10.1.17.0/24"}
    assert [hop.address for hop in found["10.2.17.0/24"].next_hops] == ["10.255.0.5", "10.255.0.6"]
    assert found["10.1.17.0/24"].protocol == "connected"


def test_interfaces_and_neighbours() -> None:
    rows = [
        {"interface": "Ethernet1/64", "state": "up", "eth_mtu": "9216", "eth_ip_addr": "10.254.0.0", "eth_ip_mask": 31},
        {
            "interface": "Vlan104",
            "svi_line_proto": "up",
            "svi_mtu": "9000",
            "svi_ip_addr": "10.1.17.1",
            "svi_ip_mask": 24,
        },
    ]
    found = collect.interfaces(answer({"TABLE_interface": {"ROW_interface": rows}}))
    assert [(r.name, r.up, r.mtu, r.addresses) for r in found] == [
        ("Ethernet1/64", True, 9216, ("10.254.0.0/31",)),
        ("Vlan104", True, 9000, ("10.1.17.1/24",)),
    ]
    row = {"chassis_type": "7", "chassis_id": "a-spine1", "l_port_id": "Eth1/64", "port_id": "Ethernet1/3"}
    (heard,) = collect.lldp(answer({"TABLE_nbor": {"ROW_nbor": row}, "neigh_count": 1}))
    assert (heard.interface, heard.device) == ("Ethernet1/64", "a-spine1")
