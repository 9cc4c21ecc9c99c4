"""Which fields of which kinds are indexed: those that refer to other resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Reference, Resource

_OF: Mapping[type[Resource], Callable[[Any], Iterable[Reference]]] = {
    kind.resource: kind.references for kind in KINDS.values()
}


def references(resource: Resource) -> Iterable[Reference]:
    """What a resource names, and in which field; nothing of kinds that are not the cloud's own (Neutron's)."""
    found = _OF.get(type(resource))
    return found(resource) if found is not None else ()
