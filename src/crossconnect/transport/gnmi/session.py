"""One gNMI connection: TLS always, checked always, a deadline on every call.

    Target, references --enter--> channel --Capabilities--> get | set | subscribe --> our records, or an error
                                                            stream: of another service of the same server (gNOI)

The name and the password go as metadata with each call (gNMI authentication: `username`, `password`), looked up when
the session is entered. gRPC's library has no way to leave a certificate unchecked, so neither have we.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterable
from pathlib import Path as File
from types import TracebackType
from typing import Self, TypeVar

import grpc
import grpc.aio

from crossconnect.errors import BadInput, CrossconnectError, LimitExceeded, Unsupported
from crossconnect.transport.credentials import Vault, reveal
from crossconnect.transport.gnmi import message
from crossconnect.transport.gnmi.errors import OutcomeUnknown, error_of
from crossconnect.transport.gnmi.message import (
    Capabilities,
    CommitAction,
    Done,
    Encoding,
    Event,
    Leaf,
    Part,
    SetOperations,
    Synced,
)
from crossconnect.transport.gnmi.path import Path
from crossconnect.transport.gnmi.wire import messages_pb2 as wire
from crossconnect.transport.target import Target

PORT = 57400
"""SR Linux's and Nokia's; EOS has 6030, NX-OS 50051; IANA has given out 9339."""
MESSAGE_BYTES_MAX = 64 << 20
"""Of an answer: the whole configuration of a large chassis is a tenth of it. gRPC's own limit is 4 MiB."""
OPEN_S = 10.0
CALL_S = 60.0
"""Greatest time for Get and Set: a device with 10,000 lines commits in half of it."""

_SERVICE = "/gnmi.gNMI/"
_Answer = TypeVar("_Answer")


class Session:
    """One target, entered and left as a context. Raises what `errors` has, and Untrusted, LimitExceeded, BadInput."""

    def __init__(
        self, target: Target, vault: Vault | None = None, *, call_s: float = CALL_S, greets: bool = True
    ) -> None:
        """Without `greets` nothing is asked when it is entered, for a server of which gNMI is not wanted: whether
        there is one shows with the first call."""
        self._target, self._vault, self._call_s, self._greets = target, vault, call_s, greets
        self.place = target.place
        """How messages name the device."""
        self._channel: grpc.aio.Channel | None = None
        self._metadata: tuple[tuple[str, str], ...] = ()
        self.capabilities = Capabilities(version="", encodings=(), models=())
        """What the target said when the session was entered."""

    async def __aenter__(self) -> Self:
        """Connect, and ask what the target can."""
        target = self._target
        where = f"[{target.address}]" if ":" in target.address else target.address
        options: list[tuple[str, str | int]] = [
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.enable_retries", 0),
            ("grpc.enable_http_proxy", 0),
        ]
        if target.server_name:
            options.append(("grpc.ssl_target_name_override", target.server_name))
        self._metadata = _metadata(target, self._vault)
        credentials = _channel_credentials(target, self._vault)
        self._channel = grpc.aio.secure_channel(f"{where}:{target.port or PORT}", credentials, options=options)
        try:
            if self._greets:
                self.capabilities = await self._ask_capabilities()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect. What was committed with a timer stays so."""
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _ask_capabilities(self) -> Capabilities:
        call = self._open.unary_unary(
            f"{_SERVICE}Capabilities",
            request_serializer=wire.CapabilityRequest.SerializeToString,
            response_deserializer=wire.CapabilityResponse.FromString,
        )
        request = wire.CapabilityRequest()
        answer = await self._answer("Capabilities", call(request, timeout=OPEN_S, metadata=self._metadata))
        return message.capabilities_of(answer)

    async def get(
        self, paths: Iterable[Path], *, part: Part = "all", encoding: Encoding = "json_ietf"
    ) -> tuple[Leaf, ...]:
        """What is at paths. A path with nothing at it is an error on some targets, and no leaf on others."""
        call = self._open.unary_unary(
            f"{_SERVICE}Get",
            request_serializer=wire.GetRequest.SerializeToString,
            response_deserializer=wire.GetResponse.FromString,
        )
        request = message.get_request(paths, part, encoding)
        answer = await self._answer("Get", call(request, timeout=self._call_s, metadata=self._metadata))
        return message.leaves_of(answer.notification)

    async def set(
        self,
        operations: SetOperations,
        *,
        commit_id: str = "",
        action: CommitAction | None = None,
        timeout_s: float = 0.0,
    ) -> Done:
        """Change what is at paths, all or nothing; with an `action`, as a commit that is taken back, or decide about
        one. OutcomeUnknown when the answer is lost."""
        call = self._open.unary_unary(
            f"{_SERVICE}Set",
            request_serializer=wire.SetRequest.SerializeToString,
            response_deserializer=wire.SetResponse.FromString,
        )
        request = message.set_request(operations, commit_id, action)
        sent = call(request, timeout=timeout_s or self._call_s, metadata=self._metadata)
        return message.done_of(await self._answer("Set", sent, changing=True))

    async def subscribe(
        self, paths: Iterable[Path], *, once: bool, sample_s: float = 0.0, deadline_s: float | None = None
    ) -> AsyncGenerator[Event | Synced]:
        """What is at paths: now (`once`), or now and whenever it changes, until `deadline_s` is over or the caller
        goes. Ends by itself when the target has said all."""
        call = self._open.stream_stream(
            f"{_SERVICE}Subscribe",
            request_serializer=wire.SubscribeRequest.SerializeToString,
            response_deserializer=wire.SubscribeResponse.FromString,
        )
        sent = call(timeout=deadline_s, metadata=self._metadata)
        try:
            await sent.write(message.subscribe_request(paths, once=once, sample_s=sample_s))
            if once:
                await sent.done_writing()
            async for answer in sent:
                event = message.event_of(answer)
                if event is not None:
                    yield event
        except grpc.aio.AioRpcError as error:
            raise self._error("Subscribe", error) from None
        finally:
            sent.cancel()

    async def stream(self, method: str, request: bytes, *, deadline_s: float, answers_max: int) -> tuple[bytes, ...]:
        """All that a method (`/package.Service/Method`) of this server answers, which is a stream that ends by itself:
        NoAnswer when it does not in time. It must not change anything. LimitExceeded for more than `answers_max`."""
        call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = self._open.unary_stream(method)
        operation, found = method.rpartition("/")[2], list[bytes]()
        sent = call(request, timeout=deadline_s, metadata=self._metadata)
        try:
            async for answer in sent:
                if len(found) == answers_max:
                    raise LimitExceeded(f"{operation} on {self._target.place}: more than {answers_max} answers")
                found.append(answer)
        except grpc.aio.AioRpcError as error:
            raise self._error(operation, error) from None
        finally:
            sent.cancel()
        return tuple(found)

    @property
    def _open(self) -> grpc.aio.Channel:
        assert self._channel is not None, "the session is not entered"
        return self._channel

    async def _answer(self, operation: str, call: Awaitable[_Answer], *, changing: bool = False) -> _Answer:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise self._error(operation, error, changing=changing) from None
        except asyncio.CancelledError:
            if changing and (task := asyncio.current_task()) is not None and not task.cancelling():
                raise OutcomeUnknown(f"{operation} on {self._target.place} was interrupted") from None
            raise

    def _error(self, operation: str, error: grpc.aio.AioRpcError, *, changing: bool = False) -> CrossconnectError:
        """From gRPC's own, which has the metadata that we sent and is therefore not chained."""
        detail = error.details() or ""
        return error_of(error.code().name, detail, f"{operation} on {self._target.place}", changing=changing)


def _metadata(target: Target, vault: Vault | None) -> tuple[tuple[str, str], ...]:
    credential = target.credential
    if not credential.password:
        return (("username", credential.user),) if credential.user else ()
    password = reveal(credential.password, vault)
    if not password.isascii() or not password.isprintable():
        raise BadInput(f"{credential.password}: metadata of gRPC has printable ASCII only")
    return (("username", credential.user), ("password", password))


def _channel_credentials(target: Target, vault: Vault | None) -> grpc.ChannelCredentials:
    if target.unchecked:
        raise Unsupported(f"{target.place}: gRPC always checks certificates; give `authorities`")
    credential = target.credential
    if credential.passphrase:
        raise Unsupported(f"{target.place}: gRPC takes no key with a passphrase")
    try:
        authorities = File(target.authorities).read_bytes() if target.authorities else None
        certificate = File(credential.certificate).read_bytes() if credential.certificate else None
    except OSError as error:
        raise BadInput(f"{target.place}: {error.filename} cannot be read: {error.strerror}") from None
    key = reveal(credential.key, vault).encode() if credential.key and certificate else None
    return grpc.ssl_channel_credentials(authorities, key, certificate)
