"""The machinery under the service: the writer, readers, and who hears of commits."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import administration, expiring
from crossconnect.cloud.service.environment import Environment
from crossconnect.cloud.service.progress import Progress
from crossconnect.cloud.service.signals import Listener, Signals
from crossconnect.cloud.store import audit
from crossconnect.cloud.store.database import READERS, Database, is_transient
from crossconnect.cloud.store.migrate import migrate
from crossconnect.cloud.store.reading import REALISED, SEQUENCE, counters_of
from crossconnect.cloud.store.records import AuditRecord
from crossconnect.cloud.store.writer import AWAY, CHANNEL, Transaction, Writer

T = TypeVar("T")

PATIENCE_S = 5.0
"""How long a question waits for a database that is away."""
AUDIT_AT_ONCE = 2_000
"""Lines of the audit record that are forgotten in one transaction: some 10 ms."""
CATCH_UP_S = 0.05
"""How long the database may not know how far the realiser is, where one process is all there is."""
CLEAR_UP_S = 60.0
"""How often old tokens and changes are cleared away."""


class Engine:
    """Of one process, in one event loop."""

    def __init__(self, database: Database, environment: Environment) -> None:
        """The tables are up to date. Starts threads."""
        self._database = database
        self._environment = environment
        self._loop = asyncio.get_running_loop()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self.progress = Progress()
        self.signals = Signals(self.position)
        self._alone = not database.postgresql
        environment.floor = self._floor
        self._behind = asyncio.Event()
        """Set while the database has not been told how far the realiser is."""
        self._writer = Writer(database, self._loop, self._committed)
        self._listener = (
            Listener(database.address, CHANNEL, self._writer.name, self.signals.poke) if database.postgresql else None
        )
        self._tasks = [self._loop.create_task(work) for work in (self._clear_up(), self._catch_up())]

    @classmethod
    async def start(cls, url: str, environment: Environment) -> Engine:
        """Open a database and bring its tables up to date."""
        database = Database(url)
        await asyncio.to_thread(migrate, database)
        return cls(database, environment)

    async def close(self) -> None:
        """Finish what waits, and end the threads."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._behind.is_set():
            with contextlib.suppress(Refused, DBAPIError):  # the next process compares everything anyway
                await self._write_behind()
        await self.signals.close()
        await asyncio.to_thread(self._writer.close)
        if self._listener is not None:
            await asyncio.to_thread(self._listener.close)
        await asyncio.to_thread(self._readers.shutdown)
        self._database.close()

    async def read(self, question: Callable[[Connection], T]) -> T:
        """Ask something as of one moment. Refused (503) where the database does not answer."""
        return await self._loop.run_in_executor(self._readers, self._ask, question)

    async def glance(self, question: Callable[[Connection], T]) -> T:
        """Ask for what an index finds at once. Refused (503) where the database does not answer."""
        if self._alone:
            with contextlib.suppress(DBAPIError):  # who reads in a thread has patience
                return self._database.glance(question)
        return await self.read(question)

    async def write(
        self,
        work: Callable[[Transaction], T],
        note: Callable[[Transaction, T | Refused], AuditRecord | None],
        *,
        lasting: bool = True,
    ) -> T:
        """Do something in the writer's transaction (see `Writer.submit`). Who goes away does not undo it."""
        return await asyncio.shield(self._writer.submit(work, note, lasting=lasting))

    def write_down(self, line: AuditRecord) -> None:
        """Add a line to the audit record soon."""
        self._writer.write_down(line)

    async def position(self) -> tuple[int, int]:
        """(number of the last commit, number up to which all is realised)."""
        floor = self._floor()
        at = await self.read(counters_of)
        return at[SEQUENCE], max(at[REALISED], floor)

    def _ask(self, question: Callable[[Connection], T]) -> T:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                with self._database.reading() as connection:
                    return question(connection)
            except DBAPIError as error:
                if not is_transient(error):
                    raise
                self._database.drop_readers()
                if time.monotonic() > end:
                    raise Refused(503, AWAY) from error
                time.sleep(0.1)

    def _committed(self, transaction: Transaction | None) -> None:
        if transaction is None:
            self.signals.poke()
            return
        self.progress.committed(transaction.start, transaction.commits)
        realised = transaction.realised
        # What is written at leisure may be old by now.
        self.signals.tell(transaction.number, realised if realised is None else max(realised, self._floor()))

    async def realised(self, number: int, failures: Mapping[str, str], cleared: Sequence[str]) -> None:
        """See `Service.realised`. Where this is the only process, the database is told at leisure: who asks is answered
        by what this process knows."""
        known = self.progress
        # A failure's line is written each time: who changes a resource takes it away.
        plain = not failures and not cleared and not known.failures
        if plain and self._alone and 0 <= known.realised <= number:
            known.say(number, failures)
            self.signals.tell(self.signals.head, number)
            self._behind.set()
            return
        if number < known.realised:  # readers must not hold on to what is lost
            known.say(number, known.failures)
        await self.write(
            lambda tx: administration.realised(tx, number, failures, cleared),
            lambda _tx, _result: None,
            lasting=False,  # after a loss of power the realiser says it again
        )
        known.say(number, dict(failures))

    def _floor(self) -> int:
        return self.progress.realised if self._alone else -1

    async def _catch_up(self) -> None:
        """Tell the database how far the realiser is, some times a second."""
        while True:
            await self._behind.wait()
            await asyncio.sleep(CATCH_UP_S)
            self._behind.clear()
            with contextlib.suppress(Refused, DBAPIError):  # with the next number again
                await self._write_behind()

    async def _write_behind(self) -> None:
        await self.write(
            lambda tx: administration.realised(tx, self.progress.realised, {}, ()),
            lambda _tx, _result: None,
            lasting=False,
        )

    async def _clear_up(self) -> None:
        while True:
            await asyncio.sleep(CLEAR_UP_S)
            with contextlib.suppress(Refused, DBAPIError):  # again in a minute
                await self.clear_up()

    async def clear_up(self) -> None:
        """End what has ended by time, and forget what is too old."""
        now = int(self._environment.clock().timestamp())
        ids = await self.read(lambda connection: expiring.due(connection, self._environment))
        if ids:
            await self.write(lambda tx: expiring.end(tx, self._environment, ids), lambda _tx, _result: None)
        await self.write(lambda tx: administration.clear_up(tx, now), lambda _tx, _result: None)
        if days := self._environment.settings.audit_days:
            await self._clear_audit(self._environment.text(self._environment.clock() - timedelta(days=days)))

    async def _clear_audit(self, at: str) -> None:
        """Forget the audit record's lines from before a time, part by part, so that nobody waits for it."""
        while number := await self.read(lambda connection: audit.older(connection, at, AUDIT_AT_ONCE)):
            await self.write(lambda tx, number=number: audit.clear(tx.connection, number), lambda _tx, _result: None)
