"""Looking at a network again and again until its gate has an answer: the same for labs and for devices."""

from __future__ import annotations

import time
from collections.abc import Callable

from crossconnect.cli.output import say
from crossconnect.errors import Rejected
from crossconnect.rollout.looks import AGAIN_S, Gate, Look


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
