"""The part of the service about projects and API keys; and how calls come into the audit record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from crossconnect.cloud.resource import ID, Kind, Refused, missing
from crossconnect.cloud.service import administration, keys, questions, texts
from crossconnect.cloud.service.administration import must_be_admin
from crossconnect.cloud.service.caller import Caller
from crossconnect.cloud.service.engine import Engine
from crossconnect.cloud.service.environment import Environment
from crossconnect.cloud.service.once import Once, digest
from crossconnect.cloud.service.outcome import Administered, Query, R, answered
from crossconnect.cloud.store import projects
from crossconnect.cloud.store.records import AuditRecord, Key, Project
from crossconnect.cloud.store.writer import Transaction, Undone

T = TypeVar("T")


class Tenancy:
    """What `Service` has of it. Methods raise `Refused` as that says."""

    def __init__(self, engine: Engine, environment: Environment) -> None:
        """See `Service.open`."""
        self._engine = engine
        self._environment = environment
        self._projects = administration.project_shelf(environment)

    # Projects: for operators, whom the API has asked for.

    async def create_project(
        self,
        caller: Caller,
        project_id: str,
        quotas: Mapping[str, int] | None = None,
        *,
        wish: Project | None = None,
        token: str = "",
        dry_run: bool = False,
    ) -> Administered[Project]:
        """Make a project; 409 `project.exists`, and `project.id-used` where there was one, 422 for a malformed id
        (`[a-z0-9][a-z0-9-]{0,62}`) or an unknown kind. `wish` has its name, description and tags. `token` and
        `dry_run` as of `Service.create`."""
        kinds, at = self._environment.kinds, self._now()
        wanted = msgspec.structs.replace(wish or Project(id=project_id), id=project_id, quotas=dict(quotas or {}))
        line = self._line(caller, "create-project", id=project_id, dry_run=dry_run)
        self._check(line, msgspec.structs.replace(wanted, id=""), token)  # the id has a rule of its own
        under = self._once(projects.REGION, "" if dry_run else token, "project", wanted)
        made = msgspec.structs.replace(wanted, created_at=at, updated_at=at)
        return await self._administer(line, lambda tx: administration.create_project(tx, kinds, made, under), caller)

    async def projects(self, caller: Caller) -> Sequence[str]:
        """Ids of all projects."""
        must_be_admin(caller)
        return await self._engine.read(projects.ids)

    async def project_page(self, caller: Caller, query: Query) -> tuple[Sequence[Project], str]:
        """(A page of projects in the order of their ids, the marker of the next one; empty where it is the last). 400
        as of `Service.list`; filters are `id`, `name` and tags."""
        must_be_admin(caller)
        search = questions.plain_search(query, administration.PROJECT)
        found = await self._engine.read(lambda connection: projects.page(connection, _one_more(search)))
        return _paged(found, search)

    async def project(self, caller: Caller) -> tuple[Project, Mapping[str, tuple[int, int]]]:
        """(The caller's project, (used, quota) by kind); 404."""

        def ask(connection: Connection) -> tuple[Project, Mapping[str, tuple[int, int]]]:
            found = projects.one(connection, caller.project_id)
            if found is None:
                raise missing("project", caller.project_id[:63])
            return found, self._used(connection, caller.project_id, found.quotas)

        return await self._engine.read(ask)

    async def update_project(
        self,
        caller: Caller,
        project_id: str,
        change: Callable[[Project], Project],
        *,
        if_match: Sequence[int] | None = None,
        action: str = "update-project",
        dry_run: bool = False,
    ) -> Administered[Project]:
        """A project as `change` has it, which may be asked more than once. `if_match`: revisions of which it must have
        one, else 412 `precondition.failed`."""
        at = self._now()
        return await self._administer(
            self._line(caller, action, id=project_id, dry_run=dry_run),
            lambda tx: administration.change(tx, self._projects, project_id, project_id, change, at, if_match),
            caller,
        )

    async def set_quotas(self, caller: Caller, project_id: str, quotas: Mapping[str, int]) -> None:
        """Set some quotas of a project by kind; the others stay."""

        def change(project: Project) -> Project:
            return msgspec.structs.replace(project, quotas=project.quotas | dict(quotas))

        await self.update_project(caller, project_id, change, action="set-quotas")

    async def delete_project(
        self, caller: Caller, project_id: str, *, if_match: Sequence[int] | None = None, dry_run: bool = False
    ) -> Administered[Project]:
        """End a project, and its keys with it; 409 `project.in-use` with `uses` while anything is in it."""
        at = self._now()
        return await self._administer(
            self._line(caller, "delete-project", id=project_id, dry_run=dry_run),
            lambda tx: administration.delete_project(tx, project_id, at, if_match),
            caller,
        )

    async def quotas(self, caller: Caller, own: Mapping[str, int] | None = None) -> Mapping[str, tuple[int, int]]:
        """(used, quota) of the caller's project by kind. `own`: as if these were its own quotas."""

        def ask(connection: Connection) -> Mapping[str, tuple[int, int]]:
            said = projects.quotas(connection, caller.project_id) or {} if own is None else own
            return self._used(connection, caller.project_id, said)

        return await self._engine.read(ask)

    def default_quotas(self) -> Mapping[str, int]:
        """The quota of a project that has none of its own, by kind."""
        return self._environment.quotas({})

    # Keys: for operators, and for a project's administrators their own.

    async def create_key(
        self, caller: Caller, key: Key, *, token: str = "", dry_run: bool = False
    ) -> tuple[Administered[Key], str]:
        """Make an API key; `id` and `created_at` are given by the service. The text that the client sends is shown
        here and never again: it is empty where the key had been made under the same token before, and of a dry run."""
        made, text, hidden = keys.made(key, self._environment.new_id("ak"), self._now())
        if dry_run:
            made, text = msgspec.structs.replace(made, hint=""), ""
        line = self._line(caller, "create-key", id=made.id, dry_run=dry_run)
        self._check(line, key, token)
        under = self._once(key.project_id, "" if dry_run else token, "api-key", key)
        done = await self._administer(
            line,
            lambda tx: administration.add_key(tx, made, hidden, under),
            caller,
            "" if key.admin else key.project_id,
        )
        return done, "" if done.replayed else text

    async def keys(self, caller: Caller, project_id: str) -> Sequence[Key]:
        """A project's keys."""
        self._may_administer(caller, project_id)
        return await self._engine.read(lambda connection: projects.keys(connection, project_id))

    async def key_page(self, caller: Caller, project_id: str, query: Query) -> tuple[Sequence[Key], str]:
        """As `project_page`, of a project's keys."""
        self._may_administer(caller, project_id)
        search = questions.plain_search(query, ID)
        found = await self._engine.read(lambda connection: projects.key_page(connection, project_id, _one_more(search)))
        return _paged(found, search)

    async def key(self, caller: Caller, project_id: str, key_id: str) -> Key:
        """One of a project's keys; 404 `api-key.not-found`."""
        self._may_administer(caller, project_id)
        return await self._engine.read(lambda connection: administration.the_key(connection, project_id, key_id))

    async def update_key(
        self,
        caller: Caller,
        project_id: str,
        key_id: str,
        change: Callable[[Key], Key],
        *,
        if_match: Sequence[int] | None = None,
        action: str = "update-key",
        dry_run: bool = False,
    ) -> Administered[Key]:
        """As `update_project`: a key's name and tags."""
        at = self._now()
        return await self._administer(
            self._line(caller, action, id=key_id, dry_run=dry_run),
            lambda tx: administration.change(tx, administration.KEYS, project_id, key_id, change, at, if_match),
            caller,
            project_id,
        )

    async def revoke_key(
        self,
        caller: Caller,
        project_id: str,
        key_id: str,
        *,
        if_match: Sequence[int] | None = None,
        dry_run: bool = False,
    ) -> Administered[Key]:
        """Make a key unusable at once, in every process."""
        at = self._now()

        def change(key: Key) -> Key:
            return administration.revoked(key, at)

        return await self.update_key(
            caller, project_id, key_id, change, if_match=if_match, action="revoke-key", dry_run=dry_run
        )

    async def authenticate(self, text: str) -> Caller | None:
        """Whose key that is; none for a malformed, unknown, expired or revoked one."""
        now = self._environment.clock()
        return await self._engine.glance(lambda connection: keys.caller(connection, text, now))

    # For the rest of the service, too.

    async def _question(self, line: AuditRecord, ask: Callable[[Connection], T]) -> T:
        try:
            answer = await self._engine.read(ask)
        except questions.Foreign as foreign:
            self._refused(msgspec.structs.replace(line, foreign=True), foreign.refused)
            raise foreign.refused from None
        except Refused as refused:
            self._refused(line, refused)
            raise
        self._engine.write_down(line)
        return answer

    async def _administer(
        self,
        line: AuditRecord,
        work: Callable[[Transaction], Administered[R]],
        caller: Caller,
        project_id: str | None = None,
    ) -> Administered[R]:
        """Do something as an operator, or as administrator of a project; nothing, where its line is of a dry run."""

        def attempt(tx: Transaction) -> Administered[R]:
            done = work(tx)
            if line.dry_run:
                raise Undone(done)
            return done

        def note(_tx: Transaction, result: Administered[R] | Refused) -> AuditRecord:
            if isinstance(result, Refused):
                return _with_result(line, result)
            return msgspec.structs.replace(line, resource_id=result.record.id)

        try:
            self._may_administer(caller, project_id)
        except Refused as refused:
            self._refused(line, refused)
            raise
        return await self._engine.write(attempt, note)

    @staticmethod
    def _may_administer(caller: Caller, project_id: str | None) -> None:
        """An operator may; a caller with a project may manage that project's keys, where the API lets it."""
        if not project_id or caller.project_id != project_id:
            must_be_admin(caller)

    def _check(self, line: AuditRecord, wish: msgspec.Struct, token: str) -> None:
        """Refused, and written down, where a wish has texts that are not to be stored, or its token is none."""
        try:
            texts.check(wish)
            texts.check_token(token)
        except Refused as refused:
            self._refused(line, refused)
            raise

    def _once(self, project_id: str, token: str, what: str, wish: msgspec.Struct) -> Once:
        now = int(self._environment.clock().timestamp())
        return Once(project_id=project_id, token=token, digest=digest(what, wish), now=now)

    def _used(self, connection: Connection, project_id: str, own: Mapping[str, int]) -> Mapping[str, tuple[int, int]]:
        quotas = self._environment.quotas(own)
        return administration.usage(connection, project_id, quotas, self._environment.kinds)

    def _now(self) -> str:
        return self._environment.text(self._environment.clock())

    def _line(
        self, caller: Caller, action: str, kind: Kind | None = None, id: str = "", *, dry_run: bool = False
    ) -> AuditRecord:
        """Of the audit record, for a call that succeeds."""
        return AuditRecord(
            at=self._now(),
            project_id=caller.project_id,
            principal=caller.principal,
            action=action,
            kind=kind.name if kind is not None else "",
            resource_id=id[:100],
            status=answered(action, dry_run=dry_run),
            dry_run=dry_run,
            request=caller.request,
        )

    def _refused(self, line: AuditRecord, refused: Refused) -> None:
        self._engine.write_down(_with_result(line, refused))


def _one_more(search: projects.Search) -> projects.Search:
    """With one more than fits on the page, which tells whether there are more."""
    return msgspec.structs.replace(search, limit=search.limit + 1)


def _paged(found: Sequence[R], search: projects.Search) -> tuple[Sequence[R], str]:
    """What was found with one more, as a page, and the marker of the next one."""
    return found[: search.limit], found[search.limit - 1].id if len(found) > search.limit else ""


def _with_result(line: AuditRecord, refused: Refused) -> AuditRecord:
    code = refused.problems[0].code if refused.problems else ""
    return msgspec.structs.replace(line, status=refused.status, code=code)
