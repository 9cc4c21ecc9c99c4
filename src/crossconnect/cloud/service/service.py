"""The service: everything that the API, the realiser and operators ask of the cloud's state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from crossconnect.cloud.resource import Body, Kind, Patch, Use
from crossconnect.cloud.service.caller import Caller, Key
from crossconnect.cloud.service.outcome import AuditRecord, Document, Feed, Outcome, Page, Query


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the region gives to the cloud."""

    zones: tuple[str, ...]
    """Availability zones."""
    public_prefixes: tuple[str, ...] = ()
    """Pools of elastic IPs."""
    quotas: Mapping[str, int] = {}
    """By kind, for projects that have none of their own; beside the kinds' own defaults."""


class Service:
    """One per process; used from one event loop. All methods raise `Refused` (cloud.resource) for what is not carried
    out: 400 for a malformed question, 404, 409, 412, 422, and 503 `store.unavailable` where the database does not
    answer, in which case nothing has been done."""

    @classmethod
    async def open(
        cls,
        url: str,
        kinds: Mapping[str, Kind],
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[str], str] | None = None,
    ) -> Service:
        """Open the store, bring its tables up to date and start the writer. `url` is a path of an SQLite file, or
        `postgresql://user@host/database`. `kinds` by name (`registry.KINDS`). `clock` and `new_id` are for tests."""
        raise NotImplementedError

    async def close(self) -> None:
        """Finish what has been accepted, then let go of the database."""
        raise NotImplementedError

    async def create(
        self, kind: Kind, caller: Caller, body: Body, *, token: str = "", dry_run: bool = False
    ) -> Outcome:
        """Create a resource. `token` (up to 64 printable ASCII characters) makes it happen once within 24 hours: the
        same token with the same body has the same answer, with another body 409 `idempotency.mismatch`."""
        raise NotImplementedError

    async def update(
        self,
        kind: Kind,
        caller: Caller,
        id: str,
        patch: Patch,
        *,
        if_match: int | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Change a resource. `if_match` is the revision that it must have, else 412 `precondition.failed`. A patch that
        says what is already so changes nothing, and keeps the revision."""
        raise NotImplementedError

    async def delete(
        self, kind: Kind, caller: Caller, id: str, *, if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Delete a resource, with what it owns; 409 `<kind>.in-use` with `uses` while others use it. It is gone from
        lists at once. Kinds whose end takes time with AWS, too (NAT gateway, peering, transit router, endpoint), can
        still be got as `deleting` until that is realised; others are 404 at once."""
        raise NotImplementedError

    async def get(self, kind: Kind, caller: Caller, id: str) -> Document:
        """One resource; 404 `<kind>.not-found`."""
        raise NotImplementedError

    async def list(self, kind: Kind, caller: Caller, query: Query) -> Page:
        """A page of resources in the order of their ids. 400 `filter.unknown`, `limit.range`, `marker.malformed`."""
        raise NotImplementedError

    async def uses(self, kind: Kind, caller: Caller, id: str) -> Sequence[Use]:
        """What stands in the way of a resource's deletion. What another project has is counted with an empty id."""
        raise NotImplementedError

    async def wait(
        self, kind: Kind, caller: Caller, id: str, revision: int, *, timeout_s: float = 30.0
    ) -> Document | None:
        """Wait until a resource's change `revision` is realised (`available`, or gone after a deletion) or has failed,
        and say how it is then; none where it is gone. After `timeout_s` seconds it is said as it is."""
        raise NotImplementedError

    async def changes(self, caller: Caller, after: int, *, limit: int = 100, wait_s: float = 0.0) -> Feed:
        """Commits after a number, at most about `limit` changes, whole commits only: of the caller's project, or for an
        admin without a project, all. Where there are none, wait for up to `wait_s` seconds. 410 `changes.gone` where
        they have been cleared away: start from a list."""
        raise NotImplementedError

    def follow(self, caller: Caller, after: int, *, heartbeat_s: float = 15.0) -> AsyncIterator[Feed]:
        """All commits after a number, as they come, for ever; an empty Feed after `heartbeat_s` seconds of silence."""
        raise NotImplementedError

    async def position(self) -> tuple[int, int]:
        """(number of the last commit, number up to which all is realised)."""
        raise NotImplementedError

    # What the realiser needs.

    async def snapshot(self) -> tuple[int, Sequence[Document]]:
        """All documents of all projects as of one moment, and the number of the last commit in them."""
        raise NotImplementedError

    async def realised(self, number: int, failures: Mapping[str, str], cleared: Sequence[str] = ()) -> None:
        """Say that all commits up to `number` are in the northbound database, but for resources in `failures` (id to
        reason), which stay failed until they are named in `cleared`, changed or deleted. A number may go back: after
        the northbound database was lost."""
        raise NotImplementedError

    # Audit record.

    async def record(self, record: AuditRecord) -> None:
        """Add a call that did not reach the service (refused by authentication, authorisation, rate limit, ...). `create`
        to `uses` and those about projects and keys record themselves, with `caller.request`; commands in their own
        transaction. Returns at once; written within a second."""
        raise NotImplementedError

    async def audit(self, caller: Caller, *, after: int = 0, limit: int = 100) -> Sequence[AuditRecord]:
        """The record after a number, of the caller's project; for an admin without a project, of all."""
        raise NotImplementedError

    # Projects and keys: for admins, whom the API has asked for.

    async def create_project(self, caller: Caller, project_id: str, quotas: Mapping[str, int] | None = None) -> None:
        """Make a project; 409 `project.exists`, 422 for a malformed id (`[a-z0-9][a-z0-9-]{0,62}`) or an unknown
        kind."""
        raise NotImplementedError

    async def projects(self, caller: Caller) -> Sequence[str]:
        """Ids of all projects."""
        raise NotImplementedError

    async def set_quotas(self, caller: Caller, project_id: str, quotas: Mapping[str, int]) -> None:
        """Set some quotas of a project by kind; the others stay."""
        raise NotImplementedError

    async def quotas(self, caller: Caller) -> Mapping[str, tuple[int, int]]:
        """(used, quota) of the caller's project by kind."""
        raise NotImplementedError

    async def create_key(self, caller: Caller, key: Key) -> tuple[Key, str]:
        """Make an API key; `id` and `created_at` are given by the service. The text that the client sends is shown
        here and never again."""
        raise NotImplementedError

    async def keys(self, caller: Caller, project_id: str) -> Sequence[Key]:
        """A project's keys."""
        raise NotImplementedError

    async def revoke_key(self, caller: Caller, project_id: str, key_id: str) -> None:
        """Make a key unusable at once, in every process."""
        raise NotImplementedError

    async def authenticate(self, text: str) -> Caller | None:
        """Whose key that is; none for a malformed, unknown, expired or revoked one."""
        raise NotImplementedError
