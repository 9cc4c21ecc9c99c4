"""gNOI's System.Ping to test against, as a part of the gNMI peer's server.

Its messages are made here of the published numbers, names and types (openconfig/gnoi, system/system.proto 1.4.0), apart
from those of the client, under the published package. The stream is as users of devices show it: an answer per packet,
then a sum; where nobody answers, a sum with `sent` alone. What becomes of a ping is in its destination's last number:

    .2 :2  all come back      .3  the second is lost     .4  none comes back     .5  the stream ends without a sum
    .6     never ends         .7  INTERNAL: no route     .8  the process dies after the first answer
    .9     PERMISSION_DENIED  .10 answers without end    .11 INVALID_ARGUMENT, with the request as it was received
    .12    the server goes away in the middle (UNAVAILABLE)   .13 ABORTED     .14 a sum that has no mean
    .15    octets that are no message   .16 sent twice as many answers as packets
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

SERVICE = "gnoi.system.System"
_REQUEST = (
    "destination=1 source=2 count=3 interval=4 wait=5 size=6 do_not_fragment=7 do_not_resolve=8 network_instance=10"
)
_RESPONSE = "source=1 time=2 sent=3 received=4 min_time=5 avg_time=6 max_time=7 std_dev=8 bytes=11 sequence=12 ttl=13"
_TYPES = {
    "TYPE_STRING": ("destination", "source", "network_instance"),
    "TYPE_INT64": ("interval", "wait", "time", "min_time", "avg_time", "max_time", "std_dev"),
    "TYPE_BOOL": ("do_not_fragment", "do_not_resolve"),
}
"""The others are int32."""
_Field = descriptor_pb2.FieldDescriptorProto


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="system/system.proto", package="gnoi.system", syntax="proto3")
    protocol = file.enum_type.add(name="L3Protocol")  # of gnoi.types, as published; its octets do not depend on that
    for number, name in enumerate(("UNSPECIFIED", "IPV4", "IPV6")):
        protocol.value.add(name=name, number=number)
    for message, fields in (("PingRequest", _REQUEST), ("PingResponse", _RESPONSE)):
        made = file.message_type.add(name=message)
        for name, _, number in (one.partition("=") for one in fields.split()):
            kind = next((kind for kind, names in _TYPES.items() if name in names), "TYPE_INT32")
            made.field.add(name=name, number=int(number), type=_Field.Type.Value(kind), label=_Field.LABEL_OPTIONAL)
    file.message_type[0].field.add(
        name="l3protocol",
        number=9,
        type=_Field.TYPE_ENUM,
        type_name=".gnoi.system.L3Protocol",
        label=_Field.LABEL_OPTIONAL,
    )
    return file


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())
PingRequest: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("gnoi.system.PingRequest"))
PingResponse: Any = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("gnoi.system.PingResponse"))

_REFUSALS = {
    7: (grpc.StatusCode.INTERNAL, "ping: connect: Network is unreachable"),
    9: (grpc.StatusCode.PERMISSION_DENIED, "not authorized for gnoi"),
    13: (grpc.StatusCode.ABORTED, "ping: cannot bind to the source address"),
}
_RTT_NS = 510_000


def add_to(server: Any, user: str, password: str) -> None:
    """Beside the other services of a server, for the same user."""

    def ping(octets: bytes, context: Any) -> Iterator[bytes]:
        given = {key: value for key, value in context.invocation_metadata() if key in ("username", "password")}
        if given != {"username": user, "password": password}:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        for answer in _answers(PingRequest.FromString(octets), context):
            yield answer if isinstance(answer, bytes) else answer.SerializeToString()

    handlers = {"Ping": grpc.unary_stream_rpc_method_handler(ping)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def _answers(request: Any, context: Any) -> Iterator[Any]:
    place = int(request.destination.replace(":", ".").rpartition(".")[2])
    if place == 11:
        said = json_format.MessageToDict(request, preserving_proto_field_name=True)
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, " ".join(f"{name}={value}" for name, value in said.items()))
    if place in _REFUSALS:
        context.abort(*_REFUSALS[place])
    if place == 15:
        yield b"\xff\xff\xff"
    came = 0
    for number in range(1, request.count + 1):
        if place == 4 or (place == 3 and number == 2):
            continue
        for _ in range(2 if place == 16 else 1):
            yield _one(request, number)
        came += 1
        if place == 8:
            time.sleep(0.2)  # for the answer to be sent
            os._exit(9)
        if place == 12:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the server is being stopped")
    while place in (6, 10) and context.is_active():
        if place == 10:
            yield _one(request, 1)
        else:
            time.sleep(0.05)
    if place != 5:
        yield _sum(request, came, mean=place != 14)


def _one(request: Any, number: int) -> Any:
    return PingResponse(source=request.destination, time=_RTT_NS, bytes=56, sequence=number, ttl=64)


def _sum(request: Any, came: int, *, mean: bool) -> Any:
    if not came:
        return PingResponse(sent=request.count)
    times = {"min_time": _RTT_NS, "avg_time": _RTT_NS, "max_time": _RTT_NS} if mean else {}
    return PingResponse(source=request.destination, time=1_004_658_057, sent=request.count, received=came, **times)
