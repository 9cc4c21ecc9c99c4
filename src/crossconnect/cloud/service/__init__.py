"""Commands and questions of tenants: from a request that is authenticated to one transaction of the store.

    API --> Service (asyncio) --> commands (decide, check, write; in the writer's transaction) --> store
                             `--> questions (a reader's transaction)

Invariant: what a caller may see is decided by the store's queries, which all carry the caller's project.
"""

from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.service.environment import Settings
from crossconnect.cloud.service.keys import is_key
from crossconnect.cloud.service.outcome import Administered, Document, Feed, Outcome, Page, Query, States
from crossconnect.cloud.service.service import Service
from crossconnect.cloud.store.records import AuditRecord, Changed, Commit, Key, Request
from crossconnect.cloud.store.records import Project as ProjectRecord

__all__ = [
    "Administered",
    "AuditRecord",
    "Caller",
    "Changed",
    "Commit",
    "Document",
    "Feed",
    "Key",
    "Outcome",
    "Page",
    "ProjectRecord",
    "Query",
    "Request",
    "Service",
    "Settings",
    "States",
    "is_key",
]
