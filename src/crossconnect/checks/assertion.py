"""What is said of one assertion in one state: how much was tried, and the counter-example where it is false."""

from __future__ import annotations

import msgspec

from crossconnect.simulate.trace import Trace


class CounterExample(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens and should not, or the other way round."""

    reason: str
    """In one line, with the names in it."""
    source: str = ""
    """Who sends: a server, a switch and VRF, or an external router."""
    destination: str = ""
    """Whom it is about."""
    address: str = ""
    """Where the packet goes, or the prefix of the route."""
    trace: Trace | None = None
    """The packet's ways, of traffic."""
    back: Trace | None = None
    """The way back into the region, of packets that an external router returns."""
    rows: tuple[tuple[str, str], ...] = ()
    """(table, row) of the offending routes."""
    policy: str = ""
    """Path in the model of the policy statement that let a route out."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome in one state."""

    pairs: int = 0
    """Pairs of endpoint classes (of switches, of tables) looked at."""
    packets: int = 0
    """Questions asked about them: per IP version, or per route."""
    pairs_total: int = 0
    """Pairs that there are; more than `pairs` only where the caller limited them."""
    mute: int = 0
    """Servers without addresses: no packet of theirs can be foretold, so they are not looked at."""
    versions: tuple[int, ...] = ()
    """IP versions looked at."""
    counter_example: CounterExample | None = None
    untested: str = ""
    """Why nothing could be tried; empty where something was."""
    unknown: tuple[str, ...] = ()
    """Ends that the region does not have."""
