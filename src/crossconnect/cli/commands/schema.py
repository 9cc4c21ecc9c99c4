"""`xc schema`: JSON Schemas for editors."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from crossconnect.cli.output import say
from crossconnect.cli.replacing import replace_file


@click.command("schema")
@click.option(
    "-d", "--directory", type=click.Path(path_type=Path), default=Path("schemas"), show_default=True, help="Where to."
)
@click.option("--print", "kind", default="", help="Print one schema (region, fabric, tenancy, edge, checks) instead.")
def command(directory: Path, kind: str) -> int:
    """Write one JSON Schema per kind of file, so that editors complete fields and underline mistakes."""
    from crossconnect.intent.schema import json_schemas

    schemas = json_schemas()
    if kind:
        if kind not in schemas:
            raise click.UsageError(f"there is no schema '{kind}'; there are {', '.join(schemas)}")
        print(msgspec.json.format(msgspec.json.encode(schemas[kind]), indent=2).decode())
        return 0
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        text = msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"
        replace_file(directory / f"{name}.schema.json", text)
    say(f"wrote {len(schemas)} schemas to {directory}")
    say("for the YAML language server, begin each file with a line such as")
    say(f"    # yaml-language-server: $schema={directory}/tenancy.schema.json")
    return 0
