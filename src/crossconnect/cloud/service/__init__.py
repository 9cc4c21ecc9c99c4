"""Commands and questions of tenants: from a request that is authenticated to one transaction of the store.

    API --> Service (asyncio) --> commands (decide, check, write; in the writer's transaction) --> store
                             `--> questions (a reader's transaction)

Invariant: what a caller may see is decided by the store's queries, which all carry the caller's project.
"""

from crossconnect.cloud.service.caller import Caller, Key, Request
from crossconnect.cloud.service.outcome import AuditRecord, Changed, Commit, Document, Feed, Outcome, Page, Query
from crossconnect.cloud.service.service import Service, Settings

__all__ = [
    "AuditRecord",
    "Caller",
    "Changed",
    "Commit",
    "Document",
    "Feed",
    "Key",
    "Outcome",
    "Page",
    "Query",
    "Request",
    "Service",
    "Settings",
]
