"""One at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from crossconnect.errors import Busy


@contextlib.contextmanager
def sole(path: Path) -> Iterator[None]:
    """Have a network to oneself while a plan is carried out. Busy where somebody else has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Busy(f"somebody else carries this plan out, or another one: {path} is locked") from error
    try:
        yield
    finally:
        os.close(descriptor)
