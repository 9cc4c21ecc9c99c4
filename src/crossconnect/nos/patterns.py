"""Grammar of commands as data: patterns of words in which `*` stands for any one word."""

from __future__ import annotations

import functools


@functools.lru_cache(maxsize=1024)
def _split(patterns: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((tuple(p.split()) for p in patterns), key=len, reverse=True))


def prefix_of(patterns: tuple[str, ...], line: str) -> str | None:
    """The beginning of the line that one of the patterns describes, the longest first; None where none does."""
    words = line.split()
    for pattern in _split(patterns):
        if len(words) >= len(pattern) and all(p in ("*", w) for p, w in zip(pattern, words, strict=False)):
            return " ".join(words[: len(pattern)])
    return None
