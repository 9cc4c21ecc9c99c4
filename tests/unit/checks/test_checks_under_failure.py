"""Input: a blueprint. Output: what every single failure costs, by name, in few lines."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from crossconnect.checks import check_under_failure, grouped
from crossconnect.checks.effects import FailureReport
from crossconnect.checks.under_failure import UnderFailure
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Severity
from crossconnect.model.promise import Promise
from crossconnect.simulate import Failures
from regions import compiled, small


def blueprint_of(*promises: Promise, **shape: Any) -> Blueprint:
    blueprint = compiled(small(**shape)).blueprint
    assert blueprint is not None
    return msgspec.structs.replace(blueprint, promises=promises)


def serious(findings: tuple[Finding, ...]) -> list[Finding]:
    return [f for f in findings if f.severity is not Severity.NOTE]


def report(result: UnderFailure, name: str) -> FailureReport:
    (found,) = [r for r in result.reports if name in r.failures.devices | r.failures.links]
    return found


@pytest.fixture(scope="module")
def redundant() -> UnderFailure:
    """Two of everything, servers dual-homed, two borders to one provider."""
    return check_under_failure(blueprint_of(leaves=4, dual_homed=True, border=True, tenants=2, l2_only=True))


@pytest.fixture(scope="module")
def single() -> UnderFailure:
    """One spine, servers on one leaf each."""
    return check_under_failure(blueprint_of(spines=1, leaves=3))


def test_in_a_redundant_region_only_the_provider_itself_is_missed(redundant: UnderFailure) -> None:
    assert {f.code for f in serious(redundant.findings)} == {"checks.effect-external"}
    assert {f.place.path for f in serious(redundant.findings)} == {"devices/transit1"}
    assert all(r.harmless for r in redundant.reports if r.element != "external router")


def test_a_leaf_of_a_pair_leaves_its_hosts_on_one_leg(redundant: UnderFailure) -> None:
    leaf = report(redundant, "a-leaf1")
    assert leaf.name == "leaf a-leaf1"
    assert leaf.hosts_cut == ()
    assert set(leaf.hosts_degraded) == {
        "a-rack1-red-v1-s1-1", "a-rack1-red-v1-s2-1", "a-rack1-red-wire-1",
        "a-rack1-blue-v1-s1-1", "a-rack1-blue-v1-s2-1", "a-rack1-blue-wire-1",
    }  # fmt: skip
    assert leaf.scopes == ()


def test_a_spine_costs_paths_and_a_border_a_way_out(redundant: UnderFailure) -> None:
    assert report(redundant, "a-spine1").paths == (2, 1)
    assert report(redundant, "a-spine1").harmless
    border = report(redundant, "a-border1")
    assert {s.scope: s.borders for s in border.scopes} == {"red-v1": (2, 1), "blue-v1": (2, 1)}
    assert border.harmless
    transit = report(redundant, "transit1")
    assert {s.scope: set(s.external_lost) for s in transit.scopes}["red-v1"] == {
        "0.0.0.0/0", "192.0.2.0/24", "::/0", "2001:db8:ffff::/48",
    }  # fmt: skip
    assert not transit.harmless


def test_hundreds_of_failures_read_as_ten_lines(redundant: UnderFailure) -> None:
    groups = grouped(redundant.reports)
    assert sum(len(g.reports) for g in groups) == len(redundant.reports) > 40
    texts = [g.text for g in groups]
    assert len(texts) <= 10
    assert "2 spines: nobody loses anything; equal paths 2 -> 1" in texts
    assert "4 leaves: nobody loses anything; 6 hosts each on one leg" in texts
    assert groups[0].text == "external router transit1: hosts of blue-v1, red-v1 lose the outside"
    assert groups[0].severity is Severity.WARNING


def test_a_single_spine_tears_connected_hosts_apart(single: UnderFailure) -> None:
    spine = report(single, "a-spine1")
    (scope,) = spine.scopes
    # Three leaves with two servers each: 30 ordered pairs, of which only the two on each leaf are left.
    assert (scope.scope, scope.tenant, scope.pairs, scope.lost, scope.attached) == ("red-v1", "red", 30, 24, 0)
    assert spine.hosts_cut == ()
    (finding,) = [f for f in single.findings if f.place.path == "devices/a-spine1" and f.code == "checks.effect-lost"]
    assert finding.severity is Severity.WARNING
    assert "24 of 30 pairs of hosts in red-v1 lose each other" in finding.message


def test_a_dead_leaf_takes_its_single_homed_hosts_by_name(single: UnderFailure) -> None:
    leaf = report(single, "a-leaf1")
    assert leaf.hosts_cut == ("a-rack1-red-v1-s1-1", "a-rack1-red-v1-s2-1")
    (scope,) = leaf.scopes
    assert (scope.lost, scope.attached) == (18, 18)  # pairs with one of the two: 30 - 4 * 3
    (finding,) = [f for f in single.findings if f.place.path == "devices/a-leaf1"]
    assert (finding.code, finding.severity) == ("checks.effect-hosts", Severity.NOTE)
    assert "without leaf a-leaf1, 2 hosts of red are cut off: a-rack1-red-v1-s1-1" in finding.message


def test_effects_alone_are_the_same_as_with_all_checks(redundant: UnderFailure) -> None:
    blueprint = blueprint_of(leaves=4, dual_homed=True, border=True, tenants=2, l2_only=True)
    quick = check_under_failure(blueprint, only=())
    assert [r.scopes for r in quick.reports] == [r.scopes for r in redundant.reports]
    assert [r.hosts_degraded for r in quick.reports] == [r.hosts_degraded for r in redundant.reports]


def test_a_promise_that_one_spine_cannot_keep() -> None:
    kept = Promise(name="kept", source="red/v1/s1", destination="red/v1/s2", kind="reachable", survives=0)
    hoped = msgspec.structs.replace(kept, name="hoped", survives=1)
    result = check_under_failure(blueprint_of(kept, hoped, spines=1, leaves=2))
    (finding,) = [f for f in result.findings if f.code == "checks.promise-not-resilient"]
    assert finding.place.path == "promises/hoped"
    assert "does not survive the loss of" in finding.message
    assert "spine a-spine1" in finding.message
    assert {name for name, _ in report(result, "a-spine1").promises} == {"hoped", "kept"}
    assert report(result, "a-spine1").scopes[0].promises == ("hoped", "kept")
    assert report(result, "a-spine1").promises_due == ("hoped",)
    worst = grouped(result.reports)[0]
    assert (worst.severity, "broken promises: hoped, kept" in worst.text) == (Severity.ERROR, True)
    two_spines = check_under_failure(blueprint_of(kept, hoped, spines=2, leaves=2))
    assert [f for f in two_spines.findings if f.code == "checks.promise-not-resilient"] == []


def test_chosen_failures_and_combinations() -> None:
    blueprint = blueprint_of(spines=2, leaves=2)
    both = Failures(devices=frozenset({"a-spine1", "a-spine2"}))
    (only,) = check_under_failure(blueprint, [both]).reports
    assert only.element == "combination"
    assert only.name == "device a-spine1, device a-spine2"
    assert not only.harmless
    assert grouped([only])[0].text.startswith(
        "device a-spine1, device a-spine2: connected hosts lose each other in red-v1"
    )


def test_a_fault_that_is_there_anyway_is_not_told_again_for_each_failure() -> None:
    blueprint = blueprint_of(spines=2, leaves=2)
    wider = tuple(msgspec.structs.replace(s, mtu=9200) for s in blueprint.segments)
    result = check_under_failure(msgspec.structs.replace(blueprint, segments=wider), only=["mtu"])
    assert [f for f in result.findings if f.code.startswith("checks.mtu")] == []


def test_a_leaf_without_uplink_names_whose_way_out_is_lost() -> None:
    result = check_under_failure(blueprint_of(spines=1, leaves=2, border=True), only=())
    (finding,) = [f for f in result.findings if f.place.path == "links/a-leaf1--a-spine1" and "external" in f.code]
    assert "hosts of red-v1 on a-leaf1 do not reach 0.0.0.0/0, 192.0.2.0/24" in finding.message
