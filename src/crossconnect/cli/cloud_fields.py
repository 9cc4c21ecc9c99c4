"""Options of `xc cloud ... create` and `update`, made from the fields of a kind's records."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import inspect

from crossconnect.cloud.api.schemas import descriptions
from crossconnect.errors import BadInput

HELP = {
    "name": "Name, for people.",
    "description": "Description, for people.",
    "tags": "A tag, key=value; repeatable.",
}


def singular(name: str) -> str:
    """`cidr_blocks` is given one by one, as `cidr_block`."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("sses", "xes")):
        return name[:-2]
    return name.removesuffix("s")


def one_of(record: type[Any], name: str) -> str:
    """What one value of a field is called: `cidr_block` of a list of `cidr_blocks`, else the field."""
    types = {field.name: field.type for field in msgspec.structs.fields(record)}
    listed = isinstance(inspect.type_info(types[name]), inspect.VarTupleType)
    return singular(name) if listed else name


def _plain(type_: inspect.Type) -> inspect.Type:
    """A field's type without None and UNSET."""
    if isinstance(type_, inspect.UnionType):
        return next(part for part in type_.types if not isinstance(part, inspect.NoneType))
    return type_


def option_of(record: type[Any], field: msgspec.structs.FieldInfo, described: type[Any]) -> click.Option:
    """The option for one field. Not given, it is None, or empty where it is repeatable."""
    type_ = _plain(inspect.type_info(_without_unset(field.type)))
    text = HELP.get(field.name) or descriptions(record).get(field.name) or descriptions(described).get(field.name, "")
    flag = f"--{field.name.replace('_', '-')}"
    if isinstance(type_, inspect.DictType):
        return click.Option(["--tag", field.name], multiple=True, metavar="KEY=VALUE", help=text)
    if isinstance(type_, inspect.VarTupleType):
        one = f"--{singular(field.name).replace('_', '-')}"
        shape = _shape(type_.item_type)
        text = f"{text} {'Repeatable.' if not shape else f'Repeatable: {shape}, or JSON.'}".strip()
        metavar = "KEY=VALUE,..." if shape else "TEXT"
        return click.Option(list(dict.fromkeys([one, flag, field.name])), multiple=True, metavar=metavar, help=text)
    if isinstance(type_, inspect.StructType):
        return click.Option(
            [flag, field.name], metavar="KEY=VALUE,...", help=f"{text} {_shape(type_)}, or JSON.".strip()
        )
    if isinstance(type_, inspect.BoolType):
        return click.Option([f"{flag}/--no-{flag[2:]}", field.name], default=None, help=text)
    if isinstance(type_, inspect.LiteralType):
        return click.Option([flag, field.name], type=click.Choice([str(v) for v in type_.values]), help=text)
    kind = click.INT if isinstance(type_, inspect.IntType) else click.STRING
    return click.Option([flag, field.name], type=kind, help=text)


def _without_unset(type_: Any) -> Any:
    parts = [part for part in getattr(type_, "__args__", ()) if part is not msgspec.UnsetType]
    if msgspec.UnsetType not in getattr(type_, "__args__", ()):
        return type_
    joined = parts[0]
    for part in parts[1:]:
        joined = joined | part
    return joined


def _shape(type_: inspect.Type) -> str:
    """`port=,target_group_id=` of a record; empty for what is none."""
    if not isinstance(type_, inspect.StructType):
        return ""
    return ",".join(f"{field.name}=" for field in msgspec.structs.fields(type_.cls))


def options_of(record: type[Any], described: type[Any]) -> list[click.Parameter]:
    """Options for all fields of a record. `described` is the kind's own record, for what the other says nothing of."""
    return [option_of(record, field, described) for field in msgspec.structs.fields(record)]


def collect(record: type[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as options gave them, as they go into a body. BadInput where a value cannot be one."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(record):
        value = given.get(field.name)
        if value is None or value == ():
            continue
        type_ = _plain(inspect.type_info(_without_unset(field.type)))
        if isinstance(type_, inspect.DictType):
            found[field.name] = dict(_pair(text, "--tag") for text in value)
        elif isinstance(type_, inspect.VarTupleType):
            found[field.name] = _several(value, type_.item_type, f"--{singular(field.name).replace('_', '-')}")
        elif isinstance(type_, inspect.StructType):
            found[field.name] = _structure(value, type_.cls, f"--{field.name.replace('_', '-')}")
        else:
            found[field.name] = value
    return found


def _several(texts: Sequence[str], type_: inspect.Type, flag: str) -> list[Any]:
    if texts == ("",):
        return []
    if isinstance(type_, inspect.StructType):
        return [_structure(text, type_.cls, flag) for text in texts]
    return [part for text in texts for part in text.split(",") if part]


def _structure(text: str, record: type[Any], flag: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise BadInput(f"{flag}: {error}") from None
    pairs = dict(_pair(part, flag) for part in text.split(","))
    types = {field.name: _plain(inspect.type_info(field.type)) for field in msgspec.structs.fields(record)}
    found: dict[str, Any] = {}
    for name, value in pairs.items():
        if name not in types:
            raise BadInput(f"{flag}: there is no {name!r}; there are {', '.join(types)}")
        number = isinstance(types[name], inspect.IntType)
        if number and not value.lstrip("-").isdigit():
            raise BadInput(f"{flag}: {name} is a whole number, not {value!r}")
        found[name] = int(value) if number else value == "true" if value in ("true", "false") else value
    return found


def _pair(text: str, flag: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise BadInput(f"{flag} is key=value, not {text!r}")
    return name, value


def read_body(path: str) -> dict[str, Any]:
    """A body from a file (`-`: standard input) in JSON or YAML."""
    import yaml

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
        found = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read as YAML or JSON: {error}") from error
    if not isinstance(found, dict):
        raise BadInput(f"{path} is no object")
    return found
