"""Parameters and headers of operations, as the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossconnect.cloud.api.filters import STATES, filters_of
from crossconnect.cloud.api.operation import Parameter
from crossconnect.cloud.resource import Kind

_BOOLEAN = {"type": "boolean", "default": False}


def _whole(low: int, high: int, default: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, "default": default}


PROJECT_ID = Parameter(
    name="Project-Id",
    place="header",
    schema={"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,62}$"},
    description="For which project; left out: the credential's own.",
    example="acme",
)
IF_MATCH = Parameter(
    name="If-Match",
    place="header",
    description="Only if the resource's ETag is one of these; 412 otherwise.",
    example='"17"',
)
IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    place="header",
    description="Only if the resource's ETag is none of these; 304 otherwise.",
    example='"17"',
)
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    schema={"type": "string", "pattern": "^[!#-~]{1,64}$"},
    description="Of the client's own choice. The same key with the same body makes one resource, within 24 hours.",
    example="7f2c9a4e-order-118",
)
LAST_EVENT_ID = Parameter(
    name="Last-Event-ID",
    place="header",
    schema={"type": "string", "pattern": "^[0-9]{1,18}$"},
    description="Of a stream: the id of the last event that arrived; takes the place of `after`.",
    example="1041",
)
DRY_RUN = Parameter(
    name="dry_run", schema=_BOOLEAN, description="Do nothing; say what would be done and what that does to traffic."
)
WAIT_AVAILABLE = Parameter(
    name="wait",
    schema={"type": "string", "enum": ["available", "hypervisors"]},
    description="Answer when the change is realised or has failed, or `timeout` is over; `state` says which. "
    "`hypervisors`: when those that it concerns have installed it, too; `Not-Installed` says how many have not.",
)
WAIT_DELETED = Parameter(
    name="wait",
    schema={"type": "string", "enum": ["deleted", "hypervisors"]},
    description="Answer when the deletion is realised, or `timeout` is over. `hypervisors`: when those that it "
    "concerns have installed it, too; `Not-Installed` says how many have not.",
)
TIMEOUT = Parameter(name="timeout", schema=_whole(0, 300, 30), description="Seconds to wait at most, with `wait`.")
LIMIT = Parameter(name="limit", schema=_whole(1, 1000, 100), description="How many at most.")
MARKER = Parameter(
    name="marker", description="`next` of the page before; that page's `Link` header has the whole address.", example=""
)
STATE = Parameter(
    name="state",
    schema={"type": "array", "items": {"type": "string", "enum": list(STATES)}},
    description="Only those in this state; given several times, in one of these.",
    example=["failed"],
)
TAG = Parameter(
    name="tag",
    schema={"type": "array", "items": {"type": "string", "minLength": 1}},
    description="`key=value`, or `key` for whatever value. Values of one key are alternatives.",
    example=["env=prod"],
)
AFTER = Parameter(
    name="after",
    schema=_whole(0, 10**18 - 1, 0),
    description="Only what has a higher number: `last` of the page before.",
)
TIMEOUT_CHANGES = Parameter(
    name="timeout", schema=_whole(0, 60, 0), description="Seconds to wait for changes where there are none."
)


def filter_parameters(kind: Kind) -> tuple[Parameter, ...]:
    """One parameter per filter of a kind."""
    return named_filters(filters_of(kind))


def named_filters(names: Sequence[str]) -> tuple[Parameter, ...]:
    """One parameter per filter. Several values are alternatives."""
    return tuple(
        Parameter(
            name=name,
            schema={"type": "array", "items": {"type": "string"}},
            description=f"Only those with this `{name}`; given several times, with one of these.",
        )
        for name in names
    )


HEADERS: dict[str, dict[str, Any]] = {
    "Request-Id": {"description": "Also in the audit record and in our log.", "schema": {"type": "string"}},
    "RateLimit-Policy": {
        "description": "How many requests in how many seconds (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": "How many more at once, and in how many seconds the next.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}},
    "ETag": {
        "description": "The revision; with the state behind it until that is realised.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where the resource is.", "schema": {"type": "string"}},
    "Link": {"description": 'The next page, `rel="next"` (RFC 8288).', "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` where the command had been carried out before.",
        "schema": {"type": "string"},
    },
    "Not-Installed": {
        "description": "With `wait=hypervisors`, where time was over: how many hypervisors and gateway nodes have not "
        "installed the change; `unknown` where that cannot be told.",
        "schema": {"type": "string", "pattern": "^([1-9][0-9]*|unknown)$"},
    },
    "Not-Installed-At": {
        "description": "Their names, for operators and auditors of the region.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "Allow": {"description": "Methods that are possible.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "RFC 9111.", "schema": {"type": "string"}},
}
"""Headers of answers by name."""
