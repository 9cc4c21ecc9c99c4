"""Options that say which packet of a tenant's is meant. Apart from what asks about it, which takes long to load."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., object])
_END = re.compile(r"(eni|eip|lb|vpce)-[0-9a-f]{17}", re.ASCII)
"""Ids of what may be an end of a packet's way."""


def flow_options(function: _F) -> _F:
    """Options that say which packet is meant."""
    for option in reversed(
        (
            click.option("--protocol", default="tcp", show_default=True, help="tcp, udp, icmp, icmpv6, or a number."),
            click.option("--port", type=click.IntRange(1, 65535), help="The destination's, of TCP and UDP."),
            click.option(
                "--source-port", type=click.IntRange(1, 65535), default=40000, show_default=True, help="The source's."
            ),
            click.option("--icmp-type", type=click.IntRange(0, 255), help="[default: an echo request]"),
            click.option(
                "--network", default="internet", show_default=True, help="Provider network of a source outside."
            ),
        )
    ):
        function = option(function)
    return function


def is_end(text: str) -> bool:
    """Whether an argument names something of the cloud."""
    return _END.fullmatch(text) is not None
