"""The design's promises over random regions."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crossconnect.design import build_context, compile_region, design_device
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.region import Region
from regions import compiled, small

BOUND = settings(max_examples=40, deadline=None)

KEYWORDS = st.fixed_dictionaries(
    {
        "underlay": st.sampled_from(["numbered", "unnumbered"]),
        "families": st.sampled_from([("ipv4",), ("ipv4", "ipv6")]),
        "pods": st.integers(1, 3),
        "spines": st.integers(1, 3),
        "leaves": st.sampled_from([2, 4]),
        "super_spines": st.sampled_from([0, 1, 2, 4]),
        "planes": st.sampled_from([1, 2]),
        "tenants": st.integers(0, 3),
        "vrfs": st.integers(1, 2),
        "segments": st.integers(1, 3),
        "servers": st.integers(0, 2),
        "dual_homed": st.booleans(),
        "l2_only": st.booleans(),
        "border": st.booleans(),
        "everywhere": st.booleans(),
    }
)


def shuffled(region: Region, seed: int) -> Region:
    """The same region with every list whose order means nothing in another order."""
    order = random.Random(seed)

    def mix(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(order.sample(items, len(items)))

    tenants = [
        replace(t, segments=mix(t.segments), vrfs=mix(tuple(replace(v, segments=mix(v.segments)) for v in t.vrfs)))
        for t in region.tenants
    ]
    return replace(
        region,
        pools=mix(region.pools),
        pods=mix(region.pods),
        tenants=mix(tuple(tenants)),
        policies=mix(region.policies),
        prefix_sets=mix(tuple(replace(s, prefixes=mix(s.prefixes)) for s in region.prefix_sets)),
        peers=mix(tuple(replace(p, handoffs=mix(p.handoffs), announces=mix(p.announces)) for p in region.peers)),
    )


def blueprint_of(region: Region) -> Blueprint:
    result = compile_region(region)
    assert result.blueprint is not None, [f.message for f in result.findings]
    return result.blueprint


@given(KEYWORDS, st.integers())
@BOUND
def test_the_blueprint_is_the_same_under_shuffled_input(keywords: dict[str, Any], seed: int) -> None:
    region = small(**keywords)
    one, other = blueprint_of(region), blueprint_of(shuffled(region, seed))
    assert one == other
    assert one.content_hash() == other.content_hash()


@given(KEYWORDS)
@BOUND
def test_every_reference_inside_a_device_is_met(keywords: dict[str, Any]) -> None:
    for device in blueprint_of(small(**keywords)).devices:
        interfaces = {i.name: i for i in device.interfaces}
        instances = {ni.name: ni for ni in device.network_instances}
        assert len(interfaces) == len(device.interfaces)
        assert len(instances) == len(device.network_instances)
        vlans = {ni.vlan for ni in instances.values() if ni.kind == "mac-vrf"}
        for interface in interfaces.values():
            assert interface.network_instance in instances
            assert not interface.parent or interface.parent in interfaces
            assert {m.vlan for m in interface.members} <= vlans
            assert len(interface.name) <= 15
        policies = {p.name for p in device.routing_policy.policies}
        sets = {s.name for s in device.routing_policy.prefix_sets}
        for policy in device.routing_policy.policies:
            assert {s.conditions.prefix_set for s in policy.statements} - {""} <= sets
        for instance in instances.values():
            assert not instance.irb or instance.irb in interfaces
            assert not instance.l3vrf or instance.l3vrf in instances
            assert set(instance.imports) <= instances.keys()
            for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
                for family in neighbor.families:
                    named = {family.import_policy, family.export_policy}
                    assert named <= policies if neighbor.kind == "external" else named == {""}


@given(KEYWORDS)
@BOUND
def test_addresses_are_used_once(keywords: dict[str, Any]) -> None:
    seen: dict[str, str] = {}
    for device in blueprint_of(small(**keywords)).devices:
        for interface in device.interfaces:
            if interface.kind != "irb":
                for address in interface.addresses:
                    assert (
                        seen.setdefault(address, f"{device.name}:{interface.name}") == f"{device.name}:{interface.name}"
                    )


@given(KEYWORDS, st.data())
@BOUND
def test_a_device_designed_alone_is_the_same(keywords: dict[str, Any], data: st.DataObject) -> None:
    result = compiled(small(**keywords))
    assert result.blueprint is not None
    context = build_context(small(**keywords), result.inventory, result.lock)
    index = data.draw(st.integers(0, len(result.inventory.switches) - 1))
    assert design_device(context, result.inventory.switches[index]) == result.blueprint.devices[index]
