"""The table of operations on projects and API keys."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping

from crossconnect.cloud.api import api_keys, projects
from crossconnect.cloud.api import parameters as p
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
from crossconnect.cloud.service import Service

_PAGE = (p.LIMIT, p.MARKER, p.TAG, *p.named_filters(("id", "name")))
_KNOWN = Reply(description="The client has it already.", headers=("ETag", "Cache-Control"))
_Function = Callable[[Service, Call], Awaitable[Answer]]


def project_operations(service: Service) -> tuple[Operation, ...]:
    """Projects and quotas."""
    of_all = functools.partial(_operation, service, "projects", "project", projects.PATH, ())
    of_one = functools.partial(_operation, service, "projects", "project", f"{projects.PATH}/{{id}}", ())
    whole = Shape(record=Project)
    return (
        of_all(
            projects.create,
            "create_project",
            "Create a project",
            p.IDEMPOTENCY_KEY,
            body=Shape(record=ProjectBody, example={"id": "acme", "quotas": {"vpc": 10}}),
            replies={
                201: Reply(description="Created.", shape=whole, headers=("ETag", "Location", "Idempotency-Replayed"))
            },
            problems=(408, 409, 413, 415, 422),
        ),
        of_all(projects.list_, "list_projects", "List projects", *_PAGE, replies={200: _page(ProjectItem)}),
        of_one(
            projects.get,
            "get_project",
            "Get a project with its quotas",
            p.IF_NONE_MATCH,
            replies={
                200: Reply(description="The project.", shape=whole, headers=("ETag", "Cache-Control")),
                304: _KNOWN,
            },
            problems=(404,),
        ),
        of_one(
            projects.update,
            "update_project",
            "Change a project's quotas, name or tags",
            p.IF_MATCH,
            body=Shape(record=ProjectPatch, media_types=(MERGE_PATCH,), example={"quotas": {"vpc": 20}}),
            replies={200: Reply(description="The project.", shape=whole, headers=("ETag",))},
            problems=(404, 408, 412, 413, 415, 422),
        ),
        of_one(
            projects.delete,
            "delete_project",
            "Delete a project that is empty, with its API keys",
            p.IF_MATCH,
            replies={204: Reply(description="Deleted.")},
            problems=(404, 409, 412),
        ),
    )


def key_operations(service: Service) -> tuple[Operation, ...]:
    """API keys."""
    always = (p.PROJECT_ID,)
    of_all = functools.partial(_operation, service, "api-keys", "api_key", api_keys.PATH, always)
    of_one = functools.partial(_operation, service, "api-keys", "api_key", f"{api_keys.PATH}/{{id}}", always)
    whole = Shape(record=ApiKey)
    return (
        of_all(
            api_keys.create,
            "create_api_key",
            "Create an API key",
            p.IDEMPOTENCY_KEY,
            body=Shape(record=ApiKeyBody, media_types=(JSON,), example={"name": "terraform", "roles": ["member"]}),
            replies={
                201: Reply(
                    description="Created. `key` is shown here and never again.",
                    shape=Shape(record=NewApiKey),
                    headers=("ETag", "Location", "Cache-Control", "Idempotency-Replayed"),
                )
            },
            problems=(404, 408, 409, 413, 415, 422),
        ),
        of_all(
            api_keys.list_,
            "list_api_keys",
            "List API keys, without their secrets",
            *_PAGE,
            replies={200: _page(ApiKey)},
            problems=(404,),
        ),
        of_one(
            api_keys.get,
            "get_api_key",
            "Get an API key, without its secret",
            p.IF_NONE_MATCH,
            replies={
                200: Reply(description="The key.", shape=whole, headers=("ETag", "Cache-Control")),
                304: _KNOWN,
            },
            problems=(404,),
        ),
        of_one(
            api_keys.update,
            "update_api_key",
            "Change an API key's name or tags",
            p.IF_MATCH,
            body=Shape(record=ApiKeyPatch, media_types=(MERGE_PATCH,), example={"name": "terraform"}),
            replies={200: Reply(description="The key.", shape=whole, headers=("ETag",))},
            problems=(404, 408, 412, 413, 415, 422),
        ),
        of_one(
            api_keys.revoke,
            "revoke_api_key",
            "Revoke an API key",
            p.IF_MATCH,
            replies={204: Reply(description="Revoked, in every process.")},
            problems=(404, 412),
        ),
    )


def _operation(
    service: Service,
    tag: str,
    kind: str,
    path: str,
    always: tuple[Parameter, ...],
    function: _Function,
    name: str,
    summary: str,
    *parameters: Parameter,
    **more: object,
) -> Operation:
    action, method = _VERBS[name.partition("_")[0]]
    return Operation(
        name=name,
        method=method,
        path=path,
        summary=summary,
        tag=tag,
        action=action,
        kind=kind,
        handler=functools.partial(function, service),
        parameters=(*parameters, *always),
        of_region=True,
        **more,  # type: ignore[arg-type]
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


def _page(record: type[ProjectItem | ApiKey]) -> Reply:
    return Reply(description="A page, in the order of ids.", shape=Shape(record=record, listed=True), headers=("Link",))
