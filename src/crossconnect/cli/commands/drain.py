"""`xc drain`: take a switch out of traffic."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.history import directory_option
from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.plan_options import accept_option, access_option, at_option, only_plan_option, soak_option
from crossconnect.cli.progress_option import progress_option
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_option


@click.command("drain")
@click.argument("device")
@region_option
@name_option
@access_option
@state_option
@at_option
@directory_option
@accept_option
@soak_option
@only_plan_option
@progress_option
def command(
    device: str,
    root: Path,
    name: str,
    access: Path | None,
    state: Path | None,
    revision: str,
    directory: Path,
    accepted: tuple[str, ...],
    soak_s: int,
    only_plan: bool,
    output: str,
) -> int:
    """Take DEVICE out of traffic on a running lab, or with '--access' in the network itself: graceful shutdown
    (RFC 8326) in every BGP instance, so that it goes on forwarding and is nobody's choice while there is another way.
    It is a plan of one wave: simulated first, under the region's rules, with a gate, undone when the gate fails, and
    part of 'xc history'.

    Refused when somebody has no other way, unless '--allow-break' accepts it by name. 'xc undrain' puts it back.

    Exit code 0 when it is done, 1 when it was undone or something stands in its way.
    """
    from crossconnect.cli.draining import Request, move

    return move(
        Request(
            device=device,
            out=True,
            root=root,
            lab=lab_name(name, root) if access is None else "",
            access=access,
            state=state,
            revision=revision,
            directory=directory,
            accepted=accepted,
            soak_s=soak_s,
            only_plan=only_plan,
            output=output,
        )
    )
