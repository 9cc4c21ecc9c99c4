"""Projects, keys and lists by state on either database; and what was stored before they had revisions."""

from __future__ import annotations

import json

import msgspec
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from cloud_kinds import NETWORK, NetworkBody, NetworkPatch
from cloud_service import RED, ROOT, code_of, refused, served
from crossconnect.cloud.service import Key, ProjectRecord, Query, Service
from crossconnect.cloud.store.database import Database

KEY = Key(id="", project_id="red", name="ci", roles=("editor",), created_at="", tags={"a": "b"})


def test_a_project_from_its_birth_to_its_end(url: str) -> None:
    async def story(service: Service) -> None:
        wish = ProjectRecord(id="green", name="shop", tags={"env": "prod"})
        made, again = [await service.create_project(ROOT, "green", wish=wish, token="once") for _ in range(2)]
        assert (made.replayed, again.replayed, again.record) == (False, True, made.record)
        assert await code_of(service.create_project(ROOT, "pink", token="once")) == (409, "idempotency.mismatch")
        page, marker = await service.project_page(ROOT, Query(limit=2))
        assert ([one.id for one in page], marker) == (["blue", "green"], "green")
        page, marker = await service.project_page(ROOT, Query(limit=2, marker=marker))
        assert ([one.id for one in page], marker) == (["red"], "")
        for query in (
            Query(tags={"env": ["prod"]}),
            Query(filters={"name": ["shop"]}),
            Query(filters={"id": ["green"]}),
        ):
            assert [one.id for one in (await service.project_page(ROOT, query))[0]] == ["green"]
        assert await code_of(service.project_page(ROOT, Query(filters={"x": ["y"]}))) == (400, "filter.unknown")
        changed = await service.update_project(
            ROOT, "green", lambda one: msgspec.structs.replace(one, tags={}), if_match=[made.record.revision]
        )
        assert changed.record.revision > made.record.revision
        assert (await service.project_page(ROOT, Query(tags={"env": []})))[0] == []
        green = msgspec.structs.replace(RED, project_id="green")
        network = (await service.create(NETWORK, green, NetworkBody(), token="t")).document
        _, secret = await service.create_key(green, msgspec.structs.replace(KEY, project_id="green"))
        error = await refused(service.delete_project(ROOT, "green"))
        assert ([use.id for use in error.uses], "1 network" in str(error)) == ([network.id], True)
        await service.delete(NETWORK, green, network.id)
        stale = service.delete_project(ROOT, "green", if_match=[made.record.revision])
        assert await code_of(stale) == (412, "precondition.failed")
        await service.delete_project(ROOT, "green", if_match=[changed.record.revision])
        assert await service.authenticate(secret) is None
        assert await service.keys(ROOT, "green") == []
        assert await service.projects(ROOT) == ["blue", "red"]
        assert await code_of(service.create(NETWORK, green, NetworkBody(), token="t")) == (404, "project.not-found")
        assert await code_of(service.create_project(ROOT, "green")) == (409, "project.id-used")

    served(url, story)


def test_keys_on_pages_and_under_conditions(url: str) -> None:
    async def story(service: Service) -> None:
        (once, secret), (again, nothing) = [await service.create_key(RED, KEY, token="once") for _ in range(2)]
        first = once.record
        assert (again.record, bool(secret), nothing) == (first, True, "")
        more = [await service.create_key(RED, msgspec.structs.replace(KEY, name="x")) for _ in range(2)]
        others = [done.record for done, _ in more]
        ids = sorted(one.id for one in (first, *others))
        page, marker = await service.key_page(RED, "red", Query(limit=2))
        rest, end = await service.key_page(RED, "red", Query(limit=2, marker=marker))
        assert ([one.id for one in (*page, *rest)], end) == (ids, "")
        assert [one.id for one in (await service.key_page(RED, "red", Query(filters={"name": ["ci"]})))[0]] == [
            first.id
        ]
        named = await service.update_key(
            RED, "red", first.id, lambda one: msgspec.structs.replace(one, name="n"), if_match=[first.revision]
        )
        assert await service.key(RED, "red", first.id) == named.record
        assert (await service.key_page(RED, "red", Query(filters={"name": ["ci"]})))[0] == []
        stale = service.revoke_key(RED, "red", first.id, if_match=[first.revision])
        assert await code_of(stale) == (412, "precondition.failed")
        assert await service.authenticate(secret) is not None
        await service.revoke_key(RED, "red", first.id)
        gone = await service.key(RED, "red", first.id)
        assert not (await service.revoke_key(RED, "red", first.id)).changed
        assert await service.key(RED, "red", first.id) == gone, "a revoked one stays as it is"
        assert await code_of(service.key(ROOT, "blue", first.id)) == (404, "api-key.not-found")

    served(url, story)


def test_dry_runs_of_projects_and_keys_leave_everything_as_it_is(url: str) -> None:
    """Input: each command as a dry run. Output: what it would change, and what that means; refused as it would be; and
    nothing is changed, but that the audit record has it."""

    async def story(service: Service) -> None:
        await service.create(NETWORK, RED, NetworkBody())
        (key, secret), _ = [await service.create_key(RED, KEY) for _ in range(2)]
        before = await service.project(RED), await service.keys(RED, "red"), await service.projects(ROOT)
        (made, text) = await service.create_key(RED, KEY, token="later", dry_run=True)
        assert (made.changed, made.record.hint, text) == ((made.record.id,), "", "")
        green = await service.create_project(ROOT, "green", {"network": 3}, token="later", dry_run=True)
        assert (green.changed, green.record.quotas) == (("green",), {"network": 3})
        assert await code_of(service.create_project(ROOT, "red", dry_run=True)) == (409, "project.exists")

        def none_more(project: ProjectRecord) -> ProjectRecord:
            return msgspec.structs.replace(project, quotas={"network": 0})

        lower = await service.update_project(ROOT, "red", none_more, dry_run=True)
        assert lower.changed == ("red",)
        assert [(e.message, e.cuts) for e in lower.effects] == [
            ("1 network are there, 0 may be: no more can be made", False)
        ]
        same = await service.update_project(ROOT, "red", lambda one: one, dry_run=True)
        assert (same.changed, same.effects) == ((), ())
        id = key.record.id
        shut = await service.revoke_key(RED, "red", id, dry_run=True)
        assert (shut.changed, [e.resource_id for e in shut.effects]) == ((id,), [id])
        stale = service.revoke_key(RED, "red", id, if_match=[0], dry_run=True)
        assert await code_of(stale) == (412, "precondition.failed")
        assert await code_of(service.delete_project(ROOT, "red", dry_run=True)) == (409, "project.in-use")
        blue, _ = await service.create_key(ROOT, msgspec.structs.replace(KEY, project_id="blue"))
        end = await service.delete_project(ROOT, "blue", dry_run=True)
        assert (end.changed, len(end.effects)) == (("blue", blue.record.id), 1)

        assert await service.authenticate(secret) is not None
        assert (await service.project(RED), await service.keys(RED, "red"), await service.projects(ROOT)) == before
        real, shown = await service.create_key(RED, KEY, token="later")
        assert (real.replayed, bool(shown)) == (False, True), "the token is not used up"
        assert not (await service.create_project(ROOT, "green", token="later")).replayed
        lines = await service.audit(ROOT)
        dry = [(line.action, line.status) for line in lines if line.dry_run]
        assert dry == [
            ("create-key", 200), ("create-project", 200), ("create-project", 409), ("update-project", 200),
            ("update-project", 200), ("revoke-key", 200), ("revoke-key", 412), ("delete-project", 409),
            ("delete-project", 200),
        ]  # fmt: skip

    served(url, story)


def test_lists_by_state(url: str) -> None:
    async def story(service: Service) -> None:
        made = [(await service.create(NETWORK, RED, NetworkBody(name=str(n)))).document for n in range(3)]
        await service.realised(made[2].revision, {made[1].id: "no room"})
        await service.update(NETWORK, RED, made[2].id, NetworkPatch(name="changed"))
        pending = (await service.create(NETWORK, RED, NetworkBody())).document

        async def ids(*states: str) -> list[str]:
            page = await service.list(NETWORK, RED, Query(states=states))
            assert {one.state for one in page.documents} <= set(states)
            return [one.id for one in page.documents]

        assert await ids("available") == [made[0].id]
        assert await ids("failed") == [made[1].id]
        assert await ids("updating") == [made[2].id]
        assert await ids("pending") == [pending.id]
        assert await ids("deleting") == []
        assert await ids("available", "failed") == sorted([made[0].id, made[1].id])
        assert await code_of(service.list(NETWORK, RED, Query(states=("lost",)))) == (400, "filter.state")

    served(url, story)


def test_what_was_stored_before_is_found(url: str) -> None:
    """Input: tables as they were, with a project and a key. Output: both as ever, the key found by its name."""
    database, config = Database(url), Config()
    config.set_main_option("script_location", "crossconnect.cloud.store:migrations")
    key = {"id": "ak-00000000000000001", "project_id": "old", "name": "ci", "created_at": "2026-01-01T00:00:00Z"}
    with database.writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        project = {"id": "old", "at": "2026-01-01T00:00:00Z", "quotas": b'{"network":3}'}
        connection.execute(text("INSERT INTO projects VALUES (:id, :at, :quotas)"), project)
        row = {"id": key["id"], "digest": b"x", "record": json.dumps(key).encode()}
        connection.execute(text("INSERT INTO api_keys VALUES (:id, 'old', :digest, 0, :record)"), row)
    database.close()

    async def story(service: Service) -> None:
        found, used = await service.project(msgspec.structs.replace(ROOT, project_id="old"))
        assert (found.id, found.quotas, found.updated_at, used["network"]) == (
            "old",
            {"network": 3},
            "2026-01-01T00:00:00Z",
            (0, 3),
        )
        named = Query(filters={"name": ["ci"]})
        assert [one.id for one in (await service.key_page(ROOT, "old", named))[0]] == [key["id"]]
        changed = await service.update_project(ROOT, "old", lambda one: msgspec.structs.replace(one, name="n"))
        assert changed.record.revision > 0
        await service.delete_project(ROOT, "old")

    served(url, story)
