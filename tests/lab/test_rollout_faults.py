"""What may happen while a plan is carried out, on real FRR: each fault, and the network that it must end in.

Input: the lab and the change of `test_rollout_on_lab`, of its own name, a fault at a step, and all the time traffic
between servers that neither the change nor the fault has to do with. Output: the network is as before or as planned,
and well; nobody but the canary was touched when it was the canary's fault; what is said is true; of that traffic no
packet is lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bystanders import Traffic, endpoints, flow
from faults import (
    CANARY,
    DROP_BGP,
    HOLDS_S,
    SECOND,
    SHORT,
    Stopped,
    at,
    filling,
    long_time,
    power_cycle,
    run,
    spoilt,
    together,
)
from patience import LIMIT_S, converges, eventually
from test_rollout_on_lab import GATE_FAILS_S, NEW, OLD, REGION, TIMERS, is_well, runs, saved, with_wrong_asn

from changes import both, design
from crossconnect.errors import Busy, CrossconnectError, Retryable, Stale
from crossconnect.lab import Lab, LabOptions, apply_failure, collect_state, confirmed_change, down, heal, up
from crossconnect.lab.failure import Failure
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.plan import plan

NAME = "rollout-faults"
VTY_S = 20
"""For which a look waits for a daemon's answer."""
HOSTS = endpoints(OLD.blueprint)
PER_SECOND = 250
"""Packets of each flow: a gap of 4 ms is seen, and the daemons keep the processors."""
BYSTANDERS = tuple(
    flow(HOSTS, number, f"a-rack{a}-red-v1-{b}-1", f"a-rack{c}-red-v1-{d}-1", version=v, packets_per_second=PER_SECOND)
    for number, (a, b, c, d, v) in enumerate(
        ((1, "s1", 2, "s1", 4), (2, "s1", 1, "s2", 4), (1, "s2", 2, "s2", 6), (2, "s2", 1, "s1", 6)), 1
    )
)
"""Between servers of both leaves, bridged and routed, over both spines: the borders are not on their way."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    options = LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False, bfd="as-configured")
    try:
        made = up(OLD.blueprint, options)
        assert converges(made)
        yield made
    finally:
        down(NAME, root)


@pytest.fixture
def taken() -> list[tuple[float, float]]:
    """When a test's fault takes packets of bystanders by itself: from and to, on the monotonic clock."""
    return []


@pytest.fixture
def lab(running: Lab, taken: list[tuple[float, float]]) -> Iterator[Lab]:
    """The lab, well and as it was made; put back at the end, whatever the test has left. From beginning to end of the
    test bystanders send, and nothing of it may be lost but what the fault takes."""
    with Traffic(running, BYSTANDERS) as traffic:
        yield running
        lost = traffic.lost(taken)
    if (running.node_directory(CANARY) / "off").exists():  # a test that failed has left it so
        heal(running, Failure(kind="device-failure", target=CANARY))
    for name in (CANARY, SECOND, CANARY_LEAF):
        text = OLD.files[name]["frr.conf"]
        confirmed_change.restore(running, name, confirmed_change.Change("", "", text, ""))
    assert converges(running)
    assert is_well(running, OLD)
    assert lost == {}, "packets of bystanders were lost"


def test_a_device_that_is_off_is_not_begun_with(lab: Lab, tmp_path: Path) -> None:
    off = Failure(kind="device-failure", target=CANARY)
    apply_failure(lab, off)
    try:
        how, state, told = run(lab, tmp_path)
    finally:
        heal(lab, off)
    assert how == "undone"
    assert state.failure.startswith(f"prepare of {CANARY}")
    assert {e.verb for e in told} == {"prepare"}


@pytest.mark.parametrize(("verb", "after"), [("commit", False), ("verify", False), ("confirm", False)])
def test_a_device_that_goes_away_in_the_middle(lab: Lab, tmp_path: Path, verb: str, after: bool) -> None:
    """It loses its power before, during or after the commit, and comes back later, with what it has confirmed."""
    off, made = Failure(kind="device-failure", target=CANARY), saved(timers=SHORT)
    goes = at(verb, after, lambda: apply_failure(lab, off) and None, CANARY)
    how, state, told = run(lab, tmp_path, goes, made, gate_s=HOLDS_S)
    assert how == "stuck", state
    assert state.devices[CANARY].stage == "stuck"
    assert not [e for e in told if e.device == SECOND], "nobody else was touched"
    heal(lab, off)
    assert converges(lab)
    how, state, _ = run(lab, tmp_path, made=made, abort=True)
    assert how == "undone", state
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


@pytest.mark.parametrize(
    ("verb", "after", "failure"), [("commit", True, f"verify of {CANARY}"), ("gate", False, "gate of wave 1")]
)
def test_a_device_reboots_before_its_change_is_confirmed(
    lab: Lab, tmp_path: Path, verb: str, after: bool, failure: str
) -> None:
    """It comes up with its old configuration, and without the timer: that is seen before anything is confirmed."""
    how, state, told = run(lab, tmp_path, at(verb, after, power_cycle(lab, CANARY)))
    assert how == "undone", state
    assert state.failure.startswith(failure), state.failure
    assert not [e for e in told if e.device == SECOND]
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


def test_a_device_reboots_after_its_change_was_confirmed(lab: Lab, tmp_path: Path) -> None:
    """In the middle of the next wave: it comes up with what it has confirmed, the gate waits for it, and the plan is
    carried out."""
    how, state, told = run(lab, tmp_path, at("commit", True, power_cycle(lab, CANARY), SECOND))
    assert how == "done", state.failure
    assert [e.wave for e in told if e.verb == "gate" and e.kind == "done"] == [1, 2]
    assert runs(lab, NEW) == [CANARY, SECOND]
    assert is_well(lab, NEW)


def test_the_change_cuts_its_own_management_path(lab: Lab, tmp_path: Path) -> None:
    """The management port goes down with the commit. Nobody can tell the switch anything; its watchdog brings it
    back."""
    made = saved(timers=SHORT)
    port = next(
        i.name for d in OLD.blueprint.devices if d.name == CANARY for i in d.interfaces if i.kind == "management"
    )
    cut, back = f"interface {port} vrf mgmt\nshutdown\nexit\n", f"interface {port} vrf mgmt\nno shutdown\nexit\n"
    made = spoilt(made, cut, back)
    how, state, told = run(lab, tmp_path, made=made)
    assert f"{CANARY} does not answer" in state.failure
    assert how == "undone", state
    assert not [e for e in told if e.device == SECOND]
    tried = [e.kind for e in told if e.verb == "undo" and e.kind != "begin"]
    assert tried == ["failed", "failed", "failed", "done"], "only after its own undoing it answered"
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


def test_a_neighbour_does_not_converge(lab: Lab, tmp_path: Path) -> None:
    """The configuration is right, and yet a spine does not take its session with the canary up again."""
    shut = Failure(kind="session-shut", target=f"a-spine1 {_session_to_canary()}")
    faults = (
        at("commit", True, lambda: apply_failure(lab, shut) and None),
        at("proof", False, lambda: heal(lab, shut) and None),
    )
    try:
        how, state, told = run(lab, tmp_path, together(*faults), gate_s=GATE_FAILS_S)
    finally:
        heal(lab, shut)
    assert how == "undone", state
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert not [e for e in told if e.device == SECOND]
    assert is_well(lab, OLD)


CANARY_LEAF = "a-leaf1"
NEW_PATHS = both(REGION, design(maximum_paths=32))[1]
"""Another change, of all switches, the leaves first."""


SPINE = "a-spine1"


def test_one_leaf_does_not_converge(lab: Lab, taken: list[tuple[float, float]], tmp_path: Path) -> None:
    """Input: a leaf is given what is right; on its cable to a spine BGP is lost from then on, and what it had with that
    spine starts anew. Output: the wave is undone after its gate, no other switch was touched, the network is seen to be
    as before when the cable is whole again. Packets of others pass the cable all the time, but where the spine has
    given the leaf up, a hold time after the last it heard of it, and the other leaf has not heard of that yet."""
    made, findings = assemble(OLD, NEW_PATHS, plan(OLD, NEW_PATHS), Context(timers=TIMERS))
    assert findings == ()
    assert made.waves[0].devices == (CANARY_LEAF,)
    leaf = next(d for d in OLD.blueprint.devices if d.name == CANARY_LEAF)
    sessions = [n for i in leaf.network_instances if i.bgp is not None for n in i.bgp.neighbors if n.device == SPINE]
    port = next(i.name for i in leaf.interfaces if i.neighbor is not None and i.neighbor.device == SPINE)

    def tc(*words: str) -> None:
        done = lab.run(CANARY_LEAF, ["tc", *words])
        assert done.returncode == 0, done.stderr

    def spoil() -> None:
        """Until nobody goes by the spine to the leaf any more."""
        tc("qdisc", "add", "dev", port, "clsact")
        for direction in ("ingress", "egress"):
            tc("filter", "add", "dev", port, direction, "bpf", "da", "bytecode", DROP_BGP)
        began = time.monotonic()
        for one in sessions:
            assert lab.run(CANARY_LEAF, ["vtysh", "-c", f"clear bgp {one.key}"]).returncode == 0
        assert eventually(lambda: not ways_by_the_spine(lab))
        taken.append((began, time.monotonic() + KERNEL_S))

    mended: list[float] = []

    def mend() -> None:
        tc("qdisc", "del", "dev", port, "clsact")
        mended.append(time.monotonic())

    try:
        faults = together(at("commit", True, spoil), at("proof", False, mend))
        how, state, told = run(lab, tmp_path, faults, made, gate_s=GATE_FAILS_S, new=NEW_PATHS)
    finally:
        if not mended:
            lab.run(CANARY_LEAF, ["tc", "qdisc", "del", "dev", port, "clsact"])
    assert how == "undone", state
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert {e.device for e in told} == {CANARY_LEAF, ""}, "no other switch was touched"
    assert any(e.verb == "proof" and e.kind == "done" for e in told)
    assert confirmed_change.remaining(lab, CANARY_LEAF, OLD.files[CANARY_LEAF]["frr.conf"]) == ()
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)
    # Sessions come back with the daemons' next attempts, and routes move with them.
    taken.append((mended[0], time.monotonic()))


KERNEL_S = 1.0
"""From a route's withdrawal in FRR to that in the kernel."""


def ways_by_the_spine(lab: Lab) -> list[str]:
    """Who sends by the spine what is for the leaf, and the spine itself, as long as it has the leaf for a neighbour."""
    devices = {device.name: device for device in OLD.blueprint.devices}
    own = {a.partition("/")[0] for i in devices[SPINE].interfaces for a in i.addresses}
    leaf = {a for i in devices[CANARY_LEAF].interfaces if i.kind == "loopback" for a in i.addresses}
    rows = collect_state(lab, ("routes",)).routes
    unknown = devices.keys() - {row.device for row in rows}
    return [
        *unknown,
        *(
            row.device
            for row in rows
            if row.prefix in leaf and row.device != CANARY_LEAF
            if row.device == SPINE or any(hop.partition("%")[0] in own for hop in row.next_hops)
        ),
    ]


def _session_to_canary() -> str:
    """A spine's session with the canary, by the spine's name for it."""
    canary = next(d for d in OLD.blueprint.devices if d.name == CANARY)
    own = {address.partition("/")[0] for i in canary.interfaces for address in i.addresses}
    spine = next(d for d in OLD.blueprint.devices if d.name == "a-spine1")
    return next(n.key for i in spine.network_instances if i.bgp for n in i.bgp.neighbors if n.key in own)


def test_a_gate_that_hangs_has_failed(lab: Lab, tmp_path: Path) -> None:
    how, state, told = run(lab, tmp_path, at("gate", False, threading.Event().wait), gate_max_s=2)
    assert how == "undone", state
    assert "it hangs" in state.failure
    assert not [e for e in told if e.device == SECOND]
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


BYSTANDER = "a-leaf1"
"""A switch that the plan does not change."""


@pytest.mark.parametrize("seconds", [8.0, 30.0])
def test_a_daemon_that_does_not_answer_for_a_while(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Input: a bystander's zebra is stopped in a gate, for less than `silence_s`; for longer than a look waits (20 s),
    so that one look has no answer. Output: waited for; told, and looked at again at once. The waves go on, both."""
    stopped = Stopped(lab, BYSTANDER, seconds, monkeypatch)
    try:
        how, state, _ = run(lab, tmp_path, at("gate", False, stopped.begin))
    finally:
        stopped.end()
    assert stopped.seconds >= seconds
    assert how == "done", state.failure
    told = [line for line in capsys.readouterr().err.splitlines() if "looked at again at once" in line]
    assert any(f"{BYSTANDER} is down" in line for line in told) is (seconds > VTY_S), told
    assert runs(lab, NEW) == [CANARY, SECOND]


def test_a_daemon_that_does_not_answer_any_more(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input: the same, for as long as the gate is held. Output: the wave is rolled back by two looks without an answer,
    the second border is not touched; when it answers again, the network is seen to be as before."""
    stopped = Stopped(lab, BYSTANDER, 600, monkeypatch)
    try:
        faults = (at("gate", False, stopped.begin), at("undo", False, stopped.end))
        how, state, told = run(lab, tmp_path, together(*faults))
    finally:
        stopped.end()
    assert stopped.seconds > TIMERS.silence_s
    assert how == "undone", state
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert BYSTANDER in state.failure
    assert not [e for e in told if e.device == SECOND]
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB of our own."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "x", place], check=False).returncode
    ):
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize(
    ("verb", "begun"), [("prepare", set[str]()), ("commit", {CANARY}), ("confirm", set[str]())], ids=str
)
def test_the_disk_of_the_journal_is_full(lab: Lab, small_disk: Path, verb: str, begun: set[str]) -> None:
    """After a step of the canary there is no room to write that it is done. Nothing more is begun; a switch takes back
    what is not confirmed, and keeps what is; later it is gone on with. `begun`: whose changes wait for confirmation."""
    made = saved(timers=SHORT)
    with pytest.raises(Retryable, match="is not begun"):
        run(lab, small_disk, at(verb, True, filling(small_disk), CANARY), made, gate_s=HOLDS_S, now=long_time)
    assert {name for name in (CANARY, SECOND) if confirmed_change.is_pending(lab, name)} == begun
    stay = [SECOND] if verb == "confirm" else [CANARY, SECOND]
    for name in begun:
        restored = lab.node_directory(name) / "run" / "crossconnect" / "change" / "restored"
        assert eventually(restored.exists, SHORT.device_s + LIMIT_S), "the switch has not taken it back"
    assert runs(lab, OLD) == stay
    assert runs(lab, NEW) == ([CANARY] if verb == "confirm" else [])
    (small_disk / "filler").unlink()
    how, state, told = run(lab, small_disk, made=made, gate_s=HOLDS_S)
    assert told[0].verb == ("prepare" if verb == "prepare" else "inspect")
    assert how == "done", state.failure
    assert runs(lab, NEW) == [CANARY, SECOND]


def test_the_disk_is_full_while_it_undoes(lab: Lab, small_disk: Path) -> None:
    """The way back is written into what was kept for it, to its end."""
    bad = with_wrong_asn(saved(timers=TIMERS), CANARY)
    filled = at("undo", False, filling(small_disk))
    how, state, told = run(lab, small_disk, filled, bad, gate_s=GATE_FAILS_S, now=long_time)
    assert how == "undone", state
    assert any(e.verb == "proof" and e.kind == "done" for e in told)
    assert not (small_disk / "plan.reserve").exists(), "it was needed"
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


def test_the_clock_jumps(lab: Lab, tmp_path: Path) -> None:
    """Nothing is decided by the time of day: it is what people read in the journal."""
    moments = iter(range(10_000))

    def now() -> str:
        return f"20{(next(moments) * 37) % 90 + 10}-01-01T00:00:00.000+00:00"

    how, state, _ = run(lab, tmp_path, now=now)
    assert how == "done", state.failure
    years = {json.loads(line)["record"]["at"][:4] for line in (tmp_path / "plan.journal").read_text().splitlines()}
    assert len(years) > 10
    assert runs(lab, NEW) == [CANARY, SECOND]


def test_a_device_drifts_while_the_wave_before_is_carried_out(lab: Lab, tmp_path: Path) -> None:
    """Somebody configures the second border by hand. It is not touched; what the first wave has brought stays, and that
    is what is said."""
    by_hand = ["vtysh", "-c", "configure terminal", "-c", "ip prefix-list by-hand seq 5 permit 10.9.0.0/16"]
    how, state, told = run(lab, tmp_path, at("gate", False, lambda: lab.run(SECOND, by_hand) and None))
    assert how == "stopped", state
    assert state.failure.startswith(f"prepare of {SECOND}: {SECOND} has drifted"), state.failure
    assert "by-hand" in state.failure
    assert {e.verb for e in told if e.device == SECOND} == {"prepare"}
    assert runs(lab, NEW) == [CANARY]
    left = confirmed_change.remaining(lab, SECOND, OLD.files[SECOND]["frr.conf"])
    assert left == ("no ip prefix-list by-hand seq 5 permit 10.9.0.0/16",)
    planned = frozenset((CANARY, SECOND))
    middle = mixed(OLD.blueprint, NEW.blueprint, planned, frozenset((SECOND,)))
    assert is_well(lab, msgspec.structs.replace(OLD, blueprint=middle))


def test_a_second_operator_is_told_so(lab: Lab, tmp_path: Path) -> None:
    met: list[CrossconnectError] = []

    def second() -> None:
        try:
            run(lab, tmp_path)
        except CrossconnectError as error:
            met.append(error)

    how, state, _ = run(lab, tmp_path, at("gate", False, second))
    assert [type(error) for error in met] == [Busy]
    assert how == "done", state.failure


def test_whoever_lost_the_lease_does_nothing_more(lab: Lab, tmp_path: Path) -> None:
    """Where locks are not honoured, a second operator has taken the lease: the first one is fenced off by the token."""

    def take() -> None:
        (tmp_path / "plan.lease").write_text(json.dumps({"fence": 99}).ljust(64))

    with pytest.raises(Stale, match="another owner"):
        run(lab, tmp_path, at("gate", False, take))
    how, state, told = run(lab, tmp_path)
    assert told[0].verb == "inspect"
    assert how in ("done", "undone"), state
    assert is_well(lab, NEW if how == "done" else OLD)


def test_the_first_way_back_fails(lab: Lab, tmp_path: Path) -> None:
    """The inverse commands are of no use: the whole old text is the second way."""
    bad = with_wrong_asn(saved(timers=TIMERS), CANARY)
    devices = tuple(
        msgspec.structs.replace(d, rollback=tuple(msgspec.structs.replace(part, text="") for part in d.rollback))
        for d in bad.devices
    )
    how, state, told = run(lab, tmp_path, made=msgspec.structs.replace(bad, devices=devices), gate_s=GATE_FAILS_S)
    assert how == "undone", state
    tried = [(e.kind, e.detail[:6]) for e in told if e.verb == "undo" and e.kind != "begin"]
    assert [kind for kind, _ in tried] == ["failed", "failed", "done"]
    assert tried[-1][1] == "whole"
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)
