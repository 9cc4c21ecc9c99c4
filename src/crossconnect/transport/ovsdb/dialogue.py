"""One connection's conversation, without the connection: requests and their answers, echo, notifications.

    request(transact, 7)   ----------------------->  {"id":7,"method":"transact",...}
    request(transact, 8)   ----------------------->  {"id":8,...}          many at once, answered in any order
    notified(update3)      <-----------------------  {"id":null,"method":"update3",...}
    answered(7)            <-----------------------  {"id":7,"result":[...],"error":null}
                           <-----------------------  {"id":"echo","method":"echo","params":[]}
    (by itself)            ----------------------->  {"id":"echo","result":[],"error":null}

What arrives is handed on in the order in which it arrived and before `receive` returns: an answer's handler has run
before the handler of a notification behind it. Monitors depend on that (their first rows, then the changes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from crossconnect.transport.ovsdb.codec import Decoder, Message, encode_answer, encode_notification, encode_request
from crossconnect.transport.ovsdb.framing import MESSAGE_BYTES_MAX

Answered: TypeAlias = Callable[[Message | None], None]
"""Called once with the answer, or with None when the connection ended without one."""

_encode_refusal = msgspec.json.Encoder().encode


class Dialogue:
    """The state of a conversation: what was asked and not answered yet."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        notified: Callable[[Message], None],
        message_bytes_max: int = MESSAGE_BYTES_MAX,
    ) -> None:
        self._send = send
        self._notified = notified
        self._decoder = Decoder(message_bytes_max)
        self._asked: dict[bytes, Answered] = {}
        self._number = 0

    @property
    def outstanding(self) -> int:
        """How many requests wait for their answer."""
        return len(self._asked)

    def request(self, method: str, params: object, answered: Answered) -> int:
        """Send a request; its number is what `cancel` wants."""
        self._number = number = self._number + 1
        message = encode_request(number, method, params)
        self._asked[b"%d" % number] = answered
        self._send(message)
        return number

    def cancel(self, number: int) -> None:
        """Ask the server to drop a transaction that it has not executed yet (RFC 7047 section 4.1.4)."""
        self._send(encode_notification("cancel", [number]))

    def receive(self, data: bytes) -> None:
        """Take what arrived. ProtocolError on garbage: the connection is then to be closed."""
        for message in self._decoder.feed(data):
            if message.method is None:
                # An answer that nobody waits for is to a request of which the caller is gone.
                answered = self._asked.pop(bytes(message.id), None)
                if answered is not None:
                    answered(message)
            elif message.method == "echo":
                self._send(encode_answer(message))
            elif bytes(message.id) == b"null":
                self._notified(message)
            else:
                self._send(_encode_refusal({"id": message.id, "result": None, "error": "unknown method"}))

    def end(self) -> None:
        """The connection is gone: every request that waits is told so."""
        asked, self._asked = self._asked, {}
        for answered in asked.values():
            answered(None)
