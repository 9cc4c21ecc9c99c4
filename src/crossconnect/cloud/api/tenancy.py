"""The table of operations on projects and API keys."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from crossconnect.cloud.api import administered, api_keys, projects
from crossconnect.cloud.api import parameters as p
from crossconnect.cloud.api.administered import Noun
from crossconnect.cloud.api.authorisation import Action
from crossconnect.cloud.api.body import JSON, MERGE_PATCH
from crossconnect.cloud.api.operation import Answer, Call, Method, Operation, Parameter, Reply, Shape
from crossconnect.cloud.api.records import (
    ApiKey,
    ApiKeyBody,
    ApiKeyPatch,
    NewApiKey,
    Project,
    ProjectBody,
    ProjectItem,
    ProjectPatch,
)
from crossconnect.cloud.api.resources import Plan
from crossconnect.cloud.service import Service

_PAGE = (p.LIMIT, p.MARKER, p.TAG, *p.named_filters(("id", "name")))
_KNOWN = Reply(description="The client has it already.", headers=("ETag", "Cache-Control"))
_PLANNED = Reply(description="With `dry_run`: what would be done.", shape=Shape(record=Plan))
_Function = Callable[[Service, Call], Awaitable[Answer]]


class _Collection(msgspec.Struct, frozen=True, kw_only=True):
    """What the table says of projects, or of API keys."""

    noun: Noun[Any]
    create: _Function
    kind: str
    parameters: tuple[Parameter, ...] = ()
    """Of all operations."""
    item: type[ProjectItem | ApiKey]
    """In lists."""
    whole: type[Project | ApiKey]
    body: Shape
    created: Reply
    patch: Shape
    last: str
    """The verb of the name of what DELETE does."""
    deleted: str
    summaries: Mapping[str, str]
    """By the verb."""
    problems: Mapping[str, tuple[int, ...]]
    """Likewise, where they are not as of the other collection."""


_PROJECTS = _Collection(
    noun=projects.PROJECTS,
    create=projects.create,
    kind="project",
    item=ProjectItem,
    whole=Project,
    body=Shape(record=ProjectBody, example={"id": "acme", "quotas": {"vpc": 10}}),
    created=Reply(
        description="Created.", shape=Shape(record=Project), headers=("ETag", "Location", "Idempotency-Replayed")
    ),
    patch=Shape(record=ProjectPatch, media_types=(MERGE_PATCH,), example={"quotas": {"vpc": 20}}),
    last="delete",
    deleted="Deleted.",
    summaries={
        "create": "Create a project",
        "list": "List projects",
        "get": "Get a project with its quotas",
        "update": "Change a project's quotas, name or tags",
        "delete": "Delete a project that is empty, with its API keys",
    },
    problems={"create": (408, 409, 413, 415, 422), "list": (), "delete": (404, 409, 412)},
)
_KEYS = _Collection(
    noun=api_keys.KEYS,
    create=api_keys.create,
    kind="api_key",
    parameters=(p.PROJECT_ID,),
    item=ApiKey,
    whole=ApiKey,
    body=Shape(record=ApiKeyBody, media_types=(JSON,), example={"name": "terraform", "roles": ["member"]}),
    created=Reply(
        description="Created. `key` is shown here and never again.",
        shape=Shape(record=NewApiKey),
        headers=("ETag", "Location", "Cache-Control", "Idempotency-Replayed"),
    ),
    patch=Shape(record=ApiKeyPatch, media_types=(MERGE_PATCH,), example={"name": "terraform"}),
    last="revoke",
    deleted="Revoked, in every process.",
    summaries={
        "create": "Create an API key",
        "list": "List API keys, without their secrets",
        "get": "Get an API key, without its secret",
        "update": "Change an API key's name or tags",
        "revoke": "Revoke an API key",
    },
    problems={"create": (404, 408, 409, 413, 415, 422), "list": (404,), "revoke": (404, 412)},
)


def project_operations(service: Service) -> tuple[Operation, ...]:
    """Projects and quotas."""
    return _operations(service, _PROJECTS)


def key_operations(service: Service) -> tuple[Operation, ...]:
    """API keys."""
    return _operations(service, _KEYS)


def _operations(service: Service, of: _Collection) -> tuple[Operation, ...]:
    """Create, list, get, update and delete."""
    make = functools.partial(_operation, service, of)
    whole = Shape(record=of.whole)
    shown = f"The {of.kind.rpartition('_')[2]}."
    either = [{"$ref": f"#/components/schemas/{record.__name__}"} for record in (of.whole, Plan)]
    page = Shape(record=of.item, listed=True)
    return (
        make("create", of.create, p.DRY_RUN, p.IDEMPOTENCY_KEY, body=of.body, replies={201: of.created, 200: _PLANNED}),
        make(
            "list",
            functools.partial(administered.list_, of.noun),
            *_PAGE,
            replies={200: Reply(description="A page, in the order of ids.", shape=page, headers=("Link",))},
        ),
        make(
            "get",
            functools.partial(administered.get, of.noun),
            p.IF_NONE_MATCH,
            replies={200: Reply(description=shown, shape=whole, headers=("ETag", "Cache-Control")), 304: _KNOWN},
        ),
        make(
            "update",
            functools.partial(administered.update, of.noun),
            p.DRY_RUN,
            p.IF_MATCH,
            body=of.patch,
            replies={
                200: Reply(
                    description="Changed; with `dry_run` the plan.",
                    shape=Shape(schema={"anyOf": either}),
                    headers=("ETag",),
                )
            },
        ),
        make(
            of.last,
            functools.partial(administered.delete, of.noun),
            p.DRY_RUN,
            p.IF_MATCH,
            replies={204: Reply(description=of.deleted), 200: _PLANNED},
        ),
    )


def _operation(
    service: Service,
    of: _Collection,
    verb: str,
    function: _Function,
    *parameters: Parameter,
    body: Shape | None = None,
    replies: Mapping[int, Reply],
) -> Operation:
    action, method = _VERBS[verb]
    of_all = verb in ("create", "list")
    return Operation(
        name=f"{verb}_{of.kind}{'s' if verb == 'list' else ''}",
        method=method,
        path=of.noun.path if of_all else f"{of.noun.path}/{{id}}",
        summary=of.summaries[verb],
        tag=of.noun.path.rpartition("/")[2],
        action=action,
        kind=of.kind,
        handler=functools.partial(function, service),
        parameters=(*parameters, *of.parameters),
        body=body,
        replies=replies,
        problems=of.problems.get(verb, _PROBLEMS.get(verb, ())),
        of_region=True,
    )


_VERBS: Mapping[str, tuple[Action, Method]] = {
    "create": ("create", "POST"),
    "list": ("list", "GET"),
    "get": ("get", "GET"),
    "update": ("update", "PATCH"),
    "delete": ("delete", "DELETE"),
    "revoke": ("delete", "DELETE"),
}
"""What authorisation calls an operation, and its method, by the first word of its name."""
_PROBLEMS: Mapping[str, tuple[int, ...]] = {"get": (404,), "update": (404, 408, 412, 413, 415, 422)}
