"""Options that all commands have which save a plan."""

from __future__ import annotations

from pathlib import Path

import click

accept_option = click.option(
    "--allow-break",
    "accepted",
    multiple=True,
    metavar="NAME",
    help="Accept that this network or promise is broken on the way (repeatable).",
)

soak_option = click.option(
    "--soak",
    "soak_s",
    type=click.IntRange(0, 86_400),
    default=30,
    show_default=True,
    help="For how many seconds the gate of each wave must go on holding.",
)

at_option = click.option(
    "--at",
    "revision",
    default="",
    metavar="REV",
    help="Git revision of the region that runs.  [default: with '--access' what the state directory says, else HEAD]",
)

access_option = click.option(
    "--access",
    type=click.Path(path_type=Path),
    help="Do it on the devices themselves, reached as this file says (access.yaml), instead of on a lab.",
)

only_plan_option = click.option(
    "--plan-only", "only_plan", is_flag=True, help="Save the plan and stop: for review, approvals, or 'xc apply'."
)
