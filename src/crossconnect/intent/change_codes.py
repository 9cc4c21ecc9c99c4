"""Findings about rules for changes."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

TIME_MALFORMED = Code(
    "intent.time-malformed",
    Severity.ERROR,
    "A time of day, a date or a time zone that cannot be read.",
    "Times of day are `22:00`, moments `2026-12-18 18:00`, time zones IANA's names: `Europe/Berlin`, `UTC`.",
)
TIME_ZONE_UNKNOWN = Code(
    "intent.time-zone-unknown",
    Severity.ERROR,
    "A time zone that this machine's time zone database does not have.",
    "Use a name of the IANA database. Debian has it in the package tzdata.",
)
APPROVER_MALFORMED = Code(
    "intent.approver-malformed",
    Severity.ERROR,
    "Approvers are named by e-mail addresses, as Git names the authors of a change.",
    "Write `name@example.net`.",
)
WINDOW_UNKNOWN = Code(
    "intent.window-unknown",
    Severity.ERROR,
    "A change rule names a change window that is not defined.",
    "Define it under `change_windows`, or correct the name.",
)
RULE_WITHOUT_DEMAND = Code(
    "intent.rule-without-demand",
    Severity.ERROR,
    "A change rule demands nothing: no approvals, no window, and it does not refuse.",
    "Say what such a change needs, or remove the rule.",
)
RULE_NEVER_MET = Code(
    "intent.rule-never-met",
    Severity.ERROR,
    "A change rule can never be met: it wants more approvals than it has approvers, or it refuses and wants something.",
    "Name more approvers, or want fewer approvals.",
)
FREEZE_EMPTY = Code(
    "intent.freeze-empty",
    Severity.ERROR,
    "A freeze ends before it begins.",
    "Exchange its ends.",
)
WINDOW_EMPTY = Code(
    "intent.window-empty",
    Severity.ERROR,
    "A change window has no days, or is never open.",
    "Give it days, and an end that is another time than its begin.",
)
OBJECTIVE_MALFORMED = Code(
    "intent.objective-malformed",
    Severity.ERROR,
    "An objective for changes allows a share of probes or routes that is no percentage, or no time for an answer.",
    "`loss_percent_max` and `routes_percent_max` are from 0 to 100, `round_trip_ms_max` above 0.",
)
OBJECTIVE_TWICE = Code(
    "intent.objective-twice",
    Severity.ERROR,
    "Two objectives for changes are about the same tenant.",
    "Keep one of them.",
)

CODES: tuple[Code, ...] = (
    TIME_MALFORMED,
    TIME_ZONE_UNKNOWN,
    APPROVER_MALFORMED,
    WINDOW_UNKNOWN,
    RULE_WITHOUT_DEMAND,
    RULE_NEVER_MET,
    FREEZE_EMPTY,
    WINDOW_EMPTY,
    OBJECTIVE_MALFORMED,
    OBJECTIVE_TWICE,
)
