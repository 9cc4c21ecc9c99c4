"""What every resource has, and how kinds of them are described to the store, the API and the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

State = Literal["pending", "available", "updating", "deleting", "failed"]
"""Of a resource: `pending` until it is in the northbound database for the first time, `updating` until its last change
is, `failed` with a reason where it cannot be."""

ID = re.compile(r"[a-z]+-[0-9a-f]{17}", re.ASCII)
NAME_MAX = 255
DESCRIPTION_MAX = 255
TAGS_MAX = 50
TAG_KEY_MAX = 128
TAG_VALUE_MAX = 256
"""As in AWS."""

Tags = Mapping[str, str]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """What all resources have. `state` and `state_reason` are not stored: they follow from what is realised."""

    id: str
    """`<prefix>-` and 17 hexadecimal digits."""
    project_id: str
    """Whose it is."""
    name: str = ""
    """For people; not unique."""
    description: str = ""
    """For people."""
    tags: dict[str, str] = {}
    """Keys and values of the project's own."""
    created_at: str
    """RFC 3339, UTC."""
    updated_at: str
    """RFC 3339, UTC."""
    revision: int = 0
    """Number of its last change in the region; its ETag."""
    state: State = "available"
    state_reason: str = ""


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request to create a resource may say of any kind."""

    name: str = ""
    description: str = ""
    tags: dict[str, str] = {}


class Patch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request to change a resource may say of any kind; what is not there stays as it is (RFC 7396)."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    tags: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class Reference(msgspec.Struct, frozen=True):
    """A resource names another: in which field, and whether it lives and dies with that one."""

    field: str
    id: str
    owned: bool = False
    """No reason to keep what it refers to: the decision that deletes that says what becomes of this one (a VPC's
    default group goes with it, an elastic IP is not associated any more)."""


class Use(msgspec.Struct, frozen=True):
    """A resource that still uses another."""

    kind: str
    id: str
    field: str


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a command. `field` is a JSON pointer into the body, empty for the command as a whole."""

    code: str
    message: str
    field: str = ""


class Refused(Exception):
    """A command that is not carried out, with all that is wrong with it. The only exception of pure code: a command has
    one outcome."""

    def __init__(self, status: int, *problems: Problem, uses: tuple[Use, ...] = ()) -> None:
        """`status` is the HTTP status that says it (RFC 9110); `uses` what stands in a deletion's way."""
        super().__init__("; ".join(problem.message for problem in problems))
        self.status = status
        self.problems = problems
        self.uses = uses


def invalid(code: str, message: str, field: str = "") -> Refused:
    """A body that cannot be meant."""
    return Refused(422, Problem(code, message, field))


def forbidden(code: str, message: str, field: str = "") -> Refused:
    """A command that is another project's to give, on something that the caller sees."""
    return Refused(403, Problem(code, message, field))


def conflict(code: str, message: str, field: str = "", uses: tuple[Use, ...] = ()) -> Refused:
    """A command against the state of things."""
    return Refused(409, Problem(code, message, field), uses=uses)


def missing(what: str, id: str, field: str = "") -> Refused:
    """Something that does not exist, or is another project's, which is the same; named in the path or, with its
    `field`, in the body."""
    return Refused(404, Problem(f"{what}.not-found", f"there is no {what} {id}", field))


class Claim(msgspec.Struct, frozen=True):
    """A number (an address as integer) that one resource of a scope has, and no other may have."""

    scope: str
    """A subnet's id with the IP version, `public/4`, `mac`, ..."""
    value: int
    owner: str
    """Id of the resource; its claims go with it."""


class Effect(msgspec.Struct, frozen=True):
    """What a change does to traffic, for `?dry_run=`: `cuts` says that flows that pass today would not."""

    message: str
    cuts: bool = False
    resource_id: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a decision. The first of `put` is the resource that was asked for."""

    put: tuple[Resource, ...] = ()
    delete: tuple[str, ...] = ()
    """Ids."""
    claims: tuple[Claim, ...] = ()
    """Beyond those that the owners have already."""
    releases: tuple[Claim, ...] = ()
    effects: tuple[Effect, ...] = ()


def nobody(resource: Resource) -> tuple[str, ...]:
    """Of a kind that only its project sees."""
    return ()


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of resource."""

    name: str
    """`network_interface`; also the stem of its error codes, with hyphens."""
    path: str
    """Last part of its collection's URL, `network-interfaces`."""
    prefix: str
    """Of its ids."""
    resource: type[Any]
    body: type[Any]
    patch: type[Any]
    references: Callable[[Any], Iterable[Reference]]
    create: Callable[..., Change]
    """`(body, view, context) -> Change`."""
    update: Callable[..., Change]
    """`(resource, patch, view, context) -> Change`."""
    delete: Callable[..., Change]
    """`(resource, view, context) -> Change`."""
    quota: int
    """How many a project may have, where its quotas say nothing else."""
    seen_by: Callable[[Any], tuple[str, ...]] = nobody
    """Projects beside its own that may get and list it, and are asked for its changes; `*` for everybody. What they may
    change is for the decision to say: `context.project_id` is who asks."""
    expire: Callable[[Any, str], Any] | None = None
    """`(resource, now) -> resource` that has ended by time; None where it has not. `now` as RFC 3339."""
    expiring: tuple[str, str] = ("", "")
    """One of `filters` and its value: of those that may end by time."""
    private: tuple[str, ...] = ()
    """Fields that other projects which see it are shown empty."""
    filters: tuple[str, ...] = ()
    """Fields by which lists may be filtered, beside `id`, `name`, `tag:<key>` and those that are references."""
