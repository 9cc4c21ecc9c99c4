"""Claims of numbers. Input: numbers taken and given back. Output: the lowest free one, as a set would say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from crossconnect.cloud.resource import Claim
from crossconnect.cloud.store import claims
from crossconnect.cloud.store.database import Database
from crossconnect.cloud.store.migrate import migrate

LAST = 2**128 - 1


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    database = Database(url)
    migrate(database)
    with database.writing.connect() as connection:
        yield connection
        connection.rollback()
    database.close()


def test_the_lowest_free_number_behind_gaps(url: str) -> None:
    with writing(url) as connection:
        claims.take(connection, [Claim("s", n, "a") for n in (10, 11, 12, 15, 17)])
        found = [claims.next_free(connection, "s", first, 17) for first in (0, 10, 13, 15, 16, 17)]
        assert found == [0, 13, 13, 16, 16, None]
        assert claims.next_free(connection, "other", 10, 10) == 10
        claims.release(connection, [Claim("s", 11, "a"), Claim("s", 15, "somebody else"), Claim("s", 99, "a")])
        assert claims.next_free(connection, "s", 10, 17) == 11
        assert claims.owner(connection, "s", 15) == "a"
        assert sorted(claim.value for claim in claims.owned(connection, "a")) == [10, 12, 15, 17]


@pytest.mark.parametrize("wanted", [[7], [8, 8], [6, 7]])
def test_a_number_is_had_once(url: str, wanted: list[int]) -> None:
    with writing(url) as connection:
        assert claims.take(connection, [Claim("s", 7, "a")])
        savepoint = connection.begin_nested()
        assert not claims.take(connection, [Claim("s", n, "b") for n in wanted])
        savepoint.rollback()
        assert claims.owner(connection, "s", 7) == "a"
        assert claims.next_free(connection, "s", 6, 8) == 6


def test_the_last_address_of_ipv6_is_one(url: str) -> None:
    with writing(url) as connection:
        claims.take(connection, [Claim("s", LAST, "a"), Claim("s", LAST - 1, "a")])
        assert claims.next_free(connection, "s", LAST - 1, LAST) is None
        assert claims.next_free(connection, "s", LAST - 2, LAST) == LAST - 2


def test_a_subnet_full_but_for_one_costs_one_statement(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "c.db"))
    migrate(database)
    with database.writing.connect() as connection:
        claims.take(connection, [Claim("s", n, "a") for n in range(1 << 16) if n != 65_000])
        steps = 0

        def count() -> None:
            nonlocal steps
            steps += 1

        connection.connection.driver_connection.set_progress_handler(count, 1)  # type: ignore[union-attr]
        assert claims.next_free(connection, "s", 4, (1 << 16) - 2) == 65_000
        claims.take(connection, [Claim("s", 65_000, "b")])
        assert claims.next_free(connection, "s", 4, (1 << 16) - 2) is None
        claims.release(connection, [Claim("s", 30_000, "a")])
        assert claims.next_free(connection, "s", 4, (1 << 16) - 2) == 30_000
        assert steps < 1_000  # of SQLite's machine; a scan has 65,000 and more
    database.close()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with writing(str(tmp_path_factory.mktemp("claims") / "c.db")) as connection:
        yield connection


NUMBERS = st.integers(0, 20) | st.integers(LAST - 3, LAST)


@settings(deadline=None, max_examples=150)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.sampled_from(("s", "t")), NUMBERS, st.integers(1, 4)), max_size=40),
    asked=st.tuples(NUMBERS, NUMBERS),
)
def test_as_a_set_would_say(
    scratch: Connection, steps: list[tuple[bool, str, int, int]], asked: tuple[int, int]
) -> None:
    first, last = asked
    with scratch.begin_nested() as savepoint:
        held: set[tuple[str, int]] = set()
        for take, scope, value, count in steps:
            numbers = [(scope, n) for n in range(value, min(value + count, LAST + 1))]
            if take:
                free = [number for number in numbers if number not in held]
                assert claims.take(scratch, [Claim(s, n, "o") for s, n in reversed(free)])
                held.update(free)
            else:
                claims.release(scratch, [Claim(s, n, "o") for s, n in numbers])
                held.difference_update(numbers)
        for scope in ("s", "t"):
            free = first
            while (scope, free) in held:
                free += 1
            assert claims.next_free(scratch, scope, first, last) == (free if free <= last else None)
        savepoint.rollback()
