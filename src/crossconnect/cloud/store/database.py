"""Connections: one that writes, several that read, to an SQLite file or a PostgreSQL database.

Durability is not for tuning. A commit that has to last is on the disk when it is answered: SQLite in WAL mode, where
`last` waits for the disk (`log_file`), PostgreSQL with `synchronous_commit=on` whatever the role's default is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from crossconnect.cloud.store.log_file import LogFile
from crossconnect.cloud.store.pipeline import pipelined
from crossconnect.cloud.store.prepared import plain
from crossconnect.errors import BadInput

T = TypeVar("T")

READERS = 4
"""Threads that read, with a connection each."""
BUSY_MS = 5000
"""How long SQLite waits for another process's lock."""
POSTGRESQL = {
    "connect_timeout": 5,
    "application_name": "crossconnect",
    "options": " ".join(
        (
            "-c synchronous_commit=on",
            "-c lock_timeout=10s",  # a writer waits for the others' transactions, some milliseconds each
            "-c statement_timeout=30s",
            "-c idle_in_transaction_session_timeout=60s",  # who stops in mid-transaction must not keep the lock
        )
    ),
}


class Database:
    """Where the tables are."""

    def __init__(self, url: str) -> None:
        """`url` is a path of a file, or `postgresql://...`. Nothing is opened yet."""
        self.postgresql = url.startswith(("postgresql://", "postgres://"))
        self.address = url
        """For who opens a connection without us."""
        if not self.postgresql and "://" in url:
            raise BadInput(f"{url} is neither a file nor postgresql://")
        self.shown = make_url(url).render_as_string(hide_password=True) if self.postgresql else url
        """For people, without a password."""
        self.lags = not self.postgresql
        """Whether a commit returns before it is on the disk."""
        self._log = LogFile(Path(url).absolute()) if self.lags else None
        if self.postgresql:
            target = make_url(url).set(drivername="postgresql+psycopg")
            self.writing: Engine = create_engine(target, poolclass=NullPool, connect_args=POSTGRESQL)
            self._sending = create_engine(target, poolclass=NullPool, connect_args=POSTGRESQL)
            pipelined(self._sending)
            self._reading: Engine = create_engine(
                target,
                pool_size=READERS,
                max_overflow=0,
                connect_args=POSTGRESQL,
                isolation_level="REPEATABLE READ",
                execution_options={"postgresql_readonly": True},
            )
            return
        if not Path(url).absolute().parent.is_dir():
            raise BadInput(f"{url}: there is no such directory")
        target = f"sqlite:///{Path(url).absolute()}"
        self.writing = create_engine(target, poolclass=NullPool, connect_args={"check_same_thread": False})
        self._reading = create_engine(
            target, pool_size=READERS, max_overflow=0, connect_args={"check_same_thread": False}
        )
        self._sending = self.writing
        self._near = create_engine(target, poolclass=NullPool, connect_args={"check_same_thread": False})
        self._kept: Connection | None = None
        _prepare_sqlite(self._near, "BEGIN", "PRAGMA query_only=ON", "PRAGMA busy_timeout=0")
        _prepare_sqlite(self.writing, "BEGIN IMMEDIATE", "PRAGMA query_only=OFF")
        _prepare_sqlite(self._reading, "BEGIN", "PRAGMA query_only=ON")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: all statements see one moment."""
        with self._reading.connect() as connection:
            yield connection

    def glance(self, question: Callable[[Connection], T]) -> T:
        """The answer to what an index finds, without a thread: SQLite takes some 20 us for it, and waits for nobody.
        Called in one thread only. Raises DBAPIError, where `reading` may still succeed."""
        kept = self._kept or self._near.connect()
        self._kept = None
        try:
            answer = question(kept)
            kept.rollback()
        except BaseException:
            kept.close()
            raise
        self._kept = kept
        return answer

    def writer(self) -> Connection:
        """The writer's connection: with PostgreSQL, one that does not wait for each answer (`pipeline`)."""
        return self._sending.connect()

    def begin(self, connection: Connection, *, lasting: bool) -> None:
        """Begin a transaction of the writer. One that is not `lasting` does not wait for the disk: with the machine's
        power it may be lost, with no other harm."""
        if self.postgresql and not lasting:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    def last(self) -> None:
        """Wait until what has been committed is on the disk: others see it already, and may work on it. PostgreSQL has
        waited in the commit. OSError where the disk fails; what is on it is not known then."""
        if self._log is not None:
            self._log.sync()

    def settle(self, connection: Connection) -> None:
        """Raise what has gone wrong in the writer's statements so far, whose answers have not been waited for."""
        if self.postgresql:
            plain(connection, "SELECT 1")

    def drop_readers(self) -> None:
        """Forget pooled connections: after the database was away."""
        self._reading.dispose()

    def close(self) -> None:
        """Let go of all connections."""
        if not self.postgresql and self._kept is not None:
            self._kept.close()
        if self._log is not None:
            self._log.close()
        self._reading.dispose()
        self.writing.dispose()
        self._sending.dispose()


def is_transient(error: DBAPIError) -> bool:
    """Whether the database, not the statement, is the trouble: gone, restarting, locked by another, full. A transaction
    in which it happens before the commit has not taken place."""
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _prepare_sqlite(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # transactions begin and end where we say, DDL included
        cursor = connection.cursor()
        for pragma in (
            f"PRAGMA busy_timeout={BUSY_MS}",
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=NORMAL",  # the writer waits for the disk by itself (`last`)
            "PRAGMA cache_size=-65536",
            *pragmas,
        ):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        plain(connection, begin)
