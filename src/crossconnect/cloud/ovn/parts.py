"""What units are made of: rows with our marks, rows inside other rows' sets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import KEY, RESOURCE, Contribution, Row, uuid_of
from crossconnect.transport.ovsdb.types import Atom, Value

BORDER_TIER = 0
"""Of network ACLs: looked at first."""
GROUPS_TIER = 1
"""Of what is stateful at an interface: security groups, DHCP, the resolver."""
INLINE_TIER = 2
"""Of inline appliances: what security groups let pass is looked at there."""


class Fault(msgspec.Struct, frozen=True, gc=False):
    """Why a part of what a resource asks for cannot be; the rest of it is there."""

    reason: str


Part: TypeAlias = Row | Contribution | Fault
Parts: TypeAlias = tuple[Part, ...]
UnitFunction: TypeAlias = Callable[[Queries, str], Parts]
"""A function of the id of a resource: the rows that are made for it, and what it adds to the sets of others' rows."""


def unit(function: Callable[[Queries, str], Iterator[Part]]) -> UnitFunction:
    """A unit that is written as a generator."""

    @functools.wraps(function)
    def collected(q: Queries, id: str) -> Parts:
        return tuple(function(q, id))

    return collected


def row(table: str, key: str, resource: str, /, **columns: Value) -> Row:
    """A row that is marked as ours."""
    return Row(table, key, {"external_ids": {KEY: key, RESOURCE: resource}, **columns})


def tier(q: Queries, number: int) -> dict[str, Value]:
    """The columns that put an `ACL` into a tier; none where there are no tiers, and priorities do it alone."""
    return {"tier": number} if q.features.acl_tier else {}


def labelled(made: Row, name: str, text: str) -> Row:
    """A row with one more pair in its `external_ids`."""
    marks = made.columns["external_ids"]
    assert isinstance(marks, dict)
    return Row(made.table, made.key, {**made.columns, "external_ids": {**marks, name: text}})


def bare(table: str, key: str, /, **columns: Value) -> Row:
    """A row of a table without `external_ids`; its UUID says that it is ours."""
    return Row(table, key, columns)


def adds(table: str, key: str, column: str, element: Atom, value: Atom | None = None) -> Contribution:
    """An element of a set, or pair of a map, of a row that another unit makes."""
    return Contribution(table, key, column, element, value)


def within(table: str, key: str, column: str, child: Row) -> Iterator[Part]:
    """A row that lives in a set of another row."""
    yield child
    yield Contribution(table, key, column, uuid_of(child.table, child.key))
