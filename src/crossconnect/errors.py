"""Operating errors: what can go wrong in the shell around the pure core.

    CrossconnectError
    +-- Retryable            the same call may succeed later
    |   +-- Unreachable      a device, daemon or service does not answer
    |   +-- Busy             somebody else holds what we need
    |   +-- Stale            the world moved on since the input was made
    +-- Permanent            the same call will fail again
        +-- BadInput         files or arguments that cannot be used (exit code 2)
        +-- Rejected         the other side understood and refused
        +-- Unauthorised     the other side does not take us for who we say we are, or does not let us
        +-- Untrusted        we do not take the other side for who it says it is: host key, certificate
        +-- LimitExceeded    more than we are willing to read, hold or send
        +-- Unsupported      this host, kernel or daemon cannot do it

User mistakes in a region's files and failed checks are not exceptions but values (`finding.Finding`).
A message says which operation failed; the cause is chained with `raise ... from`.
"""


class CrossconnectError(Exception):
    """Root of all operating errors."""


class Retryable(CrossconnectError):
    """The same call may succeed later."""


class Unreachable(Retryable):
    """A device, daemon or service does not answer."""


class Busy(Retryable):
    """Somebody else holds what the call needs."""


class Stale(Retryable):
    """The world has changed since the call's input was made."""


class Permanent(CrossconnectError):
    """The same call will fail again."""


class BadInput(Permanent):
    """Files or arguments that cannot be used; the command line exits with 2."""


class Rejected(Permanent):
    """The other side understood the request and refused it."""


class Unauthorised(Permanent):
    """The other side does not take our credentials, or does not let us do this. The message has no secret in it."""


class Untrusted(Permanent):
    """The other side's host key or certificate is not one that we know; nothing was sent to it."""


class LimitExceeded(Permanent):
    """More than we are willing to read, hold or send; the message says the limit."""


class Unsupported(Permanent):
    """This host, kernel or daemon cannot do what is asked; the message says what is missing."""
