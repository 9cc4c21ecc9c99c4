"""A session and peers that are strange: TLS of another authority, garbage, silence, older servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import BadInput
from crossconnect.transport.ovsdb import (
    Backoff,
    Chosen,
    MessageTooLarge,
    NotConnected,
    NotSupported,
    Options,
    ProtocolError,
    Session,
    Tls,
    insert,
)
from crossconnect.transport.ovsdb.codec import Decoder, Message
from ovsdb_server import DATABASE, NORTHBOUND, Server, alone, certificates, needs_ovsdb, scratch, wait_for

QUICK = Options(backoff=Backoff(0.02, 0.2))
PATIENCE_S = 90.0


def tls_port(server: Server) -> int:
    """The port that a server with `pssl:0` listens at."""

    def told() -> list[str]:
        return [line for line in server.log.read_text().splitlines() if "listening on port" in line]

    wait_for(lambda: bool(told()))
    return int(told()[-1].rsplit(" ", 1)[1])


def why_not(remote: str, options: Options) -> str:
    """Why a session does not come about."""

    async def main() -> str:
        async with Session(remote, DATABASE, options) as session:
            return await refused(session)

    return asyncio.run(main())


async def refused(session: Session) -> str:
    """Why a session does not come about, once it has been tried."""
    before = session.reason
    async with asyncio.timeout(PATIENCE_S):
        while session.reason == before:
            await asyncio.sleep(0.01)
    with pytest.raises(NotConnected) as caught:
        await session.connected(0.2)
    return str(caught.value)


@needs_ovsdb
def test_tls_with_a_private_authority_and_nothing_else() -> None:
    async def works(remote: str, tls: Tls) -> None:
        async with Session(remote, DATABASE, Options(tls=tls)) as session:
            schema = await session.connected(PATIENCE_S)
            await session.transact([insert(schema.table("Logical_Switch"), {"name": "over TLS"})])
            assert str(session.remote).startswith("ssl:127.0.0.1:")

    with scratch() as directory:
        ca, certificate, key = (str(path) for path in certificates(directory, "right"))
        other_ca, other_certificate, other_key = (str(path) for path in certificates(directory, "wrong"))
        files = [f"--private-key={key}", f"--certificate={certificate}", f"--ca-cert={ca}"]
        with alone(NORTHBOUND, "--remote=pssl:0:127.0.0.1", *files) as server:
            remote = f"ssl:127.0.0.1:{tls_port(server)}"
            good = Tls(ca=ca, certificate=certificate, key=key)
            asyncio.run(works(remote, good))
            asyncio.run(works(remote, Tls(ca=other_ca, certificate=certificate, key=key, verify=False)))
            asyncio.run(works(remote, Tls(ca=ca, certificate=certificate, key=key, server_name="")))
            wrong = Tls(ca=other_ca, certificate=certificate, key=key)
            assert "certificate verify failed" in why_not(remote, Options(tls=wrong))
            named = Tls(ca=ca, certificate=certificate, key=key, server_name="nb.example")
            assert "nb.example" in why_not(remote, Options(tls=named))
            stranger = Tls(ca=ca, certificate=other_certificate, key=other_key)
            assert "ssl:127.0.0.1" in why_not(remote, Options(tls=stranger))
            plain = why_not(remote.replace("ssl", "tcp"), msgspec.structs.replace(QUICK, connect_timeout_s=1.0))
            assert "tcp:127.0.0.1" in plain


def test_tls_files_are_asked_for_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs the files of TLS"):
        Session("ssl:127.0.0.1:1", "db")
    with pytest.raises(BadInput, match="No such file"):
        Session("ssl:127.0.0.1:1", "db", Options(tls=Tls(ca=str(tmp_path / "none.pem"))))


class Peer(asyncio.Protocol):
    """A listener that does what `heard` says with what it hears."""

    def __init__(self, heard: Callable[[asyncio.Transport, bytes], None]) -> None:
        self.heard = heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard(self.transport, data)


def facing(heard: Callable[[asyncio.Transport, bytes], None], options: Options) -> str:
    """Why a session with such a peer does not come about."""

    async def main(path: Path) -> str:
        listener = await asyncio.get_running_loop().create_unix_server(lambda: Peer(heard), path)
        async with listener, Session(f"unix:{path}", DATABASE, options) as session:
            return await refused(session)

    with scratch() as directory:
        return asyncio.run(main(directory / "peer"))


def test_strange_peers_are_told_in_words() -> None:
    def slam(transport: asyncio.Transport, _: bytes) -> None:
        transport.close()

    def web(transport: asyncio.Transport, _: bytes) -> None:
        transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def endless(transport: asyncio.Transport, _: bytes) -> None:
        transport.write(b'{"id":1,"result":"' + b"x" * 100_000)

    def silent(transport: asyncio.Transport, _: bytes) -> None:
        pass

    def confused(transport: asyncio.Transport, data: bytes) -> None:
        for message in Decoder().feed(data):
            transport.write(b'{"id":' + bytes(message.id) + b',"result":{"tables":5},"error":null}')

    quick = msgspec.structs.replace(QUICK, connect_timeout_s=PATIENCE_S, message_bytes_max=50_000)
    assert "the server closed the connection" in facing(slam, quick)
    assert "this is not an OVSDB message: b'HTTP/1.1 400" in facing(web, quick)
    assert "a message is larger than 50000 bytes" in facing(endless, quick)
    assert "no answer within 0.1 s" in facing(silent, msgspec.structs.replace(quick, connect_timeout_s=0.1))
    assert "this is not a schema" in facing(confused, quick)
    assert issubclass(MessageTooLarge, ProtocolError)


class OldServer:
    """Stands before a real server and knows only the methods of an older one."""

    def __init__(self, server: Server, unknown: set[str], no_server_database: bool) -> None:
        self.server = server
        self.unknown = unknown
        self.no_server_database = no_server_database
        self.refused: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_unix_connection(str(self.server.socket))

        async def back() -> None:
            while data := await their_reader.read(65_536):
                writer.write(data)
            writer.close()

        task = asyncio.create_task(back())
        decoder = Decoder()
        while data := await reader.read(65_536):
            for message in decoder.feed(data):
                error = self.error(message)
                parts = {"id": message.id, "method": message.method, "params": message.params}
                if error:
                    self.refused.append(message.method or "")
                    answer = {"id": json.loads(bytes(message.id)), "result": None, "error": error}
                    writer.write(json.dumps(answer).encode())
                else:
                    text = {name: json.loads(bytes(p)) if not isinstance(p, str) else p for name, p in parts.items()}
                    their_writer.write(json.dumps(text).encode())
        their_writer.close()
        await task

    def error(self, message: Message) -> object:
        if message.method in self.unknown:
            return "unknown method"
        if self.no_server_database and b'"_Server"' in bytes(message.params):
            return {"error": "unknown database", "details": "get_schema request specifies unknown database _Server"}
        return None


@needs_ovsdb
@pytest.mark.parametrize("none_of", [1, 2])
def test_an_older_server_has_older_monitors(none_of: int) -> None:
    methods = ["monitor_cond_since", "monitor_cond", "set_db_change_aware", "monitor_cond_change"]

    async def main(server: Server, path: Path) -> None:
        old = OldServer(server, set(methods if none_of == 2 else methods[:1]), none_of == 2)
        listener = await asyncio.start_unix_server(old.serve, path)
        async with listener, asyncio.timeout(PATIENCE_S), Session(f"unix:{path}", DATABASE, QUICK) as session:
            schema = await session.connected()
            replica = session.replica(lambda _: {"Logical_Switch": Chosen(("name",))})
            await replica.loaded()
            await session.transact([insert(schema.table("Logical_Switch"), {"name": "s1"})])
            assert [row["name"] for row in replica.rows("Logical_Switch").values()] == ["s1"]
            assert "monitor_cond_since" in old.refused
            if none_of == 2:
                with pytest.raises(NotSupported, match="no monitors with conditions"):
                    await session.change_conditions(replica, {"Logical_Switch": None})
                some = session.replica(lambda _: {"Logical_Switch": Chosen((), (("name", "==", "s1"),))})
                with pytest.raises(NotSupported, match="no monitors with conditions"):
                    await some.loaded()

    with alone() as server, scratch() as directory:
        asyncio.run(main(server, directory / "old"))
