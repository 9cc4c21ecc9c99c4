"""Numbers that resources have to themselves: addresses of subnets, public addresses, MACs.

Beside each claim, the runs of adjacent claimed numbers of a scope are kept, each as long as it can be. The lowest free
number from a given one on is therefore that one, or the one behind the run in which it is: a look-up in an index,
however full the scope is.

    claims      10 11 12 13    15 16
    claim_runs  [10    ..  13] [15 16]      next_free(11, 20) = 14
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from crossconnect.cloud.resource import Claim
from crossconnect.cloud.store.prepared import Prepared
from crossconnect.cloud.store.tables import claim_runs, claims

P = TypeVar("P")
AT_ONCE = 500
"""Values of one question; databases have limits."""
WIDTH = 17
"""Octets of a number: an IPv6 address and one more, so that the number behind the last one is one, too. Octets of one
length sort as the numbers do."""

_OWNER = Prepared(select(claims.c.owner).where(claims.c.scope == bindparam("s"), claims.c.value == bindparam("v")))
_OWNED = select(claims.c.scope, claims.c.value, claims.c.owner).where(
    claims.c.owner.in_(bindparam("owners", expanding=True))
)
_RUNS = (
    select(claim_runs.c.first, claim_runs.c.last)
    .where(claim_runs.c.scope == bindparam("s"), claim_runs.c.first <= bindparam("v"))
    .order_by(claim_runs.c.first.desc())
)
_RUN, _TWO_RUNS = Prepared(_RUNS.limit(1)), Prepared(_RUNS.limit(2))
_CLAIM = Prepared(insert(claims))
_UNCLAIM = Prepared(
    delete(claims).where(
        claims.c.scope == bindparam("s"), claims.c.value == bindparam("v"), claims.c.owner == bindparam("o")
    )
)
_OWNERS = select(claims.c.value, claims.c.owner).where(
    claims.c.scope == bindparam("s"), claims.c.value.in_(bindparam("values", expanding=True))
)
_RUNS_AT = select(claim_runs.c.first, claim_runs.c.last).where(
    claim_runs.c.scope == bindparam("s"), claim_runs.c.first.in_(bindparam("firsts", expanding=True))
)
_AT = (claim_runs.c.scope == bindparam("s"), claim_runs.c.first == bindparam("f"))
_NEW_RUN = Prepared(insert(claim_runs))
_DROP_RUN = Prepared(delete(claim_runs).where(*_AT))
_END_RUN = Prepared(update(claim_runs).where(*_AT).values(last=bindparam("l")))
_MOVE_RUN = Prepared(update(claim_runs).where(*_AT).values(first=bindparam("n")))


def owner(connection: Connection, scope: str, value: int) -> str | None:
    """Id of who has a number; none where it is free."""
    return _OWNER.value(connection, {"s": scope, "v": _octets(value)})


def next_free(connection: Connection, scope: str, first: int, last: int) -> int | None:
    """The lowest number from `first` to `last` that nobody has."""
    run = _RUN.row(connection, {"s": scope, "v": _octets(first)})
    end = -1 if run is None else _number(run[1])
    found = first if end < first else end + 1
    return found if found <= last else None


def owned(connection: Connection, ids: Sequence[str]) -> Sequence[Claim]:
    """What some resources have."""
    return [
        Claim(scope, _number(value), owner)
        for part in _parts(ids)
        for scope, value, owner in connection.execute(_OWNED, {"owners": part})
    ]


def take(connection: Connection, wanted: Sequence[Claim]) -> bool:
    """Claim numbers; false where one is taken, or asked for twice: the transaction is to be rolled back then. Decisions
    look before they claim, so that is a race inside one command."""
    if not wanted:
        return True
    rows = [{"scope": claim.scope, "value": _octets(claim.value), "owner": claim.owner} for claim in wanted]
    try:
        _CLAIM.many(connection, rows)
        for scope, first, last in _runs((claim.scope, claim.value) for claim in wanted):
            _join(connection, scope, first, last)  # its first answer is the first that is heard of the claims, too
    except IntegrityError:
        return False
    return True


def release(connection: Connection, gone: Iterable[Claim]) -> None:
    """Give numbers back. Those that their owner has not are left alone. Ten thousand cost some questions, not ten
    thousand: everybody's commands wait meanwhile."""
    there = _that_are(connection, set(gone))
    if not there:
        return
    _UNCLAIM.many(connection, [{"s": c.scope, "v": _octets(c.value), "o": c.owner} for c in there])
    of_scope: dict[str, dict[int, int]] = {}
    for scope, first, last in _runs((c.scope, c.value) for c in there):
        of_scope.setdefault(scope, {})[first] = last
    for scope, ranges in of_scope.items():
        whole = _whole_runs(connection, scope, ranges)
        if whole:
            _DROP_RUN.many(connection, [{"s": scope, "f": _octets(first)} for first in whole])
        for first in sorted(ranges.keys() - whole):
            _split(connection, scope, first, ranges[first])


def _that_are(connection: Connection, wanted: set[Claim]) -> list[Claim]:
    """Those of some claims that there are."""
    found: list[Claim] = []
    of_scope: dict[str, list[int]] = {}
    for claim in wanted:
        of_scope.setdefault(claim.scope, []).append(claim.value)
    for scope, values in of_scope.items():
        for part in _parts(values):
            rows = connection.execute(_OWNERS, {"s": scope, "values": [_octets(value) for value in part]})
            found += [claim for value, owner in rows if (claim := Claim(scope, _number(value), owner)) in wanted]
    return found


def _whole_runs(connection: Connection, scope: str, ranges: Mapping[int, int]) -> set[int]:
    """First numbers of those ranges that are a run as it is kept."""
    found: set[int] = set()
    for part in _parts(sorted(ranges)):
        rows = connection.execute(_RUNS_AT, {"s": scope, "firsts": [_octets(first) for first in part]})
        found |= {_number(first) for first, last in rows if ranges[_number(first)] == _number(last)}
    return found


def _parts(values: Sequence[P]) -> Iterator[Sequence[P]]:
    return (values[at : at + AT_ONCE] for at in range(0, len(values), AT_ONCE))


def _runs(numbers: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """(scope, first, last) of adjacent numbers."""
    run: tuple[str, int, int] | None = None
    for scope, value in sorted(numbers):
        if run is not None and (scope, value) == (run[0], run[2] + 1):
            run = (scope, run[1], value)
            continue
        if run is not None:
            yield run
        run = (scope, value, value)
    if run is not None:
        yield run


def _join(connection: Connection, scope: str, first: int, last: int) -> None:
    """Add adjacent numbers to the runs: they may lengthen one, or make one of two."""
    runs = _TWO_RUNS.rows(connection, {"s": scope, "v": _octets(last + 1)})
    right = runs[0] if runs and _number(runs[0][0]) == last + 1 else None
    before = runs[1] if right is not None and len(runs) > 1 else runs[0] if right is None and runs else None
    left = before if before is not None and _number(before[1]) == first - 1 else None
    if left is not None:
        if right is not None:
            _DROP_RUN.run(connection, {"s": scope, "f": right[0]})
        end = _octets(last) if right is None else right[1]
        _END_RUN.run(connection, {"s": scope, "f": left[0], "l": end})
    elif right is not None:
        _MOVE_RUN.run(connection, {"s": scope, "f": right[0], "n": _octets(first)})
    else:
        _NEW_RUN.run(connection, {"scope": scope, "first": _octets(first), "last": _octets(last)})


def _split(connection: Connection, scope: str, first: int, last: int) -> None:
    """Take adjacent numbers out of the run in which they are: that gets shorter, becomes two, or ends."""
    run = _RUN.row(connection, {"s": scope, "v": _octets(first)})
    assert run is not None, f"{first} of {scope} is in no run"
    low, high = _number(run[0]), _number(run[1])
    at = {"s": scope, "f": run[0]}
    if (first, last) == (low, high):
        _DROP_RUN.run(connection, at)
    elif first == low:
        _MOVE_RUN.run(connection, at | {"n": _octets(last + 1)})
    else:
        _END_RUN.run(connection, at | {"l": _octets(first - 1)})
        if last < high:
            _NEW_RUN.run(connection, {"scope": scope, "first": _octets(last + 1), "last": run[1]})


def _octets(value: int) -> bytes:
    return value.to_bytes(WIDTH, "big")


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")
