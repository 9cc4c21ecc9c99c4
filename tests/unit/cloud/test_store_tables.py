"""Tables and their migrations."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from crossconnect.cloud.store import tables
from crossconnect.cloud.store.database import Database
from crossconnect.cloud.store.migrate import HEAD, migrate
from crossconnect.errors import BadInput, Unreachable


def test_migrations_make_the_tables_that_the_code_knows(url: str) -> None:
    database = Database(url)
    migrate(database)
    migrate(database)
    with database.writing.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == HEAD, "or the next migration would not be made"
    database.close()


def test_processes_that_start_at_once_wait_for_each_other(url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        database = Database(url)
        try:
            migrate(database)
        except Exception as error:
            failures.append(error)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    database = Database(url)
    with database.reading() as connection:
        counters = {row.name: row.value for row in connection.execute(select(tables.counters))}
    assert counters == {"sequence": 0, "realised": 0, "cleared": 0, "audit_cleared": 0, "administered": 0}
    database.close()


def test_tables_of_a_later_version_are_left_alone(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match="version 9999"):
        migrate(database)
    database.close()


def test_a_place_that_cannot_be_opened_is_said(tmp_path) -> None:
    with pytest.raises(BadInput, match="no such directory"):
        Database(str(tmp_path / "nowhere" / "cloud.db"))
    with pytest.raises(BadInput, match="neither a file nor postgresql"):
        Database("mysql://x")
    (tmp_path / "text").write_text("no database " * 1000)
    with pytest.raises(Unreachable):
        migrate(Database(str(tmp_path / "text")))
    with pytest.raises(Unreachable, match=r"xc:\*\*\*@"):
        migrate(Database(f"postgresql://xc:secret@/x?host={tmp_path}"))


def test_what_is_committed_is_on_the_disk(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.writing.connect() as connection:
        if database.postgresql:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        else:
            # The log is put on the disk before the database is written; what has to last waits for it by itself
            # (`test_store_disk`).
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 1
            assert database.lags
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    database.close()


def test_readers_cannot_write(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.reading() as connection, pytest.raises(Exception, match=r"read.?only"):
        connection.execute(text("UPDATE counters SET value = 1"))
    database.close()
