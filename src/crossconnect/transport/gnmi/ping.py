"""gNOI's System.Ping: a device is asked to ping, and streams what came back.

    PingRequest --> gnoi.system.System/Ping --> answer per packet ..., sum --> PingAnswer ...

Nobody there, or a stream that does not end, is NoAnswer: the device is silent. A ping that nobody answers is a sum with
nothing received. Whatever else the device says instead is a refusal of this question alone (Refused): that it has no
such service, that we may not, that it has no such instance, address or way.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError

from crossconnect.errors import LimitExceeded
from crossconnect.nos.gnoi_ping import PingAnswer, PingRequest
from crossconnect.transport.gnmi.errors import GnmiError, NoAnswer, Refused
from crossconnect.transport.gnmi.session import Session
from crossconnect.transport.gnmi.wire import gnoi_messages_pb2 as wire

METHOD = "/gnoi.system.System/Ping"
ANSWER_S = 10.0
"""Beyond what the ping itself takes: as long as connecting may take."""
DUPLICATES_MAX = 8
"""Answers per packet that are read: a loop in the network sends more than one."""
_NS_PER_S = 1e9


async def ping(session: Session, request: PingRequest, *, answer_s: float = ANSWER_S) -> tuple[PingAnswer, ...]:
    """Raises NoAnswer, Refused, Untrusted."""
    message = wire.PingRequest(
        destination=request.destination,
        source=request.source,
        count=request.count,
        interval=request.interval_ns,
        wait=request.wait_ns,
        do_not_resolve=True,
        l3protocol="IPV6" if request.version == 6 else "IPV4",
        network_instance=request.instance,
    )
    lasts_s = (request.count * request.interval_ns + request.wait_ns) / _NS_PER_S
    try:
        answers = await session.stream(
            METHOD,
            message.SerializeToString(),
            deadline_s=lasts_s + answer_s,
            answers_max=request.count * DUPLICATES_MAX,
        )
        return tuple(_answer(octets) for octets in answers)
    except NoAnswer:
        raise
    except DecodeError:
        raise Refused(f"Ping on {session.place}: an answer is no PingResponse") from None
    except (GnmiError, LimitExceeded) as error:
        raise Refused(str(error)) from None


def _answer(octets: bytes) -> PingAnswer:
    said = wire.PingResponse.FromString(octets)
    return PingAnswer(
        time_ns=said.time, sent=said.sent, received=said.received, average_ns=said.avg_time, bytes=said.bytes
    )
