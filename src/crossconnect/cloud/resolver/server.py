"""One VPC's questions: answered from what it knows, or by the provider's resolvers.

socket in the VPC's namespace --question--> answer_of --answer--> back
                                               `--none--> socket of the hypervisor --> name servers, in turn
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from typing import cast

from crossconnect.cloud.resolver.answering import Known, answer_of
from crossconnect.cloud.resolver.message import (
    SERVFAIL,
    Question,
    Reply,
    answers,
    read_question,
    with_id,
    write_reply,
)
from crossconnect.cloud.resolver.sockets import PORT, Ancillary, asked_at

TRY_S = 1.5
"""One name server's time to answer; stub resolvers wait five seconds in all (resolv.conf(5))."""
IN_FLIGHT_MAX = 256
"""Questions of one VPC that others are being asked at once: what one tenant can take from the rest."""
STREAMS_MAX = 64
"""TCP connections of one VPC."""
IDLE_S = 10.0
"""How long a TCP connection may be silent (RFC 7766 section 6.2.3)."""
MESSAGE_MAX = 65_535


class Server:
    """Answers at sockets of one VPC until it is closed."""

    def __init__(self, name_servers: tuple[str, ...], known: Known) -> None:
        self.known = known
        """May be replaced at any time."""
        self._name_servers = name_servers
        self._datagrams: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams = 0

    async def start(self, datagrams: list[socket.socket], streams: list[socket.socket]) -> None:
        """Begin to answer at sockets, which are this server's from now on."""
        loop = asyncio.get_running_loop()
        self._datagrams = datagrams
        for sock in datagrams:
            loop.add_reader(sock, self._hear, sock)
        for sock in streams:
            self._servers.append(await asyncio.start_server(self._converse, sock=sock))

    def close(self) -> None:
        """Answer no more."""
        for sock in self._datagrams:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()

    def _hear(self, sock: socket.socket) -> None:
        """A datagram. What is no question is not answered, nor what comes beyond the limit."""
        try:
            data, ancillary, _, peer = sock.recvmsg(4096, 256)
        except OSError:
            return
        question = read_question(data)
        if question is None:
            return
        back = asked_at(ancillary)
        reply = answer_of(self.known, question)
        if reply is not None:
            _send(sock, write_reply(question, reply), back, peer)
        elif len(self._tasks) < IN_FLIGHT_MAX:
            task = asyncio.create_task(self._ask_for(sock, data, question, back, peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ask_for(
        self, sock: socket.socket, data: bytes, question: Question, back: Ancillary, peer: object
    ) -> None:
        found = await self._forwarded(data, question, stream=False)
        _send(sock, found or write_reply(question, Reply(code=SERVFAIL)), back, peer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A TCP connection: questions one after the other (RFC 7766)."""
        if self._streams >= STREAMS_MAX:
            writer.close()
            return
        self._streams += 1
        try:
            with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, OSError):
                while True:
                    async with asyncio.timeout(IDLE_S):
                        data = await _read(reader)
                    question = read_question(data)
                    if question is None:
                        return
                    reply = answer_of(self.known, question)
                    if reply is not None:
                        message = write_reply(question, reply, stream=True)
                    else:
                        found = await self._forwarded(data, question, stream=True)
                        message = found or write_reply(question, Reply(code=SERVFAIL), stream=True)
                    writer.write(len(message).to_bytes(2) + message)
                    await writer.drain()
        finally:
            self._streams -= 1
            writer.close()

    async def _forwarded(self, data: bytes, question: Question, *, stream: bool) -> bytes | None:
        """What the first of the name servers says that answers; None when none does."""
        for server in self._name_servers:
            id = secrets.randbelow(1 << 16)
            with contextlib.suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
                async with asyncio.timeout(TRY_S):
                    asked = _ask_stream if stream else _ask_datagram
                    found = await asked(server, with_id(data, id), id, question)
                    return with_id(found, question.id)
        return None


def _send(sock: socket.socket, message: bytes, back: Ancillary, peer: object) -> None:
    with contextlib.suppress(OSError):  # the asker's own fault, or a full queue: it asks again
        sock.sendmsg([message], back, 0, cast(tuple[str, int], peer))


async def _ask_datagram(server: str, data: bytes, id: int, question: Question) -> bytes:
    """Each question from a port of its own (RFC 5452 section 9.2)."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((server, PORT))
        await loop.sock_sendall(sock, data)
        while True:
            found = await loop.sock_recv(sock, MESSAGE_MAX)
            if answers(found, id, question):
                return found


async def _ask_stream(server: str, data: bytes, id: int, question: Question) -> bytes:
    reader, writer = await asyncio.open_connection(server, PORT)
    try:
        writer.write(len(data).to_bytes(2) + data)
        while True:
            found = await _read(reader)
            if answers(found, id, question):
                return found
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """A message of a stream (RFC 1035 section 4.2.2)."""
    length = int.from_bytes(await reader.readexactly(2))
    return await reader.readexactly(length)
