"""What the store keeps beside resources, as values: the audit record's lines, API keys, commits of the changes feed."""

from __future__ import annotations

from typing import Literal

import msgspec


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Where the question comes from: for the audit record alone."""

    id: str = ""
    source: str = ""
    """Address of the client."""
    method: str = ""
    path: str = ""
    credential_id: str = ""
    """Key or token that the principal came with."""
    policies: tuple[str, ...] = ()
    """That allowed it, or refused it."""


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call, carried out or not."""

    at: str
    """RFC 3339, UTC."""
    project_id: str
    principal: str
    action: str
    """`create`, `update`, `delete`, `get`, `list`, ...; whatever the API names."""
    kind: str = ""
    resource_id: str = ""
    status: int = 200
    """HTTP status of the answer."""
    code: str = ""
    """Of the first problem."""
    foreign: bool = False
    """Whether it named a resource that exists, in another project. The caller is not told."""
    dry_run: bool = False
    revision: int = 0
    """Number of the command's changes; 0 for none."""
    decision: Literal["allow", "deny"] = "allow"
    """Of authentication and authorisation."""
    request: Request = Request()
    number: int = 0
    """In the order of the record; given by the store."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key. What the client sends, `xck_<id>_<secret>`, is shown once, when it is made; the store has a hash."""

    id: str
    project_id: str
    """Empty for an operator's."""
    name: str
    hint: str = ""
    """The last four characters of what the client sends, to know it again; given by the service."""
    roles: tuple[str, ...] = ()
    admin: bool = False
    created_at: str
    """RFC 3339, UTC."""
    expires_at: str = ""
    """RFC 3339, UTC; empty: never."""
    revoked_at: str = ""
    """RFC 3339, UTC; empty: not revoked."""
    tags: dict[str, str] = {}
    updated_at: str = ""
    """RFC 3339, UTC."""
    revision: int = 0
    """As a project's."""


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project (tenant)."""

    id: str
    name: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    quotas: dict[str, int] = {}
    """Its own, by kind; the region's are those of the others."""
    created_at: str = ""
    """RFC 3339, UTC."""
    updated_at: str = ""
    """RFC 3339, UTC."""
    revision: int = 0
    """Higher with each change of a project or a key of the region; no number of the changes feed."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of a commit."""

    action: Literal["create", "update", "delete"]
    kind: str
    id: str
    project_id: str
    raw: bytes
    """The resource after the change in JSON, without `state`; of a deletion, as it was before."""


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """All changes of one command: they came to be at once."""

    number: int
    """In the region; without holes in the whole feed, with holes in a project's."""
    at: str
    """RFC 3339, UTC."""
    changes: tuple[Changed, ...]


class Stored(msgspec.Struct, frozen=True):
    """A resource as it is stored."""

    id: str
    kind: str
    project_id: str
    created: int
    """Number of the change that made it."""
    revision: int
    body: bytes
    """JSON without `state` and `state_reason`."""
