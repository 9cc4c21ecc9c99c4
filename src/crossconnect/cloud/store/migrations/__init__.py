"""The tables' history, for Alembic: one module per step, of which none changes once it has been released."""
