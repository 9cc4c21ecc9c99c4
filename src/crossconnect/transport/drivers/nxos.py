"""Cisco NX-OS by NX-API: a checkpoint, and a job of the device's scheduler that goes back to it.

    checkpoint N --> schedule N: `rollback running-config checkpoint N atomic` --> lines
                                                  |
                       confirm: schedule, job and checkpoint removed | cancel: the same rollback now

The guard stands, and was seen in `show scheduler schedule`, before the first line is given. It begins at a whole
minute of the device's clock, so that it is up to a minute late. `feature scheduler` is turned on where it is off, and
stays on. A user that AAA servers know needs `scheduler aaa-authentication` on the device: a job runs with the rights of
whoever made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crossconnect.errors import Busy, Rejected, Unsupported
from crossconnect.nos.document import Value
from crossconnect.nos.lines import Tree
from crossconnect.nos.network_os import Commands, Query
from crossconnect.nos.nxos.names import MAIN
from crossconnect.nos.nxos.network_os import SYSTEM
from crossconnect.transport.change import Change
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.guarded import Guarded, Pending
from crossconnect.transport.https import jsonrpc, nxapi
from crossconnect.transport.https.errors import CommandRefused
from crossconnect.transport.https.nxos_running import aligned, shown
from crossconnect.transport.https.session import Session
from crossconnect.transport.target import Target

_ROLLBACK = "rollback running-config checkpoint"


class NxosDriver(Guarded):
    """One device."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self.place = target.place
        self._session = Session(target, nxapi.PATH, vault)

    async def connect(self) -> None:
        """See `Guarded`."""
        await self._session.__aenter__()

    async def disconnect(self) -> None:
        """See `Guarded`."""
        await self._session.__aexit__(None, None, None)

    async def pending(self, change: Change) -> Pending:
        """A schedule of another name that goes back to a checkpoint is somebody else's guard."""
        waiting = [schedule for schedule in await self._schedules() if schedule.waits and schedule.once_at]
        if any(schedule.name == change.name for schedule in waiting):
            return "ours"
        if not waiting:
            return "none"
        jobs = await self._text("show scheduler job", "ask for jobs")
        return "other" if _ROLLBACK in jobs else "none"

    async def differences(self, change: Change, side: Literal["old", "new"]) -> Sequence[str]:
        """See `Guarded`."""
        return [line for part in await self._missing(change, side) for line in _shown(part)]

    async def fit(self) -> None:
        """See `Guarded`. A checkpoint that a dead one of us has left is removed when it is made again."""
        names = nxapi.checkpoints(await self._text("show checkpoint summary", "ask for checkpoints"))
        if len(names) >= nxapi.CHECKPOINTS_MAX:
            raise Busy(f"{self.place}: all {nxapi.CHECKPOINTS_MAX} checkpoints are taken")

    async def check(self, change: Change) -> None:
        """See `Guarded`. Without a candidate nothing can be said of the commands before they are given."""
        _ = change

    async def commit_for(self, change: Change, seconds: int) -> None:
        """See `Guarded`."""
        await self.tidy(change)
        await self._configure(["feature scheduler"], "turn the scheduler on")
        await self._run([f"checkpoint {change.name}"], "checkpoint")
        now = nxapi.clock(await self._text("show clock", "ask for the time"))
        at = nxapi.minute_after(now, seconds)
        await self._configure(nxapi.guard(change.name, at), "schedule the rollback")
        found = [schedule for schedule in await self._schedules() if schedule.name == change.name]
        if not found or not found[0].waits or found[0].once_at != at or found[0].jobs != (change.name,):
            await self.tidy(change)
            raise Rejected(f"{self.place}: the rollback is not scheduled as it was asked for")
        try:
            await self._configure(_commands(change.commands), "change")
        except CommandRefused:
            await self.reject(change)  # the lines before the refused one have been taken
            await self.tidy(change)
            raise

    async def accept(self, change: Change) -> None:
        """See `Guarded`."""
        await self._remove_guard(change)

    async def reject(self, change: Change) -> None:
        """See `Guarded`. The checkpoint has no guard in it, so going back takes it away as well. Where it did not work,
        the guard stays: it is the next try."""
        await self._run([f"{_ROLLBACK} {change.name} atomic"], "roll back")
        names = {schedule.name for schedule in await self._schedules()}
        if change.name in names and not await self.differences(change, "old"):
            await self._remove_guard(change)

    async def apply(self, change: Change, commands: Sequence[Commands]) -> None:
        """See `Guarded`."""
        await self._configure(_commands(commands), "change")

    async def replace_with_old(self, change: Change) -> None:
        """See `Guarded`. What `old` lacks or has too many is found here."""
        await self._configure(_commands(await self._missing(change, "old")), "whole configuration")

    async def save(self) -> None:
        """See `Guarded`."""
        await self._run(["copy running-config startup-config"], "save")

    async def tidy(self, change: Change) -> None:
        """See `Guarded`."""
        if change.name in {schedule.name for schedule in await self._schedules()}:
            await self._remove_guard(change)
        names = nxapi.checkpoints(await self._text("show checkpoint summary", "ask for checkpoints"))
        if change.name in names:
            await self._run([f"no checkpoint {change.name}"], "remove the checkpoint")

    async def ask(self, query: Query) -> bytes:
        """See `Driver`."""
        if query.how != "cli":
            raise Unsupported(f"{self.place}: NX-OS is asked by commands, not by {query.how}")
        if not query.ask.startswith("show "):  # what shows nothing has no structure, and answers in text alone
            return (await self._text(query.ask, query.ask)).encode()
        command = query.ask.removesuffix(" | json")
        octets = await self._session.post(nxapi.request([command]), query.ask, content=nxapi.CONTENT)
        return jsonrpc.encoded(nxapi.body(nxapi.results(octets, [command], f"{query.ask} on {self.place}")[0]))

    async def _missing(self, change: Change, side: Literal["old", "new"]) -> tuple[Commands, ...]:
        """What runs lacks, or has too many, to be `old` or `new`."""
        wanted = _tree((change.old if side == "old" else change.new)[MAIN])
        running = _tree(await self._text("show running-config", "read the configuration"))
        return SYSTEM.difference({MAIN: aligned(running, wanted, (change.name,))}, {MAIN: wanted})

    async def _remove_guard(self, change: Change) -> None:
        lines = [f"no scheduler schedule name {change.name}", f"no scheduler job name {change.name}"]
        await self._configure(lines, "remove the scheduled rollback")

    async def _schedules(self) -> Sequence[nxapi.Schedule]:
        """None where the scheduler is off: the command is not known then."""
        try:
            return nxapi.schedules(await self._text("show scheduler schedule", "ask for schedules"))
        except CommandRefused:
            return ()

    async def _text(self, command: str, operation: str) -> str:
        octets = await self._session.post(nxapi.request([command], text=True), operation, content=nxapi.CONTENT)
        return nxapi.output(nxapi.results(octets, [command], f"{operation} on {self.place}")[0])

    async def _configure(self, lines: Sequence[str], operation: str) -> None:
        if lines:
            await self._run(["configure terminal", *lines, "end"], operation)

    async def _run(self, commands: Sequence[str], operation: str) -> Sequence[Value]:
        octets = await self._session.post(nxapi.request(commands), operation, changing=True, content=nxapi.CONTENT)
        return nxapi.results(octets, commands, f"{operation} on {self.place}")


def _tree(text: str) -> Tree:
    tree = SYSTEM.parse(MAIN, text)
    assert isinstance(tree, tuple)
    return tree


def _commands(commands: Sequence[Commands]) -> list[str]:
    return [line for part in commands for line in nxapi.commands_of(_tree(part.text))]


def _shown(part: Commands) -> list[str]:
    return list(shown(_tree(part.text)))
