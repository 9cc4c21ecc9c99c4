"""The realiser: is told what changed, and sees to it that the northbound database has it.

    submit(batch) --> what waits, merged by unit --.
                                                   v
    no connection --> not the writer --> take over --> compare everything --> write what waits, and again
          ^                 ^                 |              |                        |
          '-----------------+-----------------+--------------+------------------------'
                   lock, token or connection lost; outcome unknown

Several may run against one database, each with all units: one of them writes, each can be asked to wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Literal, TypeAlias

import msgspec

from crossconnect.cloud.realise.facts import choose
from crossconnect.cloud.realise.fence import Fence, count_up, followed, recorded, writer
from crossconnect.cloud.realise.term import Book, Comparison, Failure, Term
from crossconnect.cloud.realise.unit import Batch, Unit
from crossconnect.errors import Retryable, Stale
from crossconnect.transport.ovsdb import (
    Backoff,
    Clock,
    Lock,
    OutcomeUnknown,
    OvsdbError,
    Replica,
    Session,
    SystemClock,
    rows,
)

Realised: TypeAlias = Literal["northbound", "southbound", "hypervisors"]
"""How far a change has come: committed; translated by northd; installed by every hypervisor's ovn-controller."""
_COLUMNS: Mapping[str, str] = {"southbound": "sb_cfg", "hypervisors": "hv_cfg"}
_FOR_EVER_S = 1e9
log = logging.getLogger("crossconnect.cloud.realise")


class Deposed(Stale):
    """The lock or the token is not ours any more."""


class Report(msgspec.Struct, frozen=True):
    """All changes up to `number` are in the northbound database, but for the `failures`: units that cannot be realised,
    and why. `first`: of a time of being the writer; what was told before that may have been told by another."""

    number: int
    failures: Mapping[str, str] = {}
    first: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a realiser behaves.

    `lock`: realisers of the same name take turns. `compare_interval_s`: how often everything is compared, which repairs
    what others did and tries again what failed; where a transaction shows that it is needed, it is done at once, but
    no more often than every `repair_interval_s`. `rewind`: write also when the database has a later change recorded
    than we were told; otherwise we wait until we are told, for it may come from a writer that knew more. That a store
    was restored from a copy is for people to say.
    """

    lock: str = "crossconnect"
    compare_interval_s: float = 600.0
    repair_interval_s: float = 1.0
    rewind: bool = False
    backoff: Backoff = Backoff(0.1, 5.0)


async def _first(*awaited: Awaitable[object]) -> None:
    """Wait until one of them is done, and end the others."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _ignore(_: Report) -> None:
    pass


class Realiser:
    """Use it as a context, inside that of its session."""

    def __init__(
        self,
        session: Session,
        token: str,
        options: Options | None = None,
        *,
        report: Callable[[Report], None] = _ignore,
        clock: Clock | None = None,
    ) -> None:
        """`token` is unlike that of any other realiser, past ones too. `report` is called by the writer whenever it has
        recorded a number; it returns at once."""
        self.reason = "it has not begun"
        """Why it is not writing; empty while it is."""
        self._session = session
        self._token = token
        self._options = options or Options()
        self._report = report
        self._clock = clock or SystemClock()
        self._terms = 0
        self._book = Book()
        self._pending: dict[str, Unit | None] = {}
        self._number = -1
        self._anew = False
        self._settings: Mapping[str, str] = {}
        self._work = asyncio.Event()
        self._comparisons: list[asyncio.Future[Comparison]] = []
        self._counting: asyncio.Task[int] | None = None
        self._counted: asyncio.Task[int] | None = None
        self._replica: Replica | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Realiser:
        self._replica = self._session.replica(choose)
        self._task = asyncio.create_task(self._run(), name="realiser")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        with contextlib.suppress(OvsdbError):  # a connection that has ended has given it up
            await self._session.unlock(self._options.lock)
        for future in self._comparisons:
            future.cancel()
        if not self._task.cancelled() and kind is None and (failure := self._task.exception()):
            raise failure

    # For users.

    @property
    def replica(self) -> Replica:
        """What is in the database."""
        assert self._replica is not None, "a realiser is used as a context"
        return self._replica

    @property
    def number(self) -> int:
        """Up to which change all is in the database, whoever wrote it; -1 before anything is."""
        return recorded(self.replica)

    @property
    def writing(self) -> bool:
        """Whether it is the one that writes."""
        return not self.reason

    @property
    def failures(self) -> Mapping[str, str]:
        """Units that cannot be realised, as far as this realiser has tried, and why."""
        return {key: failure.reason for key, failure in self._book.failures.items()}

    def replace(self, units: Mapping[str, Unit], number: int, settings: Mapping[str, str] | None = None) -> None:
        """All units there are, as of the change `number`, and pairs that `NB_Global.options` is to have. Nothing is
        written before this was called once."""
        self._settings = settings or {}
        self._pending = dict(units)
        self._number = number
        self._anew = True
        self._work.set()

    def submit(self, batch: Batch) -> None:
        """Units that changed. Those of a unit that wait already are replaced."""
        for key, unit in batch.units.items():
            self._pending.pop(key, None)
            self._pending[key] = unit
        self._number = batch.number
        self._work.set()

    async def compare(self) -> Comparison:
        """Compare everything, as soon as this realiser writes."""
        future: asyncio.Future[Comparison] = asyncio.get_running_loop().create_future()
        self._comparisons.append(future)
        self._work.set()
        return await future

    async def wait(self, number: int, realised: Realised = "northbound", timeout_s: float = 30.0) -> None:
        """Wait until all changes up to `number` have come so far. TimeoutError, with what is missing."""
        began_s = self._clock.now_s()

        def left_s() -> float:
            self._check()
            return max(0.0, timeout_s - (self._clock.now_s() - began_s))

        try:
            await self.recorded(number, left_s)
            if column := _COLUMNS.get(realised):
                wanted = await self.count_up(left_s)
                await self.replica.wait_until(lambda found: followed(found, column) >= wanted, left_s())
        except TimeoutError as e:
            self._check()
            raise TimeoutError(
                f"change {number} is not realised within {timeout_s:g} s: {self._missing(number)}"
            ) from e

    async def recorded(self, number: int, left_s: Callable[[], float]) -> None:
        """Wait until all changes up to `number` are in the northbound database. TimeoutError."""
        await self.replica.wait_until(lambda found: recorded(found) >= number, left_s())

    def _missing(self, number: int) -> str:
        if self.number >= number:
            return "it is in the northbound database, and northd or a hypervisor has not followed"
        if not self.replica.current:
            return f"there is no connection to the northbound database: {self._session.reason}"
        return f"the northbound database has {self.number}" + (f"; {self.reason}" if self.reason else "")

    def _check(self) -> None:
        """Raise what the realiser has died of."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    # Asking the others.

    async def count_up(self, left_s: Callable[[], float]) -> int:
        """A value of `nb_cfg` that was set after this call: whoever has come so far has all that was there. Those who
        ask at the same time share one. TimeoutError."""
        while True:
            if self._counting is None:
                self._counting = asyncio.create_task(self._count(self._counted))
            try:
                async with asyncio.timeout(left_s()):
                    return await asyncio.shield(self._counting)
            except (Retryable, OutcomeUnknown):
                await self._clock.sleep(min(self._options.backoff.first_s, left_s()))
                if not left_s():
                    raise TimeoutError from None

    async def _count(self, before: asyncio.Task[int] | None) -> int:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._counted, self._counting = self._counting, None
        schema = await self._session.connected()
        results = await self._session.transact(count_up(schema))
        [row] = rows(schema.table("NB_Global"), results[1]) or [{}]
        value = row.get("nb_cfg")
        if not isinstance(value, int):
            raise Deposed("the northbound database has no NB_Global yet")
        return value

    # Writing.

    async def _run(self) -> None:
        attempts = 0
        while True:
            began_s = self._clock.now_s()
            try:
                await self._serve()
            except (OvsdbError, Deposed, TimeoutError) as e:
                self.reason = str(e) or "no answer"
            except Exception as e:
                # A bug of ours; the next term compares everything.
                log.exception("writing the northbound database")
                self.reason = f"a bug: {e!r}"
            attempts = 1 if self._clock.now_s() - began_s > self._options.backoff.max_s else attempts + 1
            await self._clock.sleep(self._options.backoff.pause_s(attempts, 1, 0.5))

    async def _serve(self) -> None:
        """Become the writer, and write until something ends that. Deposed, OvsdbError."""
        await self._session.connected()
        lock = self._session.lock(self._options.lock)
        self.reason = "another realiser writes"
        await lock.acquired()
        await self.replica.loaded()
        await self._known(lock)
        self._terms += 1
        fence = Fence(self._options.lock, f"{self._token}.{self._terms}")
        # The schema of now: the database may have been converted while we waited.
        term = Term(self._session, self.replica, self._session.schema, fence, self._book)
        await term.begin()
        lost = asyncio.create_task(self._lost(lock, fence))
        try:
            self.reason = ""
            await self._compare(term, first=True)
            await self._write(term, lost)
        finally:
            self.reason = self.reason or "it is not the writer any more"
            lost.cancel()
            with contextlib.suppress(asyncio.CancelledError, Deposed):
                await lost

    async def _known(self, lock: Lock) -> None:
        """Wait until we were told all that the database has: what it has beyond that would be deleted."""
        while True:
            self._work.clear()
            if self._number >= 0 and (self._number >= self.number or self._options.rewind):
                return
            self.reason = f"the database has change {self.number}, and we were told up to {self._number}"
            if self._number < 0:
                self.reason = "it was told nothing yet"
            await _first(self._work.wait(), lock.lost())
            if not lock.held:
                raise Deposed("the lock was lost")

    async def _lost(self, lock: Lock, fence: Fence) -> None:
        """Until we may not write any more: Deposed."""
        await _first(
            lock.lost(),
            self.replica.wait_until(lambda found: not found.current or writer(found) != fence.token, _FOR_EVER_S),
        )
        raise Deposed("the lock was lost" if not lock.held else "the database was taken over, or wiped")

    async def _write(self, term: Term, lost: asyncio.Task[None]) -> None:
        """Write what waits, for as long as we may."""
        compared_s = self._clock.now_s()
        while not lost.done():
            interval_s = self._options.repair_interval_s if term.drifted else self._options.compare_interval_s
            due_s = compared_s + interval_s - self._clock.now_s()
            if self._anew or self._comparisons or due_s <= 0 or self._is_unknown():
                compared_s = self._clock.now_s()
                await self._compare(term)
            elif self._pending or self._number != self.number:
                await self._change(term)
            else:
                self._work.clear()
                await _first(self._work.wait(), asyncio.shield(lost), self._clock.sleep(due_s))
        await lost

    def _is_unknown(self) -> bool:
        """Whether a unit waits of which we do not know what is there."""
        failures = self._book.failures
        return bool(failures) and any(key in failures and failures[key].unknown for key in self._pending)

    async def _change(self, term: Term) -> None:
        units, self._pending = self._pending, {}
        number = self._number
        if not await term.change(units, number):
            await term.record(number)
        self._report(Report(number, self.failures))

    async def _compare(self, term: Term, *, first: bool = False) -> None:
        if self._anew:
            self._anew = False
            self._book = Book(self._settings)
            term.book = self._book
        units, self._pending = self._pending, {}
        number = self._number
        asked, self._comparisons = self._comparisons, []
        try:
            for key, unit in units.items():
                failure = self._book.failures.get(key)
                if failure:
                    self._book.fail(key, Failure(unit, failure.reason, failure.instead, failure.unknown))
                else:
                    self._book.desired.apply({key: unit})
            comparison = await term.compare(again=term.drifted or (first and self._terms > 1))
            await term.record(number)
        except BaseException:
            self._comparisons += asked
            raise
        for future in asked:
            if not future.done():
                future.set_result(comparison)
        self._report(Report(number, self.failures, first))
