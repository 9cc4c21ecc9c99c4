"""Where one message ends and the next begins (RFC 6242 section 4).

    1.0   <hello>...</hello>]]>]]><rpc-reply ...>...</rpc-reply>]]>]]>
    1.1   \\n#4\\n<rpc\\n#18\\n-reply ...>...</rpc-...>\\n##\\n        chunks of octets, ended by `##`

The first message of each side is framed as in 1.0; after both hellos have been seen the framing is that of 1.1 if both
speak it. So messages are taken out one by one: whoever has read a hello may change what the octets after it mean.
"""

from __future__ import annotations

MESSAGE_BYTES_MAX = 32 << 20
"""Default limit of one message. The configuration of a router with 2,000 customers is 5 MB as text."""
END = b"]]>]]>"
_HEADER_BYTES_MAX = len("\n#4294967295\n")
_CHUNK_BYTES_MAX = 4_294_967_295
_SPACE = b" \t\r\n"


class FramingError(ValueError):
    """The octets are no NETCONF; nothing after them can be understood. Inside this package only."""


def framed(message: bytes, chunked: bool) -> bytes:
    """A message with what is around it on the wire."""
    return b"\n#%d\n%s\n##\n" % (len(message), message) if chunked else message + END


class Framer:
    """Takes pieces of any size by `feed`, and gives whole messages by `take`."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._limit = message_bytes_max
        self._buffer = bytearray()
        self._seen = 0
        """Octets of the buffer in which no end of a message is (1.0)."""
        self._message = bytearray()
        """Chunks of the message under way (1.1)."""
        self._left = 0
        """Octets of the chunk under way that are still to come."""
        self._inside = False
        """Whether a message has begun (1.1)."""
        self.chunked = False
        """Whether what is not taken yet is framed as in 1.1. May be set between two messages."""

    def feed(self, data: bytes) -> None:
        """More octets."""
        self._buffer += data

    def take(self) -> bytes | None:
        """The next whole message, None when it is not there yet. FramingError."""
        return self._take_chunked() if self.chunked else self._take_marked()

    def _take_marked(self) -> bytes | None:
        at = self._buffer.find(END, max(0, self._seen - len(END) + 1))
        if (at if at >= 0 else len(self._buffer) - len(END) + 1) > self._limit:
            raise FramingError(f"a message has more than {self._limit} octets")
        if at < 0:
            self._seen = len(self._buffer)
            start = bytes(self._buffer[:256]).lstrip(_SPACE)
            if start and start[:1] != b"<":
                raise FramingError(f"this is no NETCONF: {start[:40]!r}")
            return None
        message = bytes(self._buffer[:at])
        del self._buffer[: at + len(END)]
        self._seen = 0
        return message

    def _take_chunked(self) -> bytes | None:
        while True:
            if self._left:
                piece = self._buffer[: self._left]
                self._message += piece
                self._left -= len(piece)
                del self._buffer[: len(piece)]
                if self._left:
                    return None
            size = self._header()
            if size is None:
                return None
            if size == 0:
                message, self._message, self._inside = bytes(self._message), bytearray(), False
                return message
            if len(self._message) + size > self._limit:
                raise FramingError(f"a message has more than {self._limit} octets")
            self._left, self._inside = size, True

    def _header(self) -> int | None:
        """The size of the next chunk, 0 for the end of the message, None when it is not all there."""
        if not self._inside:
            # Servers send empty lines between messages, which the grammar does not have.
            while self._buffer.startswith((b"\r", b"\n\n", b"\n\r")):
                del self._buffer[:1]
        if not self._buffer:
            return None
        start = bytes(self._buffer[:_HEADER_BYTES_MAX])
        if start[:2] != b"\n#"[: len(start)]:
            raise FramingError(f"a chunk does not begin with its size: {start!r}")
        end = start.find(b"\n", 1)
        digits = start[2:end] if end >= 0 else start[2:]
        if digits == b"#" and self._inside:
            size = 0
        elif not digits and end < 0:
            return None
        elif not digits.isdigit() or digits.startswith(b"0") or int(digits) > _CHUNK_BYTES_MAX:
            raise FramingError(f"a chunk has no size: {start!r}")
        else:
            size = int(digits)
        if end < 0:
            if len(start) == _HEADER_BYTES_MAX:
                raise FramingError(f"a chunk has no size: {start!r}")
            return None
        del self._buffer[: end + 1]
        return size
