"""Projects, API keys and the audit record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cloud_kinds import NETWORK, NetworkBody
from cloud_service import BLUE, RED, ROOT, code_of, served, written_down
from crossconnect.cloud.service import AuditRecord, Key, Query, Request, Service
from crossconnect.cloud.store.database import Database

KEY = Key(id="", project_id="red", name="ci", roles=("editor",), created_at="")


def test_a_key_is_known_again_until_it_is_revoked_or_over(url: str) -> None:
    moment = [datetime(2026, 1, 1, tzinfo=UTC)]

    async def story(service: Service) -> None:
        made, secret = await service.create_key(ROOT, KEY)
        key = made.record
        assert secret.startswith(f"xck_{key.id}_")
        assert secret.endswith(key.hint)
        caller = await service.authenticate(secret)
        assert caller is not None
        assert (caller.principal, caller.project_id, caller.roles, caller.admin) == (key.id, "red", ("editor",), False)
        for wrong in (secret[:-1], secret[:-1] + ("A" if secret[-1] != "A" else "B"), "", "xck_", "\x00" + secret, "é"):
            assert await service.authenticate(wrong) is None
        short = msgspec.structs.replace(KEY, expires_at="2026-01-01T01:00:00Z")
        _, brief = await service.create_key(ROOT, short)
        assert await service.authenticate(brief) is not None
        moment[0] += timedelta(hours=1)
        assert await service.authenticate(brief) is None
        await service.revoke_key(ROOT, "red", key.id)
        assert await service.authenticate(secret) is None
        assert [k.revoked_at for k in await service.keys(ROOT, "red") if k.id == key.id] == ["2026-01-01T01:00:00.000Z"]

    served(url, story, clock=lambda: moment[0])


def test_a_secret_is_not_in_the_database(tmp_path) -> None:
    async def story(service: Service) -> str:
        return (await service.create_key(ROOT, KEY))[1]

    secret = served(str(tmp_path / "cloud.db"), story)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("cloud.db*"))
    # The secret may have underscores of its own, and its last four characters are kept as a hint.
    whole = secret.split("_", 2)[2]
    assert len(whole) == 43
    assert whole.encode() not in stored
    assert secret[-20:].encode() not in stored


def test_keys_and_projects_are_for_operators_and_own_projects(url: str) -> None:
    async def story(service: Service) -> None:
        assert await code_of(service.create_project(RED, "green")) == (403, "caller.not-admin")
        assert await code_of(service.set_quotas(RED, "red", {"network": 9})) == (403, "caller.not-admin")
        assert await code_of(service.create_key(BLUE, KEY)) == (403, "caller.not-admin")
        made, _ = await service.create_key(RED, KEY)
        key = made.record
        admin = msgspec.structs.replace(KEY, admin=True)
        assert await code_of(service.create_key(RED, admin)) == (403, "caller.not-admin")
        assert await code_of(service.keys(BLUE, "red")) == (403, "caller.not-admin")
        assert await code_of(service.revoke_key(BLUE, "blue", key.id)) == (404, "api-key.not-found")
        assert await code_of(service.create_project(ROOT, "red")) == (409, "project.exists")
        for id in ("", "Red", "a_b", "-a", "a" * 64, "a\x00"):
            assert await code_of(service.create_project(ROOT, id)) == (422, "project.malformed")
        assert await code_of(service.set_quotas(ROOT, "red", {"hats": 1})) == (422, "quota.unknown")
        assert await code_of(service.set_quotas(ROOT, "red", {"network": -1})) == (422, "quota.range")
        assert await code_of(service.set_quotas(ROOT, "gone", {"network": 1})) == (404, "project.not-found")
        assert await service.projects(ROOT) == ["blue", "red"]

    served(url, story)


def test_every_call_is_recorded(url: str) -> None:
    async def story(service: Service) -> None:
        request = Request(id="r1", source="192.0.2.1", method="POST", path="/v1/networks", policies=("p",))
        caller = msgspec.structs.replace(RED, request=request)
        made = await service.create(NETWORK, caller, NetworkBody())
        await service.create(NETWORK, RED, NetworkBody(), dry_run=True)
        await code_of(service.create(NETWORK, RED, NetworkBody(name="\x00")))
        await service.get(NETWORK, RED, made.document.id)
        await code_of(service.get(NETWORK, RED, "net-0"))
        await service.list(NETWORK, RED, Query())
        await service.delete(NETWORK, RED, made.document.id)
        line = AuditRecord(at="2026-01-01T00:00:00Z", project_id="red", principal="eve", action="get", status=403)
        await service.record(msgspec.structs.replace(line, decision="deny"))
        await written_down(service)
        lines = await service.audit(RED)
        said = [(x.action, x.status, x.dry_run, x.revision) for x in lines if x.principal != "eve"]
        assert sorted(said) == sorted(
            [
                ("create", 201, False, 1),
                ("create", 200, True, 0),
                ("create", 422, False, 0),
                ("get", 200, False, 0),
                ("get", 404, False, 0),
                ("list", 200, False, 0),
                ("delete", 204, False, 2),
            ]
        )
        first = next(x for x in lines if x.revision == 1)
        assert (first.request, first.kind, first.resource_id) == (request, "network", made.document.id)
        assert [(x.status, x.decision) for x in lines if x.principal == "eve"] == [(403, "deny")]
        numbers = [x.number for x in lines]
        assert numbers == sorted(numbers)
        assert await service.audit(RED, after=numbers[2], limit=2) == lines[3:5]

    served(url, story)


@pytest.mark.parametrize("statement", ["UPDATE audit SET project_id = 'x'", "DELETE FROM audit"])
def test_the_audit_record_is_append_only(url: str, statement: str) -> None:
    async def story(service: Service) -> None:
        await service.create(NETWORK, RED, NetworkBody())

    served(url, story)
    database = Database(url)
    with database.writing.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))
    database.close()
