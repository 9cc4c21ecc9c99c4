"""FRR's JSON answers, field by field: what differs between own and received routes, between versions, between VRFs."""

from __future__ import annotations

import json

import msgspec
import pytest

from crossconnect.nos.frr.collect import bgp_paths, interfaces, rib, sessions, summary, versions
from crossconnect.nos.frr.collect_evpn import evpn_paths, macs, vnis
from crossconnect.nos.frr.paths import plain_address, route_targets, router_mac


def evpn(prefix: str, path: dict[str, object], **more: object) -> bytes:
    route_type = int(prefix[1])
    entry = {"prefix": prefix, "routeType": route_type, "paths": [[path]], **more}
    return json.dumps({"10.0.0.1:10001": {"rd": "10.0.0.1:10001", prefix: entry}, "numPrefix": 1}).encode()


def path(**more: object) -> dict[str, object]:
    return {
        "aspath": {"string": "65000 65001"},
        "bestpath": {"overall": True},
        "extendedCommunity": {"string": "RT:65000:10000 ET:8"},
        "nexthops": [{"ip": "10.0.0.1", "used": True}],
        "peer": {"peerId": "10.1.0.1"},
        **more,
    }


def test_a_mac_without_address_has_one_label_whatever_its_originator_shows() -> None:
    own = path(vni="10000/5000", sourced=True, local=True, aspath={"string": "Local"})
    [report] = evpn_paths(evpn("[2]:[0]:[48]:[02:0a:00:00:00:01]", own, mac="02:0a:00:00:00:01"))
    assert report.labels == (10000,)
    assert report.local
    assert report.as_path == ""


def test_a_mac_with_address_has_both_labels() -> None:
    [report] = evpn_paths(evpn("[2]:[0]:[48]:[02:0a:00:00:00:01]:[128]:[2001:db8::b]", path(vni="10000/5000")))
    assert (report.mac, report.ip, report.labels) == ("02:0a:00:00:00:01", "2001:db8::b", (10000, 5000))


def test_a_type_5_route_is_named_by_its_prefix() -> None:
    [report] = evpn_paths(evpn("[5]:[0]:[64]:[2001:db8::]", path(vni="5000"), ipLen=64, ip="2001:db8::"))
    assert report.ip == "2001:db8::/64"


def test_ethernet_segment_routes_carry_their_segment() -> None:
    esi = "03:02:e5:00:00:00:01:00:00:01"
    [per_segment] = evpn_paths(evpn(f"[1]:[4294967295]:[{esi}]:[32]:[0.0.0.0]:[0]", path()))
    [per_instance] = evpn_paths(evpn(f"[1]:[0]:[{esi}]:[128]:[::]:[0]", path()))
    [segment] = evpn_paths(evpn(f"[4]:[{esi}]:[32]:[10.0.0.1]", path()))
    assert (per_segment.esi, per_segment.ethernet_tag) == (esi, 4294967295)
    assert (per_instance.esi, per_instance.ethernet_tag) == (esi, 0)
    assert (segment.esi, segment.ip) == (esi, "10.0.0.1")


def test_no_evpn_at_all_is_an_empty_answer() -> None:
    assert evpn_paths(b"") == ()
    assert vnis(b"") == ()
    assert macs(b"{\n}") == ()


def test_flood_lists_are_lists_in_one_version_and_numbers_in_another() -> None:
    some = {"vni": 10, "type": "L2", "vrf": "red", "sviInterface": "vlan10", "numRemoteVteps": ["10.0.0.2"]}
    none = {"vni": 11, "type": "L2", "vrf": "red", "numRemoteVteps": 0}
    newer = {"vni": 12, "type": "L2", "tenantVrf": "red", "numRemoteVteps": 1, "remoteVteps": [{"ip": "10.0.0.3"}]}
    reports = vnis(json.dumps([some, none, newer]).encode())
    assert [r.remote_vteps for r in reports] == [("10.0.0.2",), (), ("10.0.0.3",)]
    assert {r.vrf for r in reports} == {"red"}


def test_a_family_that_the_peer_did_not_announce_is_not_negotiated() -> None:
    neighbor = {
        "remoteAs": 65000,
        "bgpState": "Established",
        "neighborCapabilities": {"multiprotocolExtensions": {"ipv4Unicast": {"advertisedAndReceived": True}}},
        "addressFamilyInfo": {"ipv4Unicast": {}, "l2VpnEvpn": {}},
    }
    idle = {"remoteAs": 65000, "bgpState": "Idle", "addressFamilyInfo": {"ipv4Unicast": {}}}
    answer = {"default": {"vrfId": 0, "vrfName": "default", "10.1.0.1": neighbor, "10.1.0.3": idle}}
    found = {(r.peer, r.family): r.negotiated for r in sessions(json.dumps(answer).encode())}
    assert found == {
        ("10.1.0.1", "ipv4-unicast"): True,
        ("10.1.0.1", "l2vpn-evpn"): False,
        ("10.1.0.3", "ipv4-unicast"): False,
    }


def test_only_selected_routes_with_their_active_next_hops() -> None:
    hop = {"ip": "10.1.0.1", "interfaceName": "swp1", "active": True}
    dead = {"ip": "10.1.0.3", "interfaceName": "swp2", "active": False}
    twice = {"ip": "10.1.0.1", "interfaceName": "swp1", "active": True, "duplicate": True}
    selected = {"protocol": "bgp", "selected": True, "vrfName": "default", "nexthops": [hop, dead, twice]}
    other = {"protocol": "static", "vrfName": "default", "nexthops": [hop]}
    [report] = rib(json.dumps({"10.0.0.0/8": [other, selected]}).encode())
    assert report.protocol == "bgp"
    assert [(h.address, h.interface) for h in report.next_hops] == [("10.1.0.1", "swp1")]


def test_the_link_local_next_hop_is_the_one_that_is_used() -> None:
    hops = [{"ip": "fd00::1"}, {"ip": "fe80::1", "used": True}]
    table = {"vrfName": "default", "routes": {"::/0": [{"prefix": "::/0"}, path(nexthops=hops)]}}
    [report] = bgp_paths(json.dumps(table).encode())
    assert report.next_hop == "fe80::1"


def test_own_routes_have_no_peer_and_the_defaults_of_what_is_not_said() -> None:
    own = path(peer={"peerId": "::"}, nexthops=[{"ip": "::"}], aspath={"string": "Local"})
    [report] = bgp_paths(json.dumps({"vrfName": "red", "routes": {"::/0": [{"prefix": "::/0"}, own]}}).encode())
    assert (report.peer, report.next_hop, report.as_path) == ("", "", "")
    assert (report.local_pref, report.med) == (100, 0)


def test_communities_of_both_kinds_in_one_sorted_list() -> None:
    both = path(community={"string": "65000:2 no-export"}, largeCommunity={"string": "65000:1:1"})
    [report] = bgp_paths(json.dumps({"vrfName": "red", "routes": {"10.0.0.0/8": [both]}}).encode())
    assert report.communities == ("65000:1:1", "65000:2", "no-export")


def test_an_interface_is_up_when_it_can_forward() -> None:
    row = {"vrfName": "default", "administrativeStatus": "up", "mtu": 9216, "ipAddresses": [{"address": "10.1.0.0/31"}]}
    answer = {"swp1": {**row, "operationalStatus": "up"}, "swp2": {**row, "operationalStatus": "down"}}
    assert [(i.name, i.up) for i in interfaces(json.dumps(answer).encode())] == [("swp1", True), ("swp2", False)]


def test_summary_and_versions_read_the_same_answer() -> None:
    answer = {
        "default": {"ipv4Unicast": {"tableVersion": 7, "ribCount": 5, "peers": {"swp1": {"state": "Established"}}}}
    }
    raw = json.dumps(answer).encode()
    assert [(r.peer, r.family, r.established) for r in summary(raw)] == [("swp1", "ipv4-unicast", True)]
    assert versions(raw) == (("default", "ipv4Unicast", 7, 5),)


def test_an_answer_that_is_not_json_is_an_error_not_an_empty_table() -> None:
    with pytest.raises(msgspec.DecodeError):
        rib(b"% Unknown command")


def test_pieces_of_text() -> None:
    assert plain_address("::ffff:aff:1") == "10.255.0.1"
    assert plain_address("2001:db8::1") == "2001:db8::1"
    extended = ("ES-Import-Rt:02:e5:00:00:00:01", "ET:8", "RT:65000:5000", "Rmac:02:fe:00:00:00:01")
    assert route_targets(extended) == ("65000:5000", "es-import:02:e5:00:00:00:01")
    assert router_mac(extended) == "02:fe:00:00:00:01"
    assert router_mac(("ET:8",)) == ""


def test_a_prefix_is_a_list_of_paths_in_one_version_and_an_object_in_another() -> None:
    header = {"prefix": "10.0.0.0/8", "version": 3}
    older = {"vrfName": "red", "routes": {"10.0.0.0/8": [header, path()]}}
    newer = {"vrfName": "red", "routes": {"10.0.0.0/8": {**header, "paths": [path()]}}}
    reports = [bgp_paths(json.dumps(table).encode()) for table in (older, newer)]
    assert len(reports[0]) == 1
    assert reports[0] == reports[1]


@pytest.mark.parametrize("nothing", [b"", b"{}", b"{\n}\n", b" {} \n"])
def test_nothing_is_an_empty_object_also_in_place_of_a_list(nothing: bytes) -> None:
    assert vnis(nothing) == ()
    assert bgp_paths(nothing) == ()
    assert rib(nothing) == ()
    assert interfaces(nothing) == ()


def test_routes_for_own_addresses_are_left_to_the_table_of_interfaces() -> None:
    """10.x has one for each address; 8.4 has the connected prefix alone."""
    hop = {"interfaceName": "swp1", "active": True}
    connected = {"protocol": "connected", "selected": True, "vrfName": "default", "nexthops": [hop]}
    own = {"protocol": "local", "selected": True, "vrfName": "default", "nexthops": [hop]}
    older = rib(json.dumps({"10.1.0.0/31": [connected]}).encode())
    newer = rib(json.dumps({"10.1.0.0/31": [connected], "10.1.0.1/32": [own]}).encode())
    assert older == newer
    assert [report.protocol for report in older] == ["connected"]
