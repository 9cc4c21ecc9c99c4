"""The table of operations: those of every kind, and those beside the kinds."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import msgspec

from crossconnect.cloud.api import feed, reachability, region, resources
from crossconnect.cloud.api import parameters as p
from crossconnect.cloud.api.body import JSON, MERGE_PATCH
from crossconnect.cloud.api.metrics import MEDIA_TYPE as METRICS_TYPE
from crossconnect.cloud.api.metrics import Metrics
from crossconnect.cloud.api.operation import Answer, Call, Operation, Reply, Shape
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import UNAVAILABLE
from crossconnect.cloud.api.realising import Realising
from crossconnect.cloud.api.records import AuditItem, CallerItem, ChangesPage, StatesItem
from crossconnect.cloud.api.tenancy import key_operations, project_operations
from crossconnect.cloud.api.words import one, plural
from crossconnect.cloud.reach import Analyser
from crossconnect.cloud.resource import Kind, Use
from crossconnect.cloud.service import Service

REGION_TAG = "region"


class Status(NamedTuple):
    """What tells how the process is."""

    stopping: asyncio.Event
    realising: Callable[[], Realising | None]
    """Gives the realiser; none where nobody is to realise anything here."""


def kind_operations(service: Service, kind: Kind) -> tuple[Operation, ...]:
    """What can be done with a kind."""
    return (*_of_collection(service, kind), *_of_one(service, kind))


def _handler(
    service: Service, kind: Kind, function: Callable[[Service, Kind, Call], Awaitable[Answer]]
) -> Callable[[Call], Awaitable[Answer]]:
    return functools.partial(function, service, kind)


_LACKING = ("Not-Installed", "Not-Installed-At")
_PLANNED = Reply(description="With `dry_run`: what would be done.", shape=Shape(record=resources.Plan))


def _of_collection(service: Service, kind: Kind) -> tuple[Operation, ...]:
    path, a_kind, tag = f"/v1/{kind.path}", one(kind), kind.path
    whole = Shape(record=kind.resource)
    return (
        Operation(
            name=f"create_{kind.name}",
            method="POST",
            path=path,
            summary=f"Create {a_kind}",
            tag=tag,
            action="create",
            kind=kind.name,
            handler=_handler(service, kind, resources.create),
            parameters=(p.DRY_RUN, p.WAIT_AVAILABLE, p.TIMEOUT, p.IDEMPOTENCY_KEY, p.PROJECT_ID),
            body=Shape(record=kind.body, media_types=(JSON,)),
            replies={
                201: Reply(
                    description="Created.", shape=whole, headers=("ETag", "Location", "Idempotency-Replayed", *_LACKING)
                ),
                200: _PLANNED,
            },
            problems=(404, 408, 409, 413, 415, 422),
        ),
        Operation(
            name=f"list_{kind.path.replace('-', '_')}",
            method="GET",
            path=path,
            summary=f"List {plural(kind)}",
            tag=tag,
            action="list",
            kind=kind.name,
            handler=_handler(service, kind, resources.list_),
            parameters=(p.LIMIT, p.MARKER, p.TAG, p.STATE, *p.filter_parameters(kind), p.PROJECT_ID),
            replies={
                200: Reply(
                    description="A page, in the order of ids.",
                    shape=Shape(record=kind.resource, listed=True),
                    headers=("Link",),
                )
            },
        ),
    )


def _of_one(service: Service, kind: Kind) -> tuple[Operation, ...]:
    path, a_kind, tag = f"/v1/{kind.path}/{{id}}", one(kind), kind.path
    whole = Shape(record=kind.resource)
    return (
        Operation(
            name=f"get_{kind.name}",
            method="GET",
            path=path,
            summary=f"Get {a_kind}",
            tag=tag,
            action="get",
            kind=kind.name,
            handler=_handler(service, kind, resources.get),
            parameters=(p.WAIT_AVAILABLE, p.TIMEOUT, p.IF_NONE_MATCH, p.PROJECT_ID),
            replies={
                200: Reply(description="The resource.", shape=whole, headers=("ETag", "Cache-Control", *_LACKING)),
                304: Reply(description="The client has it already.", headers=("ETag", "Cache-Control")),
            },
            problems=(404,),
        ),
        Operation(
            name=f"update_{kind.name}",
            method="PATCH",
            path=path,
            summary=f"Change {a_kind}",
            tag=tag,
            action="update",
            kind=kind.name,
            handler=_handler(service, kind, resources.update),
            parameters=(p.DRY_RUN, p.WAIT_AVAILABLE, p.TIMEOUT, p.IF_MATCH, p.PROJECT_ID),
            body=Shape(record=kind.patch, media_types=(MERGE_PATCH,)),
            replies={
                200: Reply(
                    description="Changed; with `dry_run` the plan.", headers=("ETag", *_LACKING), shape=_either(kind)
                )
            },
            problems=(404, 408, 409, 412, 413, 415, 422),
        ),
        Operation(
            name=f"delete_{kind.name}",
            method="DELETE",
            path=path,
            summary=f"Delete {a_kind}",
            tag=tag,
            action="delete",
            kind=kind.name,
            handler=_handler(service, kind, resources.delete),
            parameters=(p.DRY_RUN, p.WAIT_DELETED, p.TIMEOUT, p.IF_MATCH, p.PROJECT_ID),
            replies=_of_deletion(kind),
            problems=(404, 409, 412, 422),
        ),
        Operation(
            name=f"uses_of_{kind.name}",
            method="GET",
            path=f"{path}/uses",
            summary=f"What still uses {a_kind}",
            tag=tag,
            action="get",
            kind=kind.name,
            handler=_handler(service, kind, resources.uses),
            parameters=(p.PROJECT_ID,),
            replies={200: Reply(description="What stands in the way of its deletion.", shape=_plain_list("Use"))},
            problems=(404,),
        ),
    )


def _of_deletion(kind: Kind) -> dict[int, Reply]:
    late = "Deleted, which was not realised while `wait` lasted."
    return {
        204: Reply(description="Deleted.", headers=_LACKING),
        200: _PLANNED,
        202: Reply(description=late, headers=_LACKING, shape=Shape(record=kind.resource)),
    }


def _either(kind: Kind) -> Shape:
    references = [{"$ref": f"#/components/schemas/{name}"} for name in (kind.resource.__name__, "Plan")]
    return Shape(schema={"anyOf": references})


def _plain_list(record: str) -> Shape:
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{record}"}}
    return Shape(schema={"type": "object", "properties": {"items": items}, "required": ["items"]})


RECORDS_BESIDE = (Use, resources.Plan, AuditItem, StatesItem)
"""Records that schemas name, and that no shape holds."""


def region_operations(service: Service, metrics: Metrics, status: Status) -> tuple[Operation, ...]:
    """Changes, audit record, the caller, and what tells whether the API works."""
    page = Shape(record=ChangesPage, media_types=(JSON, feed.EVENT_STREAM))
    audited = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/AuditItem"}},
            "last": {"type": "integer", "description": "To ask on with: `?after=`."},
            "cleared": {"type": "integer", "description": "Lines up to this number are kept no more."},
        },
        "required": ["items", "last", "cleared"],
    }
    return (
        Operation(
            name="list_changes",
            method="GET",
            path="/v1/changes",
            summary="Changes in their order, as a page or (Accept: text/event-stream) as they come",
            tag=REGION_TAG,
            action="list",
            kind="changes",
            handler=functools.partial(feed.changes, service, metrics, status.stopping),
            parameters=(p.AFTER, p.LIMIT, p.TIMEOUT_CHANGES, p.LAST_EVENT_ID, p.PROJECT_ID),
            replies={200: Reply(description="Changes after a number.", shape=page, headers=("Cache-Control",))},
            problems=(410,),
            of_region=True,
        ),
        Operation(
            name="list_audit",
            method="GET",
            path="/v1/audit",
            summary="The audit record: every call, allowed or not",
            tag=REGION_TAG,
            action="list",
            kind="audit",
            handler=functools.partial(region.audit, service),
            parameters=(p.AFTER, p.LIMIT, p.PROJECT_ID),
            replies={200: Reply(description="Oldest first.", shape=Shape(schema=audited), headers=("Cache-Control",))},
            of_region=True,
        ),
        Operation(
            name="get_caller",
            method="GET",
            path="/v1/caller",
            summary="Who the API takes the caller for",
            tag=REGION_TAG,
            action="get",
            kind="caller",
            handler=region.caller,
            parameters=(p.PROJECT_ID,),
            replies={200: Reply(description="The caller.", shape=Shape(record=CallerItem))},
            of_region=True,
        ),
        Operation(
            name="get_metrics",
            method="GET",
            path="/metrics",
            summary="Figures in Prometheus' format",
            tag=REGION_TAG,
            action="get",
            kind="metrics",
            handler=functools.partial(_metrics, service, metrics, status),
            replies={200: _text("Figures.", "text/plain")},
            of_region=True,
        ),
        *_probes(service, status),
    )


def _probes(service: Service, status: Status) -> tuple[Operation, ...]:
    words = {"type": "string"}
    shape = Shape(
        schema={
            "type": "object",
            "properties": {"status": words, "northbound": words},
            "required": ["status"],
        },
        example={"status": "ok"},
    )
    return (
        Operation(
            name="get_health",
            method="GET",
            path="/health",
            summary="Whether the process lives",
            tag=REGION_TAG,
            action="get",
            kind="health",
            handler=_health,
            replies={200: Reply(description="It does.", shape=shape)},
            public=True,
            quiet=True,
        ),
        Operation(
            name="get_ready",
            method="GET",
            path="/ready",
            summary="Whether requests can be carried out; and, where this process realises, why it does not",
            tag=REGION_TAG,
            action="get",
            kind="health",
            handler=functools.partial(_ready, service, status),
            replies={200: Reply(description="They can.", shape=shape)},
            problems=(503,),
            public=True,
            quiet=True,
        ),
    )


def document_operation(document: Callable[[], bytes]) -> Operation:
    """What is described here, as OpenAPI document."""
    return Operation(
        name="get_openapi",
        method="GET",
        path="/openapi.json",
        summary="This document",
        tag=REGION_TAG,
        action="get",
        kind="health",
        handler=functools.partial(_document, document),
        replies={200: Reply(description="OpenAPI 3.1.", shape=Shape(schema={"type": "object"}))},
        public=True,
        quiet=True,
    )


def _text(description: str, media_type: str) -> Reply:
    return Reply(description=description, shape=Shape(schema={"type": "string"}, media_types=(media_type,)))


async def _health(call: Call) -> Answer:
    return Answer(body=b'{"status":"ok"}')


async def _ready(service: Service, status: Status, call: Call) -> Answer:
    if status.stopping.is_set():
        raise Denied(UNAVAILABLE, "the process is ending")
    await service.position()
    told = {"status": "ok"}
    # No reason to send requests elsewhere: they are carried out, and realised when the database is there again.
    if (realising := status.realising()) is not None:
        told["northbound"] = realising() or "ok"
    return Answer(body=msgspec.json.encode(told))


async def _metrics(service: Service, metrics: Metrics, status: Status, call: Call) -> Answer:
    committed, realised = await service.position()
    realising = status.realising()
    well = None if realising is None else not realising()
    return Answer(body=metrics.text(committed, realised, well), media_type=METRICS_TYPE)


async def _document(document: Callable[[], bytes], call: Call) -> Answer:
    return Answer(body=document())


def all_operations(
    service: Service, kinds: Mapping[str, Kind], metrics: Metrics, status: Status, analyser: Analyser
) -> tuple[Operation, ...]:
    """Everything but the document that describes it."""
    found = [operation for kind in kinds.values() for operation in kind_operations(service, kind)]
    return (
        *found,
        reachability.operation(service, analyser),
        *project_operations(service),
        *key_operations(service),
        *region_operations(service, metrics, status),
    )
