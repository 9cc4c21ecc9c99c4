"""What a gate makes of its looks.

Input: looks, a second and more apart, through a soak of ten seconds. Output: held, failed with what was wrong, or
looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from crossconnect.cli.holding import hold
from crossconnect.errors import Rejected
from crossconnect.rollout.looks import LOOKS_MAX, Gate, Look, both, keys

WELL = Look(seen={}, silent={})
SOAK_S, DEADLINE_S, SILENCE_S = 10.0, 20.0, 5.0


def seen(*what: str) -> Look:
    return Look(seen={(word, "leaf1"): f"leaf1: {word}" for word in what}, silent={})


def silent(*who: str) -> Look:
    return Look(seen={}, silent={name: f"{name}: connection reset" for name in who})


class World:
    """A clock, and a network that is found so in one look after the other; the last one goes on."""

    def __init__(self, *looks: Look, look_s: float = 0.5) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self.doubted: list[Look | None] = []
        self._looks: Iterator[Look] = iter(looks)
        self._last = WELL
        self._look_s = look_s

    def look(self, doubted: Look | None) -> Look:
        self.doubted.append(doubted)
        self.now += self._look_s
        self._last = next(self._looks, self._last)
        return self._last

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def hold(self, **more: float) -> str:
        gate = Gate(DEADLINE_S, SOAK_S, SILENCE_S, **more)
        return hold(gate, self.look, poll_s=3.0, clock=lambda: self.now, sleep=self.sleep, tell=self.told.append)


def test_waited_for_until_it_holds_and_then_seen_to_stay_so() -> None:
    world = World(seen("missing: session"), silent("leaf2"), WELL)
    assert world.hold() == "held for 10 s"
    assert world.told == [], "nothing is told while the network converges"


@pytest.mark.parametrize("doubt", [silent("leaf2"), seen("not expected: route red 10.1.0.0/16")])
def test_one_bad_look_in_the_soak_is_looked_at_again_at_once(doubt: Look) -> None:
    """Input: no answer once; a leak that one look has. Output: told, looked at again at once, held."""
    world = World(WELL, doubt, WELL)
    assert world.hold().startswith("held for")
    assert len(world.told) == 1
    assert "looked at again" in world.told[0]
    assert world.doubted[:3] == [None, None, doubt], "only who was not well is asked again"


def test_who_did_not_answer_is_in_the_end_told() -> None:
    assert World(WELL, silent("leaf2"), WELL).hold().endswith("; leaf2 did not answer once")
    assert World(WELL, silent("leaf2"), silent("leaf2"), WELL).hold().endswith("; leaf2 did not answer twice")


def test_what_two_looks_see_fails_at_once() -> None:
    """Input: a session that is down from the second look on. Output: failed two looks later, with the words."""
    world = World(WELL, seen("missing: session"))
    with pytest.raises(Rejected, match=r"leaf1: missing: session, after it had held for"):
        world.hold()
    assert world.now < 3 + 3 * 1.5, "not only at the end of the soak"


def test_what_only_one_of_two_looks_sees_does_not_condemn() -> None:
    """Input: looks at a network in mid-change, each with something else. Output: held, where it comes to rest; failed,
    where it never does."""
    moving = [seen(f"not expected: route {n}") for n in range(LOOKS_MAX)]
    assert World(WELL, *moving[:-1], WELL).hold().startswith("held")
    with pytest.raises(Rejected, match=f"{LOOKS_MAX} looks in a row were not well"):
        World(WELL, *moving, WELL).hold()


def test_who_stays_silent_fails_it_when_the_time_for_that_is_over() -> None:
    world = World(WELL, silent("leaf2"))
    with pytest.raises(Rejected, match=r"leaf2 has not answered for [5-7] s, [3-5] looks in a row: leaf2: connection"):
        world.hold()
    assert len(world.told) == 1, "told once, not with every look"


def test_one_look_that_takes_longer_than_silence_may_last_is_looked_at_again() -> None:
    """Input: a device that was not reached for a minute, once. Output: held: a time-out is one look."""
    world = World(WELL, silent("leaf2"), WELL, look_s=SILENCE_S * 2)
    assert world.hold().startswith("held")


def test_silence_between_two_devices_is_counted_for_each() -> None:
    """Input: another device is silent in every look, none twice. Output: held."""
    turns = [silent(f"leaf{n}") for n in range(8)]
    assert World(WELL, *turns, WELL).hold().startswith("held")


def test_never_well_until_the_deadline() -> None:
    with pytest.raises(Rejected, match="missing: session"):
        World(seen("missing: session")).hold()


def test_the_first_look_alone_condemns_nobody_though_it_came_after_the_deadline() -> None:
    world = World(seen("missing: session"), WELL, look_s=DEADLINE_S + 1)
    assert world.hold().startswith("held")


def test_too_late_to_be_confirmed() -> None:
    """Input: a gate that must be over after five seconds. Output: failed, whether it holds or is in doubt."""
    for world in (World(WELL), World(WELL, *([silent("a"), silent("b")] * 4))):
        with pytest.raises(Rejected, match="too late to be confirmed"):
            world.hold(latest=5.0)


def test_what_was_so_before_fails_nothing() -> None:
    """Input: somebody silent and a row missing before; then the same, the silence for another reason. Output: well."""
    before = Look(seen=seen("missing: mac").seen, silent={"leaf2": "refused"})
    known = keys(before)
    now: Mapping[str, str] = {"leaf2": "no route to host"}
    assert Look(seen=before.seen, silent=now).without(known) == WELL
    assert not Look(seen={}, silent={"leaf3": "refused"}).without(known).well


def test_only_what_two_looks_find_was_so_before() -> None:
    """Input: a row missing in both of two looks, one in the first, one in the second. Output: the one in both."""
    assert both(seen("a", "b"), seen("b", "c")) == seen("b")
    assert both(silent("leaf1", "leaf2"), silent("leaf2")) == silent("leaf2")
