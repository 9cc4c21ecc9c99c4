"""How agents on nodes follow OVN's southbound database.

    session --monitor--> replica, as much of it as an agent reads
                            `--each change--> woken --> occasions: the agent does its work again

While the database cannot be reached the replica stays as it is, and is not `current`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence

from crossconnect.transport.ovsdb import Chosen, Options, Replica, Schema, Session

DATABASE = "OVN_Southbound"


class Southbound:
    """The database as one agent has it."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.woken = asyncio.Event()
        """Set when something has changed."""

    async def follow(self) -> None:
        """Until cancelled."""
        async for _ in self.replica.changes():
            self.woken.set()

    async def occasions(self, look_s: float, settle_s: float = 0.0) -> AsyncIterator[bool]:
        """When to work: at once, after each change, and when nothing has been looked at for `look_s`, be there a change
        or not; whether it is such a look. What changes within `settle_s` is one change."""
        now = asyncio.get_running_loop().time
        while True:
            yield True
            deadline = now() + look_s
            while (left := deadline - now()) > 0:
                try:
                    await asyncio.wait_for(self.woken.wait(), left)
                except TimeoutError:
                    continue
                self.woken.clear()
                await asyncio.sleep(settle_s)
                yield False


@contextlib.asynccontextmanager
async def southbound(remote: str, tables: Mapping[str, Sequence[str]]) -> AsyncIterator[Southbound]:
    """The database, followed in those columns of those tables that its version has."""

    def choose(schema: Schema) -> Mapping[str, Chosen]:
        return {name: Chosen(columns=tuple(columns)) for name, columns in tables.items() if name in schema.tables}

    options = Options(leader=False)  # a follower's word is good enough, and there is always one
    async with Session(remote, DATABASE, options) as session:
        followed = Southbound(session.replica(choose))
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(followed.follow())
            yield followed
            following.cancel()
