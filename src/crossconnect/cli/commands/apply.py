"""`xc apply`: carry a saved plan out."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.plan_options import access_option
from crossconnect.cli.progress_option import progress_option
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_of, state_option


@click.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
@region_option
@name_option
@progress_option
@access_option
@state_option
@click.option("--resume", is_flag=True, help="Go on with what a killed or interrupted run has begun.")
@click.option("--abort", is_flag=True, help="Undo everything that was done of the plan, also what was confirmed.")
@click.option(
    "--despite-freeze",
    "despite",
    multiple=True,
    metavar="NAME",
    help="With --resume: go on during this freeze, which the journal then says. May be repeated.",
)
def command(
    file: Path,
    root: Path,
    name: str,
    output: str,
    access: Path | None,
    state: Path | None,
    resume: bool,
    abort: bool,
    despite: tuple[str, ...],
) -> int:
    """Carry the plan in FILE out on a running lab of the region, or with '--access' on the devices themselves: wave by
    wave, each confirmed only when the network is as it was predicted to be, else taken back.

    Every step is written to FILE.journal before and after it is done, with '--access' to a journal in the state
    directory, wherever FILE is. Switches take back by themselves what is not
    confirmed in time, whether this program lives or not; '--resume' and '--abort' go on from the journal.

    Freezes, windows and rules count as they were when the plan was made, and as they are committed now: at HEAD, on the
    branch that it tracks and on the main branch of where it was cloned from, as last fetched. So a freeze that came
    since stops the plan before it is begun, and keeps '--resume' from going on; '--abort' is always possible.

    Exit code 0 when the plan is carried out (with '--abort': undone), 1 when it was undone or stopped, or when
    something stands in its way, 2 when it cannot be used, or nothing was begun that could be gone on with or undone.
    """
    if resume and abort:
        raise click.UsageError("--resume goes on, --abort takes back: one of both")
    if despite and not resume:
        raise click.UsageError("--despite-freeze is for --resume: no plan is begun during a freeze")
    from crossconnect.cli.carrying_out import Mode, RunningNetwork, carry_out_plan

    network: RunningNetwork
    if access is not None:
        from crossconnect.cli.live_hands import LiveNetwork

        network = LiveNetwork(access, state_of(root, state))
    else:
        from crossconnect.cli.lab_hands import LabNetwork
        from crossconnect.lab import open_lab

        network = LabNetwork(open_lab(lab_name(name, root)))
    mode: Mode = "abort" if abort else "resume" if resume else "begin"
    return carry_out_plan(file, root, network, mode, output, despite)
