"""Projects and API keys have revisions, names and tags to filter by; a deleted project keeps its row."""

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OCTETS = sa.Text().with_variant(TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Columns, a counter for revisions, and the names of keys that are there."""
    op.add_column("projects", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("projects", sa.Column("deleted_at", OCTETS, nullable=False, server_default=""))
    op.add_column("projects", sa.Column("record", sa.LargeBinary, nullable=True))
    counters = sa.table("counters", sa.column("name"), sa.column("value"))
    op.bulk_insert(counters, [{"name": "administered", "value": 0}])
    keys = op.get_bind().execute(sa.text("SELECT id, project_id, record FROM api_keys")).all()
    named = [
        {"project_id": project, "kind": "api_key", "name": "name", "value": name, "document_id": id}
        for id, project, record in keys
        if (name := json.loads(bytes(record))["name"])
    ]
    if named:
        op.bulk_insert(sa.table("attributes", *(sa.column(name) for name in named[0])), named)
