"""A file of results that grows while a sweep runs: what is in it need not be computed again.

The first line says of which question the results are, each further one has the reports of a chunk, in order. A line is
in the file whole, or it does not count: the last one may be torn where the process was killed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from crossconnect.checks.effects import FailureReport
from crossconnect.errors import BadInput


class _Head(msgspec.Struct, frozen=True):
    crossconnect_sweep: str
    """The question (`sweeping.question_of`)."""


_HEAD = msgspec.json.Decoder(_Head)
_LINE = msgspec.json.Decoder(list[FailureReport])


class ResultsFile:
    """A context manager. Raises BadInput for a file of something else, or that cannot be written."""

    def __init__(self, path: Path, question: str) -> None:
        self.path = path
        self.reports: list[FailureReport] = []
        """Those that were in the file."""
        self._question = question
        self._file: IO[bytes] | None = None

    def __enter__(self) -> ResultsFile:
        if self.path.exists() and not self.path.is_file():
            raise BadInput(f"results cannot be kept in {self.path}: it is no regular file")
        try:
            self._file = open(self.path, "a+b")
            self._alone()
            end = self._read()
            self._file.truncate(end)
            if not end:
                self._write(msgspec.json.encode(_Head(self._question)))
        except OSError as error:
            raise self._unwritable(error) from error
        except BadInput:
            if self._file is not None:
                self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, reports: list[FailureReport]) -> None:
        """Results that follow those in the file. BadInput where the file cannot take them: those in it are kept."""
        try:
            self._write(msgspec.json.encode(reports))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> BadInput:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        more = "; the same command goes on from what is in it" if error.errno == errno.ENOSPC else ""
        return BadInput(f"results cannot be kept in {self.path}: {error.strerror}{more}")

    def _alone(self) -> None:
        """The lock goes with the process, however it ends."""
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"another run is writing results into {self.path}") from error

    def _write(self, line: bytes) -> None:
        assert self._file is not None
        self._file.write(line + b"\n")
        self._file.flush()

    def _read(self) -> int:
        """How many octets of the file are good."""
        lines = self.path.read_bytes().splitlines(keepends=True)
        if not lines:
            return 0
        try:
            head = _HEAD.decode(lines[0])
        except msgspec.DecodeError as error:
            raise BadInput(f"{self.path} is no file of sweep results: give another name, or remove it") from error
        if head.crossconnect_sweep != self._question:
            raise BadInput(
                f"{self.path} has results of another question (the region, the failures asked for, the checks or the "
                "version differ): give another name, or remove it"
            )
        good = len(lines[0])
        for line in lines[1:]:
            if not line.endswith(b"\n"):
                break
            try:
                self.reports += _LINE.decode(line)
            except msgspec.DecodeError:
                break
            good += len(line)
        return good
