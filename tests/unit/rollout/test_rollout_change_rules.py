"""Input: rules, the size of a change, approvals, a moment. Output: what stands in the way."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest

from crossconnect.model.change import ChangeRule, ChangeWindow, Day, Freeze
from crossconnect.rollout.change_rules import Approval, Rules, Size, bound, counted, is_open, next_opening, obstacles

BERLIN = "Europe/Berlin"
SIZE = Size(
    devices=5,
    tenants=("red", "blue"),
    attachments_max=40,
    roles=("leaf", "spine"),
    sites=("north",),
    disruptive=False,
    authors=("ann@example.net",),
)
NIGHT = ChangeWindow(name="night", days=("monday", "friday"), begin="22:00", end="04:00", time_zone=BERLIN)


def at(text: str, zone: str = "UTC") -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone))


def approval(by: str, plan: str = "p") -> Approval:
    return Approval(plan=plan, by=by, at="2026-11-27T08:00:00+00:00")


def codes(rules: Rules, moment: datetime.datetime, *by: str) -> list[str]:
    return [f.code for f in obstacles(rules, SIZE, [approval(b) for b in by], moment, zoneinfo.ZoneInfo)]


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        (ChangeRule(name="r", approvals=1), True),
        (ChangeRule(name="r", approvals=1, devices_over=4), True),
        (ChangeRule(name="r", approvals=1, devices_over=5), False),
        (ChangeRule(name="r", approvals=1, tenants_over=1), True),
        (ChangeRule(name="r", approvals=1, tenants_over=2), False),
        (ChangeRule(name="r", approvals=1, attachments_over=39), True),
        (ChangeRule(name="r", approvals=1, attachments_over=40), False),
        (ChangeRule(name="r", approvals=1, roles=("spine", "border-leaf")), True),
        (ChangeRule(name="r", approvals=1, roles=("border-leaf",)), False),
        (ChangeRule(name="r", approvals=1, sites=("south",)), False),
        (ChangeRule(name="r", approvals=1, tenants=("blue",)), True),
        (ChangeRule(name="r", approvals=1, tenants=("green",)), False),
        (ChangeRule(name="r", approvals=1, disruptive=True), False),
        (ChangeRule(name="r", approvals=1, devices_over=4, sites=("south",)), False),
    ],
)
def test_a_rule_is_about_changes_that_meet_all_its_conditions(rule: ChangeRule, applies: bool) -> None:
    assert bound(SIZE, [Rules(rules=(rule,))]).rules == ((rule,) if applies else ())


def test_no_change_loosens_the_rules_that_it_is_judged_by() -> None:
    strict, loose = ChangeRule(name="four-eyes", approvals=2), ChangeRule(name="four-eyes", approvals=1)
    both = bound(SIZE, [Rules(rules=(strict,)), Rules(rules=(loose,))])
    moment = at("2026-11-27T12:00")
    assert codes(both, moment, "bob@example.net") == ["rollout.approval-missing"]
    assert codes(both, moment, "bob@example.net", "eve@example.net") == []
    assert codes(bound(SIZE, [Rules(rules=(strict,)), Rules()]), moment) == ["rollout.approval-missing"]


def test_authors_do_not_approve_and_nobody_counts_twice() -> None:
    rule = ChangeRule(name="r", approvals=2)
    said = [approval(b) for b in ("Ann@Example.net", "bob@example.net", "BOB@example.net")]
    assert counted(rule, SIZE, said) == ("bob@example.net",)
    named = ChangeRule(name="r", approvals=1, approvers=("lead@example.net",))
    assert counted(named, SIZE, said) == ()
    assert counted(named, SIZE, [*said, approval("lead@example.net")]) == ("lead@example.net",)


def test_what_is_missing_is_said() -> None:
    rules = Rules(rules=(ChangeRule(name="four-eyes", approvals=2, description="as agreed"),))
    (finding,) = obstacles(rules, SIZE, [approval("bob@example.net")], at("2026-11-27T12:00"), zoneinfo.ZoneInfo)
    assert finding.message == "rule four-eyes (as agreed): needs 2 approvals, there is 1 (bob@example.net)"
    assert finding.place.path == "change_rules/four-eyes"


@pytest.mark.parametrize(
    ("local", "is_so"),
    [
        ("2026-11-27T21:59", False),  # a Friday
        ("2026-11-27T22:00", True),
        ("2026-11-28T03:59", True),  # still Friday's
        ("2026-11-28T04:00", False),
        ("2026-11-28T22:00", False),  # Saturday has none
        ("2026-11-30T00:30", False),  # Monday morning, of Sunday's night
        ("2026-11-30T23:00", True),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(local: str, is_so: bool) -> None:
    assert is_open(NIGHT, at(local, BERLIN), zoneinfo.ZoneInfo) is is_so


def test_a_window_goes_by_its_own_clock() -> None:
    day = ChangeWindow(name="day", begin="09:00", end="17:00", time_zone="Asia/Tokyo")
    assert is_open(day, at("2026-11-27T00:30"), zoneinfo.ZoneInfo)  # 09:30 in Tokyo
    assert not is_open(day, at("2026-11-27T09:30"), zoneinfo.ZoneInfo)


def test_the_hour_that_comes_twice_is_open_twice_and_the_missing_one_never() -> None:
    hour = ChangeWindow(name="hour", begin="02:00", end="03:00", time_zone=BERLIN)
    autumn = [at(f"2026-10-25T{h:02}:30") for h in (0, 1, 2)]  # 02:30 summer time, 02:30 winter time, 03:30
    assert [is_open(hour, moment, zoneinfo.ZoneInfo) for moment in autumn] == [True, True, False]
    spring = [at(f"2026-03-29T{h:02}:30") for h in (0, 1)]  # 01:30 winter time, 03:30 summer time
    assert [is_open(hour, moment, zoneinfo.ZoneInfo) for moment in spring] == [False, False]


def test_all_day_and_every_day() -> None:
    always = ChangeWindow(name="always")
    assert all(
        is_open(always, at(f"2026-11-{d:02}T{h:02}:59"), zoneinfo.ZoneInfo) for d in range(1, 8) for h in (0, 23)
    )


def test_a_closed_window_says_when_it_opens() -> None:
    rules = Rules(rules=(ChangeRule(name="at-night", windows=("night",)),), windows=(NIGHT,))
    (finding,) = obstacles(rules, SIZE, (), at("2026-11-28T12:00"), zoneinfo.ZoneInfo)
    assert finding.code == "rollout.window-closed"
    assert "opens at 2026-11-30T22:00+01:00" in finding.message
    assert codes(rules, at("2026-11-30T22:30", BERLIN)) == []
    opens = next_opening(NIGHT, at("2026-11-27T22:00", BERLIN), zoneinfo.ZoneInfo)
    assert opens is not None
    assert opens.isoformat() == "2026-11-30T22:00:00+01:00"


@pytest.mark.parametrize(
    ("begin", "end", "days", "opens"),
    [
        ("24:00", "02:00", ("sunday",), "2026-03-30T00:00:00+02:00"),  # the end of that day
        ("02:30", "04:00", ("sunday",), "2026-03-29T03:00:00+02:00"),  # the clock goes from 02:00 to 03:00
        ("02:10", "02:50", ("sunday",), "2026-04-05T02:10:00+02:00"),  # a week later: that hour does not come
    ],
)
def test_a_window_opens_next_when_it_is_open(begin: str, end: str, days: tuple[Day, ...], opens: str) -> None:
    """Input: windows that begin at the end of a day, or in the hour that does not come. Output: the first minute in
    which each is open."""
    window = ChangeWindow(name="n", days=days, begin=begin, end=end, time_zone=BERLIN)
    found = next_opening(window, at("2026-03-28T12:00", BERLIN), zoneinfo.ZoneInfo)
    assert found is not None
    assert found.isoformat() == opens
    assert is_open(window, found, zoneinfo.ZoneInfo)
    assert not is_open(window, found.astimezone(datetime.UTC) - datetime.timedelta(minutes=1), zoneinfo.ZoneInfo)


def test_a_freeze_holds_for_its_sites_and_its_time() -> None:
    freeze = Freeze(name="xmas", begin="2026-12-18 18:00", end="2027-01-04 06:00", time_zone=BERLIN, sites=("north",))
    rules = bound(SIZE, [Rules(freezes=(freeze,))])
    assert codes(rules, at("2026-12-18T16:59")) == []
    assert codes(rules, at("2026-12-18T17:00")) == ["rollout.frozen"]
    assert codes(rules, at("2027-01-04T05:00")) == []
    elsewhere = Freeze(name="xmas", begin="2026-12-18 18:00", end="2027-01-04 06:00", sites=("south",))
    assert bound(SIZE, [Rules(freezes=(elsewhere,))]).freezes == ()


def test_a_change_that_a_rule_refuses_is_not_made_whoever_approves() -> None:
    rules = Rules(rules=(ChangeRule(name="too-much", devices_over=4, refuse=True),))
    assert codes(rules, at("2026-11-27T12:00"), "bob@example.net") == ["rollout.rule-refuses"]
