"""What SR Linux answers to a path, in the one form that `nos.srlinux` reads over gNMI and JSON-RPC alike:
notifications as gnmic prints them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.nos.document import Value
from crossconnect.transport.gnmi.path import Path, path_text


def updates(found: Iterable[tuple[Path, Value]]) -> bytes:
    """Values at paths. A value is of what stands before the first wildcard of its path; an empty one says nothing."""
    listed: list[Value] = []
    for path, value in found:
        if value not in ({}, None):
            place = path_text(Path(_before_wildcard(path).elements)).removeprefix("/")
            listed.append({"Path": place, "values": {place: value}})
    notification: Value = {"timestamp": 0, "updates": listed}
    return msgspec.json.encode([notification])


def _before_wildcard(path: Path) -> Path:
    for at, element in enumerate(path.elements):
        if any(value == "*" for _, value in element.keys):
            return Path(path.elements[:at])
    return path
