"""A gNMI client (openconfig/reference, gNMI 0.10) with the commit-confirmed extension (0.1.0 of 2023).

    path, value, message     paths, values and requests to protobuf's records and back     no sockets, no clock
    errors                   gRPC's status codes in the tree of errors
    session                  one connection, TLS always, a deadline on every call
    ping                     gNOI's System.Ping, of the same server

Invariant: a Set is never sent twice by itself. Where its answer is lost, what has become of it is asked of the target.
"""

from crossconnect.transport.gnmi.errors import (
    Denied,
    GnmiError,
    Invalid,
    NoAnswer,
    NotUnderstood,
    OutcomeUnknown,
    PreconditionFailed,
    Refused,
    TargetBusy,
    Unimplemented,
)
from crossconnect.transport.gnmi.message import (
    Cancel,
    Capabilities,
    CommitAction,
    CommitFor,
    Confirm,
    Done,
    Event,
    Leaf,
    Moved,
    SetOperations,
    Synced,
)
from crossconnect.transport.gnmi.path import Path, parse_path, path_text
from crossconnect.transport.gnmi.session import Session

__all__ = [
    "Cancel",
    "Capabilities",
    "CommitAction",
    "CommitFor",
    "Confirm",
    "Denied",
    "Done",
    "Event",
    "GnmiError",
    "Invalid",
    "Leaf",
    "Moved",
    "NoAnswer",
    "NotUnderstood",
    "OutcomeUnknown",
    "Path",
    "PreconditionFailed",
    "Refused",
    "Session",
    "SetOperations",
    "Synced",
    "TargetBusy",
    "Unimplemented",
    "parse_path",
    "path_text",
]
