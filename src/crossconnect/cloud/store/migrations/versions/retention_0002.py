"""The audit record may be cleared up to a number, and nothing else of it may be deleted or changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

RETENTION = {
    "sqlite": (
        "DROP TRIGGER audit_no_delete",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "WHEN OLD.number > (SELECT value FROM counters WHERE name = 'audit_cleared') "
        "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END",
    ),
    "postgresql": (
        "DROP TRIGGER audit_append_only ON audit",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
        "CREATE FUNCTION audit_retention() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN "
        "IF OLD.number > (SELECT value FROM counters WHERE name = 'audit_cleared') THEN "
        "RAISE EXCEPTION 'the audit record is append-only'; END IF; RETURN OLD; END $$",
        "CREATE TRIGGER audit_retention BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_retention()",
    ),
}


def upgrade() -> None:
    """A counter, and triggers that ask for it."""
    counters = sa.table("counters", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": "audit_cleared", "value": 0}])
    for statement in RETENTION[op.get_bind().dialect.name]:
        op.execute(statement)
