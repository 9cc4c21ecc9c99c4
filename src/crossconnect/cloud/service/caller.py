"""Who asks."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.store.records import Request


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
