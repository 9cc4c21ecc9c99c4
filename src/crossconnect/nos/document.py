"""A configuration tree of JSON: SR Linux's and SONiC's CONFIG_DB. Text, difference, inverse, merging.

Objects are dicts; which lists have entries with keys (`interface[name=...]`) and in which order counts is said by a
`Shape`, as YANG's `key` and `ordered-by user` do (RFC 7950 7.8.2, 7.7.7). Lists of plain values are one value.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Value = dict[str, "Value"] | list["Value"] | str | int | float | bool | None
Absent = msgspec.UnsetType
ABSENT = msgspec.UNSET
Key = tuple[tuple[str, str], ...]
"""What tells a list's entry apart: (name, value) of each key leaf."""
Step = str | Key
Path = tuple[Step, ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Which lists have keys. Names of lists are their paths without keys: `interface/subinterface`."""

    keys: Mapping[str, tuple[str, ...]] = {}
    """Key leaves by list."""
    ordered: frozenset[str] = frozenset()
    """Lists with keys in which the order counts: exchanged as a whole when entries come, go or move."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A place whose value changes; ABSENT where there is none before or after."""

    path: Path
    old: Value | Absent
    new: Value | Absent


def text(value: Value) -> str:
    """Indented JSON in the order of the document, with a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"


def parse(written: str) -> Value:
    """The value of a JSON text. Raises ValueError where it is none (msgspec's own says the octet)."""
    return msgspec.json.decode(written)


def schema_path(path: Path) -> str:
    """A path without keys: `interface/subinterface`."""
    return "/".join(step for step in path if isinstance(step, str))


def keyed_path(path: Path) -> str:
    """A path as gNMI and SR Linux write it: `/interface[name=ethernet-1/1]/subinterface[index=0]`."""
    out: list[str] = []
    for step in path:
        if isinstance(step, str):
            out.append(f"/{step}")
        else:
            out += [f"[{name}={value.replace(']', chr(92) + ']')}]" for name, value in step]
    return "".join(out) or "/"


def pointer(path: Path) -> str:
    """A JSON pointer (RFC 6901); only for paths without keys."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def json_patch(operations: tuple[Operation, ...]) -> Value:
    """The operations as a JSON patch (RFC 6902); only for documents without lists that have keys."""
    out: list[Value] = []
    for operation in operations:
        if isinstance(operation.new, Absent):
            out.append({"op": "remove", "path": pointer(operation.path)})
        else:
            verb = "add" if isinstance(operation.old, Absent) else "replace"
            out.append({"op": verb, "path": pointer(operation.path), "value": operation.new})
    return out


# --- difference -------------------------------------------------------------------------------------------------------


def difference(old: Value, new: Value, shape: Shape) -> tuple[Operation, ...]:
    """What leads from one document to the other: removals first, last entry first; then the rest in document order.

    Only the highest place that comes or goes is named, with all that is below it.
    """
    removals: list[Operation] = []
    others: list[Operation] = []
    _compare((), old, new, shape, removals, others)
    return (*reversed(removals), *others)


def inverse(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """What takes them back: last one first, old and new exchanged."""
    return tuple(Operation(path=o.path, old=o.new, new=o.old) for o in reversed(operations))


def _compare(
    path: Path,
    old: Value | Absent,
    new: Value | Absent,
    shape: Shape,
    removals: list[Operation],
    others: list[Operation],
) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name not in new:
                removals.append(Operation(path=(*path, name), old=value, new=ABSENT))
        for name, value in new.items():
            _compare((*path, name), old.get(name, ABSENT), value, shape, removals, others)
        return
    if isinstance(old, list) and isinstance(new, list) and (keys := shape.keys.get(schema_path(path))):
        before, after = by_key(old, keys), by_key(new, keys)
        in_order = schema_path(path) not in shape.ordered or list(before) == list(after)
        if len(before) == len(old) and len(after) == len(new) and in_order:
            for key, value in before.items():
                if key not in after:
                    removals.append(Operation(path=(*path, key), old=value, new=ABSENT))
            for key, value in after.items():
                _compare((*path, key), before.get(key, ABSENT), value, shape, removals, others)
            return
    if not _same(old, new):
        others.append(Operation(path=path, old=old, new=new))


def _same(old: Value | Absent, new: Value | Absent) -> bool:
    """Equality of JSON, in which 0 is not `false`, however deep."""
    if type(old) is not type(new):
        return False
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(value, new[name]) for name, value in old.items())
    return old == new


def by_key(values: list[Value], keys: tuple[str, ...]) -> dict[Key, Value]:
    """Entries of a list by their keys; one that lacks a key leaf is left out."""
    return {
        tuple((name, str(value[name])) for name in keys): value
        for value in values
        if isinstance(value, dict) and all(name in value for name in keys)
    }


def applied(document: Value, operations: tuple[Operation, ...], shape: Shape) -> Value:
    """The document after the operations, as a device would have it; the given one is left as it is."""
    result: Value = msgspec.json.decode(msgspec.json.encode(document))
    for operation in operations:
        if not operation.path:
            result = {} if isinstance(operation.new, Absent) else operation.new
        else:
            _apply(result, operation, shape)
    return result


def _apply(document: Value, operation: Operation, shape: Shape) -> None:
    here = document
    for n, step in enumerate(operation.path[:-1]):
        here = _child(here, step, shape, operation.path[:n])
    last = operation.path[-1]
    if isinstance(last, str):
        assert isinstance(here, dict), operation.path
        if isinstance(operation.new, Absent):
            here.pop(last, None)
        else:
            here[last] = operation.new
        return
    assert isinstance(here, list), operation.path
    at = _index(here, last)
    if isinstance(operation.new, Absent):
        if at is not None:
            del here[at]
    elif at is None:
        here.append(operation.new)
    else:
        here[at] = operation.new


def _child(here: Value, step: Step, shape: Shape, path: Path) -> Value:
    if isinstance(step, str):
        assert isinstance(here, dict), path
        default: Value = [] if schema_path((*path, step)) in shape.keys else {}
        return here.setdefault(step, default)
    assert isinstance(here, list), path
    at = _index(here, step)
    assert at is not None, (path, step)
    return here[at]


def _index(values: list[Value], key: Key) -> int | None:
    names = tuple(name for name, _ in key)
    for n, value in enumerate(values):
        if isinstance(value, dict) and tuple((name, str(value.get(name))) for name in names) == key:
            return n
    return None


# --- extra configuration ----------------------------------------------------------------------------------------------


class Override(msgspec.Struct, frozen=True):
    """A value of extra configuration that takes the place of a rendered one."""

    path: Path
    value: Value
    replaced: Value


def merged(document: Value, extra: Value, shape: Shape) -> tuple[Value, tuple[Override, ...]]:
    """The document with the extra one in it, objects and lists with keys joined, and what it overrides.

    A `null` takes out what is at its place (RFC 7396 2).
    """
    overrides: list[Override] = []
    return _merge((), document, extra, shape, overrides), tuple(overrides)


def _merge(path: Path, old: Value, extra: Value, shape: Shape, overrides: list[Override]) -> Value:
    if isinstance(old, dict) and isinstance(extra, dict):
        result = dict(old)
        for name, value in extra.items():
            if name not in result:
                if value is not None:
                    result[name] = value
            elif value is None:
                overrides.append(Override((*path, name), None, result.pop(name)))
            else:
                result[name] = _merge((*path, name), result[name], value, shape, overrides)
        return result
    keys = shape.keys.get(schema_path(path))
    if isinstance(old, list) and isinstance(extra, list) and keys:
        entries = by_key(old, keys)
        for key, value in by_key(extra, keys).items():
            entries[key] = _merge((*path, key), entries[key], value, shape, overrides) if key in entries else value
        return list(entries.values())
    if old != extra:
        overrides.append(Override(path, extra, old))
    return extra
