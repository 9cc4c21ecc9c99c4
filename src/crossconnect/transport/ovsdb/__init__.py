"""An OVSDB client (RFC 7047 with Open vSwitch's extensions), made for many rows a second and for faults.

    framing, codec    bytes to messages and back                         no sockets, no clock
    types, values, schema, operations, answers, tables                   what messages say
    dialogue          requests and answers of one connection
    leadership, backoff, monitor, lock                                   decisions, state over connections
    link, greeting, session, replica, once                               sockets, and what users hold

Invariant: a transaction is never sent twice by itself. What cannot be known is said so (`OutcomeUnknown`).
"""

from crossconnect.transport.ovsdb.backoff import Backoff
from crossconnect.transport.ovsdb.clock import Clock, SystemClock
from crossconnect.transport.ovsdb.errors import (
    Aborted,
    BadValue,
    ConnectionLost,
    ConstraintViolation,
    DuplicateUuid,
    MessageTooLarge,
    NotConnected,
    NotOwner,
    NotSupported,
    OutcomeUnknown,
    OutOfRange,
    Overrun,
    OvsdbError,
    ProtocolError,
    ReferentialIntegrity,
    Refused,
    RequestError,
    ResourcesExhausted,
    TimedOut,
    TransactionError,
    Unavailable,
    UnknownName,
)
from crossconnect.transport.ovsdb.lock import Lock
from crossconnect.transport.ovsdb.once import transact_once
from crossconnect.transport.ovsdb.operations import (
    ALL,
    Condition,
    Mutation,
    Operation,
    Result,
    abort,
    assert_lock,
    by_uuid,
    comment,
    delete,
    insert,
    mutate,
    named,
    require,
    require_none,
    rows,
    select,
    update,
    wait,
)
from crossconnect.transport.ovsdb.remote import Remote, Tls, parse_remotes
from crossconnect.transport.ovsdb.replica import Replica, Transaction
from crossconnect.transport.ovsdb.schema import Column, Schema, Table, parse_schema
from crossconnect.transport.ovsdb.session import Options, Session
from crossconnect.transport.ovsdb.tables import Change, Choice, Chosen
from crossconnect.transport.ovsdb.types import ZERO_UUID, NamedUuid, Row, Uuid, Value

__all__ = [
    "ALL",
    "ZERO_UUID",
    "Aborted",
    "Backoff",
    "BadValue",
    "Change",
    "Choice",
    "Chosen",
    "Clock",
    "Column",
    "Condition",
    "ConnectionLost",
    "ConstraintViolation",
    "DuplicateUuid",
    "Lock",
    "MessageTooLarge",
    "Mutation",
    "NamedUuid",
    "NotConnected",
    "NotOwner",
    "NotSupported",
    "Operation",
    "Options",
    "OutOfRange",
    "OutcomeUnknown",
    "Overrun",
    "OvsdbError",
    "ProtocolError",
    "ReferentialIntegrity",
    "Refused",
    "Remote",
    "Replica",
    "RequestError",
    "ResourcesExhausted",
    "Result",
    "Row",
    "Schema",
    "Session",
    "SystemClock",
    "Table",
    "TimedOut",
    "Tls",
    "Transaction",
    "TransactionError",
    "Unavailable",
    "UnknownName",
    "Uuid",
    "Value",
    "abort",
    "assert_lock",
    "by_uuid",
    "comment",
    "delete",
    "insert",
    "mutate",
    "named",
    "parse_remotes",
    "parse_schema",
    "require",
    "require_none",
    "rows",
    "select",
    "transact_once",
    "update",
    "wait",
]
