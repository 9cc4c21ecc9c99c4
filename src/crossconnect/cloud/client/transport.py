"""Requests to the API and what comes back: retries, errors, streams. Knows no kinds."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
import msgspec

from crossconnect import __version__
from crossconnect.cloud.api.problem import ProblemDetails
from crossconnect.errors import CrossconnectError, Unreachable

ATTEMPTS_MAX = 4
WAIT_MAX_S = 30.0
"""The longest that a retry waits, whatever the server says."""
RETRIED = (429, 502, 503, 504)

Query = Mapping[str, str | int | bool | Sequence[str]]


class ApiProblem(CrossconnectError):
    """The API has refused, and says why."""

    def __init__(self, details: ProblemDetails) -> None:
        """`details` as they came."""
        super().__init__(f"{details.code}: {details.detail}")
        self.details = details


class Reply(msgspec.Struct, frozen=True):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The body as plain values."""
        return msgspec.json.decode(self.content)


class Event(msgspec.Struct, frozen=True):
    """A server-sent event."""

    id: str
    """The last one that came: to go on from."""
    name: str
    data: str
    """Empty where it only says how far the server has looked."""


class Transport:
    """One endpoint, one credential."""

    def __init__(
        self,
        endpoint: str,
        key: str,
        project: str = "",
        *,
        verify: str | bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`key` is an API key or a token; `project` which project is meant, where it may act for several; `verify` a
        file of certificates that are trusted beside the machine's own."""
        headers = {"user-agent": f"crossconnect/{__version__}"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        if project:
            headers["project-id"] = project
        self._sleep = sleep
        self._endpoint = endpoint
        trusted = ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
        self._http = httpx.Client(
            base_url=endpoint, headers=headers, verify=trusted, timeout=httpx.Timeout(60.0, connect=10.0)
        )

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, again where the server asks for that and it is safe: what makes something has a key by which the
        server knows it again. ApiProblem for a refusal, Unreachable where there is no answer."""
        fields = dict(headers or {})
        if method == "POST":
            fields.setdefault("idempotency-key", str(uuid.uuid4()))
        params = _params(query)
        waits = (query or {}).get("timeout", 0)
        timeout = httpx.Timeout(60.0 + (waits if isinstance(waits, int) else 0), connect=10.0)
        for attempt in range(ATTEMPTS_MAX):
            last = attempt == ATTEMPTS_MAX - 1
            try:
                got = self._http.request(method, path, params=params, content=body, headers=fields, timeout=timeout)
            except httpx.InvalidURL as error:
                raise Unreachable(f"{self._endpoint} is no address of an API: {error}") from error
            except httpx.TransportError as error:
                if last or isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
                    raise Unreachable(
                        f"the API at {self._endpoint} does not answer (xc serve runs it): {error}"
                    ) from error
                self._sleep(0.2 * 2**attempt)
                continue
            if got.status_code in RETRIED and not last:
                self._sleep(_pause(got, attempt))
                continue
            return _checked(got)
        raise AssertionError("the last attempt returns or raises")

    def events(self, path: str, query: Query, last_event_id: str = "") -> Iterator[Event]:
        """Server-sent events, for as long as the connection lasts."""
        headers = {"accept": "text/event-stream"}
        if last_event_id:
            headers["last-event-id"] = last_event_id
        try:
            with self._http.stream(
                "GET", path, params=_params(query), headers=headers, timeout=httpx.Timeout(60.0, connect=10.0)
            ) as got:
                if got.status_code != 200:
                    got.read()
                    _checked(got)
                yield from _events(got.iter_lines())
        except httpx.TransportError as error:
            raise Unreachable(f"the API at {self._endpoint} does not answer (xc serve runs it): {error}") from error


def _events(lines: Iterator[str]) -> Iterator[Event]:
    """WHATWG HTML, 9.2.6: fields until an empty line."""
    id, kind, data, changed = "", "", list[str](), False
    for line in lines:
        if not line:
            if data or changed:
                yield Event(id, kind or "message", "\n".join(data))
            kind, data, changed = "", [], False
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            id, changed = value, True
        elif name == "event":
            kind = value
        elif name == "data":
            data.append(value)


def _params(query: Query | None) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for name, value in (query or {}).items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int):
            found[name] = str(value)
        else:
            found[name] = list(value)
    return found


def _pause(got: httpx.Response, attempt: int) -> float:
    said = got.headers.get("retry-after", "")
    return min(float(said), WAIT_MAX_S) if said.isdigit() else 0.5 * 2**attempt


def _checked(got: httpx.Response) -> Reply:
    if got.status_code < 400:
        return Reply(got.status_code, got.headers, got.content)
    try:
        details = msgspec.json.decode(got.content, type=ProblemDetails)
    except msgspec.DecodeError:
        # Not ours: a proxy in front, or another service at this address.
        words = " ".join(got.text.split())[:200]
        details = ProblemDetails(
            type="about:blank",
            title=got.reason_phrase,
            status=got.status_code,
            detail=f"{got.status_code} {got.reason_phrase}: {words}",
            code="answer.foreign",
        )
    raise ApiProblem(details)
