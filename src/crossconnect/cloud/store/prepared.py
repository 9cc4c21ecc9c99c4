"""Statements whose text is made once. SQLAlchemy writes them; the driver is given text and values.

    select(...) --> Prepared --> "SELECT ... WHERE id = :id" --> cursor.execute(text, values)

What SQLAlchemy does around each execution costs some 20 us, four times what SQLite takes for the statement, and a
command is some twenty of them. Values are what the driver understands: text, integers, octets, booleans.

Where no transaction is open one begins, as with SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_SQLITE = sqlite.dialect(paramstyle="named")  # values are given by name, to either driver

Values = Mapping[str, Any]


class Prepared:
    """A statement, for either database."""

    def __init__(self, statement: Executable, *names: str, lists: Sequence[str] = ()) -> None:
        """`names` are the columns of an INSERT; `lists` those parameters that are lists ("expanding"), none of which
        may be empty."""
        assert isinstance(statement, ClauseElement)
        self._statement = statement
        self._names = names or None
        self._lists = lists
        self._made: dict[tuple[str, ...], tuple[str, Values]] = {}

    def run(self, connection: Connection, values: Values) -> Any:
        """Execute it; the driver's cursor. Raises SQLAlchemy's DBAPIError."""
        text, fixed = self._text(connection.dialect, values)
        cursor = _cursor(connection)
        if self._lists:
            values = self._spread(values)
        if fixed:
            values = {**fixed, **values}
        try:
            cursor.execute(text, values)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _raised(connection, text, values, error) from error
        return cursor

    def many(self, connection: Connection, values: Sequence[Values]) -> None:
        """Execute it for each of some values, of which there is one at least; it has no lists."""
        if len(values) == 1:
            self.run(connection, values[0])
            return
        text, fixed = self._text(connection.dialect, values[0])
        if fixed:
            values = [{**fixed, **one} for one in values]
        try:
            _cursor(connection).executemany(text, values)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _raised(connection, text, values, error) from error

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """All rows. Raises DBAPIError."""
        cursor = self.run(connection, values)
        try:
            return cursor.fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _raised(connection, "", values, error) from error

    def row(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """The first row, if there is one. Raises DBAPIError."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def value(self, connection: Connection, values: Values) -> Any:
        """The first value of the first row; none where there is no row. Raises DBAPIError."""
        found = self.rows(connection, values)
        return found[0][0] if found else None

    def _text(self, dialect: Dialect, values: Values) -> tuple[str, Values]:
        """The statement for a database and for lists of such lengths, and the values that stand in it."""
        key = (dialect.name, *(str(len(values[name])) for name in self._lists)) if self._lists else (dialect.name,)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._compiled(dialect, values)
        return made

    def _compiled(self, dialect: Dialect, values: Values) -> tuple[str, Values]:
        statement, options = self._statement, {}
        if self._lists:  # their lengths are known where their values are
            statement, options = statement.params(values), {"render_postcompile": True}
        compiled = statement.compile(
            dialect=_SQLITE if dialect.name == "sqlite" else dialect,
            column_keys=self._names,
            for_executemany=True,  # nobody asks for the keys that the database makes
            compile_kwargs=options,
        )
        given = {*values, *self._spread(values)}
        assert isinstance(compiled, SQLCompiler)
        bound = compiled.construct_expanded_state().parameters if self._lists else compiled.params
        return str(compiled), {name: value for name, value in bound.items() if value is not None and name not in given}

    def _spread(self, values: Values) -> dict[str, Any]:
        """Lists as one parameter for each element, as SQLAlchemy names them."""
        flat = {name: value for name, value in values.items() if name not in self._lists}
        for name in self._lists:
            flat.update((f"{name}_{n}", value) for n, value in enumerate(values[name], 1))
        return flat


def plain(connection: Connection, text: str) -> None:
    """Execute a text without parameters, in the transaction that is open, if one is. Raises DBAPIError."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.cursor().execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _raised(connection, text, {}, error) from error


def _cursor(connection: Connection) -> Any:
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    return driver.cursor()


def _raised(connection: Connection, text: str, values: Values | Sequence[Values], error: Exception) -> BaseException:
    """As SQLAlchemy would have raised it."""
    dialect = connection.dialect
    return DBAPIError.instance(text, values, error, dialect.loaded_dbapi.Error, dialect=dialect)  # pyright: ignore
