"""A monitor: rows of a server's tables, kept up to date from their first load on (ovsdb-server(7), section 4.1).

    monitor_cond_since(db, id, choice, last transaction)   ---->
    <----  [found, transaction, updates2]       found: what changed since; else: all rows, which replace what we have
    <----  update3(id, transaction, updates2)   one message for each transaction
    monitor_cond_change(id, id, conditions)                ---->
    <----  update3(...): rows that match now, rows that no longer do;  then the answer

`monitor_cond_since` came with Open vSwitch 2.12, `monitor_cond` with 2.6; RFC 7047 has `monitor`. Without the first,
each reconnection loads all rows again. Servers that are not in a cluster keep no history and never find a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

from crossconnect.transport.ovsdb.answers import check, decode_result
from crossconnect.transport.ovsdb.codec import Message
from crossconnect.transport.ovsdb.errors import ConnectionLost, NotSupported, OvsdbError, ProtocolError, RequestError
from crossconnect.transport.ovsdb.link import Link
from crossconnect.transport.ovsdb.operations import Condition, encode_condition
from crossconnect.transport.ovsdb.schema import Schema
from crossconnect.transport.ovsdb.tables import Choice, Chosen
from crossconnect.transport.ovsdb.types import ZERO_UUID, Json, Uuid

METHODS = ("monitor_cond_since", "monitor_cond", "monitor")
"""From the one that is wanted to the one that every server has."""
Where: TypeAlias = tuple[Condition, ...] | None
Choose: TypeAlias = Callable[[Schema], Choice]
"""What to monitor of a server with that schema: asked at each connection, for servers are upgraded."""


class Sink(Protocol):
    """Whom a monitor tells."""

    def begin(self, schema: Schema, choice: Choice) -> bool:
        """A connection is there; say whether what was told so far can be continued with this schema and choice."""
        ...

    def load(self, updates: msgspec.Raw, version: int, transaction: Uuid) -> None:
        """All rows: they replace what was told before."""
        ...

    def change(self, updates: msgspec.Raw, version: int, transaction: Uuid) -> None:
        """What changed."""
        ...

    def fail(self, error: OvsdbError) -> None:
        """The server refuses this monitor."""
        ...


class Monitor:
    """One monitor over all connections of a session."""

    def __init__(self, sink: Sink, choose: Choose, methods: tuple[str, ...] = METHODS) -> None:
        self.id = b""
        self._sink = sink
        self._choose = choose
        self._methods = methods
        self._method = ""
        self._last = ZERO_UUID
        self._where: dict[str, Where] = {}
        self._unsettled = 0  # changes of conditions of which the rows may not all be here
        self._schema: Schema | None = None
        self._link: Link | None = None

    async def establish(self, link: Link, schema: Schema, number: int) -> None:
        """Begin, or go on, on a new connection. OvsdbError when the server refuses or the schema lacks a name."""
        choice = self._choice(schema)
        if not self._sink.begin(schema, choice) or self._unsettled:
            self._last = ZERO_UUID
        self._unsettled = 0
        self.id = b'"m%d"' % number
        self._link, self._schema = link, schema
        for method in self._methods:
            if method == "monitor" and any(chosen.where != () for chosen in choice.values()):
                raise NotSupported(f"{link.remote}: this server has no monitors with conditions")
            self._method = method
            try:
                await self._request(link, schema, choice)
            except RequestError as e:
                if e.tag == "unknown method" and method != self._methods[-1]:
                    continue
                raise
            return

    def notified(self, params: list[msgspec.Raw]) -> None:
        """An `update`, `update2` or `update3` of ours: its parameters after the monitor's id."""
        last = msgspec.json.decode(params[0], type=Uuid) if len(params) == 2 else ZERO_UUID
        self._sink.change(params[-1], 1 if self._method == "monitor" else 2, last)
        self._last = last

    def ended(self) -> None:
        """The connection is gone."""
        self._link = None

    def fail(self, error: OvsdbError) -> None:
        """The monitor could not be established."""
        self._link = None
        self._sink.fail(error)

    async def change_conditions(self, conditions: Mapping[str, Where]) -> None:
        """Monitor other rows of tables that are monitored; returns when the replica has them.

        Without a connection, or when it ends before the server has answered, the next one loads all rows: what a
        server has to tell since a transaction would lack rows that match now and have not changed.
        """
        self._where.update(conditions)
        self._unsettled += 1
        link, schema = self._link, self._schema
        if link is None or schema is None:
            return
        if self._method == "monitor":
            raise NotSupported(f"{link.remote}: this server has no monitors with conditions")
        changes: dict[str, list[Json]] = {}
        for table, where in conditions.items():
            changes[table] = [{"where": _encode_where(schema, table, where)}]
        name = msgspec.Raw(self.id)
        await link.ask("monitor_cond_change", [name, name, changes])
        self._unsettled -= 1

    def _choice(self, schema: Schema) -> Choice:
        choice = self._choose(schema)
        return {name: Chosen(chosen.columns, self._where.get(name, chosen.where)) for name, chosen in choice.items()}

    async def _request(self, link: Link, schema: Schema, choice: Choice) -> None:
        """Send the request. Its answer is taken where it arrives, before the first update behind it."""
        params: list[Any] = [schema.name, msgspec.Raw(self.id), _encode_choice(schema, choice, self._method)]
        if self._method == "monitor_cond_since":
            params.append(self._last)
        done = link.future()

        def answered(message: Message | None) -> None:
            try:
                if message is None:
                    raise ConnectionLost(f"{link.remote}: {self._method} was not answered: {link.reason}")
                check(self._method, message)
                self._load(message)
            except OvsdbError as e:
                if not done.done():
                    done.set_exception(e)
            else:
                if not done.done():
                    done.set_result(None)

        link.request(self._method, params, answered)
        await done

    def _load(self, message: Message) -> None:
        if self._method == "monitor_cond_since":
            found, last, updates = decode_result(message, tuple[bool, Uuid, msgspec.Raw])
            if found:
                self._sink.change(updates, 2, last)
            else:
                self._sink.load(updates, 2, last)
            self._last = last
            return
        self._last = ZERO_UUID
        self._sink.load(message.result, 1 if self._method == "monitor" else 2, ZERO_UUID)


def notification_params(message: Message) -> tuple[bytes, list[msgspec.Raw]]:
    """A notification's first parameter as JSON (a monitor's id, a lock's name), and the others. ProtocolError."""
    try:
        params = msgspec.json.decode(message.params, type=list[msgspec.Raw])
        return bytes(params[0]), params[1:]
    except (msgspec.DecodeError, IndexError) as e:
        raise ProtocolError(f"{message.method} says not what it is about") from e


def _encode_where(schema: Schema, table: str, where: Where) -> Json:
    if where is None:
        return [False]
    return [encode_condition(schema.table(table), condition) for condition in where] or [True]


def _encode_choice(schema: Schema, choice: Choice, method: str) -> dict[str, Json]:
    requests: dict[str, Json] = {}
    for name, chosen in choice.items():
        table = schema.table(name)
        # Columns are always named: servers send `_version` too when they are not.
        request: dict[str, Json] = {"columns": [*chosen.of(table)]}
        if method != "monitor":
            request["where"] = _encode_where(schema, name, chosen.where)
        requests[name] = [request]
    return requests
