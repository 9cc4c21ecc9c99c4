"""SR Linux' JSON answers: members of them, or ValueError, and the names and attributes that several have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.net import canonical_address
from crossconnect.nos import document
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.tree import plain

_NOBODY = frozenset({"0.0.0.0", "::"})
_EXTENDED = {"target:": "RT:", "origin:": "SoO:", "mac-nh:": "Rmac:", "bgp-tunnel-encap:VXLAN": "ET:8"}
"""How FRR begins the same community."""
_OCTETS = 6
_NAME = r"[^/\[\]]+"
_KEY = r"\[([^\]=]+)=([^\]]*)\]"
_ELEMENT = rf"{_NAME}(?:{_KEY})*"


def root(answer: bytes, name: str) -> Value:
    """What is under a name at the answer's root; ValueError where the answer is no object, nor gnmic's list of them."""
    value = document.parse(answer.decode())
    value = plain(_of_updates(value) if isinstance(value, list) else value)
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    if value and name not in value:
        raise ValueError(f"no {name} in the answer")
    return value.get(name)


def _of_updates(notifications: list[Value]) -> dict[str, Value]:
    """The object from the root of what `gnmic get` prints: values, each with its path, up to the first wildcard asked
    for. A notification without updates says that nothing is there.
    """
    whole: dict[str, Value] = {}
    if not notifications:
        raise ValueError("a list of notifications is expected")
    for notification in notifications:
        if not isinstance(notification, dict) or "timestamp" not in notification:
            raise ValueError("a notification with its time is expected")
        for update in entries(notification.get("updates")):
            values = update.get("values")
            if not isinstance(values, dict) or len(values) != 1:
                raise ValueError("an update with one value is expected")
            _put(whole, _elements(text(update, "Path")), next(iter(values.values())))
    return whole


def _elements(path: str) -> list[tuple[str, dict[str, Value]]]:
    """`interface[name=ethernet-1/1]/statistics` as names with the keys of their entries."""
    if path and not re.fullmatch(f"{_ELEMENT}(?:/{_ELEMENT})*", path):
        raise ValueError(f"`{path}` is no path")
    return [(m[1], dict(re.findall(_KEY, m[2]))) for m in re.finditer(rf"({_NAME})((?:{_KEY})*)/?", path)]


def _put(at_root: dict[str, Value], elements: list[tuple[str, dict[str, Value]]], value: Value) -> None:
    """Put a value below names and keys, beside what is there."""
    if not elements:
        if not isinstance(value, dict):
            raise ValueError("an object is expected at the end of a path")
        for name, child in value.items():
            there = at_root.get(name)
            at_root[name] = [*there, *child] if isinstance(there, list) and isinstance(child, list) else child
        return
    (name, keys), *below = elements
    inner = {**keys} if keys else at_root.setdefault(name, {})
    if not isinstance(inner, dict):
        raise ValueError(f"`{name}` is a list and an object")
    _put(inner, below, value)
    if keys:
        listed = at_root.setdefault(name, [])
        if not isinstance(listed, list):
            raise ValueError(f"`{name}` is a list and an object")
        listed.append(inner)


def entries(value: Value) -> Iterator[dict[str, Value]]:
    """Entries of a list; nothing where there is none."""
    if value is None:
        return
    if not isinstance(value, list):
        raise ValueError("a list is expected")
    for entry in value:
        if not isinstance(entry, dict):
            raise ValueError("a list of objects is expected")
        yield entry


def at(value: Value, *names: str) -> Value:
    """What is under names one below the other; None where a part is missing."""
    for name in names:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ValueError(f"an object is expected above {name}")
        value = value.get(name)
    return value


def text(entry: Value, *names: str) -> str:
    value = at(entry, *names)
    return "" if value is None else str(value)


def word(entry: Value, *names: str) -> str:
    """A word without the module of its identity."""
    return text(entry, *names).rpartition(":")[2]


def words(entry: Value, *names: str) -> list[str]:
    """The words of a leaf-list; none where there is none."""
    value = at(entry, *names)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("a list is expected")
    return [str(one) for one in value]


def number(entry: Value, *names: str) -> int:
    value = at(entry, *names)
    return 0 if value is None else int(str(value))


# --- names and attributes ---------------------------------------------------------------------------------------------


def design_name(subinterface: str) -> str:
    """`ethernet-1/1.0` is the port `ethernet-1/1` of the design, `ethernet-1/1.2001` and `irb0.100` stay."""
    return subinterface.removesuffix(".0") if not subinterface.startswith("irb") else subinterface


def address(words: str) -> str:
    """An address without its zone; empty for none, and for the one that means none."""
    bare = words.partition("%")[0]
    return canonical_address(bare) if bare and bare not in _NOBODY else ""


def peer_of(words: str) -> str:
    """A session's address, or the port of an unnumbered one; empty for nobody."""
    zone = words.partition("%")[2]
    return design_name(zone) if zone else address(words)


def extended_of(communities: list[str]) -> tuple[str, ...]:
    """Extended communities as FRR writes them, as far as both have a word for one."""
    return tuple(sorted(_extended(community) for community in communities))


def _extended(community: str) -> str:
    for begin, ours in _EXTENDED.items():
        if community.startswith(begin):
            value = community.removeprefix(begin)
            return f"ES-Import-Rt:{value}" if ours == "RT:" and value.count(":") == _OCTETS - 1 else ours + value
    return community
