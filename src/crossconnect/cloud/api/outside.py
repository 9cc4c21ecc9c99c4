"""The answer to what no operation is there for: another path, another method, a mistake of ours on the way to one.

Litestar --> `recorded` (who calls? audit record) --> `answer`
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request as HttpRequest
from litestar.exceptions import HTTPException
from litestar.types import Scope

from crossconnect.cloud.api.gate import Dialect, Gate, problem
from crossconnect.cloud.api.operation import Answer
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import BODY_TOO_LARGE, INTERNAL, METHOD, NOT_FOUND
from crossconnect.cloud.resource import Refused

log = logging.getLogger("crossconnect.cloud.api")

_NOTE = "crossconnect.outside"
"""Where in the scope of a request it stands what is answered."""


def recorded(gate: Gate) -> Callable[[Exception, Scope], Awaitable[None]]:
    """What is done when a request has come to no operation, before it is answered: nothing is without a record."""

    async def note(error: Exception, scope: Scope) -> None:
        if scope["type"] != "http":
            return
        request: HttpRequest[Any, Any, Any] = HttpRequest(scope)
        request_id, refusal = f"req-{secrets.token_hex(10)}", _refusal(request, error)
        scope.setdefault("state", {})[_NOTE] = request_id, refusal
        try:
            await gate.record_outside(request, request_id, refusal)
        except Refused as refused:
            scope["state"][_NOTE] = request_id, refused
        except Exception:
            log.exception("%s %s is not recorded (%s)", request.method, scope["path"], request_id)
            scope["state"][_NOTE] = request_id, _mistake()

    return note


def answer(request: HttpRequest[Any, Any, Any], error: Exception, dialect: Dialect | None = None) -> Answer:
    """The answer to it, once it is recorded. `dialect`: how its client speaks, if not as we do."""
    request_id, refusal = request.scope["state"][_NOTE]
    status = refusal.status if isinstance(refusal, Refused) else refusal.code.status
    headers = () if isinstance(refusal, Refused) else refusal.headers
    if status == INTERNAL.status:
        log.error("%s %s failed (%s)", request.method, request.scope["path"], request_id, exc_info=error)
    found = (dialect.problem if dialect else problem)(refusal, status, headers, request_id)
    return msgspec.structs.replace(found, headers=(("request-id", request_id), *found.headers))


def _refusal(request: HttpRequest[Any, Any, Any], error: Exception) -> Denied:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if isinstance(error, HTTPException) and status == METHOD.status:
        allowed = (error.headers or {}).get("allow", "")
        return Denied(METHOD, f"{request.method} is not possible here; {allowed} are", headers=(("allow", allowed),))
    if status == BODY_TOO_LARGE.status:
        return Denied(BODY_TOO_LARGE, "the body is larger than the API reads")
    if 400 <= status < 500:
        return Denied(NOT_FOUND, "there is nothing under this path")
    return _mistake()


def _mistake() -> Denied:
    return Denied(INTERNAL, "the request could not be carried out by a mistake of ours")
