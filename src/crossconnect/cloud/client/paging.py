"""Lists of the API, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossconnect.cloud.client.transport import Query, Transport

JSON = {"content-type": "application/json"}
MERGE_PATCH = {"content-type": "application/merge-patch+json"}

Filters = Mapping[str, str | Sequence[str]]


def items(
    transport: Transport, path: str, filters: Filters | None = None, tags: Sequence[str] = (), page: int = 1000
) -> Iterator[dict[str, Any]]:
    """All items of a list in its order. `filters` by parameter; `tags` as `key=value` or `key`; `page`: how many are
    asked for at a time."""
    marker = ""
    while True:
        query: dict[str, Any] = {**(filters or {}), "limit": page}
        query |= {"tag": list(tags)} if tags else {}
        query |= {"marker": marker} if marker else {}
        got = transport.send("GET", path, query).json()
        yield from got["items"]
        marker = got["next"]
        if not marker:
            return


def once(idempotency_key: str) -> Mapping[str, str]:
    """Headers of a POST with a body; without a key the transport gives it one."""
    return {**JSON, **({"idempotency-key": idempotency_key} if idempotency_key else {})}


def matching(revision: int | None) -> dict[str, str]:
    """The header that lets a change pass on that revision only."""
    return {} if revision is None else {"if-match": f'"{revision}"'}


def waiting(until: str, wait_s: int) -> Query:
    """Parameters of a command that is waited for."""
    return {"wait": until, "timeout": wait_s} if wait_s else {}
