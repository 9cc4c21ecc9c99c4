"""gNMI's typed values, and JSON's. Pure.

JSON_IETF (RFC 7951) has 64-bit integers as text, JSON as numbers; both are handed on as they came.
"""

from __future__ import annotations

import math

import msgspec

from crossconnect.nos.document import Value
from crossconnect.transport.gnmi.errors import NotUnderstood
from crossconnect.transport.gnmi.wire import messages_pb2 as wire

INT64_MIN, INT64_MAX, UINT64_MAX = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
DEPTH_MAX = 16
"""Of lists in lists, which gNMI allows and no model has."""


def typed_json(value: Value, *, ietf: bool = True) -> wire.TypedValue:
    """A subtree or leaf as JSON text, canonical: members in the order of their names."""
    octets = msgspec.json.encode(value, order="deterministic")
    return wire.TypedValue(json_ietf_val=octets) if ietf else wire.TypedValue(json_val=octets)


def typed_scalar(value: Value | bytes) -> wire.TypedValue:
    """A leaf or leaf-list in protobuf's own types (encoding PROTO). ValueError for objects and for what has no type."""
    match value:
        case bool():
            return wire.TypedValue(bool_val=value)
        case str():
            return wire.TypedValue(string_val=value)
        case int():
            if INT64_MIN <= value <= INT64_MAX:
                return wire.TypedValue(int_val=value)
            if 0 <= value <= UINT64_MAX:
                return wire.TypedValue(uint_val=value)
            raise ValueError(f"{value} does not fit 64 bits")
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{value} is no number of a configuration")
            return wire.TypedValue(double_val=value)
        case bytes():
            return wire.TypedValue(bytes_val=value)
        case list():
            return wire.TypedValue(leaflist_val=wire.ScalarArray(element=[typed_scalar(one) for one in value]))
        case _:
            raise ValueError(f"a {type(value).__name__} is neither leaf nor leaf-list")


def plain_value(value: wire.TypedValue, depth: int = 0) -> Value:
    """What was meant, as JSON has it; octets as hexadecimal text. NotUnderstood for what is no value."""
    kind = value.WhichOneof("value")
    match kind:
        case "json_val" | "json_ietf_val":
            octets = value.json_val if kind == "json_val" else value.json_ietf_val
            try:
                return msgspec.json.decode(octets)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise NotUnderstood(f"a value is no JSON: {error}") from error
        case "leaflist_val":
            if depth >= DEPTH_MAX:
                raise NotUnderstood("a value has lists in lists without end")
            return [plain_value(one, depth + 1) for one in value.leaflist_val.element]
        case "decimal_val":
            return _decimal(value.decimal_val.digits, value.decimal_val.precision)
        case "bytes_val" | "proto_bytes":
            return (value.bytes_val if kind == "bytes_val" else value.proto_bytes).hex()
        case _:
            return _scalar(value, kind)


def _scalar(value: wire.TypedValue, kind: str | None) -> Value:
    match kind:
        case "string_val":
            return value.string_val
        case "ascii_val":
            return value.ascii_val
        case "int_val":
            return value.int_val
        case "uint_val":
            return value.uint_val
        case "bool_val":
            return value.bool_val
        case "float_val":
            return value.float_val
        case "double_val":
            return value.double_val
        case _:
            return None


def _decimal(digits: int, precision: int) -> float:
    if precision > 18:  # RFC 7950 9.3: decimal64 has at most 18 fraction digits
        raise NotUnderstood(f"a decimal with {precision} fraction digits")
    return digits / 10**precision
