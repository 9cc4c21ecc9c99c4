"""`xc drill`: break a running lab under traffic."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.output import emit, output_option, say
from crossconnect.cli.region import region_option

EVENTS = ("device-failure", "device-silent", "link-cut", "daemon-kill", "session-shut", "drain")


@click.command("drill")
@click.argument("event", type=click.Choice(EVENTS), required=False)
@click.argument("target", required=False)
@region_option
@name_option
@output_option
def command(event: str | None, target: str | None, root: Path, name: str, output: str) -> int:
    """Inject a failure into the lab under 1,000 packets per second, measure, heal, and compare with the prediction.

    Without EVENT and TARGET the standard drills run: a spine dies, a fabric link is cut. With them, one:

    \b
    xc drill device-failure pod1-spine1
    xc drill link-cut pod1-leaf1--pod1-spine1

    Exit code 1 when an outcome differs from the simulation's.
    """
    if event and not target:
        raise click.UsageError(f"say what '{event}' is to happen to: a device, or a link's key ('xc show links')")
    from crossconnect.drills.catalogue import drill_of, standard_drills
    from crossconnect.drills.run import run_drill
    from crossconnect.drills.text import drills_text
    from crossconnect.lab import open_lab

    lab = open_lab(lab_name(name, root))
    blueprint = lab.blueprint
    drills = [drill_of(blueprint, event, target)] if event and target else standard_drills(blueprint)  # pyright: ignore[reportArgumentType]
    if not drills:
        say("this region has no spine to kill; name an event and a target")
        return 1
    results = tuple(run_drill(lab, blueprint, drill, progress=say) for drill in drills)
    emit(results, output, lambda: drills_text(results).rstrip())
    return 0 if all(result.verdict == "as-predicted" for result in results) else 1
