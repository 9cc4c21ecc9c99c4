"""Every kind of refusal of the service; decisions and the API have their own."""

from __future__ import annotations

from crossconnect.cloud.problems import ProblemKind

PROBLEMS = (
    ProblemKind(
        "<kind>.in-use", 409, "Others still use it: `uses` lists up to 100 of them. Delete or change them first."
    ),
    ProblemKind("audit.range", 400, "`after` is not negative, `limit` is 1 to 1,000."),
    ProblemKind("caller.not-admin", 403, "This is for operators of the region."),
    ProblemKind("changes.gone", 410, "So old changes have been cleared away. List, and go on from there."),
    ProblemKind("changes.range", 400, "`after` is not negative, `limit` is 1 to 1,000."),
    ProblemKind("claim.taken", 409, "The command asks for one address or number twice."),
    ProblemKind("filter.malformed", 400, "A filter with control characters."),
    ProblemKind("filter.state", 400, "That is no state of a resource. The message lists those there are."),
    ProblemKind("filter.too-many", 400, "A filter has 200 values at most."),
    ProblemKind("filter.unknown", 400, "The kind has no such filter. The message lists those it has."),
    ProblemKind("idempotency.malformed", 400, "An idempotency token is 1 to 64 printable ASCII characters, no space."),
    ProblemKind(
        "idempotency.mismatch",
        409,
        "The token came with another request in the last 24 hours. One token for one request.",
    ),
    ProblemKind("key.malformed", 422, "That is no time of RFC 3339 with a zone."),
    ProblemKind("limit.range", 400, "A page has 1 to 1,000 resources."),
    ProblemKind("marker.malformed", 400, "A marker is the `next` of the page before."),
    ProblemKind("project.exists", 409, "There is a project of that id."),
    ProblemKind(
        "project.id-used",
        409,
        "There was a project of that id. Its audit record, its changes and what tokens and policies say of it are no "
        "other's. Take another id.",
    ),
    ProblemKind("project.in-use", 409, "Something is in it still: `uses` lists up to 100 of it. Delete that first."),
    ProblemKind("quota.exceeded", 409, "The project has as many of the kind as it may. Ask an operator for more."),
    ProblemKind("quota.range", 422, "A quota is 0 to 2^53."),
    ProblemKind("quota.unknown", 422, "That is neither a kind nor a limit."),
    ProblemKind("store.busy", 503, "Too many commands wait. Nothing has been done; try again."),
    ProblemKind("store.unavailable", 503, "The database does not answer. Nothing has been done; try again."),
    ProblemKind(
        "store.unknown",
        503,
        "The database went away while it confirmed, and could not be asked afterwards: the command may have been "
        "carried out. Send it again under the same idempotency token, or look.",
    ),
    ProblemKind("tags.no-key", 422, "A tag's key is not empty."),
    ProblemKind("tags.too-many", 422, "A resource has 50 tags at most."),
    ProblemKind(
        "text.control-character",
        422,
        "No control characters, no line breaks, no characters that turn the direction of text, no lone surrogates.",
    ),
    ProblemKind(
        "text.too-long",
        422,
        "A tag's key has 128 characters at most, its value 256, any other text 255.",
    ),
)
"""For the reference."""
