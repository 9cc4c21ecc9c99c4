"""The realiser against a real `ovsdb-server` with OVN's northbound schema."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from crossconnect.cloud.ovn.rows import Contribution
from crossconnect.cloud.realise import Batch, Options, Realiser, Report, Unit
from crossconnect.transport.ovsdb import (
    ALL,
    Backoff,
    Session,
    by_uuid,
    delete,
    insert,
    mutate,
    named,
    update,
)
from crossconnect.transport.ovsdb import Options as SessionOptions
from northbound_units import expected, found, group, port, row, switch, world
from ovsdb_server import DATABASE, NORTHBOUND, Server, alone, needs_ovsdb, resume, run, stop

pytestmark = needs_ovsdb
QUICK = SessionOptions(backoff=Backoff(0.02, 0.2))
IMPATIENT = SessionOptions(backoff=Backoff(0.02, 0.2), probe_interval_s=0.5, probe_timeout_s=0.5)
"""For who is to notice a silence; on a machine that does much else every server is silent at times."""
PATIENCE_S = 120.0
CALM = Options(backoff=Backoff(0.02, 0.2))


class Told:
    """What was reported."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def __call__(self, report: Report) -> None:
        self.reports.append(report)

    async def of(self, number: int) -> Report:
        """The report of that change."""
        while not self.reports or self.reports[-1].number < number:
            await asyncio.sleep(0.01)
        return self.reports[-1]


@contextlib.asynccontextmanager
async def realiser(
    server: Server,
    token: str = "first",
    options: Options = CALM,
    told: Told | None = None,
    session_options: SessionOptions = QUICK,
) -> AsyncIterator[Realiser]:
    async with (
        Session(server.remote, DATABASE, session_options) as session,
        Realiser(session, token, options, report=told or Told()) as made,
    ):
        yield made


Test = Callable[[Server, Realiser], Awaitable[None]]


def alone_with(test: Test, told: Told | None = None, session_options: SessionOptions = QUICK) -> None:
    """A server, a realiser, a test."""

    async def main(server: Server) -> None:
        async with asyncio.timeout(400), realiser(server, told=told, session_options=session_options) as made:
            await test(server, made)

    with alone() as server:
        asyncio.run(main(server))


async def so(holds: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


async def meddle(server: Server, work: Callable[[Session], Awaitable[object]]) -> None:
    """Somebody else does something to the database."""
    async with Session(server.remote, DATABASE, QUICK) as other:
        await other.connected()
        await work(other)


def test_from_empty_and_then_changes_one_transaction_each() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        units = world(40)
        realiser.replace(units, 7)
        await realiser.wait(7)
        assert found(realiser.replica) == expected(units)
        changes = realiser.replica.changes()

        async def step(number: int, **changed: Unit | None) -> list[tuple[str, bool, bool]]:
            realiser.submit(Batch(number, changed))
            await realiser.wait(number)
            for key, unit in changed.items():
                if unit is None:
                    del units[key]
                else:
                    units[key] = unit
            assert found(realiser.replica) == expected(units)
            transaction = await anext(changes)
            return sorted((c.table, c.old is None, c.new is None) for c in transaction.changes)

        glob = ("NB_Global", False, False)
        assert await step(8, port50=port("port50", "switch1", ["group0"], record="10.0.0.9")) == [
            ("Logical_Switch", False, False),
            ("Logical_Switch_Port", True, False),
            glob,
            ("Port_Group", False, False),
        ]
        assert await step(9, port50=port("port50", "switch1", ["group0"], record="10.0.0.10")) == [
            ("Logical_Switch", False, False),
            glob,
        ]
        assert await step(10, port50=port("port50", "switch2", ["group1"], "unknown")) == [
            ("Logical_Switch", False, False),
            ("Logical_Switch", False, False),
            ("Logical_Switch_Port", False, False),
            glob,
            ("Port_Group", False, False),
            ("Port_Group", False, False),
        ]
        assert await step(11, group1=group("group1", "ip6")) == [("ACL", False, False), glob]
        assert await step(12, port50=None) == [
            ("Logical_Switch", False, False),
            ("Logical_Switch_Port", False, True),
            glob,
            ("Port_Group", False, False),
        ]
        assert await step(13) == [glob]
        ports = {f"port{n}": None for n in range(40) if n % 10 == 3}
        assert ("Logical_Switch", False, True) in await step(14, switch3=None, **ports)
        assert realiser.number == 14

    alone_with(test)


def test_what_waits_is_written_together_and_the_last_version_counts() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        realiser.replace(world(0), 0)
        await realiser.wait(0)
        changes = realiser.replica.changes()
        for n in range(500):
            realiser.submit(
                Batch(n + 1, {f"port{n % 100}": port(f"port{n % 100}", "switch0", address=f"dynamic 10.0.0.{n % 250}")})
            )
        await realiser.wait(500)
        assert len(realiser.replica.rows("Logical_Switch_Port")) == 100
        transaction = await anext(changes)
        assert len(transaction.changes) == 102

    alone_with(test)


def test_a_comparison_repairs_what_others_did_and_leaves_alone_what_is_theirs() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        units = world(20)
        realiser.replace(units, 1)
        await realiser.wait(1)
        ours = {table: list(rows) for table, rows in found(realiser.replica).items()}
        on_s1 = found(realiser.replica)["Logical_Switch"][ours["Logical_Switch"][1]]["ports"]

        async def drift(other: Session) -> None:
            tables = other.schema.tables
            ports, switches, groups = (tables[t] for t in ("Logical_Switch_Port", "Logical_Switch", "Port_Group"))
            s0, s1 = ours["Logical_Switch"][:2]
            theirs = named("theirs", 1)
            await other.transact(
                [
                    insert(switches, {"name": "their switch"}),
                    insert(ports, {"name": "their port"}, name=theirs),
                    mutate(switches, by_uuid(s0), [("ports", "insert", [theirs])]),
                    mutate(groups, by_uuid(ours["Port_Group"][0]), [("ports", "insert", [theirs])]),
                    update(switches, by_uuid(s1), {"name": "renamed", "other_config": {"x": "y"}}),
                    mutate(switches, by_uuid(s1), [("ports", "delete", [next(iter(on_s1))])]),
                    delete(groups, by_uuid(ours["Port_Group"][1])),
                    insert(
                        groups,
                        {"name": "stray", "external_ids": {"crossconnect:key": "stray"}},
                        uuid=row("Port_Group", "stray").uuid,
                    ),
                ]
            )

        await meddle(server, drift)
        comparison = await realiser.compare()
        assert comparison.inserted == 3  # a port, a group and its rule
        assert comparison.deleted == 1
        assert not comparison.refused
        rows = found(realiser.replica)
        [their_port] = [
            uuid for uuid, r in realiser.replica.rows("Logical_Switch_Port").items() if r["name"] == "their port"
        ]
        s0 = rows["Logical_Switch"][ours["Logical_Switch"][0]]
        assert isinstance(s0["ports"], frozenset)
        assert their_port in s0["ports"]
        s0["ports"] = s0["ports"] - {their_port}
        assert rows == expected(units)
        assert "their switch" in {r["name"] for r in realiser.replica.rows("Logical_Switch").values()}
        again = await realiser.compare()
        assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)

    alone_with(test)


def test_a_restart_deletes_what_nobody_wants_and_writes_only_what_differs() -> None:
    async def main(server: Server) -> None:
        units = world(30)
        async with realiser(server) as first:
            first.replace(units, 5)
            await first.wait(5)
        for key in ("port3", "port4"):
            del units[key]
        units["port40"] = port("port40", "switch0")
        async with realiser(server, "second") as second:
            await second.replica.loaded()
            changes = second.replica.changes()
            second.replace(units, 6)
            await second.wait(6)
            assert found(second.replica) == expected(units)
            changed = {c.uuid for _ in range(3) for c in (await anext(changes)).changes}
            assert len(changed) <= 12

    with alone() as server:
        asyncio.run(main(server))


def test_who_knows_less_than_the_database_waits_until_it_is_told() -> None:
    async def main(server: Server) -> None:
        units = world(5)
        async with realiser(server) as first:
            first.replace(units, 100)
            await first.wait(100)
        async with realiser(server, "second") as second:
            second.replace(world(2), 90)
            await so(lambda: "the database has change 100, and we were told up to 90" in second.reason)
            with pytest.raises(TimeoutError, match="has 100; the database has change 100, and we were told up to 90"):
                await second.wait(101, timeout_s=1)
            assert found(second.replica) == expected(units)
            second.submit(Batch(100, {f"port{n}": units[f"port{n}"] for n in (2, 3, 4)}))
            await so(lambda: second.writing)
            await asyncio.sleep(0.3)
            assert second.writing
            assert found(second.replica) == expected(units)
        async with realiser(server, "third", Options(rewind=True)) as third:
            third.replace(world(2), 90)
            await third.replica.wait_until(lambda _: third.number == 90, PATIENCE_S)
            assert found(third.replica) == expected(world(2))

    with alone() as server:
        asyncio.run(main(server))


def test_one_writes_and_another_takes_over() -> None:
    async def main(server: Server) -> None:
        units = world(10)
        async with asyncio.timeout(400), realiser(server, "second") as second:
            async with realiser(server, "first") as first:
                for one in (first, second):
                    one.replace(units, 1)
                await asyncio.gather(first.wait(1), second.wait(1))
                await so(lambda: first.writing != second.writing)
                writer, other = (first, second) if first.writing else (second, first)
                await so(lambda: other.reason == "another realiser writes")
                for n in range(2, 30):
                    units[f"port{n + 20}"] = port(f"port{n + 20}", "switch0")
                    batch = Batch(n, {f"port{n + 20}": units[f"port{n + 20}"]})
                    writer.submit(batch)
                    other.submit(batch)
                await other.wait(29)
                if writer is second:
                    # The lock is taken from it: it notices, and does not write any more.
                    await first._session.steal("crossconnect")
                    await so(lambda: first.writing and not second.writing)
            second.submit(Batch(30, {"port99": port("port99", "switch0")}))
            units["port99"] = port("port99", "switch0")
            await second.wait(30)
            assert second.writing
            assert found(second.replica) == expected(units)

    with alone() as server:
        asyncio.run(main(server))


def test_a_unit_that_cannot_be_realised_holds_up_nobody() -> None:
    told = Told()

    async def test(server: Server, realiser: Realiser) -> None:
        units = world(200)
        realiser.replace(units, 1)
        await realiser.wait(1)
        new = {f"port{n}": port(f"port{n}", "switch0", ["group0"]) for n in range(200, 400)}
        bad = {
            "badname": Unit(
                (row("Logical_Switch_Port", "x", name="port7", addresses=frozenset({"dynamic"})),),
                frozenset({Contribution("Logical_Switch", "switch1", "ports", row("Logical_Switch_Port", "x").uuid)}),
            ),
            "badvalue": Unit((row("Meter", "m", name="m", unit="furlongs"),)),
            "badtable": Unit((row("No_Such", "m", name="m"),)),
            "badcolumn": Unit((row("Logical_Switch", "m", nonsense="m"),)),
            "badtype": Unit((row("Logical_Switch", "n", name=frozenset()),)),
            "badparent": port("orphan", "nowhere"),
            "badreference": Unit(
                (row("Load_Balancer", "lb", name="lb", health_check=frozenset({row("ACL", "none").uuid})),)
            ),
            "port5": port("port5", "nowhere"),
        }
        keys = [*new, *bad]
        random.Random(1).shuffle(keys)
        realiser.submit(Batch(2, {key: {**new, **bad}[key] for key in keys}))
        await realiser.wait(2)
        failed = (await told.of(2)).failures
        assert failed.keys() == bad.keys()
        assert "port7" in failed["badname"]
        assert "furlongs" in failed["badvalue"]
        assert failed["badtable"] == "the northbound database has no table No_Such"
        assert failed["badcolumn"] == "the northbound database has no column Logical_Switch.nonsense"
        assert "is not of type string" in failed["badtype"]
        assert failed["badparent"] == "it is part of Logical_Switch nowhere, which is not there"
        assert "referential integrity" in failed["badreference"]
        good = {**units, **new}  # port5 as it was before
        assert found(realiser.replica) == expected(good)
        await realiser.compare()
        assert realiser.failures.keys() == bad.keys()
        assert found(realiser.replica) == expected(good)
        assert told.reports[-1].failures == failed
        assert [report.first for report in told.reports] == [True] + [False] * (len(told.reports) - 1)
        # One is mended by its parent's coming, others by being changed or by being given up.
        realiser.submit(Batch(3, {"nowhere": switch("nowhere"), "badname": None, "badtype": switch("n")}))
        await realiser.wait(3)
        assert failed.keys() - (await told.of(3)).failures.keys() == {"badparent", "port5", "badname", "badtype"}
        good = {
            **good,
            "nowhere": switch("nowhere"),
            "badtype": switch("n"),
            "badparent": bad["badparent"],
            "port5": bad["port5"],
        }
        assert found(realiser.replica) == expected(good)

    alone_with(test, told)


def test_a_restart_leaves_the_rows_of_a_failed_unit_alone() -> None:
    async def main(server: Server) -> None:
        units = world(5)
        async with realiser(server) as first:
            first.replace(units, 1)
            await first.wait(1)
            before = found(first.replica)
        broken = port("port2", "switch2", ["group2", "nothing"], "unknown")
        async with realiser(server, "second") as second:
            second.replace({**units, "port2": broken}, 2)
            await second.wait(2)
            assert second.failures == {"port2": "it is part of Port_Group nothing, which is not there"}
            assert found(second.replica)["Logical_Switch_Port"] == before["Logical_Switch_Port"]
            assert found(second.replica)["Logical_Switch"] == before["Logical_Switch"]
            second.submit(Batch(3, {"port2": port("port2", "switch4", [], "unknown")}))
            await second.wait(3)
            assert not second.failures
            assert found(second.replica) == expected({**units, "port2": port("port2", "switch4", [], "unknown")})
            second.submit(Batch(4, {"port2": broken}))
            second.submit(Batch(5, {"port2": None}))
            await second.wait(5)
            del units["port2"]
            assert found(second.replica) == expected(units)

    with alone() as server:
        asyncio.run(main(server))


def test_a_wiped_database_is_written_again() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        units = world(50)
        realiser.replace(units, 3)
        await realiser.wait(3)

        async def wipe(other: Session) -> None:
            names = ("Logical_Switch", "Logical_Switch_Port", "Port_Group", "ACL", "NB_Global")
            await other.transact([delete(other.schema.table(name), ALL) for name in names])

        await meddle(server, wipe)  # while it runs
        await realiser.replica.wait_until(
            lambda _: realiser.number == 3 and found(realiser.replica) == expected(units), PATIENCE_S
        )
        server.kill()  # and by a disk that was replaced
        server.database.unlink()
        run("ovsdb-tool", "create", str(server.database), str(NORTHBOUND))
        server.start()
        realiser.submit(Batch(4, {}))
        await realiser.wait(4)
        assert found(realiser.replica) == expected(units)

    alone_with(test)


def test_kills_silence_and_conversion_of_the_server_in_the_middle_of_writing() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        units = world(20)
        realiser.replace(units, 0)
        number = 0

        async def write() -> None:
            nonlocal number
            while True:
                number += 1
                key = f"port{number % 100}"
                units[key] = port(key, f"switch{number % 10}", [f"group{number % 5}"], f"dynamic 10.0.{number % 100}.9")
                realiser.submit(Batch(number, {key: units[key]}))
                await asyncio.sleep(0.002)

        task = asyncio.create_task(write())
        await realiser.wait(10)
        for _ in range(3):
            await asyncio.sleep(0.2)
            server.kill()
            await asyncio.sleep(0.1)
            server.start()
            await realiser.wait(number, timeout_s=PATIENCE_S)
        stop(server)
        await asyncio.sleep(1.5)
        resume(server)
        await realiser.wait(number, timeout_s=PATIENCE_S)
        newer = server.database.with_name("newer.ovsschema")
        newer.write_text(NORTHBOUND.read_text().replace('"version": "7.0.0"', '"version": "7.0.9"'))
        await asyncio.to_thread(run, "ovsdb-client", "convert", server.remote, str(newer))
        await asyncio.sleep(0.2)
        task.cancel()
        await realiser.wait(number, timeout_s=PATIENCE_S)
        await so(lambda: realiser.replica.schema is not None and realiser.replica.schema.version == "7.0.9")
        await so(lambda: found(realiser.replica) == expected(units))

    alone_with(test, session_options=IMPATIENT)


class Proxy:
    """Between a realiser and a server. When a transaction has `word` in it, its answer is lost, or it comes late: the
    client is cut off first."""

    def __init__(self, server: Server, word: bytes, *, late: bool) -> None:
        self.server, self.word, self.late = server, word, late
        self.cut = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, their_writer = await asyncio.open_unix_connection(str(self.server.socket), limit=1 << 24)
        armed = False

        async def back() -> None:
            while data := await theirs.read(1 << 20):
                if armed:
                    break
                writer.write(data)
            writer.close()

        task = asyncio.create_task(back())
        while data := await reader.read(1 << 20):
            if self.word in data and not self.cut:
                self.cut = 1
                armed = True
                if self.late:
                    writer.close()
                    await asyncio.sleep(0.5)  # by now the client has tried to go on
            their_writer.write(data)
        if armed:
            await asyncio.sleep(0.1)
        their_writer.close()
        await task


@pytest.mark.parametrize("late", [False, True], ids=["answer lost", "request late"])
def test_a_transaction_of_which_the_outcome_is_unknown(late: bool) -> None:
    async def main(server: Server) -> None:
        proxy = Proxy(server, b"port77", late=late)
        path = server.socket.with_name("proxy")
        listener = await asyncio.start_unix_server(proxy.serve, path)
        async with listener, Session(f"unix:{path}", DATABASE, QUICK) as session, Realiser(session, "x", CALM) as made:
            units = world(10)
            made.replace(units, 0)
            await made.wait(0)
            for number in range(1, 100):
                units[f"port{number}"] = port(f"port{number}", f"switch{number % 9}", ["group1"])
                made.submit(
                    Batch(
                        number,
                        {f"port{number}": units[f"port{number}"], "group1": group("group1", f"ip.ttl == {number}")},
                    )
                )
                await asyncio.sleep(0)
            units["group1"] = group("group1", "ip.ttl == 99")
            await made.wait(99)
            assert proxy.cut
            assert not made.failures
            assert found(made.replica) == expected(units)

    with alone() as server:
        asyncio.run(main(server))


def test_rows_that_the_database_deleted_with_their_parent_come_back_with_it() -> None:
    async def test(server: Server, realiser: Realiser) -> None:
        units = world(20)
        realiser.replace(units, 1)
        await realiser.wait(1)
        realiser.submit(Batch(2, {"switch3": None}))  # its ports go with it, though nobody said so
        await realiser.wait(2)
        realiser.submit(Batch(3, {"switch3": units["switch3"]}))
        await realiser.wait(3)
        await so(lambda: not realiser.failures and found(realiser.replica) == expected(units))

    alone_with(test)


LATER = Path.home() / ".cache/crossconnect/ovn26/usr/share/ovn/ovn-nb.ovsschema"


@pytest.mark.skipif(not LATER.exists(), reason="no later OVN: run tools/ovn26-root")
def test_a_schema_of_a_later_ovn() -> None:
    async def main(server: Server) -> None:
        async with realiser(server) as made:
            acl = row("ACL", "g/1", priority=1, direction="to-lport", action="drop", match="1", tier=2)
            units = {**world(20), "g": Unit((row("Port_Group", "g", name="g", acls=frozenset({acl.uuid})), acl))}
            made.replace(units, 1)
            await made.wait(1)
            assert not made.failures
            assert found(made.replica) == expected(units)
            assert (await made.compare()).updated == 0

    with alone(LATER) as server:
        asyncio.run(main(server))
