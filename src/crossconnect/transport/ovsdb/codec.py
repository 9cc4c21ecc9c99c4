"""Messages of OVSDB's JSON-RPC (RFC 7047 section 4; JSON-RPC 1.0): bytes in, messages out, and back.

What a message carries stays as JSON text (`msgspec.Raw`) until the one who knows its type decodes it, once.
"""

from __future__ import annotations

import msgspec

from crossconnect.transport.ovsdb.errors import ProtocolError
from crossconnect.transport.ovsdb.framing import MESSAGE_BYTES_MAX, Framer

NULL = b"null"
_NULL = msgspec.Raw(NULL)
_SHORT_BYTES = 1 << 14


class Message(msgspec.Struct, frozen=True, gc=False):
    """A request, a notification (`id` is null) or an answer (no `method`), its parts as JSON text."""

    id: msgspec.Raw = _NULL
    method: str | None = None
    params: msgspec.Raw = _NULL
    result: msgspec.Raw = _NULL
    error: msgspec.Raw = _NULL


class Decoder:
    """Bytes to messages; `feed` it pieces of any size."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._framer = Framer(message_bytes_max)
        self._decode = msgspec.json.Decoder(Message).decode

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete with `data`. ProtocolError on garbage: the stream is then unusable."""
        messages: list[Message] = []
        at = self._whole(data, messages) if self._framer.is_between else 0
        for text in self._framer.feed(data[at:] if at else data):
            try:
                messages.append(self._decode(text))
            except msgspec.DecodeError as e:
                raise ProtocolError(f"this is not an OVSDB message ({e}): {text[:80]!r}") from e
        return messages

    def _whole(self, data: bytes, messages: list[Message]) -> int:
        """Take the messages that `data` begins with, where all of it is short: most of what arrives is one or two. How
        many bytes they are. What is a JSON object up to its last brace is a message, whatever follows."""
        at = 0
        while at < len(data) <= _SHORT_BYTES:
            boundary = data.find(b"}{", at)
            end = boundary + 1 if boundary >= 0 else len(data)
            try:
                messages.append(self._decode(data[at:end]))
            except msgspec.DecodeError:
                break
            at = end
        return at


_encode = msgspec.json.Encoder().encode


def encode_request(number: int, method: str, params: object) -> bytes:
    """A request; its answer carries `number` as its id."""
    return _encode({"id": number, "method": method, "params": params})


def encode_notification(method: str, params: object) -> bytes:
    """A message that has no answer."""
    return _encode({"id": None, "method": method, "params": params})


def encode_answer(request: Message) -> bytes:
    """The answer to `echo` (RFC 7047 section 4.1.11): what it carries."""
    return _encode({"id": request.id, "result": request.params, "error": None})
