"""Findings about plans and about carrying them out."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

BREAK = Code(
    "rollout.break",
    Severity.ERROR,
    "On the way from the parent to the new network something is missing that is there before and after: in every order "
    "that was tried, or while a device loads its configuration.",
    "Split the change, give what breaks a second way first, or accept it by name with --allow-break.",
)
BREAK_UNKNOWN = Code(
    "rollout.break-unknown",
    Severity.ERROR,
    "A break is accepted by name that the change does not have.",
    "Leave it out: an acceptance is for what the plan says now, not for what may come.",
)
FROZEN = Code(
    "rollout.frozen",
    Severity.ERROR,
    "The moment lies in a freeze of the region.",
    "Wait until it is over. Freezes are in checks/*.yaml.",
)
WINDOW_CLOSED = Code(
    "rollout.window-closed",
    Severity.ERROR,
    "A rule allows the change in certain windows only, and none of them is open.",
    "Wait for the next one. Windows are in checks/*.yaml.",
)
APPROVAL_MISSING = Code(
    "rollout.approval-missing",
    Severity.ERROR,
    "A rule demands more approvals of this plan than there are. Those of the change's authors do not count.",
    "Let somebody else read it (`xc show plan FILE`) and approve it (`xc approve FILE`).",
)
RULE_REFUSES = Code(
    "rollout.rule-refuses",
    Severity.ERROR,
    "A rule of the region refuses changes of this kind or size.",
    "Split the change into smaller ones.",
)
BEHIND = Code(
    "rollout.behind",
    Severity.ERROR,
    "The branch lacks commits of what it is compared with: carried out as it is, the change would take back what those "
    "have changed.",
    "Merge or rebase, then run again.",
)
LOCK_STALE = Code(
    "rollout.lock-stale",
    Severity.ERROR,
    "region.lock does not have all numbers of the change, so they are not part of what is reviewed.",
    "Run `xc lock` and commit region.lock with the change.",
)
UNCOMMITTED = Code(
    "rollout.uncommitted",
    Severity.ERROR,
    "Files of the region are not as their commit has them: the plan can be made again by nobody.",
    "Commit them, or take them out of the region's directory.",
)
NOT_AS_REVIEWED = Code(
    "rollout.not-as-reviewed",
    Severity.ERROR,
    "What has been merged is compiled to another network than the plan that was reviewed leads to.",
    "Make a new plan of what is there, and have that reviewed.",
)

CODES: tuple[Code, ...] = (
    BREAK,
    BREAK_UNKNOWN,
    FROZEN,
    WINDOW_CLOSED,
    APPROVAL_MISSING,
    RULE_REFUSES,
    BEHIND,
    LOCK_STALE,
    UNCOMMITTED,
    NOT_AS_REVIEWED,
)
