"""Changes of the running network: each wave, device and step with its time, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.rollout.progress import Step


class RolloutStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step from its begin to its end, in seconds since the change began."""

    wave: int
    device: str
    """Empty for a look at the whole network."""
    step: str
    begin_s: float
    end_s: float
    done: bool
    """False: it has failed."""
    detail: str


class RolloutChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was carried out."""

    title: str
    waves: tuple[tuple[str, ...], ...]
    steps: tuple[RolloutStep, ...]
    outcome: str
    """`done`, `undone`, `stopped`, `stuck`."""
    wanted: str
    seconds: float
    failure: str = ""
    """Why it was taken back."""
    figures: tuple[tuple[str, str], ...] = ()
    """(what, what was measured)."""


class RolloutRun(msgspec.Struct, frozen=True, kw_only=True):
    """All that were tried on one lab."""

    region: str
    changes: tuple[RolloutChange, ...]

    @property
    def right(self) -> int:
        """Changes that ended as they had to."""
        return sum(change.outcome == change.wanted for change in self.changes)


def steps_of(events: Iterable[Step]) -> tuple[RolloutStep, ...]:
    """Begins and ends, put together; what has not ended is left out."""
    begun: dict[tuple[int, str, str], float] = {}
    steps: list[RolloutStep] = []
    for event in events:
        key = event.wave, event.device, event.step
        if event.status == "begin":
            begun[key] = event.seconds
            continue
        steps.append(
            RolloutStep(
                wave=event.wave,
                device=event.device,
                step=event.step,
                begin_s=begun.pop(key, event.seconds),
                end_s=event.seconds,
                done=event.status == "done",
                detail=event.detail,
            )
        )
    return tuple(sorted(steps, key=lambda step: step.begin_s))
