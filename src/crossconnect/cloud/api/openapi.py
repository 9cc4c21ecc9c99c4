"""The OpenAPI 3.1 document, from the table of operations and the kinds' records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crossconnect import __version__
from crossconnect.cloud.api import schemas
from crossconnect.cloud.api.examples import example_of
from crossconnect.cloud.api.operation import Operation, Parameter, Reply, Shape
from crossconnect.cloud.api.operations import RECORDS_BESIDE
from crossconnect.cloud.api.parameters import HEADERS
from crossconnect.cloud.api.problem import MEDIA_TYPE, ProblemDetails, title_of
from crossconnect.cloud.api.problems import PROBLEMS as KINDS_OF_PROBLEMS
from crossconnect.cloud.registry import KINDS

PROBLEMS = {
    400: "The request is malformed.",
    401: "No valid credential.",
    403: "Not allowed.",
    429: "Too many requests.",
}
"""Of every operation that needs a credential."""
_WORDS = {
    408: "The body did not arrive in time.",
    404: "There is no such thing in the project: what the path names, or a field of the body.",
    409: "Against the state of things; `uses` says what stands in the way.",
    410: "Changes after that number are no longer kept; begin with a list.",
    412: "The resource has changed since.",
    413: "The body is too large.",
    415: "The body has another media type.",
    422: "The body cannot be meant; `errors` says where.",
    500: "A mistake of ours.",
    503: "The database or the identity provider does not answer.",
}
_TEXT = """\
The network of a region's tenants. Resources have AWS's words and manners: a change is answered when it is decided and \
stored, `state` says when it is realised (`?wait=available` waits for that). Fields of answers may become more; ignore \
those you do not know. HEAD is answered wherever GET is, with the same headers; it is not listed for itself."""


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    tags = dict.fromkeys(operation.tag for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Crossconnect cloud network", "version": __version__, "description": _TEXT},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": _schemas(operations),
            "headers": HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in sorted({*PROBLEMS, *_WORDS})},
            "securitySchemes": {
                "credential": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key (`xck_...`), or a token of an identity provider that the region trusts.",
                }
            },
        },
        "security": [{"credential": []}],
    }


def _schemas(operations: Sequence[Operation]) -> dict[str, Any]:
    records: set[type[Any]] = {ProblemDetails, *RECORDS_BESIDE}
    listed: set[type[Any]] = set()
    for operation in operations:
        for shape in [operation.body, *(reply.shape for reply in operation.replies.values())]:
            if shape is not None and shape.record is not None:
                records.add(shape.record)
                if shape.listed:
                    listed.add(shape.record)
    found = schemas.components(records)
    for kind in KINDS.values():
        if kind.patch in records:
            needed = {field.name for field in msgspec.structs.fields(kind.body) if field.required}
            found[kind.patch.__name__] = schemas.nullable(found[kind.patch.__name__], needed)
    for record in listed:
        name = record.__name__
        found[_list_name(record)] = {
            "type": "object",
            "description": f"A page of {name}.",
            "properties": {
                "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
                "next": {"type": "string", "description": "`marker` of the next page; empty: this is the last."},
            },
            "required": ["items", "next"],
        }
    return dict(sorted(found.items()))


def _list_name(record: type[Any]) -> str:
    return f"{record.__name__}List"


def _operation(operation: Operation) -> dict[str, Any]:
    parameters = [_parameter(parameter) for parameter in operation.parameters]
    if "{id}" in operation.path:
        one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        parameters.insert(0, {**one, "description": "The resource's id."})
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": _responses(operation),
    }
    if operation.body is not None:
        example = operation.body.example or example_of(operation.body.record)
        described["requestBody"] = {"required": True, "content": _content(operation.body, example)}
    if operation.public:
        described["security"] = []
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "required": False,
        "schema": parameter.schema,
        "description": parameter.description,
    }
    return {**described, "example": parameter.example} if parameter.example else described


def _responses(operation: Operation) -> dict[str, Any]:
    responses = {str(status): _reply(reply, operation) for status, reply in sorted(operation.replies.items())}
    common = (400,) if operation.public else tuple(PROBLEMS)
    for status in sorted({*common, *operation.problems, 500, 503}):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return responses


def _reply(reply: Reply, operation: Operation) -> dict[str, Any]:
    always = ("Request-Id",) if operation.public else ("Request-Id", "RateLimit-Policy", "RateLimit")
    described: dict[str, Any] = {"description": reply.description, "headers": _headers((*always, *reply.headers))}
    if reply.shape is not None:
        described["content"] = _content(reply.shape, reply.shape.example or example_of(reply.shape.record))
        if reply.shape.listed and reply.shape.record is not None:
            example = example_of(reply.shape.record)
            described["content"] = _content(reply.shape, {"items": [example], "next": ""} if example else None)
    return described


def _headers(names: Sequence[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _content(shape: Shape, example: Any) -> dict[str, Any]:
    schema = shape.schema
    if shape.record is not None:
        name = _list_name(shape.record) if shape.listed else shape.record.__name__
        schema = {"$ref": f"#/components/schemas/{name}"}
    found: dict[str, Any] = {}
    for media_type in shape.media_types:
        events = media_type == "text/event-stream"
        found[media_type] = {"schema": {"type": "string"} if events else schema}
        if example and not events:
            found[media_type]["example"] = example
    return found


def _problem(status: int) -> dict[str, Any]:
    headers = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    codes = [code for code in KINDS_OF_PROBLEMS if code.status == status]
    example: dict[str, Any] | None = None
    if codes:
        example = {
            "type": f"urn:crossconnect:problem:{codes[0].code}",
            "title": title_of(status),
            "status": status,
            "detail": codes[0].meaning,
            "code": codes[0].code,
            "errors": [{"code": codes[0].code, "message": codes[0].meaning, "field": ""}],
            "request_id": "req-5b0f6d1c9e2a47318d60",
        }
    content = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    if example:
        content["example"] = example
    return {
        "description": PROBLEMS.get(status) or _WORDS[status],
        "headers": _headers(("Request-Id", *headers)),
        "content": {MEDIA_TYPE: content},
    }


def text(operations: Sequence[Operation]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document(operations))
