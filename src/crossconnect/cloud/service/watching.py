"""What a reader of the changes is told of states: when resources have become available, or have failed.

Nothing is stored for it. A commit is realised when the region's number says so, which a look at the store tells; what
failed is a list in the store. So a reader that comes back is told where things stand, whatever it has missed:

    realised 40, all that are failed --> commits 41, 42 --> realised 42: resources of 41 and 42 --> ...

Whatever it knows at a revision up to `realised`, and is not told of as failed, is available.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from crossconnect.cloud.service.outcome import States
from crossconnect.cloud.store import settling
from crossconnect.cloud.store.settling import Settled

LOOK_S = 0.1
"""How often it is looked at most, which takes 1 ms: of many commits at once, one look tells all."""
STEP = 1_000
"""Commits that are told at a time: who comes back after OVN was away an hour is not sent all in one event."""


class Watcher:
    """Of one reader."""

    def __init__(self, project_id: str | None, after: int) -> None:
        """The reader knows the commits up to `after`. `project_id`: none for all projects."""
        self._project_id = project_id
        self._after = after
        self._realised = -1
        """Up to which number it has been told; -1: nothing yet."""
        self._failed: dict[str, Settled] = {}
        self.behind = False
        """Whether there is more to tell."""

    def look(self, connection: Connection, realised: int, last: int) -> States | None:
        """What has become of the commits up to `last`, which the reader has been sent; none where that is no news."""
        first = self._realised < 0
        before = min(realised, self._after) if first else min(realised, self._realised)
        now = min(realised, last, before + STEP)
        self.behind = now < min(realised, last)
        gone_back = realised < self._realised  # the northbound database was lost
        self._realised = now
        found = list(settling.settled(connection, self._project_id, before, now)) if now > before else []
        found += self._others(connection, now, {one.id for one in found})
        if not (first or gone_back or found):
            return None
        return States(realised=now, resources=tuple(found))

    def _others(self, connection: Connection, now: int, told: set[str]) -> Sequence[Settled]:
        """Resources of earlier commits that fail since, for another reason, or no more."""
        failed = {one.id: one for one in settling.failed(connection, self._project_id, now)}
        had, self._failed = self._failed, failed
        new = [one for id, one in failed.items() if id not in told and had.get(id) != one]
        gone = [id for id in had if id not in failed and id not in told]
        return [*new, *settling.these(connection, self._project_id, gone, now)]
