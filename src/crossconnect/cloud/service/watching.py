"""What a reader of the changes is told of states: when resources have become available, or have failed.

Nothing is stored for it. A commit is realised when the region's number says so, which a look at the store tells; what
failed is a list in the store. So a reader that comes back is told where things stand, whatever it has missed:

    realised 40, all that are failed --> commits 41, 42 --> realised 42: resources of 41 and 42 --> ...

Whatever it knows at a revision up to `realised`, and is not told of as failed, is available.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from crossconnect.cloud.service.outcome import States
from crossconnect.cloud.store import settling
from crossconnect.cloud.store.settling import Settled

LOOK_S = 0.1
"""How often it is looked at most, which takes 1 ms: of many commits at once, one look tells all."""
STEP = 1_000
"""Commits that are told at a time: who comes back after OVN was away an hour is not sent all in one event."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader has been told."""

    project_id: str | None
    """Whose reader; none: of all projects."""
    after: int
    """The commits that it knew when it came."""
    realised: int = -1
    """Up to which number; -1: nothing yet."""
    failed: Mapping[str, Settled] = {}
    """By id."""
    behind: bool = False
    """Whether there is more to tell at once."""


def look(connection: Connection, told: Told, realised: int, last: int) -> tuple[States | None, Told]:
    """(What has become of the commits up to `last`, which the reader has been sent; none where that is no news. What it
    has been told then.)"""
    first, gone_back = told.realised < 0, realised < told.realised  # the northbound database was lost
    before = min(realised, told.after if first else told.realised)
    now = min(realised, last, before + STEP)
    found = list(settling.settled(connection, told.project_id, before, now)) if now > before else []
    failed = {one.id: one for one in settling.failed(connection, told.project_id, now)}
    found += _others(connection, told, failed, now, {one.id for one in found})
    after = msgspec.structs.replace(told, realised=now, failed=failed, behind=now < min(realised, last))
    return (States(realised=now, resources=tuple(found)) if first or gone_back or found else None), after


def _others(
    connection: Connection, told: Told, failed: Mapping[str, Settled], now: int, said: set[str]
) -> Sequence[Settled]:
    """Resources of earlier commits that fail since, for another reason, or no more."""
    new = [one for id, one in failed.items() if id not in said and told.failed.get(id) != one]
    gone = [id for id in told.failed if id not in failed and id not in said]
    return [*new, *settling.these(connection, told.project_id, gone, now)]
