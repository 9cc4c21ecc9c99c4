"""Who asks."""

from __future__ import annotations

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


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and for which project. The service trusts it: authentication and authorisation come before."""

    principal: str
    """A user, a machine or an API key, for the audit record."""
    project_id: str
    """The only project whose resources exist for this caller; empty for an operator who asks about all of them
    (feed, audit record, projects)."""
    roles: tuple[str, ...] = ()
    admin: bool = False
    """Whether it is an operator of the region: projects, quotas, keys, the whole feed."""
    request: Request = Request()


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
