"""Failure sweeps over processes and machines: the same reports in the same order, whoever computes them.

    failures --chunks--> this process | its children (forked, so the network is there already) | a Dask cluster
                                                  `--> reports, in order --> a file of results, if one is kept

Dask, and not Ray: all that is asked for is tasks with results, and Dask's scheduler and workers are two commands of
pure Python on every machine; Ray brings its own object store and ten times the size.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crossconnect import __version__
from crossconnect.checks import Sweep, UnderFailure
from crossconnect.checks.effects import FailureReport
from crossconnect.cli.results_file import ResultsFile
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Unreachable, Unsupported
from crossconnect.model.traffic import Demand
from crossconnect.simulate import NO_FAILURES, Failures

CHUNK_MAX = 64
"""Failures handed out at once: enough that handing out costs nothing, few enough that a stop loses little."""

PARALLEL_FROM = 200
"""Failures from which further processes are started without being asked for."""


SCHEDULER_TIMEOUT_S = 10


class How(NamedTuple):
    """Who computes, and where results are kept. `jobs` 0: as many processes as there are processors, where it pays."""

    jobs: int = 0
    scheduler: str = ""
    """Address of a Dask scheduler, `tcp://host:8786`."""
    results: Path | None = None


class Swept(NamedTuple):
    """What came of a sweep; fewer reports than failures where it was interrupted."""

    under: UnderFailure
    total: int
    known: int
    """How many reports were in the file of results already."""

    @property
    def interrupted(self) -> bool:
        """Whether failures are left to look at."""
        return len(self.under.reports) < self.total


def swept(
    blueprint: Blueprint,
    failures: Sequence[Failures],
    only: tuple[str, ...] | None,
    how: How,
    demands: Sequence[Demand] = (),
    already: Failures = NO_FAILURES,
) -> Swept:
    """Reports of all failures, each beside what has failed `already`. Ctrl-C ends it with those that there are. Raises
    BadInput for a file of results that is of another question, Unreachable for a scheduler that does not answer,
    Unsupported without Dask."""
    if demands:
        # As good as expected by the region itself; so they are part of what is handed out, and of the question.
        blueprint = msgspec.structs.replace(blueprint, traffic=(*blueprint.traffic, *demands))
    with contextlib.ExitStack() as stack:
        reports: list[FailureReport] = []
        file: ResultsFile | None = None
        if how.results is not None:
            file = stack.enter_context(ResultsFile(how.results, question_of(blueprint, failures, only)))
            reports += file.reports[: len(failures)]
        known = len(reports)
        # What is known already needs no network to be made ready, but the sum of all does.
        sweep = Sweep(blueprint, only)
        left = failures[known:]
        chunks = [left[first : first + _size(len(left), how)] for first in range(0, len(left), _size(len(left), how))]
        progress = _Progress(known, len(failures))
        try:
            for found in _computed(sweep, only, chunks, how):
                if file is not None:
                    file.add(found)
                reports += found
                progress.show(len(reports))
        except KeyboardInterrupt:
            pass
        progress.clear()
        return Swept(sweep.outcome(reports, already), len(failures), known)


def question_of(blueprint: Blueprint, failures: Sequence[Failures], only: Iterable[str] | None) -> str:
    """What a file of results is of: network, failures, checks and this program's version, as a hash."""
    # Sets have no order of their own.
    asked = [
        (sorted(f.links), sorted(f.devices), [list(key) for key in sorted(f.sessions)], f.name, f.kind)
        for f in failures
    ]
    checks = None if only is None else sorted(only)
    parts = (__version__, blueprint.content_hash(), asked, checks)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _size(count: int, how: How) -> int:
    workers = _jobs(count, how) if not how.scheduler else 16
    return max(1, min(CHUNK_MAX, count // (8 * workers)))


def _jobs(count: int, how: How) -> int:
    return how.jobs or (os.cpu_count() or 1 if count >= PARALLEL_FROM else 1)


def _computed(
    sweep: Sweep, only: tuple[str, ...] | None, chunks: Sequence[Sequence[Failures]], how: How
) -> Iterator[list[FailureReport]]:
    """Reports of each chunk, in order."""
    if how.scheduler:
        yield from _on_machines(sweep.blueprint, only, chunks, how.scheduler)
        return
    jobs = min(_jobs(sum(map(len, chunks)), how), len(chunks))
    if jobs < 2:
        yield from ([sweep.report(failure) for failure in chunk] for chunk in chunks)
        return
    # The first chunk here: what is made on first use is then there for the children, too.
    yield [sweep.report(failure) for failure in chunks[0]]
    with _children(sweep, jobs) as pool:
        yield from pool.imap(_reports, chunks[1:])


# In processes of this machine

_PR_SET_PDEATHSIG = 1
"""prctl(2)."""

_here: list[Sweep] = []
"""The network in a child process, which has it from its parent."""


@contextlib.contextmanager
def _children(sweep: Sweep, jobs: int) -> Generator[Any]:
    _here[:] = [sweep]
    try:
        with multiprocessing.get_context("fork").Pool(jobs, initializer=_quiet, initargs=(os.getpid(),)) as pool:
            yield pool
    finally:
        _here.clear()


def _quiet(parent: int) -> None:
    """Ctrl-C is the parent's to handle; when it is killed, so is the child, which would keep the lock of the file of
    results until its chunk is done, and end with a traceback as nobody takes that. The pool ends it by SIGTERM: what
    the parent does at that signal is not the child's to do, and an exception raised there may be lost (in a callback of
    the garbage collector), after which the parent would wait for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # killed before the kernel was told
        os._exit(1)


def _reports(chunk: Sequence[Failures]) -> list[FailureReport]:
    return [_here[0].report(failure) for failure in chunk]


# On machines


def _on_machines(
    blueprint: Blueprint, only: tuple[str, ...] | None, chunks: Sequence[Sequence[Failures]], address: str
) -> Iterator[list[FailureReport]]:
    if importlib.util.find_spec("distributed") is None:
        raise Unsupported("sweeps over machines need Dask: install crossconnect[machines] here and on the workers")
    distributed = importlib.import_module("distributed")
    try:
        client = distributed.Client(address, timeout=SCHEDULER_TIMEOUT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise Unreachable(f"the Dask scheduler at {address} does not answer") from error
    with client:
        versions = client.run(_version)
        if not versions:
            raise Unreachable(f"the Dask scheduler at {address} has no workers")
        others = sorted(f"{worker} has {version}" for worker, version in versions.items() if version != __version__)
        if others:
            raise BadInput(f"workers must run crossconnect {__version__} as this machine does: {', '.join(others)}")
        # Once to each worker, and not with each chunk.
        data = client.scatter(msgspec.msgpack.encode(blueprint), broadcast=True, hash=True)
        tasks = [client.submit(_remote, data, only, list(chunk), pure=False) for chunk in chunks]
        try:
            for task in tasks:
                yield task.result()
        finally:
            client.cancel(tasks)


def _version() -> str:
    return __version__


@functools.lru_cache(maxsize=1)
def _remote_sweep(data: bytes, only: tuple[str, ...] | None) -> Sweep:
    return Sweep(msgspec.msgpack.decode(data, type=Blueprint), only)


def _remote(data: bytes, only: tuple[str, ...] | None, chunk: list[Failures]) -> list[FailureReport]:
    sweep = _remote_sweep(data, only)
    return [sweep.report(failure) for failure in chunk]


class _Progress:
    """How far it is, how fast and how long still, on a terminal."""

    def __init__(self, known: int, total: int) -> None:
        self._known = known
        self._total = total
        self._began = time.monotonic()
        self._shown = self._began
        self._on = sys.stderr.isatty()

    def show(self, done: int) -> None:
        """At most five times a second."""
        now = time.monotonic()
        if not self._on or now - self._shown < 0.2:
            return
        self._shown = now
        rate = (done - self._known) / max(now - self._began, 1e-9)
        left = (self._total - done) / rate if rate else 0.0
        text = f"{done:,} of {self._total:,} failures, {rate:,.0f} a second, {duration_text(left)} left"
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._on:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def duration_text(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
