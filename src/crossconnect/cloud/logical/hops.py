"""Next hops."""

from __future__ import annotations

from typing import NamedTuple


class Hop(NamedTuple):
    """Where a route leads: an address behind a port of the router."""

    address: str
    port: str = ""


BLACKHOLE = Hop("")
"""Nowhere: what matches is dropped."""
