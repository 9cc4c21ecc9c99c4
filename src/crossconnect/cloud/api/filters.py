"""By what lists may be filtered."""

from __future__ import annotations

from typing import get_args

import msgspec

from crossconnect.cloud.resource import Kind, State

STATES: tuple[str, ...] = get_args(State)
"""By which lists of all kinds may be filtered, too."""


def filters_of(kind: Kind) -> list[str]:
    """Fields by which a kind's lists may be filtered: id, name, those that name other resources, and the kind's own."""
    fields = [field.name for field in msgspec.structs.fields(kind.resource)]
    naming = [name for name in fields if name.endswith(("_id", "_ids")) and name != "project_id"]
    return list(dict.fromkeys(["id", "name", *naming, *kind.filters]))
