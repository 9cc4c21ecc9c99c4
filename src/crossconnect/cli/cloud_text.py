"""What `xc cloud` prints of resources for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from crossconnect.cli.output import draw
from crossconnect.cloud.resource import Kind, Resource

COLUMNS_MAX = 9
_COMMON = frozenset(field.name for field in msgspec.structs.fields(Resource))
_HIDDEN = frozenset({"number", "default", "owner", "mac", "host", "appliance_numbers"})
"""Fields that `show` has, and lists have no place for."""


def columns_of(kind: Kind) -> list[str]:
    """Fields of a kind that a list shows: id, name, what fits into a column, state."""
    own = [
        field.name
        for field in msgspec.structs.fields(kind.resource)
        if field.name not in _COMMON and field.name not in _HIDDEN and _fits(inspect.type_info(field.type))
    ]
    return ["id", "name", *own[: COLUMNS_MAX - 3], "state"]


def _fits(type_: inspect.Type) -> bool:
    if isinstance(type_, inspect.VarTupleType):
        type_ = type_.item_type
    parts = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    return not any(isinstance(part, inspect.StructType | inspect.DictType) for part in parts)


def table(items: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Resources as a table. Columns that are empty throughout are left out."""
    shown = [c for c in columns if c in ("id", "state") or any(item.get(c) not in ("", [], None) for item in items)]
    return draw([c.replace("_", " ") for c in shown], [[item.get(c, "") for c in shown] for item in items])


def sheet(item: Mapping[str, Any]) -> str:
    """One resource, a field a line; lists of records below their field."""
    width = max(len(name) for name in item)
    lines: list[str] = []
    for name, value in _ordered(item).items():
        label = f"{name:{width}}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(label.rstrip())
            lines += [f"    {_record(part)}" for part in value]
        elif isinstance(value, dict):
            lines.append(f"{label}  {_record(value)}".rstrip())
        elif isinstance(value, list):
            lines.append(f"{label}  {', '.join(str(part) for part in value)}".rstrip())
        else:
            lines.append(f"{label}  {_scalar(value)}".rstrip())
    return "\n".join(lines)


def _ordered(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """First what everybody looks for; a reason only where there is one."""
    first = {name: item[name] for name in ("id", "name", "state", "state_reason") if name in item}
    if not first.get("state_reason"):
        first.pop("state_reason", None)
    return first | {name: value for name, value in item.items() if name not in ("state_reason", *first)}


def _record(value: Mapping[str, Any]) -> str:
    return "  ".join(f"{name}={_scalar(part)}" for name, part in value.items() if part not in ("", None))


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def plan_text(plan: Mapping[str, Any]) -> str:
    """What a dry run says."""
    lines = [f"would change: {', '.join(plan['changed']) or 'nothing'}"]
    lines += [f"{'cuts traffic' if effect['cuts'] else 'effect'}: {effect['message']}" for effect in plan["effects"]]
    if not plan["effects"]:
        lines.append("effect: none on traffic")
    return "\n".join(lines)
