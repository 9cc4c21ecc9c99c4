"""`-o` of commands that carry a plan out: lines for people, or JSON lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., object])


def progress_option(function: _F) -> _F:
    """`-o table|jsonl`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "jsonl"]),
        default="table",
        show_default=True,
        help="How to tell what goes on: a line per step on stderr, or one JSON object per line on stdout.",
    )(function)
