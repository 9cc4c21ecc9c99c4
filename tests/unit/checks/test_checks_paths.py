"""Input: a blueprint. Output: what its cabling alone says: shortest paths, articulation points, bridges."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest

from crossconnect.checks.delivery import chosen_pairs
from crossconnect.checks.fabric import Fabric, fabrics
from crossconnect.checks.grouping import by_common_end, count_text, names_text
from crossconnect.checks.layout import layout_of
from crossconnect.checks.prefix_index import PrefixIndex
from crossconnect.checks.single_points import cuts
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.region import Region
from regions import compiled, small


def blueprint_of(region: Region) -> Blueprint:
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    return blueprint


def fabric_of(region: Region, devices: Collection[str] = (), wires: Collection[str] = ()) -> Fabric:
    layout = layout_of(blueprint_of(region))
    sessions = [
        s
        for s in layout.sessions
        if s.device not in devices and s.neighbor.device not in devices and s.wire not in wires
    ]
    return fabrics(layout, sessions, devices)["ipv4-unicast"]


@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_a_leaf_reaches_another_over_every_spine(underlay: str) -> None:
    fabric = fabric_of(small(underlay=underlay, spines=3, leaves=4))
    assert len(fabric.paths("a-leaf1", "a-leaf4")) == 3
    assert fabric.distance("a-leaf1", "a-leaf4") == 2
    assert len(fabric.paths("a-spine1", "a-leaf4")) == 1
    assert fabric.paths("a-leaf1", "a-leaf1") == ()


def test_spines_of_a_pod_share_an_asn_and_do_not_reach_each_other() -> None:
    fabric = fabric_of(small())
    assert not fabric.reaches("a-spine1", "a-spine2")
    assert fabric.reaches("a-leaf1", "a-spine2")


def test_five_stages_use_all_planes() -> None:
    fabric = fabric_of(small(pods=2, spines=2, leaves=2, super_spines=4, planes=2))
    assert len(fabric.paths("a-leaf1", "b-leaf2")) == 2  # both spines
    assert len(fabric.paths("a-spine1", "b-leaf2")) == 2  # both super-spines of its plane
    assert fabric.distance("a-leaf1", "b-leaf2") == 4
    assert fabric.distance("a-leaf1", "a-leaf2") == 2


def test_no_valley_when_a_leaf_has_lost_the_spine_that_another_still_has() -> None:
    # leaf1 keeps only spine1 and leaf2 only spine2: leaf3 is physically between them and must not carry their traffic.
    region = small(spines=2, leaves=3)
    layout = layout_of(blueprint_of(region))
    failed = [
        key
        for key, wire in layout.wires.items()
        if (wire.a_device, wire.b_device) in {("a-leaf1", "a-spine2"), ("a-leaf2", "a-spine1")}
    ]
    assert len(failed) == 2
    fabric = fabric_of(region, wires=failed)
    assert not fabric.reaches("a-leaf1", "a-leaf2")
    assert len(fabric.paths("a-leaf1", "a-leaf3")) == 1
    assert len(fabric.paths("a-leaf3", "a-leaf1")) == 1


def test_a_lost_device_takes_its_paths_along() -> None:
    fabric = fabric_of(small(spines=2, leaves=2), devices=["a-spine1"])
    assert len(fabric.paths("a-leaf1", "a-leaf2")) == 1
    assert not fabric.reaches("a-leaf1", "a-spine1")


def naive_widths(fabric: Fabric, source: int, destination: int) -> int:
    """The search made for this destination alone, without the sharing between switches that look alike."""
    return len(fabric._search(destination).ports[source])  # pyright: ignore[reportPrivateUsage]


def test_switches_that_look_alike_share_a_search_and_nothing_else() -> None:
    region = small(pods=3, spines=2, leaves=3, super_spines=4, planes=2)
    layout = layout_of(blueprint_of(region))
    chance = random.Random(7)
    keys = [w.key for w in layout.blueprint.wires if w.kind == "fabric"]
    for failures in (0, 1, 2, 4):
        failed = chance.sample(keys, failures)
        fabric = fabric_of(region, wires=failed)
        names = list(layout.devices)
        for s, source in enumerate(names):
            for d, destination in enumerate(names):
                if s != d:
                    wanted = naive_widths(fabric, s, d)
                    assert len(fabric.paths(source, destination)) == wanted, (failed, source, destination)


def brute_force_cuts(nodes: list[str], edges: list[tuple[str, str, str]]) -> tuple[set[str], set[str]]:
    def parts(without_node: str, without_edge: str) -> int:
        left = {n for n in nodes if n != without_node}
        count = 0
        while left:
            todo, count = [left.pop()], count + 1
            while todo:
                node = todo.pop()
                for key, a, b in edges:
                    if key != without_edge and node in (a, b):
                        other = b if node == a else a
                        if other in left:
                            left.remove(other)
                            todo.append(other)
        return count

    whole = parts("", "")
    isolated = {n for n in nodes if all(n not in (a, b) for _, a, b in edges)}
    points = {n for n in nodes if n not in isolated and parts(n, "") > whole}
    return points, {key for key, _, _ in edges if parts("", key) > whole}


@pytest.mark.parametrize("seed", range(30))
def test_cuts_are_those_that_trying_everything_finds(seed: int) -> None:
    chance = random.Random(seed)
    nodes = [f"n{i}" for i in range(chance.randint(2, 9))]
    edges = []
    for number in range(chance.randint(1, 14)):
        a, b = chance.sample(nodes, 2)
        edges.append((f"e{number}", a, b))
    found = list(cuts(nodes, edges, set(nodes)))
    points, bridges = brute_force_cuts(nodes, edges)
    assert {c.node for c in found if not c.edge} == points
    assert {c.edge for c in found if c.edge} == bridges
    for cut in found:
        assert cut.lost
        assert cut.node not in cut.lost or cut.edge


def test_the_smaller_side_of_a_cut_is_the_one_that_is_lost() -> None:
    edges = [("e1", "a", "b"), ("e2", "b", "c"), ("e3", "c", "d"), ("e4", "d", "b"), ("e5", "d", "e"), ("e6", "e", "c")]
    (bridge,) = [c for c in cuts(["a", "b", "c", "d", "e"], edges, set("abcde")) if c.edge]
    assert (bridge.edge, bridge.lost) == ("e1", ("a",))
    (point,) = [c for c in cuts(["c", "a", "b", "d", "e"], edges, set("abcde")) if not c.edge]
    assert (point.node, point.lost) == ("b", ("a",))


def test_cuts_of_a_chain_of_ten_thousand_do_not_recurse() -> None:
    nodes = [f"n{i}" for i in range(10_000)]
    edges = [(f"e{i}", nodes[i], nodes[i + 1]) for i in range(9_999)]
    assert sum(1 for c in cuts(nodes, edges, {nodes[0], nodes[-1]}) if c.edge) == 9_999


def test_prefixes_are_found_under_all_that_cover_them() -> None:
    index = PrefixIndex(
        [("10.0.0.0/8", "wide"), ("10.1.0.0/16", "narrow"), ("fd00::/8", "six"), ("10.1.0.0/16", "two")]
    )
    assert index.covering("10.1.2.0/24") == ("wide", "narrow", "two")
    assert index.covering("10.2.0.0/24") == ("wide",)
    assert index.covering("0.0.0.0/0") == ()
    assert index.covering("fd00:1::1/128") == ("six",)


def test_pairs_are_told_by_the_end_they_have_in_common() -> None:
    groups = by_common_end([("a", "x"), ("b", "x"), ("c", "x"), ("d", "y")])
    assert [(g.end, g.of_source, g.others) for g in groups] == [("d", True, ("y",)), ("x", False, ("a", "b", "c"))]


def test_of_too_many_pairs_every_member_still_takes_part_on_both_sides() -> None:
    few = list(chosen_pairs("abc", "xy", 100))
    assert len(few) == 6
    many = list(range(500))
    some = list(chosen_pairs(many, many[:70], 2_000))
    assert len(some) <= 2_000
    assert {a for a, _ in some} == set(many)
    assert {b for _, b in some} == set(many[:70])


def test_texts_of_many() -> None:
    assert names_text(list("abc")) == "a, b, c"
    assert names_text([f"n{i}" for i in range(9)]) == "n0, n1, n2, n3, n4 and 4 more"
    assert count_text(1, "path") == "1 path"
    assert count_text(2, "path") == "2 paths"
