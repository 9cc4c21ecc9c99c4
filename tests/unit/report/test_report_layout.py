"""The topology picture: everything drawn, nothing on top of anything else, legible names."""

import itertools

import pytest
from report_samples import clos, metro

from crossconnect.report.graph import graph_of
from crossconnect.report.layout import CHARACTER, lay_out
from crossconnect.report.topology import draw_topology

NONE = frozenset()

REGIONS = {
    "metro": metro(),
    "one leaf": clos((("a", "x", 0, 1, 0),), servers=0),
    "dual-homed": clos((("a", "x", 2, 6, 2),), servers=4, dual=True),
    "40 switches": clos(
        (("n1", "n", 4, 16, 2), ("s1", "s", 4, 8, 2)),
        (("core1", "n"), ("core2", "n"), ("core3", "s"), ("core4", "s")),
        servers=3,
    ),
    "300 switches": clos(
        tuple((f"p{i:02}", "n" if i < 9 else "s", 4, 16, 2 if i % 9 == 0 else 0) for i in range(14)),
        tuple((f"core{i}", "n" if i < 4 else "s") for i in range(8)),
    ),
    "one pod of 100": clos((("a", "n", 4, 100, 2),), servers=20),
    "no switch": clos(()),
}


def regions():
    return pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)


@regions()
def test_no_two_boxes_overlap(region):
    layout = lay_out(graph_of(region, NONE))
    for (a, p), (b, q) in itertools.combinations(layout.boxes.items(), 2):
        apart = (
            p.x + p.width <= q.x + 0.01
            or q.x + q.width <= p.x + 0.01
            or p.bottom <= q.y + 0.01
            or q.bottom <= p.y + 0.01
        )
        assert apart, f"{a} and {b} overlap"


@regions()
def test_everything_lies_within_the_picture(region):
    graph = graph_of(region, NONE)
    layout = lay_out(graph)
    assert set(layout.boxes) == {n.id for n in graph.nodes}
    for name, box in layout.boxes.items():
        assert min(box.x, box.y) >= 0, name
        assert box.x + box.width <= layout.width, name
        assert box.bottom <= layout.height, name


@regions()
def test_names_fit_their_boxes(region):
    graph = graph_of(region, NONE)
    boxes = lay_out(graph).boxes
    for node in graph.nodes:
        assert CHARACTER * len(node.label) <= boxes[node.id].width + 1, node.label


@regions()
def test_boxes_lie_in_the_frame_of_their_site(region):
    graph = graph_of(region, NONE)
    layout = lay_out(graph)
    frames = {f.title: f.box for f in layout.sites}
    for node in graph.nodes:
        if node.site:
            box, frame = layout.boxes[node.id], frames[node.site]
            assert frame.x <= box.x <= frame.x + frame.width - box.width, node.id


def test_every_cable_of_a_small_region_is_one_line():
    region = metro()
    assert len(lay_out(graph_of(region, NONE)).curves) == len(region.wires)


def test_pods_collapse_when_there_are_too_many_switches():
    graph = graph_of(REGIONS["300 switches"], frozenset({"p03-leaf2", "core2"}))
    assert graph.detail == "pods"
    assert sum(n.kind == "group" for n in graph.nodes) == 14
    pod = next(n for n in graph.nodes if n.id == "pod p03")
    assert pod.failed
    assert "1 failed" in pod.sub
    assert {n.id for n in graph.nodes if n.failed} == {"pod p03", "core2"}


def test_servers_are_counted_when_leaves_are_too_many():
    graph = graph_of(REGIONS["40 switches"], NONE)
    assert graph.detail == "switches"
    assert {n.label for n in graph.nodes if n.tier == "server"} == {"3"}


def test_links_of_a_failed_device_are_marked_and_only_cut_ones_get_a_cross():
    region = metro()
    graph = graph_of(region, frozenset({"n1-spine1", "n1-leaf3--n1-spine2"}))
    assert all(link.failed for link in graph.links if "n1-spine1" in (link.upper, link.lower))
    assert [(link.upper, link.lower) for link in graph.links if link.cut] == [("n1-spine2", "n1-leaf3")]
    assert draw_topology(graph).count('class="cross"') == 3 + 0, "device, cable, legend"


def test_leaves_are_in_natural_order():
    graph = graph_of(clos((("a", "x", 2, 12, 0),), servers=0), NONE)
    boxes = lay_out(graph).boxes
    leaves = sorted((n for n in graph.nodes if n.tier == "leaf"), key=lambda n: boxes[n.id].x)
    assert [n.label for n in leaves] == [f"leaf{i}" for i in range(1, 13)]


def test_the_picture_says_in_words_what_it_shows():
    svg = draw_topology(graph_of(metro(), frozenset({"n1-spine1"})))
    assert 'role="img"' in svg
    assert "failed: spine1" in svg
    assert "n1-leaf1:swp31 – n1-spine1:swp1" in svg
