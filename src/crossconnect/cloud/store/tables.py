"""The tables. SQLite and PostgreSQL have the same; ids and names are compared by octets in both.

documents -- document_references (source -> target), attributes (to filter by), audience (who sees it beside its
project), claims and claim_runs (addresses), failures
changes: one row per document written or deleted, numbered by counters.sequence, which each write transaction locks
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import TEXT

metadata = MetaData()

Octets = Text().with_variant(TEXT(collation="C"), "postgresql")
"""Text that both databases sort alike."""

documents = Table(
    "documents",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("kind", Octets, nullable=False),
    Column("project_id", Octets, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("documents_by_project", "project_id", "kind", "id"),
)

document_references = Table(
    "document_references",
    metadata,
    Column("source_id", Octets, nullable=False),
    Column("field", Octets, nullable=False),
    Column("root", Octets, nullable=False),
    Column("target_id", Octets, nullable=False),
    Column("owned", Boolean, nullable=False),
    Column("source_kind", Octets, nullable=False),
    Column("project_id", Octets, nullable=False),
    PrimaryKeyConstraint("source_id", "field", "target_id"),
    Index("document_references_by_target", "target_id", "source_kind", "root", "source_id"),
    sqlite_with_rowid=False,
)

attributes = Table(
    "attributes",
    metadata,
    Column("project_id", Octets, nullable=False),
    Column("kind", Octets, nullable=False),
    Column("name", Octets, nullable=False),
    Column("value", Octets, nullable=False),
    Column("document_id", Octets, nullable=False),
    PrimaryKeyConstraint("project_id", "kind", "name", "value", "document_id"),
    sqlite_with_rowid=False,
)

audience = Table(
    "audience",
    metadata,
    Column("project_id", Octets, nullable=False),
    Column("kind", Octets, nullable=False),
    Column("document_id", Octets, nullable=False),
    PrimaryKeyConstraint("project_id", "kind", "document_id"),
    Index("audience_by_document", "document_id"),
    sqlite_with_rowid=False,
)

claims = Table(
    "claims",
    metadata,
    Column("scope", Octets, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("owner", Octets, nullable=False),
    PrimaryKeyConstraint("scope", "value"),
    Index("claims_by_owner", "owner"),
    sqlite_with_rowid=False,
)

claim_runs = Table(
    "claim_runs",
    metadata,
    Column("scope", Octets, nullable=False),
    Column("first", LargeBinary, nullable=False),
    Column("last", LargeBinary, nullable=False),
    PrimaryKeyConstraint("scope", "first"),
    sqlite_with_rowid=False,
)

changes = Table(
    "changes",
    metadata,
    Column("number", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", Octets, nullable=False),
    Column("batch", Octets, nullable=False),
    Column("action", Octets, nullable=False),
    Column("kind", Octets, nullable=False),
    Column("document_id", Octets, nullable=False),
    Column("project_id", Octets, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("number", "position"),
    Index("changes_by_project", "project_id", "number", "position"),
    Index("changes_by_document", "document_id", "number"),
)

change_audience = Table(
    "change_audience",
    metadata,
    Column("project_id", Octets, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("project_id", "number", "position"),
    sqlite_with_rowid=False,
)

counters = Table(
    "counters",
    metadata,
    Column("name", Octets, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("document_id", Octets, primary_key=True),
    Column("reason", Octets, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("project_id", Octets, nullable=False),
    Column("token", Octets, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    PrimaryKeyConstraint("project_id", "token"),
    Index("idempotency_by_age", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("project_id", Octets, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("audit_by_project", "project_id", "number"),
    sqlite_autoincrement=True,
)

projects = Table(
    "projects",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("created_at", Octets, nullable=False),
    Column("quotas", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("deleted_at", Octets, nullable=False),
    Column("record", LargeBinary),
)

usage = Table(
    "usage",
    metadata,
    Column("project_id", Octets, nullable=False),
    Column("kind", Octets, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "kind"),
    sqlite_with_rowid=False,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("project_id", Octets, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("revoked", SmallInteger, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("api_keys_by_project", "project_id", "id"),
)
