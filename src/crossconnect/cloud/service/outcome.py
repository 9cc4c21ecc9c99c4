"""What the service answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from crossconnect.cloud.resource import Effect, Resource, State
from crossconnect.cloud.service.caller import Request

LIMIT_MAX = 1000
"""Of a page; as in AWS's `MaxResults`."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A resource as it is read, in JSON that can be sent as it is."""

    kind: str
    """Name of the kind."""
    id: str
    project_id: str
    revision: int
    """Its ETag."""
    state: State
    raw: bytes
    """The resource in JSON, with `revision`, `state` and `state_reason`."""

    def resource(self, type_: type[Any]) -> Any:
        """The resource as a Struct of its kind (`kind.resource`)."""
        return msgspec.json.decode(self.raw, type=type_)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command. With `dry_run`, what would have."""

    resource: Resource | None
    """As it is now, with revision and state; as it was, where it has been deleted."""
    document: Document
    """The same, to be sent."""
    revision: int
    """Number to wait for until all of the command is realised. That of the last change for a command that changes
    nothing."""
    changed: tuple[str, ...] = ()
    """Ids of all that was written or deleted; empty where nothing had to be."""
    effects: tuple[Effect, ...] = ()
    replayed: bool = False
    """Whether the command had been carried out before under the same idempotency token."""
    dry_run: bool = False


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which resources of a kind to list. Values of one filter are alternatives; filters all hold."""

    filters: Mapping[str, Sequence[str]] = {}
    """By `id`, `name`, references' fields (`vpc_id`, `security_group_ids`) and the kind's `filters`."""
    tags: Mapping[str, Sequence[str]] = {}
    """By tag: key and values; no value: whatever value."""
    limit: int = 100
    """1 to 1000."""
    marker: str = ""
    """`next` of the page before."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Resources in the order of their ids."""

    documents: tuple[Document, ...]
    next: str = ""
    """Marker of the next page; empty where this is the last."""


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


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the changes."""

    commits: tuple[Commit, ...]
    last: int
    """What to ask after next: all commits up to this number have been looked at."""


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
