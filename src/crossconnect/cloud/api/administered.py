"""What is alike in the operations on projects and on API keys: list, get, update, delete, and all dry runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic

import msgspec

from crossconnect.cloud.api import body, paging
from crossconnect.cloud.api.etag import expect_tags, is_named, revisions
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.resources import planned
from crossconnect.cloud.service import Administered, Query, Service
from crossconnect.cloud.service.outcome import R

IfMatch = Sequence[int] | None


class Noun(msgspec.Struct, Generic[R], frozen=True, kw_only=True):
    """Projects, or API keys: what the operations on both have of their own."""

    path: str
    """`/v1/projects`."""
    patch: type[Any]
    """The body of an update."""
    page: Callable[[Service, Call, Query], Awaitable[tuple[Sequence[R], str]]]
    """(A page of them, the marker of the next one)."""
    item: Callable[[R], msgspec.Struct]
    """One as it is in lists."""
    find: Callable[[Service, Call], Awaitable[R]]
    """The one of the path."""
    whole: Callable[[Service, Call, R], Awaitable[Answer]]
    """One as it is shown, with its ETag."""
    update: Callable[[Service, Call, Any, IfMatch], Awaitable[Administered[R]]]
    """With a patch, which it checks."""
    delete: Callable[[Service, Call, IfMatch], Awaitable[Administered[R]]]


async def list_(noun: Noun[R], service: Service, call: Call) -> Answer:
    """GET of a page."""
    found, marker = await noun.page(service, call, paging.asked(call))
    return paging.listed(noun.path, call, [msgspec.json.encode(noun.item(one)) for one in found], marker)


async def get(noun: Noun[R], service: Service, call: Call) -> Answer:
    """GET of one."""
    known = call.headers.get("if-none-match", "")
    expect_tags("If-None-Match", known)
    answer = await noun.whole(service, call, await noun.find(service, call))
    headers = (*answer.headers, ("cache-control", "private, no-cache"))
    if is_named(known, dict(answer.headers)["etag"]):
        return Answer(status=304, headers=headers)
    return msgspec.structs.replace(answer, headers=headers)


async def update(noun: Noun[R], service: Service, call: Call) -> Answer:
    """PATCH of one."""
    body.expect_type(call.headers.get("content-type", ""), body.MERGE_PATCH)
    patch = body.convert(body.plain(call.body), noun.patch)
    done = await noun.update(service, call, patch, revisions(call.headers.get("if-match", "")))
    answer = await noun.whole(service, call, done.record)
    return as_planned(answer, done) if call.dry_run else answer


async def delete(noun: Noun[R], service: Service, call: Call) -> Answer:
    """DELETE of one."""
    allowed = revisions(call.headers.get("if-match", ""))
    call.reached = True
    done = await noun.delete(service, call, allowed)
    if call.dry_run:
        return as_planned(await noun.whole(service, call, done.record), done)
    return Answer(status=204)


def as_planned(answer: Answer, done: Administered[R]) -> Answer:
    """What a dry run is answered in the place of an answer."""
    return planned(answer.body, done.changed, done.effects)
