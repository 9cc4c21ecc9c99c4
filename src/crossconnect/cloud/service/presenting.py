"""Kinds that are shown with more than is stored of them: what follows from other resources, as of the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from crossconnect.cloud import effective
from crossconnect.cloud.resource import Kind
from crossconnect.cloud.store.documents import encode
from crossconnect.cloud.store.records import Stored
from crossconnect.cloud.store.view import ProjectView

PRESENTED: Mapping[str, Callable[[Any, effective.Facts], Any]] = {"route_table": effective.shown}
"""By kind. A route table is stored with its static routes; it is shown with local and propagated ones, and with what
has become a black hole."""


def presented(kind: Kind, view: ProjectView, stored: Stored) -> Stored:
    """A document as its project is to see it."""
    present = PRESENTED.get(kind.name)
    if present is None:
        return stored
    resource = msgspec.json.decode(stored.body, type=kind.resource)
    return msgspec.structs.replace(stored, body=encode(present(resource, view)))
