"""SSH against a real sshd: who is trusted, who is let in, and what does not end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from crossconnect.errors import (
    BadInput,
    CrossconnectError,
    LimitExceeded,
    Rejected,
    Unauthorised,
    Unreachable,
    Untrusted,
)
from crossconnect.transport.credentials import Credential, reveal
from crossconnect.transport.limits import Limits
from crossconnect.transport.ssh import shell as shell_of
from crossconnect.transport.ssh.shell import Shell
from crossconnect.transport.target import Target
from ports import free_port
from ssh_peers import Sshd, make_key, needs_sshd

pytestmark = needs_sshd


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """sshd."""
    made = Sshd(tmp_path / "ssh")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def run(work: Callable[[], Awaitable[None]]) -> None:
    """In an event loop, and not for ever."""

    async def bounded() -> None:
        async with asyncio.timeout(300):
            await work()

    asyncio.run(bounded())


async def refusal(target: Target, kind: type[CrossconnectError]) -> str:
    """Why a connection does not come about."""
    with pytest.raises(kind) as caught:
        async with Shell(target):
            pass
    return str(caught.value)


def test_commands_files_and_their_failures(server: Sshd, tmp_path: Path) -> None:
    """Input: a command, one that fails, a file with quotes in its name. Output: what was said; the words of the
    failure; the file, for its owner only."""

    async def work() -> None:
        async with Shell(server.target()) as shell:
            said = await shell.run("cat; echo done >&2", b"given ")
            assert (said.status, said.out, said.err) == (0, "given ", "done\n")
            assert said.brief == "given done"
            answer = await shell.must("echo an answer; echo a grumble >&2", "asking")
            assert answer == "an answer\n", "what a log-in shell grumbles would make JSON unreadable"
            with pytest.raises(Rejected, match="leaf-1: trying: no luck"):
                await shell.must("echo no luck; exit 3", "trying")
            path = tmp_path / "it's a file"
            await shell.put(str(path), "content\n")
            assert path.read_text() == "content\n"
            assert path.stat().st_mode & 0o777 == 0o600

    run(work)


def test_host_keys(server: Sshd, tmp_path: Path) -> None:
    """Input: no known key; another key for the host; a file that is not there; checks off. Output: refused with the
    fingerprint and what to do; refused; said; connected."""

    async def work() -> None:
        words = await refusal(server.target(known_hosts=""), Untrusted)
        assert "SHA256:" in words
        assert f"ssh-keyscan -p {server.port} 127.0.0.1" in words
        make_key(tmp_path / "other")
        other = tmp_path / "others"
        other.write_text(f"[127.0.0.1]:{server.port} {(tmp_path / 'other.pub').read_text()}")
        assert "somebody is in between" in await refusal(server.target(known_hosts=str(other)), Untrusted)
        assert "is no file" in await refusal(server.target(known_hosts=str(tmp_path / "none")), BadInput)
        async with Shell(server.target(known_hosts="", unchecked=True)) as shell:
            assert (await shell.run("true")).status == 0

    run(work)


def test_wrong_key_and_password(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input: a key that the host does not know; a password; what is no key; no reference. Output: Unauthorised, or what
    is wrong with the reference, and never the secret."""
    make_key(tmp_path / "stranger")
    monkeypatch.setenv("XC_TEST_PASSWORD", "hunter2-secret")
    user = server.credential().user

    async def work() -> None:
        for credential, kind in (
            (Credential(user=user, key=f"file:{tmp_path / 'stranger'}"), Unauthorised),
            (Credential(user=user, password="env:XC_TEST_PASSWORD"), Unauthorised),
            (Credential(user=user, key="env:XC_TEST_PASSWORD"), BadInput),
            (Credential(user=user, password="hunter2-secret"), BadInput),
            (Credential(user=user, password="env:XC_TEST_NOT_SET"), BadInput),
        ):
            words = await refusal(server.target(credential=credential), kind)
            assert "hunter2" not in words

    run(work)


def test_unreachable(server: Sshd) -> None:
    """Input: a port where nobody listens; sshd that is killed during a command. Output: Unreachable."""

    async def work() -> None:
        await refusal(server.target(port=free_port()), Unreachable)
        async with Shell(server.target()) as shell:
            with pytest.raises(Unreachable, match="ended"):
                await shell.run("kill -9 $PPID; kill -9 $(ps -o ppid= -p $PPID)")
            with pytest.raises(Unreachable):
                await shell.run("true")

    run(work)


def test_slow_and_endless(server: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input: a command that takes too long; one that never stops to talk. Output: Unreachable in the time that it has;
    LimitExceeded; then the connection is over."""
    monkeypatch.setattr(shell_of, "ANSWER_BYTES_MAX", 1 << 20)

    async def work() -> None:
        async with Shell(server.target()) as shell:
            with pytest.raises(Unreachable, match=r"within 0\.3 s"):
                await shell.run("sleep 60", timeout_s=0.3)
            with pytest.raises(Unreachable):
                await shell.run("true")
        async with Shell(server.target()) as shell:
            with pytest.raises(LimitExceeded, match="more than 1048576 octets"):
                await shell.run("yes")

    run(work)


def test_one_session_per_device_and_so_many_in_all() -> None:
    """Input: ten tasks for two devices, and two places in all. Output: never two for one, never more than two."""

    async def work() -> None:
        limits = Limits(2)
        busy: list[str] = []
        seen: list[int] = []

        async def task(device: str) -> None:
            async with limits.slot(device):
                assert device not in busy
                busy.append(device)
                seen.append(len(busy))
                await asyncio.sleep(0)
                busy.remove(device)

        await asyncio.gather(*(task(f"leaf-{n % 3}") for n in range(12)))
        assert max(seen) <= 2
        assert len(seen) == 12

    run(work)


def test_a_target_says_no_secret(tmp_path: Path) -> None:
    """Input: credentials by file. Output: its content without the line's end; what is printed has its name."""
    (tmp_path / "s").write_text("hunter2\n")
    credential = Credential(user="xc", password=f"file:{tmp_path / 's'}")
    assert reveal(credential.password) == "hunter2"
    target = Target(device="a", nos="frr", address="192.0.2.1", credential=credential)
    assert "hunter2" not in repr(target) + str(msgspec.to_builtins(target))
