"""Neutron's clients take UUIDs; ours are `eni-` and 17 digits. One follows from the other: nothing is looked up.

A UUID of version 8 (RFC 9562, section 5.8): 17 digits of ours, which face of the thing, and zeros. A resource may have
several faces: one subnet of ours is a network, and a subnet of each IP version.
"""

from __future__ import annotations

import re
from typing import Literal

Face = Literal[
    "network",
    "subnet4",
    "subnet6",
    "port",
    "router",
    "floatingip",
    "security_group",
    "rule",
    "rule4",
    "rule6",
    "router_port",
    "external_network",
    "external_subnet",
    "address_scope4",
    "address_scope6",
    "subnetpool4",
    "subnetpool6",
]
"""What a UUID names. `rule4`, `rule6`: the halves of a rule of ours that is about both IP versions. `router_port`: the
router's address in a subnet, which is no resource of ours."""

_CODES: dict[Face, str] = {
    "network": "01",
    "subnet4": "02",
    "subnet6": "03",
    "port": "04",
    "router": "05",
    "floatingip": "06",
    "security_group": "07",
    "rule": "08",
    "rule4": "09",
    "rule6": "0a",
    "router_port": "0b",
    "external_network": "0c",
    "external_subnet": "0d",
    "address_scope4": "0e",
    "address_scope6": "0f",
    "subnetpool4": "10",
    "subnetpool6": "11",
}
_FACES: dict[str, Face] = {code: face for face, code in _CODES.items()}
PREFIXES: dict[Face, str] = {
    "network": "subnet",
    "subnet4": "subnet",
    "subnet6": "subnet",
    "router_port": "subnet",
    "port": "eni",
    "router": "nrtr",
    "floatingip": "eip",
    "security_group": "sg",
    "rule": "sgr",
    "rule4": "sgr",
    "rule6": "sgr",
}
"""Of the ids behind a face."""
_OF_PREFIX: dict[str, Face] = {
    "subnet": "network",
    "nnet": "network",
    "eni": "port",
    "nrtr": "router",
    "eip": "floatingip",
    "sg": "security_group",
    "sgr": "rule",
}
_UUID = re.compile(
    r"([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-8([0-9a-f]{2})0-([0-9a-f]{2})0{10}", re.ASCII | re.IGNORECASE
)
_ID = re.compile(r"\b([a-z]+)-([0-9a-f]{17})\b", re.ASCII)


def uuid_of(face: Face, id: str) -> str:
    """The UUID of a face of a resource."""
    digits = id[-17:]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[12:15]}-8{digits[15:]}0-{_CODES[face]}{'0' * 10}"


def digits_of(face: Face, uuid: str) -> str:
    """The 17 digits that a UUID of a face has; empty where it is none."""
    found = _UUID.fullmatch(uuid)
    if found is None or _FACES.get(found[5].lower()) != face:
        return ""
    return f"{found[1]}{found[2]}{found[3]}{found[4]}".lower()


def id_of(face: Face, uuid: str) -> str:
    """The id of the resource behind a UUID; empty where it is none of that face."""
    digits = digits_of(face, uuid)
    return f"{PREFIXES[face]}-{digits}" if digits else ""


def face_of(uuid: str) -> Face | None:
    """Which face a UUID names; none for a UUID that we have not made."""
    found = _UUID.fullmatch(uuid)
    return _FACES.get(found[5].lower()) if found is not None else None


def in_neutrons_words(text: str) -> str:
    """A message with the ids that Neutron's clients know."""

    def told(match: re.Match[str]) -> str:
        face = _OF_PREFIX.get(match[1])
        return uuid_of(face, match[0]) if face is not None else match[0]

    return _ID.sub(told, text)
