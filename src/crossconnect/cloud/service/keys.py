"""API keys: how they look, and how one is known again.

A key's secret has 256 random bits, so one round of SHA-256 hides it: there is nothing to guess, and a slow hash would
only cost every request its time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from crossconnect.cloud.resource import Problem, Refused
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.store import projects
from crossconnect.cloud.store.records import Key, Request

_TEXT = re.compile(r"xck_(ak-[0-9a-f]{17})_([A-Za-z0-9_-]{43})", re.ASCII)


def made(key: Key, id: str, at: str) -> tuple[Key, str, bytes]:
    """(The key, what the client sends, what the store keeps of that)."""
    secret = secrets.token_urlsafe(32)
    if key.expires_at:
        _moment(key.expires_at)
    named = msgspec.structs.replace(key, id=id, created_at=at, revoked_at="", hint=secret[-4:])
    return named, f"xck_{id}_{secret}", _digest(secret)


def is_key(text: str) -> bool:
    """Whether a text looks like a key: what does not is none, without a look into the store."""
    return _TEXT.fullmatch(text) is not None


def caller(connection: Connection, text: str, now: datetime) -> Caller | None:
    """Whose key that is; none for a malformed, unknown, expired or revoked one."""
    match = _TEXT.fullmatch(text)
    found = projects.key(connection, match[1]) if match is not None else None
    if match is None or found is None:
        return None
    key, digest = found
    if not hmac.compare_digest(digest, _digest(match[2])):
        return None
    if key.expires_at and _moment(key.expires_at) <= now:
        return None
    return Caller(
        principal=key.id,
        project_id=key.project_id,
        roles=key.roles,
        admin=key.admin,
        request=Request(credential_id=key.id),
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(422, Problem("key.malformed", f"{text[:40]!r} is no time with a zone (RFC 3339)", "/expires_at"))
    return moment
