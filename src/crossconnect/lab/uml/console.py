"""Host's side of a terminal in a guest: `python -m crossconnect.lab.uml.console RUN_DIRECTORY NODE VRF COMMAND...`.

What `xc lab exec` starts in place of `nsenter`, which does not lead into a guest. Ends with the command's return code.
Where its output is no terminal, the command gets no terminal either, and no input: its output then comes at its end.
"""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import sys
import termios
import threading
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from crossconnect.errors import BadInput, CrossconnectError
from crossconnect.lab.capture import execute
from crossconnect.lab.handle import Lab, read_record
from crossconnect.lab.uml import machine
from crossconnect.lab.uml.backend import running
from crossconnect.lab.uml.messages import TERMINAL, TERMINAL_INPUT, TerminalInput, TerminalRequest

_FOREVER_S = 10 * 365 * 86400.0
_PLAIN_TIMEOUT_S = 3600.0


def main(words: Sequence[str]) -> int:
    """Run a command in a node and be its terminal."""
    directory, node, vrf, *argv = words
    try:
        if not sys.stdout.isatty():
            return _plain(Path(directory), node, vrf, argv)
        return _on_terminal(running(Path(directory)), node, vrf, argv)
    except CrossconnectError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _plain(directory: Path, node: str, vrf: str, argv: Sequence[str]) -> int:
    record = read_record(directory)
    if record is None:
        raise BadInput(f"there is no lab in {directory}")
    done = execute(Lab(directory, record), node, argv, vrf, timeout_s=_PLAIN_TIMEOUT_S)
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    return done.returncode


def _on_terminal(guest: machine.Machine, node: str, vrf: str, argv: Sequence[str]) -> int:
    size = shutil.get_terminal_size()
    request = TerminalRequest(
        session=f"{os.getpid()}",
        node=node,
        vrf=vrf,
        argv=tuple(argv),
        rows=size.lines,
        columns=size.columns,
        kind=os.environ.get("TERM", "dumb"),
    )
    with _raw_terminal():
        threading.Thread(target=_type, args=(guest, request.session), daemon=True).start()
        try:
            code = machine.call(guest, TERMINAL, msgspec.msgpack.encode(request), timeout_s=_FOREVER_S, progress=_show)
        except BaseException:
            with contextlib.suppress(CrossconnectError):
                _send(guest, TerminalInput(session=request.session, hang_up=True))
            raise
    return msgspec.msgpack.decode(code, type=int)


def _show(piece: str) -> None:
    sys.stdout.buffer.write(base64.b64decode(piece))
    sys.stdout.buffer.flush()


def _type(guest: machine.Machine, session: str) -> None:
    """What is typed, to the guest; the end of input as Ctrl-D. Ends with the process."""
    with contextlib.suppress(CrossconnectError, OSError):
        while data := os.read(sys.stdin.fileno(), 4096):
            _send(guest, TerminalInput(session=session, data=data))
        _send(guest, TerminalInput(session=session, data=b"\x04"))


def _send(guest: machine.Machine, given: TerminalInput) -> None:
    machine.call(guest, TERMINAL_INPUT, msgspec.msgpack.encode(given), timeout_s=30)


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Our terminal passes everything on as it is typed, Ctrl-C too: the one inside makes of it what it should."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
