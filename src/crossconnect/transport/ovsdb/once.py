"""Transactions that take effect once, whatever happens to the connection.

A transaction that was sent and not answered has an unknown outcome, and stays unknown for a while: asking the database
whether its rows are there does not help, for the server may still have it in its socket and execute it after it has
answered us. A server of a cluster may execute one again by itself when its leader is lost at the wrong moment
(ovsdb(7), "Understanding Cluster Consistency"). So every attempt, the first one too, carries a guard as its first
operation that lets it through only if none was committed before:

    mark = {"request": "7f2a..."}                    what no other transaction writes: a fresh number of the caller's
    await transact_once(session, ports, [("external_ids", "includes", mark)], [
        insert(ports, {"name": "p1", "external_ids": mark}),
    ])

For a row that is changed or deleted, let the transaction insert the mark into a map of some row that stays, a switch's
`external_ids` say, and remove the mark of the same writer's transaction before last. Where an insert chooses its UUID
(`insert(..., uuid=...)`, from Open vSwitch 3.0 on), the UUID does the same: a second one ends in DuplicateUuid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossconnect.transport.ovsdb.errors import NotConnected, OutcomeUnknown, TimedOut, Unavailable
from crossconnect.transport.ovsdb.operations import Condition, Operation, Result, require_none
from crossconnect.transport.ovsdb.schema import Table
from crossconnect.transport.ovsdb.session import Session


async def transact_once(
    session: Session,
    table: Table,
    mark: Iterable[Condition],
    operations: Sequence[Operation],
    *,
    attempts: int = 5,
) -> list[Result] | None:
    """Do the operations once; results as of `Session.transact`, or None when an attempt before had been committed.

    `mark` are conditions on `table` that a row meets only after this transaction. OutcomeUnknown or NotConnected after
    the last of the `attempts`; any other TransactionError at once.
    """
    guarded = [require_none(table, mark), *operations]
    for attempt in range(1, attempts + 1):
        try:
            return (await session.transact(guarded))[1:]
        except TimedOut as e:
            if e.operation == 0:  # the mark is there
                return None
            raise
        except (OutcomeUnknown, NotConnected, Unavailable):
            if attempt == attempts:
                raise
    raise AssertionError("there is at least one attempt")
