"""Which states inside a wave are simulated: those in which some of its devices are changed and the others not yet.

    sets of devices that matter together --colours--> who may share a bit --rows--> states
        up to 4 bits: every combination
        more:         each alone first, each alone last, and every combination of any three

Two devices of which nothing depends on both share a bit: what a state with one of them changed costs is what it costs
with both or none, of each taken for itself. So with up to four bits the states stand for all 2^k of k devices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

Cover = Literal["all", "three", "first", "end"]
"""What the states simulated of a wave stand for: `all` its states; every combination of any `three` of its devices, and
each device first and last; each device `first`; its `end`."""

Inside = tuple[tuple[frozenset[str], ...], Cover]
"""Sets of a wave's devices that are changed while its others are not, and what these states stand for."""

ALL_BITS_MAX = 4
"""Bits of which every combination is simulated: 14 states beside those before and after the wave; one more doubles
them."""


def colours(devices: Sequence[str], together: Collection[frozenset[str]] | None) -> tuple[tuple[str, ...], ...]:
    """Devices cut into as few parts as the first that fits gives; no two of a part are in one of the sets `together`.
    Devices in none of them are left out: nothing depends on them. Without sets, everything depends on all."""
    if together is None:
        return tuple((name,) for name in devices)
    inside = [frozenset(devices) & each for each in together]
    parts: list[list[str]] = []
    for name in devices:
        mine = frozenset[str]().union(*(each for each in inside if name in each))
        if not mine:
            continue
        fitting = next((part for part in parts if mine.isdisjoint(part)), None)
        if fitting is None:
            parts.append([name])
        else:
            fitting.append(name)
    return tuple(tuple(part) for part in parts)


def inside_states(devices: Sequence[str], together: Collection[frozenset[str]] | None = None) -> Inside:
    """Sets of a wave's devices that are changed while the others are not, each to be simulated, and what they stand for
    together with the states before and after the wave."""
    parts = colours(devices, together)
    size = len(parts)
    if size <= ALL_BITS_MAX:
        rows, cover = range(1, (1 << size) - 1), "all"
    else:
        rows, cover = tuple(dict.fromkeys(_rows(size))), "three"
    found = tuple(frozenset(n for bit, part in enumerate(parts) if row >> bit & 1 for n in part) for row in rows)
    return found, cover


def first_states(devices: Sequence[str]) -> Inside:
    """Each device first: where a state costs so much that no more can be had."""
    single = tuple(frozenset((name,)) for name in devices) if len(devices) > 1 else ()
    return single, "first" if len(devices) > 2 else "all"


def _rows(size: int) -> Iterator[int]:
    """Rows of bits for more than `ALL_BITS_MAX` parts, but none and all of them."""
    everything = (1 << size) - 1
    for bit in range(size):
        yield 1 << bit
    for bit in range(size):
        yield everything ^ (1 << bit)
    # Affine functions on the numbers of the parts, as vectors over GF(2): three different vectors are affinely
    # independent, so some function has any three values wanted on them (the rows of a Reed-Muller code of order 1).
    length = (size - 1).bit_length()
    for function in range(1 << length):
        values = sum(((function & part).bit_count() & 1) << part for part in range(size))
        for row in (values, values ^ everything):
            if row not in (0, everything):
                yield row
