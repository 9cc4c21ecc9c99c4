"""Overlay and tenancy: MAC-VRFs, IP-VRFs, gateways, servers."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.design.blueprint import Blueprint
from crossconnect.design.names import base36, vrf_name
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import SegmentMember
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.model.region import DesignChoices, Region
from crossconnect.model.server import Attachment, SegmentPort, Server
from crossconnect.model.tenant import Segment, Tenant, Vrf
from regions import compiled, small


def blueprint_of(region: Region) -> Blueprint:
    result = compiled(region)
    assert result.blueprint is not None
    return result.blueprint


def devices(blueprint: Blueprint) -> dict[str, DeviceConfiguration]:
    return {d.name: d for d in blueprint.devices}


def instances(device: DeviceConfiguration, kind: str) -> dict[str, NetworkInstance]:
    return {ni.name: ni for ni in device.network_instances if ni.kind == kind}


def attach(region: Region, name: str, *ports: SegmentPort, leaves: tuple[str, ...] = ("a-leaf1",)) -> Region:
    server = Server(name=name, attachments=tuple(Attachment(port=leaf) for leaf in leaves), segments=ports)
    return replace(region, servers=(*region.servers, server))


def test_segments_and_vrfs_exist_only_where_they_are_needed() -> None:
    region = attach(small(servers=0, segments=1), "web", SegmentPort(segment="red/v1/s1"))
    by_name = devices(blueprint_of(region))
    assert list(instances(by_name["a-leaf1"], "mac-vrf")) == ["red-v1-s1"]
    assert list(instances(by_name["a-leaf1"], "l3vrf")) == ["red-v1"]
    assert by_name["a-leaf1"].vtep == "10.255.0.1"
    for name in ("a-leaf2", "a-spine1"):
        assert [ni.kind for ni in by_name[name].network_instances] == ["default", "management"]
        assert by_name[name].vtep == ""


def test_a_mac_vrf_has_its_numbers_and_its_gateway() -> None:
    leaf = devices(blueprint_of(small(segments=1)))["a-leaf2"]
    mac_vrf = instances(leaf, "mac-vrf")["red-v1-s1"]
    assert (mac_vrf.vni, mac_vrf.vlan, mac_vrf.rd) == (10000, 100, "10.255.0.2:10002")
    assert mac_vrf.import_rts == mac_vrf.export_rts == ("65000:10000",)
    assert (mac_vrf.irb, mac_vrf.l3vrf, mac_vrf.mtu) == ("vlan100", "red-v1", 9000)
    irb = next(i for i in leaf.interfaces if i.kind == "irb")
    assert (irb.name, irb.network_instance, irb.vlan) == ("vlan100", "red-v1", 100)
    assert irb.addresses == ("10.1.17.1/24", "2001:db8:1:11::1/64")
    assert irb.mac == "02:00:5e:00:01:01"


def test_the_gateway_is_the_same_on_every_leaf_and_the_router_mac_is_not() -> None:
    leaves = [d for d in blueprint_of(small(leaves=3, segments=1)).devices if d.role == "leaf"]
    assert len({next(i for i in d.interfaces if i.kind == "irb") for d in leaves}) == 1
    assert [instances(d, "l3vrf")["red-v1"].router_mac for d in leaves] == [f"02:fe:00:00:00:0{n}" for n in (1, 2, 3)]


def test_an_ip_vrf_announces_its_subnets_as_type_5() -> None:
    vrf = instances(devices(blueprint_of(small()))["a-leaf1"], "l3vrf")["red-v1"]
    assert (vrf.vni, vrf.rd, vrf.import_rts, vrf.export_rts) == (
        5000,
        "10.255.0.1:10001",
        ("65000:5000",),
        ("65000:5000",),
    )
    assert vrf.bgp is not None
    assert vrf.bgp.evpn_advertise == ("ipv4-unicast", "ipv6-unicast")
    assert [(o.family, o.connected) for o in vrf.bgp.originate] == [("ipv4-unicast", True), ("ipv6-unicast", True)]
    assert vrf.mtu == 9216 - 50


def test_route_distinguishers_are_unique_in_the_region() -> None:
    blueprint = blueprint_of(small(pods=2, super_spines=1, tenants=2, vrfs=2, segments=3, l2_only=True))
    rds = [ni.rd for d in blueprint.devices for ni in d.network_instances if ni.rd]
    assert len(rds) == len(set(rds)) > 0


def test_a_segment_without_vrf_is_layer_2_only() -> None:
    blueprint = blueprint_of(small(segments=1, l2_only=True))
    wire = instances(devices(blueprint)["a-leaf1"], "mac-vrf")["red-wire"]
    assert (wire.irb, wire.l3vrf) == ("", "")
    assert not [i for i in devices(blueprint)["a-leaf1"].interfaces if i.name == f"vlan{wire.vlan}"]
    (endpoint,) = next(h for h in blueprint.hosts if "wire" in h.name).endpoints
    assert (endpoint.vrf, endpoint.gateways, endpoint.mac_vrf) == ("", (), "red-wire")


def test_a_segment_in_a_vrf_without_gateways_is_not_routed() -> None:
    tenant = Tenant(name="red", vrfs=(Vrf(name="v1", segments=(Segment(name="s1", leaves=("a-leaf1",)),)),))
    result = compiled(replace(small(tenants=0), tenants=(tenant,)))
    assert result.blueprint is not None
    leaf = devices(result.blueprint)["a-leaf1"]
    assert list(instances(leaf, "mac-vrf")) == ["red-v1-s1"]
    assert instances(leaf, "l3vrf") == {}
    assert [f.code for f in result.findings] == ["design.vrf-nowhere"]


def test_segments_go_to_leaves_racks_pods_and_all() -> None:
    def on(*leaves: str) -> list[str]:
        segment = Segment(name="s1", gateways=("10.1.1.1/24",), leaves=leaves)
        tenant = Tenant(name="red", vrfs=(Vrf(name="v1", segments=(segment,)),))
        region = small(pods=2, leaves=2, border=True, super_spines=1, tenants=1)
        blueprint = blueprint_of(replace(region, tenants=(tenant,), pods=tuple(_bare(p) for p in region.pods)))
        return list(blueprint.segments[0].devices)

    assert on("b-leaf2") == ["b-leaf2"]
    assert on("a-rack1") == ["a-leaf1"]
    assert on("b") == ["b-leaf1", "b-leaf2"]
    assert on("all") == ["a-leaf1", "a-leaf2", "b-leaf1", "b-leaf2"]
    assert on("b-leaf1", "a-border1") == ["a-border1", "b-leaf1"]


def _bare(pod):
    return replace(pod, racks=tuple(replace(r, servers=()) for r in pod.racks))


def test_server_ports_carry_segments_tagged_and_untagged() -> None:
    region = attach(
        small(servers=0, segments=2),
        "hyper",
        SegmentPort(segment="red/v1/s1", addresses=("10.1.17.9/24",)),
        SegmentPort(segment="red/v1/s2", tagged=True, addresses=("10.1.18.9/24", "2001:db8:1:12::9/64")),
    )
    blueprint = blueprint_of(region)
    port = next(i for i in devices(blueprint)["a-leaf1"].interfaces if i.name == "swp1")
    assert port.members == (SegmentMember(100, False), SegmentMember(101, True))
    assert port.neighbor is not None
    assert (port.neighbor.device, port.neighbor.port, port.mtu) == ("hyper", "eth0", 9000)
    (host,) = blueprint.hosts
    assert [(e.interface, e.addresses, e.gateways) for e in host.endpoints] == [
        ("eth0", ("10.1.17.9/24",), ("10.1.17.1", "2001:db8:1:11::1")),
        ("eth0.101", ("10.1.18.9/24", "2001:db8:1:12::9/64"), ("10.1.18.1", "2001:db8:1:12::1")),
    ]
    assert host.mac == "02:0a:00:00:00:01"


def test_a_dual_homed_server_is_an_ethernet_segment_on_both_leaves() -> None:
    blueprint = blueprint_of(small(leaves=2, dual_homed=True, segments=1))
    bonds = [next(i for i in d.interfaces if i.kind == "lag") for d in blueprint.devices if d.role == "leaf"]
    assert bonds[0] == bonds[1]
    assert bonds[0].esi == "03:02:e5:00:00:00:01:00:00:01"
    assert (bonds[0].name, bonds[0].lacp_system_mac) == ("bond1", "02:e5:00:00:00:01")
    assert bonds[0].members == (SegmentMember(100, False),)
    member = next(i for i in devices(blueprint)["a-leaf1"].interfaces if i.parent == "bond1")
    assert (member.name, member.members) == ("swp1", ())
    (host,) = blueprint.hosts
    assert (host.ports, host.leaves, host.endpoints[0].interface) == (("eth0", "eth1"), ("a-leaf1", "a-leaf2"), "bond0")


def test_two_cables_to_one_leaf_are_a_plain_bond() -> None:
    region = attach(small(servers=0), "web", SegmentPort(segment="red/v1/s1"), leaves=("a-leaf1", "a-leaf1"))
    leaf = devices(blueprint_of(region))["a-leaf1"]
    bond = next(i for i in leaf.interfaces if i.kind == "lag")
    assert (bond.esi, [i.name for i in leaf.interfaces if i.parent == bond.name]) == ("", ["swp1", "swp2"])


def test_mtus_of_ports_and_hosts_follow_the_segments() -> None:
    region = small(servers=0, segments=2)
    vrf = region.tenants[0].vrfs[0]
    segments = (replace(vrf.segments[0], mtu=1500), vrf.segments[1])
    tenants = (replace(region.tenants[0], vrfs=(replace(vrf, segments=segments),)),)
    ports = (SegmentPort(segment="red/v1/s1"), SegmentPort(segment="red/v1/s2", tagged=True))
    blueprint = blueprint_of(attach(replace(region, tenants=tenants), "web", *ports))
    leaf = devices(blueprint)["a-leaf1"]
    assert {i.name: i.mtu for i in leaf.interfaces if i.name in ("vlan100", "vlan101", "swp1")} == {
        "vlan100": 1500,
        "vlan101": 9000,
        "swp1": 9000,
    }
    assert blueprint.hosts[0].mtu == 1500


def test_vlans_by_pod_give_each_pod_its_own_id() -> None:
    region = small(pods=2, leaves=1, super_spines=1, segments=1)
    other = Tenant(
        name="blue", vrfs=(Vrf(name="v1", segments=(Segment(name="x", gateways=("10.9.1.1/24",), leaves=("b",)),)),)
    )
    region = replace(region, design=DesignChoices(vlan_scope="pod"), tenants=(*region.tenants, other))
    by_name = devices(blueprint_of(region))
    assert {n: ni.vlan for n, ni in instances(by_name["a-leaf1"], "mac-vrf").items()} == {"red-v1-s1": 100}
    assert {n: ni.vlan for n, ni in instances(by_name["b-leaf1"], "mac-vrf").items()} == {
        "red-v1-s1": 101,
        "blue-v1-x": 100,
    }
    assert [i.name for i in by_name["b-leaf1"].interfaces if i.kind == "irb"] == ["vlan100", "vlan101"]


def test_a_leak_brings_the_imported_vrf_to_the_importing_ones_devices() -> None:
    region = small(servers=0, vrfs=3, segments=1)
    vrfs = region.tenants[0].vrfs
    vrfs = (replace(vrfs[0], imports=("red/v2",)), replace(vrfs[1], imports=("red/v3",)), vrfs[2])
    region = replace(region, tenants=(replace(region.tenants[0], vrfs=vrfs),))
    region = attach(region, "one", SegmentPort(segment="red/v1/s1"))
    blueprint = blueprint_of(attach(region, "two", SegmentPort(segment="red/v3/s1"), leaves=("a-leaf2",)))
    leaf = instances(devices(blueprint)["a-leaf1"], "l3vrf")
    assert {name: ni.imports for name, ni in leaf.items()} == {
        "red-v1": ("red-v2",),
        "red-v2": ("red-v3",),
        "red-v3": (),
    }
    assert {v.name: v.imports for v in blueprint.vrfs}["red-v1"] == ("red-v2",)
    assert list(instances(devices(blueprint)["a-leaf2"], "l3vrf")) == ["red-v3"]


def test_plans_say_what_is_promised() -> None:
    region = small(segments=1)
    vrf = replace(region.tenants[0].vrfs[0], route_limit=50)
    blueprint = blueprint_of(replace(region, tenants=(replace(region.tenants[0], vrfs=(vrf,)),)))
    (plan,) = blueprint.vrfs
    assert (plan.name, plan.vni, plan.devices, plan.route_limit) == ("red-v1", 5000, ("a-leaf1", "a-leaf2"), 50)
    assert plan.prefixes == ("10.1.17.0/24", "2001:db8:1:11::/64")
    (segment,) = blueprint.segments
    assert segment.gateways == ("10.1.17.1", "2001:db8:1:11::1")
    assert blueprint.infrastructure == tuple(
        sorted(p.prefix for p in region.pools if p.prefix and p.purpose != "handoff")
    )


def test_long_vrf_names_are_cut_and_told_apart_by_number() -> None:
    assert vrf_name("red", "prod", 7) == "red-prod"
    assert vrf_name("fifteen", "letters", 7) == "fifteen-letters"
    assert vrf_name("manufacturer", "production", 65535) == "manufactu-1ekf"
    assert base36(0) == "0"
    assert base36(35) == "z"
    assert len(vrf_name("x" * 63, "y" * 63, 65535)) <= 15
