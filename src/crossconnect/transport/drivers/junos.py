"""Junos over NETCONF, in its own requests: a candidate, `commit confirmed`, and the device itself says what differs.

    lock --> load set lines --> commit confirmed N minutes --> history: pending, ours? --> load override `new`, compare:
    nothing --> candidate back to what runs --> unlock --> ... --> commit: confirmed, history says so

Whether the device runs a text is asked by loading the text into the candidate and comparing, so that order, defaults
and the device's own way of writing do not count. No check is made while a commit is pending: it would confirm it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

from crossconnect.errors import Busy, CrossconnectError, Rejected, Unsupported
from crossconnect.nos.junos.names import MAIN
from crossconnect.nos.network_os import Commands, Query
from crossconnect.transport.change import Change, Look
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers import junos_words as words
from crossconnect.transport.netconf import operations
from crossconnect.transport.netconf.session import Session
from crossconnect.transport.netconf.xml import text_of
from crossconnect.transport.target import Target


class JunosDriver:
    """See `change.Driver`."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self._name = target.device
        self._session = Session(target, vault)

    async def __aenter__(self) -> Self:
        await self._session.__aenter__()
        if words.CAPABILITY not in self._session.hello.capabilities:
            await self._session.__aexit__(None, None, None)
            raise Unsupported(f"{self._name} speaks NETCONF, but is no Junos")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.__aexit__(kind, error, trace)

    async def prepare(self, change: Change) -> None:
        """See `Driver.prepare`. The device checks the new candidate as for a commit."""
        async with self._candidate():
            await self._nothing_pending()
            if left := await self._differs_from(change.old[MAIN]):
                more = f" and {len(left) - 1} more lines" if left[1:] else ""
                raise Rejected(f"{self._name} has drifted: to be what it should, it needs `{left[0]}`{more}")
            await self._load_lines(change.commands)
            await self._session.ask(words.check())

    async def load(self, change: Change, seconds: int) -> None:
        """See `Driver.load`. The timer is in whole minutes, rounded up."""
        async with self._candidate():
            await self._nothing_pending()
            try:
                await self._load_lines(change.commands)
                await self._session.ask(words.commit_confirmed(seconds, change.name))
                found = await self._pending()
                if found is None or change.name not in found.log:
                    raise Rejected(f"{self._name} has taken the commit, and runs no timer for it")
                if left := await self._differs_from(change.new[MAIN]):
                    raise Rejected(f"{self._name} does not run what was loaded: `{left[0]}` is left")
            except Rejected:
                await self._take_back(change)
                raise

    async def verify(self, change: Change) -> None:
        """See `Driver.verify`."""
        async with self._candidate():
            if left := await self._differs_from(change.new[MAIN]):
                raise Rejected(f"{self._name} does not run what was loaded: `{left[0]}` is left")

    async def is_pending(self, change: Change) -> bool:
        """See `Driver.is_pending`."""
        found = await self._pending()
        return found is not None and change.name in found.log

    async def confirm(self, change: Change) -> None:
        """See `Driver.confirm`. Junos has one configuration: what is committed is what it starts with."""
        async with self._candidate():
            found = await self._pending()
            if left := await self._differs_from(change.new[MAIN]):
                raise Rejected(f"{self._name}: it has taken the change back: `{left[0]}` is left")
            if found is None:
                return
            if change.name not in found.log:
                raise Busy(f"{self._name}: another's commit waits for its confirmation: {found.log[:200]}")
            await self._session.ask(words.load_rollback(0))
            await self._session.ask(words.commit(f"confirm {change.name}"))
            if await self._pending() is not None:
                raise Rejected(f"{self._name} has taken the confirmation, and its timer runs on")

    async def cancel(self, change: Change) -> None:
        """See `Driver.cancel`: the configuration before is committed again, which ends the timer."""
        async with self._candidate():
            found = await self._pending()
            if found is None or change.name not in found.log:
                raise Rejected(f"{self._name}: nothing of ours waits for its confirmation")
            await self._session.ask(words.load_rollback(1))
            await self._session.ask(words.commit(f"cancel {change.name}"))
            await self._is_old(change)

    async def invert(self, change: Change) -> None:
        """See `Driver.invert`."""
        async with self._candidate():
            await self._load_lines(change.undo)
            await self._session.ask(words.commit(f"undo {change.name}"))
            await self._is_old(change)

    async def restore(self, change: Change) -> None:
        """See `Driver.restore`."""
        async with self._candidate():
            await self._session.ask(words.load("override", change.old[MAIN]))
            await self._session.ask(words.commit(f"restore {change.name}"))
            await self._is_old(change)

    async def give(self, change: Change) -> None:
        """See `Driver.give`. What is given is also what Junos starts with: it has one configuration."""
        async with self._candidate():
            await self._nothing_pending()
            if not await self._differs_from(change.new[MAIN]):
                return
            await self._load_lines(change.commands)
            await self._session.ask(words.commit(change.name))
            if left := await self._differs_from(change.new[MAIN]):
                raise Rejected(f"{self._name} does not run what was given: `{left[0]}` is left")

    async def look(self, change: Change) -> Look:
        """See `Driver.look`. While a rollback is under way the candidate is locked, or soon will be read."""
        async with self._candidate():
            if not await self._differs_from(change.new[MAIN]):
                found = await self._pending()
                return "pending" if found is not None and change.name in found.log else "new"
            return "old" if not await self._differs_from(change.old[MAIN]) else "other"

    async def deviations(self, change: Change) -> tuple[str, ...]:
        """See `Driver.deviations`. Busy while somebody else has the candidate."""
        async with self._candidate():
            return await self._differs_from(change.old[MAIN])

    async def ask(self, query: Query) -> bytes:
        """See `Driver.ask`."""
        if query.how != "cli":
            raise Unsupported(f"{self._name}: Junos is asked by commands, not by {query.how}")
        reply = await self._session.ask(words.command(query.ask))
        return (text_of(reply.body, "output") or "".join(reply.body.itertext()).strip()).encode()

    @contextlib.asynccontextmanager
    async def _candidate(self) -> AsyncGenerator[None]:
        """The candidate to ourselves, and as it was found when we leave: what runs. Busy."""
        await self._session.ask(operations.lock("candidate"))
        try:
            await self._session.ask(words.load_rollback(0))
            yield
        finally:
            # Where the session is over, the device has discarded and unlocked by itself (RFC 6241 section 7.5).
            with contextlib.suppress(CrossconnectError):
                await self._session.ask(operations.discard())
                await self._session.ask(operations.unlock("candidate"))

    async def _load_lines(self, commands: tuple[Commands, ...]) -> None:
        """Into the candidate, on top of what runs."""
        await self._session.ask(words.load_rollback(0))
        for part in commands:
            if part.how != "cli":
                raise Unsupported(f"{self._name}: Junos is configured by lines, not by {part.how}")
            await self._session.ask(words.load("set", part.text))

    async def _differs_from(self, text: str) -> tuple[str, ...]:
        """Lines by which what runs would have to change to be `text`."""
        await self._session.ask(words.load("override", text))
        found = words.differences((await self._session.ask(words.compare())).body)
        await self._session.ask(words.load_rollback(0))
        return found

    async def _pending(self) -> words.Pending | None:
        commits = await self._session.ask(words.history())
        clock = await self._session.ask(words.uptime())
        return words.pending(commits.body, clock.body)

    async def _nothing_pending(self) -> None:
        found = await self._pending()
        if found is not None:
            raise Busy(
                f"{self._name}: a commit waits for its confirmation, for {found.seconds_left} s yet: {found.log[:200]}"
            )

    async def _take_back(self, change: Change) -> None:
        """After a commit that failed: a timer, and with it the configuration, may have been left (netopeer2 #1826 is
        one server that does it)."""
        found = await self._pending()
        if (found is not None and change.name in found.log) or await self._differs_from(change.old[MAIN]):
            await self._session.ask(words.load_rollback(1))
            await self._session.ask(words.commit(f"cancel {change.name}"))

    async def _is_old(self, change: Change) -> None:
        if left := await self._differs_from(change.old[MAIN]):
            raise Rejected(f"{self._name} does not run its old configuration: `{left[0]}` is left")
        if await self._pending() is not None:
            raise Rejected(f"{self._name} runs its old configuration, but a timer runs on")
