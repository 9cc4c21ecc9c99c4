"""From commands of tenants to rows in a real northbound database, and back to the state that they see."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from cloud_kinds import KINDS, NETWORK, PORT, Network, NetworkBody, Port, PortBody, PortPatch
from cloud_service import RED, serving
from crossconnect.cloud.ovn.compiler import Delta
from crossconnect.cloud.realise import Options, Unit
from crossconnect.cloud.realise.following import Changes, Following
from crossconnect.cloud.realise.placement import Reach
from crossconnect.cloud.service import Service
from crossconnect.transport.ovsdb import ALL, Backoff, Schema, Session, insert, update
from crossconnect.transport.ovsdb import Options as SessionOptions
from northbound_units import expected, found, port, row, switch
from ovsdb_server import DATABASE, Server, alone, needs_ovsdb

pytestmark = needs_ovsdb
QUICK = SessionOptions(backoff=Backoff(0.02, 0.2))
SOUTHBOUND, SOUTHBOUND_SCHEMA = "OVN_Southbound", Path("/usr/share/ovn/ovn-sb.ovsschema")
CALM = Options(backoff=Backoff(0.02, 0.2))
PATIENCE_S = 120.0


class Toy:
    """A compiler of the small kinds: a network is a switch, a port a port; address 13 cannot be compiled, and 7 not be
    realised."""

    def __init__(self, schema: Schema) -> None:
        assert schema.has("Logical_Switch")
        self.unlucky: set[str] = set()

    def options(self) -> dict[str, str]:
        return {"toy": "yes"}

    def observe(self, down: Iterable[str]) -> Delta:
        """A switch for those that are down."""
        now = {f"n{n}": id for n, id in enumerate(sorted(down))}
        made = Unit((row("Logical_Switch", "down", name="down", other_config=now),)) if now else None
        bad = Unit((row("Logical_Switch", "bad", nonsense="x"),)) if len(now) > 1 else None
        return Delta({"region/down": made, "region/bad": bad})

    def reach(self, ids: Iterable[str]) -> Reach:
        """A network is called like itself."""
        return Reach(frozenset(ids))

    def apply(self, changes: Changes) -> Delta:
        units: dict[str, Unit | None] = {}
        failed: dict[str, str] = {}
        for id, now in changes:
            key = f"{id}/row"
            if isinstance(now, Network):
                units[key] = switch(id)
            elif isinstance(now, Port) and now.address == 13:
                failed[id] = "13 brings bad luck"
                units[key] = None
            elif isinstance(now, Port):
                groups = ["nowhere"] if now.address == 7 else []
                units[key] = port(id, now.network_id, groups, f"dynamic 10.0.0.{now.address}", resource=id)
            else:
                units[key] = None
            if id in self.unlucky and id not in failed:
                failed[id] = ""
            self.unlucky = {*self.unlucky, *(one for one, reason in failed.items() if reason)}
        return Delta(units, failed)


@contextlib.asynccontextmanager
async def following(service: Service, server: Server, token: str = "one") -> AsyncIterator[Following]:
    async with (
        Session(server.remote, DATABASE, QUICK) as session,
        Following(service, KINDS, session, Toy, token, CALM) as made,
    ):
        yield made


def story(path: Path, test: Callable[[Service, Server], Awaitable[None]]) -> None:
    """A store, a northbound database, a test."""

    async def main(server: Server) -> None:
        async with asyncio.timeout(400), serving(str(path / "cloud.db")) as service:
            await test(service, server)

    with alone() as server:
        asyncio.run(main(server))


async def state(service: Service, id: str, revision: int) -> tuple[str, str]:
    """A port's state as soon as its change is realised or has failed."""
    document = await service.wait(PORT, RED, id, revision, timeout_s=PATIENCE_S)
    assert document is not None
    now = document.resource(Port)
    return now.state, now.state_reason


def test_a_command_is_pending_until_its_rows_are_there(tmp_path: Path) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        first = await service.create(PORT, RED, PortBody(network_id=network, address=1))
        assert first.document.state == "pending"
        async with following(service, server) as made:
            assert await state(service, first.document.id, first.revision) == ("available", "")
            second = await service.create(PORT, RED, PortBody(network_id=network, address=2))
            assert await state(service, second.document.id, second.revision) == ("available", "")
            gone = await service.delete(PORT, RED, first.document.id)
            assert await service.wait(PORT, RED, first.document.id, gone.revision, timeout_s=PATIENCE_S) is None
            units = {
                "n": switch(network),
                "p": port(second.document.id, network, [], "dynamic 10.0.0.2", resource=second.document.id),
            }
            assert found(made.realiser.replica) == expected(units)

    story(tmp_path, test)


def test_what_cannot_be_is_failed_with_the_reason_until_it_is_mended(tmp_path: Path) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        async with following(service, server):
            made = [await service.create(PORT, RED, PortBody(network_id=network, address=n)) for n in (7, 13, 14)]
            [seven, thirteen, fourteen] = [(one.document.id, one.revision) for one in made]
            assert await state(service, *fourteen) == ("available", "")
            assert await state(service, *thirteen) == ("failed", "13 brings bad luck")
            nowhere = "it is part of Port_Group nowhere, which is not there"
            assert await state(service, *seven) == ("failed", nowhere)
        async with following(service, server, "two"):
            changed = await service.update(PORT, RED, seven[0], PortPatch(address=8))
            assert await state(service, seven[0], changed.revision) == ("available", "")
            assert await state(service, *thirteen) == ("failed", "13 brings bad luck")
            changed = await service.update(PORT, RED, thirteen[0], PortPatch(address=7))
            assert await state(service, thirteen[0], changed.revision) == ("failed", nowhere)
            changed = await service.update(PORT, RED, thirteen[0], PortPatch(address=15))
            assert await state(service, thirteen[0], changed.revision) == ("available", "")

    story(tmp_path, test)


def test_a_failure_that_ended_while_nobody_was_there_is_cleared(tmp_path: Path) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        made = await service.create(PORT, RED, PortBody(network_id=network, address=1))
        await service.realised(made.revision, {made.document.id: "it was so once"})
        assert await state(service, made.document.id, made.revision) == ("failed", "it was so once")
        async with following(service, server):
            while await state(service, made.document.id, made.revision) != ("available", ""):
                await asyncio.sleep(0.02)

    story(tmp_path, test)


def test_the_compiler_hears_of_ports_that_go_down_and_come_up(tmp_path: Path) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        made = await service.create(PORT, RED, PortBody(network_id=network, address=1))
        async with following(service, server) as one, Session(server.remote, DATABASE, QUICK) as northd:
            assert await state(service, made.document.id, made.revision) == ("available", "")
            ports = (await northd.connected()).table("Logical_Switch_Port")

            def down() -> list[object]:
                rows = one.realiser.replica.rows("Logical_Switch").values()
                return [r["other_config"] for r in rows if r["name"] == "down"]

            for up, expected_ in ((False, [{"n0": made.document.id}]), (True, []), (False, [{"n0": made.document.id}])):
                await northd.transact([update(ports, ALL, {"up": up})])
                await one.realiser.replica.wait_until(lambda _, e=expected_: down() == e, PATIENCE_S)
            await service.create(PORT, RED, PortBody(network_id=network, address=2))
            await one.realiser.replica.wait_until(lambda r: len(r.rows("Logical_Switch_Port")) == 2, PATIENCE_S)
            await northd.transact([update(ports, ALL, {"up": False})])
            while one.reason != "the northbound database has no column Logical_Switch.nonsense":
                await asyncio.sleep(0.02)
            await northd.transact([update(ports, ALL, {"up": True})])
            while one.reason:
                await asyncio.sleep(0.02)
            await service.delete(PORT, RED, made.document.id)
            await one.realiser.replica.wait_until(lambda _: down() == [], PATIENCE_S)
            [row] = one.realiser.replica.rows("NB_Global").values()
            assert row["options"] == {"toy": "yes"}

    story(tmp_path, test)


def test_the_compiler_hears_of_what_health_checks_find_in_the_southbound_database(tmp_path: Path) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        made = await service.create(PORT, RED, PortBody(network_id=network, address=1))
        with alone(SOUTHBOUND_SCHEMA) as other:
            async with (
                Session(server.remote, DATABASE, QUICK) as session,
                Session(other.remote, SOUTHBOUND, QUICK) as checks,
                Session(other.remote, SOUTHBOUND, QUICK) as northd,
                Following(service, KINDS, session, Toy, "one", CALM, southbound=checks) as one,
            ):
                assert await state(service, made.document.id, made.revision) == ("available", "")
                monitors = (await northd.connected()).table("Service_Monitor")
                port = next(iter(one.realiser.replica.rows("Logical_Switch_Port").values()))

                def unwell() -> list[object]:
                    rows = one.realiser.replica.rows("Logical_Switch").values()
                    return [r["other_config"] for r in rows if r["name"] == "down"]

                asked = {"logical_port": port["name"], "ip": "10.0.0.1", "protocol": "tcp", "port": 80}
                other_port = asked | {"logical_port": "somebody's", "status": "offline"}
                await northd.transact([insert(monitors, asked), insert(monitors, other_port)])
                mine = [["logical_port", "==", port["name"]]]
                for status, expected_ in (
                    ("offline", [{"n0": made.document.id}]), ("online", []), ("error", [{"n0": made.document.id}]),
                ):  # fmt: skip
                    await northd.transact(
                        [{"op": "update", "table": "Service_Monitor", "where": mine, "row": {"status": status}}]
                    )
                    await one.realiser.replica.wait_until(lambda _, e=expected_: unwell() == e, PATIENCE_S)

    story(tmp_path, test)


def test_a_bug_of_a_compiler_is_told_and_logged_until_it_is_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Toy):
        def apply(self, changes: Changes) -> Delta:
            if any(isinstance(now, Port) and now.address == 66 for _, now in changes):
                raise KeyError("kind")
            return super().apply(changes)

    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=100))).document.id
        async with (
            Session(server.remote, DATABASE, QUICK) as session,
            Following(service, KINDS, session, Broken, "one", CALM) as made,
        ):
            bad = await service.create(PORT, RED, PortBody(network_id=network, address=66))
            good = await service.create(PORT, RED, PortBody(network_id=network, address=1))
            while not made.reason:
                await asyncio.sleep(0.02)
            assert made.reason == "a bug: KeyError('kind')"
            await service.delete(PORT, RED, bad.document.id)
            assert await state(service, good.document.id, good.revision) == ("available", "")
            while made.reason:
                await asyncio.sleep(0.02)
        assert "following the store" in caplog.text

    story(tmp_path, test)


@pytest.mark.parametrize("kill", ["northbound", "follower"])
def test_nothing_is_lost_while_one_of_them_is_away(tmp_path: Path, kill: str) -> None:
    async def test(service: Service, server: Server) -> None:
        network = (await service.create(NETWORK, RED, NetworkBody(size=500))).document.id
        units = {"n": switch(network)}

        async def create(count: int) -> int:
            last = 0
            for _ in range(count):
                address = 100 + len(units)
                made = await service.create(PORT, RED, PortBody(network_id=network, address=address))
                units[made.document.id] = port(
                    made.document.id, network, [], f"dynamic 10.0.0.{address}", resource=made.document.id
                )
                last = made.revision
            return last

        async with contextlib.AsyncExitStack() as stack:
            first = await stack.enter_async_context(contextlib.AsyncExitStack())
            one = await first.enter_async_context(following(service, server))
            last = await create(20)
            if kill == "northbound":
                server.kill()
                last = await create(20)
                server.start()
            else:
                two = await stack.enter_async_context(following(service, server, "two"))
                await two.realiser.wait(last)
                await first.aclose()
                last = await create(20)
                one = two
            key = [*units][-1]
            assert await state(service, key, last) == ("available", "")
            assert found(one.realiser.replica) == expected(units)

    story(tmp_path, test)
