"""Where one JSON value ends and the next begins in a stream of bytes that has no other framing.

    received   {"id":1,"result":[..."a } in a string"...]}{"id":"echo","meth | od":"echo","params":[]}
    messages   ^------------------------------------------^^---------------- two pieces ----------------^

RFC 7047 section 4 sends JSON-RPC messages, all of them objects, one directly after the other. A parser that is fed the
whole buffer again with every piece needs quadratic time for a reply of 100 MB; one in Python that looks at each byte
needs minutes. Here every byte is looked at once (twice in the piece in which a message ends), by a handful of `bytes`
methods that run at 0.8 GB/s:

1. what is escaped in strings is removed, so that each quote left begins or ends a string;
2. all but quotes and braces is dropped, and quotes that follow each other directly cancel out;
3. what still stands between quotes is a brace in a string, and dropped;
4. braces that cancel out are dropped: what is left is `}}}{{`, some closing and some opening, and the smallest depth
   within the piece is the depth before it less the closing ones.

Where that depth reaches zero the message ends in this piece; the place is guessed (before the first `}{`, or at the end
of the piece) and else found by bisection.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from crossconnect.transport.ovsdb.errors import MessageTooLarge, ProtocolError

MESSAGE_BYTES_MAX = 1 << 29
"""Default limit of one message. A port takes about 500 bytes of a monitor's first reply: half a GiB is a million."""
NESTING_MAX = 64
"""Objects within objects. OVSDB's messages need seven."""
_STRUCTURE = b'"{}'
_DROPPED = bytes(byte for byte in range(256) if byte not in _STRUCTURE)
_FIRST_LOOK_BYTES = 1024
_SPACE = re.compile(rb"[ \t\r\n]*")
_OPENING = ord("{")
_CLOSING = ord("}")


class _Inside(NamedTuple):
    """Where in a message the scan stands: objects open, in a string, directly after a backslash."""

    depth: int
    in_string: bool
    escaped: bool


_BEGINNING = _Inside(1, False, False)
"""Directly after the brace that opens a message."""


def _advance(data: bytes, inside: _Inside) -> tuple[int, _Inside]:
    """The smallest depth within `data`, and where the scan stands after it. ProtocolError when it nests too deeply."""
    depth, in_string, escaped = inside
    if escaped and data:
        data = data[1:]
        escaped = False
    if b"\\" in data:
        data = data.replace(b"\\\\", b"")
        escaped = data.endswith(b"\\")
        data = data.replace(b'\\"', b"")
    marks = data.translate(None, _DROPPED).replace(b'""', b"")
    quotes = marks.count(b'"')
    if quotes or in_string:
        marks = b"".join(marks.split(b'"')[in_string::2])
        in_string ^= bool(quotes & 1)
    for _ in range(NESTING_MAX):
        if b"{}" not in marks:
            break
        marks = marks.replace(b"{}", b"")
    closing = marks.count(b"}")
    after = depth + len(marks) - 2 * closing
    if after > NESTING_MAX or b"{}" in marks:
        raise ProtocolError(f"a message nests objects more than {NESTING_MAX} deep")
    return depth - closing, _Inside(after, in_string, escaped)


def _end_within(data: bytes, inside: _Inside) -> int:
    """How many bytes of `data` belong to the message that is known to end in it."""
    boundary = data.find(b"}{")
    guess = boundary if boundary >= 0 else len(data.rstrip()) - 1
    if data[guess] == _CLOSING:
        smallest, at = _advance(data[:guess], inside)
        if smallest > 0 and at == _BEGINNING:
            return guess + 1
    low, high = 0, len(data)
    while high - low > 1:
        middle = (low + high) // 2
        smallest, at = _advance(data[low:middle], inside)
        if smallest > 0:
            low, inside = middle, at
        else:
            high = middle
    return high


class Framer:
    """Cuts a stream into messages; `feed` it pieces of any size."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._limit = message_bytes_max
        self._pieces: list[bytes] = []
        self._held = 0
        self._inside: _Inside | None = None

    @property
    def is_between(self) -> bool:
        """Whether the stream stands between two messages."""
        return self._inside is None

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete with `data`. ProtocolError (the stream is then unusable) on garbage."""
        messages: list[bytes] = []
        at = 0
        while at < len(data):
            begin = at
            if self._inside is None:
                begin = at = self._opening(data, at)
                if at == len(data):
                    break
                self._inside = _BEGINNING
                at += 1
            end = self._end(data, at, self._inside)
            piece = data[begin:] if end < 0 else data[begin:end]
            self._pieces.append(piece)
            self._held += len(piece)
            if self._held > self._limit:
                raise MessageTooLarge(f"a message is larger than {self._limit} bytes")
            if end < 0:
                break
            messages.append(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))
            self._pieces.clear()
            self._held = 0
            self._inside = None
            at = end
        return messages

    @staticmethod
    def _opening(data: bytes, at: int) -> int:
        """The index of the next message's first brace, or the length when only white space is left."""
        space = _SPACE.match(data, at)
        begin = space.end() if space else at
        if begin < len(data) and data[begin] != _OPENING:
            raise ProtocolError(f"this is not an OVSDB message: {data[begin : begin + 40]!r}")
        return begin

    def _end(self, data: bytes, at: int, inside: _Inside) -> int:
        """The index after the message's last byte, or -1 when it goes on; then the state is kept."""
        size = max(_FIRST_LOOK_BYTES, self._held)
        while at < len(data):
            piece = data[at : at + size]
            smallest, after = _advance(piece, inside)
            if smallest <= 0:
                return at + _end_within(piece, inside)
            at += len(piece)
            inside = after
            size *= 4
        self._inside = inside
        return -1
