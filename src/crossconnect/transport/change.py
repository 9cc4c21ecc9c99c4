"""A change of one device, as it is given to it, and what every driver can do with it.

    waiting -- prepare --> load(seconds), the device's own timer runs --> verify --> confirm
                                   |                                        |
                                   '------- cancel | invert | restore ------'     each proven by what runs then

A driver speaks one system's words over one transport. It keeps nothing between two calls that the device does not have:
after a crash another process goes on with the same `Change`, and asks (`look`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Literal, Protocol, Self

import msgspec

from crossconnect.nos.network_os import Commands, Query

Look = Literal["old", "pending", "new", "other"]
"""What a device runs: its configuration before; the new one with a timer; the new one without; neither."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a device is given and what takes it back. Secrets stand in it, so that its `repr` is its name only."""

    name: str
    """Known to the device while it is not confirmed: persist-id, session or checkpoint. Letters, digits and hyphens,
    at most 32; the same after a crash."""
    commands: tuple[Commands, ...]
    """In the order in which the device takes them."""
    undo: tuple[Commands, ...]
    """From `new` to `old`."""
    old: Mapping[str, str]
    """Whole text by file name."""
    new: Mapping[str, str]
    """Whole text by file name."""
    start_old: Mapping[str, str] = {}
    """What the device is to start with while it runs `old`; empty for `old` itself. A drained device starts undrained.
    For systems whose start-up configuration is a file that is written."""
    start_new: Mapping[str, str] = {}
    """The same for `new`."""

    def __post_init__(self) -> None:
        assert _NAME.fullmatch(self.name), self.name

    def __repr__(self) -> str:
        return f"Change({self.name})"


class Driver(Protocol):
    """One device. An object is used for one call or several in a row, by one task, as a context:

        async with driver: await driver.load(change, 210)

    Entering connects, leaving disconnects and takes nothing back. All methods end within the deadline that the caller
    sets around them (`asyncio.timeout`); a driver that is interrupted leaves the device's own timer running. Errors are
    those of `errors.py`: Unreachable, Busy, Rejected, Unauthorised, Untrusted, LimitExceeded, Unsupported. No message
    has a secret in it.
    """

    async def __aenter__(self) -> Self:
        """Connect. Unreachable, Untrusted, Unauthorised, Unsupported."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        ...

    async def prepare(self, change: Change) -> None:
        """See that nothing is pending, that `old` runs, and that the device would take `new` where it can say so
        without taking it. Rejected, with the first line that differs or the device's own words; Busy when another's
        change is pending or another holds the configuration."""
        ...

    async def load(self, change: Change, seconds: int) -> None:
        """Make the device run `new` for `seconds` of its own clock, after which it takes itself back to `old`, whether
        we live or not. When this returns the timer was seen to run. Where it raises Rejected nothing is left behind,
        neither configuration nor timer. The saved (start-up) configuration stays `old`."""
        ...

    async def verify(self, change: Change) -> None:
        """Rejected when the device does not run `new`."""
        ...

    async def is_pending(self, change: Change) -> bool:
        """Whether this change waits for its confirmation, asked of the device."""
        ...

    async def confirm(self, change: Change) -> None:
        """Keep `new`, and save it as what the device starts with. When this returns the timer was seen to be gone.
        Rejected when the device has taken it back already. Doing it twice is no error."""
        ...

    async def cancel(self, change: Change) -> None:
        """Let the device take back what is not confirmed. Rejected when nothing is pending, or `old` does not run
        then."""
        ...

    async def invert(self, change: Change) -> None:
        """Give the device `undo`, confirmed or not, without a timer. Rejected when `old` does not run then."""
        ...

    async def restore(self, change: Change) -> None:
        """Give the device the whole of `old`, whatever it runs. Rejected when `old` does not run then."""
        ...

    async def give(self, change: Change) -> None:
        """From `old` to `new` for good, without a timer: draining and undraining. Doing it where `new` runs is no
        error. Rejected when `new` does not run then. The saved configuration stays as it is."""
        ...

    async def look(self, change: Change) -> Look:
        """What the device runs. While it is taking something back, it is waited for."""
        ...

    async def deviations(self, change: Change) -> tuple[str, ...]:
        """What would have to change so that `old` runs, a line each; nothing where it does. The device is left as it
        is."""
        ...

    async def ask(self, query: Query) -> bytes:
        """The answer to a question about its state, as `query.parse` reads it. Unsupported for a way that it is not
        asked by."""
        ...
