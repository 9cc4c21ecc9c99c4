"""What can go wrong with an OVSDB server.

    CrossconnectError
    +-- OvsdbError
        +-- NotConnected           (Unreachable)  no server would have us in time; nothing was sent
        +-- ConnectionLost         (Unreachable)  the connection ended with a request unanswered
        +-- OutcomeUnknown                        the connection ended with a transaction sent and not answered
        +-- ProtocolError          (Permanent)    the other side does not speak OVSDB
        |   +-- MessageTooLarge
        +-- NotSupported           (Unsupported)  this server has not what is asked for
        |   +-- UnknownName                       its schema has no such table or column
        +-- BadValue               (BadInput)     a value does not fit its column
        +-- Overrun                (Stale)        a reader of changes was too slow
        +-- RequestError           (Rejected)     the server refused a request other than a transaction
        +-- TransactionError                      the server answered that nothing was committed
            +-- ConstraintViolation, ReferentialIntegrity, DuplicateUuid, OutOfRange, Aborted, Refused  (Rejected)
            +-- TimedOut, NotOwner                (Stale)      a `wait` did not hold; the lock is not ours
            +-- ResourcesExhausted, Unavailable   (Busy)       the server is short of something, or has no quorum

`OutcomeUnknown` is neither retryable nor permanent, on purpose: the transaction may have been committed, may yet be
(a server reads what is in its socket after we have gone), or never will. See `once.py` for what to do.
"""

from __future__ import annotations

from crossconnect.errors import BadInput, Busy, CrossconnectError, Permanent, Rejected, Stale, Unreachable, Unsupported


class OvsdbError(CrossconnectError):
    """Root of what this package raises."""


class NotConnected(OvsdbError, Unreachable):
    """No server would have us in time. Nothing was sent."""


class ConnectionLost(OvsdbError, Unreachable):
    """The connection ended before a request was answered that changes nothing in the database."""


class OutcomeUnknown(OvsdbError):
    """A transaction was sent and the connection ended before its answer: committed, or not, or still to be."""


class ProtocolError(OvsdbError, Permanent):
    """The other side sent what is not OVSDB's JSON-RPC."""


class MessageTooLarge(ProtocolError):
    """A message is larger than the limit set for it."""


class NotSupported(OvsdbError, Unsupported):
    """This server, or the way in which it is used, has not what is asked for."""


class UnknownName(NotSupported):
    """The server's schema has no such table or column."""


class BadValue(OvsdbError, BadInput):
    """A value does not fit its column's type."""


class Overrun(OvsdbError, Stale):
    """A reader of changes fell further behind than its limit; it has to look at the replica as a whole again."""


class RequestError(OvsdbError, Rejected):
    """The server refused a request; `tag` is the error's name."""

    def __init__(self, method: str, tag: str, details: str = "") -> None:
        super().__init__(f"{method}: {tag}" + (f": {details}" if details else ""))
        self.tag = tag


class TransactionError(OvsdbError):
    """The server answered that the transaction was not committed.

    `tag` and `details` are the server's words (RFC 7047 section 3.1, "<error>"); `operation` is the index of the
    operation that failed, or the number of operations when it was the commit.
    """

    def __init__(self, tag: str, details: str, operation: int) -> None:
        super().__init__(f"operation {operation}: {tag}" + (f": {details}" if details else ""))
        self.tag = tag
        self.details = details
        self.operation = operation


class ConstraintViolation(TransactionError, Rejected):
    """A column's constraint, a table's index or its limit of rows would be broken."""


class ReferentialIntegrity(TransactionError, Rejected):
    """A strong reference would point to a row that is not there."""


class DuplicateUuid(TransactionError, Rejected):
    """Two inserts of one name, or a row with this UUID exists already."""


class OutOfRange(TransactionError, Rejected):
    """Arithmetic in a mutation left its domain or range."""


class Aborted(TransactionError, Rejected):
    """The transaction's own `abort` operation."""


class Refused(TransactionError, Rejected):
    """Any other refusal: syntax, unknown names, permissions, an operation that the server does not have."""


class TimedOut(TransactionError, Stale):
    """A `wait` operation's condition did not come true in its time."""


class NotOwner(TransactionError, Stale):
    """The transaction asserts a lock that this connection does not hold."""


class ResourcesExhausted(TransactionError, Busy):
    """The server has not the memory or the disk for it."""


class Unavailable(TransactionError, Busy):
    """The server cannot commit now: no leader, no quorum, the database is being converted."""


_KINDS: dict[str, type[TransactionError]] = {
    "constraint violation": ConstraintViolation,
    "referential integrity violation": ReferentialIntegrity,
    "duplicate uuid": DuplicateUuid,
    "duplicate uuid-name": DuplicateUuid,
    "domain error": OutOfRange,
    "range error": OutOfRange,
    "aborted": Aborted,
    "timed out": TimedOut,
    "not owner": NotOwner,
    "resources exhausted": ResourcesExhausted,
    "I/O error": ResourcesExhausted,
    "cluster error": Unavailable,
    "not leader": Unavailable,
    "canceled": Unavailable,
}


def transaction_error(tag: str, details: str, operation: int) -> TransactionError:
    """The exception for the server's error `tag` (RFC 7047 sections 4.1.3 and 5.2; ovsdb-server(7))."""
    return _KINDS.get(tag, Refused)(tag, details, operation)
