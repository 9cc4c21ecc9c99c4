"""EOS's JSON answers: their members, or ValueError, and the names and attributes that several answers have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from crossconnect.net import canonical_address

_LONG = {"Et": "Ethernet", "Po": "Port-Channel", "Lo": "Loopback", "Vl": "Vlan", "Ma": "Management", "Vx": "Vxlan"}
_SHORT = re.compile(r"(Et|Po|Lo|Vl|Ma|Vx)(\d.*)")
_ORIGINS = frozenset({"i", "e", "?"})
_EXTENDED = {
    "Route-Target-AS:": "RT:",
    "Route-Target-AS4:": "RT:",
    "Route-Target-IP:": "RT:",
    "EvpnRouterMac:": "Rmac:",
    "EvpnEsImportRt:": "ES-Import-Rt:",
    "TunnelEncap:tunnelTypeVxlan": "ET:8",
}
"""How FRR begins the same community."""


def object_of(answer: bytes, *wanted: str) -> Mapping[str, Any]:
    """A JSON object with these members. ValueError for anything else."""
    found = members(json.loads(answer))
    if "errors" in found:
        raise ValueError("EOS answers " + "; ".join(words(found, "errors")))
    for name in wanted:
        if not isinstance(found.get(name), (dict, list)):
            raise ValueError(f"the answer has no `{name}`")
    return found


def members(value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def entries(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; none where it is not there."""
    listed = holder.get(name, [])
    if not isinstance(listed, list):
        raise ValueError(f"`{name}` is no list")
    for one in cast("list[object]", listed):
        yield members(one)


def words(holder: Mapping[str, Any], name: str) -> list[str]:
    """The texts of a list; none where it is not there."""
    listed = holder.get(name, [])
    if not isinstance(listed, list):
        raise ValueError(f"`{name}` is no list")
    return [str(one) for one in cast("list[object]", listed)]


def number(holder: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A number, which some answers have as text."""
    value = holder.get(name)
    return default if value is None else int(str(value))


def long_name(name: str) -> str:
    """`Ethernet1` of `Et1`."""
    match = _SHORT.fullmatch(name)
    return f"{_LONG[match[1]]}{match[2]}" if match else name


def peer_of(text: str) -> str:
    """A session's address, or the interface of an unnumbered one: `Ethernet1` of `fe80::1%Et1`."""
    address, _, zone = text.partition("%")
    return long_name(zone) if zone else plain_address(address)


def plain_address(text: str) -> str:
    """An address without its zone; empty for none."""
    plain = text.partition("%")[0]
    return canonical_address(plain) if plain else ""


def as_path_of(path: Mapping[str, Any]) -> str:
    """The AS numbers of `asPathEntry/asPath`: what follows the origin's letter is about route reflection."""
    found: list[str] = []
    for word in str(members(path.get("asPathEntry", {})).get("asPath") or "").split():
        if word in _ORIGINS:
            break
        found.append(word)
    return " ".join(found)


def extended_of(names: list[str]) -> tuple[str, ...]:
    """Extended communities as FRR writes them, as far as both have a word for one."""
    return tuple(sorted(_extended(name) for name in names))


def _extended(name: str) -> str:
    for begin, ours in _EXTENDED.items():
        if name.startswith(begin):
            return ours + name.removeprefix(begin)
    return name


def mac_of(text: str) -> str:
    """`00:1c:73:00:00:01` of `001c.7300.0001` too. ValueError for what is no MAC address."""
    digits = text.replace(".", "").replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise ValueError(f"{text!r} is no MAC address")
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2))
