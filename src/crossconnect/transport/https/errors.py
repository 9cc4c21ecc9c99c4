"""What can go wrong with a device's HTTPS interface, besides Unauthorised, Untrusted and LimitExceeded.

    CrossconnectError
    +-- HttpsError
        +-- NoAnswer        (Unreachable)  nobody there, or too slow; nothing was changed
        +-- OutcomeUnknown                 a change was sent and its answer did not come
        +-- CommandRefused  (Rejected)     the device refused a command; the ones before it may have been carried out
        +-- NotUnderstood   (Permanent)    the answer is not JSON-RPC, or not of the form that is known

Messages have the operation, the device and its own words with secrets taken out; never a request.
"""

from __future__ import annotations

from crossconnect.errors import CrossconnectError, Permanent, Rejected, Unreachable


class HttpsError(CrossconnectError):
    """Root of what this package raises."""


class NoAnswer(HttpsError, Unreachable):
    """Nobody answers there in time. Nothing was changed."""


class OutcomeUnknown(HttpsError):
    """A change was sent and its answer did not come: done, or not, or still to be."""


class CommandRefused(HttpsError, Rejected):
    """The device refused a command."""


class NotUnderstood(HttpsError, Permanent):
    """The answer is not of the form that is known."""
