"""The way of every request, whatever the operation.

client --> failed too often? --> authentication --> rate limit --> authorisation --> query --> handler --> answer
                429                   401                429             403           400        |
                                                                                  Denied, Refused --> problem
... and at the end of each: one audit record, by the service or by us, and the metrics.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec
from litestar import Request as HttpRequest
from litestar.exceptions import HTTPException

from crossconnect.cloud.api import query
from crossconnect.cloud.api.authentication import Authentication
from crossconnect.cloud.api.authorisation import Action, Policies, Question
from crossconnect.cloud.api.metrics import Metrics
from crossconnect.cloud.api.operation import Answer, Call, Operation
from crossconnect.cloud.api.principal import PROJECT_ID
from crossconnect.cloud.api.problem import MEDIA_TYPE, Denied, details_of
from crossconnect.cloud.api.problems import (
    BODY_MALFORMED,
    BODY_SLOW,
    BODY_TOO_LARGE,
    BODY_TYPE,
    FORBIDDEN,
    HEADER_MALFORMED,
    INTERNAL,
    RATE_LIMITED,
)
from crossconnect.cloud.api.rate import Buckets, Limit
from crossconnect.cloud.api.realising import Realising
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import AuditRecord, Caller, Request, Service

log = logging.getLogger("crossconnect.cloud.api")

BODY_TIME_MAX_S = 30.0
PATH_MAX = 1024
"""Characters of a path in the audit record."""
FAILURES = Limit(per_second=1.0, burst=20)
"""Failed authentications of one address, by what looks like a key or token: twenty at once, then one a second. Guessing
keys is hopeless at any rate; this keeps the database's time for others. What is no credential costs nothing, and is
refused with 401 however often it comes."""
ACCEPTED_MAX = 10_000
"""Credentials that were good, whose holders are let in while their address is refused for failed attempts."""
_ACTIONS: Mapping[str, Action] = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
"""What a method means where no operation says it; the others read."""
_RETRY = {503: ("retry-after", "2")}


class Dialect(Protocol):
    """How clients of one API say who they are, and are told what is wrong."""

    async def headers(self, operation: Operation, request: HttpRequest) -> Mapping[str, str]:
        """Headers by their names in lower case, the credential in `authorization`, the project in `project-id`."""
        ...

    def expect(self, operation: Operation, values: query.Values) -> None:
        """Denied where the query has what the operation does not know."""
        ...

    def problem(
        self, error: Denied | Refused, status: int, headers: tuple[tuple[str, str], ...], request_id: str
    ) -> Answer:
        """The answer to what is not carried out."""
        ...


class _Own:
    """How clients of our own API speak."""

    async def headers(self, operation: Operation, request: HttpRequest) -> Mapping[str, str]:
        """As they are."""
        return request.headers

    def expect(self, operation: Operation, values: query.Values) -> None:
        """The operation's parameters, and no others."""
        query.expect(values, [p.name for p in operation.parameters if p.place == "query"])

    def problem(
        self, error: Denied | Refused, status: int, headers: tuple[tuple[str, str], ...], request_id: str
    ) -> Answer:
        """Problem details (RFC 9457)."""
        return problem(error, status, headers, request_id)


_OWN = _Own()


class Gate:
    """What requests pass; one per process."""

    def __init__(
        self,
        service: Service,
        authentication: Authentication,
        policies: Policies,
        limit: Limit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit` is each project's."""
        self.service = service
        self.metrics = Metrics()
        self.realising: Realising | None = None
        """The realiser; none where nobody is to realise anything in this process."""
        self._authentication = authentication
        self._policies = policies
        self._projects = Buckets(limit)
        self._failures = Buckets(FAILURES)
        self._accepted: OrderedDict[bytes, None] = OrderedDict()
        self._clock = clock

    async def answer(self, operation: Operation, request: HttpRequest, dialect: Dialect | None = None) -> Answer:
        """The answer to a request, whatever happens. `dialect`: how its client speaks, if not as we do."""
        dialect = dialect or _OWN
        begun = time.perf_counter()
        id, name = (str(request.path_params.get(word, "")) for word in ("id", "name"))
        call = Call(f"req-{secrets.token_hex(10)}", id, request.headers, name)
        call.realising = self.realising
        headers: list[tuple[str, str]] = [("request-id", call.request_id)]
        denied, code = False, ""
        try:
            call.headers = await dialect.headers(operation, request)
            if not operation.public:
                await self._identify(request, call, headers, of_region=operation.kind == "project")
            call.query = query.parse(request.scope["query_string"])
            dialect.expect(operation, call.query)
            call.dry_run = query.flag(call.query, "dry_run")
            if not operation.public:
                self._authorise(operation, call)
                call.lasting = functools.partial(self._lasts, call)
            if operation.body is not None:
                call.body = await _body(request)
            answer = await operation.handler(call)
        except Denied as error:
            denied = error.code.status in (401, 403, 429)
            answer, code = dialect.problem(error, error.code.status, error.headers, call.request_id), error.code.code
        except Refused as error:
            answer, code = dialect.problem(error, error.status, (), call.request_id), error.problems[0].code
        except Exception:
            log.exception("%s %s failed (%s)", request.method, operation.path, call.request_id)
            broken = Denied(INTERNAL, "the request could not be carried out by a mistake of ours")
            answer, code = dialect.problem(broken, 500, (), call.request_id), INTERNAL.code
            call.reached = False
        if not call.reached and not operation.quiet:
            try:
                await self._record(operation.action, operation.kind, call, answer.status, code, denied=denied)
            except Refused as error:  # nothing is answered without a record
                answer = dialect.problem(error, error.status, (), call.request_id)
        self.metrics.count(operation.name, answer.status, time.perf_counter() - begun)
        return msgspec.structs.replace(answer, headers=(*headers, *answer.headers))

    async def record_outside(self, request: HttpRequest, request_id: str, refusal: Denied) -> None:
        """A call that no operation is there for, in the audit record, with who made it where that can be known.
        Refused (503) where it cannot be recorded."""
        # In the record of the caller's own project, whichever the request names: that is nothing that was allowed.
        token = request.headers.get("x-auth-token", "")
        header = request.headers.get("authorization") or (f"Bearer {token}" if token else "")
        call = Call(request_id, "", {"authorization": header})
        with contextlib.suppress(Denied):  # what is refused is the path
            await self._identify(request, call, [], of_region=False)
        action = _ACTIONS.get(request.method, "get")
        await self._record(action, "", call, refusal.code.status, refusal.code.code, denied=False)

    async def _identify(
        self, request: HttpRequest, call: Call, headers: list[tuple[str, str]], *, of_region: bool
    ) -> None:
        """Find out who calls, and for which project; Denied where that is not known, or comes too often. `of_region`:
        what is asked is of no project."""
        address, now = _address(request), self._clock()
        header = call.headers.get("authorization", "")
        presented, costs = _digest(header), self._authentication.costs(header)
        path = request.scope["path"][:PATH_MAX]
        made = Request(id=call.request_id, source=address, method=request.method, path=path)
        call.caller = Caller(principal="", project_id="", request=made)
        looked = self._failures.take(address, now, tokens=0)
        if costs and not looked.allowed and presented not in self._accepted:
            fields = self._failures.headers(looked)
            raise Denied(RATE_LIMITED, "too many failed authentications from this address", headers=fields)
        try:
            call.principal, credential = await self._authentication.principal(header, now)
        except Denied as error:
            if error.code.status == 401 and costs:
                self._failures.take(address, now)
                self._accepted.pop(presented, None)
            raise
        self._accept(presented)
        principal, made = call.principal, msgspec.structs.replace(made, credential_id=credential)
        call.caller = Caller(principal=principal.id, project_id="", roles=principal.roles, request=made)
        call.project_id = _project(call, of_region=of_region)
        call.caller = msgspec.structs.replace(call.caller, project_id=call.project_id)
        verdict = self._projects.take(principal.projects[0] if principal.projects else principal.id, now)
        headers += self._projects.headers(verdict)
        if not verdict.allowed:
            raise Denied(RATE_LIMITED, f"more requests than the project may make; one more in {verdict.wait_s:.1f} s")

    async def _lasts(self, call: Call) -> bool:
        """Whether who called would be the same, if he called now: keys are revoked, tokens expire, projects end."""
        try:
            principal, _ = await self._authentication.principal(call.headers.get("authorization", ""), self._clock())
        except Denied:
            return False
        return principal == call.principal

    def _accept(self, presented: bytes) -> None:
        """Remember that a credential was good: who shares an address with somebody that guesses is not locked out."""
        self._accepted[presented] = None
        self._accepted.move_to_end(presented)
        if len(self._accepted) > ACCEPTED_MAX:
            self._accepted.popitem(last=False)

    def _authorise(self, operation: Operation, call: Call) -> None:
        """Denied where no policy lets the caller do it."""
        assert call.principal is not None
        decision = self._policies.ask(
            Question(
                principal=call.principal,
                action=operation.action,
                kind=operation.kind,
                id=call.id,
                project=call.id if operation.kind == "project" else call.project_id,
                dry_run=call.dry_run,
                source_address=call.caller.request.source,
            )
        )
        # What policies let ask of the region as a whole, or for projects and keys, the service takes for an operator's.
        whole = operation.kind in ("project", "api_key") or not call.project_id
        call.caller = msgspec.structs.replace(
            call.caller,
            admin=decision.allowed and whole,
            request=msgspec.structs.replace(call.caller.request, policies=decision.policies),
        )
        if not decision.allowed:
            by = f" (policy {', '.join(decision.policies)})" if decision.policies else ""
            where = f"in project {call.project_id}" if call.project_id else "in the region"
            raise Denied(FORBIDDEN, f"{operation.action} of {operation.kind} {where} is not allowed{by}")
        if not call.project_id and not operation.of_region:
            raise Denied(HEADER_MALFORMED, "say by `Project-Id` for which project: this credential belongs to none")

    async def _record(self, action: Action, kind: str, call: Call, status: int, code: str, *, denied: bool) -> None:
        """One call that the service has made no record of."""
        record = AuditRecord(
            at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            project_id=_recorded_in(call, denied),
            principal=call.caller.principal,
            action=action,
            kind=kind,
            resource_id=call.id[:64],
            status=status,
            code=code,
            dry_run=call.dry_run,
            decision="deny" if denied else "allow",
            request=call.caller.request,
        )
        await self.service.record(record)


def _digest(text: str) -> bytes:
    """Of a credential, which is not to be kept itself."""
    return hashlib.sha256(text.encode()).digest()


def _project(call: Call, *, of_region: bool) -> str:
    """Which project a request is for: the one of its header, or the caller's own first one."""
    named = call.headers.get("project-id")
    if named is not None:
        if not PROJECT_ID.fullmatch(named):
            raise Denied(HEADER_MALFORMED, "Project-Id is no project's id: lower case letters, digits and -")
        return named
    if of_region or call.principal is None:
        return ""
    return call.principal.projects[0] if call.principal.projects else ""


def _recorded_in(call: Call, denied: bool) -> str:
    """In which project's record a call belongs. Who was refused in another's project is told in its own: the other one
    must not learn names from it, and the region's auditors see all."""
    if not denied or call.principal is None or call.project_id in call.principal.projects:
        return call.project_id
    return call.principal.projects[0] if call.principal.projects else ""


def _address(request: HttpRequest) -> str:
    client = request.scope["client"]
    return client[0] if client else ""


async def _body(request: HttpRequest) -> bytes:
    if (coding := request.headers.get("content-encoding", "identity").strip().lower()) not in ("", "identity"):
        fields = [("accept-encoding", "identity")]
        raise Denied(BODY_TYPE, f"the body is sent as it is, without Content-Encoding {coding[:40]!r}", headers=fields)
    try:
        async with asyncio.timeout(BODY_TIME_MAX_S):
            return await request.body()
    except TimeoutError:
        raise Denied(BODY_SLOW, f"the body did not arrive within {BODY_TIME_MAX_S:.0f} s") from None
    except HTTPException as error:
        if error.status_code == BODY_TOO_LARGE.status:
            raise Denied(BODY_TOO_LARGE, "the body is larger than the API reads") from None
        raise Denied(BODY_MALFORMED, "the body could not be read") from None


def problem(error: Denied | Refused, status: int, headers: tuple[tuple[str, str], ...], request_id: str) -> Answer:
    """The answer to what is not carried out (RFC 9457)."""
    body = msgspec.json.encode(details_of(error, request_id))
    more = (_RETRY[status],) if status in _RETRY and not headers else ()
    return Answer(status=status, body=body, media_type=MEDIA_TYPE, headers=(*headers, *more))


def possible(methods: Sequence[str]) -> Answer:
    """The answer to OPTIONS: what is possible under a path is in the OpenAPI document, for everybody."""
    head = ("HEAD",) if "GET" in methods else ()
    allowed = ", ".join(sorted({*methods, *head, "OPTIONS"}))
    return Answer(status=204, headers=(("request-id", f"req-{secrets.token_hex(10)}"), ("allow", allowed)))
