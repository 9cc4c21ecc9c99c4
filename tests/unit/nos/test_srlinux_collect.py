"""Answers of SR Linux, as published, read as records."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from crossconnect.nos.joined import joined
from crossconnect.nos.registry import system
from crossconnect.nos.reports import (
    EvpnReport,
    InterfaceReport,
    LldpReport,
    MacReport,
    NextHop,
    PathReport,
    Report,
    RibReport,
    SessionReport,
    VniReport,
)
from crossconnect.nos.srlinux import collect, collect_evpn
from crossconnect.nos.srlinux.collect import interfaces, lldp, rib, sessions
from crossconnect.nos.srlinux.collect_bgp import bgp_rib
from nos_region import cases

Parse = Callable[[bytes], tuple[Report, ...]]

# gNMI Get of .../bgp/neighbor[peer-address=2.2.2.2] in srlinuxamericas/ac4-grpc, section gNMI (May 2025), put below its
# path; that answer is cut at depth 1, so the families below are srl_nokia-bgp's.
NEIGHBOR = b"""{"srl_nokia-network-instance:network-instance": [{"name": "default", "protocols": {
 "srl_nokia-bgp:bgp": {"neighbor": [{"peer-address": "2.2.2.2", "admin-state": "enable",
  "advertised-capabilities": ["ROUTE_REFRESH", "4-OCTET_ASN", "MP_BGP", "GRACEFUL_RESTART"],
  "established-transitions": "1", "last-established": "2025-05-19T04:28:59.500Z", "last-event": "recvOpen",
  "last-state": "active", "local-preference": 100, "maintenance-group": "", "next-hop-self": false,
  "peer-as": 65500, "peer-group": "evpn", "peer-router-id": "2.2.2.2", "peer-type": "ibgp",
  "received-afi-safi": ["srl_nokia-common:evpn"], "received-end-of-rib": ["srl_nokia-common:evpn"],
  "session-state": "established", "under-maintenance": false,
  "afi-safi": [
   {"afi-safi-name": "srl_nokia-common:evpn", "admin-state": "enable", "oper-state": "up"},
   {"afi-safi-name": "srl_nokia-common:ipv4-unicast", "admin-state": "enable", "oper-state": "down"},
   {"afi-safi-name": "srl_nokia-common:ipv6-unicast", "admin-state": "disable", "oper-state": "down"}]}]}}}]}"""

# learn.srlinux.dev, "SNMP framework": the state that SR Linux gives for /interface (7220 IXR-D2), shortened.
INTERFACE = b"""{"interface": [{"name": "ethernet-1/1", "admin-state": "enable", "forwarding-complex": 0,
 "ifindex": 16382, "last-change": "2024-11-15T21:30:25.701Z", "linecard": 1, "loopback-mode": "none", "mtu": 9232,
 "oper-state": "up", "tpid": "srl_nokia-interfaces-vlans:TPID_0X8100", "vlan-tagging": false,
 "ethernet": {"dac-link-training": false, "hw-mac-address": "1A:5E:00:FF:00:01", "port-speed": "25G"},
 "subinterface": [{"index": 0, "admin-state": "disable", "ifindex": 1, "ip-mtu": 1500,
  "last-change": "2024-11-15T21:24:47.797Z", "name": "ethernet-1/1.0", "oper-down-reason": "admin-disabled",
  "oper-state": "down", "type": "routed"}]},
 {"name": "ethernet-1/10", "admin-state": "disable", "ifindex": 311294, "oper-down-reason": "port-admin-disabled",
  "oper-state": "down", "ethernet": {"hw-mac-address": "1A:5E:00:FF:00:0A", "port-speed": "25G"}}]}"""

# A gNMI Get of /system/lldp/interface[name=ethernet-1/1]/neighbor, SR Linux 24.7.1, put below its path.
LLDP = b"""{"srl_nokia-system:system": {"srl_nokia-lldp:lldp": {"interface": [{"name": "ethernet-1/1", "neighbor": [
 {"id": "1A:EB:01:FF:00:00", "system-name": "n2", "port-id": "ethernet-1/1", "port-id-type": "INTERFACE_NAME"}]},
 {"name": "ethernet-1/3"}]}}}"""

# The next hops of Nokia's EVPN-VXLAN guide, "Source and destination VTEP addresses" (a direct one with its address),
# and of BGP routes that a route or a tunnel resolves, after the answers in the tests of nornir-srl; names by
# srl_nokia-ip-route-tables.
RIB = b"""{"srl_nokia-network-instance:network-instance": [{"name": "default",
 "srl_nokia-ip-route-tables:route-table": {
 "ipv4-unicast": {"route": [
  {"ipv4-prefix": "10.1.2.0/24", "route-type": "srl_nokia-common:local", "active": true, "next-hop-group": "7"},
  {"ipv4-prefix": "10.33.33.3/32", "route-type": "srl_nokia-common:isis", "active": true, "next-hop-group": "8"},
  {"ipv4-prefix": "5.5.5.5/32", "route-type": "srl_nokia-common:bgp", "active": true, "next-hop-group": "100"},
  {"ipv4-prefix": "10.0.2.2/32", "route-type": "srl_nokia-common:bgp-evpn", "active": true, "next-hop-group": "101"},
  {"ipv4-prefix": "5.5.5.5/32", "route-type": "srl_nokia-common:static", "active": false, "next-hop-group": "8"}]},
 "next-hop-group": [{"index": "7", "next-hop": [{"id": 0, "next-hop": "17"}]},
  {"index": "8", "next-hop": [{"id": 0, "next-hop": "677716962900"}]},
  {"index": "100", "next-hop": [{"id": 0, "next-hop": "200"}]},
  {"index": "101", "next-hop": [{"id": 0, "next-hop": "201"}]}],
 "next-hop": [
  {"index": "17", "type": "srl_nokia-ip-route-tables:direct", "ip-address": "10.1.2.1",
   "subinterface": "ethernet-1/1.1"},
  {"index": "677716962900", "type": "direct", "ip-address": "10.1.2.2", "subinterface": "ethernet-1/1.1"},
  {"index": "200", "type": "srl_nokia-ip-route-tables:indirect", "ip-address": "10.1.2.2", "indirect":
   {"resolved": true, "resolving-route": {"ip-prefix": "10.1.2.0/24", "route-type": "srl_nokia-common:local",
    "next-hop-group": "7"}}},
  {"index": "201", "type": "indirect", "ip-address": "192.168.255.2", "indirect":
   {"resolved": true, "resolving-tunnel": {"ip-prefix": "192.168.255.2/32", "tunnel-type": "vxlan",
    "next-hop-group": "319"}}}]}}]}"""


# robric/eda-testing, README.md (SR Linux 25.7.2, two leaves): values of `info from state` below `bgp-rib` and, of the
# routes of type 3 to 5, of `show network-instance default protocols bgp routes evpn ... detail`; put below their path
# as the models have it (test_srlinux_yang).
BGP_RIB = b"""{"srl_nokia-network-instance:network-instance": [{"name": "default", "srl_nokia-rib-bgp:bgp-rib": {
 "afi-safi": [
  {"afi-safi-name": "srl_nokia-common:ipv4-unicast", "ipv4-unicast": {"local-rib": {"route": [
   {"prefix": "123.0.0.1/32", "neighbor": "0.0.0.0", "origin-protocol": "srl_nokia-common:static", "path-id": 0,
    "last-modified": "2025-12-17T12:08:30.100Z", "used-route": true, "valid-route": true, "best-route": true,
    "backup-route": false, "stale-route": false, "pending-delete": false, "group-best": true,
    "tie-break-reason": "none", "attr-id": "52"},
   {"prefix": "123.0.0.1/32", "neighbor": "fe80::88:9ff:feff:4%ethernet-1/2.0",
    "origin-protocol": "srl_nokia-common:bgp", "path-id": 0, "last-modified": "2025-12-17T12:45:32.700Z",
    "used-route": false, "valid-route": false, "best-route": false, "backup-route": false, "stale-route": false,
    "pending-delete": false, "neighbor-as": 101, "group-best": false, "tie-break-reason": "none", "attr-id": "58",
    "invalid-reason": {"rejected-route": false, "as-loop": true, "next-hop-unresolved": false, "cluster-loop": false,
     "label-allocation-failed": false, "fib-programming-failed": false}}]}}},
  {"afi-safi-name": "srl_nokia-common:evpn", "evpn": {"local-rib": {
   "mac-ip-route": [
    {"route-distinguisher": "11.0.0.2:123", "mac-length": 48, "mac-address": "00:11:11:11:22:22",
     "ip-address": "0.0.0.0", "ethernet-tag-id": 0, "neighbor": "fe80::88:9ff:feff:1%ethernet-1/1.0", "path-id": 0,
     "esi": "00:00:00:00:00:00:00:00:00:00", "attr-id": "38", "last-modified": "2025-12-18T12:35:47.300Z",
     "used-route": true, "valid-route": true, "best-route": true, "backup-route": false, "stale-route": false,
     "pending-delete": false, "neighbor-as": 101, "group-best": true, "tie-break-reason": "none",
     "label1": {"value": 100, "value-type": "vni"}},
    {"route-distinguisher": "11.0.0.2:123", "mac-length": 48, "mac-address": "00:11:11:11:22:22",
     "ip-address": "0.0.0.0", "ethernet-tag-id": 0, "neighbor": "0.0.0.0", "path-id": 0,
     "esi": "00:00:00:00:00:00:00:00:00:00", "attr-id": "48", "last-modified": "2025-12-17T07:12:07.200Z",
     "used-route": false, "valid-route": true, "best-route": true, "backup-route": false, "stale-route": false,
     "pending-delete": false, "group-best": true, "tie-break-reason": "none",
     "label1": {"value": 100, "value-type": "vni"}}],
   "imet-route": [
    {"route-distinguisher": "11.0.0.2:123", "originating-router": "11.0.0.2", "ethernet-tag-id": 0,
     "neighbor": "fe80::88:9ff:feff:2%ethernet-1/2.0", "path-id": 0, "used-route": false, "valid-route": true,
     "best-route": false, "tie-break-reason": "peer-ip", "attr-id": "38"}],
   "ethernet-segment-route": [
    {"route-distinguisher": "11.0.0.2:0", "esi": "00:80:80:80:80:80:00:00:00:00", "originating-router": "11.0.0.2",
     "neighbor": "fe80::88:9ff:feff:1%ethernet-1/1.0", "path-id": 0, "valid-route": true, "best-route": true,
     "tie-break-reason": "none", "attr-id": "60"}],
   "ip-prefix-route": [
    {"route-distinguisher": "11.0.0.2:1000", "ethernet-tag-id": 0, "ip-prefix-length": 32,
     "ip-prefix": "100.0.0.112/32", "neighbor": "fe80::88:9ff:feff:1%ethernet-1/1.0", "path-id": 0,
     "esi": "00:00:00:00:00:00:00:00:00:00", "gateway-ip": "0.0.0.0", "label": {"value": 1000, "value-type": "vni"},
     "used-route": true, "valid-route": true, "best-route": true, "tie-break-reason": "none", "attr-id": "61"}]}}}],
 "attr-sets": {"attr-set": [
  {"index": "52", "origin": "incomplete", "atomic-aggregate": false, "next-hop": "0.0.0.0"},
  {"index": "58", "origin": "incomplete", "atomic-aggregate": false, "local-pref": 100,
   "next-hop": "fe80::88:9ff:feff:4%ethernet-1/2.0", "communities": {"community": ["123:123"]},
   "as-path": {"segment": [{"as-path-index": 0, "type": "as-sequence", "member": [101, 102]}]}},
  {"index": "38", "origin": "igp", "atomic-aggregate": false, "next-hop": "11.0.0.2", "local-pref": 100,
   "as-path": {"segment": [{"as-path-index": 0, "type": "as-sequence", "member": [101, 102]}]},
   "communities": {"ext-community": ["target:65000:123", "bgp-tunnel-encap:VXLAN", "mac-mobility:Seq:0/Static"]}},
  {"index": "48", "origin": "igp", "next-hop": "11.0.0.2"},
  {"index": "60", "origin": "igp", "next-hop": "11.0.0.3", "local-pref": 100, "communities": {"ext-community":
   ["df-election::DF-Type:Auto/DP:0/DF-Preference:0/AC:1", "target:80:80:80:80:80:00"]},
   "as-path": {"segment": [{"as-path-index": 0, "type": "as-sequence", "member": [101, 102]}]}},
  {"index": "61", "origin": "igp", "next-hop": "11.0.0.2", "local-pref": 100, "communities": {"ext-community":
   ["target:65000:1000", "mac-nh:02:1a:d0:ff:00:00", "bgp-tunnel-encap:VXLAN"]},
   "as-path": {"segment": [{"as-path-index": 0, "type": "as-sequence", "member": [101, 102]}]}}]}}}]}"""

# The same: `info from state tunnel-interface vxlan0` of leaf 2, with the VXLAN interface of a VRF.
VNIS = b"""{"srl_nokia-tunnel-interfaces:tunnel-interface": [{"name": "vxlan0", "vxlan-interface": [
 {"index": 0, "type": "srl_nokia-interfaces:bridged", "oper-state": "up", "ingress": {"vni": 100},
  "egress": {"source-ip": "use-system-ipv4-address"}, "bridge-table": {
  "srl_nokia-tunnel-interfaces-vxlan-interface-bridge-table-multicast-destinations:multicast-destinations": {
   "multicast-limit": {"maximum-entries": 768, "current-usage": 1},
   "destination": [{"vtep": "11.0.0.1", "vni": 100, "multicast-forwarding": "BUM", "destination-index": "3991718"}]}}},
 {"index": 1000, "type": "srl_nokia-interfaces:routed", "oper-state": "up", "ingress": {"vni": 1000},
  "egress": {"source-ip": "use-system-ipv4-address"}}]}]}"""

# The same: which interfaces are in which instance, and `show network-instance br-foo bridge-table mac-table all`.
INSTANCES = b"""{"srl_nokia-network-instance:network-instance": [
 {"name": "br-foo", "interface": [{"name": "ethernet-1/3.100"}, {"name": "irb0.100"}]},
 {"name": "default", "interface": [{"name": "ethernet-1/1.0"}, {"name": "ethernet-1/2.0"}]},
 {"name": "l3", "interface": [{"name": "irb0.100"}, {"name": "lo1.100"}]}]}"""
VXLANS = b"""{"srl_nokia-network-instance:network-instance": [
 {"name": "br-foo", "vxlan-interface": [{"name": "vxlan0.0"}]},
 {"name": "l3", "vxlan-interface": [{"name": "vxlan0.1000"}]}]}"""
MAC_TABLE = b"""{"srl_nokia-network-instance:network-instance": [{"name": "br-foo", "bridge-table": {
 "srl_nokia-bridge-table-mac-table:mac-table": {"mac": [
  {"address": "00:11:11:11:11:11", "destination": "vxlan-interface:vxlan0.0 vtep:11.0.0.1 vni:100",
   "destination-index": "3991720", "destination-type": "vxlan", "type": "evpn-static"},
  {"address": "00:11:11:11:22:22", "destination": "ethernet-1/3.100", "destination-index": "5",
   "destination-type": "sub-interface", "type": "static"},
  {"address": "02:1A:D0:FF:00:00", "destination": "reserved", "destination-index": "0",
   "destination-type": "reserved", "type": "reserved"}]}}}]}"""
VNIS_OF = {"br-foo": 100}

PARSERS: tuple[Parse, ...] = (
    sessions,
    interfaces,
    lldp,
    rib,
    bgp_rib,
    collect_evpn.vnis,
    functools.partial(collect_evpn.macs, VNIS_OF),
    functools.partial(collect.instance_interfaces, VNIS_OF),
)


def test_sessions_have_a_record_per_family_that_is_on() -> None:
    assert sessions(NEIGHBOR) == (
        SessionReport(vrf="default", peer="2.2.2.2", family="l2vpn-evpn", remote_asn=65500, negotiated=True),
        SessionReport(vrf="default", peer="2.2.2.2", family="ipv4-unicast", remote_asn=65500, negotiated=False),
    )


def test_a_session_that_is_not_established_has_negotiated_nothing() -> None:
    found = sessions(NEIGHBOR.replace(b'"established"', b'"active"'))
    assert [r.negotiated for r in found if isinstance(r, SessionReport)] == [False, False]


def test_an_unnumbered_session_is_known_by_its_port() -> None:
    (first, _) = sessions(NEIGHBOR.replace(b'"2.2.2.2"', b'"fe80::18eb:1ff:feff:1%ethernet-1/49.0"'))
    assert isinstance(first, SessionReport)
    assert first.peer == "ethernet-1/49"


def test_a_port_that_routes_is_its_subinterface_0() -> None:
    assert interfaces(INTERFACE) == (
        InterfaceReport(name="ethernet-1/1", vrf="", up=False, mtu=1500, mac="1a:5e:00:ff:00:01", addresses=()),
        InterfaceReport(name="ethernet-1/10", vrf="", up=False, mtu=0, mac="1a:5e:00:ff:00:0a", addresses=()),
    )


def test_routes_of_an_unnumbered_session_leave_by_link_local_addresses() -> None:
    """As the route table of a published unnumbered lab has them: BGP's next hops are direct, host routes' none."""
    answer = b"""{"network-instance": [{"name": "default", "route-table": {"ipv4-unicast": {"route": [
     {"ipv4-prefix": "100.0.0.1/32", "route-type": "host", "active": true, "next-hop-group": "1"},
     {"ipv4-prefix": "100.0.0.2/32", "route-type": "bgp", "active": true, "next-hop-group": "2"}]},
     "next-hop-group": [{"index": "1", "next-hop": [{"id": 0, "next-hop": "1"}]},
      {"index": "2", "next-hop": [{"id": 0, "next-hop": "3"}, {"id": 1, "next-hop": "2"}]}],
     "next-hop": [{"index": "1", "type": "extract"},
      {"index": "2", "type": "direct", "ip-address": "fe80::1825:6ff:feff:1", "subinterface": "ethernet-1/11.0"},
      {"index": "3", "type": "direct", "ip-address": "fe80::183c:7ff:feff:1", "subinterface": "ethernet-1/12.0"}]}}]}"""
    host, learned = (r for r in rib(answer) if isinstance(r, RibReport))
    assert host.next_hops == (NextHop(address="", interface=""),)
    assert learned.next_hops == (
        NextHop(address="fe80::1825:6ff:feff:1", interface="ethernet-1/11"),
        NextHop(address="fe80::183c:7ff:feff:1", interface="ethernet-1/12"),
    )


def test_lldp_neighbours() -> None:
    assert lldp(LLDP) == (LldpReport(interface="ethernet-1/1", device="n2", port="ethernet-1/1"),)


def test_active_routes_with_the_interfaces_they_leave_by() -> None:
    def route(prefix: str, protocol: str, address: str, interface: str) -> RibReport:
        hops = (NextHop(address=address, interface=interface),)
        return RibReport(vrf="default", prefix=prefix, protocol=protocol, next_hops=hops)

    assert rib(RIB) == (
        route("10.1.2.0/24", "connected", "", "ethernet-1/1.1"),
        route("10.33.33.3/32", "isis", "10.1.2.2", "ethernet-1/1.1"),
        route("5.5.5.5/32", "bgp", "10.1.2.2", "ethernet-1/1.1"),
        route("10.0.2.2/32", "bgp", "192.168.255.2", ""),
    )


def paths(answer: bytes) -> list[PathReport]:
    return [report for report in bgp_rib(answer) if isinstance(report, PathReport)]


def evpn(answer: bytes) -> list[EvpnReport]:
    return [report for report in bgp_rib(answer) if isinstance(report, EvpnReport)]


def test_own_paths_are_from_nobody_and_a_path_with_a_loop_is_none() -> None:
    (own,) = paths(BGP_RIB)
    assert (own.vrf, own.prefix, own.peer, own.next_hop, own.local_pref) == ("default", "123.0.0.1/32", "", "", 100)
    assert (own.best, own.multipath) == (True, False)


def test_paths_of_an_unnumbered_session_with_their_attributes() -> None:
    """Input: the path of the sample that has a loop, without it, used beside the other one."""
    answer = BGP_RIB.replace(b'"as-loop": true', b'"as-loop": false').replace(
        b'"used-route": false', b'"used-route": true'
    )
    first, second = paths(answer)
    assert second == PathReport(
        vrf="default",
        prefix="123.0.0.1/32",
        peer="ethernet-1/2",
        next_hop="fe80::88:9ff:feff:4",
        forwards_to="fe80::88:9ff:feff:4",
        as_path="101 102",
        local_pref=100,
        med=0,
        communities=("123:123",),
        extended=(),
        best=False,
        multipath=True,
        leaked_from="",
    )
    assert first.multipath


def test_evpn_routes_of_every_kind() -> None:
    found = evpn(BGP_RIB)
    assert [(r.route_type, r.rd, r.mac, r.ip, r.next_hop, r.labels, r.local, r.best) for r in found] == [
        (2, "11.0.0.2:123", "00:11:11:11:22:22", "", "11.0.0.2", (100,), False, True),
        (2, "11.0.0.2:123", "00:11:11:11:22:22", "", "11.0.0.2", (100,), True, True),
        (3, "11.0.0.2:123", "", "11.0.0.2", "11.0.0.2", (), False, False),
        (4, "11.0.0.2:0", "", "11.0.0.2", "11.0.0.3", (), False, True),
        (5, "11.0.0.2:1000", "", "100.0.0.112/32", "11.0.0.2", (1000,), False, True),
    ]
    assert {r.esi for r in found} == {"", "00:80:80:80:80:80:00:00:00:00"}
    assert found[0].extended == ("ET:8", "RT:65000:123", "mac-mobility:Seq:0/Static")
    assert "ES-Import-Rt:80:80:80:80:80:00" in found[3].extended
    assert found[4].extended == ("ET:8", "RT:65000:1000", "Rmac:02:1a:d0:ff:00:00")
    assert found[4].as_path == "101 102"


def test_vnis_flood_to_their_multicast_destinations_and_have_the_interfaces_and_vrfs_of_their_instances() -> None:
    members = [*collect.instance_interfaces(VNIS_OF, INSTANCES), *collect.instance_interfaces(VNIS_OF, VXLANS)]
    expected = {
        VniReport(vni=100, kind="l2", vrf="l3", bridge="irb0.100", remote_vteps=("11.0.0.1",)),
        VniReport(vni=1000, kind="l3", vrf="l3", bridge="vxlan0.1000", remote_vteps=()),
    }
    assert set(joined([*collect_evpn.vnis(VNIS), *members])) == expected
    assert set(joined([*members, *collect_evpn.vnis(VNIS)])) == expected


def test_an_irb_interface_is_in_its_vrf_and_a_port_by_the_name_of_the_design() -> None:
    names = ("ethernet-1/1", "irb0.100", "ethernet-1/3.100")
    said = [InterfaceReport(name=n, vrf="", up=True, mtu=1500, mac="", addresses=()) for n in names]
    found = joined([*said, *collect.instance_interfaces(VNIS_OF, INSTANCES)])
    assert [r.vrf for r in found if isinstance(r, InterfaceReport)] == ["default", "l3", ""]
    without_vni = collect.instance_interfaces({"br-foo": 0}, INSTANCES)
    assert without_vni == tuple(
        r for r in collect.instance_interfaces(VNIS_OF, INSTANCES) if not isinstance(r, VniReport)
    )


def test_macs_of_ports_and_of_vteps_but_not_the_switch_s_own() -> None:
    assert collect_evpn.macs(VNIS_OF, MAC_TABLE) == (
        MacReport(vni=100, mac="00:11:11:11:11:11", local=False, interface="", vtep="11.0.0.1", esi=""),
        MacReport(vni=100, mac="00:11:11:11:22:22", local=True, interface="ethernet-1/3", vtep="", esi=""),
    )
    assert collect_evpn.macs({"br-foo": 0}, MAC_TABLE) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"index": "38"', b'"index": "39"'),  # attributes of a route that the answer lacks
        (b'"local-rib": {"route"', b'"local-rib": {"routes"'),  # earlier versions
        (b'"mac-ip-route"', b'"mac-ip-routes"'),
        (b'"afi-safi": [', b'"evpn": {}, "afi-safi": ['),
        (b'"100.0.0.112/32"', b'"100.0.0.112"'),
    ],
)
def test_a_rib_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    assert old in BGP_RIB
    with pytest.raises(ValueError):
        bgp_rib(BGP_RIB.replace(old, new))


def gnmic(*updates: tuple[str, str, bytes]) -> bytes:
    """What gnmic prints: (path, the same without keys, value) each."""
    listed = [b'{"Path": "%s", "values": {"%s": %s}}' % (p.encode(), n.encode(), v) for p, n, v in updates]
    head = b'"source": "leaf1:57401", "timestamp": 1747629677667519827, "time": "2025-05-19T00:41:17.667519827-04:00"'
    return b"[{%s%s}]" % (head, b', "updates": [%s]' % b", ".join(listed) if listed else b"")


def test_what_gnmic_prints_is_read_too() -> None:
    """The first path is that of srlinuxamericas/ac4-grpc, section gNMI, where this neighbour is from; a path ends where
    a wildcard was asked for (`/platform/control[slot=*]/...` in public notes on SR Linux)."""
    of = "/protocols/srl_nokia-bgp:bgp/neighbor"
    neighbor = NEIGHBOR[NEIGHBOR.index(b'"admin-state"') : NEIGHBOR.rindex(b"]}}}]}")]
    answer = gnmic(
        (
            f"srl_nokia-network-instance:network-instance[name=default]{of}[peer-address=2.2.2.2]",
            f"srl_nokia-network-instance:network-instance{of}",
            b"{" + neighbor,
        )
    )
    assert sessions(answer) == sessions(NEIGHBOR)
    assert interfaces(gnmic(("", "", INTERFACE))) == interfaces(INTERFACE)
    whole = gnmic(("", "", INTERFACE), ("", "", INTERFACE.replace(b"ethernet-1/1", b"ethernet-1/2")))
    assert len(interfaces(whole)) == 4
    below = LLDP[LLDP.index(b'{"srl_nokia-lldp') : -1]
    assert lldp(gnmic(("srl_nokia-system:system", "srl_nokia-system:system", below))) == lldp(LLDP)


def test_a_notification_without_updates_says_that_nothing_is_there() -> None:
    assert [parse(gnmic()) for parse in PARSERS] == [()] * len(PARSERS)


@pytest.mark.parametrize(
    "answer",
    [
        gnmic(("interface[name=x", "interface", b"{}")),
        gnmic(("interface/name", "interface/name", b'"x"')),
        gnmic(("interface", "interface", b"{}"), ("interface[name=x]", "interface", b"{}")),
        gnmic(("interface[name=x]", "interface", b"{}"), ("interface", "interface", b"{}")),
        b'[{"timestamp": 1, "updates": [{"Path": "", "values": {}}]}]',
        b'[{"interface": []}]',
    ],
)
def test_what_gnmic_does_not_print_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError):
        interfaces(answer)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("answer", [b"", b"Error: path not found", b"[]", b'{"other": 1}'])
def test_an_answer_that_is_not_understood_is_refused(parse: Parse, answer: bytes) -> None:
    with pytest.raises(ValueError):
        parse(answer)


@pytest.mark.parametrize("parse", PARSERS)
def test_a_device_without_any_has_none(parse: Parse) -> None:
    assert parse(b"{}") == ()


def test_each_vrf_is_asked_for_its_routes() -> None:
    asked = [q.ask for q in system("srlinux").queries(cases("srlinux")["leaf-numbered"])]
    assert "/network-instance[name=red-prod]/route-table" in asked
    assert "/network-instance[name=default]/route-table" in asked
    assert not [ask for ask in asked if "mgmt" in ask or "red-prod-web" in ask]
    assert "/network-instance[name=red-prod]/bgp-rib" in asked


def test_the_overlay_is_asked_of_vteps_only() -> None:
    asked = {name: {q.ask for q in system("srlinux").queries(device)} for name, device in cases("srlinux").items()}
    overlay = {collect_evpn.VNIS, collect_evpn.MACS, collect.INSTANCE_VXLANS}
    assert overlay <= asked["leaf-numbered"]
    assert not overlay & asked["spine-drained-ipv4"]
    assert {collect.INSTANCE_INTERFACES, "/network-instance[name=default]/bgp-rib"} <= asked["spine-drained-ipv4"]
