"""Locks of a server (RFC 7047 sections 4.1.8 to 4.1.10): who of several writers may write.

    lock("writer")   ---->
    <----  {"locked": false}          somebody else holds it; we are in the queue
    <----  locked("writer")           it is ours now
    transact([assert "writer", ...])  committed only while it is ours
    <----  stolen("writer")           it no longer is; the queue begins with us

The lock belongs to the connection: when that ends, the server gives it to the next in the queue, and we ask again.

How far `assert` is a fence. A server that is alone checks it where it commits: airtight. In a cluster each member has
its own locks, so a session that uses them stays with the leader; a leader that is being deposed may still check our
`assert` against its own table while the next leader has given the lock away. Where that must not be, take a number
with the lock and ask for it in every transaction; the cluster commits only what was checked against its latest state:

    await session.transact([assert_lock("writer"), mutate(t, ALL, [("external_ids", "delete", ["writer"]),
                                                                   ("external_ids", "insert", {"writer": token})])])
    await session.transact([require(t, [("external_ids", "includes", {"writer": token})]), ...])
"""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from crossconnect.transport.ovsdb.answers import check, decode_result
from crossconnect.transport.ovsdb.codec import Message
from crossconnect.transport.ovsdb.errors import ConnectionLost, OvsdbError
from crossconnect.transport.ovsdb.link import Link


class _Answer(msgspec.Struct, frozen=True):
    locked: bool


class Lock:
    """A lock that a session wants. `epoch` counts how often it became ours."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = 0
        self.failure: OvsdbError | None = None
        self._held = asyncio.Event()
        self._lost = asyncio.Event()
        self._lost.set()
        self._link: Link | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours, as far as we have heard."""
        return self._held.is_set()

    async def acquired(self) -> None:
        """Wait until it is ours."""
        await self._held.wait()

    async def lost(self) -> None:
        """Wait until it is not ours: stolen, or the connection has ended."""
        await self._lost.wait()

    # For the session.

    def ask(self, link: Link, method: str = "lock") -> None:
        """Ask for it on a connection; `method` is lock or steal."""
        self._link = link
        self.failure = None

        def answered(message: Message | None) -> None:
            if message is None or self._link is not link:
                return
            try:
                check(method, message)
                self.told(decode_result(message, _Answer).locked)
            except OvsdbError as e:
                self.failure = e

        with contextlib.suppress(ConnectionLost):  # the next connection will be asked
            link.request(method, [self.name], answered)

    def told(self, held: bool) -> None:
        """The server says whether it is ours."""
        if held and not self.held:
            self.epoch += 1
            self._lost.clear()
            self._held.set()
        elif not held:
            self._held.clear()
            self._lost.set()

    def ended(self) -> None:
        """The connection is gone, or about to be left."""
        self._link = None
        self.told(False)
