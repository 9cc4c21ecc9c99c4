"""Who may write, and up to which change all is written: two values in the northbound database itself.

    NB_Global.external_ids    crossconnect:writer    token of the writer; each of its transactions asks for it
                              crossconnect:number    the last change that is realised, written with its rows

The server's lock chooses the writer. The token is what fences off one that does not know yet that it was deposed, and a
transaction of our own whose outcome is unknown: whoever takes over writes a new token, and from then on neither can be
committed any more (see `transport/ovsdb/lock.py` for what a lock alone does not do in a cluster).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.cloud.realise.facts import GLOBAL
from crossconnect.cloud.realise.plan import Found
from crossconnect.transport.ovsdb import (
    ALL,
    Operation,
    Schema,
    assert_lock,
    insert,
    mutate,
    require,
    require_none,
    select,
)
from crossconnect.transport.ovsdb.types import Row, Value

WRITER = "crossconnect:writer"
NUMBER = "crossconnect:number"


class Fence(msgspec.Struct, frozen=True):
    """A writer: the lock that it holds, and its token."""

    lock: str
    token: str


def take_over(schema: Schema, fence: Fence, found: Found) -> list[Operation]:
    """Make the token the writer's. The row is made where there is none: northd has not been there yet."""
    table = schema.table(GLOBAL)
    if not found.rows(GLOBAL):
        marks = {WRITER: fence.token}
        return [assert_lock(fence.lock), require_none(table, ALL), insert(table, {"external_ids": marks})]
    marks = [("external_ids", "delete", [WRITER]), ("external_ids", "insert", {WRITER: fence.token})]
    return [assert_lock(fence.lock), require(table, ALL), mutate(table, ALL, marks)]


def guard(schema: Schema, fence: Fence) -> list[Operation]:
    """What each transaction begins with."""
    mark = {WRITER: fence.token}
    return [assert_lock(fence.lock), require(schema.table(GLOBAL), [("external_ids", "includes", mark)])]


GUARDS = 2
"""How many operations `guard` gives."""


def record(schema: Schema, number: int) -> Operation:
    """Say that all is realised up to a change."""
    marks = [("external_ids", "delete", [NUMBER]), ("external_ids", "insert", {NUMBER: str(number)})]
    return mutate(schema.table(GLOBAL), ALL, marks)


def count_up(schema: Schema) -> list[Operation]:
    """Ask northd and the hypervisors to tell when they have followed (ovn-nb(5), `nb_cfg`); the second reads it."""
    table = schema.table(GLOBAL)
    return [mutate(table, ALL, [("nb_cfg", "+=", 1)]), select(table, ALL, ["nb_cfg"])]


def configure(schema: Schema, found: Found, settings: Mapping[str, str]) -> list[Operation]:
    """Have pairs in `NB_Global.options`; northd and others have theirs beside."""
    there = _row(found).get("options")
    lacking = {k: v for k, v in settings.items() if not isinstance(there, Mapping) or there.get(k) != v}
    if not lacking:
        return []
    pairs = [("options", "delete", [*lacking]), ("options", "insert", lacking)]
    return [mutate(schema.table(GLOBAL), ALL, pairs)]


def _row(found: Found) -> Row:
    return next(iter(found.rows(GLOBAL).values()), {})


def _mark(found: Found, key: str) -> Value:
    marks = _row(found).get("external_ids")
    return marks.get(key) if isinstance(marks, Mapping) else None


def writer(found: Found) -> str:
    """The writer's token; empty when there is none."""
    return str(_mark(found, WRITER) or "")


def recorded(found: Found) -> int:
    """The last change that is realised; -1 when the database does not say."""
    text = str(_mark(found, NUMBER) or "")
    return int(text) if text.isascii() and text.isdigit() else -1


def followed(found: Found, column: str) -> int:
    """How far `sb_cfg` or `hv_cfg` have come."""
    value = _row(found).get(column)
    return value if isinstance(value, int) else -1
