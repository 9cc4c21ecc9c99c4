"""What a decision says is checked and written: references, quotas, claims, deletions, the feed.

Change --> without what stays as it is --> existing and own? references exist? quotas? claims free?
       --> rows --> nobody names what is gone? --> the feed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from crossconnect.cloud.resource import Change, Kind, Problem, Refused, Resource, conflict
from crossconnect.cloud.service.environment import Environment, stem
from crossconnect.cloud.store import claims, documents, feed
from crossconnect.cloud.store.records import Changed, Commit, Stored
from crossconnect.cloud.store.view import ProjectView
from crossconnect.cloud.store.writer import Transaction
from crossconnect.cloud.view import Context


class Written(msgspec.Struct, frozen=True):
    """What became of a decision."""

    number: int
    """0 where nothing had to be written."""
    resources: Mapping[str, Resource]
    """As they are now; those that were deleted as they were."""
    stored: Mapping[str, Stored]
    """The same."""
    changed: tuple[str, ...]
    """Ids of what was written or deleted, in the order of the decision."""


class _Item(msgspec.Struct, frozen=True):
    """One document of a change."""

    kind: Kind
    before: Any
    """None: it is new."""
    stored: Stored | None
    after: Any
    """None: it is deleted."""


def apply(
    transaction: Transaction, environment: Environment, view: ProjectView, context: Context, change: Change
) -> Written:
    """Write a change, or refuse it with all that is wrong with it. What is refused has to be rolled back."""
    items = _items(transaction, environment, view, context, change)
    gone = {item.before.id for item in items if item.after is None}
    _check_references(environment, view, items, gone)
    _check_quotas(view, context, items)
    dirty = [item for item in items if item.after is None or item.after is not item.before]
    if not dirty and not change.claims and not change.releases:
        return _written(0, items, {}, ())
    number = transaction.next()
    connection = transaction.connection
    if gone:
        claims.release(connection, claims.owned(connection, sorted(gone)))
    claims.release(connection, change.releases)
    if not claims.take(connection, change.claims):
        raise conflict("claim.taken", "a number that the command asks for is taken")
    bodies, log = _write(transaction, dirty, number)
    if left := view.left(sorted(gone)) if gone else ():
        first = next(item for item in items if item.after is None)
        raise conflict(f"{stem(first.kind)}.in-use", f"{first.before.id} is still used", uses=tuple(left))
    feed.add(connection, number, context.now, transaction.batch, log)
    changes = tuple(changed for changed, _seen in log)
    transaction.commits.append(Commit(number=number, at=context.now, changes=changes))
    return _written(number, items, bodies, tuple(changed.id for changed, _seen in log))


def _items(
    transaction: Transaction, environment: Environment, view: ProjectView, context: Context, change: Change
) -> Sequence[_Item]:
    """The documents of a change beside what is stored. A decision that writes what its project does not see is a bug of
    ours, and must not go through."""
    wanted = [resource.id for resource in change.put] + list(change.delete)
    unknown = [id for id in wanted if id not in view.met and id not in view.minted]
    stored = (
        view.met | {row.id: row for row in documents.load(transaction.connection, unknown)} if unknown else view.met
    )
    hidden = [id for id in unknown if id in stored]
    if hidden and view.visible(hidden) != set(hidden):
        raise AssertionError(f"a decision for {view.project_id} writes what is not its own: {hidden}")
    items: list[_Item] = []
    for resource in change.put:
        kind, row = environment.kind_of(type(resource)), stored.get(resource.id)
        if row is None:
            if resource.project_id != view.project_id:
                raise AssertionError(f"a decision for {view.project_id} makes {resource.id} for another project")
            after = msgspec.structs.replace(resource, created_at=context.now, updated_at=context.now)
            items.append(_Item(kind, None, None, after))
            continue
        before = msgspec.json.decode(row.body, type=kind.resource)
        fixed = {field: getattr(before, field) for field in ("project_id", "created_at", "updated_at", "revision")}
        after = msgspec.structs.replace(resource, **fixed, state=before.state, state_reason=before.state_reason)
        after = before if after == before else msgspec.structs.replace(after, updated_at=context.now)
        items.append(_Item(kind, before, row, after))
    for id in dict.fromkeys(change.delete):
        row = stored[id]
        kind = environment.kinds[row.kind]
        items.append(_Item(kind, msgspec.json.decode(row.body, type=kind.resource), row, None))
    return items


def _check_references(environment: Environment, view: ProjectView, items: Sequence[_Item], gone: set[str]) -> None:
    """What a document names exists, in the project or shared with it. What it named before is not asked again."""
    named: list[tuple[str, str]] = []
    for item in items:
        if item.after is None or item.after is item.before:
            continue
        old = {reference.id for reference in item.kind.references(item.before)} if item.before is not None else ()
        named += [(r.field, r.id) for r in item.kind.references(item.after) if r.id not in old or r.id in gone]
    known = (view.met.keys() | view.shared_ids | {item.after.id for item in items if item.after is not None}) - gone
    asked = sorted({id for _field, id in named} - known - gone)
    known |= view.visible(asked)
    view.missed.update(id for id in asked if id not in known)
    problems = [
        Problem(f"{environment.what(id)}.not-found", f"there is no {environment.what(id)} {id}", f"/{field}")
        for field, id in named
        if id not in known
    ]
    if problems:
        raise Refused(404, *problems)


def _check_quotas(view: ProjectView, context: Context, items: Sequence[_Item]) -> None:
    new = Counter(item.kind.name for item in items if item.before is None)
    gone = Counter(item.kind.name for item in items if item.after is None)
    for kind, count in new.items():
        quota = context.quotas[kind]
        used = view.used(kind, view.project_id)
        if count > gone[kind] and used + count - gone[kind] > quota:
            raise conflict(
                "quota.exceeded", f"the project has {used} of {quota} {kind.replace('_', ' ')} resources; {count} more"
            )


def _write(
    transaction: Transaction, dirty: Sequence[_Item], number: int
) -> tuple[dict[str, tuple[Resource, Stored]], list[tuple[Changed, frozenset[str]]]]:
    connection = transaction.connection
    bodies: dict[str, tuple[Resource, Stored]] = {}
    log: list[tuple[Changed, frozenset[str]]] = []
    # What goes makes room for what comes.
    documents.remove(connection, [(item.kind, item.before) for item in dirty if item.after is None])
    for item in sorted(dirty, key=lambda item: item.after is not None):
        kind, before, after = item.kind, item.before, item.after
        action: Literal["create", "update", "delete"]
        if after is None:
            assert item.stored is not None
            row, now = item.stored, before
            action = "delete"
        else:
            now = msgspec.structs.replace(after, revision=number)
            if before is None:
                body, action = documents.create(connection, kind, now, number), "create"
            else:
                body, action = documents.change(connection, kind, before, now, number), "update"
            created = number if item.stored is None else item.stored.created
            row = Stored(now.id, kind.name, now.project_id, created, number, body)
        bodies[now.id] = (now, row)
        seen = {project for resource in (before, after) if resource is not None for project in kind.seen_by(resource)}
        changed = Changed(action=action, kind=kind.name, id=now.id, project_id=now.project_id, raw=row.body)
        log.append((changed, frozenset(seen)))
    return bodies, log


def _written(
    number: int, items: Sequence[_Item], bodies: Mapping[str, tuple[Resource, Stored]], changed: tuple[str, ...]
) -> Written:
    kept = {item.before.id: (item.before, item.stored) for item in items if item.stored is not None}
    now = kept | dict(bodies)
    return Written(
        number,
        {id: resource for id, (resource, _row) in now.items()},
        {id: row for id, (_resource, row) in now.items() if row is not None},
        changed,
    )
