"""The feed of changes: a page of them as JSON, or all as they come as server-sent events (WHATWG HTML, 9.2).

An event `change` is a command's changes, its id the command's number. A client that comes back with `Last-Event-ID`
misses nothing and gets nothing twice. Numbers of other projects' commands are passed over in silence. Events `state`
say what has become of changes; the first of a stream, where things stand.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import msgspec

from crossconnect.cloud.api import query
from crossconnect.cloud.api.authentication import refused
from crossconnect.cloud.api.metrics import Metrics
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import HEADER_MALFORMED
from crossconnect.cloud.api.records import ChangeItem, ChangesPage, CommitItem, StateItem, StatesItem
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Commit, Feed, Service, States

EVENT_STREAM = "text/event-stream"
RECONNECT_MS = 2000
HEARTBEAT_S = 15.0
"""Proxies close connections on which nothing comes for a minute."""
LIMIT_MAX = 1000
WAIT_MAX_S = 60
_Part = tuple[Feed, States | None]
"""Of what a stream sends."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def item(commit: Commit) -> CommitItem:
    """A commit as it is sent."""
    return CommitItem(
        number=commit.number,
        at=commit.at,
        changes=tuple(
            ChangeItem(
                action=change.action,
                kind=change.kind,
                id=change.id,
                project_id=change.project_id,
                resource=msgspec.Raw(change.raw),
            )
            for change in commit.changes
        ),
    )


async def changes(service: Service, metrics: Metrics, stopping: asyncio.Event, call: Call) -> Answer:
    """GET of the changes, as page or as stream."""
    after = query.number(call.query, "after", 0, 0, 10**18 - 1)
    if EVENT_STREAM in call.headers.get("accept", ""):
        if last := call.headers.get("last-event-id"):
            if not _NUMBER.fullmatch(last):
                raise Denied(HEADER_MALFORMED, "Last-Event-ID is the id of an event of this feed, a number")
            after = int(last)
        watched = service.watch(call.caller, after, heartbeat_s=HEARTBEAT_S)
        # Asked once before the stream begins, so that a number that is too old is refused while a status can say so.
        first = await anext(watched)
        headers = (("cache-control", "no-store"), ("x-accel-buffering", "no"))
        return Answer(media_type=EVENT_STREAM, headers=headers, stream=_stream(metrics, stopping, call, watched, first))
    limit = query.number(call.query, "limit", 100, 1, LIMIT_MAX)
    wait_s = float(query.number(call.query, "timeout", 0, 0, WAIT_MAX_S))
    found = await service.changes(call.caller, after, limit=limit, wait_s=wait_s)
    if wait_s and not await call.lasting():
        raise refused("the credential has ended meanwhile")
    _, realised = await service.position()
    page = ChangesPage(items=tuple(item(commit) for commit in found.commits), last=found.last, realised=realised)
    return Answer(body=msgspec.json.encode(page), headers=(("cache-control", "no-store"),))


async def _stream(
    metrics: Metrics, stopping: asyncio.Event, call: Call, watched: AsyncIterator[_Part], first: _Part
) -> AsyncIterator[bytes]:
    """Events until the client goes, its credential ends, or the API does. The credential is looked at before anything
    is sent, heartbeats too: a key that is revoked reads nothing any more."""
    metrics.streams.inc()
    ended = asyncio.ensure_future(stopping.wait())
    following: asyncio.Future[_Part] | None = None
    try:
        yield f"retry: {RECONNECT_MS}\n\n".encode() + _events(*first)
        while not stopping.is_set():
            following = asyncio.ensure_future(anext(watched))
            await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done() or not await call.lasting():
                return
            yield _events(*following.result())
    except (StopAsyncIteration, Refused):
        return  # the client comes back, and is told then
    finally:
        for task in (ended, following):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                    await task
        metrics.streams.dec()


def _events(feed: Feed, states: States | None) -> bytes:
    """Events of a part of the feed. Behind its commits the number up to which it was looked at, so that a client that
    comes back does not look at it again; an id alone is no event for the client. What has become of them has no id: a
    client that comes back is told where things stand."""
    events = [
        b"id: %d\nevent: change\ndata: %s\n\n" % (commit.number, msgspec.json.encode(item(commit)))
        for commit in feed.commits
    ]
    if not feed.commits or feed.commits[-1].number != feed.last:
        events.append(b"id: %d\n\n" % feed.last)
    if states is not None:
        events.append(b"event: state\ndata: %s\n\n" % msgspec.json.encode(_states(states)))
    return b"".join(events)


def _states(states: States) -> StatesItem:
    resources = tuple(
        StateItem(
            kind=one.kind,
            id=one.id,
            project_id=one.project_id,
            revision=one.revision,
            state="available" if one.reason is None else "failed",
            state_reason=one.reason or "",
        )
        for one in states.resources
    )
    return StatesItem(realised=states.realised, resources=resources)
