"""What drivers have in common that work by commands over SSH: the shell, and the mark by which a change is kept or
taken back.

    pending --mv--> confirmed   by us
    pending --mv--> expired     by the box, when the time is over; `restored` when it has gone back

Whoever moves `pending` has decided; moving is one step, so only one does. /run is empty after a reboot.
"""

from __future__ import annotations

import shlex
from types import TracebackType
from typing import Self

from crossconnect.errors import Rejected
from crossconnect.transport.change import Change
from crossconnect.transport.credentials import Vault
from crossconnect.transport.frr_change import DIRECTORY
from crossconnect.transport.ssh.shell import Shell
from crossconnect.transport.target import Target


class ShellDriver:
    """A session with a box, and its mark. See `change.Driver` for what drivers make of it."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self._name = target.device
        self._shell = Shell(target, vault)

    async def __aenter__(self) -> Self:
        await self._shell.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._shell.__aexit__(kind, error, trace)

    async def _has(self, mark: str) -> bool:
        """Whether a change is `pending`, `confirmed`, `expired` or `restored`."""
        return (await self._shell.run(f"test -e {DIRECTORY}/{mark}")).status == 0

    async def _take(self, change: Change) -> None:
        """Move the mark, where it is this change's and has not been taken by us before. Rejected when the box was
        first."""
        name = shlex.quote(change.name)
        take = (
            f'cd {DIRECTORY} && if test "$(cat pending 2> /dev/null)" = {name}; then mv pending confirmed; '
            f'else test "$(cat confirmed 2> /dev/null)" = {name}; fi'
        )
        if (await self._shell.run(take)).status:
            raise Rejected(f"{self._name}: its time was over, it has taken the change back")
