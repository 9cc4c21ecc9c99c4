"""One HTTPS connection to a device: checked, limited, with a deadline on every call.

    octets --post--> TLS (authority, name) --> device --> (status, octets) | NoAnswer, OutcomeUnknown, Untrusted, ...

No redirect is followed, no proxy of the environment is used, no cookie is kept, nothing is sent a second time.
"""

from __future__ import annotations

import os
import ssl
from types import TracebackType
from typing import Self

import httpx

from crossconnect.errors import BadInput, LimitExceeded, Unauthorised, Untrusted
from crossconnect.transport.credentials import Vault, reveal
from crossconnect.transport.https.errors import NoAnswer, OutcomeUnknown
from crossconnect.transport.target import Target

PORT = 443
ANSWER_BYTES_MAX = 64 << 20
"""The whole configuration of a large chassis is a tenth of it."""
OPEN_S = 10.0
CALL_S = 120.0
"""Of one call: a device replaces a configuration of 10,000 lines in half of it. NX-API itself gives up after 300 s."""


class Session:
    """One device's HTTPS interface, entered and left as a context; `path` is the one that the system has."""

    def __init__(self, target: Target, path: str, vault: Vault | None = None, *, call_s: float = CALL_S) -> None:
        self._target, self._path, self._vault, self._call_s = target, path, vault, call_s
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        """Make ready. The connection is opened with the first call."""
        credential = self._target.credential
        auth = None
        if credential.password:
            auth = httpx.BasicAuth(credential.user, reveal(credential.password, self._vault))
        self._client = httpx.AsyncClient(
            verify=tls_context(self._target, self._vault),
            auth=auth,
            timeout=httpx.Timeout(self._call_s, connect=OPEN_S),
            limits=httpx.Limits(max_connections=1),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept-Encoding": "identity", "User-Agent": "crossconnect"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def post(
        self, octets: bytes, operation: str, *, changing: bool = False, content: str = "application/json"
    ) -> bytes:
        """The answer's octets, whichever status it has but for 401, 403 and redirects (NX-API answers a refused command
        with 500). A call that is `changing` something and has no answer is OutcomeUnknown."""
        assert self._client is not None, "the session is not entered"
        target = self._target
        host = f"[{target.address}]" if ":" in target.address else target.address
        request = self._client.build_request(
            "POST",
            f"https://{host}:{target.port or PORT}{self._path}",
            content=octets,
            headers={"Content-Type": content},
            extensions={"sni_hostname": target.server_name} if target.server_name else None,
        )
        where = f"{operation} on {target.place}"
        try:
            answer = await self._client.send(request, stream=True)
            try:
                _accepted(answer, where, changing=changing)
                return await _limited(answer, where, changing=changing)
            finally:
                await answer.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _unconnected(error, where) from None
        except httpx.HTTPError as error:  # its repr may have the request; its text has not
            kind = OutcomeUnknown if changing else NoAnswer
            raise kind(f"{where}: {type(error).__name__}: {str(error)[:200]}") from None


def _accepted(answer: httpx.Response, where: str, *, changing: bool) -> None:
    if answer.status_code in (401, 403):
        raise Unauthorised(f"{where}: HTTP {answer.status_code}: user, password, certificate or rights")
    if 300 <= answer.status_code < 400:
        raise NoAnswer(f"{where}: HTTP {answer.status_code}: a redirect, which is not followed")
    if answer.status_code in (404, 503):
        raise NoAnswer(f"{where}: HTTP {answer.status_code}: the interface is not there, or not now")
    if answer.status_code in (502, 504):  # a web server lost the process behind it
        raise (OutcomeUnknown if changing else NoAnswer)(f"{where}: HTTP {answer.status_code}")


async def _limited(answer: httpx.Response, where: str, *, changing: bool) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            kind = OutcomeUnknown if changing else LimitExceeded
            raise kind(f"{where}: the answer has more than {ANSWER_BYTES_MAX} octets")
        parts.append(part)
    return b"".join(parts)


def _unconnected(error: httpx.TransportError, where: str) -> Exception:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Untrusted(f"{where}: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return NoAnswer(f"{where}: TLS: {cause.reason or 'no handshake'}")
        cause = cause.__cause__ or cause.__context__
    return NoAnswer(f"{where}: {str(error)[:200] or type(error).__name__}")


def tls_context(target: Target, vault: Vault | None = None) -> ssl.SSLContext:
    """A client's context: TLS 1.2 at least, authority and name checked unless the target says otherwise. BadInput when
    a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if target.unchecked:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif target.authorities:
            context.load_verify_locations(target.authorities)
        else:
            context.load_default_certs()
        if target.credential.certificate:
            _load_key(context, target, vault)
    except OSError as error:  # ssl.SSLError is one
        raise BadInput(f"{target.place}: TLS files cannot be used: {error.strerror or 'wrong content'}") from None
    return context


def _load_key(context: ssl.SSLContext, target: Target, vault: Vault | None) -> None:
    """OpenSSL reads keys from files only: a secret that is in none is put into memory that has a path for us alone."""
    credential = target.credential
    passphrase = reveal(credential.passphrase, vault) if credential.passphrase else ""
    key = reveal(credential.key, vault) if credential.key else ""
    if not key:
        raise BadInput(f"{target.place}: a certificate needs its key")
    handle = os.memfd_create("key", os.MFD_CLOEXEC)
    try:
        os.write(handle, key.encode() + b"\n")
        context.load_cert_chain(credential.certificate, f"/proc/self/fd/{handle}", passphrase)
    finally:
        os.close(handle)
