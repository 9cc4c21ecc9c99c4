"""What FRR cannot do is found and said."""

from __future__ import annotations

import pytest
from frr_samples import BFD, border, leaf, multihomed_leaf, samples, spine, tenant_leaf
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import AsPathSet, CommunitySet, RoutingPolicy
from crossconnect.finding import Severity
from crossconnect.nos.frr import CODES, Version, findings


def codes(device: DeviceConfiguration, version: Version = "8.4") -> set[str]:
    return {f.code for f in findings(device, version)}


def with_session(device: DeviceConfiguration, **changed: object) -> DeviceConfiguration:
    """The device with its first external session changed."""
    instances = []
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.bgp is not None:
            first, *others = instance.bgp.neighbors
            neighbors = (replace(first, **changed), *others)
            instance = replace(instance, bgp=replace(instance.bgp, neighbors=neighbors))
        instances.append(instance)
    return replace(device, network_instances=tuple(instances))


@pytest.mark.parametrize("name", sorted(samples()))
def test_samples_have_no_errors(name: str) -> None:
    assert [f for f in findings(samples()[name]) if f.severity is Severity.ERROR] == []


def test_ordinary_devices_have_no_findings_at_all() -> None:
    assert findings(spine(1)) == ()
    assert findings(tenant_leaf(1)) == ()


def with_maximum_paths(device: DeviceConfiguration, paths: int) -> DeviceConfiguration:
    instances = (
        replace(i, bgp=replace(i.bgp, maximum_paths=paths)) if i.bgp is not None else i
        for i in device.network_instances
    )
    return replace(device, network_instances=tuple(instances))


def test_frr_10_has_no_room_for_two_vteps_over_all_spines() -> None:
    spines = 2
    few, enough = with_maximum_paths(tenant_leaf(1), spines), with_maximum_paths(tenant_leaf(1), 2 * spines)
    assert "frr.multipath-slots" in codes(few, "10")
    assert "frr.multipath-slots" not in codes(enough, "10")
    assert "frr.multipath-slots" not in codes(with_maximum_paths(tenant_leaf(1), 1), "10")
    assert "frr.multipath-slots" not in codes(few, "8.4")


def test_frr_10_leaves_med_among_several_sessions_with_one_as_to_chance() -> None:
    instances = []
    for instance in border().network_instances:
        if instance.kind == "l3vrf" and instance.bgp is not None:
            first = instance.bgp.neighbors[0]
            second = replace(first, address="192.0.2.99", remote_asn=first.remote_asn)
            instance = replace(instance, bgp=replace(instance.bgp, neighbors=(first, second)))
        instances.append(instance)
    twice = replace(border(), network_instances=tuple(instances))
    assert "frr.med-not-deterministic" in codes(twice, "10")
    assert "frr.med-not-deterministic" not in codes(twice, "8.4")
    assert "frr.med-not-deterministic" not in codes(border(), "10")


def test_external_session_without_policy() -> None:
    session = next(i for i in border().network_instances if i.kind == "l3vrf").bgp
    assert session is not None
    family = replace(session.neighbors[0].families[0], export_policy="")
    assert codes(with_session(border(), families=(family,))) >= {"frr.external-without-policy"}


def test_policy_on_evpn_routes() -> None:
    session = next(i for i in border().network_instances if i.kind == "l3vrf").bgp
    assert session is not None
    family = replace(session.neighbors[0].families[0], family="l2vpn-evpn")
    assert "frr.evpn-policy" in codes(with_session(border(), families=(family,)))


def test_policy_that_the_device_does_not_have() -> None:
    assert "frr.policy-missing" in codes(replace(border(), routing_policy=RoutingPolicy()))


def test_policy_under_two_asns() -> None:
    device = border()
    other = next(i for i in device.network_instances if i.kind == "l3vrf")
    assert other.bgp is not None
    second = replace(other, name="blue", bgp=replace(other.bgp, asn=65001))
    assert "frr.prepend-asn" in codes(replace(device, network_instances=(*device.network_instances, second)))


@pytest.mark.parametrize("name", ["a" * 16, "two words", "a/b", ""])
def test_names_that_linux_does_not_allow(name: str) -> None:
    assert codes(leaf(1, ports=(Interface(name=name, kind="ethernet"),))) == {"frr.name-too-long"}
    assert codes(leaf(1, instances=(NetworkInstance(name=name, kind="l3vrf"),))) == {"frr.name-too-long"}


@pytest.mark.parametrize("pattern", ["\\d", "", "^1$| 2", "a", "1\nrouter bgp 1"])
def test_as_path_patterns_that_bgpd_refuses(pattern: str) -> None:
    policy = RoutingPolicy(as_path_sets=(AsPathSet(name="x", patterns=(pattern,)),))
    assert codes(leaf(1, policy=policy)) == {"frr.as-path-pattern"}


def test_community_sets() -> None:
    everything = CommunitySet(name="x", kind="standard", members=("0:0",))
    device = leaf(1, policy=RoutingPolicy(community_sets=(everything,)))
    assert codes(device, "8.4") == {"frr.community-matches-everything"}
    assert codes(device, "10") == set()
    number = CommunitySet(name="100", kind="standard", members=("65000:1",))
    assert codes(leaf(1, policy=RoutingPolicy(community_sets=(number,)))) == {"frr.set-name"}


@pytest.mark.parametrize(
    "changed", [{"keepalive_s": 0}, {"hold_time_s": 2}, {"connect_retry_s": 0}, {"hold_time_s": 65536}]
)
def test_timers_out_of_range(changed: dict[str, int]) -> None:
    assert "frr.out-of-range" in codes(with_session(border(), **changed))


def test_bfd_out_of_range() -> None:
    assert codes(replace(spine(1), bfd=replace(BFD, interval_ms=5))) == {"frr.out-of-range"}
    assert codes(replace(spine(1), bfd=replace(BFD, multiplier=1))) == {"frr.out-of-range"}


def test_secret_reference_too_long_for_bgpd() -> None:
    assert "frr.secret-name-too-long" in codes(with_session(border(), password="file:/" + "x" * 80))


def test_route_limit_is_only_watched() -> None:
    assert "frr.route-limit-not-enforced" in codes(border())


def test_ethernet_segments_on_linux() -> None:
    assert codes(multihomed_leaf(1), "8.4") == {"frr.ethernet-segment-flooding", "frr.next-hop-groups"}
    assert codes(multihomed_leaf(1), "10") == {"frr.ethernet-segment-flooding"}


def test_routed_bond() -> None:
    bond = Interface(name="bond1", kind="lag", addresses=("10.0.0.1/31",))
    assert codes(leaf(1, ports=(bond,))) == {"frr.routed-bond"}


def test_every_code_is_listed_once() -> None:
    names = [c.name for c in CODES]
    assert len(names) == len(set(names))
    assert all(n.startswith("frr.") for n in names)
