"""HTTPS to a device: certificates, passwords, limits, lost answers; over real TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import crossconnect.transport.https.session as session_module
from certificates import Authority
from crossconnect.errors import BadInput, LimitExceeded, Unauthorised, Untrusted
from crossconnect.transport.credentials import Credential
from crossconnect.transport.https import NoAnswer, OutcomeUnknown, Session
from crossconnect.transport.target import Target
from https_peer import PASSWORD, USER, Dropped, HttpsPeer


def echo(path: str, body: bytes) -> tuple[int, bytes]:
    match body:
        case b"drop":
            raise Dropped
        case b"large":
            return 200, b"x" * 3000
        case b"redirect":
            return 302, b""
        case b"refused":
            return 500, b'{"error": 1}'
        case b"gone":
            return 504, b""
        case _:
            return 200, path.encode() + b" " + body


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def peer(authority: Authority) -> Iterator[HttpsPeer]:
    peer = HttpsPeer(
        echo, *authority.certificate("leaf1.example", "127.0.0.1"), headers={"Location": "https://elsewhere/"}
    )
    yield peer
    peer.close()


@pytest.fixture
def target(peer: HttpsPeer, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("LEAF_PASSWORD", PASSWORD)
    credential = Credential(user=USER, password="env:LEAF_PASSWORD")
    return Target(
        device="leaf1",
        nos="eos",
        address="127.0.0.1",
        port=peer.port,
        authorities=str(authority.path),
        credential=credential,
    )


def posted(target: Target, octets: bytes, *, changing: bool = False, call_s: float = 30.0) -> bytes:
    async def run() -> bytes:
        async with Session(target, "/api", call_s=call_s) as session:
            return await session.post(octets, "ask", changing=changing)

    return asyncio.run(run())


def test_an_answer_whatever_its_status(target: Target) -> None:
    assert posted(target, b"hello") == b"/api hello"
    assert posted(target, b"refused") == b'{"error": 1}'


def test_a_name_that_the_certificate_has(target: Target) -> None:
    assert posted(msgspec.structs.replace(target, server_name="leaf1.example"), b"hello") == b"/api hello"


@pytest.mark.parametrize("what", ["authority", "name", "system"])
def test_a_certificate_that_we_do_not_know(target: Target, tmp_path: Path, peer: HttpsPeer, what: str) -> None:
    changes = {
        "authority": {"authorities": str(Authority(tmp_path, "other").path)},
        "name": {"server_name": "leaf2.example"},
        "system": {"authorities": ""},
    }[what]
    with pytest.raises(Untrusted, match="ask on leaf1"):
        posted(msgspec.structs.replace(target, **changes), b"hello")
    assert peer.requests == []
    if what == "authority":
        assert posted(msgspec.structs.replace(target, **changes, unchecked=True), b"hello")


def test_a_wrong_password_is_said_without_it(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAF_PASSWORD", "wrong-horse")
    with pytest.raises(Unauthorised) as caught:
        posted(target, b"hello")
    assert "wrong-horse" not in str(caught.value)
    monkeypatch.delenv("LEAF_PASSWORD")
    with pytest.raises(BadInput, match="env:LEAF_PASSWORD"):
        posted(target, b"hello")


def test_a_lost_answer(target: Target) -> None:
    with pytest.raises(NoAnswer):
        posted(target, b"drop")
    with pytest.raises(OutcomeUnknown):
        posted(target, b"drop", changing=True)
    with pytest.raises(OutcomeUnknown, match="504"):
        posted(target, b"gone", changing=True)


def test_an_answer_that_is_too_large(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "ANSWER_BYTES_MAX", 2000)
    with pytest.raises(LimitExceeded, match="2000"):
        posted(target, b"large")
    with pytest.raises(OutcomeUnknown):
        posted(target, b"large", changing=True)


def test_no_redirect_is_followed(target: Target, peer: HttpsPeer) -> None:
    with pytest.raises(NoAnswer, match="redirect"):
        posted(target, b"redirect")
    assert peer.requests == [b"redirect"]


def test_nobody_there(target: Target, peer: HttpsPeer) -> None:
    peer.close()
    with pytest.raises(NoAnswer, match="leaf1"):
        posted(target, b"hello", changing=True)


def test_a_client_certificate_with_its_key_from_the_environment(
    target: Target, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = authority.certificate("controller")
    monkeypatch.setenv("OUR_KEY", key.read_text())
    credential = msgspec.structs.replace(target.credential, certificate=str(certificate), key="env:OUR_KEY")
    assert posted(msgspec.structs.replace(target, credential=credential), b"hello") == b"/api hello"
    monkeypatch.setenv("OUR_KEY", "no key")
    with pytest.raises(BadInput) as caught:
        posted(msgspec.structs.replace(target, credential=credential), b"hello")
    assert "no key" not in str(caught.value)
