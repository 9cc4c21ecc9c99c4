"""The service: everything that the API, the realiser and operators ask of the cloud's state."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from crossconnect.cloud.resource import Body, Kind, Patch, Problem, Refused, Use
from crossconnect.cloud.service import questions, texts, watching
from crossconnect.cloud.service.administration import scope_of
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.service.commands import Command, Create, Delete, Update
from crossconnect.cloud.service.engine import Engine
from crossconnect.cloud.service.environment import Environment, Settings, now, random_id
from crossconnect.cloud.service.outcome import LIMIT_MAX, Document, Feed, Outcome, Page, Query, States
from crossconnect.cloud.service.presenting import differs, told
from crossconnect.cloud.service.signals import Signals
from crossconnect.cloud.service.states import as_available, shown
from crossconnect.cloud.service.tenancy import Tenancy
from crossconnect.cloud.service.watching import LOOK_S, Told
from crossconnect.cloud.store import audit, feed, reading
from crossconnect.cloud.store.reading import AUDIT_CLEARED, CLEARED, REALISED, SEQUENCE, counters_of
from crossconnect.cloud.store.records import AuditRecord
from crossconnect.cloud.store.view import ProjectView

T = TypeVar("T")

NUMBER_MAX = 2**63 - 1
"""Of the databases' integers."""


class Service(Tenancy):
    """One per process; used from one event loop. All methods raise `Refused` (cloud.resource) for what is not carried
    out: 400 for a malformed question, 404, 409, 412, 422, and 503 `store.unavailable` where the database does not
    answer, in which case nothing has been done."""

    @classmethod
    async def open(
        cls,
        url: str,
        kinds: Mapping[str, Kind],
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[str], str] | None = None,
    ) -> Service:
        """Open the store, bring its tables up to date and start the writer. `url` is a path of an SQLite file, or
        `postgresql://user@host/database`. `kinds` by name (`registry.KINDS`). `clock` and `new_id` are for tests."""
        environment = Environment(kinds, settings, clock or now, new_id or random_id)
        return cls(await Engine.start(url, environment), environment)

    async def close(self) -> None:
        """Finish what has been accepted, then let go of the database."""
        await self._engine.close()

    async def create(
        self, kind: Kind, caller: Caller, body: Body, *, token: str = "", dry_run: bool = False
    ) -> Outcome:
        """Create a resource. `token` (up to 64 printable ASCII characters) makes it happen once within 24 hours: the
        same token with the same body has the same answer, with another body 409 `idempotency.mismatch`."""
        command = Create(self._environment, kind, caller, body, token=token, dry_run=dry_run)
        return await self._command(command, body, token)

    async def update(
        self,
        kind: Kind,
        caller: Caller,
        id: str,
        patch: Patch,
        *,
        if_match: int | None = None,
        dry_run: bool = False,
    ) -> Outcome:
        """Change a resource. `if_match` is the revision that it must have, else 412 `precondition.failed`. A patch that
        says what is already so changes nothing, and keeps the revision."""
        command = Update(self._environment, kind, caller, patch, dry_run=dry_run)
        command.id, command.if_match = id, if_match
        return await self._command(command, patch)

    async def delete(
        self, kind: Kind, caller: Caller, id: str, *, if_match: int | None = None, dry_run: bool = False
    ) -> Outcome:
        """Delete a resource, with what it owns; 409 `<kind>.in-use` with `uses` while others use it. It is gone from
        lists at once. Kinds whose end takes time with AWS, too (NAT gateway, peering, transit router, endpoint), can
        still be got as `deleting` until that is realised; others are 404 at once."""
        command = Delete(self._environment, kind, caller, dry_run=dry_run)
        command.id, command.if_match = id, if_match
        return await self._command(command)

    async def get(self, kind: Kind, caller: Caller, id: str) -> Document:
        """One resource; 404 `<kind>.not-found`."""
        line = self._line(caller, "get", kind, id)
        return await self._question(line, lambda connection: questions.get(self._view(connection, caller), kind, id))

    async def list(self, kind: Kind, caller: Caller, query: Query) -> Page:
        """A page of resources in the order of their ids. 400 `filter.unknown`, `limit.range`, `marker.malformed`."""
        line = self._line(caller, "list", kind)
        try:
            search = questions.search_of(kind, caller.project_id, query)
        except Refused as refused:
            self._refused(line, refused)
            raise
        page, foreign = await self._engine.read(
            lambda connection: questions.listing(self._view(connection, caller), search)
        )
        self._engine.write_down(msgspec.structs.replace(line, foreign=foreign))
        return page

    async def uses(self, kind: Kind, caller: Caller, id: str) -> Sequence[Use]:
        """What stands in the way of a resource's deletion. What another project has is counted with an empty id."""

        def ask(connection: Connection) -> Sequence[Use]:
            view = self._view(connection, caller)
            questions.get(view, kind, id)
            return view.uses(id)

        return await self._question(self._line(caller, "uses", kind, id), ask)

    async def ask(self, caller: Caller, what: str, question: Callable[[ProjectView], T]) -> T:
        """Work something out from resources as of one moment. The audit record has `what` as its kind, and says where
        the question names what exists in another project."""

        def work(connection: Connection) -> T:
            view = self._view(connection, caller)
            try:
                return question(view)
            except Refused as refused:
                if view.foreign():
                    raise questions.Foreign(refused) from None
                raise

        return await self._question(msgspec.structs.replace(self._line(caller, "get"), kind=what), work)

    async def wait(
        self,
        kind: Kind,
        caller: Caller,
        id: str,
        revision: int,
        *,
        timeout_s: float = 30.0,
        written: Document | None = None,
    ) -> Document | None:
        """Wait until a resource's change `revision` is realised (`available`, or gone after a deletion) or has failed,
        and say how it is then; none where it is gone. After `timeout_s` seconds it is said as it is. `written`: what
        the change wrote; the answer may be this, though somebody has changed it again since."""
        signals = self._engine.signals
        await signals.until(lambda: signals.realised >= revision, timeout_s)
        simple = written is not None and written.state in ("pending", "updating") and not differs(kind)
        if written is not None and simple and self._engine.progress.is_realised(id, revision):
            return as_available(written)
        try:
            return await self._engine.read(lambda connection: questions.get(self._view(connection, caller), kind, id))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        except questions.Foreign:
            return None

    def is_realised(self, number: int) -> bool:
        """Whether all changes up to a number are realised, as far as is known here: who has waited knows it."""
        return self._engine.signals.realised >= number

    async def changes(self, caller: Caller, after: int, *, limit: int = 100, wait_s: float = 0.0) -> Feed:
        """Commits after a number, at most about `limit` changes, whole commits only: of the caller's project, or for an
        admin without a project, all. Where there are none, wait for up to `wait_s` seconds. 410 `changes.gone` where
        they have been cleared away: start from a list."""
        scope = scope_of(caller)
        if not 0 <= after <= NUMBER_MAX or not 1 <= limit <= LIMIT_MAX:
            raise Refused(400, Problem("changes.range", f"after is not negative, limit between 1 and {LIMIT_MAX}"))
        signals, end = self._engine.signals, time.monotonic() + wait_s
        if wait_s > 0 and after == signals.head:  # nothing is there yet, as far as is known
            await signals.until(lambda: signals.head > after, wait_s)
        if scope is None and (commits := self._engine.progress.after(after, limit)):
            return Feed(commits=commits, last=commits[-1].number)
        found = await self._engine.read(lambda connection: self._feed(connection, scope, after, limit))
        while not found.commits and (left_s := end - time.monotonic()) > 0:
            last = found.last
            await signals.until(lambda last=last: signals.head > last, left_s)
            found = await self._engine.read(lambda connection, last=last: self._feed(connection, scope, last, limit))
        return found

    async def follow(self, caller: Caller, after: int, *, heartbeat_s: float = 15.0) -> AsyncIterator[Feed]:
        """All commits after a number, as they come, for ever; an empty Feed after `heartbeat_s` seconds of silence."""
        while True:
            found = await self.changes(caller, after, limit=LIMIT_MAX, wait_s=heartbeat_s)
            after = found.last
            yield found

    async def watch(
        self, caller: Caller, after: int, *, heartbeat_s: float = 15.0
    ) -> AsyncIterator[tuple[Feed, States | None]]:
        """As `follow`, and what has become of the commits, once it is known: the first time where things stand, then
        what is news. Refused as by `changes`."""
        signals = self._engine.signals
        told = Told(project_id=scope_of(caller), after=after)
        look_s, said_s, seen, owed = 0.0, -heartbeat_s, signals.standing, False
        while True:
            now_s = time.monotonic()
            if whole := now_s >= look_s:
                look_s, seen = now_s + LOOK_S, signals.standing
            ask = partial(self._watched, told, after, self._environment.floor(), whole)
            found, states, told = await self._engine.read(ask)
            owed = not whole and (owed or bool(found.commits))  # they may be realised already
            news = bool(found.commits) or found.last > after or states is not None
            after = found.last
            if news or now_s - said_s >= heartbeat_s:
                said_s = now_s
                yield found, states
            if told.behind:
                look_s = 0.0
                continue
            if not owed:
                met = partial(_is_news, signals, after, seen)
                await signals.until(met, max(0.0, said_s + heartbeat_s - time.monotonic()))
            if owed or signals.standing != seen:  # a look is due, soon; commits do not wait for it
                met = partial(_is_news, signals, after, None)
                await signals.until(met, max(0.0, look_s - time.monotonic()))

    def _watched(
        self, told: Told, after: int, floor: int, whole: bool, connection: Connection
    ) -> tuple[Feed, States | None, Told]:
        """The commits behind a number, and, on the whole, what has become of them."""
        found = self._feed(connection, told.project_id, after, LIMIT_MAX)
        if not whole:
            return found, None, told
        states, told = watching.look(connection, told, max(counters_of(connection)[REALISED], floor), found.last)
        return found, states, told

    async def position(self) -> tuple[int, int]:
        """(number of the last commit, number up to which all is realised)."""
        return await self._engine.position()

    async def clear_up(self) -> None:
        """End what has ended by time (requests that nobody has answered), and forget what is too old: old idempotency
        tokens and changes. Done every minute by each process."""
        await self._engine.clear_up()

    # What the realiser needs.

    async def snapshot(self) -> tuple[int, Sequence[Document]]:
        """All documents of all projects as of one moment, and the number of the last commit in them."""

        def ask(connection: Connection) -> tuple[int, Sequence[Document]]:
            floor = self._environment.floor()
            at = counters_of(connection)
            realised = max(at[REALISED], floor)
            return at[SEQUENCE], [shown(found, realised) for found in reading.every(connection)]

        return await self._engine.read(ask)

    async def realised(self, number: int, failures: Mapping[str, str], cleared: Sequence[str] = ()) -> None:
        """Say that all commits up to `number` are in the northbound database, but for resources in `failures` (id to
        reason), which stay failed until they are named in `cleared`, changed or deleted. A number may go back: after
        the northbound database was lost."""
        await self._engine.realised(number, failures, cleared)

    # Audit record.

    async def record(self, record: AuditRecord) -> None:
        """Add a call that did not reach the service (refused by authentication, authorisation, rate limit). `create`
        to `uses` and those about projects and keys record themselves, with `caller.request`; commands in their own
        transaction. Returns at once; written within a second."""
        self._engine.write_down(record)

    async def audit(self, caller: Caller, *, after: int = 0, limit: int = 100) -> Sequence[AuditRecord]:
        """The record after a number, of the caller's project; for an admin without a project, of all."""
        scope = scope_of(caller)
        if not 0 <= after <= NUMBER_MAX or not 1 <= limit <= LIMIT_MAX:
            raise Refused(400, Problem("audit.range", f"after is not negative, limit between 1 and {LIMIT_MAX}"))
        return await self._engine.read(lambda connection: audit.after(connection, scope, after, limit))

    async def audit_cleared(self) -> int:
        """Number up to which lines of the audit record are kept no more."""
        return (await self._engine.read(counters_of))[AUDIT_CLEARED]

    async def _command(self, command: Command, said: Body | Patch | None = None, token: str = "") -> Outcome:
        try:
            if said is not None:
                texts.check(said)
            texts.check_token(token)
        except Refused as refused:
            line = self._line(command.caller, command.action, command.kind, command.id)
            self._refused(msgspec.structs.replace(line, dry_run=command.dry_run), refused)
            raise
        return await self._engine.write(command.work, command.note)

    def _view(self, connection: Connection, caller: Caller) -> ProjectView:
        return ProjectView(connection, self._environment.kind_of, caller.project_id, self._environment.floor())

    def _feed(self, connection: Connection, project_id: str | None, after: int, limit: int) -> Feed:
        at = counters_of(connection)
        if after < at[CLEARED]:
            message = f"changes up to {at[CLEARED]} have been cleared away; list, and go on from there"
            raise Refused(410, Problem("changes.gone", message))
        commits, more = feed.commits(connection, project_id, after, limit)
        last = commits[-1].number if more else max(after, at[SEQUENCE])
        if project_id is not None:
            kinds = self._environment.kinds
            commits = [
                msgspec.structs.replace(one, changes=tuple(told(kinds[c.kind], c, project_id) for c in one.changes))
                for one in commits
            ]
        return Feed(commits=tuple(commits), last=last)


def _is_news(signals: Signals, head: int, standing: tuple[int, int] | None) -> bool:
    """Whether there are commits behind a number, or others are realised than were, as far as is known here."""
    return signals.head > head or standing not in (None, signals.standing)
