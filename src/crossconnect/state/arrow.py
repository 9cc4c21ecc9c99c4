"""Rows as typed Arrow tables and back: one column per field, lists for tuples, no nulls.

The schema is derived from the row's Struct, so a table added to `tables.py` needs nothing here.
"""

from __future__ import annotations

import functools
import operator
import typing
from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from crossconnect.errors import BadInput
from crossconnect.state.tables import TABLES

_SCALARS: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}


def _column_type(annotation: Any) -> pa.DataType:
    if typing.get_origin(annotation) is tuple:
        item, ellipsis = typing.get_args(annotation)
        assert ellipsis is ..., annotation
        return pa.list_(pa.field("item", _SCALARS[item], nullable=False))
    return _SCALARS[annotation]


@functools.cache
def schema_of(table: str) -> pa.Schema:
    """The Arrow schema of one of `TABLES`: columns in the order of the row's fields."""
    fields = msgspec.structs.fields(TABLES[table])
    return pa.schema([pa.field(f.name, _column_type(f.type), nullable=False) for f in fields])


def table_of(table: str, rows: Sequence[msgspec.Struct]) -> pa.Table:
    """Rows as an Arrow table, in their order."""
    schema = schema_of(table)
    columns = [pa.array(list(map(operator.attrgetter(f.name), rows)), type=f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def rows_of(table: str, data: pa.Table) -> tuple[Any, ...]:
    """The rows of an Arrow table, in its order. BadInput when its columns are not those of the table."""
    schema = schema_of(table)
    check_columns(table, data.schema)
    row_type = TABLES[table]
    columns: list[Any] = []
    for field in schema:
        values = data.column(field.name).to_pylist()
        columns.append(map(tuple, values) if pa.types.is_list(field.type) else values)
    return tuple(map(row_type, *columns))


def check_columns(table: str, found: pa.Schema) -> None:
    """BadInput, naming the column, when a table read from outside has other columns or types than ours."""
    for field in schema_of(table):
        index = found.get_field_index(field.name)
        if index < 0:
            raise BadInput(f"table '{table}' has no column '{field.name}'")
        if found.field(index).type != field.type:
            raise BadInput(f"column '{field.name}' of table '{table}' is {found.field(index).type}, not {field.type}")
    if unknown := sorted(set(found.names) - set(schema_of(table).names)):
        raise BadInput(f"table '{table}' has a column '{unknown[0]}' that this version does not know")
