"""SR Linux's driver over gNMI's commit-confirmed extension, against the peer made of the published files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import Busy, Rejected, Unreachable
from crossconnect.transport.change import Driver
from crossconnect.transport.drivers import guarded
from crossconnect.transport.gnmi import Invalid
from device_worlds import PASSWORD, SECRET, GnmiWorld

LONG_S = 600
SOON_S = 8
"""For a commit that the driver still looks at, on a slow machine too."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GnmiWorld]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    monkeypatch.setattr(guarded, "LOOK_AGAIN_S", 0.0)
    world = GnmiWorld(tmp_path)
    yield world
    world.peer.kill()


def test_prepared_loaded_verified_confirmed(world: GnmiWorld) -> None:
    async def work(driver: Driver) -> list[str]:
        change, looks = world.change, []
        await driver.prepare(change)
        looks.append(await driver.look(change))
        await driver.load(change, LONG_S)
        looks.append(await driver.look(change))
        assert world.boots == world.old
        with pytest.raises(Busy):
            await driver.load(change, LONG_S)
        await driver.confirm(change)
        looks.append(await driver.look(change))
        await driver.confirm(change)
        return looks

    assert world.do(work) == ["old", "pending", "new"]
    assert world.boots == world.new


def test_cancelled_and_taken_back_by_other_ways(world: GnmiWorld) -> None:
    async def work(driver: Driver) -> None:
        change = world.change
        await driver.load(change, LONG_S)
        await driver.cancel(change)
        assert await driver.look(change) == "old"
        with pytest.raises(Rejected, match="nothing of ours"):
            await driver.cancel(change)
        for way in (driver.invert, driver.restore):
            await driver.load(change, LONG_S)
            await way(change)
            assert await driver.look(change) == "old"
            await driver.load(change, LONG_S)
            await driver.confirm(change)
            await way(change)
            assert await driver.look(change) == "old"
        await driver.give(change)
        assert await driver.look(change) == "new"

    world.do(work)


def test_the_timer_fires_and_the_confirmation_is_refused(world: GnmiWorld) -> None:
    world.do(lambda driver: driver.load(world.change, SOON_S))
    deadline = time.monotonic() + 120
    while world.do(lambda driver: driver.look(world.change)) != "old":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    with pytest.raises(Rejected, match="taken the change back") as caught:
        world.do(lambda driver: driver.confirm(world.change))
    assert SECRET not in str(caught.value)


def test_a_device_that_dies_while_the_timer_runs(world: GnmiWorld) -> None:
    world.do(lambda driver: driver.load(world.change, LONG_S))
    world.peer.kill()
    with pytest.raises(Unreachable):
        world.do(lambda driver: driver.look(world.change))
    world.peer.start()
    assert world.do(lambda driver: driver.look(world.change)) == "old"


def test_anothers_commit_is_not_decided_about(world: GnmiWorld) -> None:
    theirs = msgspec.structs.replace(world.change, name="theirs")
    world.do(lambda driver: driver.load(theirs, LONG_S))
    with pytest.raises(Busy):
        world.do(lambda driver: driver.prepare(world.change))
    for way in ("confirm", "cancel"):
        with pytest.raises(Invalid, match="waits is theirs"):
            world.do(lambda driver, way=way: getattr(driver, way)(world.change))
    world.do(lambda driver: driver.cancel(theirs))
