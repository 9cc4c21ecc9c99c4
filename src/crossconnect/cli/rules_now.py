"""Rules that the region has by now, beside those that a saved plan was made under.

    plan's own rules ---obstacles--.
                                    >-- what either finds stands in the way
    HEAD, its upstream, main ------'    (the stricter of both, window by window)

A freeze that is declared after a plan was saved stops it; one that is lifted by then does not make it easier.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from crossconnect.cli.output import print_findings
from crossconnect.cli.plan_saving import in_the_way
from crossconnect.cli.region import located, time_zone
from crossconnect.errors import BadInput
from crossconnect.finding import Finding, Severity
from crossconnect.intent.files import REGION_FILE
from crossconnect.intent.git import branches_now, files_at
from crossconnect.intent.tree import read_region_from_texts
from crossconnect.model.region import Region
from crossconnect.rollout.change_rules import Approval, Rules, bound, obstacles
from crossconnect.rollout.codes import FROZEN, WINDOW_CLOSED
from crossconnect.rollout.saved_plan import SavedPlan

_RULES = "checks/"
_SINCE = " (since the plan was made: "


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Rules as a commit has them."""

    name: str
    """What leads to the commit: `HEAD`, `origin/main`."""
    commit: str
    region: Region
    """Read of region.yaml and the files in checks/ alone: what is wrong elsewhere hides no freeze."""
    own: bool
    """Whether it is one of the plan's own commits: its rules are in the plan, it only tells where they stand."""


def declared_now(root: Path, plan: SavedPlan) -> tuple[Declared, ...]:
    """The rules of the branch that the region is on, committed, and of what it follows, as last fetched. BadInput where
    rules cannot be read: then nobody knows whether there is a freeze."""
    own = (plan.parent_commit, plan.new_commit)
    return tuple(
        Declared(name=name, commit=commit, region=_region(root, name, commit), own=commit in own)
        for name, commit in branches_now(root)
    )


def _region(root: Path, name: str, commit: str) -> Region:
    files = files_at(root, commit)
    texts = {
        path: octets.decode("utf-8", "surrogateescape")
        for path, octets in files.items()
        if path == REGION_FILE or path.startswith(_RULES)
    }
    region, findings = read_region_from_texts(texts)
    if region is None:
        print_findings([finding for finding in findings if finding.severity is Severity.ERROR], limit=10)
        raise BadInput(
            f"the rules that hold now ({name}, {commit[:12]}) cannot be read: mend them there, or go back by --abort"
        )
    return region


def obstacles_now(
    plan: SavedPlan, approvals: tuple[Approval, ...], moment: datetime.datetime, now: Iterable[Declared]
) -> tuple[Finding, ...]:
    """What stands in the way of carrying a plan out at a moment, by its own rules and by those that hold now. What both
    say is said once, with the line at which it stands now."""
    said = {_what(finding): finding for finding in in_the_way(plan, approvals, moment)}
    for each in now:
        region = each.region
        rules = Rules(rules=region.change_rules, windows=region.change_windows, freezes=region.freezes)
        said_by = f"{_SINCE}{each.name} {each.commit[:12]})"
        try:
            against = obstacles(bound(plan.size, [rules]), plan.size, approvals, moment, time_zone)
        except KeyError as error:
            raise BadInput(
                f"this machine does not know the time zone {error}, which rules of {each.name} name"
            ) from error
        for finding in located(against, region):
            known = said.get(_what(finding))
            if known is None and not each.own:
                said[_what(finding)] = msgspec.structs.replace(finding, message=finding.message + said_by)
            elif known is not None and not known.place.file:
                said[_what(finding)] = msgspec.structs.replace(known, place=finding.place)
    return tuple(said.values())


def _what(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.place.path, finding.message


def resume_obstacles(findings: Iterable[Finding], despite: Collection[str]) -> tuple[Finding, ...]:
    """What of it stands in the way of going on with a plan that was begun: not the end of a window, since half a change
    is no better than a late one; not freezes that somebody goes on in spite of, by name. BadInput where no such freeze
    is in the way."""
    frozen = {finding.place.path.removeprefix("freezes/") for finding in findings if finding.code == FROZEN.name}
    if unknown := sorted(set(despite) - frozen):
        raise BadInput(f"no freeze called {', '.join(unknown)} stands in the way")
    accepted = {f"freezes/{name}" for name in despite}
    return tuple(
        finding for finding in findings if finding.code != WINDOW_CLOSED.name and finding.place.path not in accepted
    )
