"""A NETCONF session over SSH (RFC 6242): one request at a time, each with a deadline.

us                                 the device
|  hello                            |
| <-------------------------------> |   each way, at once; its capabilities
|  rpc 1 ... reply 1, rpc 2 ...     |
| <-------------------------------> |   an error in a reply is an exception here
x  silence, garbage, too much       |   the session is over; whatever timer the device has runs on
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self
from xml.etree.ElementTree import Element

import asyncssh

from crossconnect.errors import (
    Busy,
    CrossconnectError,
    LimitExceeded,
    Rejected,
    Unauthorised,
    Unreachable,
    Unsupported,
)
from crossconnect.transport.credentials import Vault
from crossconnect.transport.netconf import operations
from crossconnect.transport.netconf.dialogue import Dialogue
from crossconnect.transport.netconf.framing import MESSAGE_BYTES_MAX
from crossconnect.transport.netconf.messages import Broken, Hello, Message, Reply, RpcError
from crossconnect.transport.ssh.connection import connect
from crossconnect.transport.target import Target

PORT = 830
HELLO_S = 20.0
"""For the hello after the connection: a server that lists 1,500 modules takes seconds."""
REQUEST_S = 120.0
"""For one reply: a large commit on a small processor takes a minute."""
CLOSE_S = 2.0
"""For saying good-bye, which nobody needs."""
_PIECE = 64 << 10


class Session:
    """Use it as a context: `async with Session(target) as session`."""

    def __init__(self, target: Target, vault: Vault | None = None, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._target, self._vault = target, vault
        self._dialogue = Dialogue(message_bytes_max)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._process: asyncssh.SSHClientProcess[bytes] | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._connection = await connect(self._target, PORT, self._vault)
        try:
            async with asyncio.timeout(HELLO_S):
                self._process = await self._connection.create_process(
                    subsystem="netconf", encoding=None, stderr=asyncssh.DEVNULL
                )
                self._process.stdin.write(self._dialogue.begin())
                await self._next()
        except TimeoutError as error:
            self._connection.abort()
            raise Unreachable(f"{self._target.device}: no hello within {HELLO_S:g} s") from error
        except asyncssh.ChannelOpenError as error:
            self._connection.abort()
            raise Unsupported(f"{self._target.device} has no NETCONF subsystem: {error.reason[:200]}") from error
        except (asyncssh.Error, OSError) as error:
            self._connection.abort()
            raise Unreachable(f"{self._target.device}: {str(error)[:200]}") from error
        except BaseException:
            self._connection.abort()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        if kind is None and self._dialogue.broken is None:
            with contextlib.suppress(CrossconnectError):
                await self.ask(operations.close_session(), CLOSE_S)
        self._connection.abort()
        await self._connection.wait_closed()

    @property
    def hello(self) -> Hello:
        """What the server has said of itself."""
        assert self._dialogue.hello is not None
        return self._dialogue.hello

    async def ask(self, operation: Element, timeout_s: float = REQUEST_S) -> Reply:
        """Have something done. By the error's tag: Busy, Unauthorised, Unsupported, LimitExceeded, Rejected.
        Unreachable when no answer comes: then the session is over, and whether it was done is not known."""
        async with self._turn:
            if self._dialogue.broken is not None:
                raise self._over(self._dialogue.broken)
            assert self._process is not None
            try:
                async with asyncio.timeout(timeout_s):
                    _, octets = self._dialogue.request(operation)
                    self._process.stdin.write(octets)
                    await self._process.stdin.drain()
                    reply = await self._next()
            except TimeoutError as error:
                self._abort("no answer in time")
                raise Unreachable(
                    f"{self._target.device}: no answer to {operation.tag} within {timeout_s:g} s"
                ) from error
            except (asyncssh.Error, OSError) as error:
                self._abort(str(error))
                raise Unreachable(f"{self._target.device}: the connection ended: {str(error)[:200]}") from error
            except asyncio.CancelledError:
                self._abort("the request was given up")
                raise
        assert isinstance(reply, Reply)
        if reply.errors:
            raise _refusal(self._target.device, operation.tag, reply.errors)
        return reply

    async def _next(self) -> Message:
        """The next message; there is one for each thing asked."""
        assert self._process is not None
        while True:
            piece = await self._process.stdout.read(_PIECE)
            messages = self._dialogue.receive(piece) if piece else self._dialogue.finished()
            for message in messages:
                if isinstance(message, Broken):
                    raise self._over(message)
                return message

    def _over(self, broken: Broken) -> CrossconnectError:
        self._abort(broken.reason)
        what = f"{self._target.device}: the NETCONF session is over: {broken.reason}"
        return LimitExceeded(what) if "more than" in broken.reason else Unreachable(what)

    def _abort(self, reason: str) -> None:
        assert self._connection is not None
        self._dialogue.broken = self._dialogue.broken or Broken(reason=reason)
        self._connection.abort()


_KINDS: dict[str, type[CrossconnectError]] = {
    "lock-denied": Busy,
    "in-use": Busy,
    "resource-denied": Busy,
    "access-denied": Unauthorised,
    "operation-not-supported": Unsupported,
    "too-big": LimitExceeded,
}


def _refusal(device: str, operation: str, errors: tuple[RpcError, ...]) -> CrossconnectError:
    first = errors[0]
    more = f" and {len(errors) - 1} more errors" if errors[1:] else ""
    holder = f" (held by session {first.info})" if first.tag == "lock-denied" and first.info else ""
    return _KINDS.get(first.tag, Rejected)(f"{device} refuses {operation}: {first}{holder}{more}")
