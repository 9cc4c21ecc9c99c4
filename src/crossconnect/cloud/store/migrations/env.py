"""Alembic's entry: migrate over the connection that `crossconnect.cloud.store.migrate` hands over."""

from alembic import context

from crossconnect.cloud.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
