"""Waiting for what a lab does in its own time, on a machine that others use as well: conditions, generous limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from crossconnect.errors import Rejected, Unreachable
from crossconnect.lab import Lab, Ping, ping_matrix, wait_converged

LIMIT_S = 120.0
"""After which something does not come any more. A quiet machine needs 1 to 10 s for anything that is waited for."""
POLL_S = 0.5

T = TypeVar("T")


def eventually(look: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """What `look` says once that is true, or the last that it has said. Who does not answer is asked again."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            found = look()
        except (Rejected, Unreachable):
            if time.monotonic() > deadline:
                raise
        else:
            if found or time.monotonic() > deadline:
                return found
        time.sleep(POLL_S)


def unanswered(lab: Lab, pings: Sequence[Ping], limit_s: float = LIMIT_S) -> list[Ping]:
    """Which of them still have no answer when the time is up."""
    left = list(pings)

    def ask() -> bool:
        left[:] = [result.ping for result in ping_matrix(lab, left) if not result.answered]
        return not left

    eventually(ask, limit_s)
    return left


def converges(lab: Lab) -> bool:
    """Whether a lab settles with all its sessions, sooner or later."""
    return wait_converged(lab, timeout_s=LIMIT_S).converged
