"""Promises: what this provider additionally wants to hold, beyond what the design implies."""

from __future__ import annotations

from typing import Literal

import msgspec


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An assertion over endpoints: a segment (`tenant/vrf/segment`), a server, a VRF (`tenant/vrf`) or a prefix."""

    name: str
    """Unique among promises."""
    source: str
    """Where traffic comes from."""
    destination: str
    """Where it goes."""
    kind: Literal["reachable", "isolated"]
    """Whether it must arrive, or must not."""
    survives: int = 0
    """How many simultaneous link or device failures it must survive (0 or 1)."""
