"""Answers of NX-OS about BGP, VXLAN and VRFs, as published, read as records."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from crossconnect.nos.joined import joined
from crossconnect.nos.nxos import collect, collect_bgp, collect_evpn
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EvpnReport, InterfaceReport, PathReport, Report, VniReport, VrfInterfaceReport
from nos_region import cases

Parse = Callable[[bytes], tuple[Report, ...]]

# batfish/lab-validation, snapshots/nxos_evpn_l3vni/show/NX-1 (Nexus 9000v, 9.2(3)), `show bgp vrf all all detail`,
# cut: its copies for the VPN tables, and blanks at the ends of lines.
TYPE_5 = b"""BGP routing table information for VRF TENANT-777, address family IPv4 Unicast
BGP routing table entry for 192.168.10.0/24, version 23
Paths: (1 available, best #1)
Flags: (0x80c0002) (high32 0x000020) on xmit-list, is not in urib, exported
  vpn: version 27, (0x00000000100002) on xmit-list

  Advertised path-id 1, VPN AF advertised path-id 1
  Path type: redist, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path locally originated
    0.0.0.0 (metric 0) from 0.0.0.0 (192.168.10.254)
      Origin incomplete, MED 0, localpref 100, weight 32768
      Extcommunity: RT:65000:100777

  VRF advertise information:
  Path-id 1 not advertised to any peer

  VPN AF advertise information:
  Path-id 1 not advertised to any peer
BGP routing table entry for 192.168.20.0/24, version 25
Paths: (1 available, best #1)
Flags: (0x8008001a) (high32 00000000) on xmit-list, is in urib, is best urib route, is in HW
  vpn: version 29, (0x00000000100002) on xmit-list

  Advertised path-id 1, VPN AF advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop, in rib
             Imported from 2.2.2.2:3:[5]:[0]:[0]:[24]:[192.168.20.0]/224
  AS-Path: NONE, path sourced internal to AS
    2.2.2.2 (metric 0) from 2.2.2.2 (2.2.2.2)
      Origin incomplete, MED 0, localpref 100, weight 0
      Received label 100777
      Extcommunity: RT:65000:100777 ENCAP:8 Router MAC:0cb0.ac2f.2c07

  VRF advertise information:
  Path-id 1 not advertised to any peer

BGP routing table information for VRF default, address family VPNv4 Unicast
Route Distinguisher: 1.1.1.1:3    (VRF TENANT-777)
BGP routing table entry for 192.168.10.0/24, version 23
Paths: (1 available, best #1)
Flags: (0x80c0002) (high32 0x000020) on xmit-list, is not in urib, exported
  vpn: version 27, (0x00000000100002) on xmit-list

  Advertised path-id 1, VPN AF advertised path-id 1
  Path type: redist, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path locally originated
    0.0.0.0 (metric 0) from 0.0.0.0 (1.1.1.1)
      Origin incomplete, MED 0, localpref 100, weight 32768
      Extcommunity: RT:65000:100777

BGP routing table information for VRF default, address family L2VPN EVPN
Route Distinguisher: 2.2.2.2:3
BGP routing table entry for [5]:[0]:[0]:[24]:[192.168.20.0]/224, version 18
Paths: (1 available, best #1)
Flags: (0x000002) (high32 00000000) on xmit-list, is not in l2rib/evpn, is not in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop
             Imported to 1 destination(s)
  Gateway IP: 0.0.0.0
  AS-Path: NONE, path sourced internal to AS
    2.2.2.2 (metric 0) from 2.2.2.2 (2.2.2.2)
      Origin incomplete, MED 0, localpref 100, weight 0
      Received label 100777
      Extcommunity: RT:65000:100777 ENCAP:8 Router MAC:0cb0.ac2f.2c07

  Path-id 1 not advertised to any peer

Route Distinguisher: 1.1.1.1:3    (L3VNI 100777)
BGP routing table entry for [5]:[0]:[0]:[24]:[192.168.10.0]/224, version 24
Paths: (1 available, best #1)
Flags: (0x000002) (high32 00000000) on xmit-list, is not in l2rib/evpn

  Advertised path-id 1
  Path type: local, path is valid, is best path, no labeled nexthop
  Gateway IP: 0.0.0.0
  AS-Path: NONE, path locally originated
    1.1.1.1 (metric 0) from 0.0.0.0 (1.1.1.1)
      Origin incomplete, MED 0, localpref 100, weight 32768
      Received label 100777
      Extcommunity: RT:65000:100777 ENCAP:8 Router MAC:0cb0.ac42.2707

  Path-id 1 advertised to peers:
    2.2.2.2"""

# The same, snapshots/nxos_evpn_l2vni/show/NX-1: routes of an L2VNI, imported and own.
TYPES_2_AND_3 = b"""BGP routing table information for VRF default, address family L2VPN EVPN
Route Distinguisher: 1.1.1.1:32777    (L2VNI 5010)
BGP routing table entry for [2]:[0]:[0]:[48]:[0c8e.9b19.2d01]:[0]:[0.0.0.0]/216, version 18
Paths: (1 available, best #1)
Flags: (0x000212) (high32 00000000) on xmit-list, is in l2rib/evpn, is not in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop, in rib
             Imported from 2.2.2.2:32777:[2]:[0]:[0]:[48]:[0c8e.9b19.2d01]:[0]:[0.0.0.0]/216
  AS-Path: NONE, path sourced internal to AS
    2.2.2.2 (metric 0) from 2.2.2.2 (2.2.2.2)
      Origin IGP, MED not set, localpref 100, weight 0
      Received label 5010
      Extcommunity: RT:65001:5010 ENCAP:8

  Path-id 1 not advertised to any peer
BGP routing table entry for [2]:[0]:[0]:[48]:[0c8e.9ba4.5401]:[32]:[192.168.10.1]/248, version 10
Paths: (1 available, best #1)
Flags: (0x000102) (high32 00000000) on xmit-list, is not in l2rib/evpn

  Advertised path-id 1
  Path type: local, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path locally originated
    1.1.1.1 (metric 0) from 0.0.0.0 (1.1.1.1)
      Origin IGP, MED not set, localpref 100, weight 32768
      Received label 5010
      Extcommunity: RT:65001:5010 ENCAP:8

  Path-id 1 advertised to peers:
    2.2.2.2
BGP routing table entry for [3]:[0]:[32]:[1.1.1.1]/88, version 2
Paths: (1 available, best #1)
Flags: (0x000002) (high32 00000000) on xmit-list, is not in l2rib/evpn

  Advertised path-id 1
  Path type: local, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path locally originated
    1.1.1.1 (metric 0) from 0.0.0.0 (1.1.1.1)
      Origin IGP, MED not set, localpref 100, weight 32768
      Extcommunity: RT:65001:5010 ENCAP:8
      PMSI Tunnel Attribute:
        flags: 0x00, Tunnel type: Ingress Replication
        Label: 5010, Tunnel Id: 1.1.1.1

  Path-id 1 advertised to peers:
    2.2.2.2        """

# Public notes of a lab with an Ethernet segment at two leaves ("VxLAN Multihoming", Nexus 9000v), a spine's `show bgp
# l2vpn evpn` of a MAC address and of route types 1 and 4, on a terminal of 80 columns.
SEGMENT = b"""BGP routing table information for VRF default, address family L2VPN EVPN
Route Distinguisher: 172.16.0.13:32777
BGP routing table entry for [2]:[0]:[0]:[48]:[0000.0000.0013]:[32]:[10.0.0.13]/272, version 288
Paths: (1 available, best #1)
Flags: (0x000202) (high32 00000000) on xmit-list, is not in l2rib/evpn, is not in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path sourced internal to AS
    172.16.0.13 (metric 0) from 172.16.10.4 (172.16.0.13)
      Origin IGP, MED not set, localpref 100, weight 0
      Received label 10000 770000
      Extcommunity: RT:7777:770000 RT:65501:10000 SOO:172.16.0.13:256 ENCAP:8
          Router MAC:5002.8900.1b08
      ESI: 0312.3412.3412.3400.000a

  Path-id 1 advertised to peers:
    172.16.10.0        172.16.10.2        172.16.10.14

Route Distinguisher: 172.16.0.13:40
BGP routing table entry for [1]:[0312.3412.3412.3400.000a]:[0xffffffff]/152, version 275
Paths: (1 available, best #1)
Flags: (0x000002) (high32 00000000) on xmit-list, is not in l2rib/evpn, is not in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path sourced internal to AS
    172.16.0.13 (metric 0) from 172.16.10.4 (172.16.0.13)
      Origin IGP, MED not set, localpref 100, weight 0
      Received label 0
      Extcommunity: RT:65501:10000 ENCAP:8 ESI:0:000000

Route Distinguisher: 172.16.0.13:27009
BGP routing table entry for [4]:[0312.3412.3412.3400.000a]:[32]:[172.16.0.13]/13
6, version 273
Paths: (1 available, best #1)
Flags: (0x000002) (high32 00000000) on xmit-list, is not in l2rib/evpn, is not in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop
  AS-Path: NONE, path sourced internal to AS
    172.16.0.13 (metric 0) from 172.16.10.4 (172.16.0.13)
      Origin IGP, MED not set, localpref 100, weight 0
      Extcommunity: ENCAP:8 RT:1234.1234.1234
"""

# Anumrak/EVPN_labs, lab04/README.md (Nexus 9000v), `sh ip bgp 10.0.0.2/32`, on a terminal of 80 columns too.
MULTIPATH = b"""BGP routing table information for VRF default, address family IPv4 Unicast
BGP routing table entry for 10.0.0.2/32, version 16
Paths: (2 available, best #2)
Flags: (0x8008001a) (high32 00000000) on xmit-list, is in urib, is best urib rou
te, is in HW
Multipath: eBGP

  Path type: external, path is valid, not best reason: newer EBGP path, multipat
h, no labeled nexthop, in rib
  AS-Path: 4200000000 4200000002 , path sourced external to AS
    172.16.0.3 (metric 0) from 172.16.0.3 (10.0.0.5)
      Origin incomplete, MED not set, localpref 100, weight 0

  Advertised path-id 1
  Path type: external, path is valid, is best path, no labeled nexthop, in rib
  AS-Path: 4200000000 4200000002 , path sourced external to AS
    172.16.0.1 (metric 0) from 172.16.0.1 (10.0.0.4)
      Origin incomplete, MED not set, localpref 100, weight 0
"""

# networktocode/ntc-templates, tests/cisco_nxos/show_bgp_vrf_all_ipv4_unicast_detail: one route of it, shortened.
POLICY = b"""BGP routing table information for VRF default, address family IPv4 Unicast
BGP routing table entry for 10.10.10.0/24, version 336212
Paths: (3 available, best #1)
Flags: (0x8008001a) (high32 00000000) on xmit-list, is in urib, is best urib route, is in HW

  Advertised path-id 1
  Path type: internal, path is valid, is best path, no labeled nexthop, in rib
  AS-Path: 65444.3444 65444.100 65444.200 , path sourced external to AS
    10.9.9.252 (metric 0) from 10.9.10.252 (10.16.100.100)
      Origin IGP, MED not set, localpref 5000, weight 0
      Aggregated by 172.16.100.100, aggregator AS 65444.3444
      Community: 100:200 300:400 500:600
      Extcommunity: RT:33333:2222

  Path type: external, path is valid, not best reason: Local Preference, no labeled nexthop
  AS-Path: 65444.3444 65444.100 65444.300 , path sourced external to AS
    10.15.5.214 (metric 0) from 10.15.5.214 (172.16.5.100)
      Origin IGP, MED not set, localpref 4000, weight 0
      Aggregated by 172.16.5.100, aggregator AS 65444.500
      Community: 100:200 300:400 500:700
      Extcommunity: RT:33333:2222

  Path type: external, path is valid, received only, no labeled nexthop
  AS-Path: 65108.50007 65108.51000 65108.53002 , path sourced external to AS
    10.19.9.214 (metric 0) from 10.19.9.214 (172.26.156.121)
      Origin IGP, MED 100, localpref 100, weight 0
      Aggregated by 172.26.156.121, aggregator AS 65108.50007
      Community: 100:200 300:400 500:800
      Extcommunity: RT:33333:2222

  Path-id 1 advertised to peers:
    172.16.251.13
"""

# netenglabs/suzieq, tests/integration/sqcmds/nxos-input/evpnVni.output, leaf03 (9.3(4)), `show nve vni all detail |
# json native`, cut.
VNIS = b"""{"TABLE_nve_vni":{"ROW_nve_vni":[
{"if-name":"nve1","vni":999,"mcast":"n/a","vni-state":"Up","mode":"control-plane","type":"L3 [evpn-vrf]","flags":"",
 "prvsn-state":"vni-add-complete","vlan-bd":999,"svi-state":"UP [vrf-id: 3]","vpc-compat-check":0},
{"if-name":"nve1","vni":30,"mcast":"UnicastBGP","vni-state":"Up","mode":"control-plane","type":"L2 [30]",
 "flags":"SA ","prvsn-state":"vni-add-complete","vlan-bd":30,"svi-state":"n/a","vpc-compat-check":0}]}}"""

# CiscoTestAutomation/genieparser, nxos, tests of `show nve vni ingress-replication`: a VNI with several VTEPs, and
# VNIs that nobody else has.
FLOOD_LIST = b"""Interface VNI      Replication List  Source  Up Time
--------- -------- ----------------- ------- -------
nve1      501001   192.168.51.52        BGP-IMET 03:21:19
                   192.168.51.51        BGP-IMET 03:21:19
                   192.168.154.52        BGP-IMET 03:15:18
                   192.168.154.51        BGP-IMET 03:21:19
"""
FLOOD_LISTS = b"""Interface VNI      Replication List  Source  Up Time
--------- -------- ----------------- ------- -------

nve1      10101

nve1      10201

nve1      10202    10.196.7.7           BGP-IMET 1d02h
"""

# napalm, test/nxos/mocked_data/test_get_network_instances/normal/show_vrf_interface.json, cut.
VRFS = b"""{"TABLE_if": {"ROW_if": [{"if_name": "Vlan100", "vrf_name": "default", "vrf_id": 1, "soo": "--"},
 {"if_name": "Ethernet1/5.1", "vrf_name": "default", "vrf_id": 1, "soo": "--"},
 {"if_name": "mgmt0", "vrf_name": "management", "vrf_id": 2, "soo": "--"}]}}"""


def unicast(answer: bytes) -> list[PathReport]:
    return [report for report in collect_bgp.bgp_tables(answer) if isinstance(report, PathReport)]


def evpn(answer: bytes) -> list[EvpnReport]:
    return [report for report in collect_bgp.bgp_tables(answer) if isinstance(report, EvpnReport)]


def test_paths_of_a_vrf_are_its_own_and_those_imported_from_evpn() -> None:
    own, imported = unicast(TYPE_5)
    assert (own.vrf, own.prefix, own.peer, own.next_hop, own.best) == ("TENANT-777", "192.168.10.0/24", "", "", True)
    assert imported == PathReport(
        vrf="TENANT-777",
        prefix="192.168.20.0/24",
        peer="2.2.2.2",
        next_hop="2.2.2.2",
        forwards_to="2.2.2.2",
        as_path="",
        local_pref=100,
        med=0,
        communities=(),
        extended=("ET:8", "RT:65000:100777", "Rmac:0c:b0:ac:2f:2c:07"),
        best=True,
        multipath=False,
        leaked_from="",
    )


def test_evpn_routes_of_prefixes_and_of_hosts_without_the_copies_of_each_vni() -> None:
    found = evpn(TYPE_5 + b"\n" + TYPES_2_AND_3)
    assert [(r.route_type, r.rd, r.mac, r.ip, r.next_hop, r.labels, r.local) for r in found] == [
        (5, "2.2.2.2:3", "", "192.168.20.0/24", "2.2.2.2", (100777,), False),
        (5, "1.1.1.1:3", "", "192.168.10.0/24", "1.1.1.1", (100777,), True),
        (2, "1.1.1.1:32777", "0c:8e:9b:a4:54:01", "192.168.10.1", "1.1.1.1", (5010,), True),
        (3, "1.1.1.1:32777", "", "1.1.1.1", "1.1.1.1", (), True),
    ]


def test_evpn_routes_of_an_ethernet_segment() -> None:
    host, per_segment, segment = evpn(SEGMENT)
    esi = "03:12:34:12:34:12:34:00:00:0a"
    assert (host.esi, host.labels, host.mac, host.ip) == (esi, (10000, 770000), "00:00:00:00:00:13", "10.0.0.13")
    assert host.extended == (
        "ET:8",
        "RT:65501:10000",
        "RT:7777:770000",
        "Rmac:50:02:89:00:1b:08",
        "SoO:172.16.0.13:256",
    )
    assert (per_segment.route_type, per_segment.esi, per_segment.ethernet_tag) == (1, esi, 0xFFFFFFFF)
    assert (segment.route_type, segment.esi, segment.ip) == (4, esi, "172.16.0.13")
    assert segment.extended == ("ES-Import-Rt:12:34:12:34:12:34", "ET:8")


def test_all_paths_in_use_are_multipath_also_where_a_terminal_cuts_the_line() -> None:
    other, best = unicast(MULTIPATH)
    assert (other.peer, other.best, other.multipath) == ("172.16.0.3", False, True)
    assert (best.peer, best.best, best.multipath) == ("172.16.0.1", True, True)
    assert best.as_path == "4200000000 4200000002"


def test_what_was_received_before_a_policy_is_no_path() -> None:
    best, other = unicast(POLICY)
    assert (best.local_pref, other.local_pref) == (5000, 4000)
    assert (best.next_hop, best.peer, best.communities) == (
        "10.9.9.252",
        "10.9.10.252",
        ("100:200", "300:400", "500:600"),
    )
    assert best.as_path.split()[0] == str(65444 * 65536 + 3444)  # of asdot
    assert not best.multipath


def test_an_ipv6_route_over_a_vtep_has_its_ipv4_address() -> None:
    """A line of the answer that Anumrak/EVPN_labs, lab08/README.md has without attributes: `::ffff:10.1.0.1`."""
    answer = MULTIPATH.replace(b"IPv4", b"IPv6").replace(b"10.0.0.2/32", b"2000::/3")
    (first, _) = unicast(answer.replace(b"    172.16.0.3 (metric", b"    ::ffff:10.1.0.1 (metric"))
    assert (first.prefix, first.next_hop, first.peer) == ("2000::/3", "10.1.0.1", "172.16.0.3")


def test_vnis_with_their_flood_lists_and_vrfs() -> None:
    flood_list = FLOOD_LIST.replace(b"501001", b"30    ")
    reports = [*collect_evpn.vnis(VNIS), *collect_evpn.flood_lists(flood_list)]
    vteps = ("192.168.51.52", "192.168.51.51", "192.168.154.52", "192.168.154.51")
    l3vni = VniReport(vni=999, kind="l3", vrf="evpn-vrf", bridge="Vlan999", remote_vteps=())
    assert joined(reports) == (l3vni, VniReport(vni=30, kind="l2", vrf="", bridge="Vlan30", remote_vteps=vteps))
    of_svi = VrfInterfaceReport(vrf="evpn-vrf", interface="Vlan30")
    assert joined([*reports, of_svi])[1] == VniReport(
        vni=30, kind="l2", vrf="evpn-vrf", bridge="Vlan30", remote_vteps=vteps
    )


def test_a_vni_that_nobody_else_has_floods_to_nobody() -> None:
    found = collect_evpn.flood_lists(FLOOD_LISTS)
    assert [(r.vni, r.remote_vteps) for r in found] == [(10101, ()), (10201, ()), (10202, ("10.196.7.7",))]


def test_the_vrf_of_an_interface_comes_from_another_answer() -> None:
    svi = b"""{"TABLE_interface": {"ROW_interface": {"interface": "Vlan100", "svi_line_proto": "up",
     "svi_mac": "002a.6ad3.0000", "svi_ip_addr": "192.168.0.11", "svi_ip_mask": "24", "svi_mtu": "1500"}}}"""
    (found,) = joined([*collect.interfaces(svi), *collect.vrf_interfaces(VRFS)])
    assert isinstance(found, InterfaceReport)
    assert (found.name, found.vrf) == ("Vlan100", "default")


@pytest.mark.parametrize(
    ("parse", "answer"),
    [
        (collect_bgp.bgp_tables, b""),
        (collect_bgp.bgp_tables, b"BGP routing table information for VRF default, address family L2VPN EVPN\n"),
        (collect_evpn.vnis, b'{"TABLE_nve_vni": {"ROW_nve_vni": []}}'),
        (collect_evpn.flood_lists, b"\n".join(FLOOD_LISTS.splitlines()[:2])),
        (collect.vrf_interfaces, b'{"TABLE_if": {"ROW_if": []}}'),
    ],
)
def test_nothing_there_is_no_row(parse: Parse, answer: bytes) -> None:
    assert parse(answer) == ()


@pytest.mark.parametrize(
    "parse",
    [
        collect_bgp.bgp_tables,
        collect_evpn.vnis,
        collect_evpn.flood_lists,
        functools.partial(collect_evpn.macs, {20: 10020}),
        collect.vrf_interfaces,
    ],
)
@pytest.mark.parametrize("answer", [b"[]", b"{}", b"% Invalid command at '^' marker.\n", b'{"TABLE_if": []}'])
def test_another_answer_is_refused(parse: Parse, answer: bytes) -> None:
    with pytest.raises(ValueError):
        parse(answer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[5]:[0]:[0]:[24]:[192.168.20.0]/224, ", b"[5]:[0]/224, "),  # no route
        (b"Route Distinguisher: 2.2.2.2:3\n", b""),  # of nobody
        (b"(metric 0) from 2.2.2.2 (2.2.2.2)", b""),  # over nothing
        (b"Origin incomplete, MED 0", b"Origin"),  # an attribute in other words
        (b", version 18", b", ver"),  # a line that is cut at other than 80 columns
        (b"Paths: (1 available", b"Ways: (1 available"),
    ],
)
def test_a_table_that_is_not_understood_is_refused(old: bytes, new: bytes) -> None:
    assert old in TYPE_5
    with pytest.raises(ValueError):
        collect_bgp.bgp_tables(TYPE_5.replace(old, new))


def test_the_overlay_is_asked_of_vteps_only() -> None:
    asked = {name: {q.ask for q in system("nxos").queries(device)} for name, device in cases("nxos").items()}
    overlay = {collect_evpn.VNIS, collect_evpn.FLOOD_LISTS, collect_evpn.MACS}
    assert overlay <= asked["leaf-numbered"]
    assert not overlay & asked["spine-drained-ipv4"]
    assert {collect_bgp.BGP_TABLES, collect.VRF_INTERFACES} <= asked["spine-drained-ipv4"]
