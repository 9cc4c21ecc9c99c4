"""Traffic that a provider expects, or has measured, between parts of its region."""

from __future__ import annotations

import msgspec


class Demand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Traffic in one direction. Ends are written as in promises: a tenant (`red`), a VRF (`tenant/vrf`), a segment
    (`tenant/vrf/segment`), a server, an external router, a prefix, or `internet`. What an end stands for shares the
    traffic equally."""

    source: str
    """Where it comes from."""
    destination: str
    """Where it goes."""
    mbps: int | float
    """How much, megabits per second, as servers send it: a whole number in YAML, any in a file of measured traffic."""
