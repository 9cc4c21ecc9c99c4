"""Grammar of commands as data: patterns of words in which `*` stands for any one word."""

from __future__ import annotations

import functools

Words = tuple[str, ...]


@functools.lru_cache(maxsize=1024)
def _by_first_word(patterns: Words) -> dict[str, tuple[Words, ...]]:
    """Patterns as words, the longest first, by the first word; under `*`, those that any first word may have."""
    split = sorted((tuple(p.split()) for p in patterns), key=len, reverse=True)
    return {first: tuple(p for p in split if p[0] in (first, "*")) for first in {"*", *(p[0] for p in split)}}


def prefix_of(patterns: Words, line: str) -> str | None:
    """The beginning of the line that one of the patterns describes, the longest first; None where none does."""
    by_first = _by_first_word(patterns)
    candidates = by_first.get(line.partition(" ")[0]) or by_first["*"]
    if not candidates:
        return None
    words = line.split()
    for pattern in candidates:
        if len(words) >= len(pattern) and all(p in ("*", w) for p, w in zip(pattern, words, strict=False)):
            return " ".join(words[: len(pattern)])
    return None
