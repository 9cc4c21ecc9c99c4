"""Bodies and answers beside the kinds: projects, API keys, the caller, the audit record, changes."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.cloud.resource import State


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind."""

    used: int
    limit: int


class ProjectItem(msgspec.Struct, frozen=True, kw_only=True):
    """A project (tenant) in a list."""

    id: str
    name: str = ""
    """For people; not unique."""
    description: str = ""
    """For people."""
    tags: dict[str, str] = {}
    """Keys and values of the provider's own."""
    created_at: str = ""
    """RFC 3339, UTC."""
    updated_at: str = ""
    """RFC 3339, UTC."""
    revision: int = 0
    """Its ETag. Higher with each change; no number of the changes feed."""


class Project(ProjectItem, frozen=True, kw_only=True):
    """A project (tenant), and how many resources of each kind it has and may have."""

    quotas: dict[str, Quota]
    """By kind."""


class ProjectBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create a project."""

    id: str
    """Lower case letters, digits and `-`, up to 63. None that a deleted project had."""
    name: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    quotas: dict[str, int] = {}
    """By kind; those that are not named have the region's."""


class ProjectPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change a project. Quotas and tags that are not named stay; a quota that is null is the region's again."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: dict[str, str | None] | msgspec.UnsetType | None = msgspec.UNSET
    quotas: dict[str, int | None] | msgspec.UnsetType | None = msgspec.UNSET


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key, without its secret."""

    id: str
    project_id: str
    """Empty: of the region."""
    name: str
    hint: str
    """The last four characters, to know it again."""
    roles: tuple[str, ...]
    created_at: str
    expires_at: str = ""
    """Empty: never."""
    revoked_at: str = ""
    """Empty: not revoked."""
    tags: dict[str, str] = {}
    """Keys and values of the project's own."""
    updated_at: str = ""
    """RFC 3339, UTC."""
    revision: int = 0
    """Its ETag. Higher with each change; no number of the changes feed."""


class NewApiKey(ApiKey, frozen=True, kw_only=True):
    """An API key that was made just now."""

    key: str
    """What to send as `Authorization: Bearer ...`. Shown here and never again: empty where the key had been made before
    under the same idempotency key. Who has lost it revokes this one, and makes another."""


class ApiKeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create an API key."""

    name: str
    """For people."""
    roles: tuple[str, ...] = ("member",)
    """`admin`, `member`, `reader`; for a key of the region `operator`, `auditor`."""
    expires_at: str = ""
    """RFC 3339; empty: never."""
    tags: dict[str, str] = {}


class ApiKeyPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change what an API key is called. What it may do, and how long, stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    tags: dict[str, str | None] | msgspec.UnsetType | None = msgspec.UNSET


class CallerItem(msgspec.Struct, frozen=True, kw_only=True):
    """Who the API takes the caller for."""

    principal: str
    kind: str
    """`api-key` or `token`."""
    project_id: str
    """For which project this request was."""
    projects: tuple[str, ...]
    roles: tuple[str, ...]


class AuditItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One call, carried out or not."""

    number: int
    at: str
    """RFC 3339, UTC."""
    project_id: str
    principal: str
    """Empty where nobody was authenticated."""
    credential_id: str
    action: str
    kind: str
    """Empty where there is no such path, or not with that method."""
    resource_id: str
    status: int
    """HTTP status of the answer."""
    code: str
    """Of the first problem; empty where it was carried out."""
    decision: str
    """`allow` or `deny`."""
    policies: tuple[str, ...]
    """That allowed it, or refused it; none: nothing allowed it."""
    dry_run: bool
    revision: int
    """Number of the command's changes; 0 for none."""
    request_id: str
    source: str
    """Address of the client."""
    method: str
    path: str
    foreign: bool | msgspec.UnsetType = msgspec.UNSET
    """Whether it named a resource of another project; told to the region's auditors alone."""


class ChangeItem(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that was changed."""

    action: Literal["create", "update", "delete"]
    kind: str
    id: str
    project_id: str
    resource: msgspec.Raw
    """After the change; of a deletion, as it was before. Without `state`."""


class CommitItem(msgspec.Struct, frozen=True, kw_only=True):
    """All changes of one command: they came to be at once."""

    number: int
    """Later commands have higher numbers. A resource's revision is the number of its last change."""
    at: str
    """RFC 3339, UTC."""
    changes: tuple[ChangeItem, ...]


class ChangesPage(msgspec.Struct, frozen=True, kw_only=True):
    """Commands after a number, in their order."""

    items: tuple[CommitItem, ...]
    last: int
    """To ask on with: `?after=`."""
    realised: int
    """Changes up to this number are realised, but for those of resources that are `failed`."""


class StateItem(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a resource's last change."""

    kind: str
    id: str
    project_id: str
    revision: int
    """Of that change. Who knows a later one knows better."""
    state: State
    """`available` or `failed`."""
    state_reason: str


class StatesItem(msgspec.Struct, frozen=True, kw_only=True):
    """What is realised now: data of the events named `state`."""

    realised: int
    """All changes up to this number that the stream has told, or were before it, are realised, but for those of
    resources that are `failed`."""
    resources: tuple[StateItem, ...]
    """Those that have become available, or have failed; in the first event of a stream all that are failed."""
