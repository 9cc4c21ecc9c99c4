"""What the service answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from crossconnect.cloud.resource import Effect, Resource, State
from crossconnect.cloud.store.records import Commit, Key, Project
from crossconnect.cloud.store.settling import Settled

R = TypeVar("R", Project, Key)

LIMIT_MAX = 1000
"""Of a page; as in AWS's `MaxResults`."""
_CREATED, _DELETED = ("create", "create-project", "create-key"), ("delete", "delete-project", "revoke-key")


def answered(action: str, dry_run: bool) -> int:
    """The HTTP status with which a call is answered that succeeds, for its audit record. A deletion for whose end its
    client waits in vain is answered 202 later on: the record stands by then."""
    if dry_run:
        return 200
    return 201 if action in _CREATED else 204 if action in _DELETED else 200


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


class Administered(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """What became of a command about a project or an API key. With `dry_run`, what would have."""

    record: R
    """As it is now; as it was, where it has been deleted."""
    changed: tuple[str, ...] = ()
    """Ids of all that was written or deleted; empty where nothing had to be."""
    effects: tuple[Effect, ...] = ()
    """None of them cuts: no packet asks for quotas or keys."""
    replayed: bool = False
    """As of `Outcome`."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which resources of a kind to list. Values of one filter are alternatives; filters all hold."""

    filters: Mapping[str, Sequence[str]] = {}
    """By `id`, `name`, references' fields (`vpc_id`, `security_group_ids`) and the kind's `filters`."""
    tags: Mapping[str, Sequence[str]] = {}
    """By tag: key and values; no value: whatever value."""
    states: Sequence[str] = ()
    """In which states; none: in whatever state."""
    limit: int = 100
    """1 to 1000."""
    marker: str = ""
    """`next` of the page before."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Resources in the order of their ids."""

    documents: tuple[Document, ...]
    next: str = ""
    """Marker of the next page; empty where this is the last."""


class States(msgspec.Struct, frozen=True, kw_only=True):
    """What is realised."""

    realised: int
    """All commits up to this number that a reader of the feed has been told of, but for resources that are failed."""
    resources: tuple[Settled, ...]
    """Those of which that is news; in the first one, all that are failed."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the changes."""

    commits: tuple[Commit, ...]
    last: int
    """What to ask after next: all commits up to this number have been looked at."""
