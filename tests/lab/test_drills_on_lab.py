"""Drills on real daemons: what the simulation says of a failure is what happens, packet by packet and row by row.

Input: a region of two spines and three leaves, two tenants, booted. Output: each drill as predicted, the network healed.
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
    assert result.broken.rows > 500
    assert result.heal is not None
    assert result.heal.state_restored


def test_flows_that_do_not_run_prove_nothing(lab: Lab):
    """The cable of a host is cut while another drill wants to prove something with its flows."""
    host = next(h for h in REGION.hosts if "red" in h.name)
    cable = next(w for w in REGION.wires if w.a_device == host.name)
    cut = Failure(kind="link-cut", target=cable.key)
    apply_failure(lab, cut)
    try:
        result = run_drill(lab, REGION, drill_of(REGION, "link-cut", "a-leaf1--a-spine1"))
    finally:
        heal(lab, cut)
    assert result.verdict == "proves-nothing"
