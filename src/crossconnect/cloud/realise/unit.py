"""What the writer is given: units of rows, and which of them changed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.cloud.ovn.rows import Contribution, Row


class Unit(msgspec.Struct, frozen=True):
    """Rows that stand and fall together, and what they add to sets and maps of other units' rows.

    A row belongs to one unit. The same element may be contributed by several; it is there while one of them has it.
    """

    rows: tuple[Row, ...] = ()
    contributions: frozenset[Contribution] = frozenset()


Units = Mapping[str, Unit | None]
"""Units by key, None for one that is gone. Who is referred to comes before who refers to it."""


class Batch(msgspec.Struct, frozen=True):
    """What changed. With it, all is told up to the change of that `number`."""

    number: int
    units: Units = {}
