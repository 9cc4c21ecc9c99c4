"""`--state DIR`: where it is kept what the devices' network is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # the state reads plans and journals
    from crossconnect.cli.network_state import NetworkState

NAME = ".xc"
"""In the region's directory, where nobody says otherwise."""

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=None,
    envvar="XC_STATE",
    help="Directory of what is known of the devices' network: the plans that were carried out with '--access', and so "
    "what runs. Everybody who changes the network uses the same one.  [default: .xc in the region's directory]",
)


def state_of(root: Path, directory: Path | None) -> NetworkState:
    """The state that a command is about."""
    from crossconnect.cli.network_state import NetworkState

    if directory is None:
        return NetworkState(root / NAME)
    return NetworkState(directory, f" --state {shlex.quote(str(directory))}")
