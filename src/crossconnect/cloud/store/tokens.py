"""Idempotency tokens: which command came under a token, and what was answered. Written in the command's own
transaction: there is an answer if and only if the command was carried out."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select

from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.tables import idempotency

KEPT_S = 24 * 3600
"""How long."""

_I = idempotency.c
_FIND = Prepared(
    select(_I.digest, _I.answer).where(
        _I.project_id == bindparam("p"), _I.token == bindparam("t"), _I.at > bindparam("since")
    )
)
_FORGET_ONE = Prepared(delete(idempotency).where(_I.project_id == bindparam("p"), _I.token == bindparam("t")))
_FORGET = delete(idempotency).where(_I.at <= bindparam("until"))
_INSERT = Prepared(insert(idempotency))


def find(connection: Connection, project_id: str, token: str, now: int) -> tuple[bytes, bytes] | None:
    """(Digest of the command, answer) under a token of the last 24 hours. `now` is in seconds of Unix time."""
    row = _FIND.row(connection, {"p": project_id, "t": token, "since": now - KEPT_S})
    return None if row is None else (row[0], row[1])


def keep(connection: Connection, project_id: str, token: str, digest: bytes, *, now: int, answer: bytes) -> None:
    """Remember an answer; one of more than 24 hours ago under the same token is forgotten."""
    _FORGET_ONE.run(connection, {"p": project_id, "t": token})
    _INSERT.run(connection, {"project_id": project_id, "token": token, "digest": digest, "at": now, "answer": answer})


def forget(connection: Connection, now: int) -> None:
    """Clear away what is older than 24 hours."""
    connection.execute(_FORGET, {"until": now - KEPT_S})
