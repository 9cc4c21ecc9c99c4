"""What a gate makes of its looks at the network: whether it holds, has failed, or has to look again at once.

    not held yet:  all as expected --> held since now            at the deadline: two looks in a row not well --> failed
    held:          not as expected --> again, at once --> the same once more --> failed
                   no answer       --> again, at once --> none for `silence_s` --> failed
                   all as expected, and so through the soak --> held to the end

Tables are read device by device while BGP moves, so that one look may see a state that never was: what is found counts
when the next look finds it too. Who does not answer has not said that anything is wrong: that is borne for a while.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

AGAIN_S = 1.0
"""Between a look that is not well, after the gate has held, and the next one."""
LOOKS_MAX = 5
"""Looks in a row that find something, each something else, after which the gate has failed: a network that is never
seen well does not hold."""

Key = tuple[str, str]
"""What is not well (a check's code, a row), and where."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look has found."""

    seen: Mapping[Key, str]
    """What is not as expected, in words."""
    silent: Mapping[str, str]
    """Who has not said how he is, and why."""

    @property
    def well(self) -> bool:
        """Whether everybody has answered, and all is as expected."""
        return not self.seen and not self.silent

    def without(self, known: Iterable[Key]) -> Look:
        """Without what was so before, and who was silent then: he may be so for another reason now."""
        left_out = frozenset(known)
        silent = {where for what, where in left_out if what.startswith(SILENT)}
        return Look(
            seen={key: words for key, words in self.seen.items() if key not in left_out},
            silent={who: why for who, why in self.silent.items() if who not in silent},
        )


SILENT = "it does not say how it is"
"""How the key of who does not answer begins, where it is remembered."""


def keys(look: Look) -> frozenset[Key]:
    """What of a look is remembered."""
    return frozenset((*look.seen, *((f"{SILENT}: {why}", who) for who, why in look.silent.items())))


def both(first: Look, second: Look) -> Look:
    """What two looks in a row have found alike: a state that was read while it changed is in one of them only."""
    return Look(
        seen={key: words for key, words in second.seen.items() if key in first.seen},
        silent={who: why for who, why in second.silent.items() if who in first.silent},
    )


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done after a look: go on looking, look again at once, or nothing any more."""

    kind: Literal["wait", "again", "held", "failed"]
    text: str = ""
    """Why, for people; of `held` how long."""


class Gate:
    """One gate, from its first look to its end. All times are by one monotonic clock."""

    def __init__(self, deadline: float, soak_s: float, silence_s: float, latest: float = math.inf) -> None:
        """`deadline`: until when it must have been seen to hold; `latest`: when its end would come too late;
        `silence_s`: for how long a device that has answered may give no answer."""
        self._deadline, self._soak_s, self._latest, self._silence_s = deadline, soak_s, latest, silence_s
        self._held_since: float | None = None
        self._before = Look(seen={}, silent={})
        self._row = self._bad = 0
        """Looks in a row that were not well, and those in which something was seen that is not."""
        self._missed: dict[str, tuple[int, float]] = {}
        """Who gives no answer: looks in a row, and since when."""
        self._borne: dict[str, int] = {}
        """Looks without an answer in all, of who has answered afterwards."""

    @property
    def held(self) -> bool:
        """Whether it has been seen to hold."""
        return self._held_since is not None

    def after(self, look: Look, began: float, now: float) -> Answer:
        """What follows from a look, which took from `began` until now."""
        self._count(look, began)
        before, self._before = self._before, look
        self._row = 0 if look.well else self._row + 1
        self._bad = self._bad + 1 if look.seen else 0
        if look.well:
            return self._well(now)
        if self._held_since is not None:
            return self._doubt(look, before, self._held_since, now)
        if now > self._deadline and self._row > 1:
            return Answer(kind="failed", text=words(look))
        return Answer(kind="again" if now > self._deadline else "wait", text=words(look))

    def _well(self, now: float) -> Answer:
        if now > self._latest:
            return Answer(kind="failed", text="it holds too late to be confirmed in time")
        if self._held_since is None:
            self._held_since = now
        if now - self._held_since < self._soak_s:
            return Answer(kind="wait")
        text = f"held for {now - self._held_since:.0f} s"
        borne = [f"{who} did not answer {_times(number)}" for who, number in sorted(self._borne.items())]
        return Answer(kind="held", text="; ".join((text, *borne[:3])))

    def _doubt(self, look: Look, before: Look, held_since: float, now: float) -> Answer:
        """It has held, and is not well now."""
        after = f", after it had held for {now - held_since:.0f} s"
        if twice := {key: look.seen[key] for key in look.seen if key in before.seen}:
            return Answer(kind="failed", text=words(Look(seen=twice, silent={})) + after)
        for who, (number, since) in sorted(self._missed.items()):
            if number > 1 and now - since >= self._silence_s:
                text = f"{who} has not answered for {now - since:.0f} s, {number} looks in a row: {look.silent[who]}"
                return Answer(kind="failed", text=text + after)
        if self._bad >= LOOKS_MAX:
            return Answer(kind="failed", text=f"{words(look)}{after}; {self._bad} looks in a row were not well")
        if now > self._latest:
            return Answer(kind="failed", text="it holds too late to be confirmed in time")
        return Answer(kind="again", text=words(look))

    def _count(self, look: Look, began: float) -> None:
        """Silence before the gate has held for the first time is waited for, and not told."""
        for who in self._missed.keys() - look.silent.keys():
            number, _ = self._missed.pop(who)
            if self.held:
                self._borne[who] = self._borne.get(who, 0) + number
        for who in look.silent:
            number, since = self._missed.get(who, (0, began))
            self._missed[who] = (number + 1, since)


def words(look: Look) -> str:
    """The first of what is not well, and how much more there is."""
    all_of = [*(look.seen[key] for key in sorted(look.seen)), *(look.silent[who] for who in sorted(look.silent))]
    more = f" and {len(all_of) - 1} more" if all_of[1:] else ""
    return f"{all_of[0]}{more}" if all_of else ""


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times in a row" if number > 2 else "twice"
