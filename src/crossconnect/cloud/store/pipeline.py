"""A connection to PostgreSQL on which statements without an answer are not waited for.

    INSERT, INSERT, UPDATE, ...  -->  sent           one round trip for all of them, instead of one each:
    SELECT                       -->  all answers

A statement that fails is heard of where the next answer is read, so that a command ends with a SELECT.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from sqlalchemy import Engine, event

UNANSWERED = ("INSERT ", "UPDATE ", "DELETE ", "SAVEPOINT ", "RELEASE ", "SET ", "NOTIFY ")
"""Beginnings of statements whose answers nobody reads, unless they return rows."""


@functools.cache
def _cursor() -> type[Any]:
    """A cursor that waits for the answers that are read. Made when it is wanted: SQLite needs no psycopg."""
    import psycopg

    class Cursor(psycopg.Cursor[Any]):
        def __init__(self, connection: Any, **options: Any) -> None:
            super().__init__(connection, **options)
            self._waits: psycopg.Pipeline = connection.crossconnect[0]

        def execute(self, query: Any, params: Any = None, **options: Any) -> Cursor:
            super().execute(query, params, **options)
            if not query.startswith(UNANSWERED) or " RETURNING " in query:
                self._waits.sync()
            return self

    return Cursor


def pipelined(engine: Engine) -> None:
    """Make an engine's connections such ones, for as long as they are open."""
    event.listen(engine, "connect", _opened)
    event.listen(engine, "close", _closed)


def _opened(connection: Any, _record: object) -> None:
    connection.cursor_factory = _cursor()
    context = connection.pipeline()
    connection.crossconnect = (context.__enter__(), context)


def _closed(connection: Any, _record: object) -> None:
    import psycopg

    with contextlib.suppress(psycopg.Error):  # it is gone
        connection.crossconnect[1].__exit__(None, None, None)
