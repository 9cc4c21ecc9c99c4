"""Arista EOS: what an operator looks for in the text, changes and their inverses, planted errors, answers."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from planted import BORDER, LEAF, Change, reserved_vlan

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.eos import collect
from crossconnect.nos.lines import Block, Tree, indented_text
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import device_commands, device_findings, render_files
from crossconnect.nos.reports import NextHop
from nos_region import cases

EOS = system("eos")
CASES = cases("eos")


def text_of(case: str) -> str:
    return render_files(CASES[case])["running-config.eos"]


def block(case: str, *path: str) -> str:
    """The text below headers."""
    tree: Tree = EOS.parse("running-config.eos", text_of(case))  # type: ignore[assignment]
    for header in path:
        tree = next(e.body for e in tree if isinstance(e, Block) and e.header == header)
    return indented_text(tree)


def test_a_numbered_uplink_has_both_addresses_bfd_and_the_mtu() -> None:
    lines = block("leaf-numbered", "interface Ethernet64").splitlines()
    assert "no switchport" in lines
    assert "mtu 9216" in lines
    assert any(line.startswith("ip address 10.254.") for line in lines)
    assert any(line.startswith("ipv6 address fd00:") for line in lines)
    assert "bfd interval 300 min-rx 300 multiplier 3" in lines


def test_an_unnumbered_uplink_has_a_session_by_interface_and_ipv6_next_hops() -> None:
    lines = block("leaf-unnumbered", "interface Ethernet64").splitlines()
    assert "ipv6 enable" in lines
    assert not any(line.startswith(("ip address", "ipv6 address")) for line in lines)
    text = text_of("leaf-unnumbered")
    assert "neighbor interface Ethernet64 peer-group unnumbered-" in text
    assert "next-hop address-family ipv6 originate" in text
    assert "ip routing ipv6 interfaces" in text


def test_spines_leave_the_next_hop_and_are_no_vteps() -> None:
    text = text_of("spine-numbered")
    assert block("spine-numbered", "router bgp 4200000006", "address-family evpn").startswith("bgp next-hop-unchanged")
    assert "interface Vxlan1" not in text
    assert "vrf instance red-prod" not in text


def test_a_segment_is_a_vlan_with_a_vni_and_an_anycast_gateway() -> None:
    leaf = CASES["leaf-numbered"]
    web = next(i for i in leaf.network_instances if i.name == "red-prod-web")
    assert f"vxlan vlan {web.vlan} vni {web.vni}" in block("leaf-numbered", "interface Vxlan1")
    vlan = block("leaf-numbered", f"router bgp {leaf.network_instances[0].bgp.asn}", f"vlan {web.vlan}")  # type: ignore[union-attr]
    assert f"rd {web.rd}" in vlan
    assert f"route-target both {web.import_rts[0]}" in vlan
    assert "redistribute learned" in vlan
    gateway = block("leaf-numbered", f"interface Vlan{web.vlan}").splitlines()
    assert gateway.index("vrf red-prod") < gateway.index("ip address virtual 10.1.17.1/24")
    assert "ip virtual-router mac-address" in text_of("leaf-numbered")


def test_a_vrf_has_its_l3vni_and_route_targets() -> None:
    asn = CASES["leaf-numbered"].network_instances[0].bgp.asn  # type: ignore[union-attr]
    vrf = block("leaf-numbered", f"router bgp {asn}", "vrf red-prod")
    assert "route-target import evpn 65000:5001" in vrf
    assert "route-target export evpn 65000:5001" in vrf
    assert "vxlan vrf red-prod vni 5001" in text_of("leaf-numbered")


def test_a_dual_homed_server_has_one_segment_on_both_leaves() -> None:
    def segment(case: str) -> str:
        return block(case, "interface Port-Channel1", "evpn ethernet-segment")

    assert segment("leaf-numbered") == segment("leaf-second-numbered")
    assert "identifier 03" in segment("leaf-numbered")


def test_an_external_session_has_policies_limit_password_and_no_way_without() -> None:
    asn = CASES["border-numbered"].network_instances[0].bgp.asn  # type: ignore[union-attr]
    vrf = block("border-numbered", f"router bgp {asn}", "vrf red-prod")
    assert "neighbor 100.64.0.5 maximum-accepted-routes 500" in vrf
    assert "neighbor 100.64.0.5 password 0 xc-secret-env:TRANSIT1_MD5" in vrf
    assert "bgp missing-policy direction in action deny" in vrf
    family = block("border-numbered", f"router bgp {asn}", "vrf red-prod", "address-family ipv4").splitlines()
    assert family[-1] == "neighbor 100.64.0.5 activate"
    assert any(line.endswith("-v4 in") for line in family)
    assert any(line.endswith("-v4 out") for line in family)


def test_a_drained_spine_asks_to_be_avoided() -> None:
    text = text_of("spine-drained-numbered")
    assert "route-map xc-drained-out permit 10\n   set community GSHUT additive" in text
    assert "route-map xc-drained-in permit 10\n   set local-preference 0" in text
    assert "route-map xc-drained-out out" in text
    assert "xc-drained" not in text_of("spine-numbered")


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_is_referred_to_that_is_not_there(case: str) -> None:
    """Route maps, lists, ACLs, VRFs and bonds: each name that is used is defined."""
    lines = [line.strip() for line in text_of(case).splitlines()]
    defined = {" ".join(line.split()[:3]) for line in lines}
    maps = {line.split()[1] for line in lines if line.startswith("route-map ")}
    used_maps = {line.split("route-map ")[1].split()[0] for line in lines if " route-map " in line}
    used_maps |= {line.split()[-1] for line in lines if "subscribe-policy" in line}
    assert used_maps <= maps
    # And nothing is there that nobody uses.
    assert maps <= used_maps
    for line in lines:
        words = line.split()
        if words[:1] == ["match"] and "prefix-list" in words:
            assert f"{words[1]} prefix-list {words[-1]}" in defined
        if len(words) > 1 and words[1] == "access-group":
            assert f"{words[0]} access-list {words[2]}" in defined
        if words[:1] == ["vrf"] and words[1] != "instance":
            assert f"vrf instance {words[1]}" in defined
        if words[:1] == ["channel-group"]:
            assert f"interface Port-Channel{words[1]}" in defined


def test_a_tenant_comes_and_goes_in_order() -> None:
    leaf = CASES["leaf-numbered"]
    gone = replace(
        leaf,
        network_instances=tuple(i for i in leaf.network_instances if i.tenant != "blue"),
        interfaces=tuple(i for i in leaf.interfaces if i.network_instance != "blue-prod"),
    )
    there, back = (device_commands(*pair)[0].text.splitlines() for pair in ((gone, leaf), (leaf, gone)))
    assert there.index("vrf instance blue-prod") < there.index("   vxlan vrf blue-prod vni 5000")
    assert back.index("no interface Vlan100") < back.index("no vrf instance blue-prod")
    assert any(line.strip() == "no vxlan vrf blue-prod vni 5000" for line in back)


def test_a_changed_description_is_one_line() -> None:
    leaf = CASES["leaf-numbered"]
    other = replace(
        leaf, interfaces=tuple(replace(i, description="new") if i.name == "Ethernet64" else i for i in leaf.interfaces)
    )
    assert device_commands(leaf, other)[0].text == "interface Ethernet64\n   description new\n"


def found_in(device: DeviceConfiguration) -> set[str]:
    return {f.code for f in device_findings(device)}


def test_devices_that_are_right_have_no_errors_of_the_system() -> None:
    for case, device in CASES.items():
        assert {code for code in found_in(device) if code.startswith("eos.")} <= {"eos.mtu-above-hardware"}, case


PLANTED: dict[str, str] = {
    "vlan-twice": "eos.vlan-twice",
    "vni-twice": "eos.vlan-twice",
    "vlan-missing": "eos.vlan-missing",
    "native-twice": "eos.native-vlan-twice",
    "esi": "eos.esi",
    "parent-missing": "eos.parent-missing",
    "port-name": "eos.interface-name",
    "vrf-missing": "eos.vrf-missing",
    "l3vrf-missing": "eos.vrf-missing",
    "name": "eos.name",
    "address-twice": "eos.address-twice",
    "vtep-missing": "eos.vtep-missing",
    "acl-missing": "eos.acl-missing",
    "mtu-range": "eos.mtu-range",
    "bfd-too-fast": "nos.bfd-too-fast",
    "leak-policy-missing": "eos.policy-missing",
}


@pytest.mark.parametrize("mistake", sorted(PLANTED))
def test_a_planted_mistake_in_a_leaf_is_found(mistake: str) -> None:
    change: Change = LEAF[mistake]
    assert PLANTED[mistake] in found_in(change(CASES["leaf-numbered"])) - found_in(CASES["leaf-numbered"])


@pytest.mark.parametrize(
    ("mistake", "code"), [("policy-missing", "eos.policy-missing"), ("set-missing", "eos.set-missing")]
)
def test_a_planted_mistake_in_a_border_is_found(mistake: str, code: str) -> None:
    assert code in found_in(BORDER[mistake](CASES["border-numbered"]))


def test_timers_that_the_system_refuses_are_found() -> None:
    """What the intent allows and EOS does not: 1 s and 1000 s of IPFIX, 51 lost packets of BFD, an hour of BGP."""
    leaf = CASES["leaf-numbered"]
    assert leaf.bfd is not None
    assert leaf.system.ipfix is not None
    wrong = [replace(leaf, bfd=replace(leaf.bfd, multiplier=51))]
    for idle_s in (1, 1000):
        wrong.append(
            replace(leaf, system=replace(leaf.system, ipfix=replace(leaf.system.ipfix, idle_timeout_s=idle_s)))
        )
    first, *others = leaf.network_instances
    assert first.bgp is not None
    slow = tuple(replace(n, hold_time_s=3601) for n in first.bgp.neighbors)
    wrong.append(replace(leaf, network_instances=(replace(first, bgp=replace(first.bgp, neighbors=slow)), *others)))
    assert all("eos.timer-range" in found_in(device) for device in wrong)


def with_keys(*keys: str) -> DeviceConfiguration:
    leaf = CASES["leaf-numbered"]
    first, *others = leaf.system.users
    return replace(leaf, system=replace(leaf.system, users=(replace(first, ssh_keys=keys), *others)))


def test_a_user_has_two_keys_and_each_comes_and_goes_alone() -> None:
    """Another `ssh-key` would take the place of the first: the second key has a word of its own."""
    one, two, other = with_keys("A"), with_keys("A", "B"), with_keys("C", "B")
    assert device_commands(one, two)[0].text == "username emergency ssh-key secondary B\n"
    assert device_commands(two, one)[0].text == "no username emergency ssh-key secondary\n"
    assert device_commands(two, other)[0].text == "username emergency ssh-key C\n"
    assert device_commands(one, with_keys())[0].text == "no username emergency ssh-key\n"
    assert "eos.ssh-keys" in found_in(with_keys("A", "B", "C")) - found_in(two)


def test_a_long_vlan_name_is_cut_and_stays_the_only_one() -> None:
    leaf = CASES["leaf-numbered"]
    long = tuple(replace(i, name=f"{'x' * 40}-{i.vlan}") if i.kind == "mac-vrf" else i for i in leaf.network_instances)
    text = render_files(replace(leaf, network_instances=long))["running-config.eos"]
    names = [line.split()[1] for line in text.splitlines() if line.startswith("   name ")]
    assert len(names) == len(set(names)) == 5
    assert max(map(len, names)) <= 32


def test_vlans_that_the_system_keeps_are_found() -> None:
    assert "nos.vlan-reserved" in found_in(reserved_vlan(4001)(CASES["leaf-numbered"]))


def answer(value: object) -> bytes:
    return json.dumps(value).encode()


def test_sessions_of_a_summary() -> None:
    """As `show ip bgp summary vrf all | json` has them."""
    peers = {
        "10.254.0.1": {"peerState": "Established", "prefixReceived": 12, "prefixAccepted": 12, "asn": "4200000006"},
        "10.254.0.3": {"peerState": "Active", "prefixReceived": 0, "asn": "4200000006"},
        "fe80::1%Et64": {"peerState": "Established", "asn": "4200000006"},
    }
    found = collect.sessions("ipv4-unicast", answer({"vrfs": {"default": {"routerId": "10.255.0.1", "peers": peers}}}))
    states = {r.peer: r.established for r in found}
    assert states == {"10.254.0.1": True, "10.254.0.3": False, "Ethernet64": True}


def test_routes_with_interfaces_and_vteps() -> None:
    """As `show ip route vrf all | json` has them."""
    routes = {
        "10.1.17.0/24": {"routeType": "connected", "vias": [{"interface": "Vlan104"}], "directlyConnected": True},
        "10.255.0.4/32": {
            "routeType": "eBGP",
            "vias": [{"nexthopAddr": "10.254.0.1", "interface": "Ethernet64"}, {"nexthopAddr": "10.254.0.3"}],
        },
        "10.2.17.0/24": {"routeType": "eBGP", "vias": [{"vtepAddr": "10.255.0.5", "vni": 5000}]},
        "192.0.2.0/24": {"routeType": "ospfInternal", "vias": []},
    }
    found = {r.prefix: r for r in collect.routes(answer({"vrfs": {"default": {"routes": routes}}}))}
    assert found.keys() == {"10.1.17.0/24", "10.255.0.4/32", "10.2.17.0/24"}
    assert len(found["10.255.0.4/32"].next_hops) == 2
    assert found["10.2.17.0/24"].next_hops == (NextHop(address="10.255.0.5", interface=""),)
    assert found["10.1.17.0/24"].protocol == "connected"


def test_interfaces_and_neighbours() -> None:
    interface = {
        "lineProtocolStatus": "up",
        "interfaceStatus": "connected",
        "mtu": 9216,
        "physicalAddress": "00:1c:73:00:00:01",
        "interfaceAddress": [{"primaryIp": {"address": "10.254.0.0", "maskLen": 31}}],
    }
    (found,) = collect.interfaces(answer({"interfaces": {"Ethernet64": interface}}))
    assert (found.up, found.mtu, found.addresses) == (True, 9216, ("10.254.0.0/31",))
    neighbors = [{"ttl": 120, "neighborDevice": "a-spine1", "neighborPort": "Ethernet3", "port": "Ethernet64"}]
    (heard,) = collect.lldp(answer({"lldpNeighbors": neighbors, "tablesInserts": 1}))
    assert (heard.interface, heard.device, heard.port) == ("Ethernet64", "a-spine1", "Ethernet3")
