"""Somebody else's agreement to a plan, where the region's rules demand it: refused before, and with the author's own.

plan saved --> refused --> its author approves --> refused --> others approve --> nothing in its way
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import msgspec

from crossconnect.cli.output import say
from crossconnect.cli.plan_saving import add_approval, in_the_way, read_approvals, read_plan
from crossconnect.finding import Finding
from crossconnect.rollout.change_rules import Approval, counted
from crossconnect.rollout.codes import APPROVAL_MISSING
from crossconnect.rollout.saved_plan import SavedPlan

AUTHOR = "alice@example.net"
_OTHERS = ("bob", "carol", "dave", "erin")
"""Who agree, at example.net (RFC 2606), where the rules do not say who is to."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What was in a plan's way, and who has taken it out."""

    refused: tuple[str, ...]
    """What was said before anybody had agreed."""
    with_author: bool
    """Whether the author's own approval was enough for any rule."""
    by: tuple[str, ...]
    """Who then agreed."""
    left: tuple[str, ...]
    """What approvals do not help against: a window that is closed, a freeze, a rule that refuses."""


def agree(file: Path, moment: Callable[[], datetime.datetime]) -> Agreement:
    """Have a saved plan approved by as many as its rules demand."""
    made, digest = read_plan(file)

    def obstacles() -> tuple[Finding, ...]:
        return in_the_way(made, read_approvals(file, digest), moment())

    def approve(who: str) -> None:
        add_approval(file, Approval(plan=digest, by=who, at=moment().isoformat(timespec="seconds")))

    before = [f for f in obstacles() if f.code == APPROVAL_MISSING.name]
    by: list[str] = []
    enough = False
    if before:
        approve(AUTHOR)
        enough = any(counted(rule, made.size, read_approvals(file, digest)) for rule in made.rules.rules)
        for who in _wanted(made):
            approve(who)
            by.append(who)
    left = tuple(f.message for f in obstacles())
    return Agreement(refused=tuple(f.message for f in before), with_author=enough, by=tuple(by), left=left)


def _wanted(made: SavedPlan) -> tuple[str, ...]:
    """Enough people for every rule, none of them an author."""
    names: dict[str, None] = {}
    for rule in made.rules.rules:
        those = rule.approvers or tuple(f"{name}@example.net" for name in _OTHERS)
        usable = [who for who in those if who.casefold() not in made.size.authors]
        names |= dict.fromkeys(usable[: rule.approvals])
    return tuple(names)


def agreement_rows(agreement: Agreement) -> tuple[tuple[str, str], ...]:
    """For the report: what was said, and who agreed."""
    rows = [("not carried out", words) for words in agreement.refused]
    if agreement.by:
        rows.append((f"approved by {AUTHOR}, its author", "does not count"))
    return (*rows, *((f"approved by {who}", "counts") for who in agreement.by))


def say_agreement(agreement: Agreement) -> None:
    """The same as lines."""
    for what, words in agreement_rows(agreement):
        say(f"     {what}: {words}")
    for words in agreement.left:
        say(f"     on the network this would stand in its way, on a lab it does not: {words}")
