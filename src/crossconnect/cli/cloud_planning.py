"""Commands of `xc cloud` about projects and keys that change something, or with `--dry-run` say what they would."""

from __future__ import annotations

from typing import Any

import msgspec

from crossconnect.cli.cloud_text import plan_text
from crossconnect.cli.output import emit, say
from crossconnect.cloud.client.paging import JSON, MERGE_PATCH
from crossconnect.cloud.client.transport import Transport


def post(transport: Transport, path: str, body: dict[str, Any], dry_run: bool, output: str) -> dict[str, Any] | None:
    """What was made; none of a dry run, which has been shown."""
    return _sent(transport, "POST", path, body, JSON, dry_run, output)


def patch(
    transport: Transport,
    path: str,
    changes: dict[str, Any],
    conditions: dict[str, str],
    said: str,
    *,
    dry_run: bool,
    output: str,
) -> int:
    """Change something, and say so."""
    item = _sent(transport, "PATCH", path, changes, {**MERGE_PATCH, **conditions}, dry_run, output)
    if item is not None:
        emit(item, output, lambda: "")
        say(said)
    return 0


def delete(
    transport: Transport, path: str, conditions: dict[str, str], said: str, *, dry_run: bool, output: str
) -> int:
    """Delete something, and say so."""
    if dry_run:
        _sent(transport, "DELETE", path, None, conditions, dry_run, output)
    else:
        transport.send("DELETE", path, headers=conditions)
        say(said)
    return 0


def _sent(
    transport: Transport,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    headers: dict[str, str],
    dry_run: bool,
    output: str,
) -> dict[str, Any] | None:
    octets = None if body is None else msgspec.json.encode(body)
    got = transport.send(method, path, {"dry_run": True} if dry_run else None, octets, headers).json()
    if not dry_run:
        return got
    emit(got, output, lambda: plan_text(got))
    return None
