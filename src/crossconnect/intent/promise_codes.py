"""Findings about promises, beside those of names and contradictions."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

PROMISE_AMBIGUOUS = Code(
    "intent.promise-ambiguous",
    Severity.ERROR,
    "A promise names something by a name that two things have.",
    "Say which, by a word in front: `tenant red`, `peer red`, `rack r1`.",
)
PROMISE_COMBINATION = Code(
    "intent.promise-combination",
    Severity.ERROR,
    "A promise lacks a field that its kind needs, has one that its kind has no use for, or is about ends that its kind "
    "cannot be about.",
    "See docs/how-to/prove-a-promise.md for what each kind takes.",
)

CODES: tuple[Code, ...] = (PROMISE_AMBIGUOUS, PROMISE_COMBINATION)
