"""A lab leaves nothing behind and touches nothing else, however its run ends. Real daemons, real namespaces."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import pytest
from patience import LIMIT_S, converges, eventually, unanswered

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Busy, Rejected
from crossconnect.lab import (
    Lab,
    LabOptions,
    capture,
    down,
    exec_command,
    execute,
    host_pairs,
    lifecycle,
    list_labs,
    open_lab,
    status,
    up,
    wait_converged,
)
from crossconnect.lab.journal import is_alive, recorded_processes
from crossconnect.lab.lifecycle import node_processes
from crossconnect.lab.options import FrrVersion
from crossconnect.simulate import simulate
from regions import compiled, small

NOBODY = 65534


def tiny(**more: object) -> Blueprint:
    blueprint = compiled(small(**{"spines": 1, "underlay": "unnumbered", **more})).blueprint  # type: ignore[arg-type]
    assert blueprint is not None
    return blueprint


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A run root of this test alone, whose labs are gone afterwards whatever happened."""
    yield tmp_path
    for lab in list_labs(str(tmp_path)):
        down(lab.name, str(tmp_path))


def started(root: Path, name: str, blueprint: Blueprint) -> Lab:
    return up(blueprint, LabOptions(name=name, run_root=str(root), backend="namespace", lldp=False))


def processes_of(lab: Lab) -> list[int]:
    found = [pid for pids in node_processes(lab).values() for each in pids.values() for pid in each]
    return [*found, lab.record.holder, *lab.record.nodes.values()]


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while any(os.path.exists(f"/proc/{pid}/exe") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not [pid for pid in pids if os.path.exists(f"/proc/{pid}/exe")]


def test_a_lab_comes_up_is_found_again_and_goes_without_a_trace(root: Path) -> None:
    blueprint = tiny()
    before = set(os.listdir("/sys/class/net"))
    lab = started(root, "one", blueprint)
    assert wait_converged(lab, simulate(blueprint), timeout_s=LIMIT_S).converged
    assert unanswered(lab, host_pairs(blueprint)) == []
    seen = status("one", str(root))
    assert seen.state == "up"
    assert all(running for node in seen.nodes for running in node.daemons.values())
    assert open_lab("one", str(root)).blueprint == blueprint
    assert set(os.listdir("/sys/class/net")) == before
    pids = processes_of(lab)
    assert down("one", str(root))
    assert gone(pids)
    assert list(root.iterdir()) == []
    assert not down("one", str(root))


def test_two_labs_of_one_region_live_side_by_side(root: Path) -> None:
    blueprint = tiny(leaves=1)
    first, second = started(root, "first", blueprint), started(root, "second", blueprint)
    assert [lab.state for lab in list_labs(str(root))] == ["up", "up"]
    with pytest.raises(Busy, match="first"):
        started(root, "first", blueprint)
    pids = processes_of(first)
    down("first", str(root))
    assert gone(pids)
    assert status("second", str(root)).state == "up"
    assert converges(second)


def _bring_up(root: str, blueprint: Blueprint, pipe: Connection, stop_at: str) -> None:
    """Runs in a process of its own, so that it can be killed."""

    def progress(node: str, what: str) -> None:
        if what.endswith(stop_at):
            pipe.send(what)
            time.sleep(3600)

    up(blueprint, LabOptions(name="cut", run_root=root, backend="namespace", lldp=False), progress=progress)


@pytest.mark.parametrize("stop_at", ["nodes", "links", "started"])
def test_what_a_killed_run_left_is_removed_and_only_that(root: Path, stop_at: str) -> None:
    blueprint = tiny(leaves=1)
    bystander = started(root, "bystander", blueprint)
    here, there = multiprocessing.Pipe()
    runner = multiprocessing.get_context("fork").Process(target=_bring_up, args=(str(root), blueprint, there, stop_at))
    runner.start()
    assert here.poll(LIMIT_S)
    assert runner.pid is not None
    os.kill(runner.pid, signal.SIGKILL)
    runner.join()
    [holder] = recorded_processes(root / "cut")
    assert is_alive(holder)
    assert down("cut", str(root))
    assert not is_alive(holder)
    assert not (root / "cut").exists()
    assert status("bystander", str(root)).state == "up"
    assert all(running for node in status("bystander", str(root)).nodes for running in node.daemons.values())
    assert os.path.exists(f"/proc/{bystander.record.holder}/exe")


def test_interrupted_it_removes_itself(root: Path) -> None:
    def progress(node: str, what: str) -> None:
        if what.endswith("links"):
            raise KeyboardInterrupt

    options = LabOptions(name="ctrl-c", run_root=str(root), backend="namespace", lldp=False)
    with pytest.raises(KeyboardInterrupt):
        up(tiny(leaves=1), options, progress=progress)
    assert list(root.iterdir()) == []


def test_what_failed_is_said_and_kept_if_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = lifecycle.rendered_devices

    def broken(blueprint: Blueprint, secrets: object, version: FrrVersion) -> object:
        made = honest(blueprint, {}, version)
        first = next(iter(made))
        return {**made, first: msgspec.structs.replace(made[first], text="router bgp nonsense\n")}

    monkeypatch.setattr(lifecycle, "rendered_devices", broken)
    options = LabOptions(name="bad", run_root=str(root), backend="namespace", lldp=False, keep=True)
    with pytest.raises(Rejected, match=r"a-leaf1: .*vtysh"):
        up(tiny(leaves=1), options)
    assert [lab.name for lab in list_labs(str(root))] == ["bad"]
    assert down("bad", str(root))


def test_a_missing_secret_is_said_before_anything_is_made(root: Path) -> None:
    blueprint = tiny(border=True)
    peer = blueprint.peers[0]
    guarded = tuple(msgspec.structs.replace(session, password="env:NOWHERE") for session in peer.sessions)
    blueprint = msgspec.structs.replace(blueprint, peers=(msgspec.structs.replace(peer, sessions=guarded),))
    with pytest.raises(BadInput, match="env:NOWHERE"):
        started(root, "secret", blueprint)
    assert list(root.iterdir()) == []


def test_commands_and_captures_in_a_vrf(root: Path) -> None:
    lab = started(root, "look", tiny(leaves=1))
    done = execute(lab, "a-leaf1", ["ip", "-j", "link", "show", "vlan100"], vrf="red-v1")
    assert json.loads(done.stdout)[0]["address"] == "02:00:5e:00:01:01"
    assert execute(lab, "a-leaf1", ["hostname"]).stdout.strip() == "a-leaf1"
    assert "a-leaf1" in execute(lab, "a-leaf1", ["vtysh", "-c", "show running-config"]).stdout
    with pytest.raises(BadInput, match="no VRF"):
        exec_command(lab, "a-leaf1", ["true"], vrf="blue")
    with pytest.raises(BadInput, match="no node"):
        exec_command(lab, "a-leaf9", ["true"])
    path = root / "swp64.pcap"
    assert eventually(lambda: capture(lab, "a-leaf1", "swp64", path, duration_s=1.5) > 24)
    assert path.read_bytes()[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")
    path.unlink()
    with pytest.raises(BadInput, match="no interface"):
        capture(lab, "a-leaf1", "swp99", path)


def _without_root(root: str, blueprint: Blueprint, pipe: Connection) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    if not os.access(sys.executable, os.X_OK):
        sys.executable = "/usr/bin/python3"  # a root's own interpreter is out of sight; the lab's scripts run on any
    try:
        lab = started(Path(root), "plain", blueprint)
        settled = wait_converged(lab, simulate(blueprint), timeout_s=LIMIT_S)
        silent = unanswered(lab, host_pairs(blueprint))
        pids = processes_of(lab)
        removed = down("plain", root)
        pipe.send((lab.record.rootless, settled.converged, not silent, removed, gone(pids)))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


@pytest.mark.skipif(os.geteuid() != 0, reason="already without root: every other test shows it")
def test_it_runs_without_root(root: Path) -> None:
    for path in (root, *root.parents[:3]):
        path.chmod(0o777)
    here, there = multiprocessing.Pipe()
    run = multiprocessing.get_context("fork").Process(target=_without_root, args=(str(root), tiny(), there))
    run.start()
    assert here.poll(4 * LIMIT_S)
    answer = here.recv()
    run.join()
    if isinstance(answer, str) and "user namespaces" in answer:
        pytest.skip(answer)
    assert answer == (True, True, True, True, True)
