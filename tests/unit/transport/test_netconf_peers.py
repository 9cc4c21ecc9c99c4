"""NETCONF against yuma123's netconfd behind a real sshd: confirmed commits, locks, and what goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from crossconnect.errors import Busy, LimitExceeded, Rejected, Unreachable
from crossconnect.transport.netconf import operations as o
from crossconnect.transport.netconf.session import Session
from crossconnect.transport.netconf.xml import element, text_of
from ssh_peers import WAIT_S, Netconfd, needs_netconfd, wait_for

pytestmark = needs_netconfd
SOON_S = 10
"""What nobody confirms is taken back then; the next question is asked before, on a slow machine too."""
SYSTEM = "urn:ietf:params:xml:ns:yang:ietf-system"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Netconfd]:
    """netconfd and sshd."""
    made = Netconfd(tmp_path)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def contact(text: str) -> Element:
    """A configuration: whom to call."""
    return element("system", element("contact", text=text), xmlns=SYSTEM)


async def running(server: Netconfd) -> str:
    """Whom to call, as it runs, asked in a session of its own."""
    async with Session(server.sshd.target()) as session:
        return text_of((await session.ask(o.get_config("running"))).body, "contact")


async def eventually(server: Netconfd, text: str) -> None:
    """Until that runs. This server looks at its timers when nobody has spoken to it for a second."""
    until = time.monotonic() + WAIT_S
    while (now := await running(server)) != text:
        assert time.monotonic() < until, f"it never became {text!r}, but is {now!r}"
        await asyncio.sleep(1.5)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, and not for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(600):
            await work()

    asyncio.run(bounded())


def test_hello_names_version_and_capabilities(server: Netconfd) -> None:
    """Input: a session. Output: the server speaks 1.1, and has a candidate and confirmed commits with tokens."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            assert session.hello.chunked
            assert session.hello.has("candidate:1.0")
            assert session.hello.has("confirmed-commit:1.1")

    run(work)


def test_a_confirmed_commit_outlives_its_session_and_is_confirmed_from_another(server: Netconfd) -> None:
    """Input: commit confirmed with a token, session closed; confirmed in a second. Output: it stays."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            for operation in (o.lock("candidate"), o.edit_config(contact("noc")), o.commit_confirmed(60, "xc-1")):
                await session.ask(operation)
        assert await running(server) == "noc"
        async with Session(server.sshd.target()) as session:
            await session.ask(o.confirm("xc-1"))
            with pytest.raises(Rejected):  # nothing is left that could be taken back
                await session.ask(o.cancel_commit("xc-1"))
        assert await running(server) == "noc"

    run(work)


def test_what_nobody_confirms_is_taken_back_by_the_server(server: Netconfd) -> None:
    """Input: commit confirmed for some seconds, session aborted. Output: the old one, by itself."""

    async def work() -> None:
        session = Session(server.sshd.target())
        await session.__aenter__()
        await session.ask(o.edit_config(contact("nobody")))
        await session.ask(o.commit_confirmed(SOON_S, "xc-2"))
        assert text_of((await session.ask(o.get_config("running"))).body, "contact") == "nobody"
        session._connection.abort()  # type: ignore[union-attr] - as a killed process would
        await eventually(server, "")

    run(work)


def test_cancel_takes_back_at_once(server: Netconfd) -> None:
    """Input: commit confirmed for ten minutes, cancelled from another session. Output: the old configuration now."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            await session.ask(o.edit_config(contact("wrong")))
            await session.ask(o.commit_confirmed(600, "xc-3"))
        async with Session(server.sshd.target()) as session:
            with pytest.raises(Rejected):
                await session.ask(o.cancel_commit("another"))
            await session.ask(o.cancel_commit("xc-3"))
        assert await running(server) == ""

    run(work)


def test_anothers_pending_commit_is_not_confirmed_by_ours(server: Netconfd) -> None:
    """Input: a commit while another's waits for its confirmation. Output: Busy, or refused; the other's goes on."""

    async def work() -> None:
        async with Session(server.sshd.target()) as theirs, Session(server.sshd.target()) as ours:
            await theirs.ask(o.edit_config(contact("theirs")))
            await theirs.ask(o.commit_confirmed(600, "theirs"))
            await ours.ask(o.edit_config(contact("ours")))
            for operation in (o.commit(), o.commit_confirmed(60, "ours"), o.confirm("ours")):
                with pytest.raises((Busy, Rejected)):
                    await ours.ask(operation)
            assert await running(server) == "theirs"
            await theirs.ask(o.cancel_commit("theirs"))
        assert await running(server) == ""

    run(work)


def test_a_lock_that_another_holds(server: Netconfd) -> None:
    """Input: lock of a candidate that is locked. Output: Busy, with whose it is; it is free when that session ends."""

    async def work() -> None:
        async with Session(server.sshd.target()) as ours:
            async with Session(server.sshd.target()) as theirs:
                await theirs.ask(o.lock("candidate"))
                with pytest.raises(Busy, match=f"held by session {theirs.hello.session_id}"):
                    await ours.ask(o.lock("candidate"))
            until = time.monotonic() + WAIT_S
            while True:
                try:
                    await ours.ask(o.lock("candidate"))
                    break
                except Busy:
                    assert time.monotonic() < until, "it is not free when their session has ended"
                    await asyncio.sleep(0.05)
            await ours.ask(o.unlock("candidate"))

    run(work)


def test_a_candidate_that_is_refused(server: Netconfd) -> None:
    """Input: an element that the model does not have, then a good one. Output: Rejected with the server's words; the
    session goes on, and nothing of the first is there."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            with pytest.raises(Rejected, match="refuses edit-config: unknown object"):
                await session.ask(o.edit_config(element("system", element("colour", text="red"), xmlns=SYSTEM)))
            await session.ask(o.edit_config(contact("good")))
            await session.ask(o.discard())
            await session.ask(o.edit_config(contact("better")))
            await session.ask(o.commit())
        assert await running(server) == "better"

    run(work)


def test_this_server_answers_ok_and_changes_nothing_after_a_validate(server: Netconfd) -> None:
    """Input: edit, validate, commit. Output: 'ok' three times, and the old configuration: why nothing is believed that
    was not read afterwards. (A fault of yuma123 2.13: commits without a validate before them are carried out.)"""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            for operation in (o.edit_config(contact("lost")), o.validate(), o.commit()):
                await session.ask(operation)
        assert await running(server) == ""

    run(work)


def test_the_server_dies_in_the_middle(server: Netconfd) -> None:
    """Input: netconfd killed while a commit waits for its confirmation. Output: Unreachable, and again for every later
    request of the session; a new server starts with what was saved: the old configuration."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            await session.ask(o.edit_config(contact("half")))
            await session.ask(o.commit_confirmed(600, "xc-4"))
            server.kill()
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await session.ask(o.confirm("xc-4"))
        server.start()
        assert await running(server) == ""

    run(work)


def test_a_server_that_says_nothing(server: Netconfd) -> None:
    """Input: netconfd stopped (SIGSTOP), half a second allowed. Output: Unreachable; the session is over."""

    async def work() -> None:
        async with Session(server.sshd.target()) as session:
            assert server._process is not None
            server._process.send_signal(19)
            try:
                with pytest.raises(Unreachable, match="no answer to get-config within"):
                    await session.ask(o.get_config("running"), 0.5)
                with pytest.raises(Unreachable, match="over"):
                    await session.ask(o.get_config("running"))
            finally:
                server._process.send_signal(18)

    run(work)


def test_a_reply_beyond_the_limit(server: Netconfd) -> None:
    """Input: a configuration of 40 kB where 16 kB are allowed. Output: LimitExceeded; in a session with more, it is
    there whole."""

    async def work() -> None:
        text = "x" * 40_000
        async with Session(server.sshd.target()) as session:
            await session.ask(o.edit_config(contact(text)))
            await session.ask(o.commit())
        with pytest.raises(LimitExceeded, match="more than 16384 octets"):
            async with Session(server.sshd.target(), message_bytes_max=16384) as session:
                await session.ask(o.get_config("running"))
        assert await running(server) == text

    run(work)


def test_no_netconf_there(server: Netconfd) -> None:
    """Input: a NETCONF subsystem without a server behind it. Output: Unreachable, and that it closed."""

    async def work() -> None:
        server.kill()
        server.sock.unlink(missing_ok=True)
        with pytest.raises(Unreachable, match="closed by the other side"):
            async with Session(server.sshd.target()):
                pass

    wait_for(server.listens, "netconfd")
    run(work)
