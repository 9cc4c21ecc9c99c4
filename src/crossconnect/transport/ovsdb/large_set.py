"""A large set that differs little from the one before, as OVN's port groups do when a port comes.

    a port comes: frozenset of 10,000 --> LargeSet(the same frozenset, {+1}) --> LargeSet(the same frozenset, {+2}) ...

A frozenset of 10,000 is copied and freed in some 0.7 ms, for each port again. These share the elements, and are copied
once for many differences. They are values: none is ever changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from crossconnect.transport.ovsdb.types import Atom

LARGE = 256
"""Elements from which on sharing them pays."""
SHARE = 32
"""A set, or a map, is copied when it has more differences than this part of its elements: one in 32."""


class LargeSet(Set[Atom]):
    """`base` less `gone`, which are in it, and `come`, which are not."""

    __slots__ = ("_base", "_come", "_gone")

    def __init__(self, base: frozenset[Atom], come: frozenset[Atom], gone: frozenset[Atom]) -> None:
        """See the class."""
        self._base, self._come, self._gone = base, come, gone

    def __contains__(self, element: object) -> bool:
        return element in self._come or (element in self._base and element not in self._gone)

    def __iter__(self) -> Iterator[Atom]:
        yield from self._come
        yield from (self._base.difference(self._gone) if self._gone else self._base)

    def __len__(self) -> int:
        return len(self._base) + len(self._come) - len(self._gone)

    def __eq__(self, other: object) -> bool:
        return frozenset(self) == (frozenset(other) if isinstance(other, LargeSet) else other)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"LargeSet({set(self)!r})"

    @classmethod
    def _from_iterable(cls, it: Iterable[Atom]) -> frozenset[Atom]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What operators make of it."""
        return frozenset(it)

    def differing(self, difference: frozenset[Atom]) -> Set[Atom]:
        """See `changed`."""
        inside = frozenset(element for element in difference if element in self._base)
        come, gone = self._come ^ (difference - inside), self._gone ^ inside
        if (len(come) + len(gone)) * SHARE > len(self._base):
            return (self._base - gone) | come
        return LargeSet(self._base, come, gone)


def changed(old: Set[Atom], difference: frozenset[Atom]) -> Set[Atom]:
    """The elements that are in one of both only."""
    if isinstance(old, LargeSet):
        return old.differing(difference)
    if isinstance(old, frozenset) and len(old) >= LARGE:
        return LargeSet(old, frozenset(), frozenset()).differing(difference)
    # In this order Python copies the large set and changes the copy; in the other it builds it anew, one by one.
    return difference ^ old
