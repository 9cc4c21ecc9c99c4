"""What can go wrong with a gNMI target.

    CrossconnectError
    +-- GnmiError
        +-- NoAnswer            (Unreachable)  nobody there, TLS does not accept them, or too slow; nothing was changed
        +-- OutcomeUnknown                     a Set was sent and its answer did not come: done, or not, or still to be
        +-- TargetBusy          (Busy)         short of something, or somebody else is at it
        +-- Denied              (Rejected)     user, password, certificate or rights
        +-- PreconditionFailed  (Rejected)     a commit is pending where none may be, or none where one must be
        +-- Refused             (Rejected)     any other refusal: path, value, what the configuration's rules say
        +-- Unimplemented       (Unsupported)  this target has not what is asked for
        +-- NotUnderstood       (Permanent)    the answer is none, or larger than it may be

`OutcomeUnknown` is neither retryable nor permanent, on purpose: a target may carry out what it received after we have
gone. Messages have the operation, the target and the target's words; never metadata, which carries the password.
"""

from __future__ import annotations

from crossconnect.errors import Busy, CrossconnectError, Permanent, Rejected, Unreachable, Unsupported

DETAIL_MAX = 400
"""Characters of the target's own words that are kept: enough for a path and a reason."""


class GnmiError(CrossconnectError):
    """Root of what this package raises."""


class NoAnswer(GnmiError, Unreachable):
    """Nobody answers there in time, or TLS does not accept them. Nothing was changed."""


class OutcomeUnknown(GnmiError):
    """A Set was sent and its answer did not come."""


class TargetBusy(GnmiError, Busy):
    """The target is short of something, or works for somebody else."""


class Denied(GnmiError, Rejected):
    """User, password, certificate or rights are not accepted."""


class PreconditionFailed(GnmiError, Rejected):
    """A commit waits for its confirmation where none may, or none does where one must."""


class Refused(GnmiError, Rejected):
    """The target refuses what is asked."""


class Unimplemented(GnmiError, Unsupported):
    """The target has not what is asked for."""


class NotUnderstood(GnmiError, Permanent):
    """The answer is not one of gNMI's, or larger than it may be."""


_KINDS: dict[str, type[GnmiError]] = {
    "UNAVAILABLE": NoAnswer,
    "DEADLINE_EXCEEDED": NoAnswer,
    "CANCELLED": NoAnswer,
    "RESOURCE_EXHAUSTED": TargetBusy,
    "ABORTED": TargetBusy,
    "UNAUTHENTICATED": Denied,
    "PERMISSION_DENIED": Denied,
    "FAILED_PRECONDITION": PreconditionFailed,
    "UNIMPLEMENTED": Unimplemented,
    "INTERNAL": NotUnderstood,
    "DATA_LOSS": NotUnderstood,
    "UNKNOWN": Refused,
}
_LOST = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "UNKNOWN"})
"""Codes with which an answer that was on its way may have been lost; gRPC's own library gives them too."""


def error_of(code: str, detail: str, where: str, *, changing: bool = False, connected: bool = True) -> GnmiError:
    """The exception for gRPC's status `code`; `where` says operation and target. A call that is `changing` something,
    on a connection that was `connected`, may have been carried out though its answer did not come."""
    said = f"{where}: {code}" + (f": {' '.join(detail.split())[:DETAIL_MAX]}" if detail else "")
    if changing and connected and code in _LOST:
        return OutcomeUnknown(said)
    return _KINDS.get(code, Refused)(said)
