"""Junos' driver over real SSH, against a server that answers as Juniper documents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from crossconnect.errors import Busy, Rejected
from crossconnect.nos.junos.names import MAIN
from crossconnect.nos.network_os import Commands, Query
from crossconnect.transport.change import Change
from crossconnect.transport.drivers.junos import JunosDriver
from crossconnect.transport.drivers.junos_words import differences, minutes
from crossconnect.transport.netconf.xml import element
from junos_peer import JunosPeer, JunosWorld

OLD, NEW = "system {\n    host-name a;\n}\n", "system {\n    host-name b;\n}\n"
DO, UNDO = "set system host-name b\n", "set system host-name a\n"
CHANGE = Change(
    name="xc-junos",
    commands=(Commands(file=MAIN, how="cli", text=DO),),
    undo=(Commands(file=MAIN, how="cli", text=UNDO),),
    old={MAIN: OLD},
    new={MAIN: NEW},
)


def run(tmp_path: Path, work: Callable[[JunosWorld, JunosPeer], Awaitable[None]]) -> None:
    """With a fresh device."""

    async def whole() -> None:
        world = JunosWorld(OLD, NEW, DO, UNDO)
        async with asyncio.timeout(300), JunosPeer(world, tmp_path) as peer:
            await work(world, peer)

    asyncio.run(whole())


def test_prepared_loaded_confirmed(tmp_path: Path) -> None:
    """Input: a good change with 210 s, each step in a session of its own. Output: four minutes on the device; then
    confirmed, and the timer is gone. No check is made while it runs (the server fails the test on one)."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        async with JunosDriver(peer.target()) as driver:
            await driver.prepare(CHANGE)
        assert world.active == world.candidate == OLD
        async with JunosDriver(peer.target()) as driver:
            await driver.load(CHANGE, 210)
        assert world.active == NEW
        assert world.minutes == 4
        async with JunosDriver(peer.target()) as driver:
            await driver.verify(CHANGE)
            assert await driver.is_pending(CHANGE)
            assert await driver.look(CHANGE) == "pending"
            await driver.confirm(CHANGE)
            await driver.confirm(CHANGE)
            assert await driver.look(CHANGE) == "new"
            assert not await driver.is_pending(CHANGE)
        world.passes(600)
        assert world.active == NEW

    run(tmp_path, work)


def test_the_device_takes_back_what_nobody_confirms(tmp_path: Path) -> None:
    """Input: loaded, and five minutes go by. Output: the old configuration; confirming is refused."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        async with JunosDriver(peer.target()) as driver:
            await driver.load(CHANGE, 210)
            world.passes(300)
            assert not await driver.is_pending(CHANGE)
            assert await driver.look(CHANGE) == "old"
            with pytest.raises(Rejected, match="taken the change back"):
                await driver.confirm(CHANGE)

    run(tmp_path, work)


@pytest.mark.parametrize("way", ["cancel", "invert", "restore"])
def test_ways_back(tmp_path: Path, way: str) -> None:
    """Input: loaded, then each way back. Output: the old configuration, and no timer."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        async with JunosDriver(peer.target()) as driver:
            await driver.load(CHANGE, 210)
            await getattr(driver, way)(CHANGE)
            assert world.active == OLD
            assert await driver.look(CHANGE) == "old"
            world.passes(600)
            assert world.active == OLD
            with pytest.raises(Rejected, match="nothing of ours"):
                await driver.cancel(CHANGE)

    run(tmp_path, work)


def test_refused_drifted_locked_pending(tmp_path: Path) -> None:
    """Input: a candidate that is refused, drift, another's lock, another's pending commit. Output: each with its
    reason; the candidate is left as what runs."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        async with JunosDriver(peer.target()) as driver:
            world.refuses = "interface not found"
            for step in (driver.prepare(CHANGE), driver.load(CHANGE, 210)):
                with pytest.raises(Rejected, match="interface not found"):
                    await step
            assert world.active == world.candidate == OLD
            world.refuses = ""
            world.active = "system { host-name c; }\n"
            with pytest.raises(Rejected, match=r"has drifted: .* `- system host-name a;`"):
                await driver.prepare(CHANGE)
            assert any("host-name a" in line for line in await driver.deviations(CHANGE))
            assert world.candidate == world.active
            world.active = OLD
            world.locked_by = "operator terminal p0"
            with pytest.raises(Busy, match="operator terminal p0"):
                await driver.prepare(CHANGE)
            world.locked_by = ""
            world.minutes = 10
            world.history.append("operator commit confirmed, rollback in 10mins")
            for step in (driver.prepare(CHANGE), driver.load(CHANGE, 210)):
                with pytest.raises(Busy, match="waits for its confirmation, for 600 s yet"):
                    await step

    run(tmp_path, work)


def test_a_commit_without_a_timer_is_not_believed(tmp_path: Path) -> None:
    """Input: a device that commits, and runs no timer. Output: Rejected, with that reason, and taken back."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        world.forgets_timer = True
        async with JunosDriver(peer.target()) as driver:
            with pytest.raises(Rejected, match="runs no timer"):
                await driver.load(CHANGE, 210)
        assert world.active == OLD

    run(tmp_path, work)


def test_asked_by_commands(tmp_path: Path) -> None:
    """Input: a question of the state tables. Output: the answer's JSON."""

    async def work(world: JunosWorld, peer: JunosPeer) -> None:
        async with JunosDriver(peer.target()) as driver:
            query = Query(how="cli", ask="show bgp neighbor | display json", parse=lambda _: ())
            assert await driver.ask(query) == b'{"bgp-information": []}'

    run(tmp_path, work)


def test_what_differs_only_in_a_secrets_salt_does_not() -> None:
    """Input: a comparison with a key encrypted anew, the version, and one real line. Output: the real line."""
    said = (
        '[edit protocols bgp group x]\n-   authentication-key "$9$abc"; ## SECRET-DATA\n'
        '+   authentication-key "$9$xyz"; ## SECRET-DATA\n[edit]\n-  version 21.4R1;\n[edit system]\n+   host-name b;\n'
    )
    reply = element("rpc-reply", element("configuration-output", text=said))
    assert differences(reply) == ("+ system host-name b;",)


def test_minutes_are_rounded_up() -> None:
    """Input: seconds. Output: never less than was asked for, never none."""
    assert [minutes(seconds) for seconds in (1, 60, 61, 210)] == [1, 1, 2, 4]
