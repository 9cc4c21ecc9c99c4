"""FRR 8.4 over a real sshd: a change that is confirmed, taken back, cut off, and whose maker is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import Busy, Rejected, Unreachable, Unsupported
from crossconnect.nos.network_os import Query
from crossconnect.nos.registry import system
from crossconnect.transport.change import Change
from crossconnect.transport.drivers.frr import FrrDriver
from crossconnect.transport.frr_change import DIRECTORY, FILE
from crossconnect.transport.ssh.shell import Shell
from ssh_peers import FrrHost, needs_frr_host, wait_for

pytestmark = needs_frr_host

OLD = """\
frr defaults traditional
hostname leaf-1
ip prefix-list own seq 10 permit 192.0.2.0/24
route-map out permit 10
 match ip address prefix-list own
!
router bgp 65001
 bgp router-id 192.0.2.1
 no bgp ebgp-requires-policy
 neighbor 169.254.213.1 remote-as 65002
 address-family ipv4 unicast
  network 192.0.2.0/24
  neighbor 169.254.213.1 route-map out out
 exit-address-family
!
"""
NEW = OLD.replace("permit 192.0.2.0/24\n", "permit 192.0.2.0/24\nip prefix-list own seq 20 permit 198.51.100.0/24\n", 1)
MAKER = """\
import asyncio, sys, msgspec
from crossconnect.transport.change import Change
from crossconnect.transport.drivers.frr import FrrDriver
from crossconnect.transport.target import Target
async def main():
    target, change = msgspec.json.decode(sys.stdin.buffer.readline(), type=tuple[Target, Change])
    async with FrrDriver(target) as driver:
        await driver.prepare(change)
        await driver.load(change, 10)
        await asyncio.sleep(600)
asyncio.run(main())
"""


FIRST_S, LONG_S = 590, 600
"""Timers that nobody sits out; two, so that each is known by its seconds."""


def change_of(old: str = OLD, new: str = NEW, name: str = "xc-test") -> Change:
    """A change as a plan has it."""
    frr = system("frr")
    trees = {text: {FILE: frr.parse(FILE, text)} for text in (old, new)}
    return Change(
        name=name,
        commands=frr.difference(trees[old], trees[new]),
        undo=frr.difference(trees[new], trees[old]),
        old={FILE: old},
        new={FILE: new},
    )


@pytest.fixture
def host(tmp_path: Path) -> Iterator[FrrHost]:
    """FRR behind sshd."""
    made = FrrHost(tmp_path, OLD)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def run(work: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, and not for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(600):
            await work()

    asyncio.run(bounded())


async def shown(host: FrrHost) -> str:
    """What FRR runs."""
    async with Shell(host.sshd.target()) as shell:
        return await shell.must("vtysh -c 'show running-config'", "asking")


def test_prepared_loaded_verified_confirmed(host: FrrHost) -> None:
    """Input: a good change, each step over a connection of its own. Output: it runs, is saved, and no timer is left."""
    change = change_of()

    async def work() -> None:
        for step in ("prepare", "load", "verify", "is_pending", "look", "confirm", "confirm", "look"):
            async with FrrDriver(host.sshd.target()) as driver:
                said = await (driver.load(change, LONG_S) if step == "load" else getattr(driver, step)(change))
                assert step != "is_pending" or said is True
                if step == "look":
                    heard.append(said)
                if step == "load":
                    assert (host.etc / FILE).read_text() == OLD
        async with FrrDriver(host.sshd.target()) as driver:
            assert not await driver.is_pending(change)
        assert "198.51.100.0/24" in await shown(host)

    heard: list[str] = []
    run(work)
    assert heard == ["pending", "new"]
    assert (host.etc / FILE).read_text() == NEW
    assert (host.etc / FILE).owner() == "frr"


def test_cancelled_inverted_restored(host: FrrHost) -> None:
    """Input: loaded, then each way back. Output: the old configuration each time; nothing is pending then, so that
    cancelling once more is refused."""
    change = change_of()

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver:
            for way in ("cancel", "invert", "restore"):
                await driver.prepare(change)
                await driver.load(change, LONG_S)
                await getattr(driver, way)(change)
                assert await driver.look(change) == "old"
                assert "198.51.100.0/24" not in await shown(host)
            with pytest.raises(Rejected, match="nothing waits"):
                await driver.cancel(change)

    run(work)


@pytest.mark.parametrize("end", ["confirm", "cancel", "invert", "restore"])
def test_the_timer_of_an_earlier_change_leaves_the_next_one_alone(host: FrrHost, end: str) -> None:
    """Input: a change, decided at once; then another one. Output: nothing of the first is left, and the second still
    waits when the first one's seconds are over."""
    first, second = change_of(name="first"), change_of(name="second")
    back = change_of(NEW, OLD, "second")

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver:
            await driver.load(first, FIRST_S)
            await getattr(driver, end)(first)
            assert [line for line in _lines(host.processes()) if "watchdog.sh" in line] == []
            now = back if end == "confirm" else second
            await driver.load(now, LONG_S)
            _are_over(host, FIRST_S)
            assert await driver.is_pending(now)
            assert await driver.look(now) == "pending"
            await driver.confirm(now)

    run(work)


def test_a_watchdog_whose_number_is_no_longer_there_does_nothing(host: FrrHost) -> None:
    """Input: a watchdog that could not be stopped, its number replaced by the next one's. Output: the next one's mark
    is there after the first one's seconds."""
    change = change_of()

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver, Shell(host.sshd.target()) as shell:
            await driver.load(change, FIRST_S)
            await shell.must(f"echo 1 > {DIRECTORY}/watchdog.pid", "replacing the number")
            wait_for(lambda: _are_over(host, FIRST_S), "nobody waits")
            wait_for(lambda: not any("watchdog.sh" in line for line in _lines(host.processes())), "the watchdog's end")
            await shell.must(f"test -e {DIRECTORY}/pending && ! test -e {DIRECTORY}/expired", "looking")

    run(work)


def test_whoever_made_the_change_is_killed(host: FrrHost) -> None:
    """Input: a process loads a change with ten seconds, and is killed (-9) when the host's timer runs. Output: the host
    takes it back by itself; who comes afterwards sees the old configuration, and is too late to confirm."""
    change = change_of()
    maker = subprocess.Popen([sys.executable, "-c", MAKER], stdin=subprocess.PIPE)
    assert maker.stdin is not None
    maker.stdin.write(msgspec.json.encode((host.sshd.target(), change)) + b"\n")
    maker.stdin.flush()

    async def work() -> None:
        async with Shell(host.sshd.target()) as shell, FrrDriver(host.sshd.target()) as driver:
            while (await shell.run(f"test -s {DIRECTORY}/watchdog.pid")).status:
                await asyncio.sleep(0.1)
            maker.kill()
            maker.wait()
            while (await shell.run(f"test -e {DIRECTORY}/restored")).status:
                await asyncio.sleep(0.2)
            assert await driver.look(change) == "old"
            with pytest.raises(Rejected, match="taken the change back"):
                await driver.confirm(change)
        assert "198.51.100.0/24" not in await shown(host)

    run(work)
    assert (host.etc / FILE).read_text() == OLD


def test_the_cable_is_cut_while_the_timer_runs(host: FrrHost) -> None:
    """Input: loaded, then no way to the host, and the timer ends. Output: it takes the change back while nobody can
    reach it; before that a command is Unreachable in the time that it was given."""
    change = change_of()

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver, Shell(host.sshd.target()) as shell:
            await driver.load(change, LONG_S)
            host.cut()
            with pytest.raises(Unreachable):
                await shell.run("true", timeout_s=1)
        wait_for(lambda: _are_over(host, LONG_S), "nobody waits")
        wait_for(lambda: not any("watchdog.sh" in line for line in _lines(host.processes())), "the watchdog's end")
        host.cut(down=False)
        async with FrrDriver(host.sshd.target()) as driver:
            assert await driver.look(change) == "old"

    run(work)


def _lines(numbers: list[str]) -> list[str]:
    """Command lines of processes that are still there."""
    lines: list[str] = []
    for number in numbers:
        with contextlib.suppress(OSError):
            lines.append(Path(f"/proc/{number}/cmdline").read_text())
    return lines


def _are_over(host: FrrHost, seconds: int) -> bool:
    """As if so many seconds were over, for whoever waits for that on the host; whether anybody does."""
    waiting = [number for number in host.processes() if _lines([number]) == [f"sleep\0{seconds}\0"]]
    for number in waiting:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(number), 9)
    return bool(waiting)


def test_drift_another_change_and_unreadable_commands(host: FrrHost) -> None:
    """Input: a host that runs something else; one on which a change waits; commands that FRR cannot read; another file.
    Output: refused, each with its reason, and nothing is changed."""
    change = change_of()

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver:
            with pytest.raises(Rejected, match=r"has drifted: .* needs `ip prefix-list own seq 20"):
                await driver.prepare(change_of(NEW, OLD))
            said = await driver.deviations(change_of(NEW, OLD))
            assert said == ("ip prefix-list own seq 20 permit 198.51.100.0/24",)
            assert await driver.deviations(change) == ()

            broken = msgspec.structs.replace(
                change, commands=(msgspec.structs.replace(change.commands[0], text="colour red\n"),)
            )
            for step in (driver.prepare(broken), driver.load(broken, 60)):
                with pytest.raises(Rejected, match="cannot read commands"):
                    await step
            assert not await driver.is_pending(broken)
            with pytest.raises(Unsupported, match="changes in interfaces"):
                await driver.prepare(msgspec.structs.replace(change, new={**change.new, "interfaces": "x"}))
            await driver.load(change, LONG_S)
            other = msgspec.structs.replace(change, name="xc-other")
            for step in (driver.prepare(other), driver.load(other, 60)):
                with pytest.raises(Busy, match="xc-test"):
                    await step
            assert not await driver.is_pending(other)
            with pytest.raises(Rejected):
                await driver.confirm(other)
            assert await driver.is_pending(change)
            await driver.cancel(change)

    run(work)


def test_commands_that_do_not_lead_to_the_plan_are_taken_back(host: FrrHost) -> None:
    """Input: commands that FRR takes, and that leave something else than the plan says. Output: Rejected, with the line
    that is left; the old configuration runs, and no timer."""
    change = change_of()

    async def work() -> None:

        half = msgspec.structs.replace(change, commands=())
        async with FrrDriver(host.sshd.target()) as driver:
            with pytest.raises(Rejected, match=r"does not run what was loaded: `ip prefix-list own seq 20"):
                await driver.load(half, LONG_S)
            assert not await driver.is_pending(half)
            assert await driver.look(half) == "old"

    run(work)


def test_given_for_good_and_asked(host: FrrHost) -> None:
    """Input: draining twice; a question about state. Output: no error the second time; FRR's JSON."""
    drained = OLD.replace("bgp 65001\n", "bgp 65001\n bgp graceful-shutdown\n")
    change = change_of(OLD, drained, "xc-drain")

    async def work() -> None:
        async with FrrDriver(host.sshd.target()) as driver:
            await driver.give(change)
            await driver.give(change)
            assert "bgp graceful-shutdown" in await shown(host)
            answer = await driver.ask(Query(how="cli", ask="show bgp vrf all neighbors json", parse=lambda _: ()))
            assert b"169.254.213.1" in answer
            with pytest.raises(Unsupported):
                await driver.ask(Query(how="gnmi", ask="/", parse=lambda _: ()))

    run(work)
