"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OCTETS = sa.Text().with_variant(TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit record is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()",
    ),
}


def upgrade() -> None:
    """Make them."""
    _make_resources()
    _make_claims()
    _make_feed()
    _make_projects()
    counters = sa.table("counters", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": name, "value": 0} for name in ("sequence", "realised", "cleared")])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _make_resources() -> None:
    op.create_table(
        "documents",
        sa.Column("id", OCTETS, primary_key=True),
        sa.Column("kind", OCTETS, nullable=False),
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("documents_by_project", "documents", ["project_id", "kind", "id"])
    op.create_table(
        "document_references",
        sa.Column("source_id", OCTETS, nullable=False),
        sa.Column("field", OCTETS, nullable=False),
        sa.Column("root", OCTETS, nullable=False),
        sa.Column("target_id", OCTETS, nullable=False),
        sa.Column("owned", sa.Boolean, nullable=False),
        sa.Column("source_kind", OCTETS, nullable=False),
        sa.Column("project_id", OCTETS, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "field", "target_id"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "document_references_by_target", "document_references", ["target_id", "source_kind", "root", "source_id"]
    )
    op.create_table(
        "attributes",
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("kind", OCTETS, nullable=False),
        sa.Column("name", OCTETS, nullable=False),
        sa.Column("value", OCTETS, nullable=False),
        sa.Column("document_id", OCTETS, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "kind", "name", "value", "document_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience",
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("kind", OCTETS, nullable=False),
        sa.Column("document_id", OCTETS, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "kind", "document_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("audience_by_document", "audience", ["document_id"])


def _make_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("scope", OCTETS, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("owner", OCTETS, nullable=False),
        sa.PrimaryKeyConstraint("scope", "value"),
        sqlite_with_rowid=False,
    )
    op.create_index("claims_by_owner", "claims", ["owner"])
    op.create_table(
        "claim_runs",
        sa.Column("scope", OCTETS, nullable=False),
        sa.Column("first", sa.LargeBinary, nullable=False),
        sa.Column("last", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("scope", "first"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "failures",
        sa.Column("document_id", OCTETS, primary_key=True),
        sa.Column("reason", OCTETS, nullable=False),
    )


def _make_feed() -> None:
    op.create_table(
        "changes",
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("at", OCTETS, nullable=False),
        sa.Column("batch", OCTETS, nullable=False),
        sa.Column("action", OCTETS, nullable=False),
        sa.Column("kind", OCTETS, nullable=False),
        sa.Column("document_id", OCTETS, nullable=False),
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", "position"),
    )
    op.create_index("changes_by_document", "changes", ["document_id", "number"])
    op.create_index("changes_by_project", "changes", ["project_id", "number", "position"])
    op.create_table(
        "change_audience",
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "number", "position"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counters",
        sa.Column("name", OCTETS, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "idempotency",
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("token", OCTETS, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "token"),
    )
    op.create_index("idempotency_by_age", "idempotency", ["at"])
    op.create_table(
        "audit",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_project", "audit", ["project_id", "number"])


def _make_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("id", OCTETS, primary_key=True),
        sa.Column("created_at", OCTETS, nullable=False),
        sa.Column("quotas", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "usage",
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("kind", OCTETS, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "kind"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "api_keys",
        sa.Column("id", OCTETS, primary_key=True),
        sa.Column("project_id", OCTETS, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("revoked", sa.SmallInteger, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_index("api_keys_by_project", "api_keys", ["project_id", "id"])
