"""Which rules of the provider a change falls under, and whether they let it pass at a given moment.

Pure: the moment and the time zones are arguments. Rules of both networks count, so that no change loosens the rules
that it is judged by.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from crossconnect.checks.grouping import count_text
from crossconnect.finding import Finding, Place, found
from crossconnect.model.change import DAYS, ChangeRule, ChangeWindow, Freeze
from crossconnect.rollout.codes import APPROVAL_MISSING, FROZEN, RULE_REFUSES, WINDOW_CLOSED

Zones = Callable[[str], datetime.tzinfo]
"""IANA name to time zone. KeyError for one that does not exist."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules with the windows and freezes that they name."""

    rules: tuple[ChangeRule, ...] = ()
    """What is demanded."""
    windows: tuple[ChangeWindow, ...] = ()
    """Those that rules name."""
    freezes: tuple[Freeze, ...] = ()
    """When nothing is changed."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """What of a change rules look at."""

    devices: int
    """How many change."""
    tenants: tuple[str, ...]
    """Whose networks change."""
    attachments_max: int
    """The most attachments of servers that have their way through one device that changes."""
    roles: tuple[str, ...]
    """Of devices that change."""
    sites: tuple[str, ...]
    """Of devices that change."""
    disruptive: bool
    """Whether something is interrupted while it is made, or missing on the way."""
    authors: tuple[str, ...]
    """E-mail addresses of whoever has written a part of it."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has read a plan and agrees. It is about the octets that hash to `plan`, and no others."""

    plan: str
    """SHA-256 of the plan, in hex."""
    by: str
    """E-mail address."""
    at: str
    """RFC 3339, UTC."""
    comment: str = ""
    """What is to be remembered of it."""


def bound(size: Size, sides: Iterable[Rules]) -> Rules:
    """The rules that a change of this size falls under, of both networks, each once; freezes of its sites."""
    sides = tuple(sides)
    rules = dict.fromkeys(rule for side in sides for rule in side.rules if _applies(rule, size))
    named = {name for rule in rules for name in rule.windows}
    windows = dict.fromkeys(window for side in sides for window in side.windows if window.name in named)
    freezes = dict.fromkeys(
        freeze
        for side in sides
        for freeze in side.freezes
        if not freeze.sites or not set(freeze.sites).isdisjoint(size.sites)
    )
    return Rules(rules=tuple(rules), windows=tuple(windows), freezes=tuple(freezes))


def _applies(rule: ChangeRule, size: Size) -> bool:
    over = (
        (rule.devices_over, size.devices),
        (rule.tenants_over, len(size.tenants)),
        (rule.attachments_over, size.attachments_max),
    )
    among = ((rule.roles, size.roles), (rule.sites, size.sites), (rule.tenants, size.tenants))
    return (
        all(limit is None or value > limit for limit, value in over)
        and all(not wanted or not set(wanted).isdisjoint(there) for wanted, there in among)
        and (not rule.disruptive or size.disruptive)
    )


_LEAP_MINUTES_MAX = 24 * 60
"""Clocks were moved by an hour, by half of one, and by a day where the date line was (Samoa, 2011)."""


def obstacles(
    rules: Rules, size: Size, approvals: Sequence[Approval], moment: datetime.datetime, zones: Zones
) -> tuple[Finding, ...]:
    """What stands in the way of making the change at `moment` (with a time zone); empty when it may be made."""
    findings: list[Finding] = []
    for freeze in rules.freezes:
        if _frozen(freeze, moment, zones):
            what = f"{freeze.name}{_said(freeze.description)}: from {freeze.begin} to {freeze.end} {freeze.time_zone}"
            findings.append(found(FROZEN, Place(path=f"freezes/{freeze.name}"), f"nothing is changed during {what}"))
    for rule in rules.rules:
        findings += _against(rule, rules, size, approvals, moment, zones)
    return tuple(findings)


def _against(
    rule: ChangeRule,
    rules: Rules,
    size: Size,
    approvals: Sequence[Approval],
    moment: datetime.datetime,
    zones: Zones,
) -> Iterator[Finding]:
    place = Place(path=f"change_rules/{rule.name}")
    why = f"rule {rule.name}{_said(rule.description)}"
    if rule.refuse:
        yield found(RULE_REFUSES, place, f"{why}: such a change is not made")
    if rule.approvals:
        by = counted(rule, size, approvals)
        if len(by) < rule.approvals:
            have = f"there {'is' if len(by) == 1 else 'are'} {len(by)}" + (f" ({', '.join(by)})" if by else "")
            whose = f" of {', '.join(rule.approvers)}" if rule.approvers else ""
            needs = count_text(rule.approvals, "approval") + whose
            yield found(APPROVAL_MISSING, place, f"{why}: needs {needs}, {have}")
    windows = [window for window in rules.windows if window.name in rule.windows]
    if rule.windows and not any(is_open(window, moment, zones) for window in windows):
        opens = min((o for w in windows if (o := next_opening(w, moment, zones)) is not None), default=None)
        when = f"; the next one opens at {opens.isoformat(timespec='minutes')}" if opens else ""
        names = ", ".join(rule.windows)
        yield found(WINDOW_CLOSED, place, f"{why}: only in a window of {names}, and none is open{when}")


def counted(rule: ChangeRule, size: Size, approvals: Sequence[Approval]) -> tuple[str, ...]:
    """Who has approved and counts for a rule: each once, no author of the change."""
    authors = {author.casefold() for author in size.authors}
    wanted = {name.casefold() for name in rule.approvers}
    by = dict.fromkeys(approval.by.casefold() for approval in approvals)
    return tuple(name for name in by if name not in authors and (not wanted or name in wanted))


def is_open(window: ChangeWindow, moment: datetime.datetime, zones: Zones) -> bool:
    """Whether a window is open at a moment. Its hours are those that the clock on the wall shows: of an hour that comes
    twice when summer time ends both are meant, one that does not come is none."""
    local = moment.astimezone(zones(window.time_zone))
    minute = local.hour * 60 + local.minute
    begin, end = minutes_of(window.begin), minutes_of(window.end)
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if begin < end:
        return today in window.days and begin <= minute < end
    return (today in window.days and minute >= begin) or (yesterday in window.days and minute < end)


def next_opening(window: ChangeWindow, moment: datetime.datetime, zones: Zones) -> datetime.datetime | None:
    """When a closed window opens next, within eight days."""
    zone = zones(window.time_zone)
    local = moment.astimezone(zone)
    begin = datetime.timedelta(minutes=minutes_of(window.begin))
    for ahead in range(9):
        day = local.date() + datetime.timedelta(days=ahead)
        if DAYS[day.weekday()] in window.days:
            opens = datetime.datetime(day.year, day.month, day.day, tzinfo=zone) + begin
            if opens.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != opens.replace(tzinfo=None):
                # The clock passes over it when summer time begins: the window opens where the clock goes on, if at all.
                since = opens.replace(fold=1).astimezone(datetime.UTC)
                minutes = (since + datetime.timedelta(minutes=minute) for minute in range(_LEAP_MINUTES_MAX))
                found = next((each for each in minutes if is_open(window, each, zones)), None)
                if found is None:
                    continue
                opens = found.astimezone(zone)
            if opens.astimezone(datetime.UTC) > moment:
                return opens
    return None


def minutes_of(clock: str) -> int:
    """Minutes since midnight of `HH:MM`."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _frozen(freeze: Freeze, moment: datetime.datetime, zones: Zones) -> bool:
    zone = zones(freeze.time_zone)
    begin, end = (datetime.datetime.fromisoformat(text).replace(tzinfo=zone) for text in (freeze.begin, freeze.end))
    # Compared in UTC: two moments with one zone object would be compared by their clocks, whatever the summer time.
    return begin.astimezone(datetime.UTC) <= moment.astimezone(datetime.UTC) < end.astimezone(datetime.UTC)


def demand_text(rule: ChangeRule) -> str:
    """What a rule demands, in one line."""
    if rule.refuse:
        return "such a change is not made"
    parts: list[str] = []
    if rule.approvals:
        whose = f" of {', '.join(rule.approvers)}" if rule.approvers else ""
        parts.append(f"{count_text(rule.approvals, 'approval')}{whose}, not of an author")
    if rule.windows:
        parts.append(f"in a window of {', '.join(rule.windows)}")
    return "; ".join(parts)


def _said(description: str) -> str:
    return f" ({description})" if description else ""
