"""The beginning of a connection: what server is this, may we stay, what is its schema.

    get_schema(_Server), set_db_change_aware     ---->    two questions at once
    monitor_cond(_Server), get_schema(database)  ---->    two more

The schema is asked for after the monitor, so that a change of it in between is told by the monitor.
"""

from __future__ import annotations

import asyncio

import msgspec

from crossconnect.transport.ovsdb.answers import check
from crossconnect.transport.ovsdb.codec import Message
from crossconnect.transport.ovsdb.errors import ConnectionLost, NotConnected, OvsdbError, RequestError
from crossconnect.transport.ovsdb.leadership import DATABASE, Seen, choose, look, objection
from crossconnect.transport.ovsdb.link import Link
from crossconnect.transport.ovsdb.monitor import notification_params
from crossconnect.transport.ovsdb.schema import Schema, parse_schema
from crossconnect.transport.ovsdb.tables import Tables
from crossconnect.transport.ovsdb.types import Row, Value

MONITOR = b'"_Server"'
"""The id of the monitor of `_Server`, as JSON."""


class ServerView:
    """What a server says of itself in `_Server`; servers older than Open vSwitch 2.9 say nothing."""

    def __init__(self, database: str, leader: bool, tables: Tables | None) -> None:
        self._database = database
        self._leader = leader
        self._tables = tables
        self._schema: Value = None

    @property
    def row(self) -> Row | None:
        """The database's row."""
        if self._tables is None:
            return None
        rows = self._tables.tracked["Database"].rows.values()
        return next((row for row in rows if row["name"] == self._database), None)

    @property
    def clustered(self) -> bool:
        """Whether the database is in a cluster."""
        row = self.row
        return row is not None and row.get("model") == "clustered"

    def update(self, updates: msgspec.Raw) -> None:
        """Take the monitor's first load, or a change."""
        if self._tables is not None:
            self._tables.apply(updates, version=2)

    def notified(self, message: Message) -> None:
        """A notification on a connection that is still being greeted."""
        name, params = notification_params(message)
        if name == MONITOR:
            self.update(params[-1])

    def settle(self) -> None:
        """The schema is asked for now: a change of it from here on is an objection."""
        row = self.row
        self._schema = None if row is None else row.get("schema")

    def objection(self, seen: Seen) -> str:
        """Why not to stay; empty when there is nothing against it."""
        if self._tables is None:
            return ""
        return objection(self.row, leader=self._leader, schema=self._schema, seen=seen)

    def look(self, seen: Seen) -> Seen:
        """The furthest seen of the cluster's log."""
        return look(self.row, seen)


class Greeting(msgspec.Struct, frozen=True, eq=False):
    """A server that we may stay with."""

    schema: Schema
    server: ServerView


async def greet(link: Link, database: str, *, leader: bool, seen: Seen) -> Greeting:
    """Ask a new connection's server what it is. NotConnected when it is not one to stay with."""
    about, _ = await asyncio.gather(
        link.ask("get_schema", [DATABASE]), link.ask("set_db_change_aware", [True]), return_exceptions=True
    )
    tables: Tables | None = None
    if isinstance(about, Message):
        schema = parse_schema(bytes(about.result))
        tables = Tables(schema, choose(leader, set(schema.table("Database").columns)))
    elif not isinstance(about, RequestError):  # the server is too old to have it, or the connection has ended
        raise about
    view = ServerView(database, leader, tables)
    if tables is not None:
        link.notified = view.notified
        _monitor(link, view, list(tables.tracked["Database"].blank))
    try:
        answer = await link.ask("get_schema", [database])
    except RequestError as e:
        raise NotConnected(f"{link.remote}: {view.objection(seen) or e}") from e
    if against := view.objection(seen):
        raise NotConnected(f"{link.remote}: {against}")
    return Greeting(parse_schema(bytes(answer.result)), view)


def _monitor(link: Link, view: ServerView, columns: list[str]) -> None:
    """Begin to monitor `_Server`. The answer comes before that to any later request."""

    def answered(message: Message | None) -> None:
        try:
            if message is None:
                raise ConnectionLost(f"{link.remote}: {link.reason}")
            check("monitor_cond", message)
            view.update(message.result)
            view.settle()
        except OvsdbError as e:
            link.abort(str(e))

    requests = {"Database": [{"columns": columns}]}
    link.request("monitor_cond", [DATABASE, msgspec.Raw(MONITOR), requests], answered)
