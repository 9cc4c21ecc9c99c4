"""Looking at a network again and again until its gate has an answer: the same for labs and for devices."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from crossconnect.cli.output import say
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Rejected
from crossconnect.rollout.looks import AGAIN_S, Gate, Look


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate is about."""

    expected: Blueprint
    """The network as it is to be."""
    soak_s: int = 0
    latest: float = math.inf
    """By the monotonic clock: when it would come too late."""
    wave: int = 0
    """After which wave; 0 before the first one."""
    probed: bool = True
    """Whether probes are sent: none fits a moment in the middle of a wave."""
    devices: tuple[str, ...] = ()
    """Whose ports' errors are compared."""
    quiet: frozenset[str] = frozenset()
    """Drained ones, that nobody is to send anything who has another way."""
    complete: frozenset[str] = frozenset()
    """Those that are to have all sessions and routes that they are simulated to have."""


def hold(
    gate: Gate,
    look: Callable[[Look | None], Look],
    *,
    poll_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[str], None] = say,
) -> str:
    """Look until the gate holds to its end, and say for how long it did. `look` is given the look before where that is
    doubted, so that only who was not well in it need be looked at. Raises Rejected where the gate fails."""
    doubted: Look | None = None
    while True:
        began = clock()
        found = look(doubted)
        answer = gate.after(found, began, clock())
        match answer.kind:
            case "held":
                return answer.text
            case "failed":
                raise Rejected(answer.text)
            case "again":
                if doubted is None:
                    tell(f"not well, so looked at again at once: {answer.text}")
                doubted = found
                sleep(AGAIN_S)
            case "wait":
                doubted = None
                sleep(poll_s)


def weigh(shortfalls: Iterable[str], before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Raise Rejected where probes fell short of their objectives, or ports count more errors than they did. A port that
    was not counted before has no new ones."""
    new = [f"{port} counts {n - before[port]} new errors" for port, n in after.items() if n > before.get(port, n)]
    if said := [*shortfalls, *new]:
        raise Rejected("; ".join(said[:3]))
