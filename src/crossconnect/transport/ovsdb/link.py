"""One connection to a server: a dialogue on a socket, and the proof that the other side is alive."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence

from crossconnect.transport.ovsdb.answers import check, results
from crossconnect.transport.ovsdb.clock import Clock
from crossconnect.transport.ovsdb.codec import Message
from crossconnect.transport.ovsdb.dialogue import Answered, Dialogue
from crossconnect.transport.ovsdb.errors import ConnectionLost, NotConnected, OutcomeUnknown, OvsdbError
from crossconnect.transport.ovsdb.operations import Operation, Result
from crossconnect.transport.ovsdb.remote import Remote


class Link(asyncio.Protocol):
    """A connection. `closed` is done, with the reason, when it has ended, whoever ended it."""

    def __init__(self, remote: Remote, clock: Clock, message_bytes_max: int) -> None:
        self.remote = remote
        self.notified: Callable[[Message], None] = lambda _: None
        self.ending: Callable[[], None] = lambda: None  # called when nothing can be sent any more
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[str] = self._loop.create_future()
        self.heard_s = clock.now_s()
        self._clock = clock
        self._dialogue = Dialogue(self._send, lambda message: self.notified(message), message_bytes_max)
        self._transport: asyncio.Transport | None = None
        self._unsent: list[bytes] = []
        self._idle: asyncio.Future[None] | None = None
        self._reason = ""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self.heard_s = self._clock.now_s()
        try:
            self._dialogue.receive(data)
        except OvsdbError as e:
            self.abort(str(e))
        if self._idle is not None and not self._dialogue.outstanding and not self._idle.done():
            self._idle.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._transport = None
        self.ending()
        if not self.closed.done():
            self.closed.set_result(self._reason or (str(exc) if exc else "the server closed the connection"))
        self._dialogue.end()
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    # What a session does with it.

    def abort(self, reason: str) -> None:
        """End it now; what was not sent yet is dropped."""
        self._reason = self._reason or reason
        self.ending()
        if self._transport is not None:
            self._transport.abort()

    def future(self) -> asyncio.Future[None]:
        """A future of this connection's loop."""
        return self._loop.create_future()

    def request(self, method: str, params: object, answered: Answered) -> int:
        """Send a request; `answered` runs when its answer arrives, before anything behind it is looked at."""
        if self.is_ending:
            raise ConnectionLost(f"{self.remote}: {self._reason or 'the connection has ended'}")
        return self._dialogue.request(method, params, answered)

    async def ask(self, method: str, params: object) -> Message:
        """Send a request and wait for its answer. RequestError when the server refuses, ConnectionLost."""
        future: asyncio.Future[Message | None] = self._loop.create_future()

        def answered(message: Message | None) -> None:
            if not future.done():
                future.set_result(message)

        self.request(method, params, answered)
        message = await future
        if message is None:
            raise ConnectionLost(f"{self.remote}: {method} was not answered: {self.reason}")
        check(method, message)
        return message

    async def transact(self, database: str, operations: Sequence[Operation]) -> list[Result]:
        """Send a transaction and wait for its results. TransactionError, OutcomeUnknown."""
        future: asyncio.Future[list[Result]] = self._loop.create_future()

        def answered(message: Message | None) -> None:
            if future.done():
                return
            try:
                if message is None:
                    raise OutcomeUnknown(f"{self.remote}: a transaction was not answered: {self.reason}")
                future.set_result(results(message, len(operations)))
            except OvsdbError as e:
                future.set_exception(e)

        try:
            number = self.request("transact", [database, *operations], answered)
        except ConnectionLost as e:
            raise NotConnected(str(e)) from e
        try:
            return await future
        except asyncio.CancelledError:
            self._dialogue.cancel(number)
            raise

    @property
    def is_ending(self) -> bool:
        """Whether nothing can be sent any more. Between an end that was read, or a write that failed, and asyncio's
        `connection_lost` lies a turn of the loop."""
        return self._transport is None or self._transport.is_closing()

    @property
    def reason(self) -> str:
        """Why it has ended, if it has."""
        return self.closed.result() if self.closed.done() else self._reason

    async def drained(self) -> None:
        """Wait until no request waits for its answer."""
        if self._dialogue.outstanding:
            self._idle = self._loop.create_future()
            await self._idle

    async def keep_alive(self, interval_s: float, timeout_s: float) -> None:
        """Ask for an echo whenever nothing was heard for `interval_s`; end the link after `timeout_s` of silence more.

        Anything heard counts, a piece of a large answer too: a server that is busy sending is alive.
        """
        while True:
            quiet_s = self._clock.now_s() - self.heard_s
            if quiet_s < interval_s:
                await self._clock.sleep(interval_s - quiet_s)
                continue
            asked_s = self._clock.now_s()
            self.request("echo", [], lambda _: None)
            while self.heard_s < asked_s:
                left_s = asked_s + timeout_s - self._clock.now_s()
                if left_s <= 0:
                    self.abort(f"no sign of life for {self._clock.now_s() - self.heard_s:.0f} s")
                    return
                # In steps, so that an answer is seen soon and the next interval counts from it.
                await self._clock.sleep(min(left_s, interval_s))

    def _send(self, message: bytes) -> None:
        """Gather what is sent in one turn of the loop: a thousand transactions at once are one system call."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(message)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._transport is not None:
            self._transport.write(unsent[0] if len(unsent) == 1 else b"".join(unsent))


async def open_link(
    remote: Remote, clock: Clock, context: ssl.SSLContext | None, *, server_name: str, limit: int
) -> Link:
    """Connect. NotConnected when nobody answers there, or TLS does not accept them."""
    loop = asyncio.get_running_loop()

    def make() -> Link:
        return Link(remote, clock, limit)

    try:
        if remote.path:
            _, link = await loop.create_unix_connection(make, remote.path)
        elif remote.tls:
            if context is None:
                raise NotConnected(f"{remote}: there are no TLS files for it")
            name = server_name or remote.host
            _, link = await loop.create_connection(make, remote.host, remote.port, ssl=context, server_hostname=name)
        else:
            _, link = await loop.create_connection(make, remote.host, remote.port)
    except OSError as e:  # refused, unreachable, no such socket, a name that does not resolve, TLS
        raise NotConnected(f"{remote}: {e}") from e
    return link
