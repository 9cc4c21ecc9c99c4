"""Input: a blueprint. Output: who stands in for whom."""

from __future__ import annotations

from crossconnect.design.blueprint import Blueprint
from crossconnect.model.region import Region
from crossconnect.rollout.groups import redundancy_groups
from regions import compiled, small


def groups(region: Region) -> dict[tuple[str, ...], str]:
    blueprint: Blueprint | None = compiled(region).blueprint
    assert blueprint is not None
    return {group.devices: group.kind for group in redundancy_groups(blueprint)}


def test_spines_of_a_leaf_and_borders_of_a_vrf() -> None:
    assert groups(small(spines=3, leaves=2, border=True)) == {
        ("a-spine1", "a-spine2", "a-spine3"): "uplinks",
        ("a-border1", "a-border2"): "borders",
    }


def test_leaves_of_an_ethernet_segment_and_of_an_mlag_pair() -> None:
    assert groups(small(leaves=4, dual_homed=True)) == {
        ("a-leaf1", "a-leaf2"): "ethernet-segment",
        ("a-leaf3", "a-leaf4"): "ethernet-segment",
        ("a-spine1", "a-spine2"): "uplinks",
    }
    assert groups(small(leaves=2, dual_homed=True, mlag=True))[("a-leaf1", "a-leaf2")] == "mlag"


def test_super_spines_are_a_group_by_plane() -> None:
    assert groups(small(pods=2, spines=2, super_spines=4, planes=2)) == {
        ("a-spine1", "a-spine2"): "uplinks",
        ("b-spine1", "b-spine2"): "uplinks",
        ("core1", "core3"): "uplinks",
        ("core2", "core4"): "uplinks",
    }


def test_what_nobody_has_twice_is_no_group() -> None:
    assert groups(small(spines=1, leaves=3)) == {}
