"""BFD (RFC 5880): one profile per device, which sessions name."""

from __future__ import annotations

from crossconnect.device.configuration import BfdProfile
from crossconnect.nos.frr.tree import Block, Entry

PROFILE = "fabric"


def render_bfd(profile: BfdProfile | None) -> list[Entry]:
    """The `bfd` block; nothing without a profile."""
    if profile is None:
        return []
    body = (
        f"detect-multiplier {profile.multiplier}",
        f"transmit-interval {profile.interval_ms}",
        f"receive-interval {profile.interval_ms}",
    )
    return [Block("bfd", (Block(f"profile {PROFILE}", body),))]
