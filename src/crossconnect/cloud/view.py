"""What a decision may look at: one project's resources, as of one moment inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from crossconnect.cloud.resource import Body, Resource, Use

R = TypeVar("R", bound=Resource)


class View(Protocol):
    """Answers within one project. What belongs to others is not there, unless it is shared with the project (an
    accepted peering's other VPC, an endpoint service): only `shared` finds that."""

    def get(self, kind: type[R], id: str) -> R | None:
        """A resource of the project, or one that the project sees (`Kind.seen_by`). Lists and `referring` have both,
        too."""
        ...

    def shared(self, kind: type[R], id: str) -> R | None:
        """A resource of any project. What is found must not be told to the caller beyond what sharing means."""
        ...

    def referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """Resources of a kind that refer to another one, in the order of their ids."""
        ...

    def count_referring(self, kind: type[R], id: str, field: str = "") -> int:
        """How many `referring` would find, without reading them."""
        ...

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        """As `referring`, of all projects. For what meets in a shared place (a transit router, a peering, an endpoint
        service); the caller is told no more than sharing means."""
        ...

    def all_of(self, kind: type[R]) -> Sequence[R]:
        """All of a kind that the project has or sees, in the order of their ids. For kinds of which there are few."""
        ...

    def uses(self, id: str) -> Sequence[Use]:
        """Who refers to a resource without being owned by it, in whatever project."""
        ...

    def count(self, kind: type[R]) -> int:
        """How many of a kind the project has."""
        ...

    def is_free(self, scope: str, value: int) -> bool:
        """Whether nobody claims a number."""
        ...

    def next_free(self, scope: str, first: int, last: int) -> int | None:
        """The lowest number from `first` to `last` that nobody claims."""
        ...


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision needs from outside, given to it."""

    project_id: str
    now: str
    """RFC 3339."""
    new_id: Callable[[str], str]
    """A new id for a prefix."""
    zones: tuple[str, ...]
    """Availability zones of the region."""
    public_prefixes: tuple[str, ...]
    """Where elastic IPs come from: pools that the region's Git repository gives to the cloud."""
    quotas: dict[str, int]
    """Of the project, by kind, and by the names of `cloud.limits`."""
    public_prefixes6: tuple[str, ...] = ()
    """Where public IPv6 blocks of VPCs come from."""
    public_length6: int = 56
    """How long these blocks' prefixes are; AWS's are /56."""
    reserved_prefixes: tuple[str, ...] = ("100.64.0.0/10", "fd6c:6e6b::/32")
    """What the region has for the links between its routers: no VPC has a part of it."""
    vrfs: tuple[str, ...] = ()
    """VRFs of the region that the project's private gateways may name."""


def born(type_: type[R], id: str, context: Context, body: Body | None = None, **fields: Any) -> R:
    """A new resource of the context's project, made now, named as the request says."""
    named: dict[str, Any] = {}
    if body is not None:
        named = {"name": body.name, "description": body.description, "tags": body.tags}
    return type_(
        id=id, project_id=context.project_id, created_at=context.now, updated_at=context.now, **(named | fields)
    )
