"""Juniper's YANG models of QFX 24.4R1 in libyang, for tests.

`set` lines become data of the models, word by word, and its values are held against their types. What the models do
not say (ranges, references), our own lint does.

Words of the command line that the models have as containers or keys with a name of their own are in `SILENT`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "yang" / "junos"
SHARED = (DATA, Path("/work/shared/data/yang/junos"))
SILENT = (
    *("as-number", "community", "contents", "filter", "filter-name", "identifier", "bundle", "inet", "inet6"),
    *("instance", "interface", "interface-name", "ip-address", "limit", "local-preference", "metric", "path"),
    *("rd-type", "tag", "vlan"),
)
_ROOT = "/junos-qfx-conf-root:configuration"
_NUMBERS = frozenset(("as-number", "local-preference", "metric", "tag", "limit"))

Words = list[str]


@functools.cache
def schema() -> dict[str, Any]:
    """Statements of the top by name. Skips the test where the models or libyang are missing."""
    libyang: Any = pytest.importorskip("libyang", exc_type=ImportError)
    directory = next((path for path in SHARED if path.is_dir()), None)
    if directory is None:
        pytest.skip("no YANG models of Junos in ../shared/data")
    context = libyang.Context(f"{directory}/common:{directory}/junos-qfx")
    files = sorted((directory / "junos-qfx").glob("*.yang"))
    # All of them first: loading one compiles the others anew, and nodes seen before are gone.
    modules = [context.load_module(file.name.partition("@")[0]) for file in files]
    top: dict[str, Any] = {}
    for module in modules:
        for node in module.children():
            if node.name() == "configuration":
                top |= {child.name(): child for child in node.children()}
    top[""] = (context, modules)  # Nodes are views into these.
    return top


_below: dict[str, dict[str, Any]] = {}


def _children(node: Any, path: str) -> dict[str, Any]:
    if path not in _below:
        below: dict[str, Any] = {}
        for child in node.children():
            below.setdefault(child.name(), child)
        _below[path] = below
    return _below[path]


_KEYS = {
    "route-filter": ("address", "choice-ident", "choice-value"),
    "community": ("choice-ident", "community-name", "choice-value"),
}
"""Keys of lists with several, in the order of the command line."""


class Unknown(ValueError):
    """A statement, or a value, that the models do not have."""


class _Place(NamedTuple):
    """A node of the schema, and where its data is: XPath with keys."""

    node: Any
    below: dict[str, Any]
    data: str


def document(lines: Iterable[str]) -> Any:
    """The `set` lines as the models' data: JSON, values checked against their types. Unknown: with the line."""
    context, _ = schema()[""]
    top = {name: node for name, node in schema().items() if name}
    parent = None
    for line in lines:
        words = ["ieee-802.3ad" if w == "802.3ad" else w for w in re.findall(r'"[^"]*"|\S+', line)]
        try:
            for path, value in _data(words, _Place(None, top, _ROOT)):
                made = context.create_data_path(path, parent=parent, value=value)
                parent = parent or made
        except (Unknown, libyang_error()) as error:
            raise Unknown(f"{line}: {error}") from error
    return json.loads(parent.print_mem("json", with_siblings=True)) if parent else {}


def libyang_error() -> type[Exception]:
    """What libyang raises."""
    libyang: Any = pytest.importorskip("libyang", exc_type=ImportError)
    return libyang.LibyangError


def error(line: str) -> str:
    """What the models do not know about a line, empty for nothing."""
    try:
        document([line])
    except Unknown as said:
        return str(said)
    return ""


def _data(words: Words, place: _Place) -> list[tuple[str, str | None]]:
    """Paths and values of a line. Raises Unknown."""
    if not words:
        return [(place.data, None)] if place.node is not None and place.node.keyword() != "leaf" else []
    word, rest = words[0], words[1:]
    node = place.below.get(word)
    if node is None:
        return _silent(words, place)
    here = place.data + node.data_path().removeprefix(place.node.data_path() if place.node is not None else _ROOT)
    kind = node.keyword()
    if kind in ("leaf", "leaf-list"):
        if node.type().basename() == "empty":
            return [(here, None), *_data(rest, place)]
        if not rest:
            raise Unknown(f"`{word}` has no value")
        value = rest[0].strip('"')
        path = f"{here}[.={_quoted(value)}]" if kind == "leaf-list" else here
        return [(path, value if kind == "leaf" else None), *_data(rest[1:], place)]
    if kind == "list":
        keys = [key.name() for key in tuple(node.keys())]
        if not rest:
            raise Unknown(f"`{word}` has no key")
        in_order = _KEYS.get(word, keys) if len(keys) > 1 else keys
        values = dict(zip(in_order, (*rest, *[""] * len(keys)), strict=False))
        for key in keys:
            here = here.replace(f"[{key}='%s']", f"[{key}={_quoted(values[key].strip(chr(34)))}]")
        rest = rest[len(keys) :]
    return _data(rest, _Place(node, _children(node, node.data_path()), here))


def _silent(words: Words, place: _Place) -> list[tuple[str, str | None]]:
    for name in SILENT:
        if name in place.below and (name not in _NUMBERS or words[0].isdigit()):
            try:
                return _data([name, *words], place)
            except Unknown:
                continue
    raise Unknown(f"`{words[0]}` is unknown in {place.data}")


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"
