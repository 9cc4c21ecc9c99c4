"""Bring a database's tables up to date, in one transaction. Processes that start at once wait for each other."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from crossconnect.cloud.store.database import Database
from crossconnect.errors import BadInput, Unreachable

LOCK = 0x63_72_6F_73_73
"""Of PostgreSQL's advisory locks, ours."""
HEAD = "0003"
"""The revision of the last of `migrations`. Where the tables are of it nothing else is read."""


def migrate(database: Database) -> None:
    """Make or update the tables. Refused for a database that a later version of ours has written."""
    try:
        with database.writing.begin() as connection:
            if database.postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
            if not _is_current(connection):
                _upgrade(database.shown, connection)
    except DBAPIError as error:
        raise Unreachable(f"open the store {database.shown}") from error


def _is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def _upgrade(shown: str, connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "crossconnect.cloud.store:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    at = MigrationContext.configure(connection).get_current_revision()
    if at is not None and at not in known:
        raise BadInput(f"{shown}: tables of version {at}, which this version does not know")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
