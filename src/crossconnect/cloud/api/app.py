"""The application: routes from the table of operations, and the answer to what is none.

uvicorn --> Litestar (routes, limits of bodies) --> Gate --> handler
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from litestar import HttpMethod, Litestar, MediaType, Response, route
from litestar import Request as HttpRequest
from litestar.response import Stream

from crossconnect.cloud.api import body, openapi, outside
from crossconnect.cloud.api.gate import Dialect, Gate, possible
from crossconnect.cloud.api.operation import Answer, Operation
from crossconnect.cloud.api.operations import Status, all_operations, document_operation
from crossconnect.cloud.reach import Analyser
from crossconnect.cloud.resource import Kind


class OtherApi(msgspec.Struct, frozen=True):
    """Another API over the same service."""

    operations: tuple[Operation, ...]
    dialect: Dialect
    prefixes: tuple[str, ...] = ()
    """Of its paths: what is not there is told in its dialect, too."""


def make_app(
    gate: Gate,
    kinds: Mapping[str, Kind],
    stopping: asyncio.Event,
    analyser: Analyser,
    others: Sequence[OtherApi] = (),
) -> Litestar:
    """The application over a gate. `stopping` ends streams, so that a process can end. `analyser` is asked whether
    packets arrive."""
    described = all_operations(gate.service, kinds, gate.metrics, Status(stopping, lambda: gate.realising), analyser)
    operations = with_document(described)
    further = [(operation, api.dialect) for api in others for operation in api.operations]
    everything = [*((operation, None) for operation in operations), *further]
    methods: dict[str, list[str]] = {}
    for operation, _ in everything:
        methods.setdefault(operation.path, []).append(operation.method)
    return Litestar(
        # The first operation of a path answers OPTIONS, too, for all of them.
        route_handlers=[
            _route(gate, operation, dialect, methods.pop(operation.path, ())) for operation, dialect in everything
        ],
        after_exception=[outside.recorded(gate)],
        exception_handlers={Exception: _outside({prefix: api.dialect for api in others for prefix in api.prefixes})},
        request_max_body_size=body.SIZE_MAX,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def with_document(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations, with the one that describes them all, itself among them."""

    @functools.cache
    def text() -> bytes:
        return openapi.text(everything)

    everything = (*operations, document_operation(text))
    return everything


def _route(gate: Gate, operation: Operation, dialect: Dialect | None, options: Sequence[str]) -> Any:
    handler = _handler(gate, operation, dialect, options)
    path = operation.path.replace("{id}", "{id:str}").replace("{name}", "{name:str}")
    # Whoever answers GET answers HEAD, too (RFC 9110, section 9.1).
    head = (HttpMethod.HEAD,) if operation.method == "GET" else ()
    methods = [HttpMethod(operation.method), *head, *((HttpMethod.OPTIONS,) if options else ())]
    return route(path, http_method=methods, status_code=200, name=operation.name)(handler)


def _handler(
    gate: Gate, operation: Operation, dialect: Dialect | None, options: Sequence[str]
) -> Callable[[HttpRequest], Awaitable[Response[bytes]]]:
    async def handle(request: HttpRequest) -> Response[bytes]:
        if request.method == "OPTIONS":
            return _response(possible(options))
        answer = await gate.answer(operation, request, dialect)
        return _heads(answer) if request.method == "HEAD" else _response(answer)

    return handle


def _heads(answer: Answer) -> Response[Any]:
    """The answer to HEAD: uvicorn leaves out the body behind the headers. A stream is not begun, and has no length."""
    return _response(answer if answer.stream is None else msgspec.structs.replace(answer, stream=_nothing()))


async def _nothing() -> AsyncIterator[bytes]:
    for octets in ():
        yield octets


def _response(answer: Answer) -> Response[Any]:
    headers = dict(answer.headers)
    if answer.stream is not None:
        return Stream(answer.stream, status_code=answer.status, headers=headers, media_type=answer.media_type)
    if answer.status in (204, 304):
        return Response(None, status_code=answer.status, headers=headers, media_type=MediaType.TEXT)
    return Response(answer.body, status_code=answer.status, headers=headers, media_type=answer.media_type)


def _outside(dialects: Mapping[str, Dialect]) -> Callable[[HttpRequest, Exception], Response[Any]]:
    def answer(request: HttpRequest, error: Exception) -> Response[Any]:
        first = "/" + request.scope["path"].removeprefix("/").partition("/")[0]  # `OPTIONS *` has no slash
        return _response(outside.answer(request, error, dialects.get(first)))

    return answer
