"""The gNMI client against a target made of the published files, over TLS, in a process that can die."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path as File

import msgspec
import pytest

from certificates import Authority
from crossconnect.errors import BadInput, LimitExceeded, Unsupported, Untrusted
from crossconnect.transport.credentials import Credential
from crossconnect.transport.gnmi import (
    Cancel,
    CommitFor,
    Confirm,
    Denied,
    Event,
    Moved,
    NoAnswer,
    OutcomeUnknown,
    Path,
    PreconditionFailed,
    Refused,
    Session,
    SetOperations,
    Synced,
    parse_path,
)
from crossconnect.transport.target import Target
from gnmi_peer import PASSWORD, USER, PeerProcess

NAME = parse_path("/interface[name=ethernet-1/1]/description")
LONG_S = 600
SOON_S = 8
"""For a commit that is looked at before it is taken back, on a slow machine too."""


@pytest.fixture
def authority(tmp_path: File) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def peer(tmp_path: File, authority: Authority) -> Iterator[PeerProcess]:
    process = PeerProcess(tmp_path, *authority.certificate("leaf1", "127.0.0.1"))
    yield process
    process.kill()


@pytest.fixture
def target(peer: PeerProcess, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("LEAF_PASSWORD", PASSWORD)
    return Target(
        device="leaf1",
        nos="srlinux",
        address="127.0.0.1",
        port=peer.port,
        authorities=str(authority.path),
        credential=Credential(user=USER, password="env:LEAF_PASSWORD"),
    )


def described(text: str) -> SetOperations:
    return SetOperations(update=((NAME, text),))


async def description(session: Session) -> object:
    leaves = await session.get([NAME])
    return leaves[0].value if leaves else None


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await condition():
            await asyncio.sleep(0.05)


def test_capabilities_get_and_set(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            assert session.capabilities.version == "0.10.0"
            assert "json_ietf" in session.capabilities.encodings
            assert await description(session) is None
            done = await session.set(described("to spine1"))
            assert done.paths == (NAME,)
            assert await description(session) == "to spine1"
            interface = Path(NAME.elements[:1])
            await session.set(SetOperations(replace=((interface, {"mtu": 9000}),)))
            (leaf,) = await session.get([interface])
            assert leaf.value == {"name": "ethernet-1/1", "mtu": 9000}
            await session.set(SetOperations(delete=(interface,)))
            assert await session.get([interface]) == ()

    asyncio.run(run())


def test_a_commit_is_taken_back_when_nobody_confirms_it(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            await session.set(described("old"))
            await session.set(described("new"), commit_id="c1", action=CommitFor(seconds=SOON_S))
            assert await description(session) == "new"

            async def is_old() -> bool:
                return await description(session) == "old"

            await until(is_old)
            with pytest.raises(PreconditionFailed, match="no commit is waiting"):
                await session.set(SetOperations(), commit_id="c1", action=Confirm())

    asyncio.run(run())


def test_a_commit_is_taken_back_after_its_client_was_killed(target: Target) -> None:
    client = f"""
import asyncio, os, signal
from crossconnect.transport.credentials import Credential
from crossconnect.transport.gnmi import CommitFor, Session, SetOperations, parse_path
from crossconnect.transport.target import Target
async def run():
    target = Target(device="leaf1", nos="srlinux", address="127.0.0.1", port={target.port},
        authorities={target.authorities!r}, credential=Credential(user={USER!r}, password="env:LEAF_PASSWORD"))
    async with Session(target) as session:
        path = parse_path("/interface[name=ethernet-1/1]/description")
        await session.set(SetOperations(update=((path, "new"),)), commit_id="c1", action=CommitFor(seconds=2))
        print("committed", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(run())
"""
    died = subprocess.run([sys.executable, "-c", client], capture_output=True, text=True, check=False, timeout=300)
    assert (died.returncode, died.stdout) == (-9, "committed\n"), died.stderr

    async def run() -> None:
        async with Session(target) as session:

            async def is_old() -> bool:
                return await description(session) is None

            await until(is_old)

    asyncio.run(run())


def test_one_commit_at_a_time_confirmed_and_cancelled_by_its_id(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            await session.set(described("new"), commit_id="c1", action=CommitFor(seconds=LONG_S))
            with pytest.raises(PreconditionFailed, match="c1 is ongoing"):
                await session.set(described("other"), commit_id="c2", action=CommitFor(seconds=LONG_S))
            with pytest.raises(PreconditionFailed, match="c1 is ongoing"):
                await session.set(described("other"))
            with pytest.raises(Refused, match="waits is c1"):
                await session.set(SetOperations(), commit_id="c2", action=Confirm())
            await session.set(SetOperations(), commit_id="c1", action=Confirm())
            assert await description(session) == "new"
            await session.set(described("newer"), commit_id="c3", action=CommitFor(seconds=LONG_S))
            await session.set(SetOperations(), commit_id="c3", action=Cancel())
            assert await description(session) == "new"

    asyncio.run(run())


def test_the_time_of_a_commit_can_be_moved(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            await session.set(described("new"), commit_id="c1", action=CommitFor(seconds=LONG_S))
            began = time.monotonic()
            await session.set(SetOperations(), commit_id="c1", action=Moved(seconds=1))

            async def is_old() -> bool:
                return await description(session) is None

            await until(is_old)
            assert time.monotonic() - began < LONG_S

    asyncio.run(run())


def test_a_target_that_restarts_has_its_old_configuration_and_no_commit(target: Target, peer: PeerProcess) -> None:
    async def run() -> None:
        async with Session(target) as session:
            await session.set(described("old"))
            await session.set(described("new"), commit_id="c1", action=CommitFor(seconds=LONG_S))
            peer.kill()
            with pytest.raises(NoAnswer):
                await description(session)
        peer.start()
        async with Session(target) as session:
            assert await description(session) == "old"
            with pytest.raises(PreconditionFailed):
                await session.set(SetOperations(), commit_id="c1", action=Confirm())

    asyncio.run(run())


def test_a_target_that_dies_with_our_set_leaves_its_outcome_open(target: Target, peer: PeerProcess) -> None:
    async def run() -> None:
        async with Session(target) as session:
            deadly = SetOperations(update=((parse_path("/fault/die"), 1),))
            with pytest.raises(OutcomeUnknown):
                await session.set(deadly, commit_id="c1", action=CommitFor(seconds=LONG_S))
        assert peer.wait() == 9

    asyncio.run(run())


def test_no_answer_in_time(target: Target) -> None:
    async def run() -> None:
        async with Session(target, call_s=0.5) as session:
            with pytest.raises(NoAnswer, match="DEADLINE_EXCEEDED"):
                await session.get([parse_path("/fault/hang")])
            with pytest.raises(OutcomeUnknown, match="DEADLINE_EXCEEDED"):
                await session.set(SetOperations(update=((parse_path("/fault/hang"), 1),)))

    asyncio.run(run())


def test_a_refusal_and_an_answer_that_is_too_large(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            with pytest.raises(Refused, match="the value is not accepted"):
                await session.set(SetOperations(update=((parse_path("/fault/refuse"), 1),)))
            with pytest.raises(LimitExceeded):
                await session.get([parse_path("/fault/large")])

    asyncio.run(run())


def test_subscribe_once_and_on_change(target: Target) -> None:
    async def run() -> None:
        async with Session(target) as session:
            await session.set(described("one"))
            once = [event async for event in session.subscribe([NAME], once=True, deadline_s=120)]
            assert [type(event) for event in once] == [Event, Synced]
            heard: list[object] = []
            async for event in session.subscribe([NAME], once=False, deadline_s=120):
                if isinstance(event, Synced):
                    await session.set(described("two"))
                else:
                    heard += [leaf.value for leaf in event.updates] or ["gone"]
                if heard == ["one", "two"]:
                    await session.set(SetOperations(delete=(NAME,)))
                if heard[-1:] == ["gone"]:
                    break
            assert heard == ["one", "two", "gone"]
            with pytest.raises(NoAnswer, match="DEADLINE_EXCEEDED"):
                async for _ in session.subscribe([NAME], once=False, deadline_s=0.3):
                    pass

    asyncio.run(run())


@pytest.mark.parametrize("what", ["another authority", "another name"])
def test_a_certificate_that_we_do_not_know(target: Target, tmp_path: File, what: str) -> None:
    other = Authority(tmp_path, "other")
    changes = {"authorities": str(other.path)} if what == "another authority" else {"server_name": "leaf2"}

    async def run() -> None:
        async with Session(msgspec.structs.replace(target, **changes)):
            pass

    with pytest.raises(Untrusted):
        asyncio.run(run())


def test_certificates_cannot_be_left_unchecked(target: Target) -> None:
    async def run() -> None:
        async with Session(msgspec.structs.replace(target, unchecked=True)):
            pass

    with pytest.raises(Unsupported, match="always checks"):
        asyncio.run(run())


def test_a_wrong_password_is_said_without_it(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAF_PASSWORD", "wrong-horse")

    async def run() -> None:
        async with Session(target):
            pass

    with pytest.raises(Denied) as caught:
        asyncio.run(run())
    assert "wrong-horse" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None
    monkeypatch.setenv("LEAF_PASSWORD", "line\nbreak")
    with pytest.raises(BadInput) as unusable:
        asyncio.run(run())
    assert "break" not in str(unusable.value)


def test_a_client_certificate(tmp_path: File, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAF_PASSWORD", PASSWORD)
    peer = PeerProcess(tmp_path, *authority.certificate("leaf1", "127.0.0.1"), client_authority=authority.path)
    ours, key = authority.certificate("controller")

    def target(**more: str) -> Target:
        credential = Credential(user=USER, password="env:LEAF_PASSWORD", **more)
        return Target(
            device="leaf1",
            nos="srlinux",
            address="127.0.0.1",
            port=peer.port,
            authorities=str(authority.path),
            credential=credential,
        )

    async def run(to: Target) -> str:
        async with Session(to) as session:
            return session.capabilities.version

    try:
        assert asyncio.run(run(target(certificate=str(ours), key=f"file:{key}"))) == "0.10.0"
        with pytest.raises(NoAnswer):
            asyncio.run(run(target()))
    finally:
        peer.kill()


def test_nobody_there(target: Target, peer: PeerProcess) -> None:
    peer.kill()

    async def run() -> None:
        async with Session(target):
            pass

    with pytest.raises(NoAnswer, match="leaf1"):
        asyncio.run(run())
