"""SONiC's YANG models of CONFIG_DB in libyang, for tests: `config_db.json` as XML, where all values are text."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

DATA = Path(__file__).resolve().parents[4].parent / "shared" / "data" / "yang" / "sonic"
SHARED = (DATA, Path("/work/shared/data/yang/sonic"))

Schema = dict[str, tuple[str, str, list[tuple[str, tuple[str, ...]]]]]


@functools.cache
def context() -> tuple[Any, Schema]:
    """The models, loaded once, and of each table its module, namespace, and lists with their keys. Skips the test by
    name where libyang or the data is missing."""
    libyang = pytest.importorskip("libyang")
    root = next((path for path in SHARED if path.is_dir()), None)
    if root is None:
        pytest.skip("no SONiC YANG models in ../shared/data/yang/sonic")
    ctx = libyang.Context(str(root))
    tables: Schema = {}
    for file in sorted(root.glob("*.yang")):
        try:
            module = ctx.load_module(file.stem)
        except libyang.LibyangError:
            continue  # events and state, with imports of their own
        namespace = module.prefix() and _namespace(file)
        for top in module.children():
            if top.nodetype() != libyang.SNode.CONTAINER:
                continue
            for table in top.children():
                lists = [
                    (node.name(), tuple(key.name() for key in node.keys()))  # noqa: SIM118 - no mapping
                    for node in table.children()
                    if node.nodetype() == libyang.SNode.LIST
                ]
                tables.setdefault(table.name(), (top.name(), namespace, lists))
    return ctx, tables


def _namespace(file: Path) -> str:
    return file.read_text().partition("namespace")[2].partition(";")[0].strip().strip('"')


def errors(config: dict[str, Any]) -> list[str]:
    """What the models say against a CONFIG_DB; empty when it is valid."""
    libyang = pytest.importorskip("libyang")
    ctx, schema = context()
    unknown = [name for name in config if name not in schema]
    if unknown:
        return [f"no model for {name}" for name in unknown]
    modules: dict[tuple[str, str], list[str]] = {}
    for name, table in config.items():
        top, namespace, lists = schema[name]
        modules.setdefault((top, namespace), []).append(f"<{name}>{_entries(table, lists)}</{name}>")
    xml = "".join(f'<{top} xmlns="{ns}">{"".join(parts)}</{top}>' for (top, ns), parts in modules.items())
    try:
        ctx.parse_data_mem(xml, "xml", strict=True, validate_present=True).free()
    except libyang.LibyangError as error:
        return [str(error)]
    return []


def _entries(table: dict[str, Any], lists: list[tuple[str, tuple[str, ...]]]) -> str:
    out: list[str] = []
    for key, fields in table.items():
        parts = key.split("|")
        node = next(((name, keys) for name, keys in lists if len(keys) == len(parts)), None)
        if node is None:
            out.append(f"<{key}>{_fields(fields)}</{key}>")
            continue
        name, keys = node
        named = "".join(f"<{k}>{escape(part)}</{k}>" for k, part in zip(keys, parts, strict=True))
        out.append(f"<{name}>{named}{_fields(fields)}</{name}>")
    return "".join(out)


def _fields(fields: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{escape(str(value))}</{name}>"
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    )


def on_hardware(text: str) -> dict[str, Any]:
    """A rendered CONFIG_DB on a switch: ports have what the hardware SKU says, secrets are in it."""
    from crossconnect.nos.secrets import revealed, secret_references

    config = json.loads(revealed(text, dict.fromkeys(secret_references(text), "secret-for-tests")))
    for name, port in config.get("PORT", {}).items():
        lane = int(name.removeprefix("Ethernet")) + 1 if name.removeprefix("Ethernet").isdigit() else 1
        port |= {"lanes": ",".join(str(lane + n) for n in range(4)), "speed": "100000"}
    return config
