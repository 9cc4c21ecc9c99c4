"""When to try again: after each fruitless round of all remotes twice as long, with jitter."""

from __future__ import annotations

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Pauses from `first_s` to `max_s`.

    The first is short: a server that restarts is back within a tenth of a second. The longest is what a server that
    was down for an hour is found again after, while a
    thousand clients of it make about 170 attempts a second.
    """

    first_s: float = 0.1
    max_s: float = 8.0

    def pause_s(self, attempts: int, remotes: int, random: float) -> float:
        """Seconds to wait after `attempts` failures in a row at `remotes` addresses; `random` is from [0, 1).

        Within a round the next address is tried at once. Half of the pause is random, so that clients that lost the
        same server do not all come back in the same moment.
        """
        if attempts % remotes:
            return 0.0
        rounds = min(attempts // remotes, 32)
        return min(self.max_s, self.first_s * 2 ** (rounds - 1)) * (0.5 + random / 2)
