"""The journal as a file, and the lease on it: one owner at a time, every record durable before what it announces.

FILE.journal   records, appended and fsynced
FILE.lease     locked by the owner (flock) and holds his fencing token; the kernel frees the lock when he dies
FILE.reserve   space that is given up when the disk is full, so that undoing can still be written down
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from crossconnect.errors import Busy, Permanent, Retryable, Stale
from crossconnect.rollout.journal import JournalRead, Record, line_of, read_journal

RESERVE = 256 << 10
"""Octets: undoing a thousand devices takes as many records of 250 octets."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class Journal:
    """An open journal whose lease is ours. Not for several threads at once."""

    def __init__(self, directory: Path, name: str, plan: str, now: Callable[[], str]) -> None:
        """Open, or begin, the journal `name` of the plan with this hash. `now` tells the time for people.

        Busy when somebody else holds the lease; Permanent when the journal is damaged or another plan's.
        """
        self._path = directory / f"{name}.journal"
        self._lease_path = directory / f"{name}.lease"
        self._reserve = directory / f"{name}.reserve"
        self._now = now
        self._broken = ""
        self._lease = _locked(self._lease_path)
        self._descriptor = -1
        try:
            self.fence = _next_token(self._lease, self._lease_path)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            _sync_directory(directory)
            self.found: JournalRead = read_journal(_content(self._descriptor), plan)
            if self.found.problem:
                raise Permanent(f"{self._path} cannot be gone on with: {self.found.problem}")
            if self.found.torn:
                os.ftruncate(self._descriptor, self.found.length)
                os.fsync(self._descriptor)
            self._records = list(self.found.records)
            self._tip, self._length = self.found.tip, self.found.length
            self._reserve_space()
        except BaseException:
            self.close()
            raise

    @property
    def records(self) -> tuple[Record, ...]:
        """All records, in order."""
        return tuple(self._records)

    @property
    def tip(self) -> str:
        """Hash of the last record: what others should keep."""
        return self._tip

    def append(self, urgent: bool = False, **fields: Any) -> Record:
        """Write a record (`kind`, `action`, `wave`, `device`, `detail`), durable when this returns.

        When the disk is full nothing is left of it, and Retryable says so: what it announces must not be begun. With
        `urgent`, for undoing, the reserve is used first. Stale when somebody else has taken over.
        """
        if self._broken:
            raise Permanent(self._broken)
        record = Record(number=len(self._records) + 1, previous=self._tip, fence=self.fence, at=self._now(), **fields)
        line, digest = line_of(record)
        self._still_ours()
        try:
            self._write(line)
        except OSError as error:
            self._take_back()
            if error.errno in _FULL and urgent and self._reserve.exists():
                self._reserve.unlink()
                _sync_directory(self._path.parent)
                return self.append(**fields)
            raise Retryable(f"{self._path} cannot be written, {record.action or record.kind} is not begun") from error
        self._records.append(record)
        self._tip, self._length = digest, self._length + len(line)
        return record

    def close(self) -> None:
        """Give the lease back. What is written stays."""
        for descriptor in (self._descriptor, self._lease):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._lease = -1

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _still_ours(self) -> None:
        """Locks are not honoured everywhere (some network file systems), tokens and lengths are."""
        token = _token(self._lease)
        if token != self.fence:
            self._broken = f"{self._path} is another owner's now (fence {token}, ours was {self.fence})"
            raise Stale(self._broken)
        if os.fstat(self._descriptor).st_size != self._length:
            self._broken = f"{self._path} has been written by somebody else"
            raise Stale(self._broken)

    def _write(self, line: bytes) -> None:
        done = 0
        while done < len(line):
            done += os.write(self._descriptor, line[done:])
        os.fsync(self._descriptor)

    def _take_back(self) -> None:
        """After a failed write: the file as it was. After a failed fsync nobody knows what is on the disk, and reading
        it again may show what is not there; so it is truncated in any case, and where that fails it is left alone."""
        try:
            os.ftruncate(self._descriptor, self._length)
            os.fsync(self._descriptor)
        except OSError as error:
            self._broken = f"{self._path} cannot be written, nor what was written taken back: {error.strerror}"
            raise Permanent(self._broken) from error

    def _reserve_space(self) -> None:
        """Where there is no room for it, one goes without."""
        descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with contextlib.suppress(OSError):
                os.posix_fallocate(descriptor, 0, RESERVE)
        finally:
            os.close(descriptor)


def look(directory: Path, name: str, plan: str) -> JournalRead:
    """The records of a journal, without its lease. Permanent when there is none."""
    path = directory / f"{name}.journal"
    try:
        return read_journal(path.read_bytes(), plan)
    except FileNotFoundError as error:
        raise Permanent(f"there is no journal {path}") from error


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    fence: int


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Busy(f"somebody else carries this plan out: {path} is locked") from error
    return descriptor


def _token(descriptor: int) -> int:
    """The token in a lease; 0 in a new one. One that a crash has torn is taken from the journal's records by the
    caller's next token being greater than both."""
    octets = os.pread(descriptor, 4096, 0)
    try:
        return msgspec.json.decode(octets, type=_Token).fence
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _next_token(descriptor: int, path: Path) -> int:
    """Take the next token, durably, before anything is done under it."""
    journal = path.with_suffix(".journal")
    written = 0
    if journal.exists():
        # A lease whose text was lost must not begin anew below tokens that are in the journal.
        for line in journal.read_bytes().splitlines():
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                written = max(written, msgspec.json.decode(line, type=_Fenced).record.fence)
    token = max(_token(descriptor), written) + 1
    octets = msgspec.json.encode(_Token(fence=token))
    os.pwrite(descriptor, octets + b" " * max(0, 64 - len(octets)), 0)
    os.fsync(descriptor)
    return token


class _FencedRecord(msgspec.Struct, frozen=True):
    fence: int


class _Fenced(msgspec.Struct, frozen=True):
    record: _FencedRecord


def _content(descriptor: int) -> bytes:
    parts: list[bytes] = []
    at = 0
    while part := os.pread(descriptor, 1 << 20, at):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
