"""What is broken breaks, what is healed heals, and traffic tells how long it took. Real daemons under load.

Bounds are wide: CI shares two processors. They tell a converging network from one that waits for a timer to run out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Rejected
from crossconnect.lab import (
    Failure,
    FlowSpec,
    FlowSummary,
    Lab,
    LabOptions,
    Ping,
    apply_failure,
    collect_state,
    down,
    finish_flows,
    heal,
    ping_matrix,
    start_flows,
    summarise,
    up,
    wait_converged,
)
from crossconnect.net import address_of
from crossconnect.simulate import simulate
from regions import compiled, small

NAME = "breaking"


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    made = compiled(small(underlay="unnumbered", tenants=2, segments=1)).blueprint
    assert made is not None
    return made


@pytest.fixture(scope="module")
def lab(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    lab = up(blueprint, LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False))
    settled(lab, blueprint)
    yield lab
    down(NAME, root)


def settled(lab: Lab, blueprint: Blueprint) -> None:
    convergence = wait_converged(lab, simulate(blueprint), timeout_s=40)
    assert convergence.converged, (convergence.missing_sessions, convergence.differences)


def host_address(blueprint: Blueprint, name: str, version: int = 4) -> str:
    host = next(h for h in blueprint.hosts if h.name == name)
    return next(address_of(a) for e in host.endpoints for a in e.addresses if (":" in a) == (version == 6))


def flow_specs(blueprint: Blueprint, count: int, source: str, destination: str) -> list[FlowSpec]:
    """Flows there and back in turn."""
    specs: list[FlowSpec] = []
    for number in range(count):
        a, b = (source, destination) if number % 2 == 0 else (destination, source)
        specs.append(
            FlowSpec(
                number=number,
                source=a,
                destination=b,
                source_address=host_address(blueprint, a),
                destination_address=host_address(blueprint, b),
                source_port=7000 + number,
                destination_port=9000,
                source_interface="eth0",
            )
        )
    return specs


def under_traffic(lab: Lab, blueprint: Blueprint, failure: Failure | None, seconds: float) -> list[FlowSummary]:
    specs = flow_specs(blueprint, 6, "a-rack1-red-v1-s1-1", "a-rack2-red-v1-s1-1")
    run = start_flows(lab, specs, seconds)
    time.sleep(0.4)
    if failure is not None:
        apply_failure(lab, failure)
    return [summarise(trace) for trace in finish_flows(run)]


def test_traffic_flows_before_anything_is_broken(lab: Lab, blueprint: Blueprint) -> None:
    summaries = under_traffic(lab, blueprint, None, 0.8)
    assert [s.sent for s in summaries] == [800] * 6
    assert [s.lost for s in summaries] == [0] * 6
    assert not any(s.failed for s in summaries)


def test_a_flow_to_nobody_is_a_failed_flow(lab: Lab, blueprint: Blueprint) -> None:
    # From one tenant to another: the address exists, the way does not.
    [spec] = flow_specs(blueprint, 1, "a-rack1-red-v1-s1-1", "a-rack2-blue-v1-s1-1")
    [trace] = finish_flows(start_flows(lab, [spec], 0.3))
    assert summarise(trace).failed


def test_flows_that_cannot_be_measured_are_refused(lab: Lab, blueprint: Blueprint) -> None:
    [spec] = flow_specs(blueprint, 1, "a-rack1-red-v1-s1-1", "a-rack2-red-v1-s1-1")
    with pytest.raises(BadInput):
        start_flows(lab, [], 1)
    with pytest.raises(BadInput, match="same number"):
        start_flows(lab, [spec, spec], 1)


def test_a_flow_from_an_address_that_the_host_has_not_is_refused_with_the_reason(
    lab: Lab, blueprint: Blueprint
) -> None:
    [spec] = flow_specs(blueprint, 1, "a-rack1-red-v1-s1-1", "a-rack2-red-v1-s1-1")
    with pytest.raises(Rejected, match="assign requested address"):
        start_flows(lab, [msgspec.structs.replace(spec, source_address="192.0.2.77")], 1)


def test_tenants_are_isolated_and_hosts_of_one_reach_each_other(lab: Lab, blueprint: Blueprint) -> None:
    pings = [
        Ping(
            node=a.name,
            interface="eth0",
            source=host_address(blueprint, a.name, version),
            destination=host_address(blueprint, b.name, version),
            expected=a.endpoints[0].vrf == b.endpoints[0].vrf,
        )
        for a in blueprint.hosts
        for b in blueprint.hosts
        for version in (4, 6)
        if a.name != b.name
    ]
    results = ping_matrix(lab, pings)
    assert [r.ping for r in results if not r.as_expected] == []
    assert {r.answered for r in results} == {True, False}


@pytest.mark.parametrize(
    ("failure", "gap_ms_max"),
    [
        (Failure(kind="link-cut", target="a-leaf1--a-spine1"), 1500),
        (Failure(kind="device-failure", target="a-spine1"), 1500),
        (Failure(kind="device-silent", target="a-spine1"), 4000),
        (Failure(kind="session-shut", target="a-leaf1 swp64"), 1500),
        (Failure(kind="drain", target="a-spine2"), 1500),
        (Failure(kind="daemon-kill", target="a-spine2"), 4000),
    ],
    ids=lambda value: value.kind if isinstance(value, Failure) else "",
)
def test_traffic_survives_what_leaves_another_way(
    lab: Lab, blueprint: Blueprint, failure: Failure, gap_ms_max: int
) -> None:
    summaries = under_traffic(lab, blueprint, failure, 3.0)
    try:
        assert not any(s.failed for s in summaries)
        assert max(s.longest_gap_ms for s in summaries) < gap_ms_max
    finally:
        heal(lab, failure)
    settled(lab, blueprint)


def test_a_leaf_without_power_takes_its_hosts_with_it_and_comes_back(lab: Lab, blueprint: Blueprint) -> None:
    failure = Failure(kind="device-failure", target="a-leaf1")
    apply_failure(lab, failure)
    try:
        rows = {row.device: row.up for row in collect_state(lab, ("devices",)).devices}
        assert rows["a-leaf1"] is False
        assert rows["a-leaf2"] is True
        ping = Ping(
            node="a-rack2-red-v1-s1-1",
            source=host_address(blueprint, "a-rack2-red-v1-s1-1"),
            destination=host_address(blueprint, "a-rack1-red-v1-s1-1"),
        )
        assert not ping_matrix(lab, [ping], attempts=1)[0].answered
    finally:
        heal(lab, failure)
    settled(lab, blueprint)
    assert ping_matrix(lab, [ping])[0].answered


def test_what_is_missing_is_told(lab: Lab, blueprint: Blueprint) -> None:
    failure = Failure(kind="session-shut", target="a-leaf1 swp64")
    apply_failure(lab, failure)
    try:
        convergence = wait_converged(lab, simulate(blueprint), timeout_s=3)
        assert not convergence.converged
        assert ("a-leaf1", "default", "swp64", "l2vpn-evpn") in convergence.missing_sessions
        assert convergence.differences
    finally:
        heal(lab, failure)
    settled(lab, blueprint)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(kind="link-cut", target="no--wire"),
        Failure(kind="device-failure", target="a-leaf9"),
        Failure(kind="daemon-kill", target="a-rack1-red-v1-s1-1"),
        Failure(kind="session-shut", target="a-leaf1 swp1"),
    ],
    ids=lambda failure: failure.kind,
)
def test_what_is_not_there_cannot_be_broken(lab: Lab, failure: Failure) -> None:
    with pytest.raises(BadInput):
        apply_failure(lab, failure)
