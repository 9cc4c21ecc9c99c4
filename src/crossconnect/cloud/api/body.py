"""Bodies of requests: JSON into the kinds' records, and merge patches (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from crossconnect.cloud.api.problem import Denied, escaped, field_error
from crossconnect.cloud.api.problems import BODY_FIELD, BODY_MALFORMED, BODY_TYPE

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
SIZE_MAX = 1 << 20
"""Octets; a prefix list of 1,000 entries takes 100 KiB."""
DEPTH_MAX = 16
"""Levels of nesting; the kinds need four."""

R = TypeVar("R")
V = TypeVar("V")


def expect_type(content_type: str, wanted: str) -> None:
    """Denied where a body is said to be something else. Parameters (`charset=utf-8`) do not count."""
    given = content_type.partition(";")[0].strip().lower()
    if given != wanted:
        said = f"not {given[:80]!r}" if given else "and Content-Type is missing"
        raise Denied(BODY_TYPE, f"the body is {wanted} here, {said}", headers=[("accept-post", wanted)])


def decode(octets: bytes, record: type[R]) -> R:
    """A body as record; Denied with the field that is wrong."""
    try:
        return msgspec.json.decode(octets, type=record)
    except msgspec.ValidationError as error:
        said = field_error(error)
        raise Denied(BODY_FIELD, said.message, said.field) from None
    except RecursionError:
        raise Denied(BODY_MALFORMED, "the body is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Denied(BODY_MALFORMED, f"the body is not JSON: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error).removeprefix("JSON is malformed: ")


def plain(octets: bytes) -> dict[str, Any]:
    """A body as plain values: one object, not nested too deeply."""
    found: dict[str, Any] = decode(octets, dict[str, Any])
    _expect_depth(found, DEPTH_MAX)
    return found


def _expect_depth(value: object, left: int) -> None:
    if left == 0:
        raise Denied(BODY_MALFORMED, f"the body is nested more than {DEPTH_MAX} levels deep")
    if isinstance(value, dict):
        for part in value.values():
            _expect_depth(part, left - 1)
    elif isinstance(value, list):
        for part in value:
            _expect_depth(part, left - 1)


def needs_present(patch: Mapping[str, Any]) -> bool:
    """Whether what a merge patch means depends on what is there: it removes members, or changes some of an object's."""
    return any(value is None or isinstance(value, dict) for value in patch.values())


def merged(patch: Mapping[str, Any], present: Mapping[str, Any], body: type[Any]) -> dict[str, Any]:
    """A merge patch in which nothing depends on what is there: its objects are complete, and what it removes has the
    value that a new resource has. Denied where that has no such value."""
    defaults = {field.name: field for field in msgspec.structs.fields(body)}
    result: dict[str, Any] = {}
    for name, value in patch.items():
        if value is None:
            field = defaults.get(name)
            if field is None or field.required:
                raise Denied(BODY_FIELD, f"{name} cannot be removed", f"/{escaped(name)}")
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            result[name] = msgspec.to_builtins(default)
        elif isinstance(value, dict):
            result[name] = _merge(value, present.get(name))
        else:
            result[name] = value
    return result


def merged_members(present: Mapping[str, V], patch: Mapping[str, V | None] | None) -> dict[str, V]:
    """An object's members after a merge patch of it: null removes one, or, in the place of the object, all."""
    found = {} if patch is None else {**present, **patch}
    return {name: value for name, value in found.items() if value is not None}


def _merge(patch: Mapping[str, Any], target: object) -> dict[str, Any]:
    """RFC 7396, section 2."""
    result: dict[str, Any] = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merge(value, result.get(name)) if isinstance(value, dict) else value
    return result


def convert(value: Mapping[str, Any], record: type[R]) -> R:
    """Plain values as record; Denied with the field that is wrong."""
    try:
        return msgspec.convert(value, record)
    except msgspec.ValidationError as error:
        said = field_error(error)
        raise Denied(BODY_FIELD, said.message, said.field) from None
