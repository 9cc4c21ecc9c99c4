"""From a directory (or a Git revision of it) to a compiled region, with findings printed on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from crossconnect.cli.output import count_text, print_findings, say
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Severity, has_errors
from crossconnect.intent.lock import Lock
from crossconnect.model.inventory import Inventory
from crossconnect.model.region import Region

_F = TypeVar("_F", bound=Callable[..., object])


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A region read, checked, numbered and designed. `blueprint` is None when there are errors."""

    region: Region | None
    inventory: Inventory | None
    previous_lock: Lock | None
    lock: Lock | None
    blueprint: Blueprint | None
    findings: tuple[Finding, ...]


def region_option(function: _F) -> _F:
    """`-C DIR`: the region's directory."""
    return click.option(
        "-C",
        "--region",
        "root",
        type=click.Path(path_type=Path),
        default=Path("."),
        envvar="XC_REGION",
        show_default="this directory",
        help="Directory of the region (where region.yaml is).",
    )(function)


def load(root: Path, revision: str = "") -> Loaded:
    """Read and compile the region in `root`, or as it was at a Git revision. Never raises for what files contain."""
    from crossconnect.design import compile_region
    from crossconnect.intent.git import files_at
    from crossconnect.intent.tree import read_region, read_region_from_files
    from crossconnect.intent.validate import validate

    reading = read_region_from_files(files_at(root, revision)) if revision else read_region(root)
    if reading.region is None or has_errors(reading.findings):
        return Loaded(
            region=reading.region,
            inventory=None,
            previous_lock=reading.lock,
            lock=None,
            blueprint=None,
            findings=reading.findings,
        )
    findings = (*reading.findings, *validate(reading.region))
    compiled = compile_region(reading.region, reading.lock)
    known = {(f.code, f.place) for f in findings}
    findings += tuple(f for f in compiled.findings if (f.code, f.place) not in known)
    return Loaded(
        region=reading.region,
        inventory=compiled.inventory,
        previous_lock=reading.lock,
        lock=compiled.lock,
        blueprint=None if has_errors(findings) else compiled.blueprint,
        findings=tuple(sorted(findings, key=Finding.sort_key)),
    )


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A region without errors."""

    region: Region
    inventory: Inventory
    previous_lock: Lock | None
    lock: Lock
    blueprint: Blueprint
    findings: tuple[Finding, ...]


def load_or_exit(root: Path, revision: str = "") -> Ready:
    """Like `load`; prints what is wrong and ends the command with exit code 2 when there are errors."""
    loaded = load(root, revision)
    if loaded.region is None or loaded.blueprint is None or loaded.lock is None or loaded.inventory is None:
        at = f" at {revision}" if revision else ""
        print_findings([f for f in loaded.findings if f.severity is Severity.ERROR], limit=50)
        say(f"the region in {root}{at} cannot be used: {count_text(loaded.findings)}")
        raise click.exceptions.Exit(2)
    return Ready(
        region=loaded.region,
        inventory=loaded.inventory,
        previous_lock=loaded.previous_lock,
        lock=loaded.lock,
        blueprint=loaded.blueprint,
        findings=loaded.findings,
    )
