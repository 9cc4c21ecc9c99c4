"""One session's messages, without its socket: octets in, messages out; operations in, octets out.

begin()            --> octets        our hello
receive(octets)    --> messages      their hello, then replies, at most one `Broken`, which is the last
request(operation) --> (id, octets)
finished()         --> messages      the other side has closed
"""

from __future__ import annotations

from collections import deque
from xml.etree.ElementTree import Element

from crossconnect.transport.netconf.framing import MESSAGE_BYTES_MAX, Framer, FramingError, framed
from crossconnect.transport.netconf.messages import (
    Broken,
    Hello,
    Message,
    Reply,
    hello_octets,
    read,
    request_octets,
)


class Dialogue:
    """The state of one session."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._framer = Framer(message_bytes_max)
        self._next = 1
        self._outstanding: deque[str] = deque()
        self.hello: Hello | None = None
        """Of the server, when it has come."""
        self.broken: Broken | None = None
        """Why the session is over."""

    def begin(self) -> bytes:
        """Our hello. It may be sent before theirs has come (RFC 6241 section 8.1)."""
        return framed(hello_octets(), chunked=False)

    def request(self, operation: Element) -> tuple[str, bytes]:
        """The id of a request, and its octets. Only after their hello."""
        assert self.hello is not None
        message_id = str(self._next)
        self._next += 1
        self._outstanding.append(message_id)
        return message_id, framed(request_octets(message_id, operation), self.hello.chunked)

    def receive(self, octets: bytes) -> list[Message]:
        """What has come with these octets. After `Broken` nothing comes."""
        if self.broken is not None:
            return []
        self._framer.feed(octets)
        messages: list[Message] = []
        while self.broken is None:
            try:
                taken = self._framer.take()
            except FramingError as error:
                self._break(messages, str(error))
                break
            if taken is None:
                break
            self._understand(read(taken), messages)
        return messages

    def finished(self) -> list[Message]:
        """The other side has closed."""
        messages: list[Message] = []
        if self.broken is None:
            self._break(messages, "the connection was closed by the other side")
        return messages

    def _understand(self, message: Message | None, messages: list[Message]) -> None:
        if isinstance(message, Broken):
            self._break(messages, message.reason)
        elif isinstance(message, Hello):
            if self.hello is not None:
                return self._break(messages, "a second hello")
            self.hello = message
            self._framer.chunked = message.chunked
            messages.append(message)
        elif isinstance(message, Reply):
            if self.hello is None:
                return self._break(messages, "a reply before the hello")
            # A server that could not read the request cannot name it (RFC 6241 section 4.3); replies come in the order
            # of the requests (section 4.5), so it is the oldest.
            wanted = self._outstanding.popleft() if self._outstanding else None
            if wanted is None or message.message_id not in ("", wanted):
                return self._break(messages, f"a reply to what was not asked: {message.message_id[:40]!r}")
            messages.append(
                Reply(message_id=wanted, body=message.body, errors=message.errors, warnings=message.warnings)
            )
        return None

    def _break(self, messages: list[Message], reason: str) -> None:
        self.broken = Broken(reason=reason)
        messages.append(self.broken)
