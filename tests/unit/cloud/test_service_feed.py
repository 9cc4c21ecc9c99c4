"""The changes feed, and waiting for what is realised. Input: commands and what the realiser says. Output: commits."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise

import pytest

from cloud_kinds import NETWORK, PORT, Network, NetworkBody, NetworkPatch, PortBody
from cloud_service import BLUE, RED, ROOT, code_of, served, serving
from crossconnect.cloud.service import Service
from crossconnect.cloud.service.signals import Signals
from crossconnect.cloud.store import feed, writer


def test_a_command_is_one_commit_with_all_that_it_wrote(url: str) -> None:
    async def story(service: Service) -> None:
        outer = (await service.create(NETWORK, RED, NetworkBody())).document.id
        inner = (await service.create(NETWORK, RED, NetworkBody())).document.id
        ports = [
            (await service.create(PORT, RED, PortBody(network_id=outer, owner_id=inner))).document.id for _ in range(5)
        ]
        await service.update(NETWORK, RED, outer, NetworkPatch(name="o"))
        await service.delete(NETWORK, RED, inner)
        whole = await service.changes(ROOT, 0)
        assert [commit.number for commit in whole.commits] == list(range(1, 10))
        assert whole.last == 9
        last = whole.commits[-1]
        assert {(change.action, change.id) for change in last.changes} == {("delete", id) for id in (inner, *ports)}
        assert b'"network_id":"%s"' % outer.encode() in last.changes[-1].raw  # what it was
        assert [change.action for commit in whole.commits[:8] for change in commit.changes] == ["create"] * 7 + [
            "update"
        ]
        for limit in (1, 2, 3, 6, 7):
            after, numbers = 0, []
            while after < 9:
                part = await service.changes(ROOT, after, limit=limit)
                assert all(len(commit.changes) in (1, 6) for commit in part.commits)
                numbers += [commit.number for commit in part.commits]
                after = part.last
            assert numbers == list(range(1, 10))

    served(url, story)


def test_who_waits_hears_of_a_commit(url: str) -> None:
    async def story(service: Service) -> None:
        waiting = asyncio.create_task(service.changes(RED, 0, wait_s=30))
        await asyncio.sleep(0.05)
        await service.create(NETWORK, BLUE, NetworkBody())
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await service.create(NETWORK, RED, NetworkBody())
        found = await asyncio.wait_for(waiting, 60)
        assert [commit.number for commit in found.commits] == [2]
        empty = await service.changes(RED, found.last, wait_s=0.01)
        assert (empty.commits, empty.last) == ((), 2)

    served(url, story)


def test_a_follower_misses_nothing(url: str) -> None:
    async def story(service: Service) -> None:
        seen: list[int] = []

        async def follow() -> None:
            async for found in service.follow(ROOT, 0, heartbeat_s=0.05):
                seen.extend(commit.number for commit in found.commits)
                if len(seen) == 60:
                    return

        following = asyncio.create_task(follow())
        for _ in range(3):
            await asyncio.gather(*(service.create(NETWORK, c, NetworkBody()) for c in (RED, BLUE) for _ in range(10)))
        await asyncio.wait_for(following, 120)
        assert seen == list(range(1, 61))

    served(url, story)


def test_another_process_hears_too(url: str) -> None:
    async def run() -> None:
        async with serving(url) as one, serving(url) as two:
            waiting = asyncio.create_task(two.changes(RED, 0, wait_s=30))
            await asyncio.sleep(0.1)
            made = await one.create(NETWORK, RED, NetworkBody())
            assert (await asyncio.wait_for(waiting, 60)).last == 1
            available = asyncio.create_task(two.wait(NETWORK, RED, made.document.id, made.revision))
            await asyncio.sleep(0.1)
            await one.realised(1, {})
            document = await asyncio.wait_for(available, 60)
            assert document is not None
            assert document.state == "available"

    asyncio.run(run())


def test_states_follow_from_what_is_realised(url: str) -> None:
    async def story(service: Service) -> None:
        id = (await service.create(NETWORK, RED, NetworkBody())).document.id

        async def state() -> tuple[str, str]:
            network = (await service.get(NETWORK, RED, id)).resource(Network)
            return network.state, network.state_reason

        assert await state() == ("pending", "")
        await service.realised(1, {})
        assert await state() == ("available", "")
        assert (await service.update(NETWORK, RED, id, NetworkPatch(size=1))).document.state == "updating"
        assert await state() == ("updating", "")
        await service.realised(2, {id: 'no "bridge"'})
        assert await state() == ("failed", 'no "bridge"')
        await service.realised(2, {}, [id])
        assert await state() == ("available", "")
        await service.realised(2, {id: "again"})
        await service.update(NETWORK, RED, id, NetworkPatch(size=2))
        await service.realised(3, {})
        assert await state() == ("available", "")
        await service.realised(0, {})  # the northbound database was lost
        assert await state() == ("pending", "")

    served(url, story)


def test_waiting_ends_when_a_change_is_realised_has_failed_or_is_gone(url: str) -> None:
    async def story(service: Service) -> None:
        made = await service.create(NETWORK, RED, NetworkBody())
        id = made.document.id
        early = await service.wait(NETWORK, RED, id, made.revision, timeout_s=0.01)
        assert early is not None
        assert early.state == "pending"
        waiting = asyncio.create_task(service.wait(NETWORK, RED, id, made.revision))
        await asyncio.sleep(0.02)
        await service.realised(1, {id: "no"})
        failed = await asyncio.wait_for(waiting, 60)
        assert failed is not None
        assert failed.state == "failed"
        gone = await service.delete(NETWORK, RED, id)
        waiting = asyncio.create_task(service.wait(NETWORK, RED, id, gone.revision))
        await service.realised(2, {})
        assert await asyncio.wait_for(waiting, 60) is None

    served(url, story)


def test_changes_that_were_cleared_away_are_gone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(service: Service) -> None:
        for _ in range(3):
            await service.create(NETWORK, RED, NetworkBody())
        first = (await service.snapshot())[1][0].id
        await service.delete(NETWORK, RED, first)

        def clear(transaction: writer.Transaction) -> None:
            feed.clear(transaction.connection, 2)

        await service._engine.write(clear, lambda _tx, _result: None)
        assert await code_of(service.changes(RED, 1)) == (410, "changes.gone")
        assert [commit.number for commit in (await service.changes(RED, 2)).commits] == [3, 4]

    async def run() -> None:
        async with serving(url) as service:
            await story(service)

    asyncio.run(run())


def test_a_snapshot_is_of_one_moment(url: str) -> None:
    async def story(service: Service) -> None:
        async def write() -> None:
            for _ in range(40):
                await service.create(NETWORK, RED, NetworkBody())

        writing = asyncio.create_task(write())
        pairs = []
        while not writing.done():
            number, documents = await service.snapshot()
            pairs.append((number, len(documents)))
        assert all(number == count for number, count in pairs)
        assert all(a <= b for a, b in pairwise(pairs))

    served(url, story)


def test_clients_at_once_share_commits(url: str) -> None:
    async def story(service: Service) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=200))).document.id
        calls = [service.create(PORT, RED, PortBody(network_id=network)) for _ in range(100)]
        calls += [service.create(PORT, RED, PortBody(network_id=network, address=999)) for _ in range(20)]
        async with asyncio.timeout(120):
            results = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(not isinstance(result, Exception) for result in results) == 100
        lines = await service.audit(RED, limit=1000)
        assert [line.status for line in lines].count(409) == 20

    served(url, story)


def test_the_end_is_not_lost_when_it_comes_with_news() -> None:
    """Input: a commit is told in the same turn of the loop in which the service ends. Output: it ends."""

    async def look() -> tuple[int, int]:
        return 0, 0

    async def run() -> None:
        draw = random.Random(1)
        for _ in range(1000):
            signals = Signals(look)
            for _ in range(draw.randrange(3)):
                await asyncio.sleep(0)
            signals.poke()
            for _ in range(draw.randrange(3)):
                await asyncio.sleep(0)
            async with asyncio.timeout(20):
                await signals.close()

    asyncio.run(run())
