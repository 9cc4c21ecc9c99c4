"""A session against three real `ovsdb-server` processes in a cluster: leaders that are killed, deposed, cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from crossconnect.transport.ovsdb import (
    Backoff,
    Chosen,
    NotConnected,
    NotOwner,
    Options,
    OutcomeUnknown,
    Replica,
    Session,
    TimedOut,
    Unavailable,
    Uuid,
    assert_lock,
    by_uuid,
    insert,
    mutate,
    named,
    require,
    transact_once,
)
from ovsdb_server import DATABASE, Cluster, Server, cluster, needs_ovsdb

pytestmark = needs_ovsdb
PATIENCE_S = 120.0
QUICK = Options(backoff=Backoff(0.02, 0.5), patience_s=PATIENCE_S)


def in_cluster(test: Callable[[Cluster, Session], Awaitable[None]], options: Options = QUICK) -> None:
    """Run a test with a cluster and a session to it."""

    async def main(made: Cluster) -> None:
        async with asyncio.timeout(400), Session(made.remotes, DATABASE, options) as session:
            await session.connected(PATIENCE_S)
            await test(made, session)

    with cluster() as made:
        asyncio.run(main(made))


async def write_once(session: Session, switch: Uuid, number: int) -> None:
    """Add one port, once."""
    ports, switches = session.schema.table("Logical_Switch_Port"), session.schema.table("Logical_Switch")
    mark, name = {"request": str(number)}, named("port", number)
    made = [
        insert(ports, {"name": f"port{number}", "external_ids": mark}, name=name),
        mutate(switches, by_uuid(switch), [("ports", "insert", [name])]),
    ]
    await transact_once(session, ports, [("external_ids", "includes", mark)], made, attempts=20)


async def switch_and_replica(session: Session) -> tuple[Uuid, Replica]:
    [made] = await session.transact([insert(session.schema.table("Logical_Switch"), {"name": "s1"})])
    replica = session.replica(lambda _: {"Logical_Switch_Port": Chosen(("name",))})
    await replica.loaded()
    return made.inserted, replica


async def leader_of(made: Cluster, session: Session) -> Server:
    """The member that a session has, as soon as that is one that leads."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            has = next((member for member in made.members if member.remote == str(session.remote)), None)
            if has is not None and has.control.exists() and await asyncio.to_thread(has.is_leader):
                return has
            await asyncio.sleep(0.02)


async def moved_from(session: Session, server: Server) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while session.remote is None or str(session.remote) == server.remote:
            await asyncio.sleep(0.02)


def test_a_session_finds_the_leader_and_goes_on_without_a_reload_when_it_is_killed() -> None:
    async def test(made: Cluster, session: Session) -> None:
        leader = await leader_of(made, session)
        switch, replica = await switch_and_replica(session)
        changes = replica.changes()
        tasks = [asyncio.create_task(write_once(session, switch, number)) for number in range(400)]
        await replica.wait_until(lambda r: len(r.rows("Logical_Switch_Port")) >= 50, PATIENCE_S)
        leader.kill()
        await asyncio.gather(*tasks)
        await replica.wait_until(lambda r: r.current, PATIENCE_S)
        new = await leader_of(made, session)
        assert new is not leader
        expected = {f"port{number}" for number in range(400)}
        found = [row[0] for row in new.rows("Logical_Switch_Port", "name")]
        assert sorted(found) == sorted(expected)  # each once
        assert {row["name"] for row in replica.rows("Logical_Switch_Port").values()} == expected
        told: list[object] = []
        while len(told) < 400:
            transaction = await anext(changes)
            assert not transaction.reloaded  # the new leader knew where we were
            for change in transaction.changes:
                assert change.old is None
                assert change.new is not None
                told.append(change.new["name"])
        assert sorted(map(str, told)) == sorted(expected)

    in_cluster(test)


def test_a_session_moves_with_the_leadership_and_finishes_what_is_outstanding() -> None:
    async def test(made: Cluster, session: Session) -> None:
        switch, replica = await switch_and_replica(session)
        for number in range(3):
            leader = await leader_of(made, session)
            tasks = [asyncio.create_task(write_once(session, switch, number * 50 + n)) for n in range(50)]
            await asyncio.to_thread(leader.control_command, "cluster/failure-test", "transfer-leadership")
            await moved_from(session, leader)
            await asyncio.gather(*tasks)
            await leader_of(made, session)
        await replica.wait_until(lambda r: r.current and len(r.rows("Logical_Switch_Port")) == 150, PATIENCE_S)

    in_cluster(test)


def test_any_member_will_do_for_a_reader() -> None:
    async def test(made: Cluster, session: Session) -> None:
        switch, replica = await switch_and_replica(session)
        leader = await leader_of(made, session)
        follower = next(member for member in made.members if member is not leader)
        async with Session(follower.remote, DATABASE, Options(leader=False)) as reader:
            await reader.connected(PATIENCE_S)
            copy = reader.replica(lambda _: {"Logical_Switch_Port": Chosen(("name",))})
            for number in range(20):
                await write_once(session, switch, number)
            await copy.wait_until(lambda r: len(r.rows("Logical_Switch_Port")) == 20, PATIENCE_S)
            assert dict(copy.rows("Logical_Switch_Port")) == dict(replica.rows("Logical_Switch_Port"))
        async with Session(follower.remote, DATABASE, QUICK) as writer:
            async with asyncio.timeout(PATIENCE_S):
                while "not the cluster's leader" not in writer.reason:
                    await asyncio.sleep(0.02)
            with pytest.raises(NotConnected, match="not the cluster's leader"):
                await writer.connected(0.5)

    in_cluster(test)


def test_a_member_that_has_lost_its_cluster_is_left() -> None:
    async def test(made: Cluster, session: Session) -> None:
        switch, _ = await switch_and_replica(session)
        leader = await leader_of(made, session)
        for member in made.members:
            if member is not leader:
                member.kill()
        # A leader without a quorum finds out after its election timer; until then it cannot commit.
        with pytest.raises((OutcomeUnknown, NotConnected, Unavailable)):
            async with asyncio.timeout(PATIENCE_S):
                await session.transact([insert(session.schema.table("Logical_Switch"), {"name": "never"})])
        for member in made.members:
            if member is not leader:
                member.start()
        await session.connected(PATIENCE_S)
        await write_once(session, switch, 1)

    in_cluster(test, Options(backoff=Backoff(0.02, 0.5), patience_s=1))


def test_a_lock_is_lost_with_the_leadership_and_a_number_taken_with_it_is_a_fence() -> None:
    async def test(made: Cluster, session: Session) -> None:
        async with Session(made.remotes, DATABASE, QUICK) as other:
            schema = await other.connected(PATIENCE_S)
            switches = schema.table("Logical_Switch")

            async def take(who: Session, token: str) -> None:
                lock = who.lock("writer")
                await lock.acquired()
                fence = [("external_ids", "delete", ["writer"]), ("external_ids", "insert", {"writer": token})]
                await who.transact([assert_lock("writer"), mutate(switches, [("name", "==", "fence")], fence)])

            def held(token: str) -> list[tuple[str, str, object]]:
                return [("name", "==", "fence"), ("external_ids", "includes", {"writer": token})]

            await session.transact([insert(switches, {"name": "fence"})])
            await take(session, "1")
            mine = session.lock("writer")
            await session.transact([require(switches, held("1")), insert(switches, {"name": "by 1"})])
            leader = await leader_of(made, session)
            # The first one's lock goes with the leadership; the other takes it, and the number, from the new leader.
            await asyncio.to_thread(leader.control_command, "cluster/failure-test", "transfer-leadership")
            await mine.lost()
            await moved_from(other, leader)
            await other.steal("writer")
            await take(other, "2")
            with pytest.raises(TimedOut):
                await session.transact([require(switches, held("1")), insert(switches, {"name": "stale"})])
            with pytest.raises(NotOwner):
                await session.transact([assert_lock("writer"), insert(switches, {"name": "stale"})])
            await other.transact([require(switches, held("2")), insert(switches, {"name": "by 2"})])
            names = {row[0] for row in leader.rows("Logical_Switch", "name")}
            assert {"by 1", "by 2"} <= names
            assert "stale" not in names

    in_cluster(test)
