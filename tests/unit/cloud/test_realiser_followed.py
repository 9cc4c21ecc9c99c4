"""A realiser, a real northd and a southbound database: how far a change has come; a southbound database that is wiped;
a cluster of northbound servers whose leaders go."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest

import ovn_central
from crossconnect.cloud.realise import Batch, Options, Realiser
from crossconnect.transport.ovsdb import ALL, Backoff, Chosen, Session, insert, named, update
from crossconnect.transport.ovsdb import Options as SessionOptions
from northbound_units import expected, found, port, switch, world
from ovn_central import VERSIONS
from ovsdb_server import DATABASE, NORTHBOUND, Cluster, Server, alone, cluster, needs_ovsdb, run, scratch

SOUTHBOUND = NORTHBOUND.with_name("ovn-sb.ovsschema")
pytestmark = [
    needs_ovsdb,
    pytest.mark.skipif(shutil.which("ovn-northd") is None, reason="no northd: install ovn-central"),
]
QUICK = SessionOptions(backoff=Backoff(0.02, 0.2))
CALM = Options(backoff=Backoff(0.02, 0.2))
PATIENCE_S = 120.0
"""A northd that has died is started again after up to 10 s."""


@contextlib.contextmanager
def central() -> Iterator[tuple[Server, Server]]:
    """Both databases, with northd between them."""
    with scratch() as north, scratch() as south, alone(directory=north) as nb, alone(SOUTHBOUND, directory=south) as sb:
        command = ["ovn-northd", f"--ovnnb-db={nb.remote}", f"--ovnsb-db={sb.remote}", f"--unixctl={north}/northd.ctl"]
        northd = subprocess.Popen([*command, "-vconsole:off", f"--log-file={north}/northd.log"])
        try:
            yield nb, sb
        finally:
            northd.kill()
            northd.wait()


@contextlib.asynccontextmanager
async def realiser(remote: str, token: str = "one") -> AsyncIterator[Realiser]:
    async with Session(remote, DATABASE, QUICK) as session, Realiser(session, token, CALM) as made:
        yield made


async def chassis(southbound: Session) -> None:
    """A hypervisor registers; nobody runs behind it."""
    tables = southbound.schema.tables
    encap = named("encap", 1)
    made = named("chassis", 1)
    await southbound.transact(
        [
            insert(tables["Encap"], {"type": "geneve", "ip": "192.0.2.1", "chassis_name": "hv1"}, name=encap),
            insert(tables["Chassis"], {"name": "hv1", "hostname": "hv1", "encaps": [encap]}, name=made),
            insert(tables["Chassis_Private"], {"name": "hv1", "chassis": made}),
        ]
    )


def test_waiting_for_northd_and_for_hypervisors() -> None:
    async def main(nb: Server, sb: Server) -> None:
        async with (
            asyncio.timeout(400),
            Session(sb.remote, "OVN_Southbound", QUICK) as southbound,
            realiser(nb.remote) as one,
        ):
            units = world(10)
            one.replace(units, 1)
            await one.wait(1, "southbound")
            copy = southbound.replica(lambda _: {"Port_Binding": Chosen(("logical_port",)), "SB_Global": Chosen()})
            await copy.loaded()
            assert {r["logical_port"] for r in copy.rows("Port_Binding").values()} == {f"port{n}" for n in range(10)}
            await one.wait(1, "hypervisors")  # there are none
            await chassis(southbound)
            one.submit(Batch(2, {"port10": port("port10", "switch0")}))
            waits = [asyncio.create_task(one.wait(2, "hypervisors")) for _ in range(50)]
            await one.wait(2, "southbound")
            await asyncio.sleep(0.3)
            assert not any(task.done() for task in waits)
            private = southbound.schema.table("Chassis_Private")
            asked = 0
            while not all(task.done() for task in waits):
                # The hypervisor follows. What was asked for last may not have been there when it looked.
                [now] = [r["nb_cfg"] for r in copy.rows("SB_Global").values()]
                assert isinstance(now, int)
                if now > asked:
                    asked = now
                    await southbound.transact([update(private, ALL, {"nb_cfg": asked})])
                await asyncio.sleep(0.02)
            await asyncio.gather(*waits)
            assert asked <= 6  # fifty share one or two
            with pytest.raises(
                TimeoutError, match="it is in the northbound database, and northd or a hypervisor has not"
            ):
                await one.wait(2, "hypervisors", timeout_s=0.5)

    with central() as (nb, sb):
        asyncio.run(main(nb, sb))


def test_settings_stand_beside_those_of_northd() -> None:
    async def main(nb: Server, sb: Server) -> None:
        async with asyncio.timeout(400), realiser(nb.remote) as one:
            settings = {"use_ct_inv_match": "false", "mac_prefix": "0a:00:00"}
            one.replace(world(2), 1, settings)
            await one.wait(1, "southbound")

            def options() -> dict[object, object]:
                [row] = one.replica.rows("NB_Global").values()
                assert isinstance(row["options"], dict)
                return {**row["options"]}

            assert settings.items() <= options().items()
            assert "svc_monitor_mac" in options()  # northd's own
            assert (await one.compare()).updated == 0

    with central() as (nb, sb):
        asyncio.run(main(nb, sb))


@pytest.mark.parametrize("later", VERSIONS)
def test_northd_survives_a_switch_that_goes_and_comes(later: bool) -> None:
    """26.03.1 dies where a datapath is deleted and inserted with the same UUID before it has looked."""

    async def main(remote: str) -> None:
        async with asyncio.timeout(400), realiser(remote) as one:
            one.replace(world(10), 0)
            await one.wait(0, "southbound")
            for number in range(1, 31):
                one.submit(Batch(number, {"lone": switch("lone") if number % 2 else None}))
                await one.wait(number)
            await one.wait(30, "southbound", timeout_s=PATIENCE_S)

    with ovn_central.central(later) as box:
        asyncio.run(main(f"unix:{box.directory}/nb.sock"))


@pytest.mark.parametrize("together", [True, False], ids=["together", "apart"])
@pytest.mark.parametrize("later", VERSIONS)
def test_northd_survives_switches_that_come_while_others_go(later: bool, together: bool) -> None:
    """26.03.1 dies where in one of its runs a switch goes and another comes: in one change of ours, or in two."""

    async def main(remote: str) -> None:
        async with asyncio.timeout(400), realiser(remote) as one:
            one.replace(world(10), 0)
            await one.wait(0, "southbound")
            number = 0
            for turn in range(10):
                changes = [{f"lone{turn - 1}": None} if turn else {}, {f"lone{turn}": switch(f"lone{turn}")}]
                for units in [changes[0] | changes[1]] if together else changes:
                    number += 1
                    one.submit(Batch(number, units))
                    await one.wait(number)
            await one.wait(number, "southbound", timeout_s=PATIENCE_S)

    with ovn_central.central(later) as box:
        asyncio.run(main(f"unix:{box.directory}/nb.sock"))


def test_a_southbound_database_that_is_wiped_comes_back_by_itself() -> None:
    async def main(nb: Server, sb: Server) -> None:
        async with asyncio.timeout(400), realiser(nb.remote) as one:
            one.replace(world(10), 1)
            await one.wait(1, "southbound")
            sb.kill()
            sb.database.unlink()
            run("ovsdb-tool", "create", str(sb.database), str(SOUTHBOUND))
            sb.start()
            one.submit(Batch(2, {"port10": port("port10", "switch0")}))
            await one.wait(2)
            async with Session(sb.remote, "OVN_Southbound", QUICK) as southbound:
                copy = southbound.replica(lambda _: {"Port_Binding": Chosen(("logical_port",))})
                await copy.wait_until(lambda r: len(r.rows("Port_Binding")) == 11, PATIENCE_S)
            await one.wait(2, "southbound", timeout_s=PATIENCE_S)

    with central() as (nb, sb):
        asyncio.run(main(nb, sb))


def test_leaders_of_a_cluster_go_while_two_realisers_run() -> None:
    async def main(servers: Cluster) -> None:
        units, remotes = world(20), servers.remotes
        async with asyncio.timeout(400), realiser(remotes) as one, realiser(remotes, "two") as two:
            for each in (one, two):
                each.replace(units, 0)
            await one.wait(0)
            for number in range(1, 60):
                key = f"port{number + 30}"
                units[key] = port(key, f"switch{number % 10}", [f"group{number % 5}"])
                for each in (one, two):
                    each.submit(Batch(number, {key: units[key]}))
                if number == 20:
                    leader = await asyncio.to_thread(servers.leader)
                    await asyncio.to_thread(leader.control_command, "cluster/failure-test", "transfer-leadership")
                if number == 40:
                    (await asyncio.to_thread(servers.leader)).kill()  # there may be none for a while
                await asyncio.sleep(0.01)
            await asyncio.gather(*(each.wait(59, timeout_s=PATIENCE_S) for each in (one, two)))
            assert found(one.replica) == expected(units)
            async with asyncio.timeout(PATIENCE_S):
                while one.writing == two.writing:
                    await asyncio.sleep(0.02)

    with cluster() as made:
        asyncio.run(main(made))
