"""Drills on real daemons: what the simulation says of a failure is what happens, packet by packet and row by row.

Input: a region of two spines and three leaves, two tenants, booted. Output: each drill as predicted, all healed.
"""

from collections.abc import Iterator

import pytest

from crossconnect.drills.catalogue import drill_of, standard_drills
from crossconnect.drills.ping import plan_pings, run_pings
from crossconnect.drills.run import run_drill
from crossconnect.lab import Failure, Lab, LabOptions, apply_failure, down, heal, up, wait_converged
from crossconnect.simulate import simulate
from regions import compiled, small

pytestmark = pytest.mark.lab

NAME = "test-drills"
REGION = compiled(small(leaves=3, tenants=2)).blueprint


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    running = up(REGION, LabOptions(name=NAME, run_root=root))
    try:
        assert wait_converged(running, simulate(REGION), timeout_s=90).converged
        yield running
    finally:
        down(NAME, root)


def test_pings_within_and_between_vrfs_come_out_as_simulated(lab: Lab):
    pings = run_pings(lab, plan_pings(REGION))
    assert any(p.expected for p in pings)
    assert any(not p.expected for p in pings)
    assert [p for p in pings if p.expected != p.seen] == []


@pytest.mark.parametrize(
    "drill",
    [*standard_drills(REGION), drill_of(REGION, "device-failure", "a-leaf1"), drill_of(REGION, "drain", "a-spine2")],
    ids=lambda drill: drill.name,
)
def test_a_drill_ends_as_predicted(lab: Lab, drill):
    result = run_drill(lab, REGION, drill)
    assert result.reasons == ()
    assert result.verdict == "as-predicted"
    assert result.sent > 0
    assert result.broken is not None
    assert result.broken.as_simulated
    assert result.broken.rows > 400
    assert result.heal is not None
    assert result.heal.state_restored


def test_flows_that_do_not_run_prove_nothing_and_nothing_is_broken(lab: Lab):
    """Cables of all hosts of a leaf are dead while a drill wants to prove something with their flows."""
    hosts = {h.name for h in REGION.hosts if h.leaves == ("a-leaf1",)}
    cuts = [Failure(kind="link-cut", target=w.key) for w in REGION.wires if w.a_device in hosts]
    for cut in cuts:
        apply_failure(lab, cut)
    try:
        result = run_drill(lab, REGION, drill_of(REGION, "link-cut", "a-leaf1--a-spine1"))
    finally:
        for cut in cuts:
            heal(lab, cut)
    assert result.verdict == "proves-nothing"
    assert "nothing was broken: 8 flows do not run" in result.reasons[0]
    assert result.sent == 0
