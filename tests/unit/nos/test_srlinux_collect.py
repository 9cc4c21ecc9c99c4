"""Answers of SR Linux, as published, read as records."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crossconnect.nos.registry import system
from crossconnect.nos.reports import InterfaceReport, LldpReport, NextHop, Report, RibReport, SessionReport
from crossconnect.nos.srlinux.collect import interfaces, lldp, rib, sessions
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
        route("10.1.2.0/24", "local", "", "ethernet-1/1.1"),
        route("10.33.33.3/32", "isis", "10.1.2.2", "ethernet-1/1.1"),
        route("5.5.5.5/32", "bgp", "10.1.2.2", "ethernet-1/1.1"),
        route("10.0.2.2/32", "bgp-evpn", "192.168.255.2", ""),
    )


@pytest.mark.parametrize("parse", [sessions, interfaces, lldp, rib])
@pytest.mark.parametrize("answer", [b"", b"Error: path not found", b"[]", b'{"other": 1}'])
def test_an_answer_that_is_not_understood_is_refused(parse: Parse, answer: bytes) -> None:
    with pytest.raises(ValueError):
        parse(answer)


@pytest.mark.parametrize("parse", [sessions, interfaces, lldp, rib])
def test_a_device_without_any_has_none(parse: Parse) -> None:
    assert parse(b"{}") == ()


def test_each_vrf_is_asked_for_its_routes() -> None:
    asked = [q.ask for q in system("srlinux").queries(cases("srlinux")["leaf-numbered"])]
    assert "/network-instance[name=red-prod]/route-table" in asked
    assert "/network-instance[name=default]/route-table" in asked
    assert not [ask for ask in asked if "mgmt" in ask or "red-prod-web" in ask]
