"""Guest's side of a terminal: a command in a node on a pseudo-terminal of its own, its output sent out in pieces."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Sequence

import msgspec

from crossconnect.errors import BadInput
from crossconnect.lab.uml.messages import TerminalInput, TerminalRequest

PIECE = 16384
"""Octets of output sent at once, at most."""

_sessions: dict[str, tuple[int, subprocess.Popen[bytes]]] = {}


def run(request: TerminalRequest, argv: Sequence[str], progress: Callable[[str], None]) -> bytes:
    """Run `argv` (the request's command, led into its node) to its end."""
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", request.rows, request.columns, 0, 0))
        # setsid --ctty: job control and Ctrl-C need the terminal to be the command's controlling one.
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": request.kind},
        )
    finally:
        os.close(slave)
    _sessions[request.session] = (master, process)
    try:
        while piece := _read(master):
            progress(base64.b64encode(piece).decode())
        code = process.wait()
        # As shells say it: ended by signal n is 128 + n.
        return msgspec.msgpack.encode(code if code >= 0 else 128 - code)
    finally:
        del _sessions[request.session]
        os.close(master)


def feed(given: TerminalInput) -> bytes:
    """Type into a session, or end it. A session that has ended takes nothing any more."""
    session = _sessions.get(given.session)
    if session is None:
        raise BadInput("this terminal has ended")
    master, process = session
    if given.hang_up:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGHUP)
    else:
        os.write(master, given.data)
    return b""


def _read(master: int) -> bytes:
    """The next piece; nothing once the last one who had the terminal open is gone (EIO)."""
    try:
        return os.read(master, PIECE)
    except OSError:
        return b""
