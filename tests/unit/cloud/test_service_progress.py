"""What a process knows without asking its database. Input: commands, and what the realiser says. Output: what
the database answers, at once and after a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cloud_kinds import NETWORK, Network, NetworkBody, NetworkPatch
from cloud_service import RED, ROOT, served, serving
from crossconnect.cloud.service import Service, progress
from crossconnect.cloud.service.progress import Progress
from crossconnect.cloud.store.records import Changed, Commit


def _commit(number: int, changes: int) -> Commit:
    changed = Changed(action="create", kind="network", id=f"n-{number}", project_id="red", raw=b"{}")
    return Commit(number=number, at="", changes=(changed,) * changes)


_DONE = st.tuples(st.booleans(), st.lists(st.integers(1, 900), max_size=4))
"""Another process commits something first; then this one, so many changes in each."""


@given(st.lists(_DONE, max_size=12), st.integers(0, 60), st.integers(1, 2_000))
def test_what_is_told_from_memory_has_no_holes(batches: list[tuple[bool, list[int]]], after: int, limit: int) -> None:
    known, number, mine = Progress(), 0, set[int]()
    for other, sizes in batches:
        number += other
        commits = [_commit(number + n, size) for n, size in enumerate(sizes, 1)]
        known.committed(number, commits)
        number += len(sizes)
        mine |= {commit.number for commit in commits}
    told = [commit.number for commit in known.after(after, limit)]
    assert told == list(range(after + 1, after + 1 + len(told)))
    assert mine.issuperset(told)
    kept = {commit.number for commit in known.after(number - 1, 1)}
    last = batches and batches[-1][1]
    if last and last[-1] <= progress.CHANGES_MAX:
        assert kept == {number}


def test_a_question_after_a_wait_finds_it_available(url: str) -> None:
    async def story(service: Service) -> None:
        for number in range(1, 30):
            made = await service.create(NETWORK, RED, NetworkBody())
            id, revision = made.document.id, made.revision
            waiting = asyncio.create_task(
                service.wait(NETWORK, RED, id, revision, written=made.document),
            )
            await service.realised(number, {})
            waited = await asyncio.wait_for(waiting, 60)
            assert waited is not None
            found = await service.get(NETWORK, RED, id)
            assert found.state == waited.state == "available"
            assert waited.resource(Network) == found.resource(Network)
            assert (await service.snapshot())[1][-1].state == "available"

    served(url, story)


def test_a_wait_tells_of_a_failure(url: str) -> None:
    async def story(service: Service) -> None:
        one = await service.create(NETWORK, RED, NetworkBody())
        two = await service.create(NETWORK, RED, NetworkBody())
        await service.realised(2, {one.document.id: "no bridge"})
        states = []
        for made in (one, two):
            waited = await service.wait(NETWORK, RED, made.document.id, made.revision, written=made.document)
            assert waited is not None
            states.append((waited.state, waited.resource(Network).state_reason))
        assert states == [("failed", "no bridge"), ("available", "")]
        changed = await service.update(NETWORK, RED, one.document.id, NetworkPatch(size=3))
        await service.realised(3, {})
        waited = await service.wait(NETWORK, RED, one.document.id, changed.revision, written=changed.document)
        assert waited is not None
        assert waited.state == "available"

    served(url, story)


def test_a_lost_northbound_database_is_told_at_once(url: str) -> None:
    async def story(service: Service) -> None:
        id = (await service.create(NETWORK, RED, NetworkBody())).document.id
        await service.realised(1, {})
        assert (await service.get(NETWORK, RED, id)).state == "available"
        await service.realised(0, {})
        assert (await service.get(NETWORK, RED, id)).state == "pending"
        await service.realised(1, {})
        assert (await service.get(NETWORK, RED, id)).state == "available"

    served(url, story)


def test_the_next_process_knows_what_was_realised(tmp_path: Path) -> None:
    async def run() -> None:
        path = str(tmp_path / "cloud.db")
        async with serving(path) as service:
            id = (await service.create(NETWORK, RED, NetworkBody())).document.id
            await service.realised(0, {})
            await service.realised(1, {})
        async with serving(path) as service:
            assert (await service.get(NETWORK, RED, id)).state == "available"

    asyncio.run(run())


def test_the_feed_from_memory_is_the_feed_of_the_database(url: str) -> None:
    async def run() -> None:
        async with serving(url) as service:
            ids = [(await service.create(NETWORK, RED, NetworkBody())).document.id for _ in range(5)]
            await service.update(NETWORK, RED, ids[0], NetworkPatch(name="zero"))
            await service.delete(NETWORK, RED, ids[1])
            remembered = await service.changes(ROOT, 0)
        async with serving(url) as service:
            assert await service.changes(ROOT, 0) == remembered
        assert [commit.number for commit in remembered.commits] == list(range(1, 8))

    asyncio.run(run())
