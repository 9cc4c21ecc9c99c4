"""What the simulation says of a drill before it is run."""

import pytest

from crossconnect.drills.catalogue import drill_of
from crossconnect.drills.expectation import candidates, predict
from regions import compiled, small

REGION = compiled(small(leaves=3, tenants=2)).blueprint
FIVE_STAGE = compiled(small(pods=2, super_spines=2, underlay="unnumbered")).blueprint
DUAL = compiled(small(leaves=4, dual_homed=True)).blueprint


def predictions(blueprint, event, target):
    found = predict(blueprint, drill_of(blueprint, event, target))
    assert found, "no flow chosen"
    assert all(f.crosses for f in found)
    return found


def leaves_of(blueprint, flow):
    hosts = {h.name: h.leaves for h in blueprint.hosts}
    return hosts[flow.flow.source], hosts[flow.flow.destination]


@pytest.mark.parametrize("event", ["device-failure", "device-silent", "daemon-kill", "drain"])
def test_every_flow_over_one_of_two_spines_survives_its_end(event):
    found = predictions(REGION, event, "a-spine1")
    assert {f.prediction for f in found} == {"survive"}
    assert all(a != b for a, b in (leaves_of(REGION, f) for f in found)), "traffic within a leaf crosses no spine"
    assert len({f.flow.scope for f in found}) == 2, "both tenants are tried"


def test_what_hangs_on_a_dead_leaf_is_cut_and_nothing_else_crosses_it():
    found = predictions(REGION, "device-failure", "a-leaf1")
    assert {f.prediction for f in found} == {"cut"}
    assert all(("a-leaf1",) in leaves_of(REGION, f) for f in found)


def test_a_dual_homed_server_survives_the_end_of_one_of_its_leaves():
    found = predictions(DUAL, "device-failure", "a-leaf1")
    assert {f.prediction for f in found} == {"survive"}


def test_cutting_a_fabric_link_is_survived_by_the_flows_of_its_leaf():
    found = predictions(REGION, "link-cut", "a-leaf1--a-spine1")
    assert {f.prediction for f in found} == {"survive"}
    assert all(("a-leaf1",) in leaves_of(REGION, f) for f in found)


def test_cutting_the_cable_of_a_single_homed_server_cuts_its_flows():
    wire = next(w for w in REGION.wires if w.kind == "server")
    found = predictions(REGION, "link-cut", wire.key)
    assert {f.prediction for f in found} == {"cut"}
    assert all(wire.a_device in (f.flow.source, f.flow.destination) for f in found)


def test_a_super_spine_is_crossed_only_between_pods():
    found = predictions(FIVE_STAGE, "device-failure", "core1")
    assert {f.prediction for f in found} == {"survive"}
    for flow in found:
        (source,), (destination,) = leaves_of(FIVE_STAGE, flow)
        assert source.split("-")[0] != destination.split("-")[0]


def test_both_ip_versions_are_asked_about():
    drill = drill_of(REGION, "device-failure", "a-spine1")
    assert {c.version for c in candidates(REGION, drill)} == {4, 6}


def test_shutting_one_session_of_a_leaf_is_survived():
    spine = next(d for d in REGION.devices if d.name == "a-spine1")
    neighbor = next(n for n in spine.network_instances[0].bgp.neighbors if n.device == "a-leaf1")
    found = predictions(REGION, "session-shut", f"a-spine1 {neighbor.key}")
    assert {f.prediction for f in found} == {"survive"}
