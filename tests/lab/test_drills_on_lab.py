"""Drills on real daemons: what the simulation says of a failure is what happens, packet by packet and row by row.

Input: a region of two spines and three leaves, two tenants, booted. Output: each drill as predicted, all healed.
"""

from collections.abc import Iterator

import msgspec
import pytest
from bystanders import calm
from patience import LIMIT_S, unanswered

from crossconnect.drills import ping as drill_ping
from crossconnect.drills import run as drill_run
from crossconnect.drills.catalogue import drill_of, standard_drills
from crossconnect.drills.ping import plan_pings, run_pings
from crossconnect.drills.run import run_drill
from crossconnect.lab import Failure, Lab, LabOptions, apply_failure, down, heal, up, wait_converged
from crossconnect.simulate import simulate
from regions import compiled, small

pytestmark = pytest.mark.lab

NAME = "test-drills"
REGION = compiled(calm(small(leaves=3, tenants=2))).blueprint
SLOWER = 5
"""How much longer than a quiet machine one may take that others use as well: an outage is still well below any timer of
this region (15 s)."""
RUNS_MAX = 3
"""One that finds a longer outage is run again: a machine that stands still for seconds does so to what it measures."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    running = up(REGION, LabOptions(name=NAME, run_root=root))
    try:
        assert wait_converged(running, simulate(REGION), timeout_s=LIMIT_S).converged
        yield running
    finally:
        down(NAME, root)


def test_pings_within_and_between_vrfs_come_out_as_simulated(lab: Lab):
    planned = plan_pings(REGION)
    answered = [drill_ping._lab_ping(p) for p in planned if p.expected]
    assert answered
    assert unanswered(lab, answered) == []
    pings = run_pings(lab, [p for p in planned if not p.expected])
    assert pings
    assert [p for p in pings if p.seen] == []


@pytest.mark.parametrize(
    "drill",
    [*standard_drills(REGION), drill_of(REGION, "device-failure", "a-leaf1"), drill_of(REGION, "drain", "a-spine2")],
    ids=lambda drill: drill.name,
)
def test_a_drill_ends_as_predicted(lab: Lab, drill, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(drill_run, "BROKEN_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(drill_run, "HEAL_TIMEOUT_S", LIMIT_S)
    patient = msgspec.structs.replace(drill, outage_max_ms=SLOWER * drill.outage_max_ms, after_s=8.0)
    for _ in range(RUNS_MAX):
        result = run_drill(lab, REGION, patient)
        if result.verdict == "as-predicted":
            break
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
