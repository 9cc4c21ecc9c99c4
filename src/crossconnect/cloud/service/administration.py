"""What operators do, and the realiser: work for the writer, that is not about one resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from crossconnect.cloud.limits import LIMITS
from crossconnect.cloud.resource import Effect, Kind, Problem, Refused, conflict, invalid, missing
from crossconnect.cloud.service import texts
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.service.environment import Environment
from crossconnect.cloud.service.once import Once, once
from crossconnect.cloud.service.outcome import Administered, R
from crossconnect.cloud.store import feed, projects, tokens
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.reading import CLEARED, REALISED, counters_of
from crossconnect.cloud.store.records import Key, Project
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


class Shelf(NamedTuple, Generic[R]):
    """Projects, or API keys: what changes of both have of their own."""

    one: Callable[[Connection, str, str], R]
    """`(connection, project_id, id)`; refused (404) where it is not there."""
    write: Callable[[Connection, R, R], None]
    """Before and after."""
    check: Callable[[R], None]
    """Refuses what is not to be stored."""
    effects: Callable[[Connection, R, R], tuple[Effect, ...]]
    """Of what has been written."""


def change(
    transaction: Transaction,
    shelf: Shelf[R],
    project_id: str,
    id: str,
    work: Callable[[R], R],
    at: str,
    if_match: Sequence[int] | None,
) -> Administered[R]:
    """A project or a key as `work` has it. A change that says what is already so keeps the revision."""
    connection = transaction.connection
    before = shelf.one(connection, project_id, id)
    expect_revision(id, before.revision, if_match)
    after = work(before)
    texts.check(after)
    shelf.check(after)
    if after == before:
        return Administered(record=before)
    after = msgspec.structs.replace(after, updated_at=at, revision=projects.next_revision(connection))
    shelf.write(connection, before, after)
    return Administered(record=after, changed=(after.id,), effects=shelf.effects(connection, before, after))


def project_shelf(environment: Environment) -> Shelf[Project]:
    """Projects. Quotas below what is there are allowed, and told."""

    def effects(connection: Connection, before: Project, after: Project) -> tuple[Effect, ...]:
        used, old, new = (
            projects.used(connection, after.id),
            environment.quotas(before.quotas),
            environment.quotas(after.quotas),
        )
        return tuple(
            Effect(f"{used[kind]} {kind.replace('_', ' ')} are there, {new[kind]} may be: no more can be made")
            for kind in environment.kinds
            if new[kind] != old[kind] and used.get(kind, 0) > new[kind]
        )

    return Shelf(
        one=lambda connection, _, id: _the_project(connection, id),
        write=projects.change,
        check=lambda project: check_quotas(environment.kinds, project.quotas),
        effects=effects,
    )


def create_project(
    transaction: Transaction, kinds: Mapping[str, Kind], wish: Project, under: Once
) -> Administered[Project]:
    """A new project, or the one that was made under the token before."""
    connection = transaction.connection
    if not PROJECT.fullmatch(wish.id):
        raise invalid("project.malformed", f"a project's id matches {PROJECT.pattern}", "/id")
    check_quotas(kinds, wish.quotas)

    def make() -> Project:
        if projects.quotas(connection, wish.id) is not None:
            raise conflict("project.exists", f"there is a project {wish.id}", "/id")
        if projects.is_known(connection, wish.id):
            message = f"there was a project {wish.id}: its audit record and changes stay, and are no other's"
            raise conflict("project.id-used", message, "/id")
        made = msgspec.structs.replace(wish, revision=projects.next_revision(connection))
        projects.create(connection, made)
        return made

    made, replayed = once(connection, under, Project, make)
    return Administered(record=made, changed=(made.id,), replayed=replayed)


def delete_project(
    transaction: Transaction, project_id: str, at: str, if_match: Sequence[int] | None
) -> Administered[Project]:
    """End a project with its keys; refused while anything is in it."""
    connection = transaction.connection
    project = _the_project(connection, project_id)
    expect_revision(project_id, project.revision, if_match)
    if uses := projects.contents(connection, project_id):
        counts = [f"{n} {kind.replace('_', ' ')}" for kind, n in projects.used(connection, project_id).items() if n]
        raise conflict("project.in-use", f"{project_id} still has: {', '.join(sorted(counts))}", uses=tuple(uses))
    keys = projects.keys(connection, project_id)
    projects.bury(connection, project, at, projects.next_revision(connection))
    changed = (project_id, *(key.id for key in keys))
    return Administered(
        record=project, changed=changed, effects=tuple(_shut(key) for key in keys if not key.revoked_at)
    )


def add_key(transaction: Transaction, key: Key, digest: bytes, under: Once) -> Administered[Key]:
    """A key of a project that exists, or of an operator's, or the one that was made under the token before."""
    connection = transaction.connection
    if key.project_id:
        _the_project(connection, key.project_id)

    def make() -> Key:
        made = msgspec.structs.replace(key, revision=projects.next_revision(connection))
        projects.add_key(connection, made, digest)
        return made

    made, replayed = once(connection, under, Key, make)
    return Administered(record=made, changed=(made.id,), replayed=replayed)


def revoked(key: Key, at: str) -> Key:
    """A key that opens nothing from now on. A revoked one stays so."""
    return key if key.revoked_at else msgspec.structs.replace(key, revoked_at=at)


def the_key(connection: Connection, project_id: str, id: str) -> Key:
    """A key of that project, or of the region, or 404."""
    found = projects.key_of(connection, project_id, id)
    if found is None:
        raise missing("api-key", id[:40])
    return found


def _shut(key: Key) -> Effect:
    return Effect(f"requests with {key.id} are refused from then on", resource_id=key.id)


KEYS: Shelf[Key] = Shelf(
    one=the_key,
    write=projects.change_key,
    check=lambda _: None,
    effects=lambda _, before, after: (_shut(after),) if after.revoked_at and not before.revoked_at else (),
)
"""API keys of all projects, and of the region."""


def expect_revision(id: str, revision: int, if_match: Sequence[int] | None) -> None:
    """Refused (412) where the caller knows other revisions only."""
    if if_match is not None and revision not in if_match:
        raise Refused(412, Problem("precondition.failed", f"{id} is at revision {revision}, which is none of those"))


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


def _the_project(connection: Connection, project_id: str) -> Project:
    found = projects.one(connection, project_id)
    if found is None:
        raise missing("project", project_id[:63])
    return found


def check_quotas(kinds: Mapping[str, Kind], quotas: Mapping[str, int]) -> None:
    """Refused where a quota is of no kind, or no number that one can be."""
    for name, quota in quotas.items():
        if name not in kinds and name not in LIMITS:
            raise invalid("quota.unknown", f"{name[:40]!r} is no kind, and no limit", "/quotas")
        if not 0 <= quota <= QUOTA_MAX:
            raise invalid("quota.range", f"a quota is between 0 and {QUOTA_MAX}", f"/quotas/{name}")
