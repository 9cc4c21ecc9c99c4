"""Shared risk groups: what fails together (RFC 4202 2.3 calls links that do an SRLG)."""

from __future__ import annotations

import msgspec


class RiskGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Devices and cables that one event takes down: a line card, a power feed, a conduit."""

    name: str
    """Unique among risk groups."""
    devices: tuple[str, ...] = ()
    """Switches, servers and external routers that go off."""
    ports: tuple[str, ...] = ()
    """Ports whose cables go dark, `device:port`, ranges in brackets: a line card is `leaf1:swp[1-16]`, a conduit one
    end of each cable in it. Ports without a cable count for nothing."""
    description: str = ""
    """For people."""
