"""`xc drift`: what runs, beside what is to run."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.output import count_text, draw, emit, output_option, print_findings, say
from crossconnect.cli.region import region_option


@click.command("drift")
@click.argument("devices", nargs=-1)
@region_option
@name_option
@output_option
def command(devices: tuple[str, ...], root: Path, name: str, output: str) -> int:
    """Compare what the switches of a running lab (DEVICES, where given) run with what the lab is to be by the last plan
    that was carried out on it: configuration and interfaces, each deviation by what it is about, and what the checks
    find in the network because of it.

    Exit code 0 without drift, 1 with, or when a switch does not answer. 'xc apply' touches no switch that has drifted.
    """
    from crossconnect.cli.drift import drift
    from crossconnect.cli.secrets import references_of, resolve
    from crossconnect.errors import BadInput
    from crossconnect.lab import open_lab

    lab = open_lab(lab_name(name, root))
    blueprint = lab.blueprint
    if missing := sorted(set(devices) - {device.name for device in blueprint.devices}):
        raise BadInput(f"lab {lab.name} has no switch {', '.join(missing)}")
    found = drift(lab, blueprint, dict(resolve(references_of(blueprint))), devices)
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
