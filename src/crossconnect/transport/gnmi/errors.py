"""What can go wrong with a gNMI target, besides Untrusted and LimitExceeded.

    CrossconnectError
    +-- GnmiError
        +-- NoAnswer            (Unreachable)   nobody there, or too slow; nothing was changed
        +-- OutcomeUnknown                      a Set was sent and its answer did not come: done, or not, or still to be
        +-- TargetBusy          (Busy)          short of something, or somebody else is at it
        +-- Denied              (Unauthorised)  user, password, certificate or rights
        +-- PreconditionFailed  (Rejected)      a commit is pending where none may be, or none where one must be
        +-- Refused             (Rejected)      any other refusal: path, value, what the configuration's rules say
        |   +-- Invalid                         of them: what was asked makes no sense; another's commit id too
        +-- Unimplemented       (Unsupported)   this target has not what is asked for
        +-- NotUnderstood       (Permanent)     the answer is none of gNMI's

`OutcomeUnknown` is neither retryable nor permanent, on purpose: a target may carry out what it received after we have
gone. Messages have the operation, the target and the target's words; never metadata, which carries the password.
"""

from __future__ import annotations

from crossconnect.errors import (
    Busy,
    CrossconnectError,
    LimitExceeded,
    Permanent,
    Rejected,
    Unauthorised,
    Unreachable,
    Unsupported,
    Untrusted,
)

DETAIL_MAX = 400
"""Characters of the target's own words that are kept: enough for a path and a reason."""


class GnmiError(CrossconnectError):
    """Root of what this package raises."""


class NoAnswer(GnmiError, Unreachable):
    """Nobody answers there in time. Nothing was changed."""


class OutcomeUnknown(GnmiError):
    """A Set was sent and its answer did not come."""


class TargetBusy(GnmiError, Busy):
    """The target is short of something, or works for somebody else."""


class Denied(GnmiError, Unauthorised):
    """User, password, certificate or rights are not accepted."""


class PreconditionFailed(GnmiError, Rejected):
    """A commit waits for its confirmation where none may, or none does where one must."""


class Refused(GnmiError, Rejected):
    """The target refuses what is asked."""


class Invalid(Refused):
    """What is asked makes no sense to the target: a path, a value, an id that is not the pending commit's."""


class Unimplemented(GnmiError, Unsupported):
    """The target has not what is asked for."""


class NotUnderstood(GnmiError, Permanent):
    """The answer is not one of gNMI's."""


_KINDS: dict[str, type[GnmiError]] = {
    "UNAVAILABLE": NoAnswer,
    "DEADLINE_EXCEEDED": NoAnswer,
    "CANCELLED": NoAnswer,
    "RESOURCE_EXHAUSTED": TargetBusy,
    "ABORTED": TargetBusy,
    "UNAUTHENTICATED": Denied,
    "PERMISSION_DENIED": Denied,
    "INVALID_ARGUMENT": Invalid,
    "FAILED_PRECONDITION": PreconditionFailed,
    "UNIMPLEMENTED": Unimplemented,
    "INTERNAL": NotUnderstood,
    "DATA_LOSS": NotUnderstood,
    "UNKNOWN": Refused,
}
_LOST = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"})
"""Codes with which an answer that was on its way may have been lost; gRPC's own library gives them too."""
_NOT_SENT = ("failed to connect", "connection refused", "dns resolution failed")
_UNTRUSTED = ("certificate_verify_failed", "peer certificate", "hostname verification", "ssl_error_ssl: unknown ca")
_TOO_LARGE = ("received message larger than max",)


def error_of(code: str, detail: str, where: str, *, changing: bool = False) -> CrossconnectError:
    """The exception for gRPC's status `code`; `where` says operation and target. A call that is `changing` something
    may have been carried out though its answer did not come. gRPC's library says only in words why it has no
    connection, so they are looked at."""
    words = " ".join(detail.split())
    low = words.lower()
    said = f"{where}: {code}" + (f": {words[:DETAIL_MAX]}" if words else "")
    if code == "UNAVAILABLE" and any(part in low for part in _UNTRUSTED):
        return Untrusted(said)
    if code == "RESOURCE_EXHAUSTED" and any(part in low for part in _TOO_LARGE):
        return OutcomeUnknown(said) if changing else LimitExceeded(said)
    if changing and code in _LOST and not any(part in low for part in _NOT_SENT):
        return OutcomeUnknown(said)
    return _KINDS.get(code, Refused)(said)
