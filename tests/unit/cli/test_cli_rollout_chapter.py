"""What the demo's chapter about changes changes: of the example, and of regions where that cannot be."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from changes import side_of
from crossconnect.cli.region import load
from crossconnect.cli.rollout_chapter.agreement import AUTHOR, agree, agreement_rows
from crossconnect.cli.rollout_chapter.changes import TENANT, as_paced, spoilt, with_preference, with_tenant
from crossconnect.cli.rollout_chapter.chapter import seconds_until_back
from crossconnect.model.region import Region
from crossconnect.report.rollout import RolloutStep
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.change_rules import Rules
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.saved_plan import SavedPlan, encoded
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


def ruled(old: Side, metro: Region, region: Region | None) -> SavedPlan:
    """With the example's rules, by an author of theirs."""
    assert region is not None
    new = side_of(region, old)
    rules = Rules(rules=metro.change_rules, windows=metro.change_windows, freezes=metro.freezes)
    made, findings = assemble(old, new, plan(old, new), Context(rules=(rules,), authors=(AUTHOR,)))
    assert findings == ()
    return made


NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(("edit", "rule"), [(with_tenant, "four-eyes"), (with_preference, "borders")])
def test_somebody_else_must_agree_to_both_changes(
    metro: Region, old: Side, tmp_path: Path, edit: Callable[[Region], Region | None], rule: str
) -> None:
    """Input: the example's rules. Output: both changes are refused, with their author's approval as well, and then
    nothing is in their way, at noon: they interrupt nobody, and no freeze is in force."""
    file = tmp_path / "change.plan"
    file.write_bytes(encoded(ruled(old, metro, edit(metro))))
    agreement = agree(file, lambda: NOON)
    assert [words.partition(" (")[0] for words in agreement.refused] == [f"rule {rule}"]
    assert not agreement.with_author
    assert agreement.by == ("bob@example.net",)
    assert agreement.left == ()
    rows = agreement_rows(agreement)
    assert rows[1:] == (
        (f"approved by {AUTHOR}, its author", "does not count"),
        ("approved by bob@example.net", "counts"),
    )


def test_without_rules_nobody_is_asked(metro: Region, old: Side, tmp_path: Path) -> None:
    file = tmp_path / "change.plan"
    file.write_bytes(encoded(saved(old, with_tenant(metro))))
    assert agreement_rows(agree(file, lambda: NOON)) == ()


def test_approvals_do_not_open_a_freeze(metro: Region, old: Side, tmp_path: Path) -> None:
    """Input: the example's freeze. Output: it is said to be left."""
    file = tmp_path / "change.plan"
    file.write_bytes(encoded(ruled(old, metro, with_tenant(metro))))
    agreement = agree(file, lambda: datetime.datetime(2025, 12, 24, tzinfo=datetime.UTC))
    assert len(agreement.left) == 1
    assert "end-of-2025" in agreement.left[0]


def step(name: str, begin_s: float, end_s: float, done: bool = True) -> RolloutStep:
    return RolloutStep(wave=1, device="", step=name, begin_s=begin_s, end_s=end_s, done=done, detail="")


def test_seconds_until_back_are_from_the_first_command_to_the_proof() -> None:
    steps = (step("prepare", 0, 1), step("commit", 1, 2), step("gate", 2, 8, False), step("proof", 9, 14))
    assert seconds_until_back(steps) == 13
    assert seconds_until_back(steps[:3]) is None
