"""Junos's JSON answers: elements, which are lists of objects with `data`, or ValueError. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from crossconnect.net import canonical_address

_ORIGINS = frozenset({"I", "E", "?"})


def roots(answer: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """The elements of that name at the answer's root. ValueError for anything else."""
    found = members(json.loads(answer))
    if "output" in found:
        raise ValueError(f"Junos answers {text(found, 'output').strip()}")
    if name not in found:
        raise ValueError(f"the answer has no `{name}`")
    yield from elements(found, name)


def members(value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def elements(holder: Mapping[str, Any], *names: str) -> Iterator[Mapping[str, Any]]:
    """The elements of a name, or of names one below the other; none where there is none."""
    name, *below = names
    value = holder.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise ValueError(f"`{name}` is no list")
    for element in cast("list[object]", value):
        if below:
            yield from elements(members(element), *below)
        else:
            yield members(element)


def texts(holder: Mapping[str, Any], *names: str) -> list[str]:
    """The texts of all elements of a name."""
    return [str(element.get("data", "")) for element in elements(holder, *names)]


def text(holder: Mapping[str, Any], *names: str) -> str:
    """The text of the first element of a name; empty for none."""
    return next(iter(texts(holder, *names)), "")


def number(words: str) -> int:
    """A number; 0 for `Unlimited` and the like."""
    return int(words.strip()) if words.strip().isdigit() else 0


def address(words: str) -> str:
    """`10.0.0.1` of `10.0.0.1+179` and of `fe80::1%et-0/0/0.0`."""
    plain = words.partition("+")[0].partition("%")[0].strip()
    return canonical_address(plain) if plain else ""


def as_path_of(entry: Mapping[str, Any]) -> str:
    """The AS numbers of a route's entry of `detail`, without the origin."""
    found = text(entry, "bgp-path-attributes", "attr-as-path-effective", "attr-value").split()
    return " ".join(word for word in found if word not in _ORIGINS)


def extended_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Extended communities as FRR writes them, as far as both have a word for one."""
    return tuple(sorted(_extended(word) for word in texts(entry, "communities", "extended-community")))


def _extended(word: str) -> str:
    name, _, value = word.partition(":")
    match name:
        case "target":
            return f"RT:{value}"
        case "router-mac":
            return f"Rmac:{value}"
        case "es-import-target":
            return f"ES-Import-Rt:{value}"
        case "encapsulation" if value.startswith("vxlan"):
            return "ET:8"
        case _:
            return word
