"""Progress on stderr: one updating line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Report = Callable[[str, str], None]
"""Called with a node's name and what has just been done with it."""


class Counter:
    """Counts nodes through the phases of a long operation; use as a context manager."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.terminal = sys.stderr.isatty()
        self.seen: dict[str, set[str]] = {}
        self.begin = time.monotonic()

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        if self.terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def report(self, node: str, what: str) -> None:
        """Note that `what` is done for `node`."""
        nodes = self.seen.setdefault(what, set())
        nodes.add(node)
        if self.terminal:
            elapsed = time.monotonic() - self.begin
            line = f"{self.title}: {what} {len(nodes)}/{self.total}  {node}  ({elapsed:.0f} s)"
            print(f"\r\033[K{line[:110]}", end="", file=sys.stderr, flush=True)
        elif len(nodes) == self.total:
            print(f"{self.title}: {what} {self.total}/{self.total}", file=sys.stderr, flush=True)
