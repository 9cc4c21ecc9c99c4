"""SONiC over SSH: a checkpoint, and a transient systemd timer on the box that goes back to it.

    config checkpoint NAME --> undo.sh and what it needs are put there --> systemd-run --on-active=N sh undo.sh
    --> config apply-patch, vtysh ... --> CONFIG_DB and FRR are read, and are as planned --> ...
    --> pending moved to confirmed, timer stopped, config save

    undo.sh:  mv pending expired || exit 0;  vtysh < undo.conf;  config rollback NAME || config load the saved file

Whoever moves `pending` has decided, as on FRR's hosts. /run is empty after a reboot, and the box starts with the
config_db.json that was saved before. Rollbacks fail in the field (sonic-buildimage #20664, #13267): so there is a
second way, and what runs afterwards is read.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping

from crossconnect.errors import Busy, Rejected, Unreachable, Unsupported
from crossconnect.nos.network_os import Commands, Query
from crossconnect.nos.sonic.render import CONFIG_DB, FRR
from crossconnect.nos.sonic.running import routing_left, table_names, tables_left
from crossconnect.transport.change import Change, Look
from crossconnect.transport.drivers.over_shell import ShellDriver
from crossconnect.transport.frr_change import DIRECTORY

APPLY_S = 300.0
"""For a patch: sorting takes half a minute for a few hundred operations, and grows faster than they do."""
RESTORE_S = 300.0
"""For the box's own way back, which is a patch too."""
_READ_TABLES = "sonic-cfggen -d --print-data"
_READ_ROUTING = "vtysh -c 'show running-config'"
_VTYSH = "vtysh -f /dev/stdin"
"""SONiC's `vtysh` is a wrapper around one in a container: it does not see our files."""


def undo_script(name: str) -> str:
    """What the timer runs. Routing is undone on both sides of the tables: VRFs that go need BGP out of them first, VRFs
    that come back are there only then; lines that do not apply are refused by FRR, and harm nothing."""
    return f"""\
#!/bin/sh
cd {DIRECTORY} || exit 1
mv pending expired 2> /dev/null || exit 0
test -s undo.conf && {_VTYSH} < undo.conf
config rollback {name} || config load -y {DIRECTORY}/before.json
test -s undo.conf && {_VTYSH} < undo.conf
touch restored
"""


class SonicDriver(ShellDriver):
    """See `change.Driver`."""

    async def prepare(self, change: Change) -> None:
        """See `Driver.prepare`. The box is asked whether it would take the first patch; further ones follow from it."""
        await self._nothing_pending()
        if left := await self._left(change, change.old):
            more = f" and {len(left) - 1} more" if left[1:] else ""
            raise Rejected(f"{self._name} has drifted: to be what it should, it needs `{left[0]}`{more}")
        first = change.commands[0] if change.commands else None
        if first is not None and first.how == "json-patch":
            await self._patch(first.text, "--dry-run ")

    async def load(self, change: Change, seconds: int) -> None:
        """See `Driver.load`."""
        await self._nothing_pending()
        place = DIRECTORY
        await self._shell.must(
            f"mkdir -m 700 -p {place} && cd {place} && rm -f confirmed expired restored", "its place"
        )
        await self._shell.run(f"config delete-checkpoint {change.name}")
        said = await self._shell.must(f"config checkpoint {change.name}", "making a checkpoint", timeout_s=APPLY_S)
        if "Checkpoint created successfully" not in said:
            raise Rejected(f"{self._name} has made no checkpoint: {' '.join(said.split())[-200:]}")
        await self._shell.must(f"umask 077; {_READ_TABLES} > {place}/before.json", "keeping what runs")
        await self._shell.put(f"{place}/undo.conf", "".join(p.text for p in change.undo if p.how == "cli"))
        await self._shell.put(f"{place}/undo.sh", undo_script(change.name))
        await self._shell.put(f"{place}/pending", change.name)
        timer = f"--on-active={seconds} --timer-property=AccuracySec=1s"
        await self._shell.must(
            f"systemd-run --quiet --unit={change.name} {timer} /bin/sh {place}/undo.sh", "starting the timer"
        )
        if not await self.is_pending(change):
            raise Rejected(f"{self._name} has taken the timer, and it does not run")
        try:
            await self._give(change.commands)
            await self.verify(change)
        except Rejected:
            await self.cancel(change)
            raise

    async def verify(self, change: Change) -> None:
        """See `Driver.verify`."""
        if left := await self._left(change, change.new):
            raise Rejected(f"{self._name} does not run what was loaded: `{left[0]}` is left")

    async def is_pending(self, change: Change) -> bool:
        """See `Driver.is_pending`: the mark is this change's, and its timer is active."""
        mark = f'test "$(cat {DIRECTORY}/pending 2> /dev/null)" = {shlex.quote(change.name)}'
        return (await self._shell.run(f"{mark} && systemctl is-active --quiet {change.name}.timer")).status == 0

    async def confirm(self, change: Change) -> None:
        """See `Driver.confirm`."""
        await self._take(change)
        await self._end_timer(change)
        await self._shell.must("config save -y", "saving", timeout_s=APPLY_S)
        await self._shell.run(f"config delete-checkpoint {change.name}")

    async def cancel(self, change: Change) -> None:
        """See `Driver.cancel`: what the timer would do, now."""
        if await self._has("expired"):
            await self._restored()
        elif not await self._has("pending"):
            raise Rejected(f"{self._name}: nothing waits for its confirmation")
        else:
            await self._shell.run(f"sh {DIRECTORY}/undo.sh", timeout_s=RESTORE_S)
        await self._is_old(change)

    async def invert(self, change: Change) -> None:
        """See `Driver.invert`."""
        await self._give(change.undo)
        await self._is_old(change)

    async def restore(self, change: Change) -> None:
        """See `Driver.restore`: the whole tables replace what is there, then the old lines of FRR."""
        # Only our tables: the rest of CONFIG_DB is the box's own, and `config replace` would take it away.
        running = await self._shell.must(_READ_TABLES, "reading CONFIG_DB")
        left = tables_left(running, change.old[CONFIG_DB], self._owned(change))
        if left:
            await self._shell.put(f"{DIRECTORY}/whole.json", change.old[CONFIG_DB])
            await self._shell.must(
                f"config load -y {DIRECTORY}/whole.json", "loading the old tables", timeout_s=APPLY_S
            )
        if FRR in change.old:
            await self._shell.run(_VTYSH, change.old[FRR].encode())
        await self._is_old(change)

    async def give(self, change: Change) -> None:
        """See `Driver.give`."""
        if not await self._left(change, change.new):
            return
        await self._give(change.commands)
        await self.verify(change)

    async def look(self, change: Change) -> Look:
        """See `Driver.look`."""
        if await self._has("expired"):
            await self._restored()
        if not await self._left(change, change.new):
            return "pending" if await self.is_pending(change) else "new"
        return "old" if not await self._left(change, change.old) else "other"

    async def deviations(self, change: Change) -> tuple[str, ...]:
        """See `Driver.deviations`."""
        return await self._left(change, change.old)

    async def ask(self, query: Query) -> bytes:
        """See `Driver.ask`."""
        if query.how not in ("cli", "shell"):
            raise Unsupported(f"{self._name}: SONiC is asked by commands, not by {query.how}")
        return (await self._shell.must(query.ask, query.ask)).encode()

    async def _give(self, commands: tuple[Commands, ...]) -> None:
        for part in commands:
            match part.how:
                case "json-patch":
                    await self._patch(part.text, "")
                case "cli":
                    await self._shell.run(_VTYSH, part.text.encode())
                case "shell":
                    await self._shell.must(part.text.strip(), part.text.strip(), timeout_s=APPLY_S)
                case "gnmi":
                    raise Unsupported(f"{self._name}: this driver does not speak gNMI")

    async def _patch(self, patch: str, option: str) -> None:
        await self._shell.must(f"mkdir -m 700 -p {DIRECTORY}", "its place")
        await self._shell.put(f"{DIRECTORY}/patch.json", patch)
        what = f"config apply-patch {option}".strip()
        await self._shell.must(f"{what} {DIRECTORY}/patch.json", what, timeout_s=APPLY_S)

    async def _left(self, change: Change, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """What would have to change so that `wanted`, which is `old` or `new`, runs."""
        running = await self._shell.must(_READ_TABLES, "reading CONFIG_DB")
        try:
            left = tables_left(running, wanted[CONFIG_DB], self._owned(change))
            if FRR in wanted:
                left += routing_left(await self._shell.must(_READ_ROUTING, "reading FRR"), wanted[FRR])
        except ValueError as error:
            raise Unreachable(f"{self._name} does not say what it runs: {error}") from error
        return left

    def _owned(self, change: Change) -> frozenset[str]:
        return table_names(change.old[CONFIG_DB]) | table_names(change.new[CONFIG_DB])

    async def _nothing_pending(self) -> None:
        said = await self._shell.run(f"cat {DIRECTORY}/pending")
        if said.status == 0:
            raise Busy(f"{self._name}: a change ({said.out.strip()[:64]}) waits for its confirmation")

    async def _is_old(self, change: Change) -> None:
        if left := await self._left(change, change.old):
            raise Rejected(f"{self._name} does not run its old configuration: `{left[0]}` is left")
        await self._shell.must(f"rm -f {DIRECTORY}/pending", "removing the mark")
        await self._end_timer(change)
        await self._shell.run(f"config delete-checkpoint {change.name}")

    async def _end_timer(self, change: Change) -> None:
        await self._shell.run(f"systemctl stop {change.name}.timer")
        if (await self._shell.run(f"systemctl is-active --quiet {change.name}.timer")).status == 0:
            raise Rejected(f"{self._name}: the timer {change.name} cannot be stopped")

    async def _restored(self) -> None:
        """Wait for the box to have gone back; what it runs then is what counts."""
        try:
            async with asyncio.timeout(RESTORE_S):
                while not await self._has("restored"):
                    await asyncio.sleep(1)
        except TimeoutError:
            pass
