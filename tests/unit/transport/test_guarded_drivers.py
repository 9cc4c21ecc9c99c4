"""The drivers of EOS (both forms of its answers), SR Linux and NX-OS, each against a model of its device by HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import Busy, Rejected, Unreachable, Unsupported
from crossconnect.nos.network_os import Echo
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EchoReport, LldpReport
from crossconnect.transport.drivers import guarded
from crossconnect.transport.https import NoAnswer, OutcomeUnknown
from device_worlds import PASSWORD, SECRET, SYSTEMS, World
from nos_region import cases

LOAD_S = 210
LATE_S = LOAD_S + 61
"""NX-OS begins at whole minutes."""


@pytest.fixture(params=SYSTEMS)
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    monkeypatch.setattr(guarded, "LOOK_AGAIN_S", 0.0)
    world = World(request.param, tmp_path)
    yield world
    world.close()


def load(world: World, seconds: int = LOAD_S) -> None:
    world.do(lambda driver: driver.load(world.change, seconds))


def test_prepared_loaded_verified_confirmed(world: World) -> None:
    change = world.change
    world.do(lambda driver: driver.prepare(change))
    assert world.do(lambda driver: driver.look(change)) == "old"
    load(world)
    assert world.running == world.new
    assert world.boots == world.old
    assert world.do(lambda driver: driver.look(change)) == "pending"
    assert world.do(lambda driver: driver.is_pending(change))
    world.do(lambda driver: driver.verify(change))
    world.do(lambda driver: driver.confirm(change))
    assert world.boots == world.new
    assert world.do(lambda driver: driver.look(change)) == "new"
    world.model.advance(10 * LATE_S)
    assert world.running == world.new
    world.do(lambda driver: driver.confirm(change))


def test_the_timer_fires_when_nobody_confirms(world: World) -> None:
    load(world)
    world.model.advance(LOAD_S - 1)
    assert world.running == world.new
    world.model.advance(LATE_S - LOAD_S + 1)
    assert world.running == world.old
    assert world.do(lambda driver: driver.look(world.change)) == "old"
    with pytest.raises(Rejected, match="taken the change back"):
        world.do(lambda driver: driver.confirm(world.change))
    with pytest.raises(Rejected, match="nothing of ours"):
        world.do(lambda driver: driver.cancel(world.change))


def test_a_reboot_while_the_timer_runs_brings_the_old_configuration(world: World) -> None:
    load(world)
    world.model.reboot()
    assert world.running == world.old
    assert world.do(lambda driver: driver.look(world.change)) == "old"
    world.model.advance(LATE_S)
    assert world.running == world.old


def test_cancelled(world: World) -> None:
    load(world)
    world.do(lambda driver: driver.cancel(world.change))
    assert world.running == world.boots == world.old
    world.do(lambda driver: driver.prepare(world.change))


@pytest.mark.parametrize("way", ["invert", "restore"])
@pytest.mark.parametrize("confirmed", [True, False])
def test_taken_back_by_other_ways(world: World, way: str, confirmed: bool) -> None:
    load(world)
    if confirmed:
        world.do(lambda driver: driver.confirm(world.change))
    world.do(lambda driver: getattr(driver, way)(world.change))
    assert world.running == world.boots == world.old
    assert world.do(lambda driver: driver.look(world.change)) == "old"
    world.model.advance(10 * LATE_S)
    assert world.running == world.old


def test_given_for_good_without_a_timer_and_not_saved(world: World) -> None:
    for _ in range(2):
        world.do(lambda driver: driver.give(world.change))
        assert (world.running, world.boots) == (world.new, world.old)
    assert not world.do(lambda driver: driver.is_pending(world.change))


def test_a_device_that_has_drifted_is_not_changed(world: World) -> None:
    world.model.running = type(world.model)(_drifted(world)).running
    before = world.running
    with pytest.raises(Rejected, match=r"has drifted: `.*(by hand|to spine1)"):
        world.do(lambda driver: driver.prepare(world.change))
    assert world.do(lambda driver: driver.deviations(world.change))
    assert world.running == before
    world.do(lambda driver: driver.restore(world.change))
    assert world.running == world.old


def _drifted(world: World) -> str:
    text = next(iter(world.change.old.values()))
    return text.replace("to spine1", "changed by hand")


def test_a_second_change_while_one_waits(world: World) -> None:
    load(world)
    with pytest.raises(Busy, match="waits"):
        world.do(lambda driver: driver.prepare(world.change))
    with pytest.raises(Busy, match="waits"):
        load(world)
    assert world.running == world.new


def test_commands_that_the_device_refuses_leave_nothing_behind(world: World) -> None:
    def spoilt(text: str) -> str:
        if world.nos == "srlinux":
            return text.replace("enable", "refused")
        return text.rstrip("\n") + "\ninterface Loopback7\n  refused-command\n"

    commands = tuple(msgspec.structs.replace(part, text=spoilt(part.text)) for part in world.change.commands)
    change = msgspec.structs.replace(world.change, commands=commands)
    with pytest.raises(Rejected, match="refused") as caught:
        world.do(lambda driver: driver.load(change, LOAD_S))
    assert SECRET not in str(caught.value)
    assert world.running == world.boots == world.old
    assert not world.do(lambda driver: driver.is_pending(change))
    world.do(lambda driver: driver.prepare(world.change))
    if world.nos != "nxos":  # which has nothing to check them with
        with pytest.raises(Rejected, match="refused"):
            world.do(lambda driver: driver.prepare(change))
        assert world.running == world.old


def test_a_device_that_starts_no_timer_is_taken_back_at_once(world: World) -> None:
    world.model.ignore_timer = True
    with pytest.raises(Rejected, match=r"no timer runs|not scheduled") as caught:
        load(world)
    assert "did not work either" not in str(caught.value)
    assert world.running == world.boots == world.old


WORD = {"eos": "commit timer", "srlinux": '"confirm-timeout"', "nxos": "vlan 200"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_is_lost_leaves_the_outcome_open_and_the_device_knows(world: World, when: str) -> None:
    world.model.drop = {WORD[world.nos]: when}
    with pytest.raises(OutcomeUnknown):
        load(world)
    expected = "pending" if when == "after" else "old"
    assert world.do(lambda driver: driver.look(world.change)) == expected
    world.model.advance(LATE_S)
    assert world.running == world.old
    world.do(lambda driver: driver.invert(world.change))
    world.do(lambda driver: driver.prepare(world.change))


def test_a_device_that_is_not_there(world: World) -> None:
    world.close()
    with pytest.raises(NoAnswer) as caught:
        world.do(lambda driver: driver.prepare(world.change))
    assert isinstance(caught.value, Unreachable)


def test_no_error_and_no_name_has_a_secret(world: World) -> None:
    load(world)
    world.model.running = type(world.model)(_drifted(world)).running
    with pytest.raises(Rejected) as caught:
        world.do(lambda driver: driver.verify(world.change))
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(world.change)


LLDP: dict[str, tuple[str, object]] = {
    "eos": (
        "show lldp neighbors",
        {"lldpNeighbors": [{"port": "Ethernet1", "neighborDevice": "spine1", "neighborPort": "Ethernet7"}]},
    ),
    "nxos": (
        "show lldp neighbors",
        {"TABLE_nbor": {"ROW_nbor": {"l_port_id": "Eth1/1", "chassis_id": "spine1", "port_id": "Ethernet7"}}},
    ),
    "srlinux": (
        "/system/lldp/interface[name=*]/neighbor[id=*]",
        {"interface": [{"name": "ethernet-1/1", "neighbor": [{"system-name": "spine1", "port-id": "Ethernet7"}]}]},
    ),
}


def test_state_is_asked_as_it_is_read(world: World) -> None:
    asked, reply = LLDP[world.nos]
    world.model.replies = {asked: reply}
    device = next(iter(cases(world.nos).values()))
    (query,) = [q for q in system(world.nos).queries(device) if q.ask.removesuffix(" | json") == asked]
    (found,) = query.parse(world.do(lambda driver: driver.ask(query)))
    assert isinstance(found, LldpReport)
    assert (found.device, found.port) == ("spine1", "Ethernet7")
    with pytest.raises(Unsupported):
        world.do(lambda driver: driver.ask(msgspec.structs.replace(query, how="netconf")))


def test_a_ping_is_asked_for_in_text(world: World) -> None:
    """Input: a device that answers its `ping` command with text, as the command says it. Output: the probe's report."""
    echoes = system(world.nos).echoes
    assert echoes is not None
    (query,) = echoes([Echo(vrf="red-v1", source="10.0.0.1", destination="10.0.0.2")])
    if world.nos == "srlinux":
        assert query.how == "gnoi", "JSON-RPC runs no ping: test_gnoi_ping"
        return
    said = "2 packets transmitted, 2 received, 0% packet loss\nrtt min/avg/max/mdev = 0.1/0.2/0.3/0.1 ms\n"
    world.model.replies = {query.ask: said}
    (found,) = query.parse(world.do(lambda driver: driver.ask(query)))
    assert found == EchoReport(place=0, sent=2, answered=2, round_trip_ms=0.2)


@pytest.fixture
def eos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    world = World("eos", tmp_path)
    yield world
    world.close()


@pytest.fixture
def nxos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    world = World("nxos", tmp_path)
    yield world
    world.close()


def test_eos_that_saves_each_commit_at_once_is_not_changed(eos: World) -> None:
    eos.model.saves = True
    with pytest.raises(Rejected, match="saved at once"):
        eos.do(lambda driver: driver.prepare(eos.change))


@pytest.mark.parametrize("which", ["eos", "eos-4.31"])
def test_eos_whose_timer_is_shorter_than_asked_is_taken_back(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    world = World(which, tmp_path)
    world.model.timer_s = 30
    try:
        with pytest.raises(Rejected, match="30 s left of 210 s"):
            load(world)
        assert world.running == world.boots == world.old
    finally:
        world.close()


def test_eos_with_all_sessions_open_is_busy_and_they_stay(eos: World) -> None:
    eos.model.sessions = {f"s{number}": {} for number in range(5)}
    with pytest.raises(Busy, match="sessions"):
        eos.do(lambda driver: driver.prepare(eos.change))
    assert len(eos.model.sessions) == 5


def test_nxos_with_all_checkpoints_taken_is_busy_and_they_stay(nxos: World) -> None:
    nxos.model.checkpoints = {f"c{number}": {} for number in range(10)}
    with pytest.raises(Busy, match="checkpoints"):
        nxos.do(lambda driver: driver.prepare(nxos.change))
    assert len(nxos.model.checkpoints) == 10


def test_nxos_keeps_its_guard_when_a_rollback_fails(nxos: World) -> None:
    load(nxos)
    nxos.model.failing_rollback = True
    with pytest.raises(Rejected, match="does not run its old"):
        nxos.do(lambda driver: driver.cancel(nxos.change))
    assert nxos.do(lambda driver: driver.is_pending(nxos.change))
    nxos.do(lambda driver: driver.restore(nxos.change))
    assert nxos.running == nxos.boots == nxos.old
    assert not nxos.do(lambda driver: driver.is_pending(nxos.change))


def test_nxos_leaves_no_checkpoint_and_no_schedule(nxos: World) -> None:
    load(nxos)
    nxos.do(lambda driver: driver.confirm(nxos.change))
    assert nxos.model.checkpoints == {}
    assert not [line for line in nxos.model.running if line.startswith("scheduler ")]
