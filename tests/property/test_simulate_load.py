"""Loads of links: nothing is lost on the way, and each packet's ways walked one by one give the same."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossconnect.checks.layout import layout_of
from crossconnect.checks.traffic import Traffic
from crossconnect.design.blueprint import Blueprint
from crossconnect.model.traffic import Demand
from crossconnect.simulate import NO_FAILURES, Failures, single_failures
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.load import Flow, Loads, loads
from regions import compiled, small

SHAPES: dict[str, dict[str, Any]] = {
    "one pod": {"leaves": 3, "tenants": 2},
    "border": {"leaves": 3, "border": True, "tenants": 2},
    "dual-homed": {"leaves": 4, "dual_homed": True, "border": True},
    "five stages": {"pods": 2, "leaves": 2, "super_spines": 2, "planes": 2},
    "layer 2": {"leaves": 3, "l2_only": True, "underlay": "unnumbered"},
}
NETWORKS: dict[str, Impacts] = {}


def network(shape: str) -> Impacts:
    if shape not in NETWORKS:
        blueprint = compiled(small(**SHAPES[shape])).blueprint
        assert blueprint is not None
        NETWORKS[shape] = Impacts(blueprint)
    return NETWORKS[shape]


def ends(blueprint: Blueprint) -> list[str]:
    segments = {s.path for s in blueprint.segments}
    found = ["/".join(path.split("/")[1::2]) for path in sorted(segments)]
    found += [vrf.path.split("/")[1] for vrf in blueprint.vrfs] + [blueprint.hosts[0].name]
    return found + ["internet", "192.0.2.0/24"] * bool(blueprint.peers)


def walked(forwarder: Forwarder, flows: list[Flow]) -> tuple[dict[tuple[str, str], float], float, float]:
    """Every branch of every flow followed by itself: load by (cable, sender), what arrived, what was dropped."""
    load: dict[tuple[str, str], float] = defaultdict(float)
    arrived = dropped = 0.0

    def follow(number: int, mbps: float) -> float:
        """What leaves a way at its end."""
        nonlocal dropped
        step = forwarder.steps[number]
        if step.action == "drop":
            dropped += mbps
            return 0.0
        if step.action == "tunnel":
            out = follow(step.tunnel, mbps)
            return follow(step.next[0], out) if out else 0.0
        if not step.next:
            return mbps
        cables = forwarder.cables.get(number, ("",) * len(step.next))
        out = 0.0
        for cable, following in zip(cables, step.next, strict=True):
            if cable:
                load[cable, step.device] += mbps / len(step.next)
            out += follow(following, mbps / len(step.next))
        return out

    for flow in flows:
        if flow.endpoint is not None:
            first = forwarder.step_of(flow.endpoint, flow.address)
        else:
            first = forwarder.step_from(flow.device, flow.vrf, flow.address)
        arrived += follow(first, flow.mbps)
    return load, arrived, dropped


def totals(found: Loads) -> dict[tuple[str, str], float]:
    return {link: sum(shares.values()) for link, shares in found.links.items()}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_loads_are_what_walking_each_way_gives(shape: str, data: st.DataObject) -> None:
    """Input: random demands, healthy or with one or two elements failed. Output: the same load on each link, and what
    arrives and is dropped adds up to what is sent."""
    impacts = network(shape)
    some = st.sampled_from(ends(impacts.blueprint))
    demands = [
        Demand(source=s, destination=d, mbps=m)
        for s, d, m in data.draw(st.lists(st.tuples(some, some, st.integers(1, 9000)), min_size=1, max_size=4))
    ]
    failures = data.draw(st.lists(st.sampled_from(single_failures(impacts.blueprint)), max_size=2))
    failure = Failures(
        links=frozenset[str]().union(*(f.links for f in failures)),
        devices=frozenset[str]().union(*(f.devices for f in failures)),
    )
    forwarder = Forwarder(impacts.tables(failure))
    flows = Traffic(layout_of(impacts.blueprint), demands).flows
    found = loads(forwarder, flows)
    load, arrived, dropped = walked(forwarder, flows)
    assert totals(found).keys() == {link for link, mbps in load.items() if mbps}
    for link, mbps in totals(found).items():
        assert mbps == pytest.approx(load[link])
    sent = sum(flow.mbps for flow in flows)
    lost = sum(mbps for mbps, _ in found.dropped.values())
    assert lost == pytest.approx(dropped)
    assert arrived + lost == pytest.approx(sent)


def test_what_a_switch_of_the_fabric_gets_it_gives() -> None:
    """Input: all segments to all of their tenant. Output: at each spine as much comes in as goes out."""
    impacts = network("five stages")
    tenants = {vrf.path.split("/")[1] for vrf in impacts.blueprint.vrfs}
    demands = [Demand(source=t, destination=t, mbps=10_000) for t in sorted(tenants)]
    rows, result = Traffic(layout_of(impacts.blueprint), demands).on(impacts.before)
    wires = impacts.topology.wires
    assert result.dropped == {}
    for device in impacts.blueprint.devices:
        if device.role in ("spine", "super-spine"):
            out = sum(row.mbps for row in rows if row.device == device.name)
            into = sum(
                row.mbps
                for row in rows
                if row.device != device.name and device.name in (wires[row.link].a_device, wires[row.link].b_device)
            )
            assert out == pytest.approx(into)
            assert out > 0


def test_two_spines_share_and_one_carries_all() -> None:
    """Input: 1,000 Mb/s between two servers on two leaves, two spines. Output: 500 each, and all over the one left."""
    impacts = network("one pod")
    hosts = [host for host in impacts.blueprint.hosts if "red-v1-s1" in host.name]
    demand = Demand(source=hosts[0].name, destination=hosts[1].name, mbps=1000)
    traffic = Traffic(layout_of(impacts.blueprint), [demand])

    def sent(failure: Failures) -> dict[str, float]:
        rows, _ = traffic.on(Forwarder(impacts.tables(failure)))
        return {row.link: row.mbps for row in rows}

    uplinks = [f"{hosts[0].leaves[0]}--a-spine{n}" for n in (1, 2)]
    assert [sent(NO_FAILURES)[key] for key in uplinks] == pytest.approx([500, 500])
    left = sent(Failures(devices=frozenset({"a-spine1"})))
    assert (left.get(uplinks[0]), left[uplinks[1]]) == (None, pytest.approx(1000))
