"""`xc drift`: what runs, beside what is to run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.output import count_text, draw, emit, output_option, print_findings, say
from crossconnect.cli.plan_options import at_option
from crossconnect.cli.region import region_option

if TYPE_CHECKING:
    from crossconnect.cli.drift import Drift
    from crossconnect.design.blueprint import Blueprint


@click.command("drift")
@click.argument("devices", nargs=-1)
@region_option
@name_option
@click.option(
    "--access",
    type=click.Path(path_type=Path),
    help="Ask the devices themselves, reached as this file says (access.yaml), instead of a lab's switches.",
)
@at_option
@output_option
def command(devices: tuple[str, ...], root: Path, name: str, access: Path | None, revision: str, output: str) -> int:
    """Compare what the switches of a running lab (DEVICES, where given) run with what the lab is to be by the last plan
    that was carried out on it: configuration and interfaces, each deviation by what it is about, and what the checks
    find in the network because of it.

    With '--access' the devices themselves are compared with the region at '--at': each says what its configuration has
    otherwise. Nothing is changed on them.

    Exit code 0 without drift, 1 with, or when a switch does not answer. 'xc apply' touches no switch that has drifted.
    """
    blueprint, found = (
        _of_devices(access, root, revision, devices) if access is not None else _of_lab(name, root, devices)
    )
    rows = [(d.device, d.part, d.kind, d.detail) for d in found.deviations]
    emit(found, output, lambda: draw(("device", "about", "is", "what"), rows))
    if output == "table":
        if found.findings:
            say(f"\nand so the network has: {count_text(found.findings)}")
            print_findings(found.findings, verbose=False, limit=20)
        drifted = len({d.device for d in found.deviations})
        say(f"{drifted} of {found.devices} switches have drifted from {blueprint.content_hash()[:16]}")
        for device in blueprint.drained:
            say(f"{device} is drained")
    return 1 if found.deviations or found.findings else 0


def _of_lab(name: str, root: Path, devices: Sequence[str]) -> tuple[Blueprint, Drift]:
    from crossconnect.cli.drift import drift
    from crossconnect.cli.secrets import references_of, resolve
    from crossconnect.lab import open_lab

    lab = open_lab(lab_name(name, root))
    _see_that_they_are_there(devices, lab.blueprint, f"lab {lab.name}")
    return lab.blueprint, drift(lab, lab.blueprint, dict(resolve(references_of(lab.blueprint))), devices)


def _of_devices(access: Path, root: Path, revision: str, devices: Sequence[str]) -> tuple[Blueprint, Drift]:
    from crossconnect.cli.live_drift import live_drift
    from crossconnect.cli.region import load_or_exit

    blueprint = load_or_exit(root, revision).blueprint
    _see_that_they_are_there(devices, blueprint, f"the region at {revision}")
    return blueprint, live_drift(access, blueprint, devices)


def _see_that_they_are_there(devices: Sequence[str], blueprint: Blueprint, what: str) -> None:
    from crossconnect.errors import BadInput

    if missing := sorted(set(devices) - {device.name for device in blueprint.devices}):
        raise BadInput(f"{what} has no switch {', '.join(missing)}")
