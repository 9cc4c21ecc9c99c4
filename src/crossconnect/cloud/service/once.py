"""Commands about projects and keys that are carried out once under an idempotency token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from crossconnect.cloud.resource import Refused, conflict
from crossconnect.cloud.store import tokens

T = TypeVar("T", bound=msgspec.Struct)


class Once(msgspec.Struct, frozen=True, kw_only=True):
    """Under which token, and what for."""

    project_id: str
    """Whose tokens; empty: the region's."""
    token: str
    """Empty: none."""
    digest: bytes
    """Of what is wanted."""
    now: int
    """Seconds of Unix time."""


def digest(what: str, wish: msgspec.Struct) -> bytes:
    """Of what a caller wants."""
    return hashlib.sha256(b"%s %s" % (what.encode(), msgspec.json.encode(wish, order="deterministic"))).digest()


def mismatch() -> Refused:
    """A token that came with another request."""
    return conflict("idempotency.mismatch", "the token was used with another request in the last 24 hours")


def once(connection: Connection, under: Once, answer: type[T], make: Callable[[], T]) -> tuple[T, bool]:
    """(What was made under the token, or is made now; whether it had been made before). Refused (409) where the token
    came with another request."""
    if not under.token:
        return make(), False
    known = tokens.find(connection, under.project_id, under.token, under.now)
    if known is not None:
        if known[0] != under.digest:
            raise mismatch()
        return msgspec.json.decode(known[1], type=answer), True
    made = make()
    octets = msgspec.json.encode(made)
    tokens.keep(connection, under.project_id, under.token, under.digest, now=under.now, answer=octets)
    return made, False
