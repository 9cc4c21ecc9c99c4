"""An HTTPS server for models of devices: real TLS and HTTP, and connections that end without an answer."""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

USER, PASSWORD = "rollout", "correct-horse"

Handler = Callable[[str, bytes], tuple[int, bytes]]
"""(path, body) to (status, body)."""


class Dropped(Exception):
    """Raised by a handler: the connection ends without an answer."""


class HttpsPeer:
    """Serves a handler on 127.0.0.1 until it is closed."""

    def __init__(
        self, handler: Handler, certificate: Path, key: Path, *, headers: dict[str, str] | None = None
    ) -> None:
        peer = self

        class Requests(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # an answer in one segment: otherwise each waits 40 ms for an acknowledgement

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                given = self.headers.get("Authorization", "")
                if given != "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode():
                    self._answer(401, b"{}")
                    return
                peer.requests.append(body)
                try:
                    status, answer = handler(self.path, body)
                except Dropped:
                    self.close_connection = True
                    self.connection.close()
                    return
                self._answer(status, answer)

            def _answer(self, status: int, answer: bytes) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self.requests: list[bytes] = []
        self._server = Server(("127.0.0.1", 0), Requests)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
