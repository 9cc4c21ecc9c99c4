"""From the store to the northbound database and back.

    store: all documents, then each commit --> compiler --> units --> realiser --> northbound
      ^                                           ^   | what cannot be          | up to which number, what cannot be
      |                                           '---+--- ports that are down -+
      '------------- realised(number, failures) ------+-------------------------'

Each process of the service follows, so that each can take over; only the one that writes says what is realised.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, TypeAlias

import msgspec

from crossconnect.cloud.ovn.compiler import REGION, Compiler, Delta
from crossconnect.cloud.ovn.features import features_of
from crossconnect.cloud.ovn.rows import RESOURCE
from crossconnect.cloud.realise.facts import ABSENT, FAILING, PORTS
from crossconnect.cloud.realise.installing import ALL, NORTHD, Installing
from crossconnect.cloud.realise.placement import Reach
from crossconnect.cloud.realise.realiser import Options, Realiser, Report
from crossconnect.cloud.realise.unit import Batch
from crossconnect.cloud.region import CloudRegion
from crossconnect.cloud.resource import Kind, Refused, Resource
from crossconnect.cloud.service import Caller, Document, Feed
from crossconnect.errors import CrossconnectError
from crossconnect.transport.ovsdb import Choice, Chosen, Clock, Schema, Session, SystemClock

Changes: TypeAlias = Sequence[tuple[str, Resource | None]]
"""Ids of documents, and what they are now; None for what is no more."""
log = logging.getLogger("crossconnect.cloud.realise")
OBSERVE_S = 0.1
"""Ports come up in crowds, when a hypervisor starts."""
FELT_MAX = 10_000
"""Of how many changes it is kept where they are felt."""
MONITORS = "Service_Monitor"
"""Table of the southbound database: what hypervisors found out about targets of health checks."""
_OPERATOR = Caller(principal="realiser", project_id="", admin=True)


class Compiles(Protocol):
    """A compiler: `cloud.ovn.compiler.Compiler`. The first changes that it is given are all documents."""

    def observe(self, down: Iterable[str]) -> Delta:
        """Which interfaces are down, all of them; what is other by that."""
        ...

    def options(self) -> Mapping[str, str]:
        """Pairs that `NB_Global.options` is to have."""
        ...

    def reach(self, ids: Iterable[str]) -> Reach:
        """Where a change of documents is felt."""
        ...

    def apply(self, changes: Changes) -> Delta:
        """Units that are other than before, and resources whose failing changed."""
        ...


def compilers(region: CloudRegion, *, southbound: bool = False) -> Callable[[Schema], Compiles]:
    """What makes a compiler for a region and the schema that its northbound database has. `southbound`: whether the
    other database is followed, too."""
    return lambda schema: Compiler(region, features_of(schema.has, southbound))


def _monitors(schema: Schema) -> Choice:
    return {MONITORS: Chosen(("logical_port", "status"))}


class Source(Protocol):
    """The store's side: `cloud.service.Service`."""

    async def snapshot(self) -> tuple[int, Sequence[Document]]:
        """All documents, and the number of the last commit in them."""
        ...

    def follow(self, caller: Caller, after: int, *, heartbeat_s: float = 15.0) -> AsyncIterator[Feed]:
        """All commits after a number, for ever."""
        ...

    async def realised(self, number: int, failures: Mapping[str, str], cleared: Sequence[str] = ()) -> None:
        """What became of them."""
        ...


class Following:
    """Use it as a context, inside those of its session and its service."""

    def __init__(
        self,
        source: Source,
        kinds: Mapping[str, Kind],
        session: Session,
        compiler: Callable[[Schema], Compiles],
        token: str,
        options: Options | None = None,
        *,
        southbound: Session | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`compiler`: see `compilers`. `token` as of `Realiser`. `southbound`: of the database that says what health
        checks find; None: where the northbound one says it, or nobody asks."""
        self._reasons: dict[str, str] = {}
        self._options = options or Options()
        self.realiser = Realiser(session, token, self._options, report=self._reported, clock=clock)
        self._source = source
        self._kinds = kinds
        self._session = session
        self._compiler = compiler
        self._clock = clock or SystemClock()
        self._following: Compiles | None = None
        self._last = -1
        self._taken = asyncio.Event()
        self._southbound = southbound
        self._down: set[tuple[str, str]] = set()
        """By the table that says it."""
        self._unwell: frozenset[str] = frozenset()
        """By the southbound database."""
        self._seen = asyncio.Event()
        self._installing = None if southbound is None else Installing(southbound, self._clock)
        self._felt: dict[int, Reach] = {}
        """Where the last changes are felt, by their numbers."""
        self._faults: dict[str, str] = {}
        self._report: Report | None = None
        self._first = False
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def reason(self) -> str:
        """What is wrong with following; empty while nothing is. `realiser.reason` says why nothing is written."""
        return "; ".join(reason for _, reason in sorted(self._reasons.items()) if reason)

    async def __aenter__(self) -> Following:
        await self.realiser.__aenter__()
        work = {"follow": self._follow, "tell": self._tell, "watch": self._watch, "look": self._look}
        if self._installing is not None:
            work |= {"checks": self._checks, "install": self._install}
        self._tasks = [asyncio.create_task(self._again(name, one), name=f"cloud {name}") for name, one in work.items()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pending: set[asyncio.Task[None]] = set(self._tasks)
        while pending:  # before Python 3.12 `asyncio.wait_for` may lose a cancellation
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.1)
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.realiser.__aexit__(kind, error, trace)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and kind is None:
                raise outcome

    async def lacking(self, number: int, timeout_s: float) -> tuple[str, ...]:
        """Wait until the chassis that the change `number` concerns have installed it; those that have not when time is
        over, by name. NORTHD where that is what has not followed; ALL where the southbound database is not read, and
        some chassis of the region has not. A change of which it is not known where it is felt, since this process began
        later or it is long ago, concerns all."""
        began_s = self._clock.now_s()

        def left_s() -> float:
            return max(0.0, timeout_s - (self._clock.now_s() - began_s))

        try:
            if self._installing is None:
                await self.realiser.wait(number, "hypervisors", timeout_s)
                return ()
            await self.realiser.recorded(number, left_s)
            async with asyncio.timeout(left_s()):
                while self._last < number:
                    await self._taken.wait()
            wanted = await self.realiser.count_up(left_s)
        except TimeoutError:
            return (NORTHD,) if self._installing is not None else (ALL,)
        reach = self._felt.get(number, Reach(everywhere=True))
        return await self._installing.missing(wanted, reach, left_s)

    async def _again(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do it for ever: what the store or the database cannot do now, they may later."""
        attempts = 0
        while True:
            began_s = self._clock.now_s()
            try:
                await work()
            except (CrossconnectError, Refused, TimeoutError) as e:
                self._reasons[name] = str(e)
            except Exception as e:
                # A bug of ours. All is compiled anew then, and what a tenant does next may be what ends it.
                log.exception("following the store")
                self._reasons[name] = f"a bug: {e!r}"
            attempts = 1 if self._clock.now_s() - began_s > self._options.backoff.max_s else attempts + 1
            await self._clock.sleep(self._options.backoff.pause_s(attempts, 1, 0.5))

    async def _follow(self) -> None:
        """Compile everything, then each commit, until the database has another schema or the store a gap."""
        self._following = None
        self._felt.clear()
        schema = await self._session.connected()
        number, documents = await self._source.snapshot()
        compiler = self._compiler(schema)
        changes = [(one.id, one.resource(self._kinds[one.kind].resource)) for one in documents]
        # Some seconds for a large region, in which the API goes on and the database is read.
        compiled = await asyncio.to_thread(compiler.apply, changes)
        await self.realiser.replica.loaded()
        observed = compiler.observe(id for _, id in self._all_down())
        self._faults = {id: reason for id, reason in {**compiled.failed, **observed.failed}.items() if reason}
        units = {key: unit for key, unit in {**compiled.units, **observed.units}.items() if unit is not None}
        self.realiser.replace(units, number, compiler.options())
        self._following = compiler
        self._took(number)
        self._seen.set()
        self._reasons.pop("follow", None)
        async with contextlib.aclosing(self._source.follow(_OPERATOR, number)) as feeds:  # pyright: ignore
            async for feed in feeds:
                if self._session.schema.text != schema.text:
                    return
                if feed.commits:
                    self._take(compiler, feed)

    def _take(self, compiler: Compiles, feed: Feed) -> None:
        changed = [one for commit in feed.commits for one in commit.changes]
        documents = [(one.id, self._now(one.action, one.kind, one.raw)) for one in changed]
        if self._installing is None:  # nobody asks where it is felt
            delta = compiler.apply(documents)
        else:
            delta = self._applied(compiler, feed, documents)
        self._took(feed.last)
        self._submit(delta)

    def _applied(self, compiler: Compiles, feed: Feed, documents: Changes) -> Delta:
        """What has become other by commits; and where they are felt is kept. A resource that moves is felt where it was
        and where it is, and so is whoever depends on it."""
        before = {commit.number: compiler.reach([one.id for one in commit.changes]) for commit in feed.commits}
        delta = compiler.apply(documents)
        dependents = compiler.reach({key.partition("/")[0] for key in delta.units})
        for commit in feed.commits:
            after = compiler.reach([one.id for one in commit.changes])
            self._felt[commit.number] = before[commit.number] | after | dependents
        while len(self._felt) > FELT_MAX:
            del self._felt[next(iter(self._felt))]
        return delta

    def _took(self, number: int) -> None:
        self._last = number
        taken, self._taken = self._taken, asyncio.Event()
        taken.set()

    def _submit(self, delta: Delta) -> None:
        for id, reason in delta.failed.items():
            if reason:
                self._faults[id] = reason
            else:
                self._faults.pop(id, None)
        self.realiser.submit(Batch(self._last, delta.units))

    def _now(self, action: str, kind: str, raw: bytes) -> Resource | None:
        return None if action == "delete" else msgspec.json.decode(raw, type=self._kinds[kind].resource)

    # What hypervisors do.

    def _all_down(self) -> set[tuple[str, str]]:
        """Interfaces that do not work, with the table that says so."""
        schema, replica = self.realiser.replica.schema, self.realiser.replica
        tables = [table for table in ABSENT if schema is not None and schema.has(table)]
        return {(table, id) for table in tables for row in replica.rows(table).values() if (id := ABSENT[table](row))}

    async def _watch(self) -> None:
        """Keep count of the interfaces that are down."""
        changes = self.realiser.replica.changes()
        await self.realiser.replica.loaded()
        self._down = self._all_down()
        self._seen.set()
        self._reasons.pop("watch", None)
        async for transaction in changes:
            for change in transaction.changes:
                is_absent = ABSENT.get(change.table)
                if is_absent is not None and (was := is_absent(change.old)) != (now := is_absent(change.new)):
                    self._down.discard((change.table, was))
                    self._down |= {(change.table, now)} if now else set()
                    self._seen.set()

    async def _checks(self) -> None:
        """Keep count of the interfaces that health checks of load balancers find dead: northd tells nobody."""
        assert self._southbound is not None
        replica = self._southbound.replica(_monitors)
        changes = replica.changes()
        await replica.loaded()
        ports: frozenset[object] | None = None
        while True:
            rows = replica.rows(MONITORS).values()
            found = frozenset(row["logical_port"] for row in rows if row["status"] in FAILING)
            if found != ports:
                ports, self._unwell = found, frozenset(self._ids(found))
                self._seen.set()
            self._reasons.pop("checks", None)
            await anext(changes)

    async def _install(self) -> None:
        assert self._installing is not None
        await self._installing.follow(lambda: self._reasons.pop("install", None))

    def _ids(self, names: frozenset[object]) -> Iterable[str]:
        """The resources of ports, by the ports' names."""
        for row in self.realiser.replica.rows(PORTS).values() if names else ():
            marks = row["external_ids"]
            if row["name"] in names and isinstance(marks, Mapping):
                yield str(marks.get(RESOURCE, ""))

    async def _look(self) -> None:
        """Tell the compiler, not more often than every OBSERVE_S."""
        while True:
            await self._seen.wait()
            await self._clock.sleep(OBSERVE_S)
            self._seen.clear()
            if self._following is not None:
                delta = self._following.observe({id for _, id in self._down} | self._unwell)
                self._reasons.pop("look", None)
                if delta.units or delta.failed:
                    self._submit(delta)

    # Back.

    def _reported(self, report: Report) -> None:
        self._report = report
        self._first |= report.first
        self._wake.set()

    async def _tell(self) -> None:
        """Say what is realised, as soon as the store has taken what was said before."""
        known: Iterable[str] = ()
        while True:
            await self._wake.wait()
            self._wake.clear()
            report = self._report
            assert report is not None
            if self._first:
                known = [one.id for one in (await self._source.snapshot())[1] if one.state == "failed"]
                self._first = False
            failures = self._failures(report)
            try:
                await self._source.realised(report.number, failures, [id for id in known if id not in failures])
            except BaseException:
                self._first = True
                self._wake.set()
                raise
            known = failures
            self._reasons.pop("tell", None)

    def _failures(self, report: Report) -> dict[str, str]:
        """By resource: what the compiler and the database say. A unit's key begins with its resource's id."""
        failures = dict(self._faults)
        for key, reason in sorted(report.failures.items()):
            id = key.partition("/")[0]
            failures[id] = f"{failures[id]}; {reason}" if id in failures else reason
        self._reasons["region"] = failures.pop(REGION, "")  # no tenant's, but ours
        return failures
