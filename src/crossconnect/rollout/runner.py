"""Carrying a plan out for real: what is due is done, and written down before and after.

    due(state) --> begin, durable --> hands do it, several at once --> done or failed, durable --> state --> due ...

Thin: what is due is the state machine's, what it takes is the hands', what has happened is the journal's.
"""

from __future__ import annotations

import concurrent.futures
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from crossconnect.errors import CrossconnectError
from crossconnect.rollout.execution import (
    Action,
    Course,
    DeviceState,
    Happened,
    Outcome,
    State,
    after,
    due,
    outcome,
    state_after,
)
from crossconnect.rollout.journal import Record
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.saved_plan import Timers

AT_ONCE_MAX = 8
"""Devices that are worked on at the same time, by all waves: what a controller's own uplink and a busy AAA server
take."""

_URGENT = ("undo", "undrain", "proof", "inspect")
"""What may use the journal's reserve when the disk is full: the way back."""


class Hands(Protocol):
    """Who does what is due: on devices, and for `gate` and `proof` by looking at the network."""

    def perform(self, action: Action, device: DeviceState | None) -> str:
        """Do it, and say what is worth remembering; of `inspect` what was found. Raises CrossconnectError when it did
        not work, and must end in bounded time. Called from several threads."""
        ...

    def seconds_max(self, action: Action) -> float:
        """When an action that has not ended has failed. What is done to a device ends by itself (infinity): whoever
        gave it up could not know whether it still takes effect. A look at the network that hangs has failed."""
        ...


def gate_seconds_max(action: Action, timers: Timers, margin_s: float) -> float:
    """`Hands.seconds_max` by a plan's timers, and what a look may take beyond them."""
    if action.verb == "gate":
        return timers.gate_s + timers.soak_s + timers.silence_s + margin_s
    if action.verb in ("quiet", "ready"):
        # `ready` may look twice, and both hold for a while.
        return 2 * timers.gate_s + timers.silence_s + margin_s
    return timers.gate_s + margin_s if action.verb in ("settle", "proof") else math.inf


def events_of(records: Iterable[Record]) -> list[Happened]:
    """What a journal says has happened. Whoever opens it takes over from whoever had it."""
    events: list[Happened] = []
    for record in records:
        if record.kind == "owner":
            if events:
                events.append(Happened(kind="done", verb="resume", wave=0))
        elif record.kind != "note":
            events.append(
                Happened(
                    kind=record.kind,
                    verb=record.action,  # pyright: ignore[reportArgumentType] - we have written it
                    wave=record.wave,
                    device=record.device,
                    detail=record.detail,
                )
            )
    return events


def carry_out(
    course: Course,
    journal: Journal,
    hands: Hands,
    *,
    who: str,
    abort: bool = False,
    report: Callable[[Happened], None] | None = None,
) -> tuple[Outcome, State]:
    """Go on from where the journal is, to the end. `who` is written down as its owner. With `abort` everything that was
    done is undone."""

    def note(event: Happened, urgent: bool = False) -> None:
        nonlocal state
        journal.append(
            urgent,
            kind=event.kind,
            action=event.verb,
            wave=event.wave,
            device=event.device,
            detail=event.detail,
        )
        state = after(course, state, event)
        if report is not None:
            report(event)

    journal.append(urgent=True, kind="owner", detail=who)
    state = state_after(course, events_of(journal.records))
    if abort:
        note(Happened(kind="done", verb="abort", wave=0, detail=f"aborted by {who}"), urgent=True)
    slots = threading.Semaphore(AT_ONCE_MAX)
    while actions := due(course, state):
        urgent = actions[0].verb in _URGENT or state.undoing
        waiting: dict[concurrent.futures.Future[str], tuple[Action, float]] = {}
        for action in actions:
            note(_event("begin", action), urgent)
            until = time.monotonic() + hands.seconds_max(action)
            waiting[_started(hands, action, state.devices.get(action.device), slots)] = (action, until)
        while waiting:
            first = min(until for _, until in waiting.values())
            left = min(max(0.0, first - time.monotonic()), threading.TIMEOUT_MAX)
            ended, _ = concurrent.futures.wait(waiting, left, concurrent.futures.FIRST_COMPLETED)
            for future in ended:
                note(_ended(waiting.pop(future)[0], future), urgent)
            for future, (action, until) in list(waiting.items()):
                if until <= time.monotonic() and not future.done():
                    del waiting[future]
                    note(_event("failed", action, f"it hangs: no answer in {hands.seconds_max(action):.0f} s"), urgent)
    return outcome(course, state), state


def _started(
    hands: Hands, action: Action, device: DeviceState | None, slots: threading.Semaphore
) -> concurrent.futures.Future[str]:
    """Do it beside us. Daemon threads, since one that hangs must not keep the process from ending."""
    future: concurrent.futures.Future[str] = concurrent.futures.Future()

    def work() -> None:
        with slots:
            try:
                future.set_result(hands.perform(action, device))
            except BaseException as error:
                future.set_exception(error)

    threading.Thread(target=work, name=f"xc-{action.verb}", daemon=True).start()
    return future


def _event(kind: str, action: Action, detail: str = "") -> Happened:
    return Happened(
        kind=kind,  # pyright: ignore[reportArgumentType] - of the three
        verb=action.verb,
        wave=action.wave,
        device=action.device,
        detail=detail or action.way,
    )


def _ended(action: Action, future: concurrent.futures.Future[str]) -> Happened:
    try:
        return _event("done", action, future.result())
    except (CrossconnectError, OSError) as error:
        return _event("failed", action, str(error)[:500] or type(error).__name__)
