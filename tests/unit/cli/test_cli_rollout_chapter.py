"""What the demo's chapter about changes changes: of the example, and of regions where that cannot be."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from changes import side_of
from crossconnect.cli.region import load
from crossconnect.cli.rollout_chapter.changes import TENANT, as_paced, spoilt, with_preference, with_tenant
from crossconnect.cli.rollout_chapter.chapter import seconds_until_back
from crossconnect.model.region import Region
from crossconnect.report.rollout import RolloutStep
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.saved_plan import SavedPlan
from regions import small

METRO = Path(__file__).parents[3] / "examples" / "metro"


@pytest.fixture(scope="module")
def metro() -> Region:
    region = load(METRO).region
    assert region is not None
    return region


@pytest.fixture(scope="module")
def old(metro: Region) -> Side:
    return side_of(metro)


def saved(old: Side, region: Region | None) -> SavedPlan:
    assert region is not None
    new = side_of(region, old)
    made, findings = assemble(old, new, plan(old, new), Context())
    assert findings == ()
    return made


def test_the_new_tenant_is_on_three_leaves_of_both_pods_and_nothing_else_changes(metro: Region, old: Side) -> None:
    made = saved(old, with_tenant(metro))
    assert [wave.devices for wave in made.waves] == [("n1-leaf1",), ("n1-leaf2",), ("s1-leaf1",)]
    assert {device.kind for device in made.devices} == {"changed"}
    assert made.breaks == ()


def test_the_new_tenants_servers_are_those_that_were_there(metro: Region, old: Side) -> None:
    edited = with_tenant(metro)
    assert edited is not None
    hosts = side_of(edited, old).blueprint.hosts
    assert {h.name for h in hosts} == {h.name for h in old.blueprint.hosts}
    assert sum(e.vrf == f"{TENANT}-prod" for h in hosts for e in h.endpoints) == 3


def test_a_region_that_has_the_tenant_gets_no_second_one(metro: Region) -> None:
    edited = with_tenant(metro)
    assert edited is not None
    assert with_tenant(edited) is None


def test_without_racks_there_is_no_tenant_more(metro: Region) -> None:
    assert with_tenant(msgspec.structs.replace(metro, pods=())) is None


def test_the_preference_changes_the_borders_only(metro: Region, old: Side) -> None:
    made = saved(old, with_preference(metro))
    assert [wave.devices for wave in made.waves] == [("n1-border1",), ("n1-border2",)]
    assert "local-preference 130" in made.devices[0].new["frr.conf"]


def test_without_a_policy_from_outside_there_is_no_bad_change() -> None:
    assert with_preference(small(leaves=2, spines=2, tenants=1)) is None


def test_only_the_canarys_text_is_spoilt_and_the_way_back_takes_it_back(metro: Region, old: Side) -> None:
    made = saved(old, with_preference(metro))
    found = spoilt(made)
    assert found is not None
    bad, vrf = found
    assert vrf == "acme-prod"
    canary, second = bad.devices
    assert second == made.devices[1]
    drop = "route-map xc-in-acme-prod-from-transit-v4 deny 5\n match ip address prefix-list default-route\n"
    assert drop in canary.new["frr.conf"]
    assert drop in canary.commands[-1].text
    assert canary.rollback[0].text == "no route-map xc-in-acme-prod-from-transit-v4 deny 5\n"
    assert bad.waves == made.waves


def test_a_plan_of_devices_without_a_default_from_outside_is_not_spoilt(metro: Region, old: Side) -> None:
    assert spoilt(saved(old, with_tenant(metro))) is None


def test_the_new_network_keeps_the_pace_of_the_lab(old: Side) -> None:
    devices = tuple(
        msgspec.structs.replace(d, bfd=msgspec.structs.replace(d.bfd, interval_ms=1000)) if d.bfd else d
        for d in old.blueprint.devices
    )
    slow = msgspec.structs.replace(old.blueprint, devices=devices)
    assert slow != old.blueprint
    assert as_paced(old.blueprint, slow) == slow


def step(name: str, begin_s: float, end_s: float, done: bool = True) -> RolloutStep:
    return RolloutStep(wave=1, device="", step=name, begin_s=begin_s, end_s=end_s, done=done, detail="")


def test_seconds_until_back_are_from_the_first_command_to_the_proof() -> None:
    steps = (step("prepare", 0, 1), step("commit", 1, 2), step("gate", 2, 8, False), step("proof", 9, 14))
    assert seconds_until_back(steps) == 13
    assert seconds_until_back(steps[:3]) is None
