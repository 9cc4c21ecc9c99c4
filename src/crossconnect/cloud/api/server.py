"""One process of the API: the service, the application, uvicorn, and an orderly end.

uvicorn, since it runs in an event loop that we start, beside the realiser, and leaves signals to us; its parser is
httptools. What is new at its end: streams are told to end first, since they never would by themselves.

    SIGTERM --> no new connections; streams end --> requests in work are answered --> service closed
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import FrameType
from typing import Any

import msgspec
import uvicorn

from crossconnect.cloud.api.app import OtherApi, make_app
from crossconnect.cloud.api.authentication import Authentication
from crossconnect.cloud.api.authorisation import Policies
from crossconnect.cloud.api.gate import Gate
from crossconnect.cloud.api.protocol import LimitedProtocol
from crossconnect.cloud.api.rate import Limit
from crossconnect.cloud.api.realising import Realising
from crossconnect.cloud.api.token import Issuer, Tokens
from crossconnect.cloud.reach import Analyser
from crossconnect.cloud.resource import Kind
from crossconnect.cloud.service import Service, Settings
from crossconnect.errors import BadInput

GRACE_S = 20
"""How long requests in work may take when the process ends; orchestrators kill after thirty."""
CONNECTIONS_MAX = 4096
KEEP_ALIVE_S = 75

Beside = Callable[[Service], contextlib.AbstractAsyncContextManager[Realising]]
"""What runs in the same process while the API does, over the same service: the realiser."""


OtherApis = Callable[[Service], Sequence[OtherApi]]
"""What is served beside our own API, over the same service."""


def no_other(_service: Service) -> Sequence[OtherApi]:
    """None."""
    return ()


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """All that a process needs to know."""

    host: str
    port: int
    """0: any free one."""
    database: str
    kinds: Mapping[str, Kind]
    """Of our API."""
    stored: Mapping[str, Kind] = {}
    """Those of other APIs beside them."""
    other_apis: OtherApis = no_other
    settings: Settings
    analyser: Analyser
    """Asked whether packets arrive."""
    policies: Policies
    limit: Limit
    issuers: tuple[Issuer, ...] = ()
    certificate: str = ""
    """File with the certificate chain in PEM; none: HTTP without TLS."""
    private_key: str = ""
    """File with its key; none: in the certificate's file."""
    proxies: tuple[str, ...] = ()
    """Addresses of proxies in front whose X-Forwarded-For and -Proto are believed."""


class _Server(uvicorn.Server):
    """Tells streams of the end, and the starter of the beginning."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._started_hook = started
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: streams first."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        super().handle_exit(sig, frame)
        # uvicorn raises the signals it has seen again when it has ended; an orderly end is no failure.
        self._captured_signals = [s for s in self._captured_signals if s == signal.SIGINT]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._started_hook()


async def serve(configuration: Configuration, started: Callable[[str], None], beside: Beside | None = None) -> None:
    """Run until a signal ends it. `started` is given the URL once requests are answered; `beside` is entered before
    that, and left when no request is in work any more."""
    listening = _listen(configuration)
    stopping = asyncio.Event()
    scheme = "https" if configuration.certificate else "http"
    host, port = listening.getsockname()[:2]
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    async with _service(configuration) as service:
        gate = Gate(
            service,
            Authentication(service, Tokens(configuration.issuers)),
            configuration.policies,
            configuration.limit,
        )
        app = make_app(gate, configuration.kinds, stopping, configuration.analyser, configuration.other_apis(service))
        server = _Server(_uvicorn(configuration, app), stopping, lambda: started(url))
        async with contextlib.AsyncExitStack() as stack:
            if beside is not None:
                gate.realising = await stack.enter_async_context(beside(service))
            await server.serve(sockets=[listening])


@contextlib.asynccontextmanager
async def _service(configuration: Configuration) -> AsyncIterator[Service]:
    kinds = {**configuration.kinds, **configuration.stored}
    service = await Service.open(configuration.database, kinds, configuration.settings)
    try:
        yield service
    finally:
        await service.close()


def _listen(configuration: Configuration) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in configuration.host else socket.AF_INET
        # The protocol is named, or asyncio leaves Nagle's algorithm on: 40 ms on every answer.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((configuration.host, configuration.port))
    except OSError as error:
        where = f"{configuration.host} port {configuration.port}"
        raise BadInput(f"cannot listen on {where}: {error.strerror or error}") from None
    return listening


def _uvicorn(configuration: Configuration, app: Any) -> uvicorn.Config:
    tls: dict[str, Any] = {}
    if configuration.certificate:
        tls = {"ssl_certfile": configuration.certificate, "ssl_keyfile": configuration.private_key or None}
        _check_certificate(configuration)
    return uvicorn.Config(
        app,
        http=LimitedProtocol,
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(configuration.proxies),
        forwarded_allow_ips=list(configuration.proxies),
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        **tls,
    )


def _check_certificate(configuration: Configuration) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(configuration.certificate, configuration.private_key or None)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"the certificate {configuration.certificate} cannot be used: {error}") from error
