"""What is answered when a request is not carried out: problem details (RFC 9457) with stable codes."""

from __future__ import annotations

import http
import re
from collections.abc import Sequence

import msgspec

from crossconnect.cloud.resource import Problem, Refused, Use

MEDIA_TYPE = "application/problem+json"


class ProblemCode(msgspec.Struct, frozen=True):
    """A way in which the API refuses: stable code, HTTP status (RFC 9110), meaning, and what to do."""

    name: str
    status: int
    meaning: str
    hint: str


BODY_MALFORMED = ProblemCode(
    "body.malformed", 400, "The body is not JSON in UTF-8.", "Send one JSON object; nothing before or behind it."
)
BODY_TOO_LARGE = ProblemCode(
    "body.too-large", 413, "The body is larger than the API reads.", "Split it: one resource per request."
)
BODY_SLOW = ProblemCode("body.too-slow", 408, "The body did not arrive in time.", "Send it again.")
BODY_TYPE = ProblemCode(
    "body.media-type",
    415,
    "The body's Content-Type is not one that this operation takes.",
    "`application/json` to create, `application/merge-patch+json` to change.",
)
BODY_FIELD = ProblemCode(
    "body.field",
    422,
    "A field is unknown, missing or of another type.",
    "The field's type stands in the OpenAPI document.",
)
QUERY_UNKNOWN = ProblemCode(
    "query.unknown", 400, "A query parameter that this operation does not have.", "The message lists those it has."
)
QUERY_MALFORMED = ProblemCode(
    "query.malformed", 400, "A query parameter's value cannot be one.", "The message says what is expected."
)
HEADER_MALFORMED = ProblemCode(
    "header.malformed", 400, "A header's value cannot be one.", "The message says what is expected."
)
UNAUTHENTICATED = ProblemCode(
    "authentication.required",
    401,
    "There is no credential, or none that is valid: unknown, revoked, expired, or not meant for this API.",
    "Send `Authorization: Bearer <API key or token>`.",
)
KEYS_UNAVAILABLE = ProblemCode(
    "authentication.keys-unavailable",
    503,
    "The identity provider's keys cannot be had, so no token can be judged.",
    "Try again; API keys work meanwhile.",
)
FORBIDDEN = ProblemCode(
    "authorisation.denied", 403, "No policy allows this, or one forbids it.", "Ask your project's administrator."
)
NOT_FOUND = ProblemCode("path.not-found", 404, "There is nothing under this path.", "`/openapi.json` lists all paths.")
METHOD = ProblemCode("path.method", 405, "The path does not know this method.", "`Allow` lists those it knows.")
PRECONDITION = ProblemCode(
    "precondition.failed",
    412,
    "The resource has changed since: its ETag is not the one of `If-Match`.",
    "Read it again, and decide again.",
)
RATE_LIMITED = ProblemCode(
    "rate.limited", 429, "More requests than the project may make in that time.", "Wait as long as `Retry-After` says."
)
INTERNAL = ProblemCode(
    "internal.error", 500, "A mistake of ours.", "Report it with the `request_id`; the log has the rest."
)
UNAVAILABLE = ProblemCode(
    "service.unavailable", 503, "The database does not answer, or the API is ending.", "Try again after `Retry-After`."
)

CODES = (
    BODY_MALFORMED,
    BODY_TOO_LARGE,
    BODY_SLOW,
    BODY_TYPE,
    BODY_FIELD,
    QUERY_UNKNOWN,
    QUERY_MALFORMED,
    HEADER_MALFORMED,
    UNAUTHENTICATED,
    KEYS_UNAVAILABLE,
    FORBIDDEN,
    NOT_FOUND,
    METHOD,
    PRECONDITION,
    RATE_LIMITED,
    INTERNAL,
    UNAVAILABLE,
)
"""Of the API itself; decisions have codes of their own, which begin with the kind."""


class FieldError(msgspec.Struct, frozen=True):
    """One thing that is wrong. `field` is a JSON pointer (RFC 6901) into the body; empty: the request as a whole."""

    code: str
    message: str
    field: str = ""


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457). `code` is the first error's; `uses` says what stands in the way of a deletion."""

    type: str
    """`urn:crossconnect:problem:` and the code."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    detail: str
    """All that is wrong, for people."""
    code: str
    """Stable; for programs."""
    errors: tuple[FieldError, ...] = ()
    """All that is wrong, one by one."""
    uses: tuple[Use, ...] = ()
    """Resources that still use the one to delete."""
    request_id: str = ""
    """Also in the audit record and in our log."""


class Denied(Exception):
    """A request that ends with a problem of the API itself, and the headers that go with it. Raised in the API's shell
    only, and turned into an answer at one place."""

    def __init__(self, code: ProblemCode, message: str, field: str = "", headers: Sequence[tuple[str, str]] = ()):
        """`message` says what was wrong with this request."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.headers = tuple(headers)


def details_of(error: Denied | Refused, request_id: str) -> ProblemDetails:
    """The document that says why a request was not carried out."""
    if isinstance(error, Refused):
        return _details(error.status, error.problems, error.uses, request_id)
    return _details(error.code.status, (Problem(error.code.name, error.message, error.field),), (), request_id)


def _details(status: int, problems: tuple[Problem, ...], uses: tuple[Use, ...], request_id: str) -> ProblemDetails:
    code = problems[0].code
    return ProblemDetails(
        type=f"urn:crossconnect:problem:{code}",
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail="; ".join(problem.message for problem in problems),
        code=code,
        errors=tuple(FieldError(problem.code, problem.message, problem.field) for problem in problems),
        uses=uses,
        request_id=request_id,
    )


_PLACE = re.compile(r"(?P<what>.*?)(?: - at `(?P<key>key in )?\$(?P<path>[^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_NAMED = re.compile(r"Object (?:contains unknown|missing required) field `([^`]*)`")


def field_error(error: msgspec.ValidationError) -> FieldError:
    """What msgspec says about a body, with the field as JSON pointer."""
    found = _PLACE.fullmatch(str(error))
    what, path = (found["what"], found["path"] or "") if found else (str(error), "")
    pointer = "".join(f"/{escaped(name or number)}" for name, number in _STEP.findall(path))
    if named := _NAMED.match(what):
        pointer += f"/{escaped(named[1])}"
    return FieldError(BODY_FIELD.name, what[0].lower() + what[1:], pointer)


def escaped(name: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
