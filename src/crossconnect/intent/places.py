"""Where each path of a region is written, found when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from crossconnect.finding import Place
from crossconnect.intent.document import Document, Keys, item_name


class Places(Mapping[str, Place]):
    """Paths of the model to places in files, over the documents of a region in the order they were merged.

    `tenants/red/vrfs/prod/segments/web/gateways/0` names items of lists by name, or by index where they have none.
    `#3` is always an index, for telling namesakes apart. A path that is not written anywhere is a KeyError.
    """

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self._documents = documents
        self._sections: dict[str, list[tuple[Document, Keys]]] | None = None
        self._names: dict[int, dict[str, int]] = {}
        """Index by name, per list (by identity: the documents keep their lists alive)."""
        self._items: dict[str, list[tuple[Document, Keys]]] = {}
        self._first: dict[str, dict[str, int]] = {}

    def __getitem__(self, path: str) -> Place:
        field, *rest = path.split("/")
        holders = self._holders(field)
        if not holders:
            raise KeyError(path)
        document, keys = holders[0]
        value = _value_at(document, keys)
        if rest and isinstance(value, list):
            items = self._items_of(field)
            index = self._first[field].get(rest[0], _index(rest[0]))
            if not 0 <= index < len(items):
                raise KeyError(path)
            document, keys = items[index]
            value = _value_at(document, keys)
            del rest[0]
        for part in rest:
            if isinstance(value, dict) and part in value:
                keys, value = (*keys, part), value[part]
            elif isinstance(value, list):
                index = self._names_in(value, keys).get(part, _index(part))
                if not 0 <= index < len(value):
                    raise KeyError(path)
                keys, value = (*keys, index), value[index]
            else:
                raise KeyError(path)
        return document.place(keys)

    def __iter__(self) -> Iterator[str]:
        for document in self._documents:
            if isinstance(document.value, dict):
                for field, value in document.value.items():
                    yield from _paths(field, value, (field,))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _holders(self, field: str) -> list[tuple[Document, Keys]]:
        """The documents that have a top-level field."""
        if self._sections is None:
            self._sections = {}
            for document in self._documents:
                if isinstance(document.value, dict):
                    for name in document.value:
                        self._sections.setdefault(name, []).append((document, (name,)))
        return self._sections.get(field, [])

    def _items_of(self, field: str) -> list[tuple[Document, Keys]]:
        """The items of a top-level list over all documents."""
        if field not in self._items:
            items: list[tuple[Document, Keys]] = []
            first: dict[str, int] = {}
            for document, keys in self._holders(field):
                value = _value_at(document, keys)
                for index, item in enumerate(value if isinstance(value, list) else ()):
                    if name := item_name(item, keys):
                        first.setdefault(name, len(items))
                    items.append((document, (*keys, index)))
            self._items[field], self._first[field] = items, first
        return self._items[field]

    def _names_in(self, items: list[Any], keys: Keys) -> dict[str, int]:
        """Index by name of a list's items, the first of namesakes."""
        names = self._names.get(id(items))
        if names is None:
            names = self._names[id(items)] = {}
            for index, item in enumerate(items):
                if name := item_name(item, keys):
                    names.setdefault(name, index)
        return names


def _value_at(document: Document, keys: Keys) -> Any:
    value = document.value
    for key in keys:
        value = value[key]
    return value


def _index(part: str) -> int:
    number = part.removeprefix("#")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1


def _paths(path: str, value: Any, keys: Keys) -> Iterator[str]:
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _paths(f"{path}/{key}", child, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(f"{path}/{item_name(item, keys) or index}", item, (*keys, index))
