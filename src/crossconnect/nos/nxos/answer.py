"""NX-OS's answers: tables of JSON, and the names and attributes that several answers have, or ValueError. Pure.

Source: Cisco Nexus 9000 Series NX-OS Programmability Guide 10.3(x), "NX-API": a list is `TABLE_x/ROW_x`, which is an
object where it has one row. Interfaces are abbreviated in some answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from crossconnect.net import canonical_address

_LONG = {"Eth": "Ethernet", "Po": "port-channel", "Lo": "loopback", "Vlan": "Vlan", "mgmt": "mgmt"}
_SHORT = re.compile(r"(Eth|Po|Lo|Vlan|mgmt)(?=\d)(.*)")
_MAPPED = "::ffff:"


def object_of(answer: bytes, *wanted: str) -> Mapping[str, Any]:
    """A JSON object with these members. ValueError for anything else."""
    found = members(json.loads(answer))
    for name in wanted:
        members(found.get(name))
    return found


def members(value: object) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    return cast("Mapping[str, Any]", value)


def rows(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a table; none where it is not there."""
    table = holder.get(f"TABLE_{name}")
    if table is None:
        return
    listed = members(table).get(f"ROW_{name}", [])
    for row in cast("list[object]", listed) if isinstance(listed, list) else [listed]:
        yield members(row)


def long_name(name: str) -> str:
    """`Ethernet1/1` of `Eth1/1`."""
    match = _SHORT.fullmatch(name)
    return f"{_LONG[match[1]]}{match[2]}" if match else name


def peer_of(text: str) -> str:
    """An address in canonical form, or the interface of an unnumbered session."""
    plain = text.partition("%")[0]
    return canonical_address(plain) if ":" in plain or plain.count(".") == 3 else long_name(plain)


def next_hop_of(text: str) -> str:
    """An address without its zone; an IPv4 one that is mapped into IPv6 (a VTEP of an IPv6 route) as IPv4."""
    plain = text.partition("%")[0]
    if plain.startswith(_MAPPED) and plain.count(".") == 3:
        plain = plain.removeprefix(_MAPPED)
    return canonical_address(plain)


def mac_of(text: str) -> str:
    """`00:2a:6a:d3:00:00` of `002a.6ad3.0000`; ValueError for anything else but nothing."""
    return _octets(text, 6, "MAC address") if text else ""


def esi_of(text: str) -> str:
    """`03:12:34:...` of `0312.3412.3412.3400.000a`; empty for the ESI of no segment."""
    esi = _octets(text, 10, "ESI")
    return esi if esi.strip("0:") else ""


def _octets(text: str, count: int, what: str) -> str:
    digits = text.replace(".", "").replace(":", "").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{2 * count}}}", digits):
        raise ValueError(f"{text} is no {what}")
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2))
