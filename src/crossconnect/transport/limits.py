"""How much is done at once: one session per device, so many in all.

    task --> slot(device) --> [device's turn: 1] --> [turn in all: 32] --> session

A device's turn is taken first: tasks that wait for a slow device take nobody else's place.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

SESSIONS_MAX = 32
"""Sessions in all. Each is a log-in at the AAA servers; some ten of those per second is what TACACS+ servers take."""


class Limits:
    """Belongs to one event loop."""

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        self._all = asyncio.Semaphore(sessions_max)
        self._devices: dict[str, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def slot(self, device: str) -> AsyncGenerator[None]:
        """Wait for the device's turn and for one in all. Waiting ends with the caller's deadline."""
        async with self._devices.setdefault(device, asyncio.Lock()), self._all:
            yield
