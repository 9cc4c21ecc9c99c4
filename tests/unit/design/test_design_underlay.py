"""Underlay: links, sessions, ASNs."""

from __future__ import annotations

from msgspec.structs import replace

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.model.device import Device
from crossconnect.model.region import Bfd, Region
from crossconnect.net import address_of, interface_prefix
from regions import compiled, small


def blueprint_of(region: Region) -> Blueprint:
    result = compiled(region)
    assert result.blueprint is not None
    return result.blueprint


def device_of(region: Region, name: str) -> DeviceConfiguration:
    return {d.name: d for d in blueprint_of(region).devices}[name]


def bgp_of(device: DeviceConfiguration) -> Bgp:
    bgp = device.network_instances[0].bgp
    assert bgp is not None
    return bgp


def test_numbered_links_have_an_ipv4_session_with_evpn_and_an_ipv6_session() -> None:
    leaf = device_of(small(spines=1), "a-leaf1")
    sessions = [(n.address, n.local_address, [f.family for f in n.families]) for n in bgp_of(leaf).neighbors]
    assert sessions == [
        ("10.254.0.1", "10.254.0.0", ["ipv4-unicast", "l2vpn-evpn"]),
        ("fd00:c0:0:2::3", "fd00:c0:0:2::2", ["ipv6-unicast"]),
    ]
    uplink = next(i for i in leaf.interfaces if i.name == "swp64")
    assert uplink.addresses == ("10.254.0.0/31", "fd00:c0:0:2::2/127")
    assert (uplink.mtu, uplink.unnumbered, uplink.description) == (9216, False, "a-spine1:swp1")


def test_unnumbered_links_have_one_session_over_the_interface_with_everything() -> None:
    leaf = device_of(small(spines=1, underlay="unnumbered"), "a-leaf1")
    (session,) = bgp_of(leaf).neighbors
    assert (session.interface, session.address, session.extended_next_hop) == ("swp64", "", True)
    assert [f.family for f in session.families] == ["ipv4-unicast", "ipv6-unicast", "l2vpn-evpn"]
    uplink = next(i for i in leaf.interfaces if i.name == "swp64")
    assert (uplink.addresses, uplink.unnumbered) == ((), True)


def test_single_stack_has_no_ipv6_anywhere_in_the_fabric() -> None:
    leaf = device_of(small(families=("ipv4",)), "a-leaf1")
    assert all(":" not in n.address for n in bgp_of(leaf).neighbors)
    assert [o.family for o in bgp_of(leaf).originate] == ["ipv4-unicast"]
    fabric = [i for i in leaf.interfaces if i.kind in ("ethernet", "loopback")]
    assert not [a for i in fabric for a in i.addresses if ":" in a]


def test_both_ends_of_every_session_agree() -> None:
    for underlay in ("numbered", "unnumbered"):
        region = small(pods=2, spines=2, leaves=2, super_spines=2, planes=2, underlay=underlay)
        blueprint = blueprint_of(region)
        speakers = {d.name: bgp_of(d) for d in blueprint.devices}
        ports = {(d.name, i.name): i for d in blueprint.devices for i in d.interfaces}
        for name, bgp in speakers.items():
            for session in bgp.neighbors:
                assert session.remote_asn == speakers[session.device].asn
                back = [n for n in speakers[session.device].neighbors if n.device == name and n.remote_asn == bgp.asn]
                assert back, (name, session.device)
                if session.address:
                    assert (session.local_address, session.address) in [(n.address, n.local_address) for n in back]
        for wire in (w for w in blueprint.wires if w.kind == "fabric"):
            a, b = ports[wire.a_device, wire.a_port], ports[wire.b_device, wire.b_port]
            assert [interface_prefix(x) for x in a.addresses] == [interface_prefix(x) for x in b.addresses]
            assert a.neighbor is not None
            assert (a.neighbor.device, a.neighbor.port) == (wire.b_device, wire.b_port)


def test_devices_announce_their_loopbacks_and_nothing_else() -> None:
    for device in blueprint_of(small(super_spines=1)).devices:
        announced = {network for o in bgp_of(device).originate for network in o.networks}
        assert announced == set(next(i for i in device.interfaces if i.kind == "loopback").addresses)
        assert not any(o.connected for o in bgp_of(device).originate)
        assert bgp_of(device).router_id in {address_of(a) for a in announced}


def test_a_tier_shares_an_asn_so_that_no_valley_path_forms() -> None:
    blueprint = blueprint_of(small(pods=2, spines=2, leaves=2, super_spines=2))
    asns = {d.name: bgp_of(d).asn for d in blueprint.devices}
    assert asns["a-spine1"] == asns["a-spine2"] != asns["b-spine1"] == asns["b-spine2"]
    assert asns["core1"] == asns["core2"]
    leaves = [asns[f"{p}-leaf{n}"] for p in "ab" for n in (1, 2)]
    assert len({*leaves, asns["a-spine1"], asns["b-spine1"], asns["core1"]}) == 7


def test_only_spines_keep_the_evpn_next_hop() -> None:
    for device in blueprint_of(small(super_spines=1)).devices:
        evpn = [f for n in bgp_of(device).neighbors for f in n.families if f.family == "l2vpn-evpn"]
        assert evpn
        assert {f.next_hop_unchanged for f in evpn} == {device.role in ("spine", "super-spine")}


def test_timers_bfd_and_restart_are_the_regions() -> None:
    region = small(spines=1)
    design = replace(region.design, bfd=Bfd(interval_ms=100, multiplier=5), keepalive_s=1, hold_time_s=3)
    leaf = device_of(replace(region, design=design), "a-leaf1")
    assert leaf.bfd is not None
    assert (leaf.bfd.interval_ms, leaf.bfd.multiplier) == (100, 5)
    assert {(n.bfd, n.keepalive_s, n.hold_time_s) for n in bgp_of(leaf).neighbors} == {(True, 1, 3)}
    without = replace(region.design, bfd=Bfd(enabled=False), graceful_restart=False)
    leaf = device_of(replace(region, design=without), "a-leaf1")
    assert leaf.bfd is None
    assert not any(n.bfd for n in bgp_of(leaf).neighbors)
    assert not bgp_of(leaf).graceful_restart


def test_a_drained_device_shuts_down_gracefully_in_every_instance() -> None:
    region = replace(small(), devices=(Device(name="a-leaf1", drained=True),))
    blueprint = blueprint_of(region)
    assert blueprint.drained == ("a-leaf1",)
    for device in blueprint.devices:
        shut = {ni.bgp.graceful_shutdown for ni in device.network_instances if ni.bgp is not None}
        assert shut == {device.name == "a-leaf1"}


def test_management_is_a_vrf_of_its_own() -> None:
    leaf = device_of(small(), "a-leaf1")
    port = next(i for i in leaf.interfaces if i.kind == "management")
    assert (port.name, port.network_instance, port.addresses) == ("eth0", "mgmt", ("10.253.0.2/20",))
    assert [ni.name for ni in leaf.network_instances if ni.kind == "management"] == ["mgmt"]
    assert leaf.system.management_gateways == ("10.253.0.1",)
    unmanaged = replace(small(), pools=tuple(p for p in small().pools if p.purpose != "management"))
    leaf = device_of(unmanaged, "a-leaf1")
    assert leaf.system.management_vrf == ""
    assert not [i for i in leaf.interfaces if i.kind == "management"]
