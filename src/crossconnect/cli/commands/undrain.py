"""`xc undrain`: put a drained switch back into traffic."""

from __future__ import annotations

from pathlib import Path

import click

from crossconnect.cli.commands.history import directory_option
from crossconnect.cli.commands.lab import lab_name, name_option
from crossconnect.cli.plan_options import accept_option, access_option, at_option, only_plan_option, soak_option
from crossconnect.cli.progress_option import progress_option
from crossconnect.cli.region import region_option
from crossconnect.cli.state_option import state_option


@click.command("undrain")
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
    """Put DEVICE back into traffic on a running lab, or with '--access' in the network itself, after 'xc drain'. A plan
    of one wave like that one: its gate sees that the device is up, has all its sessions and routes, and that everybody
    talks, before it is confirmed.

    Exit code 0 when it is done, 1 when it was undone or something stands in its way.
    """
    from crossconnect.cli.draining import Request, move

    return move(
        Request(
            device=device,
            out=False,
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
