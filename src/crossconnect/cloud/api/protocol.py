"""uvicorn's HTTP protocol with two limits that it lacks: on the size of a request's head, and on the time that it takes
to arrive. Without them one client fills the memory with a header that never ends, or holds connections with silence.
And with two manners: a request names one host, and an offer of another protocol (`Upgrade`) is passed over."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SIZE_MAX = 65_536
"""Octets of request line and headers; as in nginx and Apache with all their buffers."""
HEAD_TIME_MAX_S = 20.0
"""From the connection's, or the head's, first octet to the head's end."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection."""

    _head_size = 0
    _in_head = True
    _wrong = ""
    """With a request that is none, where the parser does not know it."""
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
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            self.logger.warning("what came is not HTTP: %s", self._wrong or error)
            self.send_400_response(self._wrong or "Invalid HTTP request received.")
        if self._in_head and self._head_size > HEAD_SIZE_MAX and not self.transport.is_closing():
            self.send_400_response("The request's head is too large.")

    def _feed(self, data: bytes) -> None:
        """Octets to the parser. At a request that offers to go on in another protocol it stops, and takes what follows,
        the body too, for that protocol's. Nobody here speaks one, and an offer may be ignored (RFC 9110, 7.8): the
        parser is given the request once more without it."""
        parser = self._parser()
        while data:
            try:
                parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as stopped:
                data = self._without_offer() + data[stopped.args[0] :]

    def _parser(self) -> httptools.HttpRequestParser:
        """It is there as long as octets come."""
        assert self.parser is not None
        return self.parser

    def _without_offer(self) -> bytes:
        parser = self._parser()
        lines = [b"%s %s HTTP/%s" % (parser.get_method(), self.url, parser.get_http_version().encode())]
        lines += [b"%s: %s" % field for field in self.headers if field[0] != b"upgrade"]
        return b"\r\n".join((*lines, b"", b""))

    def _offers(self) -> bool:
        """Whether the request offers another protocol. CONNECT demands one, and is refused."""
        return self._parser().should_upgrade() and any(name == b"upgrade" for name, _ in self.headers)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        if not self._in_head:
            self._head_size = 0
            self._await_head()

    def on_headers_complete(self) -> None:
        """It is there. What does not say for which host it is, or for several, is no request (RFC 9112, 3.2)."""
        self._head_is_there()
        if self._offers():
            return
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1 or (hosts == 0 and self._parser().get_http_version() == "1.1"):
            self._wrong = f"A request has one Host header, not {hosts}."
            raise httptools.HttpParserError
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is there."""
        if not self._offers():
            super().on_message_complete()

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
