"""What a change is held against before it is merged: conditions, of which the provider says which ones count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from crossconnect.checks.grouping import count_text, names_text
from crossconnect.finding import Finding, Severity
from crossconnect.rollout.codes import BEHIND, BREAK, BREAK_UNKNOWN, LOCK_STALE, UNCOMMITTED
from crossconnect.rollout.plan import Plan
from crossconnect.rollout.saved_plan import SavedPlan

CONDITIONS: dict[str, str] = {
    "behind": "the branch has every commit of what it is compared with",
    "uncommitted": "the region's files are committed as they are",
    "lock": "region.lock has every number of the change",
    "new-errors": "no error that is not there before the change",
    "new-warnings": "no warning that is not there before the change",
    "errors": "no error at all",
    "warnings": "no warning at all",
    "breaks": "nothing is missing on the way, in whatever wave",
    "refused": "no rule of the region refuses the change",
    "failures": "under every single failure nobody loses more than before the change",
    "empty": "something changes",
}
"""What may be asked of a change, by name, as it reads when it holds."""

COUNTED = ("behind", "uncommitted", "lock", "new-errors", "breaks", "refused")
"""Those that count unless something else is said."""

_OWN = frozenset(code.name for code in (BEHIND, UNCOMMITTED, LOCK_STALE, BREAK, BREAK_UNKNOWN))
"""Findings that are a condition of their own."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, of one change."""

    name: str
    """Which one."""
    holds: bool
    """Whether it does."""
    counts: bool
    """Whether the change fails when it does not."""
    text: str
    """What is so, in one line."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a change. `plan` is None where the region's files cannot be used."""

    region: str
    """The region's name; empty where its files cannot be used."""
    parent: str
    """What it is compared with, as it was said."""
    parent_commit: str
    """Git commit of that."""
    commit: str
    """Git commit of the change."""
    passed: bool
    """Whether all that counts holds."""
    conditions: tuple[Condition, ...]
    """All that can be asked; none where the files cannot be used."""
    findings: tuple[Finding, ...]
    """Of the change itself: not there before it, or about carrying it out."""
    known: tuple[Finding, ...]
    """Of the new network, that were there before."""
    cured: tuple[Finding, ...]
    """That are there no more."""
    plan: Plan | None = None
    """Devices, numbers, tenants, blast radius."""
    sha256: str = ""
    """Of the saved plan; empty where there is none, since nothing changes or something breaks on the way."""
    failures: int = 0
    """Single failures that were simulated of the new network."""


def judged(
    plan: Plan, saved: SavedPlan | None, new: Sequence[Finding], every: Sequence[Finding], counted: Collection[str]
) -> tuple[Condition, ...]:
    """All conditions of a change. `new` are findings that it brings, and those about carrying it out; `every` also what
    was there before."""
    worse = [change for change in plan.blast_radius.failures if change.after] if plan.blast_radius is not None else []
    refusing = [rule.name for rule in saved.rules.rules if rule.refuse] if saved is not None else []
    failed: dict[str, str] = {}
    for name, codes in (
        ("behind", {BEHIND.name}),
        ("uncommitted", {UNCOMMITTED.name}),
        ("lock", {LOCK_STALE.name}),
        ("breaks", {BREAK.name, BREAK_UNKNOWN.name}),
    ):
        if found := [finding.message for finding in new if finding.code in codes]:
            failed[name] = found[0] if len(found) == 1 else f"{found[0]} (and {len(found) - 1} more)"
    for name, findings, severity in (
        ("new-errors", new, Severity.ERROR),
        ("new-warnings", new, Severity.WARNING),
        ("errors", every, Severity.ERROR),
        ("warnings", every, Severity.WARNING),
    ):
        if codes := [finding.code for finding in findings if finding.severity is severity and finding.code not in _OWN]:
            failed[name] = f"{count_text(len(codes), severity.value)}: {names_text(sorted(set(codes)), 6)}"
    if refusing:
        failed["refused"] = f"refused by {names_text(refusing, 6)}"
    if worse:
        failed["failures"] = "; ".join(f"{names_text(w.failures, 2)}: {w.after}" for w in worse[:3])
    if plan.empty:
        failed["empty"] = "nothing changes"
    return tuple(
        Condition(name=name, holds=name not in failed, counts=name in counted, text=failed.get(name, text))
        for name, text in CONDITIONS.items()
    )
