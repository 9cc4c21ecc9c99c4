"""Examples for the OpenAPI document: made from the records, with telling values by the names of fields."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import inspect

from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Patch, Resource

_BY_NAME: dict[str, Any] = {
    "address": "203.0.113.10",
    "addresses": ["10.0.1.10"],
    "at": "2026-11-27T08:00:00Z",
    "availability_zone": "zone-a",
    "cidr": "10.0.0.0/8",
    "cidr_block": "10.0.1.0/24",
    "cidr_blocks": ["10.0.0.0/16"],
    "created_at": "2026-11-27T08:00:00Z",
    "description": "shop, production",
    "destination": "0.0.0.0/0",
    "domain_name": "shop.internal",
    "domain_name_servers": ["10.0.0.2"],
    "expires_at": "2027-11-27T00:00:00Z",
    "from_port": 443,
    "hint": "x7Qa",
    "host": "",
    "interval_s": 5,
    "ipv6_addresses": ["2001:db8:1:1::a"],
    "ipv6_cidr_block": "2001:db8:1:1::/64",
    "ipv6_cidr_blocks": ["2001:db8:1::/56"],
    "key": "xck_4be2a17c90d35f681_...",
    "mac": "02:c0:00:00:00:0a",
    "name": "shop",
    "ntp_servers": ["192.0.2.123"],
    "number": 100,
    "peer": "0.0.0.0/0",
    "port": 443,
    "private_address": "10.0.1.10",
    "private_addresses": ["10.0.1.10"],
    "project_id": "acme",
    "peer_project_id": "acme",
    "protocol": "tcp",
    "revision": 17,
    "source": "10.0.0.0/8",
    "state": "available",
    "state_reason": "",
    "tags": {"env": "prod"},
    "target": "igw-2b9f04c1d86e7a350",
    "timeout_s": 3,
    "to_port": 443,
    "updated_at": "2026-11-27T08:00:00Z",
}
_QUIET = ("ipv6_cidr_block", "ipv6_cidr_blocks", "ipv6_addresses", "host", "ntp_servers", "revoked_at")
"""Left out where they may be: an example shows what is common."""


def example_of(record: type[Any] | None) -> Any:
    """An example of a record; None where there is none to show."""
    if record is None or record.__name__ in ("ChangesPage", "Plan"):
        return None
    if issubclass(record, Patch):
        return {"name": "shop", "tags": {"env": "prod"}}
    return _example(record)


def _example(record: type[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kind = next((k for k in KINDS.values() if record in (k.resource, k.body)), None)
    for field in msgspec.structs.fields(record):
        whole = issubclass(record, Resource) or record.__name__ in ("Project", "ApiKey", "NewApiKey", "CallerItem")
        if not field.required and not whole and field.name in _QUIET:
            continue
        if field.name == "id":
            found["id"] = _id(kind.prefix) if kind else "acme" if "Project" in record.__name__ else _id("ak")
            continue
        found[field.name] = _value(field.name, inspect.type_info(field.type), field.required or whole)
    return {name: value for name, value in found.items() if value is not None}


def _value(name: str, type_: inspect.Type, needed: bool) -> Any:
    if isinstance(type_, inspect.UnionType):
        parts = [part for part in type_.types if not isinstance(part, inspect.NoneType)]
        return _value(name, parts[0], needed)
    if isinstance(type_, inspect.LiteralType):
        given = _BY_NAME.get(name)
        return given if given in type_.values else type_.values[0]
    if name in _BY_NAME:
        return _BY_NAME[name]
    if isinstance(type_, inspect.StrType):
        return _id(_prefix(name)) if name.endswith("_id") and _prefix(name) else ""
    if isinstance(type_, inspect.BoolType):
        return False
    if isinstance(type_, inspect.IntType | inspect.FloatType):
        return 0
    if isinstance(type_, inspect.StructType):
        return _example(type_.cls)
    if isinstance(type_, inspect.VarTupleType | inspect.ListType):
        if name.endswith("_ids"):
            return [_id(_prefix(name))] if _prefix(name) else []
        one = _value(name, type_.item_type, True)
        return [one] if isinstance(one, dict) else []
    return {}


def _prefix(field: str) -> str:
    """Prefix of the ids in a field: that of the kind whose name it ends with."""
    stem = field.removesuffix("s").removesuffix("_id")
    names = sorted((name for name in KINDS if stem.endswith(name)), key=len)
    return KINDS[names[-1]].prefix if names else ""


def _id(prefix: str) -> str:
    """Always the same id for a prefix."""
    return f"{prefix}-{hashlib.sha256(prefix.encode()).hexdigest()[:17]}"
