"""Many like findings as few: pairs that go wrong are told by the end that they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Group(NamedTuple):
    """Pairs with one end in common. `of_source` says which end: `end` is then the source, else the destination."""

    end: str
    of_source: bool
    others: tuple[str, ...]


def by_common_end(pairs: Iterable[tuple[str, str]]) -> list[Group]:
    """Put each (source, destination) with the end that more pairs share (the source when equal).

    Ten VTEPs that all miss an eleventh are one group and not ten; so is one VTEP that misses all others.
    """
    unique = sorted(set(pairs))
    sources, destinations = Counter(s for s, _ in unique), Counter(d for _, d in unique)
    groups: dict[tuple[str, bool], list[str]] = {}
    for source, destination in unique:
        of_source = sources[source] >= destinations[destination]
        end, other = (source, destination) if of_source else (destination, source)
        groups.setdefault((end, of_source), []).append(other)
    return [Group(end, of_source, tuple(others)) for (end, of_source), others in sorted(groups.items())]


def names_text(names: Sequence[object], names_max: int = 5) -> str:
    """`a, b, c and 7 more`."""
    texts = [str(name) for name in names]
    if len(texts) <= names_max + 1:
        return ", ".join(texts)
    return f"{', '.join(texts[:names_max])} and {len(texts) - names_max} more"


def count_text(count: int, noun: str) -> str:
    """`1 path`, `2 paths`, `1 address`, `2 addresses`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun}es" if noun.endswith("s") else f"{count} {noun}s"


def with_article(noun: str) -> str:
    """`a link`, `an external router`."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
