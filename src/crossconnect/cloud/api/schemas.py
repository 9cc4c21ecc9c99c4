"""JSON Schemas of records for the OpenAPI document: msgspec's, with the descriptions that stand behind the fields."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from crossconnect.intent.field_texts import field_descriptions

REF = "#/components/schemas/{name}"


def components(records: Iterable[type[Any]]) -> dict[str, dict[str, Any]]:
    """Schemas of records and of all that they hold, by name."""
    wanted = sorted(set(records), key=lambda record: record.__name__)
    _, found = msgspec.json.schema_components(wanted, ref_template=REF)
    types = _held(wanted)
    described = {name: _described(schema, types[name]) for name, schema in found.items()}
    return msgspec.json.decode(msgspec.json.encode(described), type=dict[str, dict[str, Any]])


def nullable(schema: dict[str, Any], needed: Collection[str]) -> dict[str, Any]:
    """The schema of a merge patch (RFC 7396): a member may be null, which removes it, but for those that are `needed`;
    so may members of an object with names of the client's own."""
    properties: dict[str, Any] = {}
    for name, member in schema.get("properties", {}).items():
        if isinstance(member.get("additionalProperties"), dict):
            member = {**member, "additionalProperties": _or_null(member["additionalProperties"])}
        properties[name] = member if name in needed else _or_null(member)
    return {**schema, "properties": properties}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    described = {key: schema[key] for key in ("description",) if key in schema}
    rest = {key: value for key, value in schema.items() if key not in described}
    choices = rest.get("anyOf", [rest])
    return {**described, "anyOf": [*choices, *([] if {"type": "null"} in choices else [{"type": "null"}])]}


def _held(records: Iterable[type[Any]]) -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    pending: list[Any] = list(records)
    while pending:
        record = pending.pop()
        if isinstance(record, type) and issubclass(record, msgspec.Struct) and record.__name__ not in found:
            found[record.__name__] = record
            pending += [field.type for field in msgspec.structs.fields(record)]
        pending += getattr(record, "__args__", ())
    return found


def _described(schema: dict[str, Any], record: type[Any]) -> dict[str, Any]:
    texts = descriptions(record)
    properties = {
        name: {**member, "description": texts[name]} if name in texts and "$ref" not in member else member
        for name, member in schema.get("properties", {}).items()
    }
    return {**schema, "description": " ".join((inspect.getdoc(record) or "").split()), "properties": properties}


@functools.cache
def descriptions(record: type[Any]) -> dict[str, str]:
    """The string literals that stand behind the fields of a record and of those it is made of, as one line each."""
    found: dict[str, str] = {}
    for owner in reversed(record.__mro__):
        if issubclass(owner, msgspec.Struct) and owner is not msgspec.Struct:
            found |= field_descriptions(owner)
    return found
