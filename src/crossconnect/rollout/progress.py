"""How far carrying a plan out is, and how long it will still take, for people and for CI.

What steps have taken so far says what they will take; before any has ended, what they took in a lab of 20 routers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from crossconnect.rollout.execution import Course, Happened, State, Verb

FORWARD: tuple[Verb, ...] = (
    "prepare",
    "drain",
    "quiet",
    "commit",
    "verify",
    "gate",
    "confirm",
    "ready",
    "undrain",
    "settle",
)
BACKWARD: tuple[Verb, ...] = ("undo", "undrain", "proof")

_OF_DRAINED = ("drain", "quiet", "ready", "undrain", "settle")
_BEHIND: Mapping[str, int] = {"waiting": 0, "prepared": 1, "committed": 4, "verified": 5, "confirmed": 7}
"""How many of `FORWARD` a stage has behind it."""

TYPICAL_S: Mapping[str, float] = {
    "prepare": 1.0,
    "drain": 2.0,
    "quiet": 4.0,
    "commit": 2.0,
    "verify": 1.0,
    "gate": 2.0,
    "confirm": 1.0,
    "ready": 2.0,
    "undrain": 2.0,
    "settle": 2.0,
    "undo": 3.0,
    "proof": 3.0,
}
"""Of a step of a whole wave, without the soak time of gates."""


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that is begun, or gone on with: the first line."""

    file: str
    """The plan's file, as it was said."""
    sha256: str
    """Its hash, which approvals name."""
    region: str
    """The region's name."""
    network: str
    """What it is carried out on: a lab by its name, or `the network`."""
    waves: tuple[tuple[str, ...], ...]
    """Devices of each wave, in order."""
    unseen: tuple[str, ...]
    """What gates on devices do not look at, by system, as the plan says it; a lab's gates see all of it."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step that begins or has ended: one line of progress."""

    seconds: float
    """Since the run began."""
    wave: int
    """Number of its wave, from 1; 0 for what is about none."""
    waves: int
    """How many there are."""
    device: str
    """Empty for what is about the network: gates and proofs."""
    step: str
    """`inspect`, `prepare`, `drain`, `quiet`, `commit`, `verify`, `gate`, `confirm`, `ready`, `undrain`, `settle`,
    `undo`, `proof`;
    `resume` and `abort` where somebody has taken over."""
    status: str
    """`begin`, `done`, `failed`."""
    detail: str
    """Of a gate how long it has held, what came of its probes, what it has not looked at; of what has failed why; of an
    undoing the way that was taken."""
    left_s: int | None
    """How long the rest takes if nothing fails any more; None when nothing can be said."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is due any more: the last line. Without one the command was ended from outside, or refused the plan."""

    outcome: str
    """`done`, `undone`, `stopped` (the wave that failed is undone, those before it stand), `stuck`."""
    seconds: float
    """Since the run began."""
    failure: str
    """What has failed first; empty where nothing has."""
    stuck: tuple[str, ...]
    """Devices that did not go back in any of the ways: somebody must look."""
    journal: str
    """Hash of the journal's last record."""


class Progress:
    """What has been seen of a run."""

    def __init__(self, course: Course, soak_s: int) -> None:
        self._course, self._soak_s = course, soak_s
        self._begun: dict[tuple[str, int, str], float] = {}
        self._took: dict[str, list[float]] = {}

    def step(self, event: Happened, state: State, seconds: float) -> Step:
        """The line for an event, `seconds` after the run began; `state` is the one after it."""
        key = (event.verb, event.wave, event.device)
        if event.kind == "begin":
            self._begun[key] = seconds
        elif key in self._begun:
            took = seconds - self._begun.pop(key)
            known = self._took.setdefault(event.verb, [0.0, 0.0])
            known[0] += 1
            known[1] += max(0.0, took - self._soak_s) if event.verb == "gate" else took
        return Step(
            seconds=round(seconds, 1),
            wave=event.wave,
            waves=len(self._course.waves),
            device=event.device,
            step=event.verb,
            status=event.kind,
            detail=event.detail,
            left_s=round(self._left(state)),
        )

    def _left(self, state: State) -> float:
        return sum(self._seconds(verb) for verb in remaining(self._course, state))

    def _seconds(self, verb: Verb) -> float:
        count, total = self._took.get(verb, (0.0, 0.0))
        each = total / count if count else TYPICAL_S[verb]
        return each + self._soak_s if verb == "gate" else each


def remaining(course: Course, state: State) -> Iterator[Verb]:
    """Steps of whole waves that are left, if nothing fails any more."""
    for number, names in enumerate(course.waves, 1):
        devices = [state.devices[name] for name in names]
        if state.undoing:
            within = number <= state.undo_from and (state.undo_all or number == state.undo_from)
            if within and any(device.touched for device in devices):
                for verb in BACKWARD:
                    if verb != "undrain" or any(d.drained for d in devices):
                        yield verb
            continue
        drained = not course.drain.isdisjoint(names)
        behind = min((_BEHIND.get(device.stage, len(FORWARD)) for device in devices), default=len(FORWARD))
        for verb in FORWARD[behind:]:
            if verb in _OF_DRAINED and (not drained or number in state.settled):
                continue
            if verb == "gate" and number in state.passed:
                continue
            yield verb
