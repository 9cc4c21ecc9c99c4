r"""Paths as text, and as gNMI's elements. Pure.

    srl:/interface[name=ethernet-1/1]/subinterface[index=0]
    ^^^ origin                       elements with their keys

In a key's value `]` and `\` stand behind a `\`, in a name `/`, `[` and `\` do, as openconfig/reference
(gnmi-path-strings.md) has it. Keys are in the order of their names, so that a path has one text.
"""

from __future__ import annotations

import re

import msgspec

from crossconnect.errors import BadInput

LENGTH_MAX = 4096
"""Characters of a path; the longest of SR Linux's models with its keys is a tenth of it."""

_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*):(?=/)")
_NAME = re.compile(r"(?:[^/\[\\]|\\.)+")
_KEY = re.compile(r"\[((?:[^=\]\[\\]|\\.)+)=((?:[^\]\\]|\\.)*)\]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Element(msgspec.Struct, frozen=True, order=True):
    """One step: a name, and for an entry of a list its keys by name."""

    name: str
    keys: tuple[tuple[str, str], ...] = ()


class Path(msgspec.Struct, frozen=True, order=True):
    """Elements from the root. No elements: the root itself."""

    elements: tuple[Element, ...] = ()
    origin: str = ""
    """Which models the names are of; empty for the target's own choice."""
    target: str = ""
    """Whom a proxy is to ask."""


def parse_path(text: str) -> Path:
    """The path of a text. BadInput with the place where it stops being one."""
    if len(text) > LENGTH_MAX:
        raise BadInput(f"a path of {len(text)} characters: at most {LENGTH_MAX} are possible")
    origin = _ORIGIN.match(text)
    at = origin.end() if origin else 0
    elements: list[Element] = []
    if text[at:] in ("", "/"):
        return Path((), origin[1] if origin else "")
    if text[at] == "/":
        at += 1
    while True:
        name = _NAME.match(text, at)
        if name is None:
            raise _no_path(text, at, "a name is expected")
        at = name.end()
        keys: dict[str, str] = {}
        while key := _KEY.match(text, at):
            if _bare(key[1]) in keys:
                raise _no_path(text, at, f"the key {_bare(key[1])} is there twice")
            keys[_bare(key[1])] = _bare(key[2])
            at = key.end()
        elements.append(Element(_bare(name[0]), tuple(sorted(keys.items()))))
        if at == len(text):
            return Path(tuple(elements), origin[1] if origin else "")
        if text[at] != "/":
            raise _no_path(text, at, "`/` or `[key=value]` is expected")
        at += 1


def path_text(path: Path) -> str:
    """The text that `parse_path` reads; the target is not in it."""
    steps = "".join(
        "/"
        + _escaped(e.name, "/[\\")
        + "".join(f"[{_escaped(k, '=][' + chr(92))}={_escaped(v, ']' + chr(92))}]" for k, v in e.keys)
        for e in path.elements
    )
    return (f"{path.origin}:" if path.origin else "") + (steps or "/")


def joined(prefix: Path, path: Path) -> Path:
    """The path below a prefix. The path's own origin and target count where it has them."""
    return Path(prefix.elements + path.elements, path.origin or prefix.origin, path.target or prefix.target)


def _escaped(text: str, special: str) -> str:
    return "".join("\\" + c if c in special else c for c in text)


def _bare(text: str) -> str:
    return _ESCAPED.sub(lambda match: match[1], text)


def _no_path(text: str, at: int, why: str) -> BadInput:
    return BadInput(f"`{text[:80]}` is no path: {why} at character {at + 1}")
