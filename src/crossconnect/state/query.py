"""SQL over states, with DuckDB: one state's tables by their names, several states' as `sim.routes`, `lab.routes`.

The SQL only ever reads these tables. DuckDB runs in memory, without file or network access, extensions or the
caller's variables, its configuration locked; statements other than queries are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.dataset as ds

from crossconnect.errors import BadInput
from crossconnect.state.arrow import schema_of, table_of
from crossconnect.state.store import read_head, table_path
from crossconnect.state.tables import TABLES, State

Source = State | Path
"""A state in memory, or the directory of one on disk (`store`); of that, only the columns needed are read."""

_QUERIES = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
"""WITH, VALUES, FROM, SHOW, DESCRIBE and SUMMARIZE are SELECT to DuckDB, PIVOT is MULTI."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_RESERVED = {"main", "temp", "system", "memory", "pg_catalog", "information_schema"}


class QueryResult(NamedTuple):
    """Names of the columns, and the rows; lists inside a row are tuples."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def query(source: Source | Mapping[str, Source], sql: str) -> QueryResult:
    """Run one SQL query over a state, or over several by name (`{"sim": a, "lab": b}`), each then a schema.

    BadInput with DuckDB's message when the SQL is wrong, when it is no query or more than one statement, and when
    a state cannot be read or its name is none that SQL can have as a schema.
    """
    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        if isinstance(source, Mapping):
            for name, state in source.items():
                _add_schema(connection, name, state)
        else:
            for table, data in _tables(source).items():
                connection.register(table, data)
        _lock(connection)
        return _run(connection, sql)
    finally:
        connection.close()


def _tables(source: Source) -> dict[str, Any]:
    if isinstance(source, State):
        return {name: table_of(name, getattr(source, name)) for name in TABLES}
    read_head(source)
    return {name: ds.dataset(table_path(source, name), schema=schema_of(name)) for name in TABLES}


def _add_schema(connection: duckdb.DuckDBPyConnection, name: str, source: Source) -> None:
    if not _NAME.match(name) or name in _RESERVED:
        raise BadInput(f"'{name}' cannot name a state in SQL: use lower-case letters, digits and _, as in 'sim'")
    connection.execute(f'CREATE SCHEMA "{name}"')
    for table, data in _tables(source).items():
        connection.register(f"{name}/{table}", data)
        connection.execute(f'CREATE VIEW "{name}"."{table}" AS FROM "{name}/{table}"')


def _lock(connection: duckdb.DuckDBPyConnection) -> None:
    for setting in (
        "python_enable_replacements = false",
        "temp_directory = ''",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> QueryResult:
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1:
            raise BadInput(f"expected one SQL query, found {len(statements)} statements")
        if statements[0].type not in _QUERIES:
            raise BadInput(f"{statements[0].type.name} is not a query; states are only read")
        cursor = connection.execute(statements[0])
        columns = tuple(column[0] for column in cursor.description or ())
        rows = cursor.fetchall()
    except duckdb.Error as error:
        raise BadInput(str(error).strip()) from error
    except ModuleNotFoundError as error:
        # DuckDB asks for pytz to hand out a time with a zone; no table has one.
        raise BadInput("a result has a time with a zone; cast it to text (::varchar)") from error
    return QueryResult(columns, tuple(tuple(map(_plain, row)) for row in rows))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
