"""A dual-homed region inside user-mode-linux: real bonds, real Ethernet segments, one leg cut, one leaf dead."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossconnect import lab as labs
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.lab import Failure, Lab, LabOptions
from crossconnect.lab.uml import backend, machine
from crossconnect.simulate import Failures, simulate
from crossconnect.state.difference import difference
from crossconnect.state.tables import State
from regions import compiled, small

pytestmark = [
    pytest.mark.uml,
    pytest.mark.lab,
    pytest.mark.skipif(machine.unavailable() != "", reason=machine.unavailable() or "-"),
]

LEAF, OTHER_LEAF = "a-leaf1", "a-leaf2"
SETTLE_S = 150.0
"""LACP and BGP after a change, in a guest that shares its processor with other tests."""
PAUSE_S = 0.5
"""Between two looks: the guest has one processor for what is looked at and for the looking."""


def inside(namespace: str) -> set[int]:
    """Processes of this host in that process namespace."""
    found: set[int] = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(path / "ns/pid") == namespace:
                found.add(int(path.name))
    return found


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small(spines=2, leaves=2, dual_homed=True)).blueprint


@pytest.fixture(scope="module")
def lab(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("uml-labs")
    mounts = Path("/proc/self/mountinfo").read_text()
    options = LabOptions(name="dual", run_root=str(root), lldp=False)
    try:
        running = labs.up(blueprint, options)
        guest = machine.find(running.directory)
        assert guest is not None
        namespace = os.readlink(f"/proc/{guest.process.pid}/ns/pid_for_children")
        assert inside(namespace)
        yield running
    finally:
        labs.down("dual", str(root))
    assert not list(root.iterdir())
    deadline = time.monotonic() + SETTLE_S
    while inside(namespace) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not inside(namespace)
    assert not machine.alive(guest)
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert labs.down("dual", str(root)) is False


def unanswered(lab: Lab, within_s: float = SETTLE_S) -> list[str]:
    """What still does not answer when the time is up."""
    deadline = time.monotonic() + within_s
    while True:
        results = labs.ping_matrix(lab, labs.host_pairs(lab.blueprint))
        missing = [r.ping.name for r in results if not r.answered]
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(PAUSE_S)


def equal(lab: Lab, expected: State, within_s: float = SETTLE_S) -> list[str]:
    """Rows in which the lab still differs from what was simulated when the time is up."""
    deadline = time.monotonic() + within_s
    tables = ("bgp_sessions", "routes", "evpn_routes", "vteps", "vnis", "macs")
    while True:
        found = difference(expected, labs.collect_state(lab), tables)
        if not found or time.monotonic() > deadline:
            return [f"{d.table}: sim {d.only_a[:3]} lab {d.only_b[:3]} changed {d.changed[:3]}" for d in found]
        time.sleep(PAUSE_S)


def state(blueprint: Blueprint, **failures: frozenset[str]) -> State:
    return simulate(blueprint, Failures(**failures))


def test_a_region_with_ethernet_segments_is_built_in_user_mode_linux(lab: Lab) -> None:
    assert lab.record.backend == "uml"
    status = labs.status("dual", str(lab.directory.parent))
    assert status.state == "up"
    daemons = {node.name: node.daemons for node in status.nodes}
    assert daemons[LEAF]["zebra"]
    assert daemons[LEAF]["bgpd"]


def test_it_converges_to_what_was_simulated(lab: Lab, blueprint: Blueprint) -> None:
    convergence = labs.wait_converged(lab, timeout_s=SETTLE_S)
    assert convergence.converged, convergence
    assert unanswered(lab) == []
    assert equal(lab, state(blueprint)) == []


def test_a_cut_leg_leaves_every_server_reachable(lab: Lab, blueprint: Blueprint) -> None:
    wire = next(w for w in blueprint.wires if w.kind == "server" and w.b_device == LEAF)
    cut = Failure(kind="link-cut", target=wire.key)
    labs.apply_failure(lab, cut)
    try:
        assert unanswered(lab) == []
        assert equal(lab, state(blueprint, links=frozenset({wire.key}))) == []
    finally:
        labs.heal(lab, cut)
    assert unanswered(lab) == []
    assert equal(lab, state(blueprint)) == []


def test_a_dead_leaf_leaves_every_server_reachable(lab: Lab, blueprint: Blueprint) -> None:
    dead = Failure(kind="device-failure", target=LEAF)
    labs.apply_failure(lab, dead)
    try:
        assert unanswered(lab) == []
        assert equal(lab, state(blueprint, devices=frozenset({LEAF}))) == []
    finally:
        labs.heal(lab, dead)
    assert unanswered(lab) == []
    assert equal(lab, state(blueprint)) == []


def on_terminal(lab: Lab, argv: list[str], conversation: list[tuple[str, str]]) -> tuple[int, str]:
    """Run a command in a node as `xc lab exec` does, on a terminal; wait for each text, then type the answer."""
    pid, terminal = pty.fork()
    if pid == 0:
        command = backend.console_command(lab.directory, LEAF, argv)
        os.execvp(command[0], command)
    said = ""
    seen = 0
    with open(terminal, "rb+", buffering=0) as file, contextlib.suppress(OSError):
        for awaited, answer in conversation:
            while awaited not in said[seen:]:
                assert select.select([file], [], [], SETTLE_S)[0], said
                said += file.read(4096).decode(errors="replace")
            seen = said.index(awaited, seen) + len(awaited)
            file.write(answer.encode())
        while select.select([file], [], [], SETTLE_S)[0] and (data := file.read(4096)):
            said += data.decode(errors="replace")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def test_a_terminal_in_a_node_is_a_terminal(lab: Lab) -> None:
    conversation = [(f"{LEAF}#", "show evpn es\r"), ("bond1", "exit\r")]
    code, said = on_terminal(lab, ["vtysh"], conversation)
    assert code == 0, said
    assert "03:02:e5:00:00:00:01" in said
    code, said = on_terminal(lab, ["sh", "-c", "tty; read answer; echo $answer; exit 7"], [("/dev/pts/", "typed\r")])
    assert code == 7
    assert said.count("typed") == 2
    assert on_terminal(lab, ["sh", "-c", "echo ready; sleep 600"], [("ready", "\x03")])[0] == 130


def test_what_is_no_node_is_said(lab: Lab) -> None:
    with pytest.raises(BadInput, match="nobody"):
        labs.apply_failure(lab, Failure(kind="device-failure", target="nobody"))
