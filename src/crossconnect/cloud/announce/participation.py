"""Whether a gateway node takes part: it leaves OVN while no leaf hears it, and joins when one does again. Pure.

OVN knows whether a chassis can be reached by others (BFD in the tunnels), not whether anybody else can. A gateway node
whose uplinks are all cut, or whose bgpd is dead, would go on having gateways that nobody can reach. An ovn-controller
that ends in order gives them away at once.

    alone for LEAVE_AFTER_S        --> leave
    heard for JOIN_AFTER_S         --> join            (also at boot, so that gateways do not come before routes)
"""

from __future__ import annotations

from typing import Literal

import msgspec

LEAVE_AFTER_S = 1.0
"""Sessions that all go at once and come back within it were reset, and leaves have kept the routes or not; moving the
gateways would cost more."""

JOIN_AFTER_S = 2.0
"""So that what has been announced is known at the borders when gateways come back."""

Action = Literal["", "leave", "join"]


class Participation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known, and what was done last."""

    alone: bool
    since_s: float
    """When that began."""
    done: Action = ""


def observe(state: Participation | None, alone: bool, now_s: float) -> Participation:
    """The state after a look at the sessions; `alone` says that there is none."""
    if state is None or state.alone != alone:
        return Participation(alone=alone, since_s=now_s, done=state.done if state is not None else "")
    return state


def action_of(state: Participation, now_s: float) -> Action:
    """What is to be done now; the caller notes it as `done`."""
    wanted: Action = "leave" if state.alone else "join"
    after_s = LEAVE_AFTER_S if state.alone else JOIN_AFTER_S
    return wanted if wanted != state.done and now_s - state.since_s >= after_s else ""
