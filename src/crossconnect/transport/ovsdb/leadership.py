"""Whether a server is one to stay with: what its `_Server` database says of the database that we want.

In a cluster only the leader executes transactions by itself; the others hand them on, know of commits later, and have
locks of their own. A member that has lost the cluster still answers, from what it knew last.
See ovsdb-server(5), "_Server", and ovsdb(7), "Clustered Database Service Model".
"""

from __future__ import annotations

import msgspec

from crossconnect.transport.ovsdb.tables import Choice, Chosen
from crossconnect.transport.ovsdb.types import Row, Value

DATABASE = "_Server"
COLUMNS = ("name", "model", "connected", "leader", "schema", "cid", "index")


class Seen(msgspec.Struct, frozen=True):
    """The furthest that a session has seen a cluster's log: a server that is behind it would take us back in time."""

    cluster: Value = None
    index: int = 0


def choose(leader: bool, columns: set[str]) -> Choice:
    """What to monitor of `_Server`. The log's index changes with every transaction: only who needs it asks for it."""
    wanted = [name for name in COLUMNS if name in columns and not (leader and name == "index")]
    return {"Database": Chosen(tuple(wanted))}


def objection(row: Row | None, *, leader: bool, schema: Value, seen: Seen) -> str:
    """Why not to stay with a server; empty when there is nothing against it.

    `row` is the database's row in `_Server`, `leader` whether only a leader will do, `schema` the text that the session
    has read the server's tables by (None at the beginning of a connection).
    """
    if row is None:
        return "it does not have the database"
    if not row.get("connected", True):
        return "it has lost its cluster"
    if row.get("model") == "clustered":
        if leader and not row.get("leader", True):
            return "it is not the cluster's leader"
        index = row.get("index")
        if seen.cluster == row.get("cid") and isinstance(index, int) and index < seen.index:
            return "it is behind what was seen of the cluster before"
    if schema is not None and row.get("schema") != schema:
        return "its schema has changed"
    return ""


def look(row: Row | None, seen: Seen) -> Seen:
    """What has been seen of the cluster, with this row."""
    if row is None or row.get("cid") is None:
        return seen
    index = row.get("index")
    if not isinstance(index, int):
        return seen
    return Seen(row.get("cid"), max(index, seen.index) if row.get("cid") == seen.cluster else index)
