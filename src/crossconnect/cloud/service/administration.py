"""What operators do, and the realiser: work for the writer, that is not about one resource."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from crossconnect.cloud.limits import LIMITS
from crossconnect.cloud.resource import Kind, Problem, Refused, conflict, invalid, missing
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.store import feed, projects, tokens
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import CLEARED, REALISED, counters_of
from crossconnect.cloud.store.records import Key
from crossconnect.cloud.store.tables import counters, failures
from crossconnect.cloud.store.writer import Transaction

PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
"""A project's id: a DNS label, so that names can be made of it."""
CHANGES_KEPT = 1_000_000
"""Commits that the feed remembers. Who is further behind begins again with a list."""
CLEARED_AT_ONCE = 1_000
"""So that clearing up keeps nobody waiting."""
QUOTA_MAX = 2**53
"""Beyond, JSON's numbers are not exact."""

_REALISED = Prepared(update(counters).where(counters.c.name == REALISED).values(value=bindparam("n")))
_FAILED = select(failures.c.document_id)
_FAIL = insert(failures)
_MEND = delete(failures).where(failures.c.document_id == bindparam("i"))


def must_be_admin(caller: Caller) -> None:
    """Refuse others (403)."""
    if not caller.admin:
        raise Refused(403, Problem("caller.not-admin", "this is for operators of the region"))


def scope_of(caller: Caller) -> str | None:
    """The caller's project; none for an operator who asks about all."""
    if not caller.project_id:
        must_be_admin(caller)
    return caller.project_id or None


def create_project(
    transaction: Transaction, kinds: Mapping[str, Kind], project_id: str, at: str, quotas: Mapping[str, int]
) -> None:
    """A new project."""
    if not PROJECT.fullmatch(project_id):
        raise invalid("project.malformed", f"a project's id matches {PROJECT.pattern}", "/id")
    _check_quotas(kinds, quotas)
    if projects.quotas(transaction.connection, project_id) is not None:
        raise conflict("project.exists", f"there is a project {project_id}", "/id")
    projects.create(transaction.connection, project_id, at, quotas)


def set_quotas(transaction: Transaction, kinds: Mapping[str, Kind], project_id: str, quotas: Mapping[str, int]) -> None:
    """Some quotas; the others stay."""
    _check_quotas(kinds, quotas)
    own = projects.quotas(transaction.connection, project_id)
    if own is None:
        raise missing("project", project_id[:63])
    projects.set_quotas(transaction.connection, project_id, own | dict(quotas))


def add_key(transaction: Transaction, key: Key, digest: bytes) -> None:
    """A key of a project that exists, or of an operator's."""
    if key.project_id and projects.quotas(transaction.connection, key.project_id) is None:
        raise missing("project", key.project_id[:63])
    projects.add_key(transaction.connection, key, digest)


def revoke_key(transaction: Transaction, project_id: str, id: str, at: str) -> None:
    """Of that project, or 404. A revoked one stays so."""
    found = next((key for key in projects.keys(transaction.connection, project_id) if key.id == id), None)
    if found is None:
        raise missing("api-key", id[:40])
    if not found.revoked_at:
        projects.revoke(transaction.connection, msgspec.structs.replace(found, revoked_at=at))


def realised(transaction: Transaction, number: int, failed: Mapping[str, str], cleared: Sequence[str]) -> None:
    """Write down what the realiser says."""
    connection = transaction.connection
    _REALISED.run(connection, {"n": number})
    gone = sorted({*failed, *cleared})
    if gone:
        connection.execute(_MEND, [{"i": id} for id in gone])
    if failed:
        connection.execute(_FAIL, [{"document_id": id, "reason": reason} for id, reason in failed.items()])
    transaction.realised = number


def clear_up(transaction: Transaction, now: int) -> None:
    """Forget old idempotency tokens, and old changes that are realised."""
    tokens.forget(transaction.connection, now)
    at = counters_of(transaction.connection)
    until = min(at[CLEARED] + CLEARED_AT_ONCE, at["sequence"] - CHANGES_KEPT, at[REALISED])
    if until > at[CLEARED]:
        feed.clear(transaction.connection, until)


def usage(
    connection: Connection, project_id: str, quotas: Mapping[str, int], kinds: Mapping[str, Kind]
) -> Mapping[str, tuple[int, int]]:
    """(used, quota) by kind."""
    used = projects.used(connection, project_id)
    return {name: (used.get(name, 0), quotas[name]) for name in kinds}


def _check_quotas(kinds: Mapping[str, Kind], quotas: Mapping[str, int]) -> None:
    for name, quota in quotas.items():
        if name not in kinds and name not in LIMITS:
            raise invalid("quota.unknown", f"{name[:40]!r} is no kind, and no limit", "/quotas")
        if not 0 <= quota <= QUOTA_MAX:
            raise invalid("quota.range", f"a quota is between 0 and {QUOTA_MAX}", f"/quotas/{name}")
