"""What is broken breaks, what is healed heals, and traffic tells how long it took. Real daemons under load.

Bounds are wide: CI shares two processors. They tell a converging network from one that waits for its hold timers to run
out, which are long here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest
from patience import LIMIT_S, eventually, unanswered

from crossconnect.design.blueprint import Blueprint
from crossconnect.drills.catalogue import drill_of, simulated_state
from crossconnect.drills.run import RESTORED_TABLES
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
    end_flows,
    finish_flows,
    heal,
    ping_matrix,
    start_flows,
    summarise,
    up,
    wait_converged,
)
from crossconnect.model.region import Bfd
from crossconnect.net import address_of
from crossconnect.simulate import simulate
from regions import compiled, small

NAME = "breaking"
HOLD_S = 120
GAP_MS_MAX = 40_000
"""Well below what is left of a hold timer when silence begins, 80 to 120 s."""


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    region = small(underlay="unnumbered", tenants=2, segments=1)
    # BFD is what notices a silent device, and bears it that a daemon gets no processor for seconds.
    design = msgspec.structs.replace(region.design, bfd=Bfd(multiplier=20), keepalive_s=40, hold_time_s=HOLD_S)
    made = compiled(msgspec.structs.replace(region, design=design)).blueprint
    assert made is not None
    return made


@pytest.fixture(scope="module")
def lab(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    try:
        lab = up(blueprint, LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False, bfd="as-configured"))
        settled(lab, blueprint)
        yield lab
    finally:
        down(NAME, root)


def settled(lab: Lab, blueprint: Blueprint) -> None:
    convergence = wait_converged(lab, simulate(blueprint), timeout_s=LIMIT_S)
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
    """Flows for so long; with a failure, until the network is as simulated under it."""
    specs = flow_specs(blueprint, 6, "a-rack1-red-v1-s1-1", "a-rack2-red-v1-s1-1")
    pings = [
        Ping(node=s.source, interface="eth0", source=s.source_address, destination=s.destination_address) for s in specs
    ]
    assert unanswered(lab, pings) == []
    run = start_flows(lab, specs, seconds if failure is None else 2 * LIMIT_S)
    if failure is not None:
        time.sleep(0.4)
        apply_failure(lab, failure)
        noticed(lab, blueprint, failure)
        time.sleep(seconds)
        end_flows(run)
    return [summarise(trace) for trace in finish_flows(run)]


def noticed(lab: Lab, blueprint: Blueprint, failure: Failure) -> None:
    """Until the network is as simulated under a failure; where nothing simulates it, until the neighbours know."""
    expected = simulated_state(blueprint, drill_of(blueprint, failure.kind, failure.target), RESTORED_TABLES)
    if expected is not None:
        converged = wait_converged(lab, expected, tables=RESTORED_TABLES, timeout_s=LIMIT_S)
        assert converged.converged, (converged.missing_sessions, converged.differences)
        return
    ends = {
        (device.name, neighbor.key)
        for device in blueprint.devices
        for instance in device.network_instances
        for neighbor in (instance.bgp.neighbors if instance.bgp else ())
        if neighbor.device == failure.target
    }

    def known() -> bool:
        rows = [r for r in collect_state(lab, ("bgp_sessions",)).bgp_sessions if (r.device, r.peer) in ends]
        return {(r.device, r.peer) for r in rows} == ends and not any(r.established for r in rows)

    assert ends
    assert eventually(known)


def seconds_of(summaries: list[FlowSummary]) -> float:
    """For how long flows have run."""
    return min(s.sent for s in summaries) / 1000


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
    apart = [ping for ping in pings if not ping.expected]
    assert 0 < len(apart) < len(pings)
    assert unanswered(lab, [ping for ping in pings if ping.expected]) == []
    assert [r.ping for r in ping_matrix(lab, apart) if r.answered] == []


@pytest.mark.parametrize(
    "failure",
    [
        Failure(kind="link-cut", target="a-leaf1--a-spine1"),
        Failure(kind="device-failure", target="a-spine1"),
        Failure(kind="device-silent", target="a-spine1"),
        Failure(kind="session-shut", target="a-leaf1 swp64"),
        Failure(kind="drain", target="a-spine2"),
        Failure(kind="daemon-kill", target="a-spine2"),
    ],
    ids=lambda failure: failure.kind,
)
def test_traffic_survives_what_leaves_another_way(lab: Lab, blueprint: Blueprint, failure: Failure) -> None:
    try:
        summaries = under_traffic(lab, blueprint, failure, 2.0)
        assert not any(s.failed for s in summaries)
        assert max(s.longest_gap_ms for s in summaries) < GAP_MS_MAX
        assert max((max(s.lost_by_100_ms) / 10 for s in summaries if s.lost), default=0) < seconds_of(summaries) - 1
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
    assert unanswered(lab, [ping]) == []


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
