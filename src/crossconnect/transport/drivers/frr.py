"""FRR on a host, over SSH: the same watchdog as in a lab, shipped over the connection.

    put commands.conf, undo.conf, watchdog.sh --> vtysh -C reads both --> watchdog starts --> vtysh -f commands.conf
    --> frr-reload.py --test new says that nothing is left --> ... --> mv pending confirmed, frr.conf replaced

Only frr.conf is changed; interfaces, bridges and VRFs of the host's Linux side are not (`files` of the plan).
"""

from __future__ import annotations

import asyncio
import shlex

from crossconnect.errors import Busy, Rejected, Unreachable, Unsupported
from crossconnect.nos.network_os import Commands, Query
from crossconnect.transport.change import Change, Look
from crossconnect.transport.drivers.over_shell import ShellDriver
from crossconnect.transport.frr_change import (
    DIRECTORY,
    FILE,
    MARKS,
    PASSES,
    TEST,
    WATCHDOG,
    commands_text,
    load_command,
    remaining_lines,
    start_command,
    stop_command,
)

SAVED = "/etc/frr/frr.conf"
RESTORE_S = 60.0
"""For a watchdog that is at work; vtysh loads 1,000 lines in a second."""
VTYSH = "VTYSH_HISTFILE=/dev/null vtysh"


class FrrDriver(ShellDriver):
    """See `change.Driver`."""

    async def prepare(self, change: Change) -> None:
        """See `Driver.prepare`. FRR can only be asked whether it reads the commands."""
        others = sorted(n for n in change.old.keys() | change.new.keys() if change.old.get(n) != change.new.get(n))
        if others not in ([], [FILE]):
            names = ", ".join(name for name in others if name != FILE)
            raise Unsupported(f"{self._name} changes in {names}: only {FILE} is changed on hosts")
        await self._shell.must(f"mkdir -m 700 -p {DIRECTORY} && test -x /usr/lib/frr/frr-reload.py", "FRR's tools")
        if await self._has("pending"):
            raise Busy(f"{self._name}: a change ({await self._owner()}) waits for its confirmation")
        if left := await self._remaining(change.old[FILE]):
            more = f" and {len(left) - 1} more lines" if left[1:] else ""
            raise Rejected(f"{self._name} has drifted: to be what it should, it needs `{left[0]}`{more}")
        await self._readable(change)

    async def load(self, change: Change, seconds: int) -> None:
        """See `Driver.load`."""
        if await self._has("pending"):
            raise Busy(f"{self._name}: a change ({await self._owner()}) waits for its confirmation")
        place = f"mkdir -m 700 -p {DIRECTORY} && cd {DIRECTORY}"
        await self._shell.run(stop_command())
        await self._shell.must(f"{place} && rm -f {' '.join(MARKS)}", "clearing the place")
        await self._readable(change)
        await self._shell.put(f"{DIRECTORY}/watchdog.sh", WATCHDOG)
        await self._shell.put(f"{DIRECTORY}/pending", change.name)
        await self._shell.must(start_command(seconds), "starting the watchdog")
        # It writes its number first thing.
        wait = f"for i in $(seq 50); do test -s {DIRECTORY}/watchdog.pid && exit 0; sleep 0.1; done; exit 1"
        try:
            await self._shell.must(wait, "the watchdog does not start")
            await self._shell.run(load_command("commands.conf"))
            await self.verify(change)
        except Rejected:
            await self.cancel(change)
            raise

    async def verify(self, change: Change) -> None:
        """See `Driver.verify`."""
        if left := await self._remaining(change.new[FILE]):
            raise Rejected(f"{self._name} does not run what was loaded: `{left[0]}` is left")

    async def is_pending(self, change: Change) -> bool:
        """See `Driver.is_pending`: the mark is this change's, and its watchdog lives."""
        command = (
            f'cd {DIRECTORY} && test "$(cat pending)" = {shlex.quote(change.name)} && kill -0 "$(cat watchdog.pid)"'
        )
        return (await self._shell.run(command)).status == 0

    async def confirm(self, change: Change) -> None:
        """See `Driver.confirm`."""
        await self._take(change)
        await self._shell.run(stop_command())
        await self._save((change.start_new or change.new)[FILE])

    async def cancel(self, change: Change) -> None:
        """See `Driver.cancel`."""
        if not await self._has("pending") and not await self._has("expired"):
            raise Rejected(f"{self._name}: nothing waits for its confirmation")
        await self.invert(change)

    async def invert(self, change: Change) -> None:
        """See `Driver.invert`."""
        await self._shell.put(f"{DIRECTORY}/undo.conf", _text(change.undo))
        await self._shell.run(load_command("undo.conf"))
        await self._is_old(change)

    async def restore(self, change: Change) -> None:
        """See `Driver.restore`."""
        await self._bring_to(change.old[FILE])
        await self._is_old(change)

    async def give(self, change: Change) -> None:
        """See `Driver.give`."""
        await self._bring_to(change.new[FILE])
        await self.verify(change)

    async def look(self, change: Change) -> Look:
        """See `Driver.look`."""
        try:
            async with asyncio.timeout(RESTORE_S):
                while await self._has("expired") and not await self._has("restored"):
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pass  # what it runs then is what counts
        if not await self._remaining(change.new[FILE]):
            return "pending" if await self._has("pending") else "new"
        # A change that was begun and is not loaded is neither old nor new: its watchdog has to be ended.
        begun = await self._owner() == change.name
        return "other" if begun or await self._remaining(change.old[FILE]) else "old"

    async def deviations(self, change: Change) -> tuple[str, ...]:
        """See `Driver.deviations`."""
        return await self._remaining(change.old[FILE])

    async def ask(self, query: Query) -> bytes:
        """See `Driver.ask`."""
        if query.how == "shell":
            return (await self._shell.must(query.ask, "asking the host")).encode()
        if query.how != "cli":
            raise Unsupported(f"{self._name}: FRR is asked by vtysh, not by {query.how}")
        return (await self._shell.must(f"{VTYSH} -c {shlex.quote(query.ask)}", query.ask)).encode()

    async def _readable(self, change: Change) -> None:
        for name, commands in (("commands.conf", change.commands), ("undo.conf", change.undo)):
            await self._shell.put(f"{DIRECTORY}/{name}", _text(commands))
            said = await self._shell.run(f"{VTYSH} -C -f {DIRECTORY}/{name}")
            if said.status:
                raise Rejected(f"{self._name} cannot read {name}: {said.brief}")

    async def _is_old(self, change: Change) -> None:
        if left := await self._remaining(change.old[FILE]):
            raise Rejected(f"{self._name} does not run its old configuration: `{left[0]}` is left")
        await self._save((change.start_old or change.old)[FILE])
        await self._shell.run(stop_command())
        await self._shell.must(f"cd {DIRECTORY} && rm -f pending expired", "removing the marks")

    async def _save(self, text: str) -> None:
        """What FRR starts with; owner and mode stay."""
        new = shlex.quote(f"{SAVED}.new")
        command = f"cp -p {SAVED} {new} && cat > {new} && sync {new} && mv {new} {SAVED}"
        await self._shell.must(command, f"saving {SAVED}", text.encode())

    async def _bring_to(self, text: str) -> None:
        """In two passes, as a lab's switch: what went with something else comes in the second."""
        for _ in range(PASSES):
            commands = commands_text(await self._difference(text), text)
            if not commands:
                return
            await self._shell.put(f"{DIRECTORY}/bring.conf", commands)
            await self._shell.run(load_command("bring.conf"))

    async def _remaining(self, text: str) -> tuple[str, ...]:
        return remaining_lines(await self._difference(text))

    async def _difference(self, text: str) -> str:
        await self._shell.must(f"mkdir -m 700 -p {DIRECTORY}", "making the place")
        await self._shell.put(f"{DIRECTORY}/wanted.conf", text)
        said = await self._shell.run(f"VTYSH_HISTFILE=/dev/null {TEST} {DIRECTORY}/wanted.conf")
        if said.status:
            raise Unreachable(f"{self._name} does not say what it runs: {said.brief}")
        return said.out

    async def _owner(self) -> str:
        return (await self._shell.run(f"head -c 64 {DIRECTORY}/pending")).out.strip() or "no name"


def _text(commands: tuple[Commands, ...]) -> str:
    return "".join(part.text for part in commands)
