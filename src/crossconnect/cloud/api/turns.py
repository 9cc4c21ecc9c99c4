"""Changes that are made of what is there: read, merged, and written if nobody was faster; else once more.

read --> merge --> write on condition of the revision --> done
  ^                         | somebody was faster
  +----- wait a moment <----+
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crossconnect.cloud.resource import Problem, Refused

T = TypeVar("T")

ATTEMPTS_MAX = 40
"""Each one in vain is one of somebody else's that was not: so many may change one resource at once."""
_PAUSE_S = 0.001
_PAUSE_MAX_S = 0.2


async def in_turn(attempt: Callable[[], Awaitable[T]]) -> T:
    """What comes of an attempt that nobody has overtaken. `attempt` reads anew each time, and is refused with 412 where
    somebody was faster. Raises what `others_first` does."""
    number = 0
    while True:
        try:
            return await attempt()
        except Refused as refused:
            await others_first(number, refused)
        number += 1


async def others_first(attempt: int, refused: Refused) -> None:
    """Let those who were faster go on, before the next attempt; `attempt` counts from 0. Raises what was refused for
    another reason, and after the last attempt 503: the client, which made no condition, has not been told of one."""
    if refused.status != 412:
        raise refused
    if attempt >= ATTEMPTS_MAX - 1:
        raise Refused(
            503, Problem("store.busy", "others change it all the time; nothing has been done, try again")
        ) from refused
    await asyncio.sleep(random.uniform(0, min(_PAUSE_S * 2**attempt, _PAUSE_MAX_S)))
