"""What real switches show, from public material, is read: configurations byte by byte, answers as reports.

Configuration: `show running-config` of a Nexus 9000v, NX-OS 9.3(2), leaf of a VXLAN EVPN fabric, from public notes on
EVPN, without its hashes and idle ports. Answers: test data of the public library NAPALM for NX-OS (`show bgp all
summary vrf all`, `show interface`), shortened.
"""

from __future__ import annotations

import functools
import json
from typing import cast

import pytest

from crossconnect.nos.lines import Block, Tree
from crossconnect.nos.nxos import collect, collect_evpn
from crossconnect.nos.nxos.network_os import SYSTEM
from crossconnect.nos.reports import MacReport, Report

MAIN = "running-config.nxos"

LEAF = """
!Command: show running-config
!Running configuration last done at: Mon Jan 13 14:50:45 2020
!Time: Mon Jan 13 15:02:03 2020

version 9.3(2) Bios:version
hostname dcbleaf1
vdc dcbleaf1 id 1
  limit-resource vlan minimum 16 maximum 4094
  limit-resource vrf minimum 2 maximum 4096

feature nxapi
cfs eth distribute
nv overlay evpn
feature ospf
feature bgp
feature interface-vlan
feature vn-segment-vlan-based
feature lacp
feature lldp
feature nv overlay

ip domain-lookup
rmon event 1 description FATAL(1) owner PMON@FATAL

fabric forwarding anycast-gateway-mac 1234.5678.9abc
ipv6 switch-packets lla
vlan 1,10,20,30,500,1234
vlan 20
  vn-segment 10020
vlan 1234
  name L3VNI-Routing-TENANT1
  vn-segment 101234

route-map ALL permit 10
vrf context TENANT1
  vni 101234
  rd auto
  address-family ipv4 unicast
    route-target both auto
    route-target both auto evpn
  address-family ipv6 unicast
    route-target both auto
    route-target both auto evpn
vrf context management


interface Vlan1

interface Vlan20
  no shutdown
  vrf member TENANT1
  no ip redirects
  ip address 172.16.1.254/24
  ipv6 address fc00:172:16:1::254/64
  no ipv6 redirects
  fabric forwarding mode anycast-gateway

interface Vlan1234
  description L3VNI-Routing
  no shutdown
  vrf member TENANT1
  no ip redirects
  ip forward
  ipv6 address use-link-local-only
  no ipv6 redirects

interface nve1
  no shutdown
  host-reachability protocol bgp
  source-interface loopback0
  member vni 10020
    ingress-replication protocol bgp
  member vni 10030
    ingress-replication protocol bgp
  member vni 101234 associate-vrf

interface Ethernet1/1
  no switchport
  ip address 169.254.2.2/30
  ip router ospf 1 area 0.0.0.0
  no shutdown

interface Ethernet1/2

interface Ethernet1/7
  switchport access vlan 20
  spanning-tree port type edge

interface mgmt0
  vrf member management

interface loopback0
  ip address 100.64.2.2/32
  ip router ospf 1 area 0.0.0.0
line console
line vty
boot nxos bootflash:/nxos.9.3.2.bin
router ospf 1
router bgp 65522
  router-id 100.64.2.2
  log-neighbor-changes
  address-family ipv4 unicast
  address-family l2vpn evpn
  neighbor 100.64.2.1
    remote-as 65522
    update-source loopback0
    address-family ipv4 unicast
    address-family l2vpn evpn
      send-community extended
  vrf TENANT1
    address-family ipv4 unicast
      advertise l2vpn evpn
      redistribute direct route-map ALL
evpn
  vni 10020 l2
    rd auto
    route-target import auto
    route-target export auto


"""


def _without_remarks(text: str) -> str:
    """Comments and empty lines are no configuration."""
    kept = [line for line in text.splitlines() if line and not line.startswith("!")]
    return "\n".join(kept) + "\n"


def test_a_running_configuration_reads_back_byte_by_byte() -> None:
    assert SYSTEM.text(MAIN, SYSTEM.parse(MAIN, LEAF)) == _without_remarks(LEAF)


def test_a_running_configuration_is_compared_line_by_line() -> None:
    """Input: the switch, and the same with another gateway. Output: that line."""
    old, new = SYSTEM.parse(MAIN, LEAF), SYSTEM.parse(MAIN, LEAF.replace("172.16.1.254/24", "172.16.1.253/24"))
    (commands,) = SYSTEM.difference({MAIN: old}, {MAIN: new})
    assert "  ip address 172.16.1.253/24" in commands.text.splitlines()
    assert {line for line in commands.text.splitlines() if not line.startswith(" ")} == {"interface Vlan20"}


def test_every_block_of_the_fabric_is_a_block() -> None:
    tree = cast("Tree", SYSTEM.parse(MAIN, LEAF))
    blocks = {e.header: e for e in tree if isinstance(e, Block)}
    nve = blocks["interface nve1"]
    assert [e.header for e in nve.body if isinstance(e, Block)] == ["member vni 10020", "member vni 10030"]
    assert blocks["vlan 1234"].body == ("name L3VNI-Routing-TENANT1", "vn-segment 101234")


def _answer(value: object) -> bytes:
    return json.dumps(value).encode()


def test_families_without_neighbours_and_evpn_ones_with_two() -> None:
    peer = {"neighborversion": "4", "neighboras": "64861", "time": "22w4d", "state": "Established"}
    evpn = {
        "safi": "70",
        "af-name": "L2VPN EVPN",
        "configuredpeers": "2",
        "TABLE_neighbor": {
            "ROW_neighbor": [{**peer, "neighborid": "10.55.8.134"}, {**peer, "neighborid": "10.55.8.135"}]
        },
    }
    empty = {"safi": "1", "af-name": "IPv4 Unicast"}
    vrfs = [
        {"vrf-name-out": "OTV", "vrf-router-id": "10.3.1.228", "vrf-local-as": "8.1201"},
        {"vrf-name-out": "MGMT", "TABLE_af": {"ROW_af": [{"af-id": "1", "TABLE_saf": {"ROW_saf": empty}}]}},
        {"vrf-name-out": "default", "TABLE_af": {"ROW_af": [{"af-id": "25", "TABLE_saf": {"ROW_saf": evpn}}]}},
    ]
    found = collect.sessions(_answer({"TABLE_vrf": {"ROW_vrf": vrfs}}))
    assert [(r.vrf, r.peer, r.family) for r in found] == [
        ("default", "10.55.8.134", "l2vpn-evpn"),
        ("default", "10.55.8.135", "l2vpn-evpn"),
    ]


def test_an_svi_that_is_shut_is_down_and_its_mac_has_colons() -> None:
    row = {
        "interface": "Vlan198",
        "svi_admin_state": "down",
        "state_rsn_desc": "Administratively down",
        "svi_line_proto": "down",
        "svi_mac": "002a.6ad3.0000",
        "svi_ip_addr": "192.168.0.11",
        "svi_ip_mask": "24",
        "svi_mtu": "1500",
    }
    (found,) = collect.interfaces(_answer({"TABLE_interface": {"ROW_interface": row}}))
    assert (found.up, found.mac, found.mtu, found.addresses) == (False, "00:2a:6a:d3:00:00", 1500, ("192.168.0.11/24",))


def test_macs_are_local_or_behind_a_vtep_and_those_of_l3vnis_are_left_out() -> None:
    """Members as scripts in public repositories read them from `show l2route evpn mac all`."""
    rows = [
        {"topo-id": "20", "mac-addr": "5000.0004.0007", "prod-type": "BGP", "next-hop1": "100.64.2.11"},
        {"topo-id": "20", "mac-addr": "5000.0008.0000", "prod-type": "Local", "next-hop1": "Eth1/7"},
        {"topo-id": "1234", "mac-addr": "5000.0005.0007", "prod-type": "VXLAN", "next-hop1": "100.64.2.11"},
    ]
    parse = functools.partial(collect_evpn.macs, {20: 10020})
    found: tuple[Report, ...] = parse(_answer({"TABLE_l2route_mac_all": {"ROW_l2route_mac_all": rows}}))
    assert found == (
        MacReport(vni=10020, mac="50:00:00:04:00:07", local=False, interface="", vtep="100.64.2.11", esi=""),
        MacReport(vni=10020, mac="50:00:00:08:00:00", local=True, interface="Ethernet1/7", vtep="", esi=""),
    )


def test_what_the_other_leaf_of_a_pair_has_heard_is_at_the_peer_link() -> None:
    """Input: a bond of both leaves, and the peer link by two names. Output: local, as the simulation has it."""
    rows = [
        {"topo-id": "11", "mac-addr": "5000.5a00.800b", "prod-type": "Local", "next-hop1": "Po13"},
        {"topo-id": "11", "mac-addr": "5000.5a00.800c", "prod-type": "VPC", "next-hop1": "Po1000"},
        {"topo-id": "11", "mac-addr": "5000.5a00.800d", "prod-type": "VPC", "next-hop1": "vPC Peer-Link"},
        {"topo-id": "11", "mac-addr": "505d.5100.800b", "prod-type": "BGP", "next-hop1": "10.11.30.0 (Label: 10011)"},
    ]
    answer = _answer({"TABLE_l2route_mac_all": {"ROW_l2route_mac_all": rows}})
    found = collect_evpn.macs({11: 10011}, answer, peer_link="port-channel1000")
    assert [(r.interface, r.vtep, r.local) for r in found] == [
        ("port-channel13", "", True),
        ("port-channel1000", "", True),
        ("port-channel1000", "", True),
        ("", "10.11.30.0", False),
    ]
    with pytest.raises(ValueError):
        collect_evpn.macs({11: 10011}, answer)  # of a leaf that is in no pair


@pytest.mark.parametrize("mac", ["5000.0004", "zz00.0004.0007"])
def test_what_is_no_mac_address_is_refused(mac: str) -> None:
    row = {"topo-id": "20", "mac-addr": mac, "prod-type": "Local", "next-hop1": "Eth1/7"}
    with pytest.raises(ValueError, match="MAC"):
        collect_evpn.macs({20: 10020}, _answer({"TABLE_l2route_mac_all": {"ROW_l2route_mac_all": row}}))
