"""A session with a database: one connection at a time to the server that serves it best, over and over.

      us                                                        a server
      |  monitor_cond(_Server), set_db_change_aware, get_schema    |
      | ---------------------------------------------------------> |   all at once
      |  is it connected, is it the leader?                        |
      | <--------------------------------------------------------- |   no: the next remote
      |  lock(name)..., monitor_cond_since(id, last transaction)   |   what is wanted of every connection
      | ---------------------------------------------------------> |
      |  transact 7, transact 8, transact 9 ...                    |   pipelined: many outstanding
      | ---------------------------------------------------------> |
      |  update3 (of 7), answer 7, answer 8, ...                   |
      | <--------------------------------------------------------- |
      |  echo                            (each way, when quiet)    |
      | <--------------------------------------------------------> |
      |  update2(_Server): not the leader any more, new schema     |
      | <--------------------------------------------------------- |   finish what is outstanding, then move
      x  silence, or the socket closes                             x   transactions outstanding: OutcomeUnknown

RFC 7047 is the protocol; ovsdb-server(7) tells Open vSwitch's extensions, ovsdb-server(5) the `_Server` database.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType

import msgspec

from crossconnect.errors import BadInput
from crossconnect.transport.ovsdb.backoff import Backoff
from crossconnect.transport.ovsdb.clock import Clock, SystemClock
from crossconnect.transport.ovsdb.codec import Message
from crossconnect.transport.ovsdb.errors import ConnectionLost, NotConnected, NotSupported, OvsdbError, ProtocolError
from crossconnect.transport.ovsdb.framing import MESSAGE_BYTES_MAX
from crossconnect.transport.ovsdb.greeting import MONITOR, Greeting, ServerView, greet
from crossconnect.transport.ovsdb.leadership import Seen
from crossconnect.transport.ovsdb.link import Link, open_link
from crossconnect.transport.ovsdb.lock import Lock
from crossconnect.transport.ovsdb.monitor import METHODS, Choose, Monitor, Where, notification_params
from crossconnect.transport.ovsdb.operations import Operation, Result
from crossconnect.transport.ovsdb.remote import Remote, Tls, parse_remotes, tls_context
from crossconnect.transport.ovsdb.replica import Replica
from crossconnect.transport.ovsdb.schema import Schema


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a session behaves. Times in seconds.

    `leader`: in a cluster, stay with its leader; needed for locks, and faster for writers. `connect_timeout_s` is for
    connecting and being told the schema; `patience_s` is how long a transaction waits for a connection before it is
    refused unsent. After `probe_interval_s` of silence an echo is asked for, after `probe_timeout_s` more the server
    counts as dead: generous, since OVSDB's servers do nothing else while they compact a large database. `drain_s` is
    how long what is outstanding may take when the session moves. `transactions_max` limits those outstanding.
    """

    leader: bool = True
    tls: Tls | None = None
    connect_timeout_s: float = 10.0
    patience_s: float = 10.0
    probe_interval_s: float = 5.0
    probe_timeout_s: float = 25.0
    drain_s: float = 1.0
    transactions_max: int = 4096
    message_bytes_max: int = MESSAGE_BYTES_MAX
    backoff: Backoff = Backoff()
    monitor_methods: tuple[str, ...] = METHODS


class Session:
    """Use it as a context: `async with Session("unix:nb.sock", "OVN_Northbound") as session`."""

    def __init__(
        self,
        remotes: str,
        database: str,
        options: Options | None = None,
        *,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`remotes` as in `parse_remotes`; `chance` gives numbers from [0, 1). BadInput."""
        self.database = database
        self.options = options or Options()
        self._remotes = parse_remotes(remotes)
        self._context: ssl.SSLContext | None = tls_context(self.options.tls) if self.options.tls else None
        if self._context is None and any(remote.tls for remote in self._remotes):
            raise BadInput(f"{remotes}: an ssl: remote needs the files of TLS")
        self._clock = clock or SystemClock()
        self._chance = chance
        self._slots = asyncio.Semaphore(self.options.transactions_max)
        self._monitors: list[tuple[Monitor, Replica]] = []
        self._monitor_number = 0
        self._locks: dict[str, Lock] = {}
        self._schema: Schema | None = None
        self._seen = Seen()
        self._link: Link | None = None
        self._server: ServerView | None = None
        self._up = asyncio.Event()
        self._leaving: asyncio.Future[str] | None = None
        self._by_id: dict[bytes, Monitor] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._reason = "it has not been tried yet"

    async def __aenter__(self) -> Session:
        self._task = asyncio.create_task(self._run(), name=f"ovsdb {self.database}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self._task.cancelled() and kind is None and (failure := self._task.exception()):
            raise failure

    # For users.

    @property
    def schema(self) -> Schema:
        """The database's schema, as of the last connection. NotConnected before the first."""
        if self._schema is None:
            raise NotConnected(f"{self.database}: {self._reason}")
        return self._schema

    @property
    def remote(self) -> Remote | None:
        """The server that the session is connected to."""
        return self._link.remote if self._link else None

    @property
    def reason(self) -> str:
        """Why the last connection ended or was not made."""
        return self._reason

    async def connected(self, timeout_s: float | None = None) -> Schema:
        """Wait for a connection, at most `timeout_s` (the options' `patience_s`). NotConnected, with the reason."""
        await self._connection(timeout_s)
        return self.schema

    async def transact(self, operations: Sequence[Operation]) -> list[Result]:
        """Do the operations as one transaction: all or none. One result for each.

        NotConnected: not sent. TransactionError: not committed. OutcomeUnknown: see `once.py`. Calls that run at the
        same time are pipelined on the connection. One that is cancelled may have been committed.
        """
        async with self._slots:
            link = self._usable() or await self._connection(None)
            return await link.transact(self.database, operations)

    def replica(self, choose: Choose) -> Replica:
        """A copy of the tables and columns that `choose` names for the server's schema; see `replica.py`."""
        replica = Replica()
        replica.monitor = Monitor(replica, choose, self.options.monitor_methods)
        self._monitors.append((replica.monitor, replica))
        if self._link is not None:
            self._begin(self._establish(self._link, [(replica.monitor, replica)]))
        return replica

    async def change_conditions(self, replica: Replica, conditions: dict[str, Where]) -> None:
        """Have other rows in a replica; returns when they are there. NotSupported, RequestError, ConnectionLost."""
        await replica.monitor.change_conditions(conditions)

    def lock(self, name: str) -> Lock:
        """Want a lock from now on, on every connection; `Lock.acquired` waits for it. NotSupported."""
        return self._want(name, "lock")

    async def steal(self, name: str) -> Lock:
        """As `lock`, but take it from whoever holds it now. NotConnected, NotSupported."""
        link = await self._connection(None)
        known = name in self._locks
        lock = self.lock(name) if known else self._want(name, "steal")
        if known:
            # A lock that was asked for cannot be asked for otherwise before it is given up.
            link.request("unlock", [name], lambda _: None)
            lock.ask(link, "steal")
        return lock

    async def unlock(self, name: str) -> None:
        """Want the lock no longer, and give it up."""
        lock = self._locks.pop(name, None)
        if lock is not None:
            lock.ended()
            if self._link is not None:
                await self._link.ask("unlock", [name])

    # The life of connections.

    async def _run(self) -> None:
        """Connect, live, and again, for ever."""
        attempts = 0
        place = int(self._chance() * len(self._remotes))
        while True:
            remote = self._remotes[place % len(self._remotes)]
            began_s = self._clock.now_s()
            try:
                reason = await self._live(remote)
            except OvsdbError as e:
                reason = str(e)
            self._reason = f"{remote}: {reason}" if str(remote) not in reason else reason
            place += 1
            if self._clock.now_s() - began_s > self.options.backoff.max_s:
                attempts = 0  # it was a connection that lasted; this is not the next failure in a row
            attempts += 1
            pause_s = self.options.backoff.pause_s(attempts, len(self._remotes), self._chance())
            if pause_s:
                await self._clock.sleep(pause_s)

    async def _live(self, remote: Remote) -> str:
        """One connection from its beginning to its end; why it ended. OvsdbError when it did not come about."""
        link, greeting = await self._open(remote)
        try:
            self._install(link, greeting)
            return await self._stay(link)
        finally:
            link.abort("we have left it")
            self._withdraw()
            link.ending = lambda: None
            await self._end_tasks()
            for monitor, replica in self._monitors:
                monitor.ended()
                replica.ended(link.reason)

    async def _open(self, remote: Remote) -> tuple[Link, Greeting]:
        """Connect and greet."""
        link: Link | None = None
        name = self.options.tls.server_name if self.options.tls else ""
        try:
            async with asyncio.timeout(self.options.connect_timeout_s):
                limit = self.options.message_bytes_max
                link = await open_link(remote, self._clock, self._context, server_name=name, limit=limit)
                greeting = await greet(link, self.database, leader=self.options.leader, seen=self._seen)
        except BaseException as e:
            if link is not None:
                link.abort("it is not a server to stay with")
            if isinstance(e, TimeoutError):
                raise NotConnected(f"{remote}: no answer within {self.options.connect_timeout_s:g} s") from e
            raise
        return link, greeting

    def _install(self, link: Link, greeting: Greeting) -> None:
        """From here on the connection is the one that users see."""
        self._server = greeting.server
        self._seen = greeting.server.look(self._seen)
        self._schema = greeting.schema
        self._link = link
        self._leaving = asyncio.get_running_loop().create_future()
        self._by_id.clear()
        link.notified, link.ending = self._notified, self._withdraw
        for lock in self._locks.values():
            lock.ask(link)
        self._begin(self._keep_alive(link))
        self._begin(self._establish(link, self._monitors))
        self._up.set()
        if against := greeting.server.objection(self._seen):  # it changed its mind while we were being told the schema
            self._leave(against)

    async def _stay(self, link: Link) -> str:
        """Until the connection ends or is to be left; then let what is outstanding finish. Why."""
        assert self._leaving is not None
        await asyncio.wait([link.closed, self._leaving], return_when=asyncio.FIRST_COMPLETED)
        if link.closed.done():
            return link.closed.result()
        self._withdraw()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.drain_s):
                await link.drained()
        link.abort(self._leaving.result())
        return self._leaving.result()

    def _withdraw(self) -> None:
        """New requests wait for the next connection; locks count as lost."""
        self._up.clear()
        self._link = None
        for lock in self._locks.values():
            lock.ended()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What ends by a bug of ours ends the connection, which raises it."""
        if not task.cancelled() and task.exception() is not None:
            self._leave(f"a bug: {task.exception()!r}")
        elif task in self._tasks:
            self._tasks.discard(task)

    async def _end_tasks(self) -> None:
        """End what runs for the connection; our own bugs in it are raised."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _keep_alive(self, link: Link) -> None:
        with contextlib.suppress(ConnectionLost):
            await link.keep_alive(self.options.probe_interval_s, self.options.probe_timeout_s)

    async def _establish(self, link: Link, monitors: Sequence[tuple[Monitor, Replica]]) -> None:
        """Begin or resume monitors."""
        for monitor, _ in list(monitors):
            self._monitor_number += 1
            self._by_id[b'"m%d"' % self._monitor_number] = monitor
            try:
                await monitor.establish(link, self.schema, self._monitor_number)
            except ConnectionLost:
                return
            except ProtocolError as e:
                link.abort(str(e))
                return
            except OvsdbError as e:
                monitor.fail(e)

    def _notified(self, message: Message) -> None:
        """A notification. ProtocolError, which ends the connection."""
        name, params = notification_params(message)
        match message.method:
            case "update" | "update2" | "update3":
                if name == MONITOR:
                    self._server_says(params[-1])
                elif monitor := self._by_id.get(name):
                    monitor.notified(params)
            case "locked" | "stolen":
                if lock := self._locks.get(msgspec.json.decode(name)):
                    lock.told(message.method == "locked")
            case "monitor_canceled":
                self._leave("the server has cancelled a monitor")
            case _:
                pass  # a newer server's; RFC 7047 lets a client ignore what it does not know

    def _server_says(self, updates: msgspec.Raw) -> None:
        """`_Server` has changed: see whether to stay."""
        if self._server is None or self._link is None:
            return
        self._server.update(updates)
        self._seen = self._server.look(self._seen)
        if against := self._server.objection(self._seen):
            self._leave(against)

    def _leave(self, reason: str) -> None:
        if self._leaving is not None and not self._leaving.done():
            self._leaving.set_result(reason)

    def _want(self, name: str, method: str) -> Lock:
        if not self.options.leader:
            raise NotSupported("locks need a session that stays with the leader: each member of a cluster has its own")
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = Lock(name)
            if self._link is not None:
                lock.ask(self._link, method)
        return lock

    async def _connection(self, timeout_s: float | None) -> Link:
        """The connection, as soon as there is one. NotConnected."""
        assert self._task is not None, "a session is used as a context"
        patience_s = self.options.patience_s if timeout_s is None else timeout_s
        until_s = self._clock.now_s() + patience_s
        while (link := self._usable()) is None:
            left_s = until_s - self._clock.now_s()
            up = asyncio.ensure_future(self._up.wait())
            await asyncio.wait([up, self._task], timeout=max(left_s, 0), return_when=asyncio.FIRST_COMPLETED)
            up.cancel()
            if self._task.done():
                if not self._task.cancelled():
                    self._task.result()  # raises what it died of
                raise NotConnected(f"{self.database}: the session is closed")
            if left_s <= 0 and self._usable() is None:
                raise NotConnected(f"{self.database}: no connection within {patience_s:g} s: {self._reason}")
        return link

    def _usable(self) -> Link | None:
        """The connection; none where it has ended and that was not told yet, for whoever asks is to wait for the next
        one, and not to be refused at once."""
        if self._link is not None and self._link.is_ending:
            self._withdraw()
        return self._link
