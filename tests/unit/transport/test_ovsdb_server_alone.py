"""A session against a real `ovsdb-server` that is alone: transactions, monitors, locks, kills, silence."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crossconnect.transport.ovsdb import (
    ALL,
    Aborted,
    Backoff,
    BadValue,
    Choice,
    Chosen,
    ConstraintViolation,
    DuplicateUuid,
    NotConnected,
    NotOwner,
    NotSupported,
    Operation,
    Options,
    OutcomeUnknown,
    Overrun,
    OvsdbError,
    ReferentialIntegrity,
    Refused,
    Replica,
    Result,
    Schema,
    Session,
    TimedOut,
    Transaction,
    UnknownName,
    Uuid,
    abort,
    assert_lock,
    by_uuid,
    comment,
    delete,
    insert,
    mutate,
    named,
    require,
    require_none,
    rows,
    select,
    transact_once,
    update,
    wait,
)
from ovsdb_server import DATABASE, NORTHBOUND, Server, alone, needs_ovsdb, resume, run, scratch, stop

pytestmark = needs_ovsdb
PATIENCE_S = 120.0
SILENT_S = 4.0
QUICK = Options(backoff=Backoff(0.02, 0.2), patience_s=PATIENCE_S)


def everything(schema: Schema) -> Choice:
    return {"Logical_Switch": Chosen(), "Logical_Switch_Port": Chosen(("name", "addresses", "external_ids"))}


def against(server: Server, test: Callable[[Session], Awaitable[None]], options: Options = QUICK) -> None:
    """Run a test with a session to the server."""

    async def main() -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, options) as session:
            await session.connected()
            await test(session)

    asyncio.run(main())


def ports_of(session: Session, switch: Uuid, numbers: range, mark: str = "") -> list[Operation]:
    """Operations that add ports to a switch."""
    ports, switches = session.schema.table("Logical_Switch_Port"), session.schema.table("Logical_Switch")
    names = [named("port", number) for number in numbers]
    made = [
        insert(ports, {"name": f"port{number}{mark}", "external_ids": {"request": f"{number}{mark}"}}, name=name)
        for number, name in zip(numbers, names, strict=True)
    ]
    return [*made, mutate(switches, by_uuid(switch), [("ports", "insert", names)])]


async def new_switch(session: Session, name: str = "s1") -> Uuid:
    [result] = await session.transact([insert(session.schema.table("Logical_Switch"), {"name": name})])
    return result.inserted


def names(replica: Replica) -> set[object]:
    return {row["name"] for row in replica.rows("Logical_Switch_Port").values()}


def test_rows_are_made_changed_read_and_deleted() -> None:
    async def test(session: Session) -> None:
        schema = session.schema
        ports, switches = schema.table("Logical_Switch_Port"), schema.table("Logical_Switch")
        port, switch = named("p", 1), named("s", 1)
        made = await session.transact(
            [
                comment("a switch and its port"),
                insert(ports, {"name": "p1", "addresses": ["dynamic"], "enabled": False, "tag": 7}, name=port),
                insert(switches, {"name": 'é } " {', "ports": [port], "external_ids": {"k": "v"}}, name=switch),
            ]
        )
        uuid = made[2].inserted
        read = [select(switches, by_uuid(uuid), ["name", "ports", "external_ids"]), select(ports, ALL)]
        first, second = await session.transact(read)
        assert rows(switches, first) == [
            {"name": 'é } " {', "ports": frozenset({made[1].inserted}), "external_ids": {"k": "v"}}
        ]
        [found] = rows(ports, second)
        assert (found["_uuid"], found["enabled"], found["tag"], found["up"]) == (made[1].inserted, False, 7, None)
        changed = await session.transact(
            [
                update(ports, [("name", "==", "p1")], {"enabled": None, "tag": None}),
                mutate(switches, by_uuid(uuid), [("external_ids", "insert", {"a": "b"})]),
                mutate(switches, by_uuid(uuid), [("external_ids", "delete", ["k"])]),
                select(switches, [("external_ids", "includes", {"a": "b"})], ["external_ids"]),
            ]
        )
        assert [result.count for result in changed[:3]] == [1, 1, 1]
        assert rows(switches, changed[3]) == [{"external_ids": {"a": "b"}}]
        assert (await session.transact([delete(switches, ALL)]))[0].count == 1
        assert rows(ports, (await session.transact([select(ports, ALL)]))[0]) == []  # not a root: gone with the switch

    with alone() as server:
        against(server, test)


def test_each_refusal_has_a_type_and_commits_nothing() -> None:
    async def refused(session: Session, kind: type[OvsdbError], operations: list[Operation]) -> OvsdbError:
        marked = [insert(session.schema.table("Logical_Switch"), {"name": "never"}), *operations]
        with pytest.raises(kind) as caught:
            await session.transact(marked)
        assert type(caught.value) is kind
        return caught.value

    async def test(session: Session) -> None:
        schema = session.schema
        switches, ports = schema.table("Logical_Switch"), schema.table("Logical_Switch_Port")
        switch = await new_switch(session)
        await session.transact(ports_of(session, switch, range(1)))
        nowhere = Uuid("11111111-2222-3333-4444-555555555555")
        error = await refused(session, ConstraintViolation, ports_of(session, switch, range(1)))
        assert "identical values (port0)" in str(error)
        await refused(session, ReferentialIntegrity, [update(switches, by_uuid(switch), {"ports": [nowhere]})])
        await refused(session, TimedOut, [require(switches, [("name", "==", "no such")])])
        await refused(session, TimedOut, [require_none(switches, [("name", "==", "s1")])])
        await refused(session, TimedOut, [wait(switches, by_uuid(switch), [{"name": "s2"}], columns=["name"])])
        await refused(session, Aborted, [abort()])
        await refused(session, NotOwner, [assert_lock("writer")])
        same = named("same", 1)
        await refused(session, DuplicateUuid, [insert(switches, {}, name=same), insert(switches, {}, name=same)])
        await refused(session, DuplicateUuid, [insert(switches, {}, uuid=switch)])
        error = await refused(session, Refused, [{"op": "select", "table": "Nothing", "where": []}])
        assert "No table named Nothing" in str(error)
        await refused(session, Refused, [{"op": "dance"}])
        await refused(session, ConstraintViolation, [update(ports, ALL, {"tag": 5000})])
        with pytest.raises(UnknownName):
            update(switches, ALL, {"colour": "red"})
        with pytest.raises(BadValue):
            update(ports, ALL, {"tag": "5"})
        names = rows(switches, (await session.transact([select(switches, ALL, ["name"])]))[0])
        assert names == [{"name": "s1"}]

    with alone() as server:
        against(server, test)


def test_the_index_of_the_operation_that_failed_is_told() -> None:
    async def test(session: Session) -> None:
        switches = session.schema.table("Logical_Switch")
        with pytest.raises(TimedOut) as caught:
            await session.transact([comment("0"), require(switches, ALL), comment("2")])
        assert caught.value.operation == 1

    with alone() as server:
        against(server, test)


def test_many_transactions_are_outstanding_at_once_and_a_replica_holds_what_was_answered() -> None:
    async def test(session: Session) -> None:
        replica = session.replica(everything)
        await replica.loaded()
        switch = await new_switch(session)

        async def write(number: int) -> None:
            await session.transact(ports_of(session, switch, range(number, number + 1)))
            assert f"port{number}" in names(replica)  # told before the answer

        await asyncio.gather(*(write(number) for number in range(500)))
        assert len(replica.rows("Logical_Switch_Port")) == 500
        [row] = replica.rows("Logical_Switch").values()
        assert row["ports"] == set(replica.rows("Logical_Switch_Port"))

    with alone() as server:
        against(server, test)


def test_changes_come_by_transaction_and_in_order() -> None:
    async def test(session: Session) -> None:
        ports = session.schema.table("Logical_Switch_Port")
        switch = await new_switch(session)
        replica = session.replica(everything)
        await replica.loaded()
        changes = replica.changes()
        await session.transact(ports_of(session, switch, range(2)))
        await session.transact([update(ports, [("name", "==", "port0")], {"addresses": ["dynamic"]})])
        await session.transact([mutate(ports, [("name", "==", "port0")], [("addresses", "insert", ["unknown"])])])
        await session.transact([update(session.schema.table("Logical_Switch"), by_uuid(switch), {"ports": []})])
        told = [await anext(changes) for _ in range(4)]
        kinds = [sorted((c.table, c.old is None, c.new is None) for c in transaction.changes) for transaction in told]
        came, changed, went = (True, False), (False, False), (False, True)
        assert kinds == [
            [("Logical_Switch", *changed), ("Logical_Switch_Port", *came), ("Logical_Switch_Port", *came)],
            [("Logical_Switch_Port", *changed)],
            [("Logical_Switch_Port", *changed)],
            [("Logical_Switch", *changed), ("Logical_Switch_Port", *went), ("Logical_Switch_Port", *went)],
        ]
        [change] = told[2].changes
        assert change.old is not None
        assert change.new is not None
        assert (change.old["addresses"], change.new["addresses"]) == ({"dynamic"}, {"dynamic", "unknown"})

    with alone() as server:
        against(server, test)


def test_a_reader_that_is_too_slow_is_told_so() -> None:
    async def test(session: Session) -> None:
        replica = session.replica(everything)
        await replica.loaded()
        changes = replica.changes(changes_max=3)
        for name in "abcde":
            await new_switch(session, name)
        with pytest.raises(Overrun):
            await anext(changes)

    with alone() as server:
        against(server, test)


async def outcomes(writes: list[Awaitable[object]]) -> list[object]:
    return list(await asyncio.gather(*writes, return_exceptions=True))


def test_a_kill_in_the_middle_loses_nothing_and_invents_nothing() -> None:
    """Answered: the row is there. Not sent: it is not. In between: OutcomeUnknown, and the replica knows the truth."""

    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            await session.connected()
            switch = await new_switch(session)
            replica = session.replica(everything)
            await replica.loaded()
            changes = replica.changes()

            async def write(number: int) -> None:
                await session.transact(ports_of(session, switch, range(number, number + 1)))

            tasks = [asyncio.create_task(write(number)) for number in range(3000)]
            await replica.wait_until(lambda r: len(r.rows("Logical_Switch_Port")) > 100, PATIENCE_S)
            stop(server)
            # However many of those were answered already: these are asked, and the server has not looked at them.
            tasks += [asyncio.create_task(write(number)) for number in range(3000, 3010)]
            await asyncio.sleep(0.05)
            server.kill()
            await replica.wait_until(lambda r: not r.current, PATIENCE_S)
            server.start()
            ended = await outcomes(list(tasks))
            await replica.wait_until(lambda r: r.current, PATIENCE_S)
            present = {row[0] for row in server.rows("Logical_Switch_Port", "name")}
            assert names(replica) == present
            unknown = [error for error in ended if isinstance(error, OutcomeUnknown)]
            assert unknown, "the kill came too late to interrupt anything"
            for number, outcome in enumerate(ended):
                assert outcome is None or isinstance(outcome, OutcomeUnknown | NotConnected), outcome
                if outcome is None:
                    assert f"port{number}" in present
                if isinstance(outcome, NotConnected):
                    assert f"port{number}" not in present
            # What was told as changes adds up to the rows, without a row that came twice or went in between.
            known: set[object] = set()
            while known != present:
                for change in (await anext(changes)).changes:
                    if change.table == "Logical_Switch_Port":
                        assert change.new is not None
                        assert (change.old is None) == (change.new["name"] not in known)
                        known.add(change.new["name"])

    with alone() as server:
        asyncio.run(main(server))


def test_once_means_once_over_kills() -> None:
    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            await session.connected()
            switch = await new_switch(session)
            ports = session.schema.table("Logical_Switch_Port")

            async def write(number: int) -> list[Result] | None:
                mark = [("external_ids", "includes", {"request": f"{number}"})]
                return await transact_once(session, ports, mark, ports_of(session, switch, range(number, number + 1)))

            tasks = [asyncio.create_task(write(number)) for number in range(2000)]
            for _ in range(3):
                await asyncio.sleep(0.1)
                server.kill()
                server.start()
            ended = await asyncio.gather(*tasks)
            found = server.rows("Logical_Switch_Port", "external_ids")
            marks = sorted(int(dict(row[0][1])["request"]) for row in found)
            assert marks == list(range(2000))
            assert all(outcome is None or len(outcome) == 2 for outcome in ended)

    with alone() as server:
        asyncio.run(main(server))


def test_what_is_asked_in_the_turn_in_which_the_connection_ends_waits_for_the_next_one() -> None:
    """An end is read in one turn of the loop, and told in the next: whoever asks in between is not refused for it."""

    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            for turns in range(8):
                await session.connected()
                server.kill()
                for _ in range(turns):
                    await asyncio.sleep(0)
                asked = asyncio.create_task(new_switch(session, f"after {turns}"))
                await asyncio.sleep(0)
                server.start()
                with contextlib.suppress(OutcomeUnknown):  # it was sent to the server that is dead
                    await asked
            found = {row[0] for row in server.rows("Logical_Switch", "name")}
            assert len(found) >= 5, "most have waited"

    with alone() as server:
        asyncio.run(main(server))


def test_after_a_restart_the_difference_is_one_transaction() -> None:
    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            await session.connected()
            switch = await new_switch(session)
            await session.transact(ports_of(session, switch, range(1000)))
            replica = session.replica(everything)
            await replica.loaded()
            changes = replica.changes()
            before = dict(replica.rows("Logical_Switch_Port"))
            server.kill()
            await asyncio.sleep(0.1)
            assert len(replica.rows("Logical_Switch_Port")) == 1000  # no flap
            change = [{"op": "delete", "table": "Logical_Switch", "where": [["name", "==", "none"]]}]
            change += [{"op": "insert", "table": "Logical_Switch", "row": {"name": "meanwhile"}}]
            run("ovsdb-tool", "transact", str(server.database), json.dumps([DATABASE, *change]))
            server.start()
            told: Transaction = await anext(changes)
            assert told.reloaded
            assert [(c.table, c.old, c.new and c.new["name"]) for c in told.changes] == [
                ("Logical_Switch", None, "meanwhile")
            ]
            assert dict(replica.rows("Logical_Switch_Port")) == before

    with alone() as server:
        asyncio.run(main(server))


def test_a_reply_of_twenty_thousand_ports() -> None:
    async def test(session: Session) -> None:
        switch = await new_switch(session)
        for first in range(0, 20_000, 1000):
            await session.transact(ports_of(session, switch, range(first, first + 1000), mark=' } " {'))
        replica = session.replica(everything)
        await replica.loaded()
        assert names(replica) == {f'port{number} }} " {{' for number in range(20_000)}
        ports = session.schema.table("Logical_Switch_Port")
        [read] = await session.transact([select(ports, ALL, ["_uuid"])])
        assert {row["_uuid"] for row in rows(ports, read)} == set(replica.rows("Logical_Switch_Port"))

    with alone() as server:
        against(server, test)


@pytest.mark.parametrize("methods", [("monitor_cond_since",), ("monitor_cond",), ("monitor",)], ids=lambda m: m[0])
def test_all_kinds_of_monitor_tell_the_same(methods: tuple[str, ...]) -> None:
    async def test(session: Session) -> None:
        ports, switches = session.schema.table("Logical_Switch_Port"), session.schema.table("Logical_Switch")
        switch = await new_switch(session)
        await session.transact(ports_of(session, switch, range(3)))
        replica = session.replica(lambda _: {"Logical_Switch_Port": Chosen(), "Logical_Switch": Chosen()})
        await replica.loaded()
        for step in range(4):
            await session.transact(
                [
                    update(ports, [("name", "==", "port0")], {"tag": step or None, "enabled": bool(step % 2)}),
                    mutate(ports, [("name", "==", "port1")], [("addresses", "insert", [f"a{step}", "b"])]),
                    mutate(ports, [("name", "==", "port1")], [("addresses", "delete", [f"a{step - 1}"])]),
                    mutate(switches, ALL, [("external_ids", "delete", ["x"])]),
                    mutate(switches, ALL, [("external_ids", "insert", {"x": str(step), f"y{step}": ""})]),
                ]
            )
            for table in (ports, switches):
                read = rows(table, (await session.transact([select(table, ALL)]))[0])
                expected = {row.pop("_uuid"): row for row in read}
                assert all(row.pop("_version") for row in expected.values())
                assert dict(replica.rows(table.name)) == expected
        await session.transact([delete(switches, ALL)])
        assert not replica.rows("Logical_Switch_Port")

    with alone() as server:
        against(server, test, Options(monitor_methods=methods))


def test_conditions_choose_rows_and_can_be_changed() -> None:
    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            await session.connected()
            switch = await new_switch(session)
            await session.transact(ports_of(session, switch, range(10)))

            def two(_: Schema) -> Choice:
                where = (("name", "==", "port1"), ("name", "==", "port2"))
                return {"Logical_Switch_Port": Chosen(("name",), where)}

            replica = session.replica(two)
            await replica.loaded()
            assert names(replica) == {"port1", "port2"}
            await session.change_conditions(replica, {"Logical_Switch_Port": (("name", "==", "port3"),)})
            assert names(replica) == {"port3"}
            server.kill()
            server.start()
            await replica.wait_until(lambda r: not r.current, PATIENCE_S)
            await replica.wait_until(lambda r: r.current, PATIENCE_S)
            assert names(replica) == {"port3"}
            await session.change_conditions(replica, {"Logical_Switch_Port": None})
            assert names(replica) == set()
            await session.change_conditions(replica, {"Logical_Switch_Port": ()})
            assert len(names(replica)) == 10

    with alone() as server:
        asyncio.run(main(server))


def test_what_the_schema_lacks_is_told_where_it_is_awaited() -> None:
    async def test(session: Session) -> None:
        replica = session.replica(lambda _: {"Logical_Switch": Chosen(("colour",))})
        with pytest.raises(UnknownName, match="Logical_Switch has no column colour"):
            await replica.loaded()
        # The session goes on.
        await new_switch(session)

    with alone() as server:
        against(server, test)


def test_a_lock_that_was_stolen_lets_nothing_through() -> None:
    async def main(server: Server) -> None:
        async with (
            asyncio.timeout(400),
            Session(server.remote, DATABASE, QUICK) as first,
            Session(server.remote, DATABASE, QUICK) as second,
        ):
            schema = await first.connected()
            await second.connected()
            write = [assert_lock("writer"), insert(schema.table("Logical_Switch"), {})]
            mine = first.lock("writer")
            await mine.acquired()
            await first.transact(write)
            theirs = second.lock("writer")
            await asyncio.sleep(0.05)
            assert not theirs.held
            with pytest.raises(NotOwner):
                await second.transact(write)
            await second.steal("writer")
            await theirs.acquired()
            await mine.lost()
            with pytest.raises(NotOwner):
                await first.transact(write)
            await second.transact(write)
            await second.unlock("writer")  # it goes back to the one it was stolen from
            await mine.acquired()
            assert mine.epoch == 2
            await first.transact(write)
            server.kill()
            await mine.lost()
            server.start()
            await mine.acquired()
            await first.transact(write)

    with alone() as server:
        asyncio.run(main(server))


def test_a_session_that_takes_any_member_has_no_locks() -> None:
    async def test(session: Session) -> None:
        with pytest.raises(NotSupported, match="leader"):
            session.lock("writer")

    with alone() as server:
        against(server, test, Options(leader=False))


def test_a_server_that_falls_silent_is_left() -> None:
    """SIGSTOP: the socket stays open and nothing comes."""
    # On a machine that does much else a server that lives may be silent for a while.
    options = Options(
        probe_interval_s=0.5, probe_timeout_s=SILENT_S, backoff=Backoff(0.02, 0.2), patience_s=PATIENCE_S
    )  # fmt: skip

    async def main(server: Server) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, options) as session:
            schema = await session.connected()
            write = [insert(schema.table("Logical_Switch"), {})]
            stop(server)
            with pytest.raises(OutcomeUnknown, match="no sign of life"):
                await session.transact(write)
            resume(server)
            await session.transact(write)
            await asyncio.sleep(SILENT_S + 1.0)  # quiet, and alive: echoes keep it
            assert "no sign of life" in session.reason
            assert session.remote is not None

    with alone() as server:
        asyncio.run(main(server))


def test_a_new_schema_is_read_when_the_database_is_converted() -> None:
    def chosen(schema: Schema) -> Choice:
        extra = ("colour",) if schema.has("Logical_Switch", "colour") else ()
        return {"Logical_Switch": Chosen(("name", *extra))}

    async def main(server: Server, newer: Path) -> None:
        async with asyncio.timeout(400), Session(server.remote, DATABASE, QUICK) as session:
            assert not (await session.connected()).has("Logical_Switch", "colour")
            replica = session.replica(chosen)
            await replica.loaded()
            switch = await new_switch(session)
            convert = ["ovsdb-client", "convert", server.remote, str(newer)]
            await asyncio.to_thread(run, *convert)
            await replica.wait_until(
                lambda r: r.current and r.rows("Logical_Switch")[switch].get("colour") == "", PATIENCE_S
            )
            assert session.schema.has("Logical_Switch", "colour")
            await session.transact([update(session.schema.table("Logical_Switch"), ALL, {"colour": "red"})])
            assert replica.rows("Logical_Switch")[switch] == {"name": "s1", "colour": "red"}

    with scratch() as directory, alone() as server:
        schema = json.loads(NORTHBOUND.read_text())
        schema["tables"]["Logical_Switch"]["columns"]["colour"] = {"type": "string"}
        schema["version"] = "99.0.0"
        newer = directory / "newer.ovsschema"
        newer.write_text(json.dumps(schema))
        asyncio.run(main(server, newer))


def test_a_cancelled_call_leaves_the_session_usable() -> None:
    async def test(session: Session) -> None:
        switches = session.schema.table("Logical_Switch")
        never = wait(switches, ALL, [], columns=["name"], until="!=", timeout_ms=60_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await session.transact([never, insert(switches, {"name": "cancelled"})])
        await new_switch(session, "after")
        await asyncio.sleep(0.1)
        read = rows(switches, (await session.transact([select(switches, ALL, ["name"])]))[0])
        assert read == [{"name": "after"}]

    with alone() as server:
        against(server, test)
