"""SR Linux' configuration as JSON text (RFC 7951), as `save file` writes it and gNMI's JSON_IETF carries it.

Trees have members' names without modules, as the CLI and paths of gNMI have them; `text` puts the modules in front,
`parse` takes them away, so that extra configuration may be written either way. Identities keep theirs.

Sources: RFC 7951 4 and 6.8; Nokia SR Linux 25.3 Configuration Basics Guide, "Configuration management" (`load file`,
`save file`); its System Management Guide, "gNMI" (Set: a transaction; delete, replace, update in this order).
"""

from __future__ import annotations

import msgspec

from crossconnect.nos import document
from crossconnect.nos.document import ABSENT, Absent, Operation, Path, Shape, Value, keyed_path, schema_path
from crossconnect.nos.network_os import Commands, Overridden, Tree, Trees
from crossconnect.nos.srlinux.schema import KEYS, MODULES, ORDERED

MAIN = "config.json"
SHAPE = Shape(keys=KEYS, ordered=ORDERED)


def text(file: str, tree: Tree) -> str:
    """Canonical JSON: indented, modules in front of names."""
    assert isinstance(tree, dict), file
    return document.text(qualified(tree))


def parse(file: str, written: str) -> Tree:
    """The tree of a JSON text, with or without modules. Raises ValueError where it is none."""
    value = plain(document.parse(written))
    if not isinstance(value, dict):
        raise ValueError(f"{file} is not a JSON object")
    return value


def qualified(value: Value, path: str = "") -> Value:
    """With modules in front of names where they change; `path` is where the value is."""
    if isinstance(value, list):
        return [qualified(entry, path) for entry in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Value] = {}
    for name, child in value.items():
        here = f"{path}/{name}" if path else name
        module = MODULES.get(here)
        out[f"{module}:{name}" if module else name] = qualified(child, here)
    return out


def plain(value: Value) -> Value:
    """Without modules in front of names."""
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name.rpartition(":")[2]: plain(child) for name, child in value.items()}


def merge(tree: Tree, extra: Tree) -> tuple[Tree, tuple[Overridden, ...]]:
    """The tree with the extra one in it."""
    assert isinstance(tree, dict)
    assert isinstance(extra, dict)
    both, overrides = document.merged(tree, extra, SHAPE)
    assert isinstance(both, dict)
    said = tuple(
        Overridden(
            rendered=f"{keyed_path(o.path)}: {_short(o.replaced)}", extra=f"{keyed_path(o.path)}: {_short(o.value)}"
        )
        for o in overrides
    )
    return both, said


def _short(value: Value) -> str:
    return msgspec.json.encode(value).decode()


def difference(old: Trees, new: Trees) -> tuple[Commands, ...]:
    """One gNMI Set: the device takes it as one transaction, checks references at its end, and deletes first.

    Chosen over `set` and `delete` lines of the CLI since a Set is atomic without a candidate that somebody must
    discard, and its values keep their types.
    """
    before, after = old[MAIN], new[MAIN]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    deletes: list[Value] = []
    replaces: list[Value] = []
    updates: list[Value] = []
    for operation in document.difference(before, after, SHAPE):
        _set(operation, deletes, replaces, updates)
    if not (deletes or replaces or updates):
        return ()
    request: Value = {"delete": deletes, "replace": replaces, "update": updates}
    return (Commands(file=MAIN, how="gnmi", text=document.text(request)),)


def _set(operation: Operation, deletes: list[Value], replaces: list[Value], updates: list[Value]) -> None:
    """A list has no path of its own in gNMI: all its entries go by a wildcard, and come by their parent."""
    path, old, new = operation.path, operation.old, operation.new
    last = path[-1]
    keys = KEYS.get(schema_path(path)) if isinstance(last, str) else None
    if isinstance(last, str) and keys and isinstance(new if old is ABSENT else old, list):
        if not isinstance(old, Absent):
            deletes.append(keyed_path((*path, tuple((key, "*") for key in keys))))
        if not isinstance(new, Absent):
            updates.append(_entry(path[:-1], {last: new}))
    elif isinstance(new, Absent):
        deletes.append(keyed_path(path))
    else:
        (updates if isinstance(old, Absent) else replaces).append(_entry(path, new))


def _entry(path: Path, value: Value) -> Value:
    return {"path": keyed_path(path), "val": qualified(value, schema_path(path))}
