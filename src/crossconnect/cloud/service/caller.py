"""Who asks."""

from __future__ import annotations

import msgspec


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
    request_id: str = ""
    """Of the request, for the audit record."""
    source: str = ""
    """Address that the request came from, for the audit record."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """An API key. What the client sends, `xck_<id>_<secret>`, is shown once, when it is made; the store has a hash."""

    id: str
    project_id: str
    """Empty for an operator's."""
    name: str
    roles: tuple[str, ...] = ()
    admin: bool = False
    created_at: str
    """RFC 3339, UTC."""
    expires_at: str = ""
    """RFC 3339, UTC; empty: never."""
    revoked_at: str = ""
    """RFC 3339, UTC; empty: not revoked."""
