"""`xc validate`: is the region's intent sound?"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from crossconnect.cli.output import count_text, emit, output_option, print_findings, say
from crossconnect.cli.region import load, option_text, region_option
from crossconnect.finding import Finding, has_errors


class Verdict(msgspec.Struct, frozen=True):
    """What `validate` found."""

    valid: bool
    findings: tuple[Finding, ...]


@click.command("validate")
@region_option
@output_option
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def command(root: Path, output: str, strict: bool) -> int:
    """Check every file of the region: syntax, types, references, numbers, design. All mistakes in one run."""
    loaded = load(root)
    bad = has_errors(loaded.findings) or (strict and any(f.severity.value == "warning" for f in loaded.findings))
    emit(Verdict(not bad, loaded.findings), output, lambda: "")
    if output == "table":
        print_findings(loaded.findings)
        if loaded.inventory is not None and loaded.region is not None:
            i = loaded.inventory
            say(f"{loaded.region.name}: {len(i.switches)} switches, {len(i.cables)} cables, {len(i.hosts)} servers")
        say(("not valid: " if bad else "valid: ") + count_text(loaded.findings))
        if not bad:
            say(f"next: xc plan{option_text(root)}")
    return 2 if bad else 0
