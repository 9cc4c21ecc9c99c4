"""Operations of the API as values: from one table follow the routes, the OpenAPI document and what is measured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from crossconnect.cloud.api.authorisation import Action
from crossconnect.cloud.api.principal import Principal
from crossconnect.cloud.api.realising import Realising
from crossconnect.cloud.service import Caller

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter in query or header. `schema` is JSON Schema."""

    name: str
    place: Literal["query", "header"] = "query"
    schema: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "string"})
    description: str
    example: Any = None


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A body as the OpenAPI document describes it: a record, a list of records under `items`, or another schema."""

    record: type[Any] | None = None
    listed: bool = False
    """Whether it is a page of such records."""
    schema: dict[str, Any] = {}
    """Where there is no record."""
    media_types: tuple[str, ...] = ("application/json",)
    example: Any = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a request that is carried out."""

    description: str
    shape: Shape | None = None
    headers: tuple[str, ...] = ()
    """Names of headers beyond those that all answers have."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: AsyncIterator[bytes] | None = None
    """In the place of `body`, for as long as the client stays."""


async def _lasts() -> bool:
    return True


class Call:
    """One request on its way: what the client sent, and who it is. `reached`: the service has it, and makes the audit
    record."""

    __slots__ = (
        "body",
        "caller",
        "dry_run",
        "headers",
        "id",
        "lasting",
        "name",
        "principal",
        "project_id",
        "query",
        "reached",
        "realising",
        "request_id",
    )

    def __init__(self, request_id: str, id: str, headers: Mapping[str, str], name: str = "") -> None:
        """Before anything is known but the id in its path, what its path names besides, and its headers."""
        self.request_id = request_id
        self.id = id
        self.name = name
        self.headers = headers
        self.query: Mapping[str, Sequence[str]] = {}
        self.body = b""
        self.dry_run = False
        self.reached = False
        self.project_id = ""
        self.lasting: Callable[[], Awaitable[bool]] = _lasts
        """Whether the credential is still as good as it was: for what goes on after it has been judged."""
        self.realising: Realising | None = None
        self.principal: Principal | None = None
        self.caller = Caller(principal="", project_id="")


Handler = Callable[[Call], Awaitable[Answer]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation. The handler is given a call that is authenticated and allowed, with its query read."""

    name: str
    """`create_vpc`: OpenAPI's operationId."""
    method: Method
    path: str
    """`/v1/vpcs/{id}`."""
    summary: str
    tag: str
    action: Action
    kind: str
    """What authorisation and the audit record call the thing."""
    handler: Handler
    parameters: tuple[Parameter, ...] = ()
    body: Shape | None = None
    replies: Mapping[int, Reply]
    problems: tuple[int, ...] = ()
    """Statuses with problem details, beyond those that all operations have."""
    of_region: bool = False
    """Whether it may be asked of the region as a whole, by who belongs to no project."""
    public: bool = False
    """Whether it is answered without a credential."""
    quiet: bool = False
    """Whether there is none: probes of health."""
