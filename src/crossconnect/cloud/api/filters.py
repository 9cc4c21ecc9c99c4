"""By what lists may be filtered."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.resource import Kind


def filters_of(kind: Kind) -> list[str]:
    """Fields by which a kind's lists may be filtered: id, name, those that name other resources, and the kind's own."""
    fields = [field.name for field in msgspec.structs.fields(kind.resource)]
    naming = [name for name in fields if name.endswith(("_id", "_ids")) and name != "project_id"]
    return list(dict.fromkeys(["id", "name", *naming, *kind.filters]))
