"""Pings that SR Linux sends for gates: gNOI's System.Ping against a servicer of the published messages, over TLS.

Input: a question of `nos.gnoi_ping`, asked by either driver, and what the servicer makes of it. Output: a report; or a
refusal of that question; or that the device is silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import msgspec
import pytest

from certificates import Authority
from crossconnect.errors import Rejected, Unreachable, Untrusted
from crossconnect.nos.gnoi_ping import PingAnswer, gnoi_echoes, read, request_of
from crossconnect.nos.network_os import Echo, Query
from crossconnect.nos.registry import system
from crossconnect.nos.reports import EchoReport
from crossconnect.transport.change import Driver
from crossconnect.transport.credentials import Credential
from crossconnect.transport.drivers import registry
from crossconnect.transport.gnmi import NoAnswer, Refused, Session
from crossconnect.transport.gnmi import ping as asking
from crossconnect.transport.gnmi.wire import gnoi_messages_pb2 as wire
from crossconnect.transport.target import Target
from device_worlds import World
from gnmi_peer import PASSWORD, USER, PeerProcess
from gnoi_peer import PingRequest, PingResponse


def query(destination: str, source: str = "10.0.0.1", vrf: str = "red-prod") -> Query:
    (asked,) = gnoi_echoes([Echo(vrf=vrf, source=source, destination=destination)])
    return asked


class Place:
    """The servicer, and how to it."""

    def __init__(self, directory: Path, services: str = "gnmi gnoi") -> None:
        self.authority = Authority(directory, f"authority-{services.replace(' ', '-')}")
        self.peer = PeerProcess(directory, *self.authority.certificate("leaf1", "127.0.0.1"), services=services)
        self.target = Target(
            device="leaf1",
            nos="srlinux",
            address="127.0.0.1",
            port=self.peer.port,
            authorities=str(self.authority.path),
            credential=Credential(user=USER, password="env:LEAF_PASSWORD"),
            over="gnmi",
        )

    def ask(self, *queries: Query) -> tuple[bytes, ...]:
        return asyncio.run(_asked(self.target, queries))

    def report(self, destination: str, **more: str) -> EchoReport:
        asked = query(destination, **more)
        (found,) = asked.parse(self.ask(asked)[0])
        assert isinstance(found, EchoReport)
        return found


async def _asked(target: Target, queries: tuple[Query, ...]) -> tuple[bytes, ...]:
    async with registry.driver(target) as driver:
        return tuple([await driver.ask(one) for one in queries])


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("LEAF_PASSWORD", PASSWORD)
    made = Place(tmp_path)
    yield made
    made.peer.kill()


def test_answered_lost_in_part_and_not_at_all(place: Place) -> None:
    assert place.report("10.0.0.2") == EchoReport(place=0, sent=3, answered=3, round_trip_ms=0.51)
    assert place.report("10.0.0.3") == EchoReport(place=0, sent=3, answered=2, round_trip_ms=0.51)
    assert place.report("10.0.0.4") == EchoReport(place=0, sent=3, answered=0, round_trip_ms=None)
    assert place.report("2001:db8::2", source="2001:db8::1").answered == 3


def test_a_sum_without_a_mean_and_answers_that_came_twice(place: Place) -> None:
    assert place.report("10.0.0.14") == EchoReport(place=0, sent=3, answered=3, round_trip_ms=0.51)
    assert place.report("10.0.0.16") == EchoReport(place=0, sent=3, answered=3, round_trip_ms=0.51)


def test_the_request_arrives_as_it_was_meant(place: Place) -> None:
    with pytest.raises(Refused) as said:
        place.ask(query("10.0.0.11"))
    for part in (
        "destination=10.0.0.11",
        "source=10.0.0.1",
        "count=3",
        "interval=200000000",
        "wait=1000000000",
        "do_not_resolve=True",
        "network_instance=red-prod",
        "l3protocol=IPV4",
    ):
        assert part in str(said.value)
    with pytest.raises(Refused, match="l3protocol=IPV6") as said:
        place.ask(query("2001:db8::11", "2001:db8::1", "default"))
    assert "network_instance=default" in str(said.value)  # without it the server's own instance would be asked


def test_a_stream_without_a_sum_is_not_understood(place: Place) -> None:
    asked = query("10.0.0.5")
    (octets,) = place.ask(asked)
    with pytest.raises(ValueError, match="without saying how many"):
        asked.parse(octets)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (7, "Network is unreachable"),
        (9, "PERMISSION_DENIED"),
        (10, "more than 24 answers"),
        (13, "cannot bind"),
        (15, "no PingResponse"),
    ],
)
def test_a_refusal_is_of_that_question_alone(place: Place, last: int, words: str) -> None:
    async def work(driver: Driver) -> bytes:
        with pytest.raises(Rejected, match=words) as caught:
            await driver.ask(query(f"10.0.0.{last}"))
        assert PASSWORD not in f"{caught.value!r} {caught.value.__cause__!r}"
        return await driver.ask(query("10.0.0.2"))

    assert read(0, asyncio.run(_work(place.target, work)))[0].answered == 3


async def _work(target: Target, work: Callable[[Driver], Coroutine[object, object, bytes]]) -> bytes:
    async with registry.driver(target) as driver:
        return await work(driver)


def test_a_server_without_the_service_refuses_each_ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAF_PASSWORD", PASSWORD)
    made = Place(tmp_path, "gnmi")
    try:
        with pytest.raises(Refused, match="UNIMPLEMENTED"):
            made.ask(query("10.0.0.2"))
    finally:
        made.peer.kill()


@pytest.mark.parametrize("last", [6, 8, 12])
def test_a_device_that_does_not_say_what_came_of_it_is_silent(place: Place, last: int) -> None:
    """It does not end, its process dies after the first answer, it stops: nobody knows what was lost."""

    async def run() -> None:
        async with Session(place.target) as session:
            await asking.ping(session, request_of(query(f"10.0.0.{last}").ask), answer_s=1.0 if last == 6 else 120.0)

    with pytest.raises(NoAnswer, match="Ping on leaf1") as caught:
        asyncio.run(run())
    assert isinstance(caught.value, Unreachable)
    assert PASSWORD not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_certificate_that_we_do_not_know(place: Place, tmp_path: Path) -> None:
    target = msgspec.structs.replace(place.target, authorities=str(Authority(tmp_path, "other").path))
    with pytest.raises(Untrusted):
        asyncio.run(_asked(target, (query("10.0.0.2"),)))


# Beside JSON-RPC


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    made = World("srlinux", tmp_path)
    yield made
    made.close()


@pytest.fixture
def beside(world: World, tmp_path: Path) -> Iterator[PeerProcess]:
    """A gRPC server of the same device that has no gNMI; its certificate is another authority's."""
    authority = Authority(tmp_path, "authority-grpc")
    peer = PeerProcess(tmp_path, *authority.certificate("leaf1-grpc", "127.0.0.1"), services="gnoi")
    both = tmp_path / "both.pem"
    both.write_bytes(Path(world.target.authorities).read_bytes() + authority.path.read_bytes())
    world.target = msgspec.structs.replace(world.target, authorities=str(both), grpc_port=peer.port)
    yield peer
    peer.kill()


def test_json_rpc_sends_pings_by_the_grpc_server_beside_it(world: World, beside: PeerProcess) -> None:
    first, second = query("10.0.0.2"), query("10.0.0.3")
    answers = asyncio.run(_asked(world.target, (first, second)))
    assert [report.answered for answer in answers for report in read(0, answer)] == [3, 2]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("`grpc_port` is given", {"grpc_port": 0}),
        ("UNAVAILABLE", {}),
        ("always checks", {"unchecked": True}),
    ],
)
def test_json_rpc_without_a_grpc_server_refuses_pings_and_is_not_silent(
    world: World, beside: PeerProcess, words: str, changes: dict[str, object]
) -> None:
    """Input: no port given; nobody there; certificates that must be checked. Output: refusals, again too."""
    beside.kill()

    async def work(driver: Driver) -> bytes:
        for _ in range(2):
            with pytest.raises(Rejected, match=words) as caught:
                await driver.ask(query("10.0.0.2"))
            assert PASSWORD not in f"{caught.value!r} {caught.value.__cause__!r}"
        return b""

    assert asyncio.run(_work(msgspec.structs.replace(world.target, **changes), work)) == b""


def test_json_rpc_beside_a_server_with_a_wrong_certificate(world: World, beside: PeerProcess, tmp_path: Path) -> None:
    only = tmp_path / "authority-leaf1.pem"
    assert only.exists()
    with pytest.raises(Untrusted):
        asyncio.run(_asked(msgspec.structs.replace(world.target, authorities=str(only)), (query("10.0.0.2"),)))


# Messages


def test_messages_are_octet_by_octet_the_published_ones() -> None:
    for ours, theirs in ((wire.PingRequest, PingRequest), (wire.PingResponse, PingResponse)):
        own, published = ({f.name: (f.number, f.type) for f in one.DESCRIPTOR.fields} for one in (ours, theirs))
        assert own == published
    given = {"destination": "10.0.0.2", "count": 3, "wait": 10**9, "l3protocol": "IPV6", "network_instance": "red"}
    octets = wire.PingRequest(**given).SerializeToString(deterministic=True)
    assert octets == PingRequest(**given).SerializeToString(deterministic=True)


def test_what_is_read_of_a_sum() -> None:
    """Input: a sum that says more came than were sent; none; a sum of nothing. Output: no more than sent; errors."""
    total = PingAnswer(time_ns=0, sent=2, received=5, average_ns=1_500_000, bytes=0)
    assert read(1, msgspec.json.encode([total])) == (EchoReport(place=1, sent=2, answered=2, round_trip_ms=1.5),)
    for nothing in ([], [msgspec.structs.replace(total, sent=0, received=0)]):
        with pytest.raises(ValueError, match="without saying"):
            read(0, msgspec.json.encode(nothing))


def test_gates_ask_for_few_and_one_after_the_other() -> None:
    known = system("srlinux")
    assert (known.echoes, known.echoes_max) == (gnoi_echoes, 4)
    with pytest.raises(ValueError, match="not a question for a ping"):
        request_of("/interface[name=*]")
