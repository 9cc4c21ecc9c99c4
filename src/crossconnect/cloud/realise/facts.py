"""What the writer needs to know of each table of the database, from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from crossconnect.cloud.ovn.rows import KEY, RESOURCE, is_own
from crossconnect.transport.ovsdb import Choice, Chosen, Schema, Table, Uuid
from crossconnect.transport.ovsdb.types import Kind, Row, Value
from crossconnect.transport.ovsdb.values import default

GLOBAL = "NB_Global"
NOT_OURS = frozenset({GLOBAL, "Connection", "SSL"})
"""Tables of the database server and of northd."""
NORTHDS = frozenset(
    {
        ("BFD", "status"),
        ("Logical_Router_Port", "ipv6_prefix"),
        ("Logical_Router_Port", "status"),
        ("Logical_Switch_Port", "dynamic_addresses"),
        ("Logical_Switch_Port", "up"),
        ("Logical_Switch_Port_Health_Check", "status"),
        ("Network_Function_Group", "network_function_active"),
    }
)
"""Columns that northd writes and we never do (ovn-nb(5))."""
PORTS = "Logical_Switch_Port"
CHECKS = "Logical_Switch_Port_Health_Check"
ALSO = {PORTS: ("up",), CHECKS: ("status",)}
"""Columns of northd's that we read."""
FAILING = ("offline", "error")
"""What a health check's `status` says of those that do not answer."""
DATAPATHS = ("Logical_Switch", "Logical_Router")
"""Rows that northd keeps numbered by their UUID."""


def is_down(row: Row | None) -> str:
    """The resource of a port of ours that is down: no hypervisor has it (`up` is false). Empty for any other."""
    marks = None if row is None or row["up"] is not False else row["external_ids"]
    return str(marks.get(RESOURCE, "")) if isinstance(marks, Mapping) else ""


def is_unwell(row: Row | None) -> str:
    """The resource of a port of ours that a health check finds dead. Empty for any other."""
    marks = None if row is None or row["status"] not in FAILING else row["options"]
    return str(marks.get(RESOURCE, "")) if isinstance(marks, Mapping) else ""


ABSENT = {PORTS: is_down, CHECKS: is_unwell}
"""By table, what says that an interface does not do its work."""


class TableFacts(msgspec.Struct, frozen=True, eq=False):
    """A table. `blank` has the columns that are ours, with their default values."""

    table: Table
    blank: Mapping[str, Value]
    sets: Mapping[str, Value]
    """Sets and maps, with the empty one: what units can contribute to."""
    mutable: frozenset[str]
    """Those of any size, the empty one too: changed by their elements, others as a whole."""
    owning: Mapping[str, str]
    """Sets of references that keep rows of another table alive: that table, by column."""

    def is_ours(self, uuid: Uuid, row: Row) -> bool:
        """Whether a row was made by us: by its UUID, and by `external_ids` where the table has it."""
        if not is_own(uuid):
            return False
        marks = row.get("external_ids")
        return not isinstance(marks, Mapping) or KEY in marks


Facts: TypeAlias = Mapping[str, TableFacts]


def _facts(table: Table) -> TableFacts:
    blank: dict[str, Value] = {}
    sets: dict[str, Value] = {}
    mutable: set[str] = set()
    owning: dict[str, str] = {}
    for name, column in table.columns.items():
        if name in ("_uuid", "_version") or (table.name, name) in NORTHDS:
            continue
        type_ = column.type
        blank[name] = default(type_)
        if type_.kind in (Kind.SET, Kind.MAP):
            sets[name] = {} if type_.kind is Kind.MAP else frozenset()
            if type_.min == 0 and type_.max is None:
                mutable.add(name)
        if type_.kind is Kind.SET and type_.key.ref_table and not type_.key.weak:
            owning[name] = type_.key.ref_table
    return TableFacts(table, blank, sets, frozenset(mutable), owning)


def facts_of(schema: Schema) -> Facts:
    """The tables that rows of ours can be in."""
    return {name: _facts(table) for name, table in schema.tables.items() if name not in NOT_OURS}


def choose(schema: Schema) -> Choice:
    """What the writer's replica has: the columns that are ours, which ports are up, how far others have followed."""
    choice = {name: Chosen((*facts.blank, *ALSO.get(name, ()))) for name, facts in facts_of(schema).items()}
    return {**choice, GLOBAL: Chosen(("external_ids", "options", "nb_cfg", "sb_cfg", "hv_cfg"))}
