"""Nokia SR Linux by JSON-RPC.

    set, confirm-timeout N --> tools: confirmed-accept | confirmed-reject         any session may do either
    pings                  --> the gRPC server beside it, where `grpc_port` is given (`srlinux_pings`)

JSON-RPC and not gNMI, which SR Linux has as well: the time of a confirmed commit is given with each set since 23.3.2,
and JSON-RPC alone validates and compares without a commit. By gNMI the time was, before the commit-confirmed extension,
one number for the whole server (`grpc-server/gnmi/commit-confirmed-timeout`), and the models name no release from which
the extension is there (`gnmi-extensions`).

A commit that waits has no name of ours: SR Linux has one at a time, and tells whether there is one, and who has begun
it (`/system/configuration/commit`). It is ours when that is the user that we are: an account of its own is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from crossconnect.errors import Unsupported
from crossconnect.nos import document
from crossconnect.nos.document import Value
from crossconnect.nos.network_os import Commands, Query
from crossconnect.nos.srlinux.tree import MAIN
from crossconnect.transport.change import Change
from crossconnect.transport.credentials import Vault
from crossconnect.transport.drivers.guarded import Guarded, Pending
from crossconnect.transport.drivers.srlinux_answer import updates
from crossconnect.transport.drivers.srlinux_pings import Pings
from crossconnect.transport.gnmi.message import operations_of
from crossconnect.transport.gnmi.path import parse_path
from crossconnect.transport.https import srlinux
from crossconnect.transport.https.redaction import secrets_of_value
from crossconnect.transport.https.session import Session
from crossconnect.transport.target import Target


class SrLinuxDriver(Guarded):
    """One device."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self.place, self._user = target.place, target.credential.user
        self._session = Session(target, srlinux.PATH, vault)
        self._pings = Pings(target, vault)

    async def connect(self) -> None:
        """See `Guarded`."""
        await self._session.__aenter__()

    async def disconnect(self) -> None:
        """See `Guarded`."""
        await self._pings.close()
        await self._session.__aexit__(None, None, None)

    async def pending(self, change: Change) -> Pending:
        """See `Guarded`."""
        found = await self._ask(srlinux.get(srlinux.COMMITS, "state"), "ask for commits")
        users = srlinux.unconfirmed(found)
        if not users:
            return "none"
        return "ours" if self._user in users else "other"

    async def differences(self, change: Change, side: Literal["old", "new"]) -> Sequence[str]:
        """See `Guarded`."""
        whole = _whole(change, side)
        found = await self._ask(srlinux.change("diff", whole), "compare", secrets=_secrets(whole))
        return srlinux.changed_lines(found)

    async def fit(self) -> None:
        """See `Guarded`. A save waits for the confirmation by itself, and candidates have no number."""

    async def check(self, change: Change) -> None:
        """See `Guarded`."""
        changes = _changes(change.commands)
        await self._ask(srlinux.change("validate", changes), "validate", secrets=_secrets(changes))

    async def commit_for(self, change: Change, seconds: int) -> None:
        """See `Guarded`."""
        changes = _changes(change.commands)
        await self._ask(srlinux.change("set", changes, seconds), "commit", changing=True, secrets=_secrets(changes))

    async def accept(self, change: Change) -> None:
        """See `Guarded`."""
        await self._ask(srlinux.tool(srlinux.ACCEPT), "confirm", changing=True)

    async def reject(self, change: Change) -> None:
        """See `Guarded`."""
        await self._ask(srlinux.tool(srlinux.REJECT), "reject", changing=True)

    async def apply(self, change: Change, commands: Sequence[Commands]) -> None:
        """See `Guarded`."""
        changes = _changes(commands)
        await self._ask(srlinux.change("set", changes), "change", changing=True, secrets=_secrets(changes))

    async def replace_with_old(self, change: Change) -> None:
        """See `Guarded`."""
        whole = _whole(change, "old")
        await self._ask(srlinux.change("set", whole), "whole configuration", changing=True, secrets=_secrets(whole))

    async def save(self) -> None:
        """See `Guarded`."""
        await self._ask(srlinux.cli("save startup"), "save", changing=True)

    async def ask(self, query: Query) -> bytes:
        """See `Driver`."""
        if query.how == "gnoi":
            return await self._pings.ask(query)
        if query.how != "gnmi":
            raise Unsupported(f"{self.place}: SR Linux is asked by paths, not by {query.how}")
        found = await self._ask(srlinux.get(query.ask, "state"), query.ask)
        path = parse_path(query.ask)
        return updates([(path, value) for value in found])

    async def _ask(
        self, octets: bytes, operation: str, *, changing: bool = False, secrets: frozenset[str] = frozenset()
    ) -> Sequence[Value]:
        answer = await self._session.post(octets, operation, changing=changing)
        return srlinux.results(answer, f"{operation} on {self.place}", secrets)


def _whole(change: Change, side: Literal["old", "new"]) -> list[srlinux.Change]:
    text = (change.old if side == "old" else change.new)[MAIN]
    return [("replace", "/", document.parse(text))]


def _changes(commands: Sequence[Commands]) -> list[srlinux.Change]:
    return [one for part in commands for one in srlinux.changes_of(operations_of(part.text))]


def _secrets(changes: Sequence[srlinux.Change]) -> frozenset[str]:
    """Secrets in the values; that of a leaf that is set alone is its value."""
    found: set[str] = set()
    for _, path, value in changes:
        leaf = path.rpartition("/")[2].rpartition(":")[2]
        found |= secrets_of_value({leaf: value} if isinstance(value, str) else value)
    return frozenset(found)
