"""Types of columns (RFC 7047 sections 3.2 and 5.1) and the Python values that stand for them.

one value                min 1, max 1            str, int, float, bool, Uuid
an optional one          min 0, max 1            the same, or None
a set                    max above 1             frozenset, or another Set that is never changed in place
a map                    with a value's type     Mapping: dict, LargeMap; never changed in place
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Set
from typing import NewType, TypeAlias

import msgspec

Uuid = NewType("Uuid", str)
"""A row's UUID in canonical text: what a reference to a row is."""
ZERO_UUID = Uuid("00000000-0000-0000-0000-000000000000")


class NamedUuid(str):
    """A reference to the row that an `insert` of the same transaction names so (RFC 7047 section 5.1)."""

    __slots__ = ()


Atom: TypeAlias = str | int | float | bool
Value: TypeAlias = Atom | Set[Atom] | Mapping[Atom, Atom] | None
"""What a column of a row that was read holds."""
Input: TypeAlias = Atom | Collection[Atom] | None
"""What may be given for a column: an atom, any collection of atoms for a set, a mapping for a map."""
Row: TypeAlias = Mapping[str, Value]
Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Kind(enum.Enum):
    """The shape of a column's value."""

    SCALAR = "scalar"
    OPTIONAL = "optional"
    SET = "set"
    MAP = "map"


class Scalar(msgspec.Struct, frozen=True):
    """An atom's type: `type` is one of integer, real, boolean, string, uuid.

    `enum` lists the only values allowed, `ref_table` the table that a uuid points into; what else constrains it
    (ranges, lengths) is left to the server to enforce.
    """

    type: str
    enum: frozenset[Atom] = frozenset()
    ref_table: str = ""
    weak: bool = False


class Type(msgspec.Struct, frozen=True):
    """A column's type. `max` is None where there is no limit."""

    key: Scalar
    value: Scalar | None = None
    min: int = 1
    max: int | None = 1

    @property
    def kind(self) -> Kind:
        """The shape of the values."""
        if self.value is not None:
            return Kind.MAP
        if self.max != 1:
            return Kind.SET
        return Kind.SCALAR if self.min == 1 else Kind.OPTIONAL
