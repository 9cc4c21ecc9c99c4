"""SR Linux by gNMI's commit-confirmed extension, for releases and servers that have it (`gnmi-extensions`).

    Set, Commit(id, rollback_duration) --> Set, confirm(id) | cancel(id)

The extension has no question about the commit that waits. So a cancel is sent with an id that nobody has: a target
refuses it either way, and says by FAILED_PRECONDITION that nothing waits, by INVALID_ARGUMENT that something else does.
Whose it is it does not say, but it refuses to decide about another's.

gNMI saves nothing: the server's own `commit-save` has to be on, so that what is confirmed is what the device starts
with. It validates nothing without a commit either, so `srlinux` (JSON-RPC) is the driver to prefer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crossconnect.errors import Permanent, Unsupported
from crossconnect.nos import document
from crossconnect.nos.document import ABSENT, Operation, keyed_path
from crossconnect.nos.network_os import Commands, Query
from crossconnect.nos.srlinux.tree import MAIN, SHAPE, parse, plain
from crossconnect.transport.change import Change
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.guarded import Guarded, Pending
from crossconnect.transport.drivers.srlinux_answer import updates
from crossconnect.transport.drivers.srlinux_pings import ask_for_ping
from crossconnect.transport.gnmi.errors import Invalid, NotUnderstood, PreconditionFailed
from crossconnect.transport.gnmi.message import Cancel, CommitFor, Confirm, SetOperations, operations_of
from crossconnect.transport.gnmi.path import Path, parse_path
from crossconnect.transport.gnmi.session import Session
from crossconnect.transport.https.redaction import HIDDEN, LEAVES
from crossconnect.transport.target import Target

_NOBODYS = "nobody-has-this-id"
_ROOT = Path()


class SrLinuxGnmiDriver(Guarded):
    """One device."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self.place = target.place
        self._session = Session(target, vault)

    async def connect(self) -> None:
        """See `Guarded`."""
        await self._session.__aenter__()

    async def disconnect(self) -> None:
        """See `Guarded`."""
        await self._session.__aexit__(None, None, None)

    async def pending(self, change: Change) -> Pending:
        """See `Guarded`. Ours, unless nothing of ours runs."""
        try:
            await self._session.set(SetOperations(), commit_id=_NOBODYS, action=Cancel())
        except PreconditionFailed:
            return "none"
        except Invalid:
            return "ours" if await self.differences(change, "old") else "other"
        raise NotUnderstood(f"{self.place} has cancelled a commit by an id that nobody has")

    async def differences(self, change: Change, side: Literal["old", "new"]) -> Sequence[str]:
        """See `Guarded`. A secret that the device shows hashed (`$`) counts as the one that is meant."""
        wanted = parse(MAIN, (change.old if side == "old" else change.new)[MAIN])
        leaves = await self._session.get([_ROOT], part="config")
        found = [leaf.value for leaf in leaves if leaf.path.elements == ()]
        if len(found) != 1 or not isinstance(found[0], dict):
            raise NotUnderstood(f"{self.place} does not give its configuration as one object")
        assert isinstance(wanted, dict)
        return tuple(_line(o) for o in document.difference(plain(found[0]), wanted, SHAPE) if not _hashed(o))

    async def fit(self) -> None:
        """See `Guarded`. What the target can was asked when the session was entered."""
        if "json_ietf" not in self._session.capabilities.encodings:
            raise NotUnderstood(f"{self.place} does not speak JSON_IETF")

    async def check(self, change: Change) -> None:
        """See `Guarded`. gNMI has no validation without a commit; that the commands can be read is seen."""
        _operations(change.commands)

    async def commit_for(self, change: Change, seconds: int) -> None:
        """See `Guarded`."""
        action = CommitFor(seconds=seconds)
        await self._session.set(_operations(change.commands), commit_id=change.name, action=action)

    async def accept(self, change: Change) -> None:
        """See `Guarded`."""
        await self._session.set(SetOperations(), commit_id=change.name, action=Confirm())

    async def reject(self, change: Change) -> None:
        """See `Guarded`."""
        await self._session.set(SetOperations(), commit_id=change.name, action=Cancel())

    async def apply(self, change: Change, commands: Sequence[Commands]) -> None:
        """See `Guarded`."""
        await self._session.set(_operations(commands))

    async def replace_with_old(self, change: Change) -> None:
        """See `Guarded`."""
        await self._session.set(SetOperations(replace=((_ROOT, document.parse(change.old[MAIN])),)))

    async def save(self) -> None:
        """See `Guarded`. The server's `commit-save` does it."""

    async def ask(self, query: Query) -> bytes:
        """See `Driver`. Pings are gNOI's, of the same server."""
        if query.how == "gnoi":
            return await ask_for_ping(self._session, query)
        if query.how != "gnmi":
            raise Unsupported(f"{self.place}: SR Linux is asked by paths, not by {query.how}")
        leaves = await self._session.get([parse_path(query.ask)])
        return updates([(leaf.path, leaf.value) for leaf in leaves])


def _operations(commands: Sequence[Commands]) -> SetOperations:
    try:
        parts = [operations_of(part.text) for part in commands]
    except ValueError as error:
        raise Permanent(f"commands are no gNMI Set: {error}") from error
    return SetOperations(
        delete=tuple(path for part in parts for path in part.delete),
        replace=tuple(one for part in parts for one in part.replace),
        update=tuple(one for part in parts for one in part.update),
    )


def _hashed(operation: Operation) -> bool:
    old, new = operation.old, operation.new
    return operation.path[-1] in LEAVES and isinstance(old, str) and old.startswith("$") and isinstance(new, str)


def _line(operation: Operation) -> str:
    sign = "+" if operation.old is ABSENT else "-" if operation.new is ABSENT else "~"
    leaf = operation.path[-1] if operation.path else ""
    value = operation.old if operation.new is ABSENT else operation.new
    shown = HIDDEN if leaf in LEAVES or isinstance(value, (dict, list)) else value
    return f"{sign}{keyed_path(operation.path)}: {shown}"
