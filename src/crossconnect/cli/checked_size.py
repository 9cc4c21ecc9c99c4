"""From which size on the checks of a simulated state are run only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from crossconnect.cli.output import say
from crossconnect.design.blueprint import Blueprint

_F = TypeVar("_F", bound=Callable[..., object])

SWITCHES_MAX = 64
"""The checks look at every row of the state, which takes a second or two at this size and grows with its square."""


def check_option(function: _F) -> _F:
    """`--check/--no-check`: None where neither is given."""
    text = (
        f"Make every table of the simulated state and run all checks over it.  [default: up to {SWITCHES_MAX} switches]"
    )
    return click.option("--check/--no-check", default=None, help=text)(function)


def is_checked(blueprint: Blueprint, asked: bool | None) -> bool:
    """Whether to run the checks."""
    return len(blueprint.devices) <= SWITCHES_MAX if asked is None else asked


def say_unchecked(blueprint: Blueprint, asked: bool | None) -> None:
    """Say that the checks were left out because of the size."""
    if asked is None and not is_checked(blueprint, asked):
        say(
            f"note: {len(blueprint.devices)} switches: no tables of the state, so no checks of them; --check makes them"
        )
