"""The answer to "what becomes of this packet": steps, branches, and a verdict over all of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

MTU_UNLIMITED = 1 << 16

Outcome = Literal["delivered", "partial", "dropped"]
Action = Literal["send", "bridge", "route", "tunnel", "forward", "deliver", "drop"]


class Drop(NamedTuple):
    """Where and why packets are lost."""

    device: str
    reason: str


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of packets from a step on, over all branches."""

    recipients: frozenset[str]
    """Hosts, external routers or switches (for their own addresses) that get it."""
    drops: frozenset[Drop]
    mtu: int
    """Largest IP packet that fits over every branch that delivers."""

    @property
    def outcome(self) -> Outcome:
        """Partial: some flows arrive and some do not, depending on their hash."""
        if not self.recipients:
            return "dropped"
        return "partial" if self.drops else "delivered"


class Step(msgspec.Struct, frozen=True):
    """One thing that happens to a packet at one device."""

    number: int
    device: str
    action: Action
    detail: str
    """What decided: route, MAC address, interface, or the reason for a drop."""
    next: tuple[int, ...]
    """Steps that may follow; several are equal-cost branches."""
    tunnel: int
    """Of a `tunnel` step: first step in the underlay, -1 for others."""
    verdict: Verdict
    asked: tuple[str, ...] = ()
    """What was looked up, in a trace: `route`, device, VRF, address; `underlay`, device, VTEP; `tunnel`, device, VNI,
    VTEP; `bridge`, device, MAC-VRF, address. Empty for what ends a packet's way by itself."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """All ways of a packet. The first step is the source's."""

    source: str
    destination: str
    steps: tuple[Step, ...]

    @property
    def verdict(self) -> Verdict:
        """What becomes of it."""
        return self.steps[0].verdict
