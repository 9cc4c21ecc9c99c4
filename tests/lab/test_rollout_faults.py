"""What may happen while a plan is carried out, on real FRR: each fault, and the network that it must end in.

Input: the lab and the change of `test_rollout_on_lab`, of its own name, and a fault at a step. Output: the network is
as before or as planned, and well; nobody but the canary was touched when it was the canary's fault; what is said is
true.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from test_rollout_on_lab import NEW, OLD, is_well, runs, saved, with_wrong_asn

from crossconnect.cli.lab_hands import LabHands
from crossconnect.errors import Busy, CrossconnectError, Retryable, Stale
from crossconnect.lab import Lab, LabOptions, apply_failure, confirmed_change, down, heal, up, wait_converged
from crossconnect.lab.failure import Failure
from crossconnect.lab.lifecycle import node_processes
from crossconnect.nos.network_os import Commands
from crossconnect.rollout.execution import Action, DeviceState, Happened, State, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import SavedPlan, Timers, decoded, encoded

NAME = "rollout-faults"
VTY_S = 20
"""For which a look waits for a daemon's answer."""
CANARY, SECOND = "a-border1", "a-border2"
TIMERS = Timers(apply_s=12, gate_s=20, soak_s=1, margin_s=12, stop_s=6)


class Death(BaseException):
    """The controller is gone: nothing after it is written or done."""


Hook = Callable[[Action, bool], None]
"""Called before (False) and after (True) an action is done."""


class Hands(LabHands):
    """The lab's hands, with a fault at some step."""

    hook: Hook
    gate_max_s = math.inf

    def perform(self, action: Action, device: DeviceState | None) -> str:
        self.hook(action, False)
        said = super().perform(action, device)
        self.hook(action, True)
        return said

    def seconds_max(self, action: Action) -> float:
        return (
            min(self.gate_max_s, super().seconds_max(action)) if action.verb == "gate" else super().seconds_max(action)
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    options = LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False, bfd="as-configured")
    try:
        made = up(OLD.blueprint, options)
        assert wait_converged(made).converged
        yield made
    finally:
        down(NAME, root)


@pytest.fixture
def lab(running: Lab) -> Iterator[Lab]:
    """The lab, well and as it was made; put back at the end, whatever the test has left."""
    yield running
    for name in (CANARY, SECOND):
        text = OLD.files[name]["frr.conf"]
        confirmed_change.restore(running, name, confirmed_change.Change("", "", text, ""))
    assert wait_converged(running).converged
    assert is_well(running, OLD)


def nothing(_action: Action, _after: bool) -> None:
    """No fault."""


def run(
    lab: Lab,
    directory: Path,
    hook: Hook = nothing,
    made: SavedPlan | None = None,
    *,
    abort: bool = False,
    gate_max_s: float = math.inf,
    now: Callable[[], str] = lambda: "2026-11-27T12:00:00Z",
) -> tuple[str, State, list[Happened]]:
    made = made or saved(timers=TIMERS)
    hands = Hands(lab, made, OLD.blueprint, NEW.blueprint, {})
    hands.hook, hands.gate_max_s = hook, gate_max_s
    hands.look_before()
    told: list[Happened] = []
    _, digest = decoded(encoded(made), "plan")
    with Journal(directory, "plan", digest, now) as journal:
        how, state = carry_out(course_of(made), journal, hands, who="test", abort=abort, report=told.append)
    return how, state, told


def at(verb: str, after: bool, do: Callable[[], None], device: str = "") -> Hook:
    """Once, at a step."""
    done: list[bool] = []

    def hook(action: Action, is_after: bool) -> None:
        if action.verb == verb and is_after is after and device in ("", action.device) and not done:
            done.append(True)
            do()

    return hook


def both(*hooks: Hook) -> Hook:
    """One after the other."""

    def hook(action: Action, is_after: bool) -> None:
        for one in hooks:
            one(action, is_after)

    return hook


def die() -> None:
    raise Death


@pytest.mark.parametrize(
    ("verb", "after", "end"),
    [
        ("prepare", False, "done"),
        ("prepare", True, "done"),
        ("commit", False, "done"),
        ("commit", True, "undone"),
        ("verify", False, "undone"),
        ("verify", True, "undone"),
        ("gate", False, "undone"),
        ("gate", True, "undone"),
        ("confirm", False, "done"),
        ("confirm", True, "done"),
    ],
)
def test_killed_at_a_step_and_gone_on_with(lab: Lab, tmp_path: Path, verb: str, after: bool, end: str) -> None:
    """What was committed before its gate has held is taken back; what the gate has let through is gone on with. (Killed
    after the gate and before its record, nobody knows that it has held.)"""
    with pytest.raises(Death):
        run(lab, tmp_path, at(verb, after, die))
    how, state, _ = run(lab, tmp_path)
    assert how == end, state.failure
    side = NEW if end == "done" else OLD
    assert runs(lab, side) == [CANARY, SECOND]
    assert is_well(lab, side)


@pytest.mark.parametrize(("verb", "after"), [("undo", False), ("undo", True), ("proof", False), ("proof", True)])
def test_killed_while_it_undoes(lab: Lab, tmp_path: Path, verb: str, after: bool) -> None:
    bad = with_wrong_asn(saved(timers=TIMERS), CANARY)
    with pytest.raises(Death):
        run(lab, tmp_path, at(verb, after, die), bad)
    how, state, _ = run(lab, tmp_path, made=bad)
    assert how == "undone", state
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


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
    off = Failure(kind="device-failure", target=CANARY)
    how, state, told = run(lab, tmp_path, at(verb, after, lambda: apply_failure(lab, off) and None, CANARY))
    assert how == "stuck", state
    assert state.devices[CANARY].stage == "stuck"
    assert not [e for e in told if e.device == SECOND], "nobody else was touched"
    heal(lab, off)
    assert wait_converged(lab).converged
    how, state, _ = run(lab, tmp_path, abort=True)
    assert how == "undone", state
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


def test_a_device_reboots_while_the_gate_is_held(lab: Lab, tmp_path: Path) -> None:
    """It comes up with its old configuration, and without the timer: that is seen before anything is confirmed."""
    off = Failure(kind="device-failure", target=CANARY)

    def reboot() -> None:
        apply_failure(lab, off)
        heal(lab, off)

    how, state, told = run(lab, tmp_path, at("gate", False, reboot))
    assert how == "undone", state
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert not [e for e in told if e.device == SECOND]
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)


def test_the_change_cuts_its_own_management_path(lab: Lab, tmp_path: Path) -> None:
    """The management port goes down with the commit. Nobody can tell the switch anything; its watchdog brings it
    back."""
    made = saved(timers=TIMERS)
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


def spoilt(made: SavedPlan, more: str, back: str) -> SavedPlan:
    """The plan with a renderer's mistake at the canary: further commands, and what takes them back."""

    def one(text: str) -> Commands:
        return msgspec.structs.replace(made.devices[0].commands[0], text=text)

    return msgspec.structs.replace(
        made,
        devices=tuple(
            msgspec.structs.replace(d, commands=(*d.commands, one(more)), rollback=(*d.rollback, one(back)))
            if d.name == CANARY
            else d
            for d in made.devices
        ),
    )


def test_one_device_does_not_converge(lab: Lab, tmp_path: Path) -> None:
    """The configuration is right, and yet a neighbour does not take a session up again."""
    shut = Failure(kind="session-shut", target=f"a-spine1 {_session_to_canary()}")
    faults = (
        at("commit", True, lambda: apply_failure(lab, shut) and None),
        at("proof", False, lambda: heal(lab, shut) and None),
    )
    how, state, told = run(lab, tmp_path, both(*faults))
    assert how == "undone", state
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert not [e for e in told if e.device == SECOND]
    assert is_well(lab, OLD)


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
STOPPED_AFTER_S = 4.0
"""In the middle of the gate of the first wave."""


class Stopped:
    """A daemon of the bystander that is stopped (SIGSTOP) and goes on (SIGCONT): it answers nobody, and its sessions
    and routes stay."""

    def __init__(self, lab: Lab, seconds: float) -> None:
        """For so long, `STOPPED_AFTER_S` from `begin` on; or until `end`."""
        self._processes = node_processes(lab)[BYSTANDER]["zebra"]
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seconds = 0.0
        """For which it was stopped."""

    def begin(self) -> None:
        """In a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Let it go on, if it does not yet."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        if self._over.wait(STOPPED_AFTER_S):
            return
        began = time.monotonic()
        for process in self._processes:
            os.kill(process, signal.SIGSTOP)
        try:
            self._over.wait(self._seconds)
        finally:
            for process in self._processes:
                os.kill(process, signal.SIGCONT)
            self.seconds = time.monotonic() - began


@pytest.mark.parametrize("seconds", [8.0, 21.0])
def test_a_daemon_that_does_not_answer_for_a_while(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: float
) -> None:
    """Input: a bystander's zebra is stopped in a gate, for less than `silence_s`; for longer than a look waits (20 s),
    so that one look has no answer. Output: waited for; told, and looked at again at once. The waves go on, both."""
    stopped = Stopped(lab, seconds)
    try:
        how, state, _ = run(lab, tmp_path, at("gate", False, stopped.begin))
    finally:
        stopped.end()
    assert stopped.seconds >= seconds
    assert how == "done", state.failure
    assert ("looked at again at once" in capsys.readouterr().err) is (seconds > VTY_S)
    assert runs(lab, NEW) == [CANARY, SECOND]


def test_a_daemon_that_does_not_answer_any_more(lab: Lab, tmp_path: Path) -> None:
    """Input: the same, for as long as the gate is held. Output: the wave is rolled back by two looks without an answer,
    the second border is not touched; when it answers again, the network is seen to be as before."""
    stopped = Stopped(lab, 300)
    try:
        faults = (at("gate", False, stopped.begin), at("undo", False, stopped.end))
        how, state, told = run(lab, tmp_path, both(*faults))
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
    """A file system of 400 KiB of our own."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "x", place], check=False).returncode
    ):
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_the_disk_of_the_journal_is_full(lab: Lab, small_disk: Path) -> None:
    """Nothing more is begun, switches take back what is not confirmed, and later it is gone on with. How far it comes
    depends on what is left in the block that the journal's last lines are in."""
    filler = small_disk / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(b"x" * 512)
                except OSError:
                    return

    with pytest.raises(Retryable, match="is not begun"):
        run(lab, small_disk, at("verify", False, fill))
    pending = {name for name in (CANARY, SECOND) if confirmed_change.is_pending(lab, name)}
    assert pending
    deadline = time.monotonic() + TIMERS.device_s + 10
    while not pending.issubset(runs(lab, OLD)):
        assert time.monotonic() < deadline, "the switch has not taken it back"
        time.sleep(1)
    filler.unlink()
    how, state, _ = run(lab, small_disk)
    assert how == "done", state.failure
    assert runs(lab, NEW) == [CANARY, SECOND]


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
    how, state, told = run(lab, tmp_path, made=msgspec.structs.replace(bad, devices=devices))
    assert how == "undone", state
    tried = [(e.kind, e.detail[:6]) for e in told if e.verb == "undo" and e.kind != "begin"]
    assert [kind for kind, _ in tried] == ["failed", "failed", "done"]
    assert tried[-1][1] == "whole"
    assert runs(lab, OLD) == [CANARY, SECOND]
    assert is_well(lab, OLD)
