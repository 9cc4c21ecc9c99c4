"""FRR daemons' own command sockets, spoken to directly: a vtysh process for each question would cost 20 ms.

The exchange (lib/vty.c, vtysh/vtysh.c): a command ends with a zero octet; the answer is text, then three zero octets
and one of status, 0 for success.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import TracebackType

from crossconnect.errors import Rejected, Unreachable

RECEIVE_OCTETS = 1 << 18
_END = b"\0\0\0"


class Vty:
    """One connection to one daemon. Use as a context manager; not to be shared between threads."""

    def __init__(self, directory: Path, daemon: str, timeout_s: float = 20.0) -> None:
        self.daemon = daemon
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        # A socket's path is limited to 107 octets, a run directory's is not: go through the directory's descriptor.
        try:
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            try:
                self._socket.connect(f"/proc/self/fd/{descriptor}/{daemon}.vty")
            finally:
                os.close(descriptor)
            self._ask("enable")
        except OSError as error:
            self._socket.close()
            raise Unreachable(f"{daemon} of {directory.parent.parent.name} does not answer") from error

    def __enter__(self) -> Vty:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, command: str) -> bytes:
        """The daemon's answer. Raises Rejected when it does not know the command, Unreachable when it goes away."""
        try:
            answer, status = self._ask(command)
        except OSError as error:
            raise Unreachable(f"{self.daemon} stopped answering `{command}`") from error
        if status:
            raise Rejected(f"{self.daemon} refused `{command}`: {answer.decode(errors='replace').strip()}")
        return answer

    def _ask(self, command: str) -> tuple[bytes, int]:
        self._socket.sendall(command.encode() + b"\0")
        parts: list[bytes] = []
        tail = b""
        while True:
            data = self._socket.recv(RECEIVE_OCTETS)
            if not data:
                raise ConnectionResetError(f"{self.daemon} closed its command socket")
            parts.append(data)
            tail = (tail + data)[-4:]
            if len(tail) == 4 and tail[:3] == _END:
                return b"".join(parts)[:-4], tail[3]
