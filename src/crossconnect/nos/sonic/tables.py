"""CONFIG_DB as a tree: tables of entries of fields, all of them text.

Source: SONiC Configuration database manual, "Configuration syntax": keys of several parts are joined with `|`, lists
are lists of text.
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.document import Value

Fields = dict[str, Value]
Table = dict[str, Value]
"""Fields by entry."""
Tables = dict[str, Table]


def fields(**given: str | int | None) -> Fields:
    """Fields as CONFIG_DB has them, without the empty ones."""
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


def switched(on: bool) -> str:
    """`up` or `down`."""
    return "up" if on else "down"


def joined(*parts: Mapping[str, Table]) -> Tables:
    """Tables of several rooms in one, entries in the order of the parts; tables without entries are left out."""
    out: Tables = {}
    for part in parts:
        for name, table in part.items():
            if table:
                out.setdefault(name, {}).update(table)
    return out
