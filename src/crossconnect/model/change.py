"""Rules of the provider about changes: when they may be made, who must have agreed, which are not made at all."""

from __future__ import annotations

from typing import Literal

import msgspec

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ChangeWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours of some days in which changes may be made. Times are local ones; a window whose end is not after its begin
    goes on into the next day."""

    name: str
    """Unique among change windows."""
    days: tuple[Day, ...] = DAYS
    """Days on which it begins."""
    begin: str = "00:00"
    """When it opens, `22:00`."""
    end: str = "24:00"
    """When it closes, `04:00`; `24:00` is the end of the day."""
    time_zone: str = "UTC"
    """Whose clock it goes by, by its IANA name: `Europe/Berlin`."""
    description: str = ""
    """For people."""


class Freeze(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time in which nothing is changed: holidays, a customer's great day."""

    name: str
    """Unique among freezes."""
    begin: str
    """Local date and time from which on, `2026-12-18 18:00`."""
    end: str
    """Local date and time until which."""
    time_zone: str = "UTC"
    """Whose clock it goes by, by its IANA name."""
    sites: tuple[str, ...] = ()
    """Only changes of devices of these sites; none given: everywhere."""
    description: str = ""
    """For people."""


class Objective(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What tenants may notice of a change at most, measured by probes between servers while a wave's gate is held. A
    gate that finds more has failed."""

    name: str
    """Unique among objectives."""
    tenant: str = ""
    """Whose servers; none given: of all tenants that have none of their own."""
    loss_percent_max: float = 1.0
    """Share of probes that may stay without an answer."""
    round_trip_ms_max: float = 100.0
    """How long half of the answers may take, there and back."""
    routes_percent_max: float = 0.0
    """Share of the routes from outside, in a VRF of a switch, that may be missing, more, or other ones than simulated:
    what external routers announce is theirs to change."""
    description: str = ""
    """For people."""


class ChangeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a change needs. The rule is about changes of which everything holds that is given as a condition; a rule
    without conditions is about all."""

    name: str
    """Unique among change rules."""
    devices_over: int | None = None
    """Condition: more devices than this change."""
    tenants_over: int | None = None
    """Condition: networks of more tenants than this change."""
    attachments_over: int | None = None
    """Condition: more attachments of servers than this have their way through a single device that changes."""
    roles: tuple[Literal["leaf", "border-leaf", "spine", "super-spine"], ...] = ()
    """Condition: a device of one of these roles changes."""
    sites: tuple[str, ...] = ()
    """Condition: a device in one of these sites changes."""
    tenants: tuple[str, ...] = ()
    """Condition: the network of one of these tenants changes."""
    disruptive: bool = False
    """Condition: something is interrupted while it is made, or missing on the way."""
    approvals: int = 0
    """How many people must have approved the plan. Whoever has written a part of the change does not count."""
    approvers: tuple[str, ...] = ()
    """Of whom the approvals must be, by e-mail address; none given: anybody else than the authors."""
    windows: tuple[str, ...] = ()
    """Change windows, one of which must be open."""
    refuse: bool = False
    """Whether such a change is not made at all: it is to be split into smaller ones."""
    description: str = ""
    """For people: shown when the rule stands in the way."""
