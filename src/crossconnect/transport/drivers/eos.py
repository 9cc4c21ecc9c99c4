"""Arista EOS by eAPI: configuration sessions with a commit timer.

    configure session N, lines, commit timer HH:MM:SS --> configure session N commit | abort

What runs is compared by the device: a session with `rollback clean-config` and the whole text, whose
`show session-config diffs` says what differs; it is aborted then. A device that saves every commit at once
(`saveToStartupConfigOnCommit`) is refused: after a reboot it would run what nobody has confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crossconnect.errors import Busy, Rejected, Unsupported
from crossconnect.nos.document import Value
from crossconnect.nos.eos.names import MAIN
from crossconnect.nos.eos.network_os import SYSTEM
from crossconnect.nos.network_os import Commands, Query
from crossconnect.transport.change import Change
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.guarded import Guarded, Pending
from crossconnect.transport.https import eapi, jsonrpc
from crossconnect.transport.https.errors import CommandRefused
from crossconnect.transport.https.redaction import secrets_of_lines, without
from crossconnect.transport.https.session import Session
from crossconnect.transport.target import Target


class EosDriver(Guarded):
    """One device."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self.place = target.place
        self._session = Session(target, eapi.PATH, vault)

    async def connect(self) -> None:
        """See `Guarded`."""
        await self._session.__aenter__()

    async def disconnect(self) -> None:
        """See `Guarded`."""
        await self._session.__aexit__(None, None, None)

    async def pending(self, change: Change) -> Pending:
        """See `Guarded`."""
        timer = (await self._sessions()).timer
        if not timer:
            return "none"
        return "ours" if timer == change.name else "other"

    async def differences(self, change: Change, side: Literal["old", "new"]) -> Sequence[str]:
        """See `Guarded`."""
        text = (change.old if side == "old" else change.new)[MAIN]
        lines = _lines(text)
        found = await self._tried(change, ["rollback clean-config", *lines, "show session-config diffs"])
        secrets = secrets_of_lines(eapi.text_of(line) for line in lines)
        # Found is one result for each command: enable, configure, rollback, lines, show, abort.
        changed = eapi.changed_lines(eapi.output(found[-2]))
        return tuple(without(line, secrets | secrets_of_lines([line])) for line in changed)

    async def fit(self) -> None:
        """See `Guarded`."""
        found = await self._sessions()
        if found.saves:
            raise Rejected(f"{self.place}: each commit is saved at once, a reboot would run what nobody confirmed")
        if found.open_max is not None and len(found.open) >= found.open_max:
            raise Busy(f"{self.place}: all of its {found.open_max} configuration sessions are open")

    async def check(self, change: Change) -> None:
        """See `Guarded`."""
        await self._tried(change, _commands(change.commands))

    async def commit_for(self, change: Change, seconds: int) -> None:
        """See `Guarded`."""
        await self._committed(change.name, _commands(change.commands), f"commit timer {eapi.clock(seconds)}", "commit")

    async def timer_left(self) -> float | None:
        """See `Guarded`."""
        commands = ["enable", "show configuration sessions detail", "show version"]
        found = await self._run(commands, "ask for the timer")
        return eapi.timer_left(eapi.sessions(found[1]), found[2])

    async def accept(self, change: Change) -> None:
        """See `Guarded`."""
        await self._run(["enable", f"configure session {change.name} commit"], "confirm", changing=True)

    async def reject(self, change: Change) -> None:
        """See `Guarded`."""
        await self._run(["enable", f"configure session {change.name} abort"], "abort", changing=True)

    async def apply(self, change: Change, commands: Sequence[Commands]) -> None:
        """See `Guarded`."""
        await self._committed(f"{change.name}-a", _commands(commands), "commit", "change")

    async def replace_with_old(self, change: Change) -> None:
        """See `Guarded`."""
        lines = ["rollback clean-config", *_lines(change.old[MAIN])]
        await self._committed(f"{change.name}-r", lines, "commit", "whole configuration")

    async def save(self) -> None:
        """See `Guarded`."""
        await self._run(["enable", "copy running-config startup-config"], "save", changing=True)

    async def ask(self, query: Query) -> bytes:
        """See `Driver`."""
        if query.how != "cli":
            raise Unsupported(f"{self.place}: EOS is asked by commands, not by {query.how}")
        if not query.ask.startswith("show "):  # what shows nothing has no model, and answers in text alone
            return eapi.output((await self._run(["enable", query.ask], query.ask, text=True))[-1]).encode()
        found = await self._run(["enable", query.ask.removesuffix(" | json")], query.ask)
        return jsonrpc.encoded(found[-1])

    async def _sessions(self) -> eapi.Sessions:
        found = await self._run(["enable", "show configuration sessions detail"], "ask for sessions")
        return eapi.sessions(found[-1])

    async def _tried(self, change: Change, commands: Sequence[eapi.Command]) -> Sequence[Value]:
        """Results of commands in a session that is aborted, whatever becomes of them."""
        name = f"{change.name}-t"
        try:
            return await self._run(
                ["enable", f"configure session {name}", *commands, "abort"], "try a configuration", text=True
            )
        except CommandRefused:
            await self._discard(name)
            raise

    async def _committed(self, name: str, commands: Sequence[eapi.Command], commit: str, operation: str) -> None:
        if name in (await self._sessions()).open:
            await self._discard(name)  # of one of ours that died while it wrote it
        try:
            await self._run(["enable", f"configure session {name}", *commands, commit], operation, changing=True)
        except CommandRefused:
            await self._discard(name)
            raise

    async def _discard(self, name: str) -> None:
        await self._run(["enable", f"configure session {name} abort"], "discard a session", changing=True)

    async def _run(
        self, commands: Sequence[eapi.Command], operation: str, *, text: bool = False, changing: bool = False
    ) -> Sequence[Value]:
        octets = await self._session.post(eapi.request(commands, text=text), operation, changing=changing)
        return eapi.results(octets, commands, f"{operation} on {self.place}")


def _lines(text: str) -> list[eapi.Command]:
    tree = SYSTEM.parse(MAIN, text)
    assert isinstance(tree, tuple)
    return list(eapi.commands_of(tree))


def _commands(commands: Sequence[Commands]) -> list[eapi.Command]:
    return [line for part in commands for line in _lines(part.text)]
