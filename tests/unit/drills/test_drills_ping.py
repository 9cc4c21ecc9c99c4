"""The ping matrix's expectations."""

import msgspec

from crossconnect.drills.choice import scope_of
from crossconnect.drills.ping import plan_pings
from crossconnect.simulate import Failures
from regions import compiled, small

REGION = compiled(small(leaves=2, tenants=2, vrfs=2, segments=1)).blueprint
L2 = compiled(small(leaves=2, tenants=2, l2_only=True)).blueprint


def test_inside_a_vrf_everybody_answers_and_across_nobody_does():
    planned = plan_pings(REGION)
    assert {p.version for p in planned} == {4, 6}
    for p in planned:
        assert p.expected == (scope_of(p.source) == scope_of(p.destination))
    scopes = {scope_of(p.source) for p in planned}
    tried = {(scope_of(p.source), scope_of(p.destination)) for p in planned}
    assert len(scopes) == 4
    assert tried == {(a, b) for a in scopes for b in scopes}, "isolation is tried between all VRFs"


def test_layer_2_segments_are_scopes_of_their_own():
    wires = [p for p in plan_pings(L2) if not p.source.vrf]
    assert wires
    assert any(p.expected for p in wires)
    assert all(p.expected == (scope_of(p.source) == scope_of(p.destination)) for p in wires)


def test_under_a_failure_hosts_of_a_dead_leaf_are_expected_to_be_silent():
    dead = {h.name for h in REGION.hosts if h.leaves == ("a-leaf1",)}
    for p in plan_pings(REGION, Failures(devices=frozenset({"a-leaf1"}))):
        gone = p.source.host in dead or p.destination.host in dead
        assert p.expected == (not gone and scope_of(p.source) == scope_of(p.destination))


def test_an_address_that_two_tenants_use_is_not_asked_across():
    """The answer would come from the host of the asker's own VRF."""
    hosts = {h.name: h for h in REGION.hosts}
    mine = next(e for h in REGION.hosts for e in h.endpoints if e.vrf == "red-v1")
    other = next(h for h in REGION.hosts for e in h.endpoints if e.vrf == "blue-v1")
    twin = msgspec.structs.replace(other.endpoints[0], addresses=mine.addresses, gateways=mine.gateways)
    hosts[other.name] = msgspec.structs.replace(other, endpoints=(twin,))
    planned = plan_pings(msgspec.structs.replace(REGION, hosts=tuple(hosts.values())))
    asked = [p for p in planned if p.destination.host == other.name and p.source.vrf == "red-v1"]
    assert not asked
