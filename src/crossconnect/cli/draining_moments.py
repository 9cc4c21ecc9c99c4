"""What a network is to be when a device has left traffic, and when it may come back: subjects of looks, in labs and on
devices.

    drained --> quiet: nobody sends it what has another way, held for a while --> its change
    its change --> ready: all its sessions and routes are there --> back into traffic
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from crossconnect.cli.holding import Subject
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Rejected
from crossconnect.rollout.looks import Key
from crossconnect.rollout.saved_plan import SavedPlan
from crossconnect.simulate.maintenance import drained_names

QUIET_S = 2
"""For which nobody may be seen to use a drained device: what a switch has in its routing table its hardware has a
moment later, and what is on the way has to arrive."""
OUTSIDE_S = 10
"""The same where it has routers outside as neighbours, which nobody can ask: SONiC tells them of the longer path 5 s
after it was configured (`bgp route-map delay-timer`), then they have to move."""


class Moments:
    """Of one plan."""

    def __init__(self, plan: SavedPlan, new: Blueprint, expected: Callable[..., Blueprint]) -> None:
        """`expected`: the network after a wave, by its number, with some devices drained."""
        self._waves = {wave.number: wave for wave in plan.waves}
        self._new, self._expected = new, expected
        self._out = drained_names(new) - frozenset(n for w in plan.waves for n in (*w.drain, *w.put_back))
        self._outside = frozenset(session.device for peer in new.peers for session in peer.sessions)
        self.moving = frozenset(n for w in plan.waves for n in (*w.drain, *w.put_back))
        """Devices that come back into traffic."""

    def quiet(self, number: int) -> Subject:
        """Before a wave's drained devices are changed."""
        wave = self._waves[number]
        return Subject(
            expected=self._expected(number - 1, wave.drain),
            wave=number - 1,
            probed=False,
            soak_s=OUTSIDE_S if self._outside.intersection(wave.drain) else QUIET_S,
            quiet=frozenset(wave.drain),
        )

    def ready(self, number: int) -> Subject:
        """Before they come back: after their change, or, where the change is that they come back, before it."""
        wave = self._waves[number]
        if wave.put_back:
            return Subject(
                expected=self._expected(number - 1), wave=number - 1, probed=False, complete=frozenset(wave.put_back)
            )
        return Subject(
            expected=self._expected(number, wave.drain), wave=number, probed=False, complete=frozenset(wave.drain)
        )

    def out_after(self, number: int) -> frozenset[str]:
        """Devices that are drained when a wave's gate is held."""
        done = (wave for wave in self._waves.values() if wave.number <= number)
        return frozenset((*self._waves[number].drain, *(n for w in done for n in w.devices if n in self._out)))


class Hold(Protocol):
    """How a gate is held."""

    def __call__(self, subject: Subject, excused: frozenset[Key] | None = None) -> str:
        """Raises Rejected when it does not hold."""
        ...


def ready(hold: Hold, subject: Subject, already: frozenset[Key], untold: tuple[str, ...] = ()) -> str:
    """See that devices have all that they need to come back into traffic. What they lacked before the plan, and lack
    still when the time is over, will not come: a cable that is out must not keep a switch out of traffic for good, so
    it is said. `untold`: how keys begin of what a device never tells, which nobody waits for. Raises Rejected."""
    theirs = frozenset(
        key for key in already if not key[0].startswith(untold) and not subject.complete.isdisjoint(key[1].split("/"))
    )
    if not theirs:
        return hold(subject)
    try:
        return hold(subject, already - theirs)
    except Rejected as error:
        return f"{hold(subject)}; as before the plan: {error}"
