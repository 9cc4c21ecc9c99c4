"""The one writer of a process: a thread that does all commands that wait in one transaction.

    submit(work) -> queue -> [ lock the sequence | savepoint work | savepoint work | ... | audit lines | commit ]
         ^                                                                                      |
         '--- futures: results, or Refused of the one whose savepoint was rolled back  <--------'

A commit waits for the disk, and on PostgreSQL for the sequence's lock, too: eight clients that wait for one commit are
faster than one. What came of a command is told after the commit, and when that is on the disk, never before. On SQLite
those who follow commits begin when it is made: the realiser works while the disk writes, and what it wrote would be
undone at its next start, if the commit were lost with the machine's power.

The database may go away at any moment. Before the commit that means that nothing has happened, and the batch is done
again on a new connection. In the commit it means that nobody knows: the batch's mark in the changes feed says it, and
if that cannot be asked for, the caller is told that it is not known.
"""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from crossconnect.cloud.resource import Problem, Refused
from crossconnect.cloud.store import audit, feed
from crossconnect.cloud.store.database import Database, is_transient
from crossconnect.cloud.store.prepared import Prepared, plain
from crossconnect.cloud.store.reading import SEQUENCE
from crossconnect.cloud.store.records import AuditRecord, Commit
from crossconnect.cloud.store.tables import counters

T = TypeVar("T")

BATCH_MAX = 64
BATCH_S = 0.05
"""A batch ends after so many commands, or so many seconds: the first of them waits for the last."""
WAITING_MAX = 10_000
"""Commands and audit lines that may wait. More means that the database does not keep up."""
PATIENCE_S = 10.0
"""How long a command waits for a database that is away: a restart of PostgreSQL takes a few seconds."""
FLUSH_S = 0.5
"""How long an audit line without a command waits."""
CHANNEL = "crossconnect"
"""Of PostgreSQL's NOTIFY."""

_LOCK = Prepared(select(counters.c.value).where(counters.c.name == SEQUENCE).with_for_update())
_ADVANCE = Prepared(update(counters).where(counters.c.name == SEQUENCE).values(value=bindparam("n")))

AWAY = Problem("store.unavailable", "the store's database does not answer; nothing has been done; try again")
BUSY = Problem("store.busy", "too many commands wait; nothing has been done; try again")
WRONG = Problem("internal.error", "a mistake of ours")
UNKNOWN = Problem(
    "store.unknown",
    "the store's database went away while it confirmed: whether the command was carried out is not known; "
    "ask again under the same idempotency token, or look",
)


class Undone(Exception):
    """Raised by a command that wants to be rolled back and yet has a result: a dry run."""

    def __init__(self, result: object) -> None:
        """What the caller is told."""
        super().__init__()
        self.result = result


class Transaction:
    """A batch's transaction. Who has it holds the sequence's lock: no other command runs, in no process."""

    def __init__(self, connection: Connection, sequence: int) -> None:
        """`sequence` is the number of the last commit."""
        self.connection = connection
        self.batch = uuid.uuid4().hex
        self.number = sequence
        self.start = sequence
        self.commits: list[Commit] = []
        """What it adds to the changes feed: all numbers behind `start`, in their order."""
        self.realised: int | None = None
        """Up to which number all is realised, where that is said in this transaction."""

    def next(self) -> int:
        """The number of a command that changes something."""
        self.number += 1
        return self.number


class _Job(Generic[T]):
    def __init__(
        self,
        work: Callable[[Transaction], T],
        note: Callable[[Transaction, T | Refused], AuditRecord | None],
        future: asyncio.Future[T],
        lasting: bool,
    ) -> None:
        self.work = work
        self.note = note
        self.future = future
        self.lasting = lasting
        self.deadline = time.monotonic() + PATIENCE_S


_Result = tuple[_Job[Any], object]


class _Unsure:
    """In place of a transaction of which it is not known whether it was committed."""


UNSURE = _Unsure()


class Writer:
    """Used from the loop's thread."""

    def __init__(
        self,
        database: Database,
        loop: asyncio.AbstractEventLoop,
        committed: Callable[[Transaction | None], None],
    ) -> None:
        """`committed` is called in the loop after each commit that others may wait for, with its transaction; none
        where it is not known whether it was committed. Those who wait for the commands are told next."""
        self.name = uuid.uuid4().hex
        """By which this process knows its own notices."""
        self._database = database
        self._loop = loop
        self._committed = committed
        self._connection: Connection | None = None
        self._condition = threading.Condition()
        self._jobs: deque[_Job[Any]] = deque()
        self._lines: deque[audit.Line] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        work: Callable[[Transaction], T],
        note: Callable[[Transaction, T | Refused], AuditRecord | None],
        *,
        lasting: bool = True,
    ) -> asyncio.Future[T]:
        """Do something in a savepoint of its own, and write what `note` says of the result, or of the refusal, into the
        audit record. Both may be done again, on a new connection: they touch nothing but the transaction. What is not
        `lasting` may be lost with the machine's power, which saves waiting for the disk."""
        future: asyncio.Future[T] = self._loop.create_future()
        with self._condition:
            if self._closing:
                future.set_exception(Refused(503, AWAY))
            elif len(self._jobs) >= WAITING_MAX:
                future.set_exception(Refused(503, BUSY))
            else:
                self._jobs.append(_Job(work, note, future, lasting))
                self._condition.notify()
        return future

    def write_down(self, record: AuditRecord) -> None:
        """Add a line to the audit record soon. Refused (503) where lines pile up: nothing happens without a record."""
        if len(self._lines) >= WAITING_MAX:
            raise Refused(503, BUSY)
        self._lines.append(audit.line(record))

    def close(self) -> None:
        """Finish what waits, and end the thread. May block."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._jobs and not self._closing:
                    if not self._condition.wait(FLUSH_S) and self._lines:
                        break
                if self._closing and not self._jobs and not self._lines:
                    break
            try:
                self._batch()
            except Exception as error:  # audit lines wait until they can be written
                self._drop_connection()
                if not isinstance(error, DBAPIError) or not is_transient(error):
                    self._complain(error)
                time.sleep(FLUSH_S)
                if self._closing and not self._jobs:
                    break
        self._drop_connection()

    def _batch(self) -> None:
        """One batch, until it is committed or given up."""
        first = self._next()
        jobs: list[_Job[Any]] = [] if first is None else [first]
        lines: list[audit.Line] = []
        pause_s = 0.02
        while True:
            results: list[_Result] = []
            doubt: tuple[int, str] | None = None
            lasting = not jobs or bool(self._lines or lines) or any(job.lasting for job in jobs)
            try:
                transaction = self._begin(lasting=lasting)
                start = transaction.start
                self._fill(transaction, jobs, lines if lasting else None, results)
                if transaction.number != start:
                    _ADVANCE.run(transaction.connection, {"n": transaction.number})
                news = transaction if transaction.realised is not None or transaction.number != start else None
                if news is not None and self._database.postgresql:
                    plain(transaction.connection, f"NOTIFY {CHANNEL}, '{self.name}'")
                doubt = (transaction.number, transaction.batch) if transaction.number != start else None
                transaction.connection.commit()
            except DBAPIError as error:
                self._drop_connection()
                if not is_transient(error):
                    self._lines.extendleft(reversed(lines))
                    return self._deliver([(job, error) for job in jobs])
                if doubt is not None and self._resolve(*doubt, self._deadline(jobs), (jobs, results)):
                    return None
                if not jobs or time.monotonic() > self._deadline(jobs):
                    self._lines.extendleft(reversed(lines))
                    if not jobs:
                        raise
                    return self._deliver([(job, Refused(503, AWAY)) for job in (*jobs, *self._late())])
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, 0.5)
            except Exception as error:  # a bug of ours: nobody waits for ever because of it
                self._drop_connection()
                self._lines.extendleft(reversed(lines))
                if not jobs:
                    raise
                return self._deliver([(job, error) for job in jobs])
            else:
                if lasting and self._database.lags:
                    results, news = self._last(jobs, results, news), None
                return self._deliver(results, news)

    def _last(self, jobs: Sequence[_Job[Any]], results: list[_Result], news: Transaction | None) -> list[_Result]:
        """Tell of a commit, wait until it is on the disk; what its commands are told then."""
        if news is not None:
            self._deliver((), news)
        try:
            self._database.last()
        except OSError:
            return [(job, Refused(503, UNKNOWN)) for job in jobs]
        return results

    def _fill(
        self, transaction: Transaction, jobs: list[_Job[Any]], lines: list[audit.Line] | None, results: list[_Result]
    ) -> None:
        """Do what waits: first what was in the batch before it failed, then more. Without `lines` only what does not
        have to last."""
        end = time.monotonic() + BATCH_S
        notes: list[audit.Line] = []
        done = 0
        while done < BATCH_MAX:
            if done == len(jobs):
                job = self._next(lasting=lines is not None) if time.monotonic() < end else None
                if job is None:
                    break
                jobs.append(job)
            results.append((jobs[done], self._do(transaction, jobs[done], notes)))
            done += 1
        while self._lines and lines is not None:
            lines.append(self._lines.popleft())
        audit.add(transaction.connection, [*(lines or ()), *notes])

    def _next(self, *, lasting: bool = True) -> _Job[Any] | None:
        """What waits, in its order; not what has to last, unless `lasting`."""
        with self._condition:
            while self._jobs and (lasting or not self._jobs[0].lasting):
                job = self._jobs.popleft()
                if not job.future.cancelled():
                    return job
        return None

    def _late(self) -> list[_Job[Any]]:
        """Take out of the queue those that have waited for a database that is away as long as any command does."""
        late: list[_Job[Any]] = []
        with self._condition:
            while self._jobs and self._jobs[0].deadline < time.monotonic():
                late.append(self._jobs.popleft())
        return late

    def _do(self, transaction: Transaction, job: _Job[Any], notes: list[audit.Line]) -> object:
        """One command in its savepoint."""
        connection, number, realised = transaction.connection, transaction.number, transaction.realised
        commits = len(transaction.commits)
        plain(connection, "SAVEPOINT command")
        try:
            result = job.work(transaction)
            self._database.settle(connection)
        except DBAPIError as error:
            if is_transient(error):
                raise
            result = error
        except Undone as undone:
            result = undone
        except Exception as error:
            result = error
        if isinstance(result, Exception):
            plain(connection, "ROLLBACK TO SAVEPOINT command")
            transaction.number, transaction.realised = number, realised
            del transaction.commits[commits:]
            if isinstance(result, Undone):
                result = result.result
        plain(connection, "RELEASE SAVEPOINT command")
        wrong = isinstance(result, Exception) and not isinstance(result, Refused)
        record = job.note(transaction, Refused(500, WRONG) if wrong else result)
        if record is not None:
            notes.append(audit.line(record))
        return result

    def _begin(self, *, lasting: bool) -> Transaction:
        if self._connection is None:
            self._connection = self._database.writer()
        self._database.begin(self._connection, lasting=lasting)
        return Transaction(self._connection, _LOCK.value(self._connection, {}))

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except DBAPIError:
                pass  # it is gone, which is what we want

    def _resolve(
        self, number: int, batch: str, deadline: float, batch_results: tuple[Sequence[_Job[Any]], list[_Result]]
    ) -> bool:
        """After a commit that failed: whether the batch's results stand, or cannot be known, and have been told. Else
        it is to be done again."""
        jobs, results = batch_results
        while True:
            try:
                with self._database.writing.connect() as connection:
                    if feed.is_in(connection, number, batch):
                        self._deliver(results, UNSURE)
                        return True
                    return False
            except DBAPIError as error:
                if not is_transient(error) or time.monotonic() > deadline:
                    self._deliver([(job, Refused(503, UNKNOWN)) for job in jobs], UNSURE)
                    return True
                time.sleep(0.1)

    @staticmethod
    def _deadline(jobs: Sequence[_Job[Any]]) -> float:
        return min((job.deadline for job in jobs), default=0.0)

    def _complain(self, error: Exception) -> None:
        context = {"message": "the audit record cannot be written", "exception": error}
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.call_exception_handler, context)

    def _deliver(self, results: Sequence[_Result], news: Transaction | _Unsure | None = None) -> None:
        """Tell who waits; `news`: what has been committed that others may wait for."""

        def deliver() -> None:
            if isinstance(news, Transaction):
                self._committed(news)
            elif news is not None:
                self._committed(None)
            for job, result in results:
                if job.future.done():
                    continue
                if isinstance(result, Exception):
                    job.future.set_exception(result)
                else:
                    job.future.set_result(result)

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(deliver)
