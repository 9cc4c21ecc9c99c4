"""Values between OVSDB's JSON and Python, by a column's type (RFC 7047 section 5.1).

    "a"  5  true  ["uuid", "550e..."]  ["named-uuid", "row1"]       atoms
    ["set", ["a", "b"]], or the only element itself                 sets and optional values
    ["map", [["k", "v"], ...]]                                      maps

`decoder` and `encoder` give a function for a type, made once; the tables of a schema hold one for each column, for this
is where the time of large replicas and large transactions goes.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Collection, Mapping, Set
from typing import Any, TypeAlias, cast

from crossconnect.transport.ovsdb import large_map, large_set
from crossconnect.transport.ovsdb.errors import BadValue
from crossconnect.transport.ovsdb.types import ZERO_UUID, Atom, Input, Json, Kind, NamedUuid, Scalar, Type, Value

Decode: TypeAlias = Callable[[Any], Value]
Encode: TypeAlias = Callable[[Input], Json]
_DecodeAtom: TypeAlias = Callable[[Any], Atom]
_EncodeAtom: TypeAlias = Callable[[object], Json]

_ZERO: dict[str, Atom] = {"integer": 0, "real": 0.0, "boolean": False, "string": "", "uuid": ZERO_UUID}
_PYTHON: dict[str, tuple[type, ...]] = {"integer": (int,), "boolean": (bool,), "string": (str,), "real": (float, int)}


def default(type_: Type) -> Value:
    """What a column holds in a row that was inserted without it (RFC 7047 section 5.2.1)."""
    match type_.kind:
        case Kind.OPTIONAL:
            return None
        case Kind.SCALAR:
            return _ZERO[type_.key.type]
        case Kind.SET:
            return frozenset() if type_.min == 0 else frozenset((_ZERO[type_.key.type],))
        case Kind.MAP:
            return {} if type_.min == 0 or type_.value is None else {_ZERO[type_.key.type]: _ZERO[type_.value.type]}


def _same(value: Atom) -> Atom:
    return value


def _decode_atom(scalar: Scalar) -> _DecodeAtom:
    """A function from an atom's JSON to the atom."""
    if scalar.type == "uuid":
        return lambda value: value[1]
    return float if scalar.type == "real" else _same


def _decode_key(scalar: Scalar) -> _DecodeAtom:
    """As `_decode_atom`, for a map's keys: few and the same in all rows, so text is kept once."""
    return sys.intern if scalar.type == "string" else _decode_atom(scalar)


@functools.lru_cache(maxsize=1024)
def decoder(type_: Type) -> Decode:
    """A function from a column's JSON to its value."""
    atom = _decode_atom(type_.key)
    match type_.kind:
        case Kind.SCALAR:
            return atom
        case Kind.OPTIONAL:

            def decode_optional(json: Any) -> Value:
                if json.__class__ is list and json[0] == "set":
                    return atom(json[1][0]) if json[1] else None
                return atom(json)

            return decode_optional
        case Kind.SET:

            def decode_set(json: Any) -> Value:
                if json.__class__ is list and json[0] == "set":
                    return frozenset(map(atom, json[1]))
                return frozenset((atom(json),))

            return decode_set
        case Kind.MAP:
            assert type_.value is not None
            key, value = _decode_key(type_.key), _decode_atom(type_.value)
            if value is _same:
                return lambda json: {key(k): v for k, v in json[1]}
            return lambda json: {key(k): value(v) for k, v in json[1]}


def _encode_atom(scalar: Scalar) -> _EncodeAtom:
    """A function from an atom to its JSON; BadValue when it is of another type."""
    if scalar.type == "uuid":

        def encode_uuid(value: object) -> Json:
            if value.__class__ is NamedUuid:
                return ["named-uuid", str(value)]
            if isinstance(value, str):
                return ["uuid", value]
            raise BadValue(f"{value!r} is not a UUID")

        return encode_uuid
    name = scalar.type
    first, *others = _PYTHON[name]
    also = tuple(others)

    def encode(value: object) -> Json:
        if value.__class__ is first or value.__class__ in also:
            return cast(Json, value)
        raise BadValue(f"{value!r} is not of type {name}")

    return encode


def _encode_set(atom: _EncodeAtom) -> Encode:
    def encode(value: Input) -> Json:
        if value.__class__ is str or not isinstance(value, Collection) or isinstance(value, Mapping):
            raise BadValue(f"{value!r} is not a set")
        return ["set", [atom(one) for one in value]]

    return encode


@functools.lru_cache(maxsize=1024)
def encoder(type_: Type) -> Encode:
    """A function from a column's value to its JSON; BadValue when the value does not fit."""
    atom = _encode_atom(type_.key)
    match type_.kind:
        case Kind.SCALAR:
            return atom
        case Kind.OPTIONAL:
            return lambda value: ["set", []] if value is None else atom(value)
        case Kind.SET:
            return _encode_set(atom)
        case Kind.MAP:
            assert type_.value is not None
            encode_value = _encode_atom(type_.value)

            def encode_map(value: Input) -> Json:
                if not isinstance(value, Mapping):
                    raise BadValue(f"{value!r} is not a map")
                pairs = cast("Mapping[Atom, Atom]", value)
                return ["map", [[atom(k), encode_value(v)] for k, v in pairs.items()]]

            return encode_map


def key_encoder(type_: Type) -> Encode:
    """A function for a set of a column's keys: what is deleted from a map, what a condition asks a set for."""
    return _encode_set(_encode_atom(type_.key))


def atom_encoder(type_: Type) -> Encode:
    """A function for one atom of a column's key type: the operand of arithmetic."""
    return _encode_atom(type_.key)


def apply_difference(type_: Type, old: Value, difference: Value) -> Value:
    """A column's new value from the difference that `update2` and `update3` tell (ovsdb-server(7), section 4.1.14).

    Columns of at most one element come whole. Of a set come the elements that are in one of old and new only; of a map
    the pairs added and changed, and those removed as they were.
    """
    if type_.max == 1 or not old:
        return difference
    if isinstance(old, Set) and isinstance(difference, frozenset):
        return large_set.changed(old, difference)
    assert isinstance(old, Mapping)
    assert isinstance(difference, Mapping)
    return large_map.changed(old, difference)
