"""Commands on a device, and files put there, over one SSH connection. Answers are limited in size and time.

run("vtysh -f x", stdin)  --> exec channel --> status, what was said
put(path, octets)         --> cat > path.new && mv path.new path      no SFTP server is needed; whole or not at all
"""

from __future__ import annotations

import asyncio
import shlex
from types import TracebackType
from typing import Self

import asyncssh
import msgspec

from crossconnect.errors import LimitExceeded, Rejected, Unauthorised, Unreachable
from crossconnect.transport.credentials import Vault
from crossconnect.transport.ssh.connection import connect
from crossconnect.transport.target import Target

PORT = 22
ANSWER_BYTES_MAX = 32 << 20
"""Of one command. A CONFIG_DB of 512 ports is 2 MB."""
COMMAND_S = 120.0
"""For one command: SONiC sorts a large patch for a minute."""
_PIECE = 64 << 10


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command."""

    status: int
    out: str
    """Standard output: answers are read from it. What a log-in shell or a program grumbles beside is no part of one."""
    err: str = ""
    """Standard error."""

    @property
    def brief(self) -> str:
        """The end of both, for messages."""
        return " ".join(f"{self.out} {self.err}".split())[-300:]


class Shell:
    """One connection, used as a context. Commands run as root: by `sudo -n` where the account is another."""

    def __init__(self, target: Target, vault: Vault | None = None) -> None:
        self._target, self._vault = target, vault
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sudo = False

    async def __aenter__(self) -> Self:
        self._connection = await connect(self._target, PORT, self._vault)
        try:
            said = await self._execute("id -u", b"", COMMAND_S)
            self._sudo = said.out.strip() != "0"
            if self._sudo and (await self._execute("sudo -n true", b"", COMMAND_S)).status:
                user = self._target.credential.user
                raise Unauthorised(f"{self._target.device}: {user} is not root, and may not become it without password")
        except BaseException:
            self._connection.abort()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        self._connection.abort()
        await self._connection.wait_closed()

    async def run(self, command: str, stdin: bytes = b"", timeout_s: float = COMMAND_S) -> Said:
        """What `sh -c` says to it. Unreachable when it does not end in time or the connection does,
        LimitExceeded; after these the connection is over, and whether the command was carried out is not known."""
        wrapped = f"{'sudo -n ' if self._sudo else ''}sh -c {shlex.quote(command)}"
        return await self._execute(wrapped, stdin, timeout_s)

    async def must(self, command: str, what: str, stdin: bytes = b"", timeout_s: float = COMMAND_S) -> str:
        """As `run`, where success is expected. Rejected: `what` did not work, and the device's words."""
        said = await self.run(command, stdin, timeout_s)
        if said.status:
            raise Rejected(f"{self._target.device}: {what}: {said.brief or f'status {said.status}'}")
        return said.out

    async def put(self, path: str, content: str | bytes, mode: str = "600") -> None:
        """Write a file, whole or not at all, readable by root only unless `mode` says otherwise. Rejected."""
        octets = content.encode() if isinstance(content, str) else content
        name, new = shlex.quote(path), shlex.quote(path + ".new")
        await self.must(f"umask 077; cat > {new} && chmod {mode} {new} && mv {new} {name}", f"writing {path}", octets)

    async def _execute(self, command: str, stdin: bytes, timeout_s: float) -> Said:
        assert self._connection is not None
        where = self._target.device
        try:
            async with asyncio.timeout(timeout_s):
                process = await self._connection.create_process(command, encoding=None)
                process.stdin.write(stdin)
                process.stdin.write_eof()
                out, err = await asyncio.gather(self._read(process.stdout), self._read(process.stderr))
                await process.wait_closed()
                status = process.returncode
        except TimeoutError as error:
            raise self._over(f"{where}: a command has not ended within {timeout_s:g} s") from error
        except (asyncssh.Error, OSError) as error:
            raise self._over(f"{where}: the connection ended: {str(error)[:200]}") from error
        except (LimitExceeded, asyncio.CancelledError):
            self._connection.abort()
            raise
        if status is None:
            raise Unreachable(f"{where}: the connection ended during a command")
        return Said(status=status, out=out.decode(errors="replace"), err=err.decode(errors="replace"))

    def _over(self, words: str) -> Unreachable:
        """A command that goes on keeps its channel open as long as it likes: the whole connection is given up."""
        assert self._connection is not None
        self._connection.abort()
        return Unreachable(words)

    async def _read(self, reader: asyncssh.SSHReader[bytes]) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := await reader.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > ANSWER_BYTES_MAX:
                raise LimitExceeded(f"{self._target.device} answers with more than {ANSWER_BYTES_MAX} octets")
        return b"".join(pieces)
