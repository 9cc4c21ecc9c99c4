"""JSON Schemas of a region's files, for editors that complete fields and underline mistakes.

Types, defaults and choices come from the records; descriptions from their docstrings and from the string literals
behind their fields; patterns from the kinds of text.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import msgspec

from crossconnect.intent.field_kinds import NUMBERS, TEXTS
from crossconnect.intent.field_texts import field_descriptions
from crossconnect.model.region import ChecksFile, EdgeFile, FabricFile, RegionFile, TenancyFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILES: dict[str, tuple[type, str]] = {
    "region": (RegionFile, "region.yaml"),
    "fabric": (FabricFile, "fabric/*.yaml"),
    "tenancy": (TenancyFile, "tenancy/*.yaml"),
    "edge": (EdgeFile, "edge/*.yaml"),
    "checks": (ChecksFile, "checks/*.yaml"),
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """One schema per kind of file, by kind: `region`, `fabric`, `tenancy`, `edge`, `checks`.

    The file's own record is also in `$defs`, so that a reader finds every record there.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for kind, (record, files) in FILES.items():
        (reference,), components = msgspec.json.schema_components([record], ref_template="#/$defs/{name}")
        definitions = {name: _described(definition, _records()[name]) for name, definition in components.items()}
        schema = {
            "$schema": DIALECT,
            "$id": f"urn:crossconnect:schema:{kind}:1",
            "title": f"Crossconnect {files}",
            "description": definitions[record.__name__]["description"],
            **reference,
            "$defs": dict(sorted(definitions.items())),
        }
        schemas[kind] = msgspec.json.decode(msgspec.json.encode(schema))  # plain values only: defaults hold records
    return schemas


def modeline(kind: str, directory: str) -> str:
    """First line of a file that leads the YAML language server to its schema in `directory`."""
    return f"# yaml-language-server: $schema={directory}/{kind}.schema.json"


@functools.cache
def _records() -> dict[str, type]:
    """Every record of the files by its name."""
    found: dict[str, type] = {}
    pending: list[Any] = [record for record, _ in FILES.values()]
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__name__ not in found:
            found[kind.__name__] = kind
            pending += [field.type for field in msgspec.structs.fields(kind)]
        pending += getattr(kind, "__args__", ())
    return found


def _described(definition: dict[str, Any], record: type) -> dict[str, Any]:
    """A definition with what its record says about itself and its fields."""
    properties = {name: _property(record, name, schema) for name, schema in definition.get("properties", {}).items()}
    return {**definition, "description": inspect.getdoc(record) or "", "properties": properties}


def _property(record: type, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A field's schema with its description, the form of its text, and the limits of its number."""
    text = field_descriptions(record).get(name, "")
    kind, limit = TEXTS.get(record, {}).get(name), NUMBERS.get(record, {}).get(name)
    if kind is not None:
        text = f"{text} Expected: {kind.expected}.".strip()
        if kind.numbers:
            schema = {**schema, "items": {"type": ["string", "integer"]}}
        if kind.schema:
            schema = _with_pattern(schema, kind.schema)
    if limit is not None:
        bounds = {"minimum": limit.first, "maximum": limit.last}
        if "anyOf" in schema:
            schema = {
                **schema,
                "anyOf": [{**s, **bounds} if s.get("type") == "integer" else s for s in schema["anyOf"]],
            }
        else:
            schema = {**schema, **bounds}
    return {**schema, "description": text} if text else schema


def _with_pattern(schema: dict[str, Any], pattern: str) -> dict[str, Any]:
    """A field's schema, the texts of which must have a form; left empty where that is the default."""
    if schema.get("type") == "array":
        return {**schema, "items": {**schema["items"], "pattern": f"^(?:{pattern})$"}}
    return {**schema, "pattern": f"^(?:{pattern})?$" if schema.get("default") == "" else f"^(?:{pattern})$"}
