"""Pings that a device sends when gNOI's System.Ping asks it to (openconfig/gnoi, system.proto 1.4.0).

    Echo --> "System.Ping {...}" --driver--> a stream: one answer per packet that came back, then the sum --> EchoReport

The sum counts; a stream without one says nothing of what was lost. SR Linux has this service and no other way that a
program could take: its JSON-RPC runs no interactive commands, and ping is one (learn.srlinux.dev, "JSON-RPC basics").
Answers and sums look as in public reports (featureprofiles #257 and #302; srlinuxamericas/ac5-grpc: a ping in instance
`default`, and one that nobody answers, whose sum has no times). No SR Linux has been met.

The instance is always named. System.Ping has it since 1.2.0 (2023-10), and SR Linux of then sent from the instance of
its gRPC server whatever was asked (gnoic #93). The source is always given too: an address that the instance has not
cannot be sent from, so that a release that does not know the field gets no answer from the wrong place.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossconnect.net import version_of
from crossconnect.nos.network_os import Echo, Query
from crossconnect.nos.probing import COUNT, asked_one_by_one
from crossconnect.nos.reports import EchoReport

ASK = "System.Ping "
"""How the question begins; the request as JSON follows."""
_INTERVAL_NS = 200_000_000
"""As of the others that take an interval: a ping is over in half a second."""
_WAIT_NS = 1_000_000_000
_MS = 1e-6
"""Milliseconds of a nanosecond."""


class PingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    destination: str
    source: str
    instance: str
    """Network instance, as the device calls it."""
    version: int
    """Of IP."""
    count: int
    interval_ns: int
    """Between two packets."""
    wait_ns: int
    """For an answer."""


class PingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the stream: an answer to a packet (`bytes`), or the sum (`sent`). Absent numbers are 0."""

    time_ns: int
    """Of an answer there and back; of the sum how long all of it took."""
    sent: int
    received: int
    average_ns: int
    bytes: int


def gnoi_echoes(echoes: Sequence[Echo]) -> tuple[Query, ...]:
    """Each as a question of its own, one after the other."""
    return asked_one_by_one(_ask, echoes, "gnoi", read)


def _ask(echo: Echo) -> str:
    request = PingRequest(
        destination=echo.destination,
        source=echo.source,
        instance=echo.vrf,
        version=version_of(echo.destination),
        count=COUNT,
        interval_ns=_INTERVAL_NS,
        wait_ns=_WAIT_NS,
    )
    return ASK + msgspec.json.encode(request).decode()


def request_of(ask: str) -> PingRequest:
    """The request of a question. ValueError where it is none."""
    if not ask.startswith(ASK):
        raise ValueError("not a question for a ping")
    return msgspec.json.decode(ask.removeprefix(ASK), type=PingRequest)


def read(place: int, answer: bytes) -> tuple[EchoReport, ...]:
    """What a stream says, as a JSON list of `PingAnswer`. ValueError where it has no sum."""
    said = msgspec.json.decode(answer, type=list[PingAnswer])
    total = next((one for one in reversed(said) if one.sent > 0), None)
    if total is None:
        raise ValueError("a ping ends without saying how many packets were sent")
    answered = max(0, min(total.sent, total.received))
    times = [one.time_ns for one in said if one.sent == 0 and one.bytes > 0 and one.time_ns > 0]
    mean_ns = total.average_ns or (sum(times) / len(times) if times else 0)
    return (
        EchoReport(
            place=place,
            sent=total.sent,
            answered=answered,
            round_trip_ms=mean_ns * _MS if answered and mean_ns > 0 else None,
        ),
    )
