"""Commands: what happens to one in the writer's transaction, and what the audit record says of it."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import msgspec

from crossconnect.cloud.resource import (
    ID,
    Body,
    Effect,
    Kind,
    Patch,
    Problem,
    Refused,
    Resource,
    conflict,
    missing,
)
from crossconnect.cloud.service.applying import Written, apply
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.service.environment import Environment, stem
from crossconnect.cloud.service.once import mismatch
from crossconnect.cloud.service.outcome import Document, Outcome, answered
from crossconnect.cloud.service.presenting import presented
from crossconnect.cloud.service.states import document, shown, state_of
from crossconnect.cloud.store import projects, reading, tokens
from crossconnect.cloud.store.records import AuditRecord, Stored
from crossconnect.cloud.store.view import ProjectView
from crossconnect.cloud.store.writer import Transaction, Undone
from crossconnect.cloud.view import Context


class _Answer(msgspec.Struct, frozen=True):
    """What is kept of a command under its idempotency token."""

    stored: Stored
    changed: tuple[str, ...]
    effects: tuple[Effect, ...]
    number: int


class Command(ABC):
    """One command of a caller. `work` and `note` may be called again, on another transaction."""

    action = ""

    def __init__(self, environment: Environment, kind: Kind, caller: Caller, *, dry_run: bool) -> None:
        """Nothing is looked at yet."""
        self.environment = environment
        self.kind = kind
        self.caller = caller
        self.dry_run = dry_run
        self.id = ""
        """In the path."""
        self._view: ProjectView | None = None

    def work(self, transaction: Transaction) -> Outcome:
        """Decide, check, write. Raises `Refused`, or `Undone` with the outcome of a dry run."""
        project = self.caller.project_id
        own = projects.quotas(transaction.connection, project)
        floor = self.environment.floor()
        view = self._view = ProjectView(transaction.connection, self.environment.kind_of, project, floor)
        if own is None:
            raise missing("project", project)
        outcome = self.run(transaction, view, self.environment.context(project, own, view.minted))
        if self.dry_run:
            raise Undone(msgspec.structs.replace(outcome, dry_run=True))
        return outcome

    @abstractmethod
    def run(self, transaction: Transaction, view: ProjectView, context: Context) -> Outcome:
        """What is this command's own."""

    def note(self, transaction: Transaction, result: Outcome | Refused) -> AuditRecord:
        """The line of the audit record."""
        refused = isinstance(result, Refused)
        return AuditRecord(
            at=self.environment.text(self.environment.clock()),
            project_id=self.caller.project_id,
            principal=self.caller.principal,
            action=self.action,
            kind=self.kind.name,
            resource_id=self.id or ("" if refused else result.document.id),
            status=result.status if refused else answered(self.action, self.dry_run),
            code=result.problems[0].code if refused and result.problems else "",
            foreign=bool(refused and self._view is not None and self._view.missed and self._view.foreign()),
            dry_run=self.dry_run,
            revision=0 if refused or self.dry_run or not result.changed else result.revision,
            request=self.caller.request,
        )

    def found(self, view: ProjectView, if_match: int | None) -> Any:
        """The resource of the path. Refused where it is not, or is another revision than the caller knows."""
        resource = view.get(self.kind.resource, self.id) if ID.fullmatch(self.id) else None
        if resource is None:
            raise missing(stem(self.kind), self.id)
        if if_match is not None and resource.revision != if_match:
            raise Refused(
                412,
                Problem("precondition.failed", f"{self.id} is at revision {resource.revision}, not {if_match}"),
            )
        return resource

    def outcome(self, transaction: Transaction, written: Written, id: str, effects: tuple[Effect, ...]) -> Outcome:
        """What the caller is told of what has been written."""
        assert self._view is not None
        stored, resource = presented(self.kind, self._view, written.stored[id]), written.resources[id]
        if not written.number:
            current = self._current(transaction, id)
            assert current is not None
            return _told(current, resource, stored.revision, (), effects)
        # What is new is not realised; of what is changed the store knows whether it has ever been.
        realised = -1 if stored.created == written.number else self._view.realised()
        state = state_of(stored.created, written.number, realised, None)
        return _told(document(stored, state), resource, written.number, written.changed, effects)

    def _current(self, transaction: Transaction, id: str) -> Document | None:
        found = reading.one(transaction.connection, self.kind, self.caller.project_id, id)
        if found is None or self._view is None:
            return None
        found = msgspec.structs.replace(found, stored=presented(self.kind, self._view, found.stored))
        return shown(found, self._view.realised())


class Create(Command):
    """Create a resource."""

    action = "create"

    def __init__(
        self, environment: Environment, kind: Kind, caller: Caller, body: Body, *, token: str, dry_run: bool
    ) -> None:
        """`token` may be empty."""
        super().__init__(environment, kind, caller, dry_run=dry_run)
        self._body = body
        self._token = "" if dry_run else token

    def run(self, transaction: Transaction, view: ProjectView, context: Context) -> Outcome:
        """The answer that was given under the token, or a new resource."""
        now = int(self.environment.clock().timestamp())
        digest = self._digest() if self._token else b""
        if self._token:
            known = tokens.find(transaction.connection, context.project_id, self._token, now)
            if known is not None:
                return self._again(transaction, known, digest)
        change = self.kind.create(self._body, view, context)
        first = _named(change.put[0], self._body)
        change = msgspec.structs.replace(change, put=(first, *change.put[1:]))
        written = apply(transaction, self.environment, view, context, change)
        outcome = self.outcome(transaction, written, first.id, change.effects)
        if self._token:
            answer = _Answer(
                written.stored[first.id],
                outcome.changed,
                outcome.effects,
                outcome.revision,
            )
            tokens.keep(
                transaction.connection,
                context.project_id,
                self._token,
                digest,
                now=now,
                answer=msgspec.json.encode(answer),
            )
        return outcome

    def _again(self, transaction: Transaction, known: tuple[bytes, bytes], digest: bytes) -> Outcome:
        """The answer of the first time, with the state that the resource has by now."""
        if known[0] != digest:
            raise mismatch()
        answer = msgspec.json.decode(known[1], type=_Answer)
        current = self._current(transaction, answer.stored.id)
        state = "deleting" if current is None else current.state
        resource = msgspec.json.decode(answer.stored.body, type=self.kind.resource)
        told = _told(document(answer.stored, state), resource, answer.number, answer.changed, answer.effects)
        return msgspec.structs.replace(told, replayed=True)

    def _digest(self) -> bytes:
        """Of what the caller wants."""
        body = msgspec.json.encode(self._body, order="deterministic")
        return hashlib.sha256(b"%s %s" % (self.kind.name.encode(), body)).digest()


class Update(Command):
    """Change a resource."""

    action = "update"

    def __init__(self, environment: Environment, kind: Kind, caller: Caller, patch: Patch, *, dry_run: bool) -> None:
        """`id` and `if_match` are set by who makes it."""
        super().__init__(environment, kind, caller, dry_run=dry_run)
        self._patch = patch
        self.if_match: int | None = None

    def run(self, transaction: Transaction, view: ProjectView, context: Context) -> Outcome:
        """The decision's outcome, with the names that the patch gives."""
        resource = self.found(view, self.if_match)
        change = self.kind.update(resource, self._patch, view, context)
        put = {one.id: one for one in change.put}
        main = _named(put.get(self.id, resource), self._patch)
        change = msgspec.structs.replace(change, put=tuple((put | {self.id: main}).values()))
        written = apply(transaction, self.environment, view, context, change)
        return self.outcome(transaction, written, self.id, change.effects)


class Delete(Command):
    """Delete a resource."""

    action = "delete"
    if_match: int | None = None

    def run(self, transaction: Transaction, view: ProjectView, context: Context) -> Outcome:
        """Refused while others use it."""
        resource = self.found(view, self.if_match)
        if uses := view.uses(self.id):
            raise conflict(
                f"{stem(self.kind)}.in-use", _sentence(self.id, [use.kind for use in uses]), uses=tuple(uses)
            )
        change = self.kind.delete(resource, view, context)
        written = apply(transaction, self.environment, view, context, change)
        number = written.number or resource.revision
        shown_ = document(written.stored[self.id], "deleting")
        return _told(shown_, resource, number, written.changed, change.effects)


def _named(resource: Any, words: Body | Patch) -> Any:
    """A resource with the name, description and tags that a request gives."""
    said: Mapping[str, Any] = {
        field: value
        for field in ("name", "description", "tags")
        if (value := getattr(words, field)) is not msgspec.UNSET
    }
    return msgspec.structs.replace(resource, **said)


def _told(
    shown_: Document, resource: Resource, number: int, changed: tuple[str, ...], effects: tuple[Effect, ...]
) -> Outcome:
    return Outcome(
        resource=msgspec.structs.replace(resource, state=shown_.state),
        document=shown_,
        revision=number,
        changed=changed,
        effects=effects,
    )


def _sentence(id: str, kinds: list[str]) -> str:
    """`subnet-... is still used by 3 network interfaces, 1 nat gateway`."""
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    users = ", ".join(f"{n} {kind.replace('_', ' ')}{'' if n == 1 else 's'}" for kind, n in counts.items())
    return f"{id} is still used by {users}"
