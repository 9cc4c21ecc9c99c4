"""What becomes of packets, told from tables alone."""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint, Endpoint
from crossconnect.simulate import Failures, Fib, Trace, fib, forward, reachability, simulate
from crossconnect.state.tables import State
from regions import compiled, small

REPLACE = msgspec.structs.replace


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(border=True, tenants=2, l2_only=True)).blueprint


def tables(blueprint: Blueprint, *links: str, devices: tuple[str, ...] = ()) -> Fib:
    return fib(blueprint, simulate(blueprint, Failures(links=frozenset(links), devices=frozenset(devices))))


def endpoint(blueprint: Blueprint, host: str) -> Endpoint:
    return next(e for h in blueprint.hosts if h.name == host for e in h.endpoints)


def places(trace: Trace) -> list[tuple[str, str]]:
    return [(step.device, step.action) for step in trace.steps]


def test_within_a_segment_frames_are_bridged_over_the_l2vni(blueprint: Blueprint) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.17.12")
    assert trace.verdict.outcome == "delivered"
    assert trace.verdict.recipients == {"a-rack2-red-v1-s1-1"}
    assert trace.verdict.mtu == 9000
    walked = places(trace)
    assert walked[0] == ("a-rack1-red-v1-s1-1", "send")
    assert ("a-leaf1", "tunnel") in walked
    assert {device for device, action in walked if action == "forward"} == {"a-leaf1", "a-spine1", "a-spine2"}
    assert not any(action == "route" for _, action in walked)
    tunnel = next(step for step in trace.steps if step.action == "tunnel")
    assert trace.steps[tunnel.tunnel].action == "forward"
    assert len(trace.steps[tunnel.tunnel].next) == 2, "two spines, two branches"


def test_between_segments_it_is_routed_at_the_first_leaf_and_at_the_last(blueprint: Blueprint) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.18.12")
    assert trace.verdict.recipients == {"a-rack2-red-v1-s2-1"}
    assert [step.device for step in trace.steps if step.action == "route"] == ["a-leaf1", "a-leaf2"]
    details = [step.detail for step in trace.steps if step.action == "route"]
    assert details == ["10.1.18.12/32 in red-v1", "10.1.18.0/24 in red-v1"]


def test_out_of_the_region_over_both_borders(blueprint: Blueprint) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "192.0.2.9")
    assert trace.verdict.outcome == "delivered"
    assert trace.verdict.recipients == {"transit1"}
    assert trace.verdict.mtu == 1500
    assert {s.device for s in trace.steps if s.action == "route"} == {"a-leaf1", "a-border1", "a-border2"}


@pytest.mark.parametrize(
    ("address", "place", "words"),
    [
        ("10.1.18.77", "a-leaf1", "no host has 10.1.18.77"),
        ("10.1.17.77", "a-leaf1", "no host has 10.1.17.77"),
    ],
)
def test_an_address_that_nobody_has_is_dropped_where_its_subnet_is(
    blueprint: Blueprint, address: str, place: str, words: str
) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), address)
    assert trace.verdict.outcome == "dropped"
    assert {drop.device for drop in trace.verdict.drops} == {place}
    assert all(drop.reason.startswith(words) for drop in trace.verdict.drops)


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "255.255.255.255", "0.0.0.0", "127.0.0.1", "ff02::1", "fe80::1", "::"]
)
def test_a_default_route_leads_to_unicast_addresses_only(blueprint: Blueprint, address: str) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), address)
    assert trace.verdict.outcome == "dropped"
    assert any(drop.reason.endswith("which is not forwarded") for drop in trace.verdict.drops)


def test_a_host_reaches_its_own_gateway_at_its_leaf(blueprint: Blueprint) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.17.1")
    assert trace.verdict.outcome == "delivered"
    assert trace.verdict.recipients == {"a-leaf1"}
    assert places(trace)[-2:] == [("a-leaf1", "bridge"), ("a-leaf1", "deliver")]


def test_gateways_answer_on_the_hosts_own_leaf(blueprint: Blueprint) -> None:
    trace = forward(tables(blueprint), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.18.1")
    assert trace.verdict.recipients == {"a-leaf1"}


def test_tenants_do_not_reach_each_other(blueprint: Blueprint) -> None:
    here = tables(blueprint)
    rows = reachability(here, across=True)
    hosts = {h.name: h.name.split("-")[2] for h in blueprint.hosts}
    across = [r for r in rows if r.destination_host and hosts[r.source_host] != hosts[r.destination_host]]
    assert across
    assert {r.outcome for r in across} == {"dropped"}


def test_all_pairs_of_a_vrf_and_a_segment_are_delivered(blueprint: Blueprint) -> None:
    rows = reachability(tables(blueprint))
    assert {r.outcome for r in rows} == {"delivered"}
    pairs = {(r.source_segment, r.destination) for r in rows if r.version == 4}
    assert ("tenants/red/vrfs/v1/segments/s1", "tenants/red/vrfs/v1/segments/s2") in pairs
    assert ("tenants/red/segments/wire", "tenants/red/segments/wire") in pairs
    assert ("tenants/red/vrfs/v1/segments/s1", "192.0.2.0/24") in pairs


def test_losing_a_spine_narrows_and_losing_both_cuts(blueprint: Blueprint) -> None:
    sender = endpoint(blueprint, "a-rack1-red-v1-s1-1")
    assert forward(tables(blueprint, devices=("a-spine1",)), sender, "10.1.18.12").verdict.outcome == "delivered"
    trace = forward(tables(blueprint, devices=("a-spine1", "a-spine2")), sender, "10.1.18.12")
    assert trace.verdict.outcome == "dropped"


def test_a_stale_next_hop_drops_part_of_the_traffic(blueprint: Blueprint) -> None:
    """A state that no simulation makes: a route still uses a port that is down. Forwarding must see the black hole."""
    state = simulate(blueprint)
    wire = next(w for w in blueprint.wires if {w.a_device, w.b_device} == {"a-leaf1", "a-spine1"})
    dark = {(wire.a_device, wire.a_port), (wire.b_device, wire.b_port)}
    interfaces = tuple(REPLACE(r, up=False) if (r.device, r.interface) in dark else r for r in state.interfaces)
    wrong: State = REPLACE(state, interfaces=interfaces)
    trace = forward(fib(blueprint, wrong), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.18.12")
    assert trace.verdict.outcome == "partial"
    assert {drop.device for drop in trace.verdict.drops} == {"a-leaf1"}


def test_routes_in_a_circle_are_a_loop_and_end(blueprint: Blueprint) -> None:
    state = simulate(blueprint)
    target = next(d.vtep for d in blueprint.devices if d.name == "a-leaf2")
    uplink = next(w for w in blueprint.wires if {w.a_device, w.b_device} == {"a-leaf1", "a-spine1"})
    port = uplink.a_port if uplink.a_device == "a-spine1" else uplink.b_port
    routes = tuple(
        REPLACE(r, next_hops=(f"x%{port}",)) if (r.device, r.prefix) == ("a-spine1", f"{target}/32") else r
        for r in state.routes
    )
    trace = forward(
        fib(blueprint, REPLACE(state, routes=routes)), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.18.12"
    )
    assert trace.verdict.outcome == "partial"
    assert any(drop.reason == "forwarding loop" for drop in trace.verdict.drops)


def test_mtu_is_the_smallest_on_the_way(blueprint: Blueprint) -> None:
    state = simulate(blueprint)
    narrow = tuple(
        REPLACE(r, mtu=1500) if r.device == "a-spine2" and r.interface.startswith("swp") else r
        for r in state.interfaces
    )
    trace = forward(
        fib(blueprint, REPLACE(state, interfaces=narrow)), endpoint(blueprint, "a-rack1-red-v1-s1-1"), "10.1.18.12"
    )
    assert trace.verdict.mtu == 1450, "VXLAN takes 50 octets"


def test_dual_homed_hosts_use_both_leaves_and_either_alone() -> None:
    dual = compiled(small(leaves=4, segments=2, dual_homed=True)).blueprint
    sender = endpoint(dual, "a-rack1-red-v1-s1-1")
    trace = forward(tables(dual), sender, "10.1.18.12")
    assert trace.verdict.outcome == "delivered"
    assert len(trace.steps[0].next) == 2
    assert {s.device for s in trace.steps if s.action == "tunnel"} == {"a-leaf1", "a-leaf2"}
    receiver = "a-rack2-red-v1-s2-1"
    legs = [w for w in dual.wires if w.a_device == receiver]
    for leg in legs:
        trace = forward(tables(dual, leg.key), sender, "10.1.18.12")
        assert trace.verdict.outcome == "delivered", leg.key
        last = {s.device for s in trace.steps if s.action == "bridge" and "on bond" in s.detail}
        assert last == {w.b_device for w in legs if w is not leg}
    assert forward(tables(dual, *(w.key for w in legs)), sender, "10.1.18.12").verdict.outcome == "dropped"
