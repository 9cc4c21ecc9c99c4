"""Answers of EOS, as published, read as records."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable

import pytest

from crossconnect.nos.eos import collect, collect_evpn
from crossconnect.nos.joined import joined
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EvpnReport, InterfaceReport, MacReport, PathReport, Report, VniReport
from nos_region import cases

Parse = Callable[[bytes], tuple[Report, ...]]

# batfish/lab-validation, snapshots/eos_ceos_bgp_unnumbered/show/leaf (EOS 4.36), `show ip bgp vrf all | json`, cut.
UNNUMBERED_PATHS = b"""{"vrfs": {"default": {"vrf": "default", "routerId": "10.0.0.2", "asn": "65001",
 "bgpRouteEntries": {"10.0.0.1/32": {"address": "10.0.0.1", "maskLength": 32, "totalPaths": 2, "bgpRoutePaths": [
  {"nextHop": "fe80::a8c1:abff:fe88:3132%Et1", "reasonNotBestpath": "noReason", "localPreference": 100, "weight": 0,
   "tag": 0, "med": 0, "routeType": {"valid": true, "active": true, "ecmpHead": true, "ecmp": true,
    "ecmpContributor": true, "origin": "Igp"},
   "peerEntry": {"peerAddr": "fe80::a8c1:abff:fe88:3132%Et1", "peerRouterId": "10.0.0.1"},
   "asPathEntry": {"asPathType": "External", "asPath": "65000 i"}},
  {"nextHop": "fe80::a8c1:abff:feac:f43c%Et2", "reasonNotBestpath": "noReason", "localPreference": 100, "weight": 0,
   "tag": 0, "med": 0, "routeType": {"valid": true, "active": false, "ecmpHead": false, "ecmp": true,
    "ecmpContributor": true, "origin": "Igp"},
   "peerEntry": {"peerAddr": "fe80::a8c1:abff:feac:f43c%Et2", "peerRouterId": "10.0.0.1"},
   "asPathEntry": {"asPathType": "External", "asPath": "65000 i"}}]},
 "10.0.0.2/32": {"address": "10.0.0.2", "maskLength": 32, "totalPaths": 1, "bgpRoutePaths": [
  {"nextHop": "", "reasonNotBestpath": "noReason", "weight": 0, "tag": 0,
   "routeType": {"valid": true, "active": true, "ecmpHead": false, "ecmp": false, "ecmpContributor": false},
   "peerEntry": {"peerAddr": "", "peerRouterId": "10.0.0.2"},
   "asPathEntry": {"asPathType": "Local", "asPath": "i"}}]}}}}}"""

# napalm, test/eos/mocked_data/test_get_route_to_longer/normal, `show ip bgp 1.0.4.0/24 longer-prefixes vrf TEST`, which
# has the detail; cut. The router id there is none, and not read.
DETAILED_PATHS = b"""{"vrfs": {"TEST": {"routerId": "192.168.256.1", "vrf": "default",
 "bgpRouteEntries": {"1.0.4.0/25": {"totalPaths": 1, "bgpAdvertisedPeerGroups": {}, "maskLength": 20, "bgpRoutePaths": [
 {"asPathEntry": {"asPathType": "External", "asPath": "1299 15169 43515"}, "med": 0, "localPreference": 50, "weight": 0,
  "nextHop": "192.168.0.1", "routeType": {"valid": true, "ecmpContributor": false, "active": true, "ecmp": false},
  "routeDetail": {"origin": "Igp", "peerEntry": {"peerRouterId": "192.168.256.1", "peerAddr": "192.168.0.1"},
   "extCommunityList": [], "communityList": ["1299:5678", "1299:1234"], "recvdFromRRClient": false}}]}}}}}"""

# batfish/lab-validation, snapshots/eos_evpn_l3_design_guide/show/DC1-LEAF2A and DC1-BL1A (EOS 4.23), `show bgp evpn`;
# the type 5 route with its detail is of anta, tests/units/anta_tests/test_evpn.py, "success-all", and the IPv6 one of
# its "success-ipv6"; the type 2 one of test_bgp.py, VerifyEVPNType2Route. All cut.
EVPN = b"""{"routerId": "192.168.255.4", "vrf": "default", "asn": 65102, "evpnRoutes": {
 "RD: 192.168.255.5:15003 imet 10130 192.168.254.4": {"totalPaths": 2,
  "routeKeyDetail": {"rd": "192.168.255.5:15003", "ipGenAddr": "192.168.254.4", "nlriType": "imet", "eti": 10130},
  "evpnRoutePaths": [
   {"asPathEntry": {"asPath": "65001 65102 i", "asPathType": "External"}, "localPreference": 100, "weight": 0,
    "nextHop": "192.168.254.4", "routeType": {"active": true, "valid": true, "ecmpContributor": true}},
   {"asPathEntry": {"asPath": "65001 65102 i", "asPathType": "External"}, "localPreference": 100, "weight": 0,
    "nextHop": "192.168.254.4", "routeType": {"active": false, "valid": true, "ecmpContributor": true}}]},
 "RD: 192.168.255.4:15001 ip-prefix 10.255.1.5/32": {"totalPaths": 1,
  "routeKeyDetail": {"ipGenPrefix": "10.255.1.5/32", "rd": "192.168.255.4:15001", "nlriType": "ip-prefix"},
  "evpnRoutePaths": [
   {"asPathEntry": {"asPath": "i", "asPathType": "Internal"}, "localPreference": 100, "weight": 0, "nextHop": "",
    "routeType": {"active": true, "valid": true}}]},
 "RD: 10.100.1.3:10 ip-prefix 10.100.4.0/31": {
  "routeKeyDetail": {"ipGenPrefix": "10.100.4.0/31", "domain": "local", "rd": "10.100.1.3:10", "nlriType": "ip-prefix"},
  "evpnRoutePaths": [{"nextHop": "10.100.2.3", "routeType": {"active": true, "valid": true},
   "routeDetail": {"extCommunities": ["Route-Target-AS:10:10", "TunnelEncap:tunnelTypeVxlan",
    "EvpnRouterMac:02:1c:73:71:73:45"]}}]},
 "RD: 10.1.0.21:500 ip-prefix fd00:dc:5::1/128 remote": {"totalPaths": 1,
  "routeKeyDetail": {"ipGenPrefix": "fd00:dc:5::1/128", "domain": "remote", "rd": "10.1.0.21:500"},
  "evpnRoutePaths": [{"nextHop": "", "asPathEntry": {"asPathType": "Local", "asPath": "i"},
   "reasonNotBestpath": "noReason", "routeType": {"active": true, "valid": true}}]},
 "RD: 10.1.0.5:500 mac-ip 10020 aac1.ab4e.bec2 192.168.20.102": {
  "evpnRoutePaths": [{"routeType": {"active": true, "valid": true}}]}}}"""

# batfish/lab-validation, snapshots/eos_evpn_l3_design_guide/show/DC1-LEAF2A, `show interface vxlan1 | json`, cut, and
# the list of IPv6 VTEPs as netenglabs/suzieq, tests/integration/sqcmds/eos-input/evpnVni.output has it.
VXLAN = b"""{"interfaces": {"Vxlan1": {"srcIpIntf": "Loopback1", "hardware": "vxlan", "floodMcastGrp": "0.0.0.0",
 "vlanToVniMap": {"4087": {"source": "evpn", "vni": 15001}, "4081": {"source": "evpn", "vni": 15005},
  "140": {"source": "", "vni": 10140}, "141": {"source": "", "vni": 10141}, "120": {"source": "", "vni": 10120}},
 "vlanToVtepList": {"120": {"remoteVtepAddr": ["192.168.254.6"], "remoteVtepAddr6": []},
  "140": {"remoteVtepAddr": ["192.168.254.6"]}},
 "srcIpAddr": "192.168.254.4", "name": "Vxlan1", "replicationMode": "headendVcs", "mtu": 0,
 "vrfToVniMap": {"Tenant_A_OP_Zone": 15001}, "lineProtocolStatus": "up", "forwardingModel": "bridged"}}}"""

# netenglabs/suzieq, tests/integration/sqcmds/eos-input/macs.output, leaf01 (EOS 4.23): `show mac-address-table unicast`
# and `show vxlan address-table`, cut.
MACS = b"""{"multicastTable": {"tableEntries": []}, "unicastTable": {"tableEntries": [
 {"macAddress": "44:38:39:99:c7:9e", "interface": "Port-Channel1", "entryType": "static", "vlanId": 10},
 {"macAddress": "66:49:0d:d4:d8:63", "lastMove": 1623025098.343011, "interface": "Port-Channel3", "moves": 1,
  "entryType": "dynamic", "vlanId": 10},
 {"macAddress": "d2:74:8c:66:e7:e2", "lastMove": 1623025098.463661, "interface": "Vxlan1", "moves": 1,
  "entryType": "dynamic", "vlanId": 30},
 {"macAddress": "44:38:39:24:3f:16", "lastMove": 1620677094.432092, "interface": "Vxlan1", "moves": 1,
  "entryType": "dynamic", "vlanId": 1006}]}}"""
REMOTE_MACS = b"""{"addresses": [
 {"lastMove": 2348271.383493127, "macAddress": "d2:74:8c:66:e7:e2", "vtep": "10.0.0.134", "addrType": "evpn",
  "interface": "Vx1", "moves": 1, "vlanId": 30},
 {"lastMove": 267.351924324, "macAddress": "44:38:39:24:3f:16", "vtep": "10.0.0.134", "addrType": "evpn",
  "interface": "Vx1", "moves": 1, "vlanId": 1006}]}"""
VNIS = {10: 10010, 30: 10030}

# batfish/lab-validation: Vlan130 of eos_evpn_l3_design_guide/show/DC1-LEAF2A (`ip address virtual`), Management0 of
# eos_ceos_ebgp/show/r1, Vlan100 with secondary addresses as napalm's test_get_interfaces_ip has them. All cut.
INTERFACES = b"""{"interfaces": {
 "Vlan130": {"lineProtocolStatus": "up", "forwardingModel": "routed", "mtu": 1500,
  "physicalAddress": "0c:c7:31:ed:c7:ed", "interfaceAddress": [{"secondaryIpsOrderedList": [],
   "broadcastAddress": "255.255.255.255", "virtualSecondaryIps": {}, "dhcp": false, "secondaryIps": {},
   "primaryIp": {"maskLen": 0, "address": "0.0.0.0"}, "virtualSecondaryIpsOrderedList": [],
   "virtualIp": {"maskLen": 24, "address": "10.1.30.1"}}]},
 "Vlan100": {"lineProtocolStatus": "up", "mtu": 1500, "interfaceAddress": [{"secondaryIpsOrderedList": [
   {"maskLen": 24, "address": "192.168.234.1"}, {"maskLen": 24, "address": "192.168.235.1"}], "secondaryIps": {},
   "primaryIp": {"maskLen": 24, "address": "192.168.233.1"}, "virtualIp": {"maskLen": 0, "address": "0.0.0.0"}}]},
 "Management0": {"lineProtocolStatus": "up", "mtu": 1500, "physicalAddress": "6a:5b:43:a9:5b:62",
  "interfaceAddressIp6": {"linkLocalIp6": {"address": "fe80::685b:43ff:fea9:5b62", "subnet": "fe80::/64",
   "active": true}, "globalUnicastIp6s": [{"address": "3fff:172:20:20::3", "subnet": "3fff:172:20:20::/64",
   "active": true, "leastpref": false, "dadfailed": false}], "addrSource": "manual"}},
 "Port-Channel6": {"lineProtocolStatus": "lowerLayerDown", "forwardingModel": "bridged", "mtu": 0,
  "physicalAddress": "0c:c7:31:92:95:06", "interfaceAddress": []},
 "Vxlan1": {"lineProtocolStatus": "up", "forwardingModel": "bridged", "mtu": 0, "interfaceAddress": []}}}"""


def test_paths_of_unnumbered_sessions_name_the_interface() -> None:
    first, second, own = collect.bgp_paths(UNNUMBERED_PATHS)
    assert first == PathReport(
        vrf="default",
        prefix="10.0.0.1/32",
        peer="Ethernet1",
        next_hop="fe80::a8c1:abff:fe88:3132",
        forwards_to="fe80::a8c1:abff:fe88:3132",
        as_path="65000",
        local_pref=100,
        med=0,
        communities=(),
        extended=(),
        best=True,
        multipath=True,
        leaked_from="",
    )
    assert (second.peer, second.best, second.multipath) == ("Ethernet2", False, True)
    assert (own.peer, own.next_hop, own.as_path, own.local_pref, own.best) == ("", "", "", 100, True)


def test_paths_of_a_vrf_with_communities() -> None:
    (found,) = collect.bgp_paths(DETAILED_PATHS)
    assert (found.vrf, found.prefix, found.peer) == ("TEST", "1.0.4.0/25", "192.168.0.1")
    assert (found.as_path, found.local_pref) == ("1299 15169 43515", 50)
    assert found.communities == ("1299:1234", "1299:5678")
    assert not found.multipath


def test_evpn_routes_of_every_kind() -> None:
    found = collect_evpn.evpn_paths(EVPN)
    assert [(r.route_type, r.rd, r.ethernet_tag, r.mac, r.ip, r.local, r.best) for r in found] == [
        (3, "192.168.255.5:15003", 10130, "", "192.168.254.4", False, True),
        (3, "192.168.255.5:15003", 10130, "", "192.168.254.4", False, False),
        (5, "192.168.255.4:15001", 0, "", "10.255.1.5/32", True, True),
        (5, "10.100.1.3:10", 0, "", "10.100.4.0/31", False, True),
        (5, "10.1.0.21:500", 0, "", "fd00:dc:5::1/128", True, True),
        (2, "10.1.0.5:500", 10020, "aa:c1:ab:4e:be:c2", "192.168.20.102", False, True),
    ]
    assert (found[0].as_path, found[0].next_hop) == ("65001 65102", "192.168.254.4")
    assert found[3].extended == ("ET:8", "RT:10:10", "Rmac:02:1c:73:71:73:45")


def one_evpn(key: str, path: dict[str, object]) -> EvpnReport:
    (found,) = collect_evpn.evpn_paths(json.dumps({"evpnRoutes": {key: {"evpnRoutePaths": [path]}}}).encode())
    return found


def test_labels_of_a_host_route() -> None:
    """Members as the answer of cEOS in the tests of clabfleet has them (test_routing_trace, parse_eos_evpn_routes)."""
    found = one_evpn(
        "RD: 10.255.1.1:10010 mac-ip aac1.abb1.0eff 10.10.10.11",
        {
            "nextHop": "",
            "routeType": {"active": True},
            "routeDetail": {"label": {"value": "10010"}, "l3Label": {"value": "50001"}},
        },
    )
    assert (found.mac, found.ip, found.labels, found.ethernet_tag) == (
        "aa:c1:ab:b1:0e:ff",
        "10.10.10.11",
        (10010, 50001),
        0,
    )


def test_routes_of_ethernet_segments() -> None:
    """Keys as `show bgp evpn` writes these routes (krikoon73/cc_eantc_2025, eantc2024, PE12-JP-202)."""
    per_segment = one_evpn("RD: 100.0.0.22:1 auto-discovery 0000:0000:0000:0022:0023", {"nextHop": "2000::22"})
    assert (per_segment.esi, per_segment.ethernet_tag) == ("00:00:00:00:00:00:00:22:00:23", 0xFFFFFFFF)
    per_instance = one_evpn("RD: 100.0.0.23:1022 auto-discovery 0 0000:0000:0000:0022:0023", {"nextHop": "2000::23"})
    assert (per_instance.route_type, per_instance.ethernet_tag, per_instance.next_hop) == (1, 0, "2000::23")
    segment = one_evpn(
        "RD: 100.0.0.202:1 ethernet-segment 0000:1111:1111:1111:1111 100.0.0.202 remote",
        {"nextHop": "", "routeDetail": {"extCommunities": ["EvpnEsImportRt:00:11:11:11:11:11"]}},
    )
    assert (segment.route_type, segment.esi, segment.ip) == (4, "00:00:11:11:11:11:11:11:11:11", "100.0.0.202")
    assert segment.extended == ("ES-Import-Rt:00:11:11:11:11:11",)


def test_vnis_with_flood_lists_and_the_vlans_of_vrfs() -> None:
    assert collect_evpn.vnis(VXLAN) == (
        VniReport(vni=10140, kind="l2", vrf="", bridge="Vlan140", remote_vteps=("192.168.254.6",)),
        VniReport(vni=10141, kind="l2", vrf="", bridge="Vlan141", remote_vteps=()),
        VniReport(vni=10120, kind="l2", vrf="", bridge="Vlan120", remote_vteps=("192.168.254.6",)),
        VniReport(vni=15001, kind="l3", vrf="Tenant_A_OP_Zone", bridge="Vlan4087", remote_vteps=()),
    )


def test_macs_of_ports_and_of_vteps() -> None:
    """The VLAN of an L3VNI, the MLAG peer's own address, and what is behind Vxlan1 are no hosts of a port."""
    assert collect_evpn.macs(VNIS, MACS) == (
        MacReport(vni=10010, mac="66:49:0d:d4:d8:63", local=True, interface="Port-Channel3", vtep="", esi=""),
    )
    assert collect_evpn.remote_macs(VNIS, REMOTE_MACS) == (
        MacReport(vni=10030, mac="d2:74:8c:66:e7:e2", local=False, interface="", vtep="10.0.0.134", esi=""),
    )


def test_what_the_other_leaf_of_a_pair_has_heard_is_at_the_peer_link() -> None:
    """Input: a row of the same form, of a port of the MLAG peer. Output: local, as the simulation has it."""
    row = {"macAddress": "66:49:0d:d4:d8:64", "vlanId": 10, "interface": "Po1000", "entryType": "dynamic"}
    answer = json.dumps({"unicastTable": {"tableEntries": [row]}}).encode()
    (found,) = collect_evpn.macs(VNIS, answer)
    assert (found.local, found.interface, found.vtep) == (True, "Port-Channel1000", "")


def test_a_mac_behind_several_vteps() -> None:
    """clabfleet (routing/trace.py) finds a list of `vteps` in this answer of cEOS."""
    row = {"macAddress": "d2:74:8c:66:e7:e2", "vteps": ["10.0.1.2", "10.0.1.1"], "vlanId": 30}
    (found,) = collect_evpn.remote_macs(VNIS, json.dumps({"addresses": [row]}).encode())
    assert found.vtep == "10.0.1.1"


def test_addresses_of_interfaces() -> None:
    found = {report.name: report for report in collect.interfaces(INTERFACES)}
    assert found["Vlan130"].addresses == ("10.1.30.1/24",)  # an anycast gateway's
    assert found["Vlan100"].addresses == ("192.168.233.1/24", "192.168.234.1/24", "192.168.235.1/24")
    assert found["Management0"].addresses == ("3fff:172:20:20::3/64",)
    assert (found["Port-Channel6"].up, found["Vlan130"].up, found["Vlan130"].mac) == (False, True, "0c:c7:31:ed:c7:ed")
    assert {report.vrf for report in found.values()} == {""}  # not in this answer


def test_vrfs_of_interfaces_and_of_the_vnis_of_their_vlans() -> None:
    """batfish/lab-validation, snapshots/eos_evpn_l3_design_guide/show/DC1-LEAF2A, `show vrf | json`, cut."""
    vrfs = b"""{"vrfs": {"Tenant_A_DB_Zone": {"routeDistinguisher": "192.168.255.4:15004", "vrfState": "up",
      "interfaces": ["Loopback104", "Vlan140", "Vlan141", "Vlan3003", "Vlan4088"]},
     "Tenant_A_APP_Zone": {"routeDistinguisher": "192.168.255.4:15003", "vrfState": "up",
      "interfaces": ["Loopback103", "Vlan130", "Vlan131", "Vlan3002", "Vlan4089"]},
     "default": {"routeDistinguisher": "", "vrfState": "up", "interfaces": ["Ethernet1", "Ethernet2", "Loopback0"]}}}"""
    found = joined([*collect.interfaces(INTERFACES), *collect_evpn.vnis(VXLAN), *collect.vrf_interfaces(vrfs)])
    assert {r.name: r.vrf for r in found if isinstance(r, InterfaceReport) and r.vrf} == {
        "Vlan130": "Tenant_A_APP_Zone"
    }
    assert [(r.vni, r.vrf) for r in found if isinstance(r, VniReport)] == [
        (10140, "Tenant_A_DB_Zone"),
        (10141, "Tenant_A_DB_Zone"),
        (10120, ""),  # its VLAN has no interface in what is cut here
        (15001, "Tenant_A_OP_Zone"),
    ]


EMPTY: list[tuple[Parse, bytes]] = [
    (collect.bgp_paths, b'{"vrfs": {"cust20": {"routerId": "1.1.4.20", "vrf": "cust20", "bgpRouteEntries": {}}}}'),
    (collect_evpn.evpn_paths, b'{"vrf": "default", "routerId": "10.0.0.2", "asn": 65001, "evpnRoutes": {}}'),
    (collect_evpn.vnis, b'{"interfaces": {}}'),
    (functools.partial(collect_evpn.macs, VNIS), b'{"unicastTable": {"tableEntries": []}}'),
    (functools.partial(collect_evpn.remote_macs, VNIS), b'{"addresses": []}'),
    (collect.interfaces, b'{"interfaces": {}}'),
    (collect.vrf_interfaces, b'{"vrfs": {"default": {"routeDistinguisher": "", "interfaces": []}}}'),
]


@pytest.mark.parametrize(("parse", "answer"), EMPTY)
def test_nothing_there_is_no_row(parse: Parse, answer: bytes) -> None:
    assert parse(answer) == ()


@pytest.mark.parametrize("parse", [parse for parse, _ in EMPTY])
@pytest.mark.parametrize(
    "answer",
    # The last two are in batfish/lab-validation where BGP or Vxlan1 is not configured.
    [b"[]", b"{}", b"", b'{"errors": ["BGP inactive"], "vrfs": {}}', b"% Interface does not exist\n"],
)
def test_another_answer_is_refused(parse: Parse, answer: bytes) -> None:
    with pytest.raises(ValueError):
        parse(answer)


def test_an_evpn_route_that_is_not_understood_is_refused() -> None:
    for key in ("192.0.2.1:5 mac-ip aac1.ab4e.bec2", "RD: 192.0.2.1:5 mac-ip", "RD: 192.0.2.1:5 mac-ip nonsense"):
        with pytest.raises(ValueError):
            collect_evpn.evpn_paths(json.dumps({"evpnRoutes": {key: {"evpnRoutePaths": []}}}).encode())


def test_the_overlay_is_asked_of_vteps_only() -> None:
    asked = {name: {q.ask for q in system("eos").queries(device)} for name, device in cases("eos").items()}
    overlay = {collect_evpn.VNIS, collect_evpn.MACS, collect_evpn.REMOTE_MACS}
    assert overlay <= asked["leaf-numbered"]
    assert not overlay & asked["spine-drained-ipv4"]
    assert set(collect.PATHS) | {collect_evpn.EVPN_ROUTES} <= asked["spine-drained-ipv4"]
