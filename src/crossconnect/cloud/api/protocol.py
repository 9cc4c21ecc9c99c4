"""uvicorn's HTTP protocol with two limits that it lacks: on the size of a request's head, and on the time that it takes
to arrive. Without them one client fills the memory with a header that never ends, or holds connections with silence."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SIZE_MAX = 65_536
"""Octets of request line and headers; as in nginx and Apache with all their buffers."""
HEAD_TIME_MAX_S = 20.0
"""From the connection's, or the head's, first octet to the head's end."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    _head_size = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come: its first head is awaited."""
        super().connection_made(cast(asyncio.Transport, transport))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._head_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Octets; too many without the end of a head end the connection."""
        if self._in_head:
            self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > HEAD_SIZE_MAX and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if not self._in_head:
            self._head_size = 0
            self._await_head()

    def on_headers_complete(self) -> None:
        """It is there."""
        self._head_is_there()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._in_head = True
        self._timer = self.loop.call_later(HEAD_TIME_MAX_S, self._too_slow)

    def _head_is_there(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._in_head and not self.transport.is_closing():
            self.transport.close()
