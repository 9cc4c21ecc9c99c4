"""The operations of every kind: create, list, get, update, delete, uses."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from crossconnect.cloud.api import body, paging, query
from crossconnect.cloud.api.etag import etag, expect_tags, is_known, revisions
from crossconnect.cloud.api.idempotency import once_key
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.api.principal import REGION_ROLES
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import PRECONDITION
from crossconnect.cloud.api.turns import in_turn
from crossconnect.cloud.realise import ALL, NORTHD
from crossconnect.cloud.resource import Effect, Kind, missing
from crossconnect.cloud.service import Document, Outcome, Service

WAIT_DEFAULT_S = 30
WAIT_MAX_S = 300
HYPERVISORS = "hypervisors"
Headers = tuple[tuple[str, str], ...]
_ID = re.compile(r"[a-z]+-[0-9a-f]{17}", re.ASCII)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a command would do (`?dry_run=true`); nothing has been done."""

    dry_run: bool
    """Always true."""
    resource: msgspec.Raw
    """As it would be; of a deletion, as it is."""
    changed: tuple[str, ...]
    """Ids of all resources that would be written or deleted."""
    effects: tuple[Effect, ...]
    """What it would do to traffic."""
    cuts: bool
    """Whether flows that pass today would not."""


def id_of(kind: Kind, call: Call) -> str:
    """The id in a path. What cannot be an id of the kind does not exist, like any other."""
    if not call.id.startswith(f"{kind.prefix}-") or not _ID.fullmatch(call.id):
        raise missing(kind.name.replace("_", "-"), call.id[:80])
    return call.id


async def create(service: Service, kind: Kind, call: Call) -> Answer:
    """POST of a collection."""
    wait = _wait(call, "available")
    body.expect_type(call.headers.get("content-type", ""), body.JSON)
    wish = body.decode(call.body, kind.body)
    call.reached = True
    outcome = await service.create(kind, call.caller, wish, token=once_key(call), dry_run=call.dry_run)
    if call.dry_run:
        return _planned(outcome)
    # Of an answer that is given again, the resource may be another by now.
    written = None if outcome.replayed else outcome.document
    waited, lacking = await _waited(service, kind, call, outcome.document, outcome.revision, wait, written)
    document = waited or outcome.document
    headers = [("location", f"/v1/{kind.path}/{document.id}"), ("etag", etag(document)), *lacking]
    if outcome.replayed:
        headers.append(("idempotency-replayed", "true"))
    return Answer(status=201, body=document.raw, headers=tuple(headers))


async def list_(service: Service, kind: Kind, call: Call) -> Answer:
    """GET of a collection."""
    asked = paging.asked(call)
    call.reached = True
    page = await service.list(kind, call.caller, asked)
    return paging.listed(f"/v1/{kind.path}", call, [document.raw for document in page.documents], page.next)


async def get(service: Service, kind: Kind, call: Call) -> Answer:
    """GET of a resource."""
    id = id_of(kind, call)
    wait = _wait(call, "available")
    known = call.headers.get("if-none-match", "")
    expect_tags("If-None-Match", known)
    call.reached = True
    document = await service.get(kind, call.caller, id)
    waited, lacking = await _waited(service, kind, call, document, document.revision, wait)
    if wait is not None:
        if waited is None:
            raise missing(kind.name.replace("_", "-"), document.id)
        document = waited
    headers = (("etag", etag(document)), ("cache-control", "private, no-cache"), *lacking)
    if is_known(known, document):
        return Answer(status=304, headers=headers)
    return Answer(body=document.raw, headers=headers)


async def update(service: Service, kind: Kind, call: Call) -> Answer:
    """PATCH of a resource."""
    id = id_of(kind, call)
    wait = _wait(call, "available")
    body.expect_type(call.headers.get("content-type", ""), body.MERGE_PATCH)
    allowed = revisions(call.headers.get("if-match", ""))
    asked = body.plain(call.body)
    if not body.needs_present(asked):
        patch = body.convert(asked, kind.patch)
        revision = await _revision(service, kind, call, id, allowed)
        call.reached = True
        outcome = await service.update(kind, call.caller, id, patch, if_match=revision, dry_run=call.dry_run)
    else:
        outcome = await _update_present(service, kind, call, id, asked, allowed)
    if call.dry_run:
        return _planned(outcome)
    written = outcome.document
    waited, lacking = await _waited(service, kind, call, written, outcome.revision, wait, written)
    document = waited or written
    return Answer(body=document.raw, headers=(("etag", etag(document)), *lacking))


async def _update_present(
    service: Service, kind: Kind, call: Call, id: str, asked: dict[str, Any], allowed: Sequence[int] | None
) -> Outcome:
    """A merge patch whose meaning depends on what is there: read, merged, and written if nobody was faster."""

    async def attempt() -> Outcome:
        present = await service.get(kind, call.caller, id)
        if allowed is not None and present.revision not in allowed:
            raise _changed(id)
        whole = body.merged(asked, msgspec.json.decode(present.raw, type=dict[str, Any]), kind.body)
        patch = body.convert(whole, kind.patch)
        call.reached = True
        return await service.update(kind, call.caller, id, patch, if_match=present.revision, dry_run=call.dry_run)

    return await (attempt() if allowed is not None else in_turn(attempt))


async def delete(service: Service, kind: Kind, call: Call) -> Answer:
    """DELETE of a resource."""
    id = id_of(kind, call)
    wait = _wait(call, "deleted")
    allowed = revisions(call.headers.get("if-match", ""))
    revision = await _revision(service, kind, call, id, allowed)
    call.reached = True
    outcome = await service.delete(kind, call.caller, id, if_match=revision, dry_run=call.dry_run)
    if call.dry_run:
        return _planned(outcome)
    _, lacking = await _waited(service, kind, call, outcome.document, outcome.revision, wait)
    if wait is not None and not service.is_realised(outcome.revision):
        return Answer(status=202, body=outcome.document.raw, headers=lacking)
    return Answer(status=204, headers=lacking)


async def uses(service: Service, kind: Kind, call: Call) -> Answer:
    """GET of what stands in the way of a resource's deletion."""
    id = id_of(kind, call)
    call.reached = True
    found = await service.uses(kind, call.caller, id)
    return Answer(body=msgspec.json.encode({"items": list(found)}))


async def _revision(service: Service, kind: Kind, call: Call, id: str, allowed: Sequence[int] | None) -> int | None:
    """The revision that a command may find. Of several, the one that the resource has."""
    if allowed is None or len(allowed) == 1:
        return allowed[0] if allowed else None
    present = await service.get(kind, call.caller, id)
    if present.revision not in allowed:
        raise _changed(id)
    return present.revision


def _changed(id: str) -> Denied:
    return Denied(PRECONDITION, f"{id} has changed: If-Match names another revision")


class _Wait(NamedTuple):
    """For what a client waits."""

    timeout_s: float
    hypervisors: bool
    """Not only until it is in the northbound database."""


async def _waited(
    service: Service,
    kind: Kind,
    call: Call,
    document: Document,
    revision: int,
    wait: _Wait | None,
    written: Document | None = None,
) -> tuple[Document | None, Headers]:
    """The resource once the command is realised, where the client waits for that, and headers about who has not
    installed it. `written`: what the command has just written, where it has."""
    if wait is None:
        return None, ()
    began_s = time.monotonic()
    waited = await service.wait(kind, call.caller, document.id, revision, timeout_s=wait.timeout_s, written=written)
    failed = waited is not None and waited.state == "failed"
    if not wait.hypervisors or failed or call.realising is None:
        return waited, ()
    left_s = max(0.0, began_s + wait.timeout_s - time.monotonic())
    return waited, _lacking(call, await call.realising.lacking(revision, left_s))


def _lacking(call: Call, names: Sequence[str]) -> Headers:
    """Who has not installed a change. Where a tenant's machines run is nothing that the tenant would know of."""
    if not names:
        return ()
    region = call.principal is not None and not frozenset(REGION_ROLES).isdisjoint(call.principal.roles)
    count = "unknown" if names[0] in (ALL, NORTHD) else str(len(names))
    more = (("not-installed-at", ", ".join(names)),) if region else ()
    return (("not-installed", count), *more)


def _wait(call: Call, until: str) -> _Wait | None:
    """How long the client wants to wait for its command; None: not at all. Read before anything is done: a command with
    a query that is refused is not carried out."""
    wanted = query.choice(call.query, "wait", (until, HYPERVISORS))
    timeout_s = float(query.number(call.query, "timeout", WAIT_DEFAULT_S, 0, WAIT_MAX_S))
    return _Wait(timeout_s, wanted == HYPERVISORS) if wanted else None


def _planned(outcome: Outcome) -> Answer:
    return planned(outcome.document.raw, outcome.changed, outcome.effects)


def planned(resource: bytes, changed: tuple[str, ...], effects: tuple[Effect, ...]) -> Answer:
    """The answer to a dry run; `resource` is JSON already."""
    plan = Plan(
        dry_run=True,
        resource=msgspec.Raw(resource),
        changed=changed,
        effects=effects,
        cuts=any(effect.cuts for effect in effects),
    )
    return Answer(body=msgspec.json.encode(plan))
