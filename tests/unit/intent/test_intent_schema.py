"""The JSON Schemas are valid, say what fields mean, and agree with what reading accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from crossconnect.intent.field_kinds import NUMBERS
from crossconnect.intent.loader import load
from crossconnect.intent.schema import FILES, json_schemas, modeline

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = json_schemas()


@pytest.mark.parametrize("kind", FILES)
def test_schema_is_a_json_schema(kind: str) -> None:
    schema = SCHEMAS[kind]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert all(schema[key] for key in ("$schema", "$id", "title"))
    assert msgspec.json.decode(msgspec.json.encode(schema)) == schema


@pytest.mark.parametrize("kind", FILES)
def test_every_field_is_described(kind: str) -> None:
    bare = [
        f"{name}.{field}"
        for name, definition in SCHEMAS[kind]["$defs"].items()
        for field, spec in definition.get("properties", {}).items()
        if not spec.get("description")
    ]
    assert bare == []


def test_every_number_has_limits() -> None:
    """A count without one could ask for a billion servers."""
    unlimited: list[str] = []
    for schema in SCHEMAS.values():
        for name, definition in schema["$defs"].items():
            for field, spec in definition.get("properties", {}).items():
                kinds = [spec, *spec.get("anyOf", ())]
                if any(k.get("type") == "integer" and "maximum" not in k for k in kinds):
                    unlimited.append(f"{name}.{field}")
    assert unlimited == []
    assert all(field in record.__struct_fields__ for record, limits in NUMBERS.items() for field in limits)


def _files() -> list[Path]:
    """All of the intent; `cloud/` is how the API is run, and has no schema of its own."""
    found = [*(ROOT / "examples").rglob("*.yaml"), *(ROOT / "tests" / "errors" / "_base").rglob("*.yaml")]
    return sorted(path for path in found if path.parent.name != "cloud" or path.stem in FILES)


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_valid_regions_are_valid(path: Path) -> None:
    kind = path.stem if path.stem in FILES else path.parent.name
    document, findings = load(path.name, path.read_text())
    assert findings == ()
    jsonschema.Draft202012Validator(SCHEMAS[kind]).validate(document.value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("tenancy", {"tenants": [{"name": "red", "segment": []}]}),
        ("tenancy", {"tenants": [{"name": "red", "segments": [{"name": "a", "vlan": 5000}]}]}),
        ("tenancy", {"tenants": [{"name": "red", "segments": [{"name": "a", "vlan": "100"}]}]}),
        ("tenancy", {"tenants": [{}]}),
        ("tenancy", {"tenants": [{"name": "A!"}]}),
        ("tenancy", {"tenants": [{"name": ""}]}),
        ("tenancy", {"tenants": [{"name": "red", "segments": [{"name": "a", "leaves": ["Leaf1"]}]}]}),
        ("edge", {"policies": [{"name": "p", "statements": [{"name": "S", "action": "accept"}]}]}),
        ("fabric", {"pods": [{"name": "a", "site": "n", "spines": {"count": 1, "name": "{rack}"}, "racks": []}]}),
        ("fabric", {"pods": [{"name": "a", "site": "n", "spines": {"count": 1, "name": "-{n}"}, "racks": []}]}),
        ("region", {"format": 2, "name": "x", "sites": [], "pools": []}),
        ("fabric", {"pods": [{"name": "a", "site": "n", "spines": {"count": 0}, "racks": []}]}),
    ],
)
def test_mistakes_are_invalid(kind: str, value: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(SCHEMAS[kind]).is_valid(value)


def test_optional_names_may_be_empty_and_patterns_have_placeholders() -> None:
    pod = {"name": "a", "site": "n", "spines": {"count": 1, "name": "{pod}-s{n}"}, "racks": [{"name": ""}]}
    jsonschema.Draft202012Validator(SCHEMAS["fabric"]).validate({"pods": [pod]})


def test_reserved_numbers_need_no_quotes() -> None:
    pool = {"name": "x", "purpose": "vlan", "range": "1-99", "reserved": [5, "10-20"]}
    value = {"format": 1, "name": "x", "sites": [], "pools": [pool]}
    jsonschema.Draft202012Validator(SCHEMAS["region"]).validate(value)


def test_the_editors_line_names_the_schema() -> None:
    assert modeline("fabric", "../schemas") == "# yaml-language-server: $schema=../schemas/fabric.schema.json"
