"""A large map that differs little from the one before: OVN's names of a network, of which each interface adds two.

As with `large_set`, the pairs are shared, and copied once for many differences. They are values: none is ever changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossconnect.transport.ovsdb.large_set import LARGE, SHARE
from crossconnect.transport.ovsdb.types import Atom


class LargeMap(Mapping[Atom, Atom]):
    """`base` with the pairs of `now`, less the keys of `gone`; `new` of the keys of `now` are not in `base`."""

    __slots__ = ("_base", "_gone", "_new", "_now")

    def __init__(
        self, base: Mapping[Atom, Atom], now: Mapping[Atom, Atom], gone: frozenset[Atom] = frozenset(), new: int = 0
    ) -> None:
        """See the class."""
        self._base, self._now, self._gone, self._new = base, now, gone, new

    def __getitem__(self, key: Atom) -> Atom:
        if key in self._now:
            return self._now[key]
        if key in self._gone:
            raise KeyError(key)
        return self._base[key]

    def __contains__(self, key: object) -> bool:
        return key in self._now or (key in self._base and key not in self._gone)

    def __iter__(self) -> Iterator[Atom]:
        yield from self._now
        yield from (key for key in self._base if key not in self._now and key not in self._gone)

    def __len__(self) -> int:
        return len(self._base) + self._new - len(self._gone)

    def __eq__(self, other: object) -> bool:
        return dict(self) == (dict(other) if isinstance(other, LargeMap) else other)

    __hash__ = None  # type: ignore[assignment]  # as a dict

    def __repr__(self) -> str:
        return f"LargeMap({dict(self)!r})"

    def differing(self, difference: Mapping[Atom, Atom]) -> Mapping[Atom, Atom]:
        """See `changed`."""
        now, gone = dict(self._now), set(self._gone)
        for key, value in difference.items():
            if key in self and self[key] == value:
                now.pop(key, None)
                if key in self._base:
                    gone.add(key)
            else:
                now[key] = value
                gone.discard(key)
        if (len(now) + len(gone)) * SHARE > len(self._base):
            return {**{key: value for key, value in self._base.items() if key not in gone}, **now}
        return LargeMap(self._base, now, frozenset(gone), sum(key not in self._base for key in now))


def changed(old: Mapping[Atom, Atom], difference: Mapping[Atom, Atom]) -> Mapping[Atom, Atom]:
    """With the pairs that are added or differ, without those that are as they were."""
    if isinstance(old, LargeMap):
        return old.differing(difference)
    if len(old) >= LARGE:
        return LargeMap(old, {}).differing(difference)
    new = dict(old)
    for key, value in difference.items():
        if key in new and new[key] == value:
            del new[key]
        else:
            new[key] = value
    return new
