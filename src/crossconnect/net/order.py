"""Natural order of names: `leaf2` before `leaf10`, as people sort them."""

from __future__ import annotations

import functools
import re

_DIGITS = re.compile(r"(\d+)", re.ASCII)

NaturalKey = tuple[tuple[str | int, ...], str]


@functools.lru_cache(maxsize=1 << 18)
def natural_key(text: str) -> NaturalKey:
    """Sort key of a name. Text and numbers alternate, so two keys always compare; the name itself breaks ties."""
    parts: list[str | int] = [*_DIGITS.split(text)]
    for index in range(1, len(parts), 2):
        parts[index] = int(parts[index])
    return tuple(parts), text
