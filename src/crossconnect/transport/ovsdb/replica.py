"""A copy of chosen tables in memory, kept up to date by a monitor.

    replica = session.replica(lambda schema: {"Logical_Switch_Port": Chosen(("name", "up"))})
    await replica.wait_until(lambda r: len(r.rows("Logical_Switch_Port")) > 10, timeout_s=5)
    async for transaction in replica.changes():
        for change in transaction.changes: ...

What readers are told is a history without gaps: each transaction of the server once, in order; after a reconnection
what changed meanwhile as one transaction, be it that the server still knew where we were or that all rows were loaded
again and compared. While there is no connection the rows stay as they were; `current` is then false.

When `Session.transact` returns, the replica of the same session has its effect already: the server tells a session's
monitors of a transaction before it answers it.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeAlias

import msgspec

from crossconnect.transport.ovsdb.errors import Overrun, OvsdbError
from crossconnect.transport.ovsdb.monitor import Monitor
from crossconnect.transport.ovsdb.schema import Schema
from crossconnect.transport.ovsdb.tables import Change, Choice, Tables, difference
from crossconnect.transport.ovsdb.types import Row, Uuid

READER_CHANGES_MAX = 1_000_000
"""Changes that may wait for one reader: a region's whole northbound, at 100 bytes each beside the rows."""


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """What changed in one step. `id` is the server's, zero where it has none; `reloaded`: found by comparison."""

    changes: tuple[Change, ...]
    id: Uuid
    reloaded: bool = False


Predicate: TypeAlias = "Callable[[Replica], bool]"


class _Reader:
    """One reader's backlog."""

    def __init__(self, changes_max: int) -> None:
        self.waiting: deque[Transaction] = deque()
        self.size = 0
        self.changes_max = changes_max
        self.overrun = False
        self.woken = asyncio.Event()

    def put(self, transaction: Transaction) -> None:
        self.size += len(transaction.changes)
        if self.size > self.changes_max:
            self.overrun = True
            self.waiting.clear()
        else:
            self.waiting.append(transaction)
        self.woken.set()


class Replica:
    """Rows by table and UUID. Rows are never changed in place: one that was read stays as it was."""

    def __init__(self) -> None:
        self.current = False
        """Whether the rows are the server's, but for what is on its way."""
        self.monitor: Monitor
        self._schema: Schema | None = None
        self._choice: Choice = {}
        self._tables: Tables | None = None
        self._next: Tables | None = None
        self._failure: OvsdbError | None = None
        self._reason = "none was made yet"
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._waiters: list[tuple[Predicate, asyncio.Future[None]]] = []

    # For users.

    def rows(self, table: str) -> Mapping[Uuid, Row]:
        """A table's rows as they are now; the mapping changes with the server's. Empty before the first load."""
        if self._tables is None:
            return {}
        return self._tables.tracked[table].rows

    @property
    def schema(self) -> Schema | None:
        """The schema that the rows follow."""
        return self._schema

    async def loaded(self, timeout_s: float = 30.0) -> None:
        """Wait for the first load."""
        await self.wait_until(lambda replica: replica.current, timeout_s)

    async def wait_until(self, predicate: Predicate, timeout_s: float) -> None:
        """Wait until the predicate holds; it is asked after each change, and when a connection ends.

        TimeoutError; any OvsdbError for which the server, or its schema, refuses the monitor.
        """
        if self._failure is not None:
            raise self._failure
        if predicate(self):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (predicate, future)
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError as e:
            now = "the rows are current" if self.current else f"there is no connection: {self._reason}"
            raise TimeoutError(f"not within {timeout_s:g} s; {now}") from e
        finally:
            self._waiters = [one for one in self._waiters if one is not entry]

    def changes(self, changes_max: int = READER_CHANGES_MAX) -> AsyncIterator[Transaction]:
        """The transactions from this call on. Overrun when more than `changes_max` changes have piled up."""
        reader = _Reader(changes_max)
        self._readers.add(reader)
        return self._read(reader)

    async def _read(self, reader: _Reader) -> AsyncIterator[Transaction]:
        try:
            while True:
                while reader.waiting:
                    transaction = reader.waiting.popleft()
                    reader.size -= len(transaction.changes)
                    yield transaction
                if reader.overrun:
                    raise Overrun(f"more than {reader.changes_max} changes were waiting to be read")
                if self._failure is not None:
                    raise self._failure
                reader.woken.clear()
                await reader.woken.wait()
        finally:
            self._readers.discard(reader)

    # For the monitor.

    def begin(self, schema: Schema, choice: Choice) -> bool:
        """A connection is there."""
        known, tables = self._schema, self._tables
        self._next = Tables(schema, choice)
        self._failure = None
        same = known is not None and known.text == schema.text
        columns = {name: chosen.columns for name, chosen in choice.items()}
        same = same and columns == {name: chosen.columns for name, chosen in self._choice.items()}
        self._schema, self._choice = schema, choice
        return same and tables is not None

    def load(self, updates: msgspec.Raw, version: int, transaction: Uuid) -> None:
        """All rows, from the server."""
        assert self._next is not None
        before, after = self._tables, self._next
        self._next = after.empty()
        after.apply(updates, version=version)
        self._tables = after
        self.current = True
        changes: list[Change] = []
        if self._readers:
            changes = difference(before or after.empty(), after)
        self._tell(changes, transaction, reloaded=True)

    def change(self, updates: msgspec.Raw, version: int, transaction: Uuid) -> None:
        """What changed, from the server."""
        assert self._tables is not None
        changes = self._tables.apply(updates, version=version)
        self.current = True
        self._tell(changes, transaction, reloaded=False)

    def ended(self, reason: str) -> None:
        """The connection is gone."""
        self.current = False
        self._reason = reason
        self._ask_waiters()

    def fail(self, error: OvsdbError) -> None:
        """The server refuses the monitor: whoever waits is told."""
        self._failure = error
        for _, future in self._waiters:
            if not future.done():
                future.set_exception(error)
        for reader in self._readers:
            reader.woken.set()

    def _tell(self, changes: list[Change], transaction: Uuid, *, reloaded: bool) -> None:
        if changes and self._readers:
            told = Transaction(tuple(changes), transaction, reloaded)
            for reader in self._readers:
                reader.put(told)
        self._ask_waiters()

    def _ask_waiters(self) -> None:
        for predicate, future in self._waiters:
            if future.done():
                continue
            try:
                if predicate(self):
                    future.set_result(None)
            except Exception as e:  # the caller's own code: its mistake is raised where it waits
                future.set_exception(e)
