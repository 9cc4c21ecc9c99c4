"""HTML and SVG as values: everything is escaped unless it was built here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


Node: TypeAlias = "str | int | float | Iterable[Node] | None"
"""What an element may contain: text, numbers, other elements, nothing, or any nesting of them."""

Attribute: TypeAlias = "str | int | float | bool | None"

_VOID = frozenset({"meta", "br", "hr", "link", "input"})


def element(tag: str, /, *children: Node, **attributes: Attribute) -> Markup:
    """An element. `class_` writes `class`, other underscores become hyphens; None and False leave the attribute out."""
    parts = ["<", tag]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        parts.append(f" {key.rstrip('_').replace('_', '-')}")
        if value is not True:
            parts.append(f'="{escape(_text(value))}"')
    parts.append(">")
    if tag in _VOID:
        return Markup("".join(parts))
    _collect(children, parts)
    parts += ["</", tag, ">"]
    return Markup("".join(parts))


def fragment(*children: Node) -> Markup:
    """Several nodes side by side, without an element around them."""
    parts: list[str] = []
    _collect(children, parts)
    return Markup("".join(parts))


def _collect(children: Iterable[Node], parts: list[str]) -> None:
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (str, int, float)):
            parts.append(escape(_text(child), quote=False))
        else:
            _collect(child, parts)


def _text(value: str | int | float | bool) -> str:
    """Numbers without needless digits: coordinates are pixels, a tenth of one is fine enough."""
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)
