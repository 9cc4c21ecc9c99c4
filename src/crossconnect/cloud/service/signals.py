"""How those who wait hear of commits: of this process's by its writer, of other processes' by PostgreSQL's NOTIFY, and
by looking twice a second where somebody waits.

One task looks, however many wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.5
"""How often it is looked without a notice: another process on an SQLite file gives none."""
LISTEN_S = 0.2
"""How often the listener looks whether it is to end, and tries again after a loss."""


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for an event, or for that long. Not by `wait_for`, which loses a cancellation that comes with the event
    (Python before 3.12)."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()


class Signals:
    """The last known position of the store. Lives in one event loop."""

    def __init__(self, look: Callable[[], Awaitable[tuple[int, int]]]) -> None:
        """`look` reads (number of the last commit, number up to which all is realised)."""
        self._look = look
        self._poke = asyncio.Event()
        self._news = asyncio.Event()
        self._waiting = 0
        self._told = 0
        self._missed = True
        """Whether something was told of while nobody waited."""
        self._looked_s = 0.0
        self.head = 0
        self.realised = 0
        self._task = asyncio.get_running_loop().create_task(self._watch())

    @property
    def standing(self) -> tuple[int, int]:
        """Up to which number all is realised, and how often this process has been told of it: another value means that
        others may be realised, or have failed."""
        return self.realised, self._told

    def poke(self) -> None:
        """Something may have happened."""
        self._poke.set()

    def tell(self, head: int, realised: int | None) -> None:
        """This process has committed: the number of the last commit, and that up to which all is realised, if the
        commit says so. Commits are told in their order."""
        self._told += realised is not None
        self._set(head, self.realised if realised is None else realised, told=realised is not None)

    async def until(self, met: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until a condition on `head` and `realised` is met, or give up."""
        end = time.monotonic() + timeout_s
        self._waiting += 1
        if self._waiting == 1 and (self._missed or time.monotonic() - self._looked_s > POLL_S):
            self._poke.set()  # nobody has looked for a while
        try:
            while not met():
                left_s = end - time.monotonic()
                if left_s <= 0:
                    return False
                await _wait(self._news, left_s)
            return True
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the task."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        while True:
            await _wait(self._poke, POLL_S)
            poked = self._poke.is_set()
            self._poke.clear()
            if not self._waiting:
                self._missed |= poked
                continue
            with contextlib.suppress(Exception):  # the database is away: those who wait go on waiting
                told, self._missed, self._looked_s = self._told, False, time.monotonic()
                head, realised = await self._look()
                # What was told meanwhile is newer than the answer.
                self._set(head, realised if told == self._told else self.realised)

    def _set(self, head: int, realised: int, *, told: bool = False) -> None:
        if head > self.head or realised != self.realised or told:
            self.head, self.realised = max(head, self.head), realised
            news, self._news = self._news, asyncio.Event()
            news.set()


class Listener:
    """A thread with a connection of its own on which PostgreSQL tells of other processes' commits."""

    def __init__(self, address: str, channel: str, own: str, heard: Callable[[], None]) -> None:
        """`address` is libpq's; `own` is what this process says on the channel, and knows already; `heard` is called in
        the loop's thread."""
        self._address = address
        self._channel = channel
        self._own = own
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread. May take a second."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        import psycopg
        from psycopg import sql

        while not self._ended.is_set():
            try:
                with psycopg.connect(self._address, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                    self._tell()  # of what happened before
                    while not self._ended.is_set():
                        for notice in connection.notifies(timeout=LISTEN_S, stop_after=1):
                            if notice.payload != self._own:
                                self._tell()
            except psycopg.Error:
                self._ended.wait(LISTEN_S)

    def _tell(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._heard)
