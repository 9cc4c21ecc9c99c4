"""Kinds that are shown with more than is stored of them: what follows from other resources, as of the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.resource import Kind
from crossconnect.cloud.store.documents import EVERYBODY, encode
from crossconnect.cloud.store.records import Changed, Stored
from crossconnect.cloud.store.view import ProjectView

PRESENTED: Mapping[str, Callable[[Any, effective.Facts], Any]] = {"route_table": effective.shown}
"""By kind. A route table is stored with its static routes; it is shown with local and propagated ones, and with what
has become a black hole."""


def presented(kind: Kind, view: ProjectView, stored: Stored) -> Stored:
    """A document as a project is to see it: its own, or, without the fields that are its owner's alone, another's."""
    if kind.private and stored.project_id != view.project_id:
        return msgspec.structs.replace(stored, body=as_guest(kind, stored.body))
    present = PRESENTED.get(kind.name)
    if present is None:
        return stored
    resource = msgspec.json.decode(stored.body, type=kind.resource)
    return msgspec.structs.replace(stored, body=encode(present(resource, view)))


def differs(kind: Kind) -> bool:
    """Whether documents of a kind may be shown other than they are stored."""
    return bool(kind.private) or kind.name in PRESENTED


def as_guest(kind: Kind, body: bytes) -> bytes:
    """A document as other projects that see it are shown it: with `Kind.private` empty."""
    if not kind.private:
        return body
    fields = msgspec.json.decode(body, type=dict[str, Any])
    empty: dict[type, Any] = {list: [], dict: {}, str: "", bool: False, int: 0}
    return msgspec.json.encode(
        {name: empty.get(type(value)) if name in kind.private else value for name, value in fields.items()}
    )


def told(kind: Kind, change: Changed, project_id: str) -> Changed:
    """A change of the feed as a project is told of it. That something of another's is not shared with it any more is
    to the project as its end."""
    if change.project_id == project_id:
        return change
    action = change.action
    if action != "delete":
        seen = kind.seen_by(msgspec.json.decode(change.raw, type=kind.resource))
        action = action if project_id in seen or EVERYBODY in seen else "delete"
    return msgspec.structs.replace(change, action=action, raw=as_guest(kind, change.raw))
