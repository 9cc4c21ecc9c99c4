"""When a device may come back into traffic: what it lacked before the plan is waited for, and not for ever.

Input: what was not well before a plan, and a gate that holds with or without it. Output: what is asked of the gate, and
what is said.
"""

from __future__ import annotations

import pytest

from changes import both
from crossconnect.cli.draining_moments import ready
from crossconnect.cli.holding import Subject
from crossconnect.errors import Rejected
from crossconnect.rollout.looks import SILENT, Key
from regions import small

NETWORK = both(small(leaves=2, spines=2), lambda r: r)[0].blueprint
SUBJECT = Subject(expected=NETWORK, complete=frozenset({"a-spine1"}))
OTHERS: Key = ("route", "a-leaf1/red/10.0.0.0/24")
ITS_OWN: Key = ("not complete", "a-spine1/default/10.0.0.1/ipv4")


class Looking:
    """A gate that fails as long as a fault counts that is there."""

    def __init__(self, there: frozenset[Key], already: frozenset[Key]) -> None:
        self.there, self.already = there, already
        self.asked: list[frozenset[Key] | None] = []

    def hold(self, subject: Subject, excused: frozenset[Key] | None = None) -> str:
        assert subject is SUBJECT
        self.asked.append(excused)
        if left := self.there - (self.already if excused is None else excused):
            raise Rejected(f"{min(left)[0]} there")
        return "held for 0 s"


def test_what_others_lacked_is_not_waited_for() -> None:
    looking = Looking(frozenset({OTHERS}), frozenset({OTHERS}))
    assert ready(looking.hold, SUBJECT, looking.already) == "held for 0 s"
    assert looking.asked == [None]


def test_what_the_device_lacked_has_come() -> None:
    looking = Looking(frozenset({OTHERS}), frozenset({OTHERS, ITS_OWN}))
    assert ready(looking.hold, SUBJECT, looking.already) == "held for 0 s"
    assert looking.asked == [frozenset({OTHERS})]


def test_what_the_device_lacked_does_not_come_and_is_said() -> None:
    looking = Looking(frozenset({ITS_OWN}), frozenset({ITS_OWN}))
    said = ready(looking.hold, SUBJECT, looking.already)
    assert said == "held for 0 s; as before the plan: not complete there"
    assert looking.asked == [frozenset(), None]


def test_what_it_lacks_since_then_keeps_it_out() -> None:
    looking = Looking(frozenset({ITS_OWN}), frozenset())
    with pytest.raises(Rejected, match="not complete"):
        ready(looking.hold, SUBJECT, looking.already)


def test_what_a_device_never_tells_is_not_waited_for() -> None:
    silent: Key = (f"{SILENT}: timeout", "a-spine1")
    looking = Looking(frozenset({silent}), frozenset({silent}))
    assert ready(looking.hold, SUBJECT, looking.already, (SILENT,)) == "held for 0 s"
    assert looking.asked == [None]
