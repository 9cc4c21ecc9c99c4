"""Faults at the steps of a plan that is carried out on a lab: the hands that meet them, and what goes wrong.

at("gate", False, power_cycle(lab, "a-border1")): once, before the first gate
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from test_rollout_on_lab import NEW, OLD, TIMERS, saved
from test_rollout_on_lab import Hands as PatientHands

from crossconnect.cli import lab_gate
from crossconnect.lab import Lab, apply_failure, heal
from crossconnect.lab.failure import Failure
from crossconnect.lab.lifecycle import node_processes
from crossconnect.nos.network_os import Commands
from crossconnect.rollout.execution import Action, DeviceState, Happened, State, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.looks import Answer, Look
from crossconnect.rollout.plan import Side
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import SavedPlan, Timers, decoded, encoded

CANARY, SECOND = "a-border1", "a-border2"
SHORT = Timers(apply_s=12, gate_s=20, soak_s=1, margin_s=12, stop_s=30)
"""Where the switch's own timer is to run out."""
HOLDS_S = SHORT.device_s - SHORT.margin_s
"""For a gate that is to hold in spite of that: for as long as the timer lets it."""


Hook = Callable[[Action, bool], None]
"""Called before (False) and after (True) an action is done."""


class Hands(PatientHands):
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


def nothing(_action: Action, _after: bool) -> None:
    """No fault."""


def run(
    lab: Lab,
    directory: Path,
    hook: Hook = nothing,
    made: SavedPlan | None = None,
    *,
    abort: bool = False,
    gate_s: int = 0,
    gate_max_s: float = math.inf,
    now: Callable[[], str] = lambda: "2026-11-27T12:00:00Z",
    new: Side = NEW,
) -> tuple[str, State, list[Happened]]:
    made = made or saved(timers=TIMERS)
    hands = Hands(lab, made, OLD.blueprint, new.blueprint, {})
    hands.hook, hands.gate_s, hands.gate_max_s = hook, gate_s, gate_max_s
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


def together(*hooks: Hook) -> Hook:
    """One after the other."""

    def hook(action: Action, is_after: bool) -> None:
        for one in hooks:
            one(action, is_after)

    return hook


def power_cycle(lab: Lab, name: str) -> Callable[[], None]:
    """What takes its power away, and gives it back."""

    def do() -> None:
        off = Failure(kind="device-failure", target=name)
        apply_failure(lab, off)
        heal(lab, off)

    return do


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


class Stopped:
    """A daemon that is stopped (SIGSTOP) once a gate has been seen to hold, and goes on (SIGCONT): it answers nobody,
    and its sessions and routes stay."""

    def __init__(self, lab: Lab, name: str, seconds: float, patch: pytest.MonkeyPatch) -> None:
        """A switch's zebra, for so long from when the first gate holds after `begin`; or until `end`."""
        self._processes = node_processes(lab)[name]["zebra"]
        self._seconds = seconds
        self._over, self._begun = threading.Event(), threading.Event()
        stopped = self

        class Watched(lab_gate.Gate):
            """Its soak goes on when the daemon is stopped."""

            def after(self, look: Look, began: float, now: float) -> Answer:
                answer = super().after(look, began, now)
                if self.held and answer.kind == "wait" and stopped._thread.ident is not None:
                    stopped._hold.set()
                    stopped._begun.wait()
                return answer

        self._hold = threading.Event()
        patch.setattr(lab_gate, "Gate", Watched)
        self._thread = threading.Thread(target=self._run)
        self.seconds = 0.0
        """For which it was stopped."""

    def begin(self) -> None:
        """From now on, in a thread of its own."""
        self._thread.start()

    def end(self) -> None:
        """Let it go on, if it does not yet."""
        self._over.set()
        self._hold.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        self._hold.wait()
        began = time.monotonic()
        if not self._over.is_set():
            for process in self._processes:
                os.kill(process, signal.SIGSTOP)
        self._begun.set()
        try:
            self._over.wait(self._seconds)
        finally:
            for process in self._processes:
                os.kill(process, signal.SIGCONT)
            self.seconds = time.monotonic() - began


DROP_BGP = (
    "18,40 0 0 12,21 0 7 2048,48 0 0 23,21 0 12 6,177 0 0 14,72 0 0 14,21 10 0 179,72 0 0 16,21 8 7 179,"
    "21 0 6 34525,48 0 0 20,21 0 4 6,40 0 0 54,21 3 0 179,40 0 0 56,21 1 0 179,6 0 0 0,6 0 0 2"
)
"""Classic BPF over an Ethernet frame: what is TCP from or to port 179, over IPv4 or IPv6, is lost, all else passes."""


def filling(place: Path) -> Callable[[], None]:
    """What fills a file system to its last octet."""

    def fill() -> None:
        with (place / "filler").open("wb", buffering=0) as file:
            while True:
                try:
                    file.write(b"x" * 512)
                except OSError:
                    return

    return fill


def long_time() -> str:
    """A moment in so many octets that each record needs a block of its own: on a full disk the very next one fails."""
    return "2026-11-27T12:00:00Z".ljust(4200)
