"""From a directory (or a Git revision of it) to a compiled region, with findings printed on the way."""

from __future__ import annotations

import datetime
import shlex
import zoneinfo
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from crossconnect.cli.output import count_text, print_findings, say
from crossconnect.design import Compiled, compile_region, further_findings
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Place, Severity, found, has_errors
from crossconnect.intent.change_codes import TIME_ZONE_UNKNOWN
from crossconnect.intent.files import select
from crossconnect.intent.git import files_at
from crossconnect.intent.lock import Lock
from crossconnect.intent.lock_text import parse_lock, read_lock
from crossconnect.intent.tree import read_region, read_region_from_texts
from crossconnect.intent.validate import validate
from crossconnect.model.inventory import Inventory
from crossconnect.model.region import Region
from crossconnect.nos.codes import EXTENSION_BROKEN, NOS_UNKNOWN
from crossconnect.nos.registry import interface_names, known, problem
from crossconnect.nos.rendering import device_findings

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
        help="Directory of the region (where region.yaml is).  [default: this directory]",
    )(function)


def option_text(root: Path) -> str:
    """` -C DIR` to put behind a suggested command; nothing for this directory."""
    return "" if root == Path(".") else f" -C {shlex.quote(str(root))}"


def load(root: Path, revision: str = "") -> Loaded:
    """Read and compile the region in `root`, or as it was at a Git revision. Never raises for what files contain."""
    region, previous, findings = _read(root, revision)
    if region is None or has_errors(findings):
        return Loaded(
            region=region, inventory=None, previous_lock=previous, lock=None, blueprint=None, findings=tuple(findings)
        )
    region = msgspec.structs.replace(region, interface_names=interface_names())
    validation = validate(region, previous)
    compiled = compile_region(region, previous)
    findings += [*validation, *further_findings(validation, compiled.findings), *_unknown_systems(region, compiled)]
    findings += _unknown_time_zones(region)
    if compiled.blueprint is not None and not has_errors(findings):
        findings += located(_told_by_systems(compiled.blueprint), region)
    return Loaded(
        region=region,
        inventory=compiled.inventory,
        previous_lock=previous,
        lock=compiled.lock,
        blueprint=None if has_errors(findings) else compiled.blueprint,
        findings=tuple(sorted(findings, key=Finding.sort_key)),
    )


def _told_by_systems(blueprint: Blueprint) -> list[Finding]:
    """What network operating systems cannot do of their configurations; the same on many devices is said once."""
    devices: dict[Finding, list[str]] = {}
    for device in blueprint.devices:
        for finding in device_findings(device):
            message = finding.message.removeprefix(f"{device.name}: ")
            devices.setdefault(msgspec.structs.replace(finding, message=message), []).append(device.name)
    return [
        msgspec.structs.replace(
            finding,
            message=f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {finding.message}",
        )
        for finding, names in devices.items()
    ]


def _unknown_systems(region: Region, compiled: Compiled) -> list[Finding]:
    """Switches whose network OS nobody can render; said here, since `intent` does not know the renderers."""
    findings: list[Finding] = []
    for switch in compiled.inventory.switches:
        place = region.place(f"{switch.path}/nos")
        if switch.nos not in known():
            words = f"{switch.name} is to run '{switch.nos}', which is no network OS known here"
            findings.append(found(NOS_UNKNOWN, place, words, expected="one of " + ", ".join(known())))
        elif why := problem(switch.nos):
            findings.append(found(EXTENSION_BROKEN, place, f"{switch.name} is to run '{switch.nos}': {why}"))
    return findings


def time_zone(name: str) -> datetime.tzinfo:
    """A time zone of this machine's database. KeyError when it has none of that name."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError) as error:  # a name that is a directory of the database is an OSError
        raise KeyError(name) from error


def _unknown_time_zones(region: Region) -> list[Finding]:
    """Said here, since the database of time zones is this machine's."""
    findings: list[Finding] = []
    for kind, items in (("change_windows", region.change_windows), ("freezes", region.freezes)):
        for item in items:
            try:
                time_zone(item.time_zone)
            except KeyError:
                words = f"there is no time zone '{item.time_zone}'"
                findings.append(found(TIME_ZONE_UNKNOWN, region.place(f"{kind}/{item.name}/time_zone"), words))
    return findings


def _read(root: Path, revision: str) -> tuple[Region | None, Lock | None, list[Finding]]:
    """The region and its lock, from the directory or from Git."""
    if revision:
        # Octets that are no UTF-8 must reach the reader as such: it says where they stand.
        texts = {name: octets.decode("utf-8", "surrogateescape") for name, octets in files_at(root, revision).items()}
        chosen, _ = select(texts)
        previous, said = parse_lock(texts["region.lock"]) if "region.lock" in texts else (None, ())
        region, findings = read_region_from_texts({name: texts[name] for name in chosen}, previous)
    else:
        previous, said = read_lock(root)
        region, findings = read_region(root, previous)
    return region, previous, [*findings, *said]


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A region without errors."""

    region: Region
    inventory: Inventory
    previous_lock: Lock | None
    lock: Lock
    blueprint: Blueprint
    findings: tuple[Finding, ...]


def ready(loaded: Loaded) -> Ready | None:
    """What was loaded, where it has no errors."""
    if loaded.region is None or loaded.blueprint is None or loaded.lock is None or loaded.inventory is None:
        return None
    return Ready(
        region=loaded.region,
        inventory=loaded.inventory,
        previous_lock=loaded.previous_lock,
        lock=loaded.lock,
        blueprint=loaded.blueprint,
        findings=loaded.findings,
    )


def load_or_exit(root: Path, revision: str = "") -> Ready:
    """Like `load`; prints what is wrong and ends the command with exit code 2 when there are errors."""
    loaded = load(root, revision)
    usable = ready(loaded)
    if usable is None:
        at = f" at {revision}" if revision else ""
        print_findings([f for f in loaded.findings if f.severity is Severity.ERROR], limit=50)
        say(f"the region in {root}{at} cannot be used: {count_text(loaded.findings)}")
        raise click.exceptions.Exit(2)
    return usable


def located(findings: Iterable[Finding], region: Region) -> tuple[Finding, ...]:
    """Findings about the model, given the file and line where the model says it."""

    def placed(place: Place) -> Place:
        return place if place.file or not place.path else region.place(place.path)

    return tuple(
        msgspec.structs.replace(
            finding, place=placed(finding.place), related=tuple(placed(place) for place in finding.related)
        )
        for finding in findings
    )
