"""What the API asks of the realiser beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Realising(Protocol):
    """The realiser of this process."""

    def __call__(self) -> str:
        """Why nothing is being realised; empty while all is well."""
        ...

    async def lacking(self, number: int, timeout_s: float) -> Sequence[str]:
        """Wait until the chassis that a change concerns have installed it; those that have not when time is over."""
        ...
