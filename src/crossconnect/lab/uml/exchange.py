"""Requests to a guest and replies from it, as files of a directory that both sides see.

    caller (host)                               exchange directory            server (guest)
    write ID.request (+ rename)  -------------->  ID.request
    write "ID\\n" into the FIFO `doorbell`  ----- serial line -------------->  reads ID from /dev/ttyS0, one thread each
    poll                         <--------------  ID.progress  <-------------  a line per step, while it works
    poll                         <--------------  ID.reply     <-------------  written aside, renamed when complete

Files carry everything of any size, and a doorbell only its id: a caller that dies in the middle leaves nothing half
sent, callers need no lock between them, and a reply is there completely or not at all. The doorbell costs the guest
no polling; the host polls because hostfs tells nobody that the guest has written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from crossconnect.errors import CrossconnectError, Permanent, Retryable, Unreachable

DOORBELL = "doorbell"
READY = "ready"
_POLL_SHORTEST_S, _POLL_LONGEST_S = 0.001, 0.02

Progress = Callable[[str], None]


class Request(msgspec.Struct, frozen=True):
    """One operation to be done in the guest; the payload is its own business."""

    operation: str
    payload: bytes


class Reply(msgspec.Struct, frozen=True):
    """The result, or the class name of the error and its message."""

    payload: bytes = b""
    error: str = ""
    message: str = ""


_REQUEST = msgspec.msgpack.Decoder(Request)
_REPLY = msgspec.msgpack.Decoder(Reply)
_ENCODER = msgspec.msgpack.Encoder()


def create(directory: Path) -> int:
    """Make the exchange directory and its doorbell; returns the doorbell opened for the guest, to be inherited.

    It is open for reading and writing: the guest then never sees its end, whoever opens and closes it outside.
    """
    directory.mkdir(mode=0o700)
    os.mkfifo(directory / DOORBELL, 0o600)
    return os.open(directory / DOORBELL, os.O_RDWR | os.O_CLOEXEC)


def call(
    directory: Path,
    request: Request,
    *,
    alive: Callable[[], bool],
    timeout_s: float,
    progress: Progress | None = None,
) -> bytes:
    """Have the guest do `request`, wait for the reply. Errors of the guest are raised here as what they were there.

    Unreachable where the guest is dead or does not answer in `timeout_s`.
    """
    name = f"{os.getpid()}-{time.monotonic_ns()}"
    _write(directory / f"{name}.request", _ENCODER.encode(request))
    reply_path = directory / f"{name}.reply"
    lines = _Lines(directory / f"{name}.progress")
    try:
        _ring(directory / DOORBELL, name)
        for _ in _waits(timeout_s):
            # Asked before looking: a guest that replied and then ended has replied.
            living = alive()
            if progress is not None:
                for line in lines.read():
                    progress(line)
            if reply_path.exists():
                return _result(_REPLY.decode(reply_path.read_bytes()))
            if not living:
                raise Unreachable(f"the user-mode-linux guest ended during {request.operation}")
        raise Unreachable(f"the user-mode-linux guest did not finish {request.operation} in {timeout_s:g} s")
    finally:
        for suffix in ("request", "reply", "progress"):
            (directory / f"{name}.{suffix}").unlink(missing_ok=True)


def wait_ready(directory: Path, *, alive: Callable[[], bool], timeout_s: float) -> None:
    """Return once the guest's server listens. Unreachable where the guest ends before, or takes longer."""
    for _ in _waits(timeout_s):
        living = alive()
        if (directory / READY).exists():
            return
        if not living:
            raise Unreachable("the user-mode-linux guest ended while it started")
    raise Unreachable(f"the user-mode-linux guest did not start in {timeout_s:g} s")


def announce_ready(directory: Path) -> None:
    """Guest's side: the server listens."""
    _write(directory / READY, b"")


def take(directory: Path, name: str) -> Request:
    """Guest's side: the request of that id. OSError or msgspec.DecodeError where there is none."""
    return _REQUEST.decode((directory / f"{name}.request").read_bytes())


def answer(directory: Path, name: str, reply: Reply) -> None:
    """Guest's side: the request's reply."""
    _write(directory / f"{name}.reply", _ENCODER.encode(reply))


def report(directory: Path, name: str, line: str) -> None:
    """Guest's side: a line of progress. Closed each time, because hostfs writes to the host on close."""
    with open(directory / f"{name}.progress", "a", encoding="utf-8") as file:
        file.write(line.replace("\n", " ") + "\n")


def failure(error: Exception) -> Reply:
    """An error as a reply: operating errors by their class, anything else as what it is, a mistake of ours."""
    message = str(error) if isinstance(error, CrossconnectError) else f"{type(error).__name__}: {error}"
    return Reply(error=type(error).__name__, message=message)


def _result(reply: Reply) -> bytes:
    if not reply.error:
        return reply.payload
    kinds = {kind.__name__: kind for root in (Retryable, Permanent) for kind in (root, *root.__subclasses__())}
    raise kinds.get(reply.error, Permanent)(reply.message)


def _write(path: Path, content: bytes) -> None:
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(content)
    aside.rename(path)


def _ring(doorbell: Path, name: str) -> None:
    try:
        handle = os.open(doorbell, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            raise Unreachable("the user-mode-linux guest does not run any more") from error
        raise
    try:
        # Shorter than PIPE_BUF, so whole even with several callers (pipe(7)).
        os.write(handle, f"{name}\n".encode())
    finally:
        os.close(handle)


def _waits(timeout_s: float) -> Iterator[None]:
    """Yields with growing pauses between until the time is up."""
    end = time.monotonic() + timeout_s
    pause = _POLL_SHORTEST_S
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause)
        pause = min(pause * 1.2, _POLL_LONGEST_S)


class _Lines:
    """Complete lines appended to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = 0

    def read(self) -> list[str]:
        """New lines, none while the file is not there."""
        with contextlib.suppress(FileNotFoundError), open(self._path, "rb") as file:
            file.seek(self._done)
            block = file.read()
            whole = block[: block.rfind(b"\n") + 1]
            self._done += len(whole)
            return whole.decode(errors="replace").splitlines()
        return []
