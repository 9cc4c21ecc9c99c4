"""Juniper's YANG models of QFX 24.4R1 in libyang, for tests: `set` lines are walked along the schema, word by word.

Words of the command line that the models have as containers or keys with a name of their own are in `SILENT`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "yang" / "junos"
SHARED = (DATA, Path("/work/shared/data/yang/junos"))
SILENT = (
    *("as-number", "community", "contents", "filter", "filter-name", "identifier", "bundle", "inet", "inet6"),
    *("instance", "interface", "interface-name", "ip-address", "limit", "local-preference", "metric", "path"),
    *("rd-type", "tag", "vlan"),
)
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


def error(line: str) -> str:
    """What the models do not know about a line, empty for nothing."""
    words = ["ieee-802.3ad" if w == "802.3ad" else w for w in re.findall(r'"[^"]*"|\S+', line)]
    return _walk(words, schema(), "")


def errors(lines: Iterable[str]) -> list[str]:
    """All that the models do not know."""
    return [f"{line}: {said}" for line in lines if (said := error(line))]


def _walk(words: Words, table: dict[str, Any], path: str) -> str:
    if not words:
        return ""
    node = table.get(words[0])
    if node is None:
        for name in SILENT:
            if (
                name in table
                and (name not in _NUMBERS or words[0].isdigit())
                and not _walk([name, *words], table, path)
            ):
                return ""
        return f"`{words[0]}` is unknown in {path or 'the top'}"
    here = f"{path}/{words[0]}"
    kind, rest = node.keyword(), words[1:]
    if kind in ("leaf", "leaf-list"):
        if node.type().basename() != "empty":
            if not rest:
                return f"{here} has no value"
            rest = rest[1:]
        return _walk(rest, table, path)
    if kind == "list":
        if len(list(node.keys())) > 1:  # route-filter: address, kind of match, and its value
            return ""
        rest = rest[1:]
    return _walk(rest, _children(node, here), here)
