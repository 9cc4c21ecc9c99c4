"""What a drill showed: values for the terminal, the report and the tests."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.drills.definition import Drill, Flow, Prediction

BUCKET_MS = 10
"""Width of a bucket of the loss timeline."""

Outcome = Literal["survived", "cut", "unstable", "no-traffic"]
"""`unstable`: still losing some packets at the end. `no-traffic`: it was not flowing before the event."""

DrillVerdict = Literal["as-predicted", "differs", "proves-nothing"]


class FlowResult(msgspec.Struct, frozen=True, kw_only=True):
    """One flow through a drill. Times count from the event, by the moment a packet was sent."""

    flow: Flow
    prediction: Prediction
    crosses: bool
    sent: int
    received: int
    lost: int
    lost_before: int
    """Of those sent before the event."""
    duplicated: int
    longest_gap_ms: float
    """Longest run of lost packets from the event on, as time; up to the end of the run when cut."""
    converged_ms: float | None
    """When the last lost packet was behind it; 0 if none was lost, None if it never recovered."""
    outcome: Outcome
    lost_buckets: tuple[tuple[int, int], ...] = ()
    """(bucket, packets lost), `BUCKET_MS` wide, bucket 0 begins at the event; only those with losses."""

    @property
    def as_predicted(self) -> bool:
        """Whether it did what the simulation said."""
        return self.outcome == ("survived" if self.prediction == "survive" else "cut")


class BrokenState(msgspec.Struct, frozen=True, kw_only=True):
    """The lab's tables while broken, against the simulation of the same failure."""

    rows: int
    """Compared."""
    as_simulated: bool
    differences: tuple[str, ...] = ()
    """Rows that differ, as text; at most a few."""


class HealResult(msgspec.Struct, frozen=True, kw_only=True):
    """The way back after the event was undone."""

    state_restored: bool
    """The lab's tables equal those before the drill."""
    seconds: float
    differences: tuple[str, ...] = ()
    """Rows that still differ, as text; at most a few."""
    flows_restored: bool = True


class DrillResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole drill."""

    drill: Drill
    flows: tuple[FlowResult, ...]
    injection_ms: float
    """How long the injection itself took; the event's time is its beginning."""
    window_ms: tuple[float, float]
    """First and last sending time, from the event."""
    crossed: int | None = None
    """Packets that the target carried before the event, by its own counters; None where they were not read."""
    broken: BrokenState | None = None
    """None where the event has no simulated state (`daemon-kill`, `device-silent`)."""
    heal: HealResult | None = None
    verdict: DrillVerdict
    reasons: tuple[str, ...] = ()
    """Why it is not `as-predicted`; one sentence each."""

    @property
    def sent(self) -> int:
        """Packets sent by all flows."""
        return sum(f.sent for f in self.flows)

    @property
    def lost(self) -> int:
        """Packets lost by all flows."""
        return sum(f.lost for f in self.flows)

    @property
    def survivors(self) -> tuple[FlowResult, ...]:
        """Flows that the simulation said would survive."""
        return tuple(f for f in self.flows if f.prediction == "survive")

    @property
    def survivors_lost(self) -> int:
        """Packets lost by flows that were to survive."""
        return sum(f.lost for f in self.survivors)

    @property
    def longest_gap_ms(self) -> float:
        """Longest silence of any flow that was to survive."""
        return max((f.longest_gap_ms for f in self.survivors), default=0.0)

    @property
    def converged_ms(self) -> float | None:
        """When the last surviving flow had recovered; None if one never did, or none was to survive."""
        times = [f.converged_ms for f in self.survivors]
        if not times or any(t is None for t in times):
            return None
        return max(t for t in times if t is not None)


class Ping(msgspec.Struct, frozen=True, kw_only=True):
    """Reachability from one endpoint to another, as expected and as seen. Isolation is proven by silence."""

    source: str
    source_scope: str
    destination: str
    destination_scope: str
    version: Literal[4, 6] = 4
    expected: bool
    seen: bool
