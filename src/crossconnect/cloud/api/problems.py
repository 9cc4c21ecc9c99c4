"""Every kind of refusal of the API itself; decisions and service have their own."""

from __future__ import annotations

from crossconnect.cloud.problems import ProblemKind

BODY_MALFORMED = ProblemKind(
    "body.malformed", 400, "The body is not JSON in UTF-8. Send one JSON object; nothing before or behind it."
)
BODY_TOO_LARGE = ProblemKind(
    "body.too-large", 413, "The body is larger than the API reads. Split it: one resource per request."
)
BODY_SLOW = ProblemKind("body.too-slow", 408, "The body did not arrive in time. Send it again.")
BODY_TYPE = ProblemKind(
    "body.media-type",
    415,
    "The body's Content-Type is not one that this operation takes. `application/json` to create, "
    "`application/merge-patch+json` to change. Or it has a Content-Encoding: it is taken as it is only.",
)
BODY_FIELD = ProblemKind(
    "body.field",
    422,
    "A field is unknown, missing or of another type. The field's type stands in the OpenAPI document.",
)
QUERY_UNKNOWN = ProblemKind(
    "query.unknown", 400, "A query parameter that this operation does not have. The message lists those it has."
)
QUERY_MALFORMED = ProblemKind(
    "query.malformed", 400, "A query parameter's value cannot be one. The message says what is expected."
)
HEADER_MALFORMED = ProblemKind(
    "header.malformed", 400, "A header's value cannot be one. The message says what is expected."
)
UNAUTHENTICATED = ProblemKind(
    "authentication.required",
    401,
    "There is no credential, or none that is valid: unknown, revoked, expired, or not meant for this API. "
    "Send `Authorization: Bearer <API key or token>`.",
)
KEYS_UNAVAILABLE = ProblemKind(
    "authentication.keys-unavailable",
    503,
    "The identity provider's keys cannot be had, so no token can be judged. Try again; API keys work meanwhile.",
)
FORBIDDEN = ProblemKind(
    "authorisation.denied", 403, "No policy allows this, or one forbids it. Ask your project's administrator."
)
NOT_FOUND = ProblemKind("path.not-found", 404, "There is nothing under this path. `/openapi.json` lists all paths.")
METHOD = ProblemKind("path.method", 405, "The path does not know this method. `Allow` lists those it knows.")
PRECONDITION = ProblemKind(
    "precondition.failed",
    412,
    "The resource has changed since: its ETag is not the one of `If-Match`. Read it again, and decide again.",
)
RATE_LIMITED = ProblemKind(
    "rate.limited", 429, "More requests than the project may make in that time. Wait as long as `Retry-After` says."
)
INTERNAL = ProblemKind(
    "internal.error", 500, "A mistake of ours. Report it with the `request_id`; the log has the rest."
)
UNAVAILABLE = ProblemKind(
    "service.unavailable", 503, "The database does not answer, or the API is ending. Try again after `Retry-After`."
)
API_KEY_ROLE = ProblemKind(
    "api-key.role-unknown",
    422,
    "A key of a project has roles admin, member, reader; one of the region operator, auditor.",
)
API_KEY_NO_ROLE = ProblemKind("api-key.no-role", 422, "A key without a role could do nothing.")
API_KEY_EXPIRY = ProblemKind("api-key.expiry-malformed", 422, "That is no time of RFC 3339 with a zone.")
API_KEY_PAST = ProblemKind("api-key.expiry-past", 422, "The time at which the key expires is over.")
PROJECT_QUOTA = ProblemKind("project.quota-range", 422, "A quota is 0 to 10,000,000.")

PROBLEMS = (
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
    API_KEY_ROLE,
    API_KEY_NO_ROLE,
    API_KEY_EXPIRY,
    API_KEY_PAST,
    PROJECT_QUOTA,
)
"""For the reference."""
