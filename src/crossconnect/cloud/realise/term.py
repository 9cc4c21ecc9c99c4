"""One time of being the writer: from taking over until the lock, the token or the connection is lost.

    pass over units in order, in parts of a thousand rows, a transaction each
      |  committed              done
      |  a unit is named        it has failed; the rest of the part again
      |  rejected as a whole    both halves of the part, one after the other
      v
    what failed again, as long as a pass got something done: it may have needed what came later
    v
    where it took several transactions: is everything there?

A unit that fails stays as it was before: its rows are those of its last version that could be realised. Where that is
not known, after a restart, the rows of its that are there are left alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Set

import msgspec

from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.realise.desired import Desired, Scope, between, whole
from crossconnect.cloud.realise.facts import DATAPATHS, facts_of
from crossconnect.cloud.realise.fence import (
    GUARDS,
    Fence,
    configure,
    count_up,
    followed,
    guard,
    record,
    take_over,
    writer,
)
from crossconnect.cloud.realise.plan import Plan, clear, differing, plan, strays
from crossconnect.cloud.realise.turnover import Turnover
from crossconnect.cloud.realise.unit import Unit, Units
from crossconnect.transport.ovsdb import (
    ConstraintViolation,
    DuplicateUuid,
    OutOfRange,
    ReferentialIntegrity,
    Refused,
    Replica,
    Schema,
    Session,
    TransactionError,
    Uuid,
)

ROWS_MAX = 1000
"""Rows and elements of one transaction: some 20 ms of ours and of the server's, who both do nothing else meanwhile."""
DEPTH_MAX = 50
"""Units that contribute to units that contribute to units: OVN's tables need four."""
NAMED_MAX = 8
"""Units that the server names one by one in a pass, before halves are tried."""
NORTHD_S = 5.0
"""How long northd may take to follow before it counts as absent: 26.03 needs 0.1 s of CPU at 10,000 ports, and some
seconds for everything when it starts."""
_UNITS_FAULT = (ConstraintViolation, ReferentialIntegrity, DuplicateUuid, OutOfRange)


class Failure(msgspec.Struct, frozen=True):
    """A unit that cannot be realised: what was wanted, why it is not there, and what is there instead.

    `unknown`: what is there of it was found in a comparison, and only that can remove it.
    """

    wanted: Unit | None
    reason: str
    instead: Unit | None = None
    unknown: bool = False


class Comparison(msgspec.Struct, frozen=True):
    """What a full comparison changed: operations by kind. `refused`: rows of nobody that cannot be deleted, and why."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    refused: Mapping[str, str] = {}


class Book:
    """What outlives a term: what is wanted, and what has failed."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.desired = Desired()
        self.settings = settings or {}
        """Pairs of `NB_Global.options`."""
        self.failures: dict[str, Failure] = {}
        self._rows: dict[Uuid, str] = {}

    def fail(self, key: str, failure: Failure) -> None:
        """A unit has failed."""
        self.mend(key)
        self.failures[key] = failure
        if failure.wanted is not None:
            self._rows.update({row.uuid: key for row in failure.wanted.rows})

    def mend(self, key: str) -> bool:
        """A unit fails no more; whether it did."""
        failure = self.failures.pop(key, None)
        if failure is not None and failure.wanted is not None:
            for row in failure.wanted.rows:
                self._rows.pop(row.uuid, None)
        return failure is not None

    def holds(self, uuid: Uuid, trying: Set[str] = frozenset()) -> bool:
        """Whether a row is a failed unit's and nobody's otherwise; `trying` are units that are being tried."""
        key = self._rows.get(uuid)
        return key is not None and key not in trying and not self.desired.row(uuid)


class _Rejected(msgspec.Struct, frozen=True):
    """Why a part was not committed, by unit (empty: unknown). `planned`: before anything was sent. `apart`: nothing is
    wrong with it, but these of its units are to come after the others."""

    reasons: dict[str, str]
    planned: bool
    apart: frozenset[str] = frozenset()


class Term:
    """Writes for as long as it may; any OvsdbError but those that are a unit's fault ends it."""

    def __init__(self, session: Session, replica: Replica, schema: Schema, fence: Fence, book: Book) -> None:
        self.drifted = False
        """The database may not be as we think, since somebody else changes rows of ours: a comparison is due."""
        self._session = session
        self._replica = replica
        self._schema = schema
        self._facts = facts_of(schema)
        self._fence = fence
        self.book = book
        self._counts: Counter[str] = Counter()
        self._sent = 0
        self._turnover = Turnover(schema)
        self._absent = -1
        """How far northd had come when it did not follow; it is not waited for until it has come further."""
        self._before: dict[str, Unit | None] = {}

    async def begin(self) -> None:
        """Take over."""
        if writer(self._replica):
            self._turnover.unknown()
        await self._session.transact(take_over(self._schema, self._fence, self._replica))

    async def record(self, number: int) -> None:
        """Say that all is realised up to a change."""
        await self._session.transact([*guard(self._schema, self._fence), record(self._schema, number)])

    async def change(self, units: Units, number: int) -> bool:
        """Realise units that changed. Whether `number` was recorded with them: not if a failure begins or ends."""
        scopes = {key: self._replace(key, unit) for key, unit in units.items()}
        failures = self.book.failures
        quiet = not any(key in failures for key in units)
        known = failures.keys() - units.keys()
        recorded = await self._settle(scopes, number if quiet else None)
        self.drifted |= bool(failures.keys() - known)  # perhaps the database is not what we think it is
        return recorded

    async def compare(self, *, again: bool = False) -> Comparison:
        """Compare everything, what has failed too, and delete what nobody wants. `again`: rows that are missing were
        there a moment ago, perhaps."""
        # When this is answered, the replica has what others did before.
        await self._session.transact(guard(self._schema, self._fence))
        if again and self._is_missing_datapath():
            await self._northd()
        await self._commit(Plan(configure(self._schema, self._replica, self.book.settings), [""], {}), None)
        self._counts.clear()
        self.drifted = False
        book = self.book
        self._before = {key: failure.instead for key, failure in book.failures.items() if not failure.unknown}
        book.desired.apply({key: failure.wanted for key, failure in book.failures.items()})
        await asyncio.sleep(0)
        desired, few = book.desired, None
        if not book.failures:
            few = await differing(desired, self._replica, self._facts, book.holds, ROWS_MAX)
        scopes = {key: whole(unit) for key, unit in desired.units.items() if few is None or key in few}
        gone = {key: Scope() for key in book.failures if key not in scopes}
        if scopes or gone:
            await self._settle({**scopes, **gone}, None)
        refused = await self._clear()
        if book.failures and self._counts["delete"]:  # what was deleted may have been in their way
            await self._settle({key: self._retry(key) for key in book.failures}, None)
        counts = self._counts
        return Comparison(counts["insert"], counts["update"] + counts["mutate"], counts["delete"], refused)

    def _is_missing_datapath(self) -> bool:
        """Whether a switch or router is wanted that is not there."""
        desired, rows = self.book.desired, self._replica.rows
        wanted = (claims[0].row for uuid in desired.uuids() if (claims := desired.row(uuid)))
        return any(row.table in DATAPATHS and row.uuid not in rows(row.table) for row in wanted)

    async def _northd(self) -> None:
        """Let northd see which switches and routers have come and gone; one that does not run sees all at once."""
        if followed(self._replica, "sb_cfg") > self._absent:
            results = await self._session.transact(count_up(self._schema))
            for row in results[1].rows or ():
                try:
                    await self._replica.wait_until(lambda f, row=row: followed(f, "sb_cfg") >= row["nb_cfg"], NORTHD_S)
                except TimeoutError:
                    self._absent = followed(self._replica, "sb_cfg")
        self._turnover.seen()

    def _replace(self, key: str, unit: Unit | None) -> Scope:
        """Want another version of a unit; what is to be looked at for it."""
        failure = self.book.failures.get(key)
        old = failure.instead if failure else self.book.desired.units.get(key)
        if not failure or not failure.unknown:
            self._before[key] = old
        self.book.desired.apply({key: unit})
        scope = between(old, unit)
        return scope | whole(failure.wanted) | whole(unit) if failure else scope

    def _retry(self, key: str) -> Scope:
        return self._replace(key, self.book.failures[key].wanted)

    async def _settle(self, scopes: dict[str, Scope], number: int | None) -> bool:
        """Realise units, in passes; whether the number was recorded."""
        failures = self.book.failures
        todo, recorded = scopes, False
        self._sent = 0
        while True:
            done, failed, recorded = await self._pass(todo, number)
            recovered = [key for key in done if self.book.mend(key)]
            # Others may have referred to its rows, and the database dropped that; or rows of before are still there.
            self.drifted |= bool(recovered)
            again = [*failures] if recovered else failed if done else []
            if not again:
                break
            todo, number = {key: self._retry(key) for key in again}, None
            scopes = {**scopes, **todo}
        self._before.clear()
        if self._sent > 1:
            # A weak reference to a row that came in a later transaction was dropped by the database.
            for part in _parts({key: scope for key, scope in scopes.items() if key not in failures}):
                await self._attempt(part, scopes, set(), None)
        return recorded

    async def _pass(self, scopes: dict[str, Scope], number: int | None) -> tuple[list[str], list[str], bool]:
        """One pass: units done, units that failed, and whether the number was recorded: where one transaction did."""
        waiting = set(scopes)
        parts = deque(self._ordered_parts(scopes))
        done: list[str] = []
        failed: list[str] = []
        named = 0
        recorded = False
        while parts:
            part = parts.popleft()
            waiting.difference_update(part)
            whole_of_it = len(part) == len(scopes)
            rejected = await self._attempt(part, scopes, waiting, number if whole_of_it else None, divides=True)
            if rejected is None:
                done += part
                recorded = whole_of_it and number is not None
                continue
            if rejected.apart:
                waiting.update(part)
                late = [key for key in part if key in rejected.apart]
                parts.extendleft((late, [key for key in part if key not in rejected.apart]))
                continue
            culprits = {key: reason for key, reason in rejected.reasons.items() if key in scopes and key in part}
            if len(part) == 1:
                culprits = {part[0]: next(iter(rejected.reasons.values()))}
            elif not rejected.planned:
                named += 1
            if culprits and (rejected.planned or len(part) == 1 or named <= NAMED_MAX):
                for key, reason in culprits.items():
                    self._fail(key, reason)
                failed += culprits
                if rest := [key for key in part if key not in culprits]:
                    waiting.update(rest)
                    parts.appendleft(rest)
            else:
                waiting.update(part)
                middle = len(part) // 2
                parts.extendleft((part[middle:], part[:middle]))
        await self._attempt(failed, scopes, waiting, None, trying=False)  # what others have taken from them meanwhile
        return done, failed, recorded

    def _ordered_parts(self, scopes: Mapping[str, Scope]) -> list[list[str]]:
        """Parts in which the row that a unit contributes to comes before it, or with it."""
        parts = [*_parts(scopes)]
        if len(parts) < 2:
            return parts
        desired = self.book.desired
        ordered: dict[str, Scope] = {}

        def visit(key: str, below: int) -> None:
            if key in ordered or key not in scopes or below > DEPTH_MAX:
                return
            unit = desired.units.get(key)
            for one in unit.contributions if unit is not None else ():
                for claim in desired.row(uuid_of(one.table, one.key)):
                    if claim.unit != key:
                        visit(claim.unit, below + 1)
            ordered[key] = scopes[key]

        for key in scopes:
            visit(key, 0)
        return [*_parts(ordered)]

    def _fail(self, key: str, reason: str) -> None:
        """Go back to the unit's version before."""
        before = self._before.get(key)
        wanted = self.book.desired.units.get(key)
        self.book.fail(key, Failure(wanted, reason, before, key not in self._before))
        self.book.desired.apply({key: before})

    async def _attempt(
        self,
        part: list[str],
        scopes: Mapping[str, Scope],
        waiting: set[str],
        number: int | None,
        *,
        trying: bool = True,
        divides: bool = False,
    ) -> _Rejected | None:
        """Realise some units in one transaction; None when it is done. Not `trying`: put back what was before.
        `divides`: it may be rejected for not being two."""
        await asyncio.sleep(0)  # others of this process come to their turn between parts
        tried = frozenset(part) if trying else frozenset[str]()
        named = [(key, scopes[key]) for key in part]

        def holds(uuid: Uuid) -> bool:
            return self.book.holds(uuid, tried)

        made = plan(self.book.desired, self._replica, self._facts, named, waiting=waiting, holds=holds)
        if made.problems:
            return _Rejected(made.problems, True)
        if divides and (apart := self._turnover.apart(made) & tried) and apart != tried:
            return _Rejected({}, True, apart)
        return await self._commit(made, number)

    async def _commit(self, made: Plan, number: int | None) -> _Rejected | None:
        """Do what is planned."""
        ending = [] if number is None else [record(self._schema, number)]
        if not made.operations and not ending:
            return None
        self._sent += 1
        if self._turnover.must_wait(made.operations):
            await self._northd()
        try:
            results = await self._session.transact([*guard(self._schema, self._fence), *made.operations, *ending])
        except TransactionError as e:
            index = e.operation - GUARDS
            ours = 0 <= index < len(made.units)
            if not isinstance(e, _UNITS_FAULT) and not (ours and isinstance(e, Refused)):
                raise
            return _Rejected({made.units[index] if ours else "": _words(e)}, False)
        self._turnover.sent(made.operations)
        for operation, result in zip(made.operations, results[GUARDS:], strict=False):
            kind = str(operation["op"])
            self._counts[kind] += 1
            if kind in ("update", "mutate") and not result.count:
                self.drifted = True
        return None

    async def _clear(self) -> dict[str, str]:
        """Delete what nobody wants; what cannot be deleted, and why."""
        refused: dict[str, str] = {}
        rows = strays(self.book.desired, self._replica, self._facts, self.book.holds)
        parts = deque(rows[first : first + ROWS_MAX] for first in range(0, len(rows), ROWS_MAX))
        while parts:
            part = parts.popleft()
            rejected = await self._commit(clear(self._facts, part), None)
            if rejected is None:
                continue
            if len(part) == 1:
                table, uuid = part[0]
                refused[f"{table} {uuid}"] = next(iter(rejected.reasons.values()))
            else:
                middle = len(part) // 2
                parts.extendleft((part[middle:], part[:middle]))
        return refused


def _parts(scopes: Mapping[str, Scope]) -> Iterable[list[str]]:
    """Units in order, in parts of at most ROWS_MAX rows and elements; one unit is never divided."""
    part: list[str] = []
    size = 0
    for key, scope in scopes.items():
        rows = len(scope.rows) + len(scope.elements)
        if part and size + rows > ROWS_MAX:
            yield part
            part, size = [], 0
        part.append(key)
        size += rows
    if part:
        yield part


def _words(error: TransactionError) -> str:
    """The server's words, without the operation's number, which says nothing to others."""
    return f"{error.tag}: {error.details}" if error.details else error.tag
