"""A file that was read: its value, and where each part of it stands.

Positions are found only when somebody asks, which is when there is something to report: reading keeps one integer per
node, in document order, and the first question about a file unfolds them into a tree.
"""

from __future__ import annotations

import functools
from array import array
from typing import Any

from crossconnect.finding import Place

Keys = tuple[str | int, ...]
"""A way into a value: names of fields and indices of lists, `("tenants", 0, "vrfs")`."""

COLUMN_BITS = 24
"""A position is `line << 24 | column`, both from 0; the size limit of files keeps columns below 2**24."""
COLUMN_MASK = (1 << COLUMN_BITS) - 1

INDEXED_LISTS = frozenset({"racks"})
"""Lists whose items are told apart by index although they have names: the names of rack groups are patterns. The same
holds of the `servers` of a rack, but not of the `servers` of a fabric file."""


class Node:
    """Where a list or mapping stands, where its keys stand (mappings), and what is in it."""

    __slots__ = ("fields", "items", "keys", "mark")

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.keys: dict[str, int] = {}
        self.fields: dict[str, Node | int] = {}
        self.items: list[Node | int] = []


def unfold(value: Any, marks: array[int], at: int) -> tuple[Node | int, int]:
    """The node of `value`, whose marks begin at index `at`, and the index behind it; a scalar's node is its mark."""
    mark = marks[at]
    at += 1
    if isinstance(value, dict):
        node = Node(mark)
        for key, child in value.items():
            node.keys[key] = marks[at]
            node.fields[key], at = unfold(child, marks, at + 1)
        return node, at
    if isinstance(value, list):
        node = Node(mark)
        for child in value:
            item, at = unfold(child, marks, at)
            node.items.append(item)
        return node, at
    return mark, at


def _child(node: Node | int, key: str | int) -> Node | int | None:
    """What is at `key` of a node, or None."""
    if isinstance(node, int):
        return None
    if isinstance(key, str):
        return node.fields.get(key)
    return node.items[key] if 0 <= key < len(node.items) else None


class Document:
    """One file's value and positions. `broken` says that it could not be read to its end, and has no value then."""

    def __init__(self, file: str, value: Any, marks: array[int], broken: bool) -> None:
        self.file = file
        self.value = value
        self.broken = broken
        self._marks = marks

    @functools.cached_property
    def _root(self) -> Node | int:
        return unfold(self.value, self._marks, 0)[0] if self._marks else 0

    def unfolded(self) -> None:
        """Find all positions now; needed before the value is changed, since it is what unfolds them."""
        _ = self._root

    def drop(self, keys: Keys) -> None:
        """Take an item out of a list, with its positions."""
        node, value = self._root, self.value
        for key in keys[:-1]:
            child = _child(node, key)
            assert child is not None
            node, value = child, value[key]
        index = keys[-1]
        assert isinstance(node, Node)
        assert isinstance(index, int)
        del node.items[index], value[index]

    def place(self, keys: Keys, *, at_key: bool = False) -> Place:
        """Where the value at `keys` stands: a scalar itself, a list or mapping at the key that introduces it.

        `at_key` asks for the key of scalars, too. What does not exist is placed at the nearest thing around it.
        """
        mark = self._mark(keys, at_key)
        return Place(
            file=self.file,
            line=(mark >> COLUMN_BITS) + 1,
            column=(mark & COLUMN_MASK) + 1,
            path=path_text(self.value, keys),
        )

    def _mark(self, keys: Keys, at_key: bool) -> int:
        node = self._root
        introduced: int | None = None
        for key in keys:
            child = _child(node, key)
            if child is None or isinstance(node, int):
                break
            introduced = node.keys[key] if isinstance(key, str) else None
            node = child
        if isinstance(node, int):
            return introduced if at_key and introduced is not None else node
        return node.mark if introduced is None else introduced


def path_text(value: Any, keys: Keys) -> str:
    """`keys` as a path into the model, list items by name where they have one: `tenants/red/vrfs/prod`."""
    parts: list[str] = []
    for depth, key in enumerate(keys):
        if isinstance(value, dict):
            value = value.get(key)
            parts.append(str(key))
            continue
        item = value[key] if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value) else None
        parts.append(item_name(item, keys[:depth]) or str(key))
        value = item
    return "/".join(parts)


def item_name(item: Any, list_keys: Keys) -> str:
    """The name by which an item of the list at `list_keys` goes in paths; empty where its index serves."""
    field = list_keys[-1] if list_keys else ""
    if field in INDEXED_LISTS or (field == "servers" and len(list_keys) > 1) or not isinstance(item, dict):
        return ""
    name = item.get("name")
    return name if isinstance(name, str) else ""
