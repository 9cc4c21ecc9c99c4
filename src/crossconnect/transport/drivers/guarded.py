"""What drivers of systems with a commit timer of their own have in common: the order of questions and deeds.

    load:    nothing pending? --> commit for N s --> timer seen? --> runs `new`?     else: taken back, then Rejected
    confirm: ours pending? --> accept --> timer gone? --> runs `new`? --> save
    undo:    ours pending? --> reject --> runs `old`? --> else inverse, or whole --> runs `old`? --> save

A system gives the deeds (`Guarded`'s abstract methods). Nothing that it answers to a deed is believed: the timer and
the configuration are asked for afterwards.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, Self

from crossconnect.errors import Busy, Rejected
from crossconnect.nos.network_os import Commands, Query
from crossconnect.transport.change import Change, Look

Pending = Literal["none", "ours", "other"]
"""Whose change waits for its confirmation."""

TIMER_SLACK_S = 60.0
"""What a timer may have lost when it is looked at: a large change takes that long to be answered. The plan's margin for
confirming is as long."""
LOOKS = 5
LOOK_AGAIN_S = 1.0
"""A device that is between two configurations is taking one back: rollbacks take some seconds."""


class Guarded(ABC):
    """A driver (`change.Driver`) over the deeds of one system."""

    place: str
    """How messages name the device."""

    # Deeds of a system

    @abstractmethod
    async def connect(self) -> None:
        """Connect."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Disconnect."""

    @abstractmethod
    async def pending(self, change: Change) -> Pending:
        """Whose change waits for its confirmation."""

    @abstractmethod
    async def differences(self, change: Change, side: Literal["old", "new"]) -> Sequence[str]:
        """Lines in which what runs differs from `old` or `new`, without secrets."""

    @abstractmethod
    async def fit(self) -> None:
        """Rejected where the device's own settings make a timer useless; Busy where it has no place for our work."""

    @abstractmethod
    async def check(self, change: Change) -> None:
        """Rejected where the device would not take the commands, as far as it says so without taking them."""

    @abstractmethod
    async def commit_for(self, change: Change, seconds: int) -> None:
        """Make it run `new`, with a timer. Where the device refuses, its candidate is removed."""

    @abstractmethod
    async def accept(self, change: Change) -> None:
        """Keep what waits for its confirmation."""

    @abstractmethod
    async def reject(self, change: Change) -> None:
        """Take back what waits for its confirmation."""

    @abstractmethod
    async def apply(self, change: Change, commands: Sequence[Commands]) -> None:
        """Give it commands for good."""

    @abstractmethod
    async def replace_with_old(self, change: Change) -> None:
        """Give it the whole of `old` for good."""

    @abstractmethod
    async def save(self) -> None:
        """Make what runs what it starts with."""

    @abstractmethod
    async def ask(self, query: Query) -> bytes:
        """See `Driver`."""

    async def timer_left(self) -> float | None:
        """Seconds until the device takes back what waits; None where it does not say."""
        return None

    async def tidy(self, change: Change) -> None:
        """Remove what a change that is over may have left; most systems remove their own timers themselves."""
        _ = change

    # What every driver can

    async def __aenter__(self) -> Self:
        """See `Driver`."""
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """See `Driver`."""
        await self.disconnect()

    async def prepare(self, change: Change) -> None:
        """See `Driver`."""
        await self._nothing_pending(change)
        await self.fit()
        await self._runs(change, "old", "has drifted")
        await self.check(change)

    async def load(self, change: Change, seconds: int) -> None:
        """See `Driver`."""
        await self._nothing_pending(change)
        await self.commit_for(change, seconds)
        try:
            if await self.pending(change) != "ours":
                raise Rejected(f"{self.place}: no timer runs after the commit")
            left = await self.timer_left()
            if left is not None and left < seconds - TIMER_SLACK_S:
                raise Rejected(f"{self.place}: its timer has {left:.0f} s left of {seconds} s")
            await self.verify(change)
        except Rejected as error:
            await self._back(change, error)
            raise

    async def verify(self, change: Change) -> None:
        """See `Driver`."""
        await self._runs(change, "new", "does not run what was loaded")

    async def is_pending(self, change: Change) -> bool:
        """See `Driver`."""
        return await self.pending(change) == "ours"

    async def confirm(self, change: Change) -> None:
        """See `Driver`."""
        if await self.pending(change) == "ours":
            await self.accept(change)
            if await self.pending(change) == "ours":
                raise Rejected(f"{self.place}: the timer still runs after the confirmation")
        await self._runs(change, "new", "has taken the change back, or does not run it")
        await self.tidy(change)
        await self.save()

    async def cancel(self, change: Change) -> None:
        """See `Driver`."""
        if await self.pending(change) != "ours":
            raise Rejected(f"{self.place}: nothing of ours waits for its confirmation")
        await self.reject(change)
        await self._runs(change, "old", "does not run its old configuration")
        await self.tidy(change)

    async def invert(self, change: Change) -> None:
        """See `Driver`."""
        await self._no_timer(change)
        if await self.differences(change, "old"):
            await self.apply(change, change.undo)
        await self._is_old_for_good(change)

    async def restore(self, change: Change) -> None:
        """See `Driver`."""
        await self._no_timer(change)
        if await self.differences(change, "old"):
            await self.replace_with_old(change)
        await self._is_old_for_good(change)

    async def give(self, change: Change) -> None:
        """See `Driver`."""
        await self._nothing_pending(change)
        if await self.differences(change, "new"):
            await self.apply(change, change.commands)
        await self.verify(change)

    async def look(self, change: Change) -> Look:
        """See `Driver`."""
        for again in range(LOOKS):
            if again:
                await asyncio.sleep(LOOK_AGAIN_S)
            waits = await self.pending(change)
            if not await self.differences(change, "new"):
                return "pending" if waits == "ours" else "new"
            if not await self.differences(change, "old"):
                return "old"
        return "other"

    async def deviations(self, change: Change) -> tuple[str, ...]:
        """See `Driver`."""
        return tuple(await self.differences(change, "old"))

    # Parts of them

    async def _nothing_pending(self, change: Change) -> None:
        match await self.pending(change):
            case "other":
                raise Busy(f"{self.place}: somebody else's change waits for its confirmation")
            case "ours":
                raise Busy(f"{self.place}: this change waits for its confirmation already")
            case "none":
                pass

    async def _runs(self, change: Change, side: Literal["old", "new"], what: str) -> None:
        if lines := await self.differences(change, side):
            more = f" and {len(lines) - 1} more lines" if lines[1:] else ""
            raise Rejected(f"{self.place} {what}: `{lines[0]}`{more}")

    async def _no_timer(self, change: Change) -> None:
        """End our timer; whether that brings `old` back is seen afterwards."""
        match await self.pending(change):
            case "ours":
                try:
                    await self.reject(change)
                except Rejected:
                    if await self.pending(change) == "other":
                        raise
            case "other":
                raise Busy(f"{self.place}: somebody else's change waits for its confirmation")
            case "none":
                pass

    async def _is_old_for_good(self, change: Change) -> None:
        await self._runs(change, "old", "does not run its old configuration")
        await self.tidy(change)
        await self.save()

    async def _back(self, change: Change, why: Rejected) -> None:
        """Leave nothing behind of a load that did not end as it should."""
        try:
            if await self.pending(change) != "none":  # nothing was, so it is what we have just done
                await self.reject(change)
            elif await self.differences(change, "old"):
                await self.apply(change, change.undo)
            await self._runs(change, "old", "does not run its old configuration")
            await self.tidy(change)
        except Rejected as error:
            raise Rejected(f"{why}; taking it back did not work either: {error}") from error
