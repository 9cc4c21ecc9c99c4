"""SONiC's driver over a real sshd, against a box that has SONiC's commands as they are published."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from crossconnect.errors import Busy, Rejected
from crossconnect.nos.network_os import Query
from crossconnect.nos.registry import system
from crossconnect.nos.sonic.render import CONFIG_DB, FRR
from crossconnect.transport.change import Change
from crossconnect.transport.drivers.sonic import SonicDriver
from sonic_peer import SonicBox
from ssh_peers import needs_sshd

pytestmark = needs_sshd

ROUTING = "router bgp 65001\n bgp router-id 192.0.2.1\nexit\n!\n"
OLD = {"DEVICE_METADATA": {"localhost": {"hostname": "a"}}, "VLAN": {"Vlan10": {"vlanid": "10"}}}
NEW = {**OLD, "VLAN": {"Vlan10": {"vlanid": "10"}, "Vlan20": {"vlanid": "20"}}}
BOX = {**OLD, "DEVICE_METADATA": {"localhost": {"hostname": "a", "mac": "02:00:00:00:00:01"}}, "CRM": {"Config": {}}}
"""What the box has beside ours."""


def change_of(old: object, new: object, name: str = "xc-sonic") -> Change:
    """A change as a plan has it."""
    sonic = system("sonic")
    texts = [{CONFIG_DB: json.dumps(tables), FRR: ROUTING} for tables in (old, new)]
    before, after = ({file: sonic.parse(file, text) for file, text in files.items()} for files in texts)
    return Change(
        name=name,
        commands=sonic.difference(before, after),
        undo=sonic.difference(after, before),
        old=texts[0],
        new=texts[1],
    )


CHANGE = change_of(OLD, NEW)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[SonicBox]:
    """A box that listens."""
    made = SonicBox(tmp_path, json.dumps(BOX), ROUTING)
    try:
        made.sshd.start()
        yield made
    finally:
        made.sshd.stop()


def run(work: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, and not for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(600):
            await work()

    asyncio.run(bounded())


def vlans(box: SonicBox, file: str = "db.json") -> set[str]:
    """VLANs that the box has."""
    return set(json.loads((box.home / file).read_text())["VLAN"])


def test_prepared_loaded_confirmed(box: SonicBox) -> None:
    """Input: a good change. Output: it runs with a timer, is saved when it is confirmed, the box's own stays."""

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            await driver.prepare(CHANGE)
            assert vlans(box) == {"Vlan10"}
            await driver.load(CHANGE, 600)
            assert vlans(box) == {"Vlan10", "Vlan20"}
            assert vlans(box, "saved.json") == {"Vlan10"}
            assert await driver.look(CHANGE) == "pending"
            with pytest.raises(Busy, match="xc-sonic"):
                await driver.prepare(change_of(OLD, NEW, "xc-other"))
            await driver.confirm(CHANGE)
            assert not await driver.is_pending(CHANGE)
            assert await driver.look(CHANGE) == "new"

    run(work)
    assert vlans(box, "saved.json") == {"Vlan10", "Vlan20"}
    assert json.loads((box.home / "db.json").read_text())["DEVICE_METADATA"] == BOX["DEVICE_METADATA"]


def test_the_box_goes_back_by_itself(box: SonicBox) -> None:
    """Input: loaded, disconnected, and the timer ends. Output: the old tables; confirming is too late."""

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            await driver.load(CHANGE, 600)
        box.timer_ends(CHANGE.name)
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            while await driver.is_pending(CHANGE):
                await asyncio.sleep(0.2)
            assert await driver.look(CHANGE) == "old"
            with pytest.raises(Rejected, match="taken the change back"):
                await driver.confirm(CHANGE)

    run(work)
    assert vlans(box) == {"Vlan10"}


def test_a_rollback_that_fails_has_a_second_way(box: SonicBox) -> None:
    """Input: cancelled where `config rollback` fails. Output: the kept file is loaded; the old tables run."""
    (box.home / "no-rollback").touch()

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            await driver.load(CHANGE, 600)
            await driver.cancel(CHANGE)
            assert await driver.look(CHANGE) == "old"
            assert not await driver.is_pending(CHANGE)

    run(work)
    assert "load -y" in (box.home / "log").read_text()


@pytest.mark.parametrize("way", ["cancel", "invert"])
def test_ways_back(box: SonicBox, way: str) -> None:
    """Input: loaded, then each way back. Output: the old tables, no timer, no checkpoint."""

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            await driver.load(CHANGE, 600)
            await getattr(driver, way)(CHANGE)
            assert await driver.look(CHANGE) == "old"
            assert not await driver.is_pending(CHANGE)

    run(work)
    assert vlans(box) == {"Vlan10"}
    assert not list(box.home.glob("*.cp.json"))


def test_refused_drifted_and_deaf(box: SonicBox) -> None:
    """Input: a patch that the box refuses; drift; a box that says yes and does nothing. Output: each with its reason;
    the old tables, and no timer."""

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            bad = change_of(OLD, {**NEW, "COLOUR": {"red": {}}})
            for step in (driver.prepare(bad), driver.load(bad, 600)):
                with pytest.raises(Rejected, match="invalid config"):
                    await step
            assert not await driver.is_pending(bad)
            with pytest.raises(Rejected, match=r"has drifted: .*Vlan20"):
                await driver.prepare(change_of(NEW, OLD))
            assert any("Vlan20" in line for line in await driver.deviations(change_of(NEW, OLD)))
            assert await driver.deviations(CHANGE) == ()
            (box.home / "deaf").touch()
            with pytest.raises(Rejected, match="does not run what was loaded: `set /VLAN/Vlan20"):
                await driver.load(CHANGE, 600)
            assert not await driver.is_pending(CHANGE)
            assert await driver.look(CHANGE) == "old"

    run(work)


def test_given_and_asked(box: SonicBox) -> None:
    """Input: a change without a timer, twice; a question. Output: it runs; the answer."""

    async def work() -> None:
        async with SonicDriver(box.sshd.target("sonic")) as driver:
            await driver.give(CHANGE)
            await driver.give(CHANGE)
            query = Query(how="cli", ask='vtysh -c "show bgp summary json"', parse=lambda _: ())
            assert b"router bgp 65001" in await driver.ask(query)

    run(work)
    assert vlans(box) == {"Vlan10", "Vlan20"}
