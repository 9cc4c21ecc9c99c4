"""Dry runs of the typed client: what a command would do."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.client.paging import JSON, MERGE_PATCH
from crossconnect.cloud.client.transport import Query, Transport
from crossconnect.cloud.resource import Effect

_DRY: Query = {"dry_run": True}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a command would do; nothing has been done."""

    resource: msgspec.Raw
    """As it would be, in JSON; of a deletion, as it is."""
    changed: tuple[str, ...]
    """Ids of all resources that would be written or deleted."""
    effects: tuple[Effect, ...]
    """What it would do to traffic."""
    cuts: bool
    """Whether flows that pass today would not."""


def plan_create(transport: Transport, path: str, body: msgspec.Struct) -> Plan:
    """What a POST would do."""
    return _decoded(transport.send("POST", path, _DRY, msgspec.json.encode(body), JSON).content)


def plan_update(transport: Transport, path: str, patch: msgspec.Struct) -> Plan:
    """What a PATCH would do."""
    return _decoded(transport.send("PATCH", path, _DRY, msgspec.json.encode(patch), MERGE_PATCH).content)


def plan_delete(transport: Transport, path: str) -> Plan:
    """What a DELETE would do."""
    return _decoded(transport.send("DELETE", path, _DRY).content)


def _decoded(octets: bytes) -> Plan:
    return msgspec.json.decode(octets, type=Plan)
