"""What is answered when a request is not carried out: problem details (RFC 9457) with stable codes."""

from __future__ import annotations

import http
import re
from collections.abc import Sequence

import msgspec

from crossconnect.cloud.api.problems import BODY_FIELD
from crossconnect.cloud.problems import ProblemKind
from crossconnect.cloud.resource import Problem, Refused, Use

MEDIA_TYPE = "application/problem+json"


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

    def __init__(self, code: ProblemKind, message: str, field: str = "", headers: Sequence[tuple[str, str]] = ()):
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
    return _details(error.code.status, (Problem(error.code.code, error.message, error.field),), (), request_id)


def _details(status: int, problems: tuple[Problem, ...], uses: tuple[Use, ...], request_id: str) -> ProblemDetails:
    code = problems[0].code
    return ProblemDetails(
        type=f"urn:crossconnect:problem:{code}",
        title=title_of(status),
        status=status,
        detail="; ".join(problem.message for problem in problems),
        code=code,
        errors=tuple(FieldError(problem.code, problem.message, problem.field) for problem in problems),
        uses=uses,
        request_id=request_id,
    )


_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 has them; Python has older ones."""


def title_of(status: int) -> str:
    """A status in words."""
    return _TITLES.get(status) or http.HTTPStatus(status).phrase


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
    return FieldError(BODY_FIELD.code, what[0].lower() + what[1:], pointer)


def escaped(name: str) -> str:
    """A name as one step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
