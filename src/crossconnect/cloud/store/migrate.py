"""Bring a database's tables up to date, in one transaction. Processes that start at once wait for each other."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crossconnect.cloud.store.database import Database
from crossconnect.errors import BadInput, Unreachable

LOCK = 0x63_72_6F_73_73
"""Of PostgreSQL's advisory locks, ours."""


def migrate(database: Database) -> None:
    """Make or update the tables. Refused for a database that a later version of ours has written."""
    config = Config()
    config.set_main_option("script_location", "crossconnect.cloud.store:migrations")
    try:
        with database.writing.begin() as connection:
            if database.postgresql:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
            scripts = ScriptDirectory.from_config(config)
            known = {script.revision for script in scripts.walk_revisions()}
            at = MigrationContext.configure(connection).get_current_revision()
            if at is not None and at not in known:
                raise BadInput(f"{database.shown}: tables of version {at}, which this version does not know")
            if at != scripts.get_current_head():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except DBAPIError as error:
        raise Unreachable(f"open the store {database.shown}") from error
