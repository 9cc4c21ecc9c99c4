"""A service for a test, and what must hold of its database whatever happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TypeVar

import msgspec
import pytest
from sqlalchemy import select

from cloud_kinds import KINDS, Port
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Caller, Service, Settings
from crossconnect.cloud.store import tables
from crossconnect.cloud.store.database import Database
from crossconnect.cloud.store.documents import links
from crossconnect.cloud.store.labels import labels

T = TypeVar("T")

ROOT = Caller(principal="root", project_id="", admin=True)
RED = Caller(principal="ruth", project_id="red")
BLUE = Caller(principal="bob", project_id="blue")


@asynccontextmanager
async def serving(url: str, **options: object) -> AsyncIterator[Service]:
    """A service with the projects red and blue."""
    service = await Service.open(url, KINDS, Settings(zones=("a", "b")), **options)  # type: ignore[arg-type]
    try:
        for project in {"red", "blue"}.difference(await service.projects(ROOT)):
            await service.create_project(ROOT, project)
        yield service
    finally:
        await service.close()


def served(url: str, story: Callable[[Service], Awaitable[T]], **options: object) -> T:
    """Run a test's story, and check the database after it."""

    async def run() -> T:
        async with serving(url, **options) as service:
            return await story(service)

    result = asyncio.run(run())
    check_consistent(url)
    return result


async def refused(call: Awaitable[object]) -> Refused:
    """The refusal of a call."""
    with pytest.raises(Refused) as caught:
        await call
    return caught.value


async def code_of(call: Awaitable[object]) -> tuple[int, str]:
    """(Status, first code) of a refusal."""
    caught = await refused(call)
    return caught.status, caught.problems[0].code


async def written_down(service: Service) -> None:
    """Wait until the audit record has the lines of all calls so far: the next command writes them, or time does."""
    await service._engine.write(lambda _tx: None, lambda _tx, _result: None)


def check_consistent(url: str) -> None:
    """The feed has no holes and tells what the documents are; all that is derived from the documents is as they say."""
    database = Database(url)
    with database.reading() as connection:

        def rows(table):
            return connection.execute(select(table)).mappings().all()

        counters = {row["name"]: row["value"] for row in rows(tables.counters)}
        changes = sorted(rows(tables.changes), key=lambda row: (row["number"], row["position"]))
        documents = {row["id"]: row for row in rows(tables.documents)}
        references, attributes, audience, claims, runs, usage, tokens, projects, keys = map(
            rows,
            (
                tables.document_references,
                tables.attributes,
                tables.audience,
                tables.claims,
                tables.claim_runs,
                tables.usage,
                tables.idempotency,
                tables.projects,
                tables.api_keys,
            ),
        )
    database.close()
    places = [(row["number"], row["position"]) for row in changes]
    expected = [(n, p) for n, count in sorted(Counter(n for n, _p in places).items()) for p in range(count)]
    assert places == expected
    assert sorted({n for n, _p in places}) == list(range(counters["cleared"] + 1, counters["sequence"] + 1))
    told: dict[str, bytes] = {}
    for row in changes:
        assert (row["document_id"] in told) is (row["action"] != "create")
        told[row["document_id"]] = row["body"]
        if row["action"] == "delete":
            del told[row["document_id"]]
    assert told == {id: row["body"] for id, row in documents.items()}
    said = {
        id: (KINDS[row["kind"]], msgspec.json.decode(row["body"], type=KINDS[row["kind"]].resource))
        for id, row in documents.items()
    }
    linked = {id: links(kind, resource) for id, (kind, resource) in said.items()}
    assert {(r["source_id"], r["field"], r["target_id"]): r["owned"] for r in references} == {
        (id, field, target): owned for id, link in linked.items() for (field, target), owned in link.references.items()
    }
    assert {(r["project_id"], r["document_id"], r["name"], r["value"]) for r in attributes} == {
        (documents[id]["project_id"], id, n, v) for id, link in linked.items() for n, v in link.attributes
    } | {(row["project_id"], row["id"], n, v) for row in keys for n, v in _labels(row["record"])} | {
        ("", row["id"], n, v) for row in projects if not row["deleted_at"] for n, v in _labels(row["record"])
    }
    assert {(r["document_id"], r["project_id"]) for r in audience} == {
        (id, project) for id, link in linked.items() for project in link.audience
    }
    assert all(r["target_id"] in documents for r in references)
    assert {(r["project_id"], r["kind"]): r["count"] for r in usage if r["count"]} == Counter(
        (row["project_id"], row["kind"]) for row in documents.values()
    )
    ports = {(one.network_id, one.address, one.id) for _kind, one in said.values() if isinstance(one, Port)}
    held = {(r["scope"], int.from_bytes(r["value"], "big"), r["owner"]) for r in claims}
    assert held == ports
    assert {(r["scope"], int.from_bytes(r["first"], "big"), int.from_bytes(r["last"], "big")) for r in runs} == set(
        _runs({(scope, value) for scope, value, _owner in held})
    )
    numbers = {row["number"] for row in changes}
    answers = [msgspec.json.decode(row["answer"]) for row in tokens]
    assert all(answer["number"] in numbers for answer in answers if "stored" in answer)
    known = {row["id"] for row in (*projects, *keys)}
    assert all(answer["id"] in known for answer in answers if "stored" not in answer)


def _labels(record: bytes | None) -> set[tuple[str, str]]:
    said = msgspec.json.decode(record or b"{}")
    return labels(said.get("name", ""), said.get("tags", {}))


def _runs(values: set[tuple[str, int]]) -> list[tuple[str, int, int]]:
    firsts = sorted((s, v) for s, v in values if (s, v - 1) not in values)
    lasts = sorted((s, v) for s, v in values if (s, v + 1) not in values)
    found = [(s, first, last) for (s, first), (_s, last) in zip(firsts, lasts, strict=True)]
    assert all(a[0] != b[0] or a[2] + 1 < b[1] for a, b in pairwise(sorted(found)))
    return found
